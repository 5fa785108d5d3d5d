import { homedir } from 'node:os';
import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { localTime, printable } from '../../core/base/text.ts';
import { grantTable, type TableFormat, tableFormats } from '../../core/findings/grantTable.ts';
import { isPartial } from '../../core/findings/scan.ts';
import { UserError } from '../../core/words/userError.ts';
import { showInformation, showWarning } from '../../platform/prompts.ts';
import type { Needs } from '../context.ts';

/** Writes the grants that the Grantees view shows, each once, to a file. */
export async function exportGrants({ grantees }: Needs<'grantees'>): Promise<void> {
  const { held, result } = grantees.shownGrants();
  if (result === undefined) {
    throw new UserError(l10n.t('There is nothing to export yet. Find grants first.'));
  }
  const items = tableFormats.map((value) => ({ label: formatName(value), description: `.${value}`, value }));
  const title = l10n.t('Export {0} Grants', held.length);
  const format = (await vscode.window.showQuickPick(items, { title }))?.value;
  if (format === undefined) {
    return;
  }

  const name = `kms-grants-${localTime(new Date(result.endedAt)).slice(0, 10)}.${format}`;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file(homedir());
  const uri = await vscode.window.showSaveDialog({
    title,
    defaultUri: vscode.Uri.joinPath(folder, name),
    filters: { [formatName(format)]: [format] },
  });
  if (uri === undefined) {
    return;
  }
  await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(grantTable(held, format)));

  const file = printable(uri.path.slice(uri.path.lastIndexOf('/') + 1));
  const open = l10n.t('Open');
  const picked = isPartial(result)
    ? await showWarning(
        l10n.t(
          '{0} grants are in {1}. Others may be missing: the search was cancelled, or not all keys could be read.',
          held.length,
          file,
        ),
        open,
      )
    : await showInformation(l10n.t('{0} grants are in {1}.', held.length, file), open);
  if (picked === open) {
    await vscode.commands.executeCommand('vscode.open', uri);
  }
}

function formatName(format: TableFormat): string {
  switch (format) {
    case 'csv':
      return l10n.t('CSV');
    case 'jsonl':
      return l10n.t('JSON Lines');
    case 'md':
      return l10n.t('Markdown');
  }
}
