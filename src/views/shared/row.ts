import vscode = require('vscode');

import { printable } from '../../core/base/text.ts';
import { warningColor } from '../../manifest.ts';

export interface RowProperties
  extends Omit<Partial<vscode.TreeItem>, 'label' | 'description' | 'accessibilityInformation'> {
  readonly description?: string;
  /** What a screen reader says, sentence by sentence; unless given, the label and the description. */
  readonly spoken?: readonly (string | undefined)[];
}

/** A row, not collapsible by default. */
export function row(label: string, { spoken, ...properties }: RowProperties): vscode.TreeItem {
  const { collapsibleState = vscode.TreeItemCollapsibleState.None, description = '' } = properties;
  const shown = printable(label);
  return Object.assign(new vscode.TreeItem(shown, collapsibleState), {
    ...properties,
    accessibilityInformation: { label: sentences(spoken ?? [description === '' ? shown : `${shown}, ${description}`]) },
  });
}

/** One after the other, each with its stop: a screen reader pauses there, and at a comma. */
function sentences(texts: readonly (string | undefined)[]): string {
  return texts
    .filter((text) => text !== undefined && text !== '')
    .map((text = '') => text.replaceAll(' · ', ', ').replace(/…(?=,|$)/g, ''))
    .map((text) => (/[.?!]$/.test(text) ? text : `${text}.`))
    .join(' ');
}

/** Each stands out from the side bar in every theme of VS Code's own: 3:1 at least, which a test holds. */
export const iconColors = {
  warning: warningColor,
  error: 'problemsErrorIcon.foreground',
  info: 'problemsInfoIcon.foreground',
  disabled: 'descriptionForeground',
} as const;

/** An icon of VS Code, by default in the color of rows. */
export function icon(id: string, tone?: keyof typeof iconColors): vscode.ThemeIcon {
  return new vscode.ThemeIcon(id, tone && new vscode.ThemeColor(iconColors[tone]));
}
