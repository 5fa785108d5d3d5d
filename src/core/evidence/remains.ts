import { type PolicyReading, type Role, readKeyPolicy, roleOf } from '../kms/keyPolicy.ts';
import type { Grant } from '../kms/model.ts';
import { grantee } from '../kms/principal.ts';
import { type Answer, known } from './answer.ts';

/** What the holder of a grant can still do on the key without it, as far as it can be seen. */
export interface Remains {
  /** Other grants of the same holder on the key, or of a session's role, that allow some of the same operations. */
  readonly grants: readonly OtherGrant[];
  /** How many grants of the holder's whole account do, where an IAM policy must allow it too. */
  readonly ofAccount: number;
  /** How many other grants of the key were read. */
  readonly read: number;
  /** When that was, in milliseconds since the epoch. */
  readonly at: number;
  /** Not all grants of the key were read. */
  readonly isPartial: boolean;
  /** What the key policy says of the grant's operations. */
  readonly policy: Answer<readonly PolicyReading[]>;
}

export interface OtherGrant {
  readonly grant: Grant;
  /** Those of the operations of the grant in question that it allows too. */
  readonly operations: readonly string[];
}

/** The grants of a key, as far as they were read. */
export interface ListedGrants {
  readonly grants: readonly Grant[];
  readonly isComplete: boolean;
  /** The same by their holders, where that is known: for very many grants of a key. */
  readonly byHolder?: GrantsByHolder;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export type GrantsByHolder = ReadonlyMap<string, readonly Grant[]>;

/** A key can have very many grants, and each is looked at for each. */
export function grantsByHolder(grants: readonly Grant[]): GrantsByHolder {
  const held = new Map<string, Grant[]>();
  for (const grant of grants) {
    const value = grant.granteePrincipal?.value ?? '';
    const role = roleOf(value);
    const holder = role !== undefined && role.session === undefined ? roleId(role) : value;
    const others = held.get(holder);
    if (others === undefined) {
      held.set(holder, [grant]);
    } else {
      others.push(grant);
    }
  }
  return held;
}

/** The ARN of a session has no path of its role. */
function roleId({ account = '', name }: Role): string {
  return `${account} ${name}`;
}

/** @param absentFrom an account of which IAM says that nobody has the grantee's unique ID */
export function remainsWithout(
  grant: Grant,
  listed: ListedGrants,
  policy: Answer<string>,
  keyArn: string,
  absentFrom?: string,
): Remains {
  const byHolder = listed.byHolder ?? grantsByHolder(listed.grants);
  const principal = grantee(grant);
  const value = grant.granteePrincipal?.value ?? '';
  const role = roleOf(value);
  const account = `arn:${keyArn.split(':')[1] ?? ''}:iam::${principal.account ?? ''}:root`;
  const heldBy = (holder: string | undefined) => (holder === undefined ? [] : (byHolder.get(holder) ?? []));
  // What a role holds, each of its sessions may use.
  const held = [...heldBy(value), ...heldBy(role && roleId(role))];
  const allowing = (others: readonly Grant[]): readonly OtherGrant[] =>
    others
      .filter(({ grantId }) => grantId !== grant.grantId)
      .map((other) => ({
        grant: other,
        operations: grant.operations.filter((operation) => other.operations.includes(operation)),
      }))
      .filter(({ operations }) => operations.length > 0);
  const question = { keyArn, principal, operations: grant.operations, absentFrom };
  return {
    grants: allowing(held),
    ofAccount: account === value ? 0 : allowing(heldBy(account)).length,
    read: listed.grants.length - (held.some(({ grantId }) => grantId === grant.grantId) ? 1 : 0),
    at: listed.at,
    isPartial: !listed.isComplete,
    policy: policy.kind === 'known' ? known(readKeyPolicy(policy.value, question), policy.at) : policy,
  };
}
