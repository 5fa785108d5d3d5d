import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { printable } from '../../core/base/text.ts';
import type { ConnectionRef } from '../../core/kms/model.ts';
import { connectionName } from '../../core/words/describe.ts';
import { needsSignIn } from '../../core/words/explain.ts';
import { rows } from '../../manifest.ts';
import type { ConnectionNode } from '../shared/nodes.ts';
import { icon, row } from '../shared/row.ts';
import type { KnownConnection } from './known.ts';

export function connectionItem({ ref }: ConnectionNode, known: KnownConnection): vscode.TreeItem {
  const parts = [known.region, accountText(known)];
  if (known.endpoint?.kind === 'custom') {
    parts.push(l10n.t('custom endpoint'));
  }
  return row(connectionName(ref), {
    collapsibleState: vscode.TreeItemCollapsibleState.Expanded,
    description: parts.filter((part) => part !== undefined).join(' · '),
    iconPath: connectionIcon(ref, known),
    contextValue: ref.kind === 'sample' ? rows.connectionSample : rows.connection,
  });
}

/** `Production (111122223333)`, or the ID alone. */
export function accountText({ identity, accountName }: KnownConnection): string | undefined {
  if (identity === undefined) {
    return undefined;
  }
  return accountName === undefined ? identity.account : `${printable(accountName)} (${identity.account})`;
}

function connectionIcon(ref: ConnectionRef, { failure }: KnownConnection): vscode.ThemeIcon {
  if (failure !== undefined) {
    return icon(needsSignIn(failure) ? 'sign-in' : 'warning', 'warning');
  }
  return icon(ref.kind === 'sample' ? 'beaker' : 'account');
}
