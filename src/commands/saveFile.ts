import { homedir } from 'node:os';
import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { printable } from '../core/base/text.ts';
import { type TableFormat, tableFormats } from '../core/findings/tableFormat.ts';
import { UserError } from '../core/words/userError.ts';
import type { showInformation } from '../platform/prompts.ts';

/** `undefined` when the question was closed. */
export async function pickFormat(title: string): Promise<TableFormat | undefined> {
  const items = tableFormats.map((value) => ({ label: formatName(value), description: `.${value}`, value }));
  return (await vscode.window.showQuickPick(items, { title }))?.value;
}

interface FileToSave {
  readonly title: string;
  /** Without its extension. */
  readonly name: string;
  readonly format: TableFormat;
  readonly content: Uint8Array;
}

/**
 * Asks where to write a file, and writes it.
 * @returns where it is; `undefined` when the question was closed
 */
export async function saveFile({ title, name, format, content }: FileToSave): Promise<vscode.Uri | undefined> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file(homedir());
  const uri = await vscode.window.showSaveDialog({
    title,
    defaultUri: vscode.Uri.joinPath(folder, `${name}.${format}`),
    filters: { [formatName(format)]: [format] },
  });
  if (uri === undefined) {
    return undefined;
  }
  try {
    await vscode.workspace.fs.writeFile(uri, content);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(l10n.t("Couldn't write {0}: {1}", fileName(uri), reason), ['retry'], error);
  }
  return uri;
}

/** Says where a file is, with a button that opens it. */
export async function offerToOpen(uri: vscode.Uri, show: typeof showInformation, sentence: string): Promise<void> {
  const open = l10n.t('Open');
  if ((await show(sentence, open)) === open) {
    await vscode.commands.executeCommand('vscode.open', uri);
  }
}

/** Printable. */
export function fileName(uri: vscode.Uri): string {
  return printable(uri.path.slice(uri.path.lastIndexOf('/') + 1));
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
