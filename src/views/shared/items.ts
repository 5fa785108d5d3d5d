import * as l10n from '@vscode/l10n';

import type vscode = require('vscode');

import { formatCount, printable } from '../../core/base/text.ts';
import { commands, rows } from '../../manifest.ts';
import { icon, row } from './row.ts';

/** A field of a grant, or of an entry of the history. */
export function fieldItem({ name, value }: { readonly name: string; readonly value: string }): vscode.TreeItem {
  const text = printable(value);
  return row(name, { description: text, contextValue: rows.field, spoken: [`${printable(name)}: ${text}`] });
}

/** "Load more…" at the end of a list. Its command gets the node. */
export function moreItem(node: object, description: string): vscode.TreeItem {
  return row(l10n.t('Load more…'), {
    description,
    iconPath: icon('ellipsis'),
    contextValue: rows.more,
    command: { command: commands.loadMore, title: l10n.t('Load more…'), arguments: [node] },
  });
}

export function shownText(shown: number, total: number): string {
  return l10n.t('{0} of {1} shown', formatCount(shown), formatCount(total));
}
