import * as l10n from '@vscode/l10n';
import { printable } from '../base/text.ts';
import { principalProblem, toPrincipalRef } from '../kms/grantRules.ts';
import { accountOfArn, type CreateGrantInput, type Grant, type PrincipalRef } from '../kms/model.ts';
import { parsePrincipal } from '../kms/principal.ts';

/** Parameters that KMS treats as the same request: if the grant has a name, the second one returns the first grant. */
export function isSameRequest(grant: Grant, input: CreateGrantInput): boolean {
  return (
    grant.name === input.name &&
    grant.keyArn === input.keyArn &&
    grant.granteePrincipal?.value === input.granteePrincipal.value &&
    grant.retiringPrincipal?.value === input.retiringPrincipal?.value &&
    sameSet(grant.operations, input.operations) &&
    grant.constraints.sourceArn === input.constraints.sourceArn &&
    samePairs(grant.constraints.encryptionContextEquals, input.constraints.encryptionContextEquals) &&
    samePairs(grant.constraints.encryptionContextSubset, input.constraints.encryptionContextSubset)
  );
}

function sameSet(left: readonly string[], right: readonly string[]): boolean {
  const [one, other] = [new Set(left), new Set(right)];
  return one.size === other.size && [...one].every((value) => other.has(value));
}

function samePairs(
  left: Readonly<Record<string, string>> | undefined,
  right: Readonly<Record<string, string>> | undefined,
): boolean {
  const text = (pairs: Readonly<Record<string, string>> | undefined) =>
    JSON.stringify(Object.entries(pairs ?? {}).sort(([one], [other]) => (one < other ? -1 : 1)));
  return text(left) === text(right);
}

/** A principal that a key's grants name, and in how many of them. */
export interface KnownPrincipal {
  readonly ref: PrincipalRef;
  readonly grants: number;
}

/** The principals of these grants that a new grant can name too, most frequent first. */
export function knownPrincipals(grants: readonly Grant[], keyArn: string): readonly KnownPrincipal[] {
  const counts = new Map<string, number>();
  for (const { granteePrincipal, retiringPrincipal } of grants) {
    const values = new Set([granteePrincipal?.value, retiringPrincipal?.value].filter((value) => value !== undefined));
    for (const value of values) {
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
  }
  return [...counts]
    .filter(([value]) => principalProblem(value, keyArn) === undefined)
    .map(([value, count]) => ({ ref: toPrincipalRef(value), grants: count }))
    .sort((left, right) => right.grants - left.grants || (left.ref.value < right.ref.value ? -1 : 1));
}

/** What to consider before the grant is created, in sentences. Printable. */
export function remarks(input: CreateGrantInput, listed: readonly Grant[]): readonly string[] {
  const account = accountOfArn(input.keyArn);
  const grantee = parsePrincipal(input.granteePrincipal);
  const found: string[] = [];
  if (grantee.kind === 'accountRoot') {
    found.push(l10n.t('All principals of {0} that their account allows can use the grant.', grantee.shortName));
  }
  if (grantee.account !== undefined && grantee.account !== account) {
    found.push(l10n.t('The grantee belongs to a different account than the key.'));
  }
  if (input.operations.includes('CreateGrant')) {
    found.push(l10n.t('The grantee can pass on its access by creating grants.'));
  }
  const isConstrained = Object.values(input.constraints).some((constraint) => constraint !== undefined);
  if (input.operations.includes('Decrypt') && !isConstrained) {
    found.push(
      l10n.t('The grantee can decrypt everything that the key encrypted: no encryption context constrains the grant.'),
    );
  }
  const same = listed.find((grant) => isSameRequest(grant, input));
  if (same !== undefined && input.name !== undefined) {
    found.push(l10n.t('The key already has exactly this grant, so KMS will return it: {0}.', printable(same.grantId)));
  } else if (same !== undefined) {
    found.push(l10n.t('The key already has a grant like it, without a name. The new one will be its duplicate.'));
  }
  return found;
}
