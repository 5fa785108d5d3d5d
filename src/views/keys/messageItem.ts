import * as l10n from '@vscode/l10n';

import type vscode = require('vscode');

import { formatCount, printable } from '../../core/base/text.ts';
import { commands, rows } from '../../manifest.ts';
import { actionCommands, actionTitle } from '../shared/actions.ts';
import type { MessageNode, MoreNode } from '../shared/nodes.ts';
import { icon, row } from '../shared/row.ts';

function moreText({ shown, total, isFiltered }: MoreNode): string {
  if (isFiltered === true) {
    return l10n.t('{0} searched so far', formatCount(shown));
  }
  if (total === undefined) {
    return l10n.t('{0} shown', formatCount(shown));
  }
  return l10n.t('{0} of {1} shown', formatCount(shown), formatCount(total));
}

export function moreItem(node: MoreNode): vscode.TreeItem {
  return row(l10n.t('Load more…'), {
    description: moreText(node),
    iconPath: icon('ellipsis'),
    contextValue: rows.more,
    command: { command: commands.loadMore, title: l10n.t('Load more…'), arguments: [node] },
  });
}

const toneIcons = {
  info: icon('info'),
  warning: icon('warning', 'warning'),
  error: icon('error', 'error'),
  loading: icon('loading~spin'),
};

/** Enter or a click on a message runs its first action. */
export function messageItem(node: MessageNode): vscode.TreeItem {
  const [first] = node.actions;
  const item = row(node.title, {
    description: printable(node.sentence),
    iconPath: toneIcons[node.tone],
    contextValue: [rows.message, ...node.actions].join('.'),
    accessibilityInformation: { label: `${node.title}. ${printable(node.sentence)}` },
  });
  if (first !== undefined) {
    item.command = { command: actionCommands[first], title: actionTitle(first), arguments: [node] };
  }
  return item;
}
