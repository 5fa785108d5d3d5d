import type vscode = require('vscode');

import { printable } from '../../core/base/text.ts';
import { rows } from '../../manifest.ts';
import { actionCommands, actionTitle } from './actions.ts';
import type { MessageNode } from './nodes.ts';
import { icon, row } from './row.ts';

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
    spoken: [node.title, printable(node.sentence)],
  });
  if (first !== undefined) {
    item.command = { command: actionCommands[first], title: actionTitle(first), arguments: [node] };
  }
  return item;
}
