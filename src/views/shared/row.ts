import vscode = require('vscode');

import { printable } from '../../core/base/text.ts';

/** A row, not collapsible by default. */
export function row(label: string, properties: Partial<vscode.TreeItem>): vscode.TreeItem {
  const { collapsibleState = vscode.TreeItemCollapsibleState.None } = properties;
  return Object.assign(new vscode.TreeItem(printable(label), collapsibleState), properties);
}

const colors = {
  warning: 'problemsWarningIcon.foreground',
  error: 'problemsErrorIcon.foreground',
  info: 'problemsInfoIcon.foreground',
  disabled: 'disabledForeground',
} as const;

/** An icon of VS Code, by default in the color of rows. */
export function icon(id: string, tone?: keyof typeof colors): vscode.ThemeIcon {
  return new vscode.ThemeIcon(id, tone && new vscode.ThemeColor(colors[tone]));
}
