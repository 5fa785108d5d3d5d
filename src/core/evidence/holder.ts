import type { EvidenceApi, IamPrincipal, IamRole } from '../kms/evidenceApi.ts';
import type { Grant } from '../kms/model.ts';
import { grantee, type Principal } from '../kms/principal.ts';
import { type Answer, known, unanswered } from './answer.ts';

/** What IAM says of a grant's grantee. */
export type Holder =
  | { readonly kind: 'role'; readonly role: IamRole }
  | { readonly kind: 'user'; readonly user: IamPrincipal }
  /** IAM has no role or user of this name. */
  | { readonly kind: 'noSuchName'; readonly what: 'role' | 'user'; readonly name: string; readonly account: string }
  /** No role or user of the account has this unique ID. */
  | {
      readonly kind: 'noSuchId';
      readonly what: 'role' | 'user';
      readonly id: string;
      readonly account: string;
      /** The one that has the name now that the grant was made for, if that name is known. */
      readonly successor: IamPrincipal | undefined;
    }
  /** The ID is that of this role or user: KMS has not resolved it yet. */
  | { readonly kind: 'sameId'; readonly principal: IamPrincipal }
  /** No open connection leads to the account of the grantee. */
  | { readonly kind: 'otherAccount'; readonly account: string }
  /** IAM has no word on it: a service, a whole account, a federated user, or what we can't read. */
  | { readonly kind: 'notInIam'; readonly principal: Principal };

export interface HolderQuestion {
  readonly grant: Grant;
  /** The grantee's account; of a unique ID, that of the key. `undefined` when no ARN names it. */
  readonly account: string | undefined;
  /** The grantee's name when the grant was made, if that is known. */
  readonly nameThen: string | undefined;
}

/** IAM of one account. */
export interface Iam {
  readonly api: Pick<EvidenceApi, 'getRole' | 'getUser'>;
  /** All roles, or all users: listed once for as many questions as there are. */
  all(what: 'role' | 'user'): Promise<readonly IamPrincipal[]>;
  /** The name of the connection that is asked, if it isn't the grant's own. */
  readonly through?: string | undefined;
}

/** `undefined` when no open connection leads to the account. */
export type IamOf = (account: string) => Promise<Iam | undefined>;

/** @param now milliseconds since the epoch */
export async function findHolder(
  iamOf: IamOf,
  { grant, account, nameThen }: HolderQuestion,
  now: number,
  signal: AbortSignal,
): Promise<Answer<Holder>> {
  const principal = grantee(grant);
  const lookUp = lookUpOf(principal);
  if (lookUp === undefined || account === undefined) {
    return known({ kind: 'notInIam', principal }, now);
  }
  const { what, by } = lookUp;
  try {
    const iam = await iamOf(account);
    if (iam === undefined) {
      return known({ kind: 'otherAccount', account }, now);
    }
    return known(await askIam(iam, { lookUp, account, nameThen }, signal), now, iam.through);
  } catch (error) {
    return unanswered(error, permissions[by][what]);
  }
}

async function askIam(
  { api, all }: Iam,
  {
    lookUp,
    account,
    nameThen,
  }: { readonly lookUp: LookUp; readonly account: string; readonly nameThen: string | undefined },
  signal: AbortSignal,
): Promise<Holder> {
  const { what, by, text } = lookUp;
  if (by === 'id') {
    return byId(await all(what), lookUp, account, nameThen);
  }
  if (what === 'user') {
    const user = await api.getUser(text, signal);
    return user === undefined ? { kind: 'noSuchName', what, name: text, account } : { kind: 'user', user };
  }
  const role = await api.getRole(text, signal);
  return role === undefined ? { kind: 'noSuchName', what, name: text, account } : { kind: 'role', role };
}

/** What IAM is asked for. */
export interface LookUp {
  readonly what: 'role' | 'user';
  readonly by: 'name' | 'id';
  /** The name, or the unique ID. */
  readonly text: string;
}

const permissions = {
  name: { role: 'iam:GetRole', user: 'iam:GetUser' },
  id: { role: 'iam:ListRoles', user: 'iam:ListUsers' },
} as const;

/** `undefined` of what is not in IAM. */
export function lookUpOf({ kind, value, shortName }: Principal): LookUp | undefined {
  switch (kind) {
    case 'role':
    case 'serviceLinkedRole':
      return { what: 'role', by: 'name', text: lastOf(value) };
    case 'assumedRole':
      // arn:aws:sts::111122223333:assumed-role/Name/session
      return { what: 'role', by: 'name', text: value.split('/')[1] ?? shortName };
    case 'user':
      return { what: 'user', by: 'name', text: lastOf(value) };
    case 'unresolvedRole':
      return { what: 'role', by: 'id', text: value.split(':')[0] ?? value };
    case 'unresolvedUser':
      return { what: 'user', by: 'id', text: value };
    default:
      return undefined;
  }
}

function lastOf(arn: string): string {
  return arn.slice(arn.lastIndexOf('/') + 1);
}

/** Created after the grant: KMS binds a grant to the unique ID, so this is another one of the same name. */
export function isYounger({ created }: IamPrincipal, { creationDate }: Grant): boolean {
  return created !== undefined && creationDate !== undefined && created.getTime() > creationDate.getTime();
}

/** No call of IAM takes a unique ID, so it is looked for among all. */
function byId(
  all: readonly IamPrincipal[],
  { what, text: id }: LookUp,
  account: string,
  nameThen: string | undefined,
): Holder {
  const principal = all.find((one) => one.id === id);
  return principal !== undefined
    ? { kind: 'sameId', principal }
    : { kind: 'noSuchId', what, id, account, successor: all.find(({ arn }) => arn === nameThen) };
}
