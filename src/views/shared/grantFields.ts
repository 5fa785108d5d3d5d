import * as l10n from '@vscode/l10n';
import { localTime, printable } from '../../core/base/text.ts';
import type { Grant } from '../../core/kms/model.ts';
import { principalText } from '../../core/words/describe.ts';

export interface GrantField {
  readonly name: string;
  /** As KMS gave it, for the clipboard. */
  readonly value: string;
}

/** The fields of a grant, in the order of interest; those it does not have are left out. */
export function grantFields(grant: Grant): readonly GrantField[] {
  const { constraints } = grant;
  const fields: [string, string | undefined][] = [
    [l10n.t('Grantee'), principalText(grant.granteePrincipal)],
    [l10n.t('Operations'), grant.operations.join(', ')],
    ...Object.entries(constraints.encryptionContextEquals ?? {}).map(([key, value]): [string, string] => [
      l10n.t('Encryption context equals {0}', key),
      value,
    ]),
    ...Object.entries(constraints.encryptionContextSubset ?? {}).map(([key, value]): [string, string] => [
      l10n.t('Encryption context includes {0}', key),
      value,
    ]),
    [l10n.t('Source ARN'), constraints.sourceArn],
    [l10n.t('Retiring principal'), principalText(grant.retiringPrincipal)],
    [l10n.t('Name'), grant.name],
    [l10n.t('Created'), grant.creationDate === undefined ? undefined : localTime(grant.creationDate)],
    [l10n.t('Issuing account'), grant.issuingAccount],
    [l10n.t('Grant ID'), grant.grantId],
  ];
  return fields.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [{ name, value }]));
}

/** `Decrypt, Encrypt +3`: as many as fit in a row. Printable. */
export function shortOperations(operations: readonly string[], shown = 2): string {
  const rest = operations.length - shown;
  const names = operations.slice(0, shown).map((operation) => printable(operation, 64));
  return names.join(', ') + (rest > 0 ? ` +${rest}` : '');
}
