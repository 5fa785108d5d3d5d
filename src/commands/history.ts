import { homedir } from 'node:os';
import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { UserError } from '../core/errors.ts';
import type { Journal } from '../core/journal.ts';
import { isFinished } from '../core/journalOutcomes.ts';
import { localTime, printable } from '../core/text.ts';
import { views } from '../manifest.ts';
import { confirm, showInformation } from '../platform/prompts.ts';
import type { HistoryView } from '../views/historyView.ts';

interface HistoryContext {
  readonly journal: Journal;
  readonly history: HistoryView;
}

export async function showHistory({ history }: HistoryContext): Promise<void> {
  history.refresh();
  await vscode.commands.executeCommand(`${views.history}.focus`);
}

/** Forgets what is finished, in all windows. What is not stays: it is still being followed, or is to be checked. */
export async function clearHistory({ journal }: HistoryContext): Promise<void> {
  await journal.ready();
  const unfinished = journal.records.filter((record) => !isFinished(record)).length;
  const finished = journal.records.length - unfinished;
  if (finished === 0) {
    void showInformation(
      unfinished === 0
        ? l10n.t('The history is empty.')
        : l10n.t('Nothing in the history is finished yet, so nothing was cleared.'),
    );
    return;
  }
  const staying = unfinished === 0 ? '' : ` ${l10n.t('Changes that are not finished stay in it: {0}.', unfinished)}`;
  const agreed = await confirm({
    question: l10n.t('Clear the history of changes to grants?'),
    detail: `${l10n.t('Entries that go: {0}. A grant can’t be recreated from an entry that is gone, in any window.', finished)}${staying}`,
    button: l10n.t('Clear History'),
  });
  if (agreed) await journal.clear();
}

/** The lines as they are kept, in a file that the user chooses. */
export async function exportHistory({ journal }: HistoryContext): Promise<void> {
  const text = await journal.text();
  if (text === '') {
    void showInformation(l10n.t('There is nothing to export. Sample data is not kept.'));
    return;
  }
  const name = `kms-grants-history-${localTime(new Date()).slice(0, 10)}.jsonl`;
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file(homedir());
  const uri = await vscode.window.showSaveDialog({
    title: l10n.t('Export History'),
    filters: { [l10n.t('JSON Lines')]: ['jsonl'] },
    defaultUri: vscode.Uri.joinPath(folder, name),
  });
  if (uri === undefined) return;
  try {
    await vscode.workspace.fs.writeFile(uri, Buffer.from(text, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(l10n.t('The history could not be exported: {0}', reason), ['retry'], error);
  }
  const open = l10n.t('Open');
  const file = printable(uri.path.slice(uri.path.lastIndexOf('/') + 1));
  const picked = await showInformation(l10n.t('The history is in {0}.', file), open);
  if (picked === open) await vscode.commands.executeCommand('vscode.open', uri);
}
