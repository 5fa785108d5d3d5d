import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { localTime, printable } from '../../core/base/text.ts';
import type { Finding } from '../../core/findings/finding.ts';
import { accountOfArn, isAwsManaged, type KeyMetadata, type KmsKey, keyLabel } from '../../core/kms/model.ts';
import { grantCountText } from '../../core/words/describe.ts';
import { rows } from '../../manifest.ts';
import type { KeyNode } from '../shared/nodes.ts';
import { icon, row } from '../shared/row.ts';

export function keyItem(
  { key, connection, pinnedTo }: KeyNode,
  metadata: KeyMetadata | undefined,
  findings: readonly Finding[],
  grantCount: number | undefined,
): vscode.TreeItem {
  const state = metadata === undefined ? undefined : keyStateText(metadata);
  const description = printable(metadata?.description ?? '');
  const place = pinnedTo === undefined ? undefined : `${accountOfArn(key.arn)} · ${connection.region}`;
  // Of the findings of a key, the row shows only this one: its state is shown already.
  const quota = findings.find(({ kind }) => kind === 'nearQuota')?.title;
  const grants = grantCount === undefined ? undefined : grantCountText(grantCount);
  const parts = [place, state, quota, grants, description].filter(Boolean);
  const context = [
    pinnedTo === undefined ? (key.aliases.length > 0 ? rows.keyWithAlias : rows.key) : rows.keyPinned,
    ...(isAwsManaged(key, metadata) ? ['awsManaged'] : []),
    ...(connection.endpoint.kind === 'sample' ? ['sample'] : []),
  ];
  return row(keyLabel(key), {
    collapsibleState: vscode.TreeItemCollapsibleState.Collapsed,
    description: parts.join(' · '),
    iconPath: keyIcon(key, metadata),
    contextValue: context.join('.'),
    spoken: [[l10n.t('Key {0}', printable(keyLabel(key))), ...parts].join(', ')],
  });
}

/** The state in words; `undefined` for an enabled key, which needs none. */
export function keyStateText({ state, deletionDate }: KeyMetadata): string | undefined {
  switch (state) {
    case 'Enabled':
      return undefined;
    case 'Disabled':
      return l10n.t('Disabled');
    case 'PendingDeletion':
      return deletionDate === undefined
        ? l10n.t('Pending deletion')
        : l10n.t('Pending deletion until {0}', localTime(deletionDate).slice(0, 10));
    case 'PendingReplicaDeletion':
      return l10n.t('Pending replica deletion');
    case 'PendingImport':
      return l10n.t('Pending import');
    case 'Unavailable':
      return l10n.t('Unavailable');
    case 'Creating':
      return l10n.t('Creating');
    case 'Updating':
      return l10n.t('Updating');
    default:
      return printable(state);
  }
}

function keyIcon(key: KmsKey, metadata: KeyMetadata | undefined): vscode.ThemeIcon {
  switch (metadata?.state) {
    case undefined:
    case 'Enabled':
      return icon(isAwsManaged(key, metadata) ? 'lock' : 'key');
    case 'Disabled':
      return icon('circle-slash', 'disabled');
    case 'PendingDeletion':
    case 'PendingReplicaDeletion':
      return icon('trash', 'warning');
    case 'PendingImport':
      return icon('cloud-upload', 'warning');
    case 'Unavailable':
      return icon('debug-disconnect', 'error');
    default:
      return icon('history');
  }
}
