import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { localDay } from '../../core/base/text.ts';
import type { Journal } from '../../core/changes/journal.ts';
import { isFinished } from '../../core/changes/journalOutcomes.ts';
import { views } from '../../manifest.ts';
import { confirm, showInformation } from '../../platform/prompts.ts';
import type { Needs } from '../context.ts';
import { fileName, offerToOpen, saveFile } from '../saveFile.ts';

export async function showHistory({ history }: Needs<'history'>): Promise<void> {
  history.refresh();
  await vscode.commands.executeCommand(`${views.history}.focus`);
}

/**
 * Removes finished entries, in all windows. The others stay, since they are still followed or checked. Lines that can't be
 * read stay too, until there is nothing else to clear: then it asks about them alone.
 */
export async function clearHistory({ journal }: Needs<'journal'>): Promise<void> {
  await journal.ready();
  const unfinished = journal.records.filter((record) => !isFinished(record)).length;
  const finished = journal.records.length - unfinished;
  const { damagedCount } = journal;
  if (finished === 0 && damagedCount > 0) {
    await removeDamaged(journal, damagedCount);
    return;
  }
  if (finished === 0) {
    void showInformation(
      unfinished === 0
        ? l10n.t('The history has nothing to clear.')
        : l10n.t('Nothing was cleared, because nothing in the history is finished yet.'),
    );
    return;
  }
  const details = [
    l10n.t("Entries to remove: {0}. A grant can't be recreated from a removed entry, in any window.", finished),
    unfinished === 0 ? '' : l10n.t('Unfinished changes that stay: {0}.', unfinished),
    damagedCount === 0 ? '' : l10n.t("Lines that stay because they can't be read: {0}.", damagedCount),
  ];
  const agreed = await confirm({
    question: l10n.t('Clear the history of changes to grants?'),
    detail: details.filter((detail) => detail !== '').join(' '),
    button: l10n.t('Clear History'),
  });
  if (agreed) {
    await journal.clear();
  }
}

async function removeDamaged(journal: Journal, damagedCount: number): Promise<void> {
  const agreed = await confirm({
    question: l10n.t('Remove unreadable lines from the history?'),
    detail: l10n.t(
      'Lines to remove: {0}. Each may have recorded a change to a grant. To keep a copy, export the history first.',
      damagedCount,
    ),
    button: l10n.t('Remove Lines'),
  });
  if (agreed) {
    await journal.removeDamaged();
  }
}

/** Writes the lines of the history, as they are, to a file. */
export async function exportHistory({ journal, clock }: Needs<'journal' | 'clock'>): Promise<void> {
  const content = await journal.bytes();
  if (content.length === 0) {
    void showInformation(l10n.t("Nothing to export: the history file is empty. Changes to sample data aren't kept."));
    return;
  }
  const name = `kms-grants-history-${localDay(new Date(clock.now()))}`;
  const uri = await saveFile({ title: l10n.t('Export History'), name, format: 'jsonl', content });
  if (uri !== undefined) {
    await offerToOpen(uri, showInformation, l10n.t('Exported the history to {0}.', fileName(uri)));
  }
}
