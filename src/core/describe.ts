import * as l10n from '@vscode/l10n';
import type { ConnectionRef, KeyMetadata, KmsKey } from './model.ts';
import { printable } from './text.ts';

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

/** Whether AWS manages the key, by what is known of it so far: the reserved alias, or KeyManager. */
export function isAwsManaged(key: KmsKey, metadata: KeyMetadata | undefined): boolean {
  return metadata?.manager === 'AWS' || key.aliases.some((alias) => alias.startsWith('alias/aws/'));
}
