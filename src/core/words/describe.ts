import * as l10n from '@vscode/l10n';
import { formatCount, printable } from '../base/text.ts';
import { type ConnectionRef, type Grant, type KmsKey, keyLabel, type PrincipalRef } from '../kms/model.ts';
import { grantee } from '../kms/principal.ts';

/** The name of a connection in rows, questions and messages. */
export function connectionName(ref: ConnectionRef): string {
  switch (ref.kind) {
    case 'profile':
      return printable(ref.profile);
    case 'environment':
      return l10n.t('Environment');
    case 'sample':
      return l10n.t('Sample data');
  }
}

/** Names in questions and messages are cut, so that the rest stays visible. */
const maxNameLength = 64;

/** The name of a grant in questions and messages. */
export function grantName(grant: Grant): string {
  return printable(grant.name ?? grantee(grant).shortName, maxNameLength);
}

/** The name of a key in questions and messages. */
export function keyName(key: KmsKey): string {
  return printable(keyLabel(key), maxNameLength);
}

export function grantCountText(count: number): string {
  return count === 1 ? l10n.t('1 grant') : l10n.t('{0} grants', formatCount(count));
}

/** As KMS returned it: not cut, and not made printable. */
export function principalText(ref: PrincipalRef | undefined): string | undefined {
  if (ref === undefined) {
    return undefined;
  }
  return ref.kind === 'servicePrincipal' ? l10n.t('{0} (service principal)', ref.value) : ref.value;
}

/** An encryption context in one line. */
export function pairs(context: Readonly<Record<string, string>> | undefined): string | undefined {
  if (context === undefined) {
    return undefined;
  }
  return Object.entries(context)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
}
