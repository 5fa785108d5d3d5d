import type vscode = require('vscode');

import type { HistoryNode } from '../history/historyNodes.ts';
import type { GrantField } from '../shared/grantFields.ts';
import { plain, table } from './tooltipText.ts';

/** What the rows of an entry say. */
export interface EntryText {
  readonly name: string;
  readonly fields: readonly GrantField[];
}

/** The tooltip of a row. Text from AWS is escaped; the tooltip allows no commands and no HTML. */
export function historyTooltip(
  node: HistoryNode,
  entry: (id: string) => EntryText | undefined,
): vscode.MarkdownString | undefined {
  switch (node.kind) {
    case 'historyEntry': {
      const text = entry(node.id);
      return (
        text &&
        table(
          text.name,
          text.fields.map(({ name, value }) => [name, value] as const),
        )
      );
    }
    case 'field':
      return plain(node.name, node.value);
    case 'historyMessage':
      return plain(node.title, node.sentence);
    case 'historyDay':
    case 'historyMore':
      return undefined;
  }
}
