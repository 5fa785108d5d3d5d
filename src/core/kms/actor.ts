import type { CallerIdentity } from './model.ts';

/** The identity that signs a change: the one that the confirmation showed and the user agreed to. */
export type Actor =
  | { readonly kind: 'verified'; readonly identity: CallerIdentity }
  /** STS could not be reached. The confirmation said so, and the user confirmed by typing a word. */
  | {
      readonly kind: 'unverified';
      /** Why STS could not be reached, as a sentence. */
      readonly reason: string;
      /** The identity from the last successful STS call on this connection. */
      readonly lastKnown: CallerIdentity | undefined;
    };

/** The actor's identity, as far as STS has confirmed one. */
export function identityOf(actor: Actor): CallerIdentity | undefined {
  return actor.kind === 'verified' ? actor.identity : actor.lastKnown;
}

/** The fields of an actor that the journal stores. */
export interface ActorRecord {
  readonly account: string | undefined;
  /** The ARN that the confirmation showed. Absent if it showed none. */
  readonly principal?: string;
  /** Why the identity could not be verified. Absent if it was verified. */
  readonly unverified?: string;
}

export function actorRecord(actor: Actor): ActorRecord {
  return actor.kind === 'verified'
    ? { account: actor.identity.account, principal: actor.identity.arn }
    : { account: actor.lastKnown?.account, unverified: actor.reason };
}

/**
 * Whether two STS identities are the same principal. Role sessions must have the same role and session name. If both
 * session names are generated, the role alone decides, since each sign-in generates a new name.
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

/** Session name prefixes that AWS's SDKs and CLI use, followed by a timestamp, when `role_session_name` is not set. */
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
  // A bare timestamp, in seconds to nanoseconds. A shorter number may be an employee number.
  /^[12]\d{9}(?:\d{3}){0,3}$/,
  /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i,
];

function isGenerated(name: string): boolean {
  return generatedNamePatterns.some((pattern) => pattern.test(name));
}
