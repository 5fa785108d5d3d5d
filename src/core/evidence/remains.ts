import { type PolicyReading, readKeyPolicy } from '../kms/keyPolicy.ts';
import type { Grant } from '../kms/model.ts';
import { grantee } from '../kms/principal.ts';
import { type Answer, known } from './answer.ts';

/** What the holder of a grant can still do on the key without it, as far as it can be seen. */
export interface Remains {
  /** Other grants of the same holder on the key that allow some of the same operations. */
  readonly grants: readonly OtherGrant[];
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

export function remainsWithout(
  grant: Grant,
  listed: { readonly grants: readonly Grant[]; readonly isComplete: boolean },
  policy: Answer<string>,
  keyArn: string,
): Remains {
  const holder = grant.granteePrincipal?.value;
  const grants = listed.grants
    .filter((other) => other.grantId !== grant.grantId && other.granteePrincipal?.value === holder)
    .map((other) => ({
      grant: other,
      operations: grant.operations.filter((operation) => other.operations.includes(operation)),
    }))
    .filter(({ operations }) => operations.length > 0);
  const question = { keyArn, principal: grantee(grant), operations: grant.operations };
  return {
    grants,
    isPartial: !listed.isComplete,
    policy: policy.kind === 'known' ? known(readKeyPolicy(policy.value, question), policy.at) : policy,
  };
}
