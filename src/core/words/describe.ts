import * as l10n from '@vscode/l10n';
import { printable } from '../base/text.ts';
import { type ConnectionRef, type Grant, type KmsKey, keyLabel } from '../kms/model.ts';
import { grantee } from '../kms/principal.ts';

/** What rows, questions and messages call a connection. */
export function connectionName(ref: ConnectionRef): string {
  switch (ref.kind) {
    case 'profile':
      return printable(ref.profile);
    case 'environment':
      return l10n.t('Environment variables');
    case 'sample':
      return l10n.t('Sample data');
  }
}

/** Names in a question or message are cut, so that what is asked or said stays in sight. */
const longestName = 64;

/** What questions and messages call a grant. */
export function grantName(grant: Grant): string {
  return printable(grant.name ?? grantee(grant).shortName, longestName);
}

/** What questions and messages call a key. */
export function keyName(key: KmsKey): string {
  return printable(keyLabel(key), longestName);
}
