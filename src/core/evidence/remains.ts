import { type PolicyReading, readKeyPolicy } from '../kms/keyPolicy.ts';
import type { Grant } from '../kms/model.ts';
import { grantee } from '../kms/principal.ts';
import { type Answer, known } from './answer.ts';

/** What the holder of a grant can still do on the key without it, as far as it can be seen. */
export interface Remains {
  /** Other grants of the same holder on the key that allow some of the same operations. */
  readonly grants: readonly OtherGrant[];
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
  /** The same by the value of their grantee, where that is known: for very many grants of a key. */
  readonly byHolder?: ReadonlyMap<string | undefined, readonly Grant[]>;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** @param absentFrom an account of which IAM says that nobody has the grantee's unique ID */
export function remainsWithout(
  grant: Grant,
  listed: ListedGrants,
  policy: Answer<string>,
  keyArn: string,
  absentFrom?: string,
): Remains {
  const holder = grant.granteePrincipal?.value;
  const held =
    listed.byHolder === undefined
      ? listed.grants.filter(({ granteePrincipal }) => granteePrincipal?.value === holder)
      : (listed.byHolder.get(holder) ?? []);
  const others = held.filter(({ grantId }) => grantId !== grant.grantId);
  const grants = others
    .map((other) => ({
      grant: other,
      operations: grant.operations.filter((operation) => other.operations.includes(operation)),
    }))
    .filter(({ operations }) => operations.length > 0);
  const question = { keyArn, principal: grantee(grant), operations: grant.operations, absentFrom };
  return {
    grants,
    read: listed.grants.length - (held.length - others.length),
    at: listed.at,
    isPartial: !listed.isComplete,
    policy: policy.kind === 'known' ? known(readKeyPolicy(policy.value, question), policy.at) : policy,
  };
}
