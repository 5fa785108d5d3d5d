import * as l10n from '@vscode/l10n';
import { localTime, printable } from '../base/text.ts';
import type { IamPrincipal } from '../kms/evidenceApi.ts';
import type { Holder } from './holder.ts';

/** What IAM does not have. Printable. */
export function absenceText(holder: Extract<Holder, { readonly kind: 'noSuchName' | 'noSuchId' }>): string {
  const { account, what } = holder;
  if (holder.kind === 'noSuchName') {
    const name = printable(holder.name);
    return what === 'role'
      ? l10n.t('Account {0} has no role {1}.', account, name)
      : l10n.t('Account {0} has no user {1}.', account, name);
  }
  const id = printable(holder.id);
  return what === 'role'
    ? l10n.t('No role of account {0} has the ID {1}.', account, id)
    : l10n.t('No user of account {0} has the ID {1}.', account, id);
}

/** The one that has the name now that the grant was made for. Printable. */
export function successorText({ arn, created }: IamPrincipal): string {
  return created === undefined
    ? l10n.t('{0} has another ID.', printable(arn, 400))
    : l10n.t('{0} has another ID, and was created {1}.', printable(arn, 400), localTime(created));
}

/** Whose the ID is that KMS has not resolved yet. Printable. */
export function idOwnerText({ arn }: IamPrincipal): string {
  return l10n.t('The ID is that of {0}.', printable(arn, 400));
}
