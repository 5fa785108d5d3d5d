import type { CallerIdentity } from './model.ts';

/** Who a change is made as: what its question showed, and what the user agreed to. */
export type Actor =
  | { readonly kind: 'verified'; readonly identity: CallerIdentity }
  /** STS gave no answer, which the question said, and the user confirmed by typing. */
  | {
      readonly kind: 'unverified';
      /** Why STS gave no answer: a sentence. */
      readonly reason: string;
      /** Who the connection was signed in as when STS last answered for it. */
      readonly lastKnown: CallerIdentity | undefined;
    };

/** Who acts, as far as STS said so. */
export function identityOf(actor: Actor): CallerIdentity | undefined {
  return actor.kind === 'verified' ? actor.identity : actor.lastKnown;
}

/** What the journal keeps of an actor. */
export interface ActorRecord {
  readonly account: string | undefined;
  /** The ARN that the question showed as the one who acts; absent when it showed none. */
  readonly principal?: string;
  /** Why the identity could not be verified; absent when it was. */
  readonly unverified?: string;
}

export function actorRecord(actor: Actor): ActorRecord {
  return actor.kind === 'verified'
    ? { account: actor.identity.account, principal: actor.identity.arn }
    : { account: actor.lastKnown?.account, unverified: actor.reason };
}

/**
 * Whether two answers of STS are the same principal. For sessions of a role it is the role and the session's name, unless
 * the names are generated: then each sign-in has another.
 */
export function isSamePrincipal(one: CallerIdentity, other: CallerIdentity): boolean {
  if (one.account !== other.account) {
    return false;
  }
  if (one.arn === other.arn) {
    return true;
  }
  const [mine, theirs] = [parseSession(one.arn), parseSession(other.arn)];
  return (
    mine !== undefined &&
    theirs !== undefined &&
    mine.role === theirs.role &&
    isGenerated(mine.name) &&
    isGenerated(theirs.name)
  );
}

function parseSession(arn: string): { readonly role: string; readonly name: string } | undefined {
  const groups = /^(?<role>arn:[\w-]+:sts::\d{12}:assumed-role\/[^/]+)\/(?<name>.+)$/.exec(arn)?.groups;
  const { role, name } = groups ?? {};
  return role === undefined || name === undefined ? undefined : { role, name };
}

/** The prefixes by which AWS's SDKs and CLI name a session, before a time, when nobody sets `role_session_name`. */
const generatedNamePrefixes = [
  'aws-sdk-js-session',
  'aws-sdk-js',
  'botocore-session',
  'AWS-CLI-session',
  'aws-go-sdk',
  'aws-sdk-java',
  'aws-sdk-php',
  'aws-dotnet-sdk-session',
  'assume-role-from-profile',
  'assume-role-provider',
  'web-identity-token-profile',
  'web-identity-token',
];

const generatedNamePatterns = [
  new RegExp(`^(?:${generatedNamePrefixes.join('|')})-\\d{10,}$`),
  // A time alone, in seconds down to nanoseconds. Fewer digits can be the number of a person.
  /^[12]\d{9}(?:\d{3}){0,3}$/,
  /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i,
];

/** Nobody chose this name, and the next sign-in has another. */
function isGenerated(name: string): boolean {
  return generatedNamePatterns.some((pattern) => pattern.test(name));
}
