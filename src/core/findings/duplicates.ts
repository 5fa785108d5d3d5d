import { compareCodeUnits } from '../base/text.ts';
import type { Grant } from '../kms/model.ts';

/**
 * For each grant that is one too many, the newest of its kind, which is not. AWS calls two grants duplicates when key,
 * operations (in any order), grantee, encryption context and name are the same. Its newer definition leaves out the name
 * and counts all else; here both must hold but for the retiring principal, so that no grant for another resource counts.
 */
export function duplicatesIn(grants: readonly Grant[]): ReadonlyMap<string, Grant> {
  const alike = new Map<string, Grant[]>();
  for (const grant of grants) {
    const same = duplicateKey(grant);
    const others = alike.get(same);
    if (others === undefined) {
      alike.set(same, [grant]);
    } else {
      others.push(grant);
    }
  }
  const duplicates = new Map<string, Grant>();
  for (const all of alike.values()) {
    const kept = all.reduce((newest, grant) => (isNewer(grant, newest) ? grant : newest));
    for (const { grantId } of all) {
      if (grantId !== kept.grantId) {
        duplicates.set(grantId, kept);
      }
    }
  }
  return duplicates;
}

/** Equal for grants that are duplicates of each other. */
function duplicateKey({ keyArn, operations, granteePrincipal, constraints, name }: Grant): string {
  const pairs = (context: Readonly<Record<string, string>> | undefined) =>
    Object.entries(context ?? {}).sort(([left], [right]) => compareCodeUnits(left, right));
  return JSON.stringify([
    keyArn,
    [...new Set(operations)].sort(),
    granteePrincipal?.kind,
    granteePrincipal?.value,
    pairs(constraints.encryptionContextEquals),
    pairs(constraints.encryptionContextSubset),
    constraints.sourceArn,
    name,
  ]);
}

function isNewer(grant: Grant, other: Grant): boolean {
  const [time, otherTime] = [grant.creationDate?.getTime() ?? 0, other.creationDate?.getTime() ?? 0];
  // At the same moment it does not matter which one is kept, but it must always be the same one.
  return time === otherTime ? grant.grantId > other.grantId : time > otherTime;
}
