import * as l10n from '@vscode/l10n';
import { printable } from '../base/text.ts';
import { isConditional, type PolicyReading, type PolicyStatement } from '../kms/keyPolicy.ts';

/**
 * What the key policy says of some operations, in one sentence.
 * @param all of a grant: see {@link operationList}
 */
export function policySentence(reading: PolicyReading, all: readonly string[] = []): string {
  const { outcome, operations, statements, conditionalDenials, needsIamPolicy } = reading;
  const names = operationList(operations, all);
  const underConditions = isConditional(reading);
  const parts = {
    denied: () => l10n.t('Denies {0}, regardless of grants.', names),
    principal: () =>
      underConditions
        ? l10n.t('Allows {0} to this principal, under conditions.', names)
        : l10n.t('Allows {0} to this principal.', names),
    everyone: () =>
      underConditions
        ? l10n.t('Allows {0} to everyone, under conditions.', names)
        : l10n.t('Allows {0} to everyone.', names),
    account: () =>
      underConditions
        ? l10n.t('Leaves {0} to IAM policies of the account, under conditions.', names)
        : l10n.t('Leaves {0} to IAM policies of the account.', names),
    nothing: () =>
      isWholeList(operations, all) ? l10n.t('Allows none of its operations.') : l10n.t("Doesn't allow {0}.", names),
    unknown: () => l10n.t('Unknown whether it allows {0}.', names),
  };
  const isLeftToIam = outcome !== 'account' && statements.some(({ names: by }) => by === 'account');
  const sentences = [
    parts[outcome](),
    ...(underConditions && isLeftToIam && !needsIamPolicy
      ? [l10n.t('IAM policies of the account can allow it too.')]
      : []),
    ...(needsIamPolicy && outcome !== 'account' ? [l10n.t('An IAM policy must allow it too.')] : []),
    ...(conditionalDenials.length > 0 ? [l10n.t('A conditional Deny may apply.')] : []),
  ];
  return sentences.join(' ');
}

/** A statement with its conditions, as the policy has them. */
export function statementText({ position, sid, conditions }: PolicyStatement): string {
  const name = sid === undefined || sid === '' ? l10n.t('Statement {0}', position) : `"${printable(sid)}"`;
  const quoted = conditions.map(
    ({ operator, key, values }) => `${printable(operator)} ${printable(key)} = ${printable(values.join(', '), 200)}`,
  );
  return [name, ...quoted].join('; ');
}

/** @param all where these are all, and several, it says so */
export function operationList(operations: readonly string[], all: readonly string[] = []): string {
  return isWholeList(operations, all) ? l10n.t('all of its operations') : printable(operations.join(', '), 200);
}

function isWholeList(operations: readonly string[], all: readonly string[]): boolean {
  return operations.length > 3 && operations.length === all.length;
}
