import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { printable } from '../../core/base/text.ts';
import { connectionName } from '../../core/words/describe.ts';
import { rows } from '../../manifest.ts';
import type { ConnectionNode } from '../shared/nodes.ts';
import { icon, row } from '../shared/row.ts';
import type { KnownConnection } from './known.ts';

/** @param problem in place of its icon */
export function connectionItem(
  { ref }: ConnectionNode,
  known: Omit<KnownConnection, 'failure'>,
  problem?: vscode.ThemeIcon,
): vscode.TreeItem {
  const parts = [known.region, accountText(known)];
  if (known.endpoint?.kind === 'custom') {
    parts.push(l10n.t('custom endpoint'));
  }
  return row(connectionName(ref), {
    collapsibleState: vscode.TreeItemCollapsibleState.Expanded,
    description: parts.filter((part) => part !== undefined).join(' · '),
    iconPath: problem ?? icon(ref.kind === 'sample' ? 'beaker' : 'account'),
    contextValue: ref.kind === 'sample' ? rows.connectionSample : rows.connection,
  });
}

type Account = Pick<KnownConnection, 'identity' | 'accountName'>;

/** `Production (111122223333)`, or the ID alone. */
export function accountText({ identity, accountName }: Account): string | undefined {
  if (identity === undefined) {
    return undefined;
  }
  return accountName === undefined ? identity.account : `${printable(accountName)} (${identity.account})`;
}
