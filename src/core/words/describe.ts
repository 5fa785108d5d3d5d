import * as l10n from '@vscode/l10n';
import { printable } from '../base/text.ts';
import { type ConnectionRef, type Grant, type KmsKey, keyLabel, type PrincipalRef } from '../kms/model.ts';
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
const maxNameLength = 64;

/** What questions and messages call a grant. */
export function grantName(grant: Grant): string {
  return printable(grant.name ?? grantee(grant).shortName, maxNameLength);
}

/** What questions and messages call a key. */
export function keyName(key: KmsKey): string {
  return printable(keyLabel(key), maxNameLength);
}

/** As KMS gave it. Not cut, and not printable. */
export function principalText(ref: PrincipalRef | undefined): string | undefined {
  if (ref === undefined) {
    return undefined;
  }
  return ref.kind === 'servicePrincipal' ? l10n.t('{0} (service principal)', ref.value) : ref.value;
}
