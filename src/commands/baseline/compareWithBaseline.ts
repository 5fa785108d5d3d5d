import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { memoize } from '../../core/base/memoize.ts';
import { localDay } from '../../core/base/text.ts';
import { openBaseline } from '../../core/baseline/baselines.ts';
import { changesOf } from '../../core/baseline/changes.ts';
import { isWhole, markdownReport, type ReportSource, report, summaryText } from '../../core/baseline/report.ts';
import type { ScanResult } from '../../core/findings/scan.ts';
import { UserError } from '../../core/words/userError.ts';
import { describeError } from '../../platform/log.ts';
import { showInformation, showWarning } from '../../platform/prompts.ts';
import type { Needs } from '../context.ts';
import { fileName, offerToOpen, pickFormat, saveFile } from '../saveFile.ts';
import { endsIn } from './ends.ts';
import { lastResult } from './lastResult.ts';

type CompareContext = Needs<'grantees' | 'lastBaseline' | 'documents' | 'journal' | 'log'>;

/** Rows of a table that an editor shows without delay. */
const shownRows = 500;

/** Groups the grants by what changed since a baseline, now and after each later search. */
export async function compareWithBaseline(context: CompareContext): Promise<void> {
  const { grantees, lastBaseline, journal, log } = context;
  const result = lastResult(grantees);
  const uri = await chooseBaseline(lastBaseline.get());
  if (uri === undefined) {
    return;
  }
  const { fs } = vscode.workspace;
  const size = await reading(uri, async () => (await fs.stat(uri)).size);
  const { compareWith } = await openBaseline({
    name: fileName(uri),
    size,
    read: () => reading(uri, () => fs.readFile(uri)),
  });
  const source = compareWith(result);
  lastBaseline.set(uri.toString());
  // Without the history, nothing is said of who revoked a grant.
  await journal.ready().catch((error: unknown) => log.warn(describeError(error)));
  const endOf = () => endsIn(journal, grantees.ends);
  grantees.showChanges(memoize((later: ScanResult) => changesOf(compareWith(later), later, endOf)));
  await offerReport(context, () => ({ ...source, endOf: endOf() }), result);
}

/** Offers the last one first. `undefined` when the question was closed. */
async function chooseBaseline(last: string | undefined): Promise<vscode.Uri | undefined> {
  const title = l10n.t('Compare with Baseline');
  if (last !== undefined) {
    const uri = vscode.Uri.parse(last);
    const items = [
      { label: fileName(uri), description: l10n.t('the last baseline'), uri },
      { label: l10n.t('Choose a File…'), uri: undefined },
    ];
    const picked = await vscode.window.showQuickPick(items, { title });
    if (picked === undefined || picked.uri !== undefined) {
      return picked?.uri;
    }
  }
  const [chosen] =
    (await vscode.window.showOpenDialog({
      title,
      openLabel: l10n.t('Compare'),
      filters: { [l10n.t('JSON Lines')]: ['jsonl'], [l10n.t('All files')]: ['*'] },
    })) ?? [];
  return chosen;
}

/** @throws UserError with the reason */
async function reading<T>(uri: vscode.Uri, read: () => PromiseLike<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(l10n.t("{0} couldn't be read: {1}", fileName(uri), reason), ['retry'], error);
  }
}

async function offerReport(
  { documents }: Needs<'documents'>,
  sourceNow: () => ReportSource,
  { endedAt }: ScanResult,
): Promise<void> {
  const [showIt, exportIt] = [l10n.t('Show Report'), l10n.t('Export…')];
  const source = sourceNow();
  const show = isWhole(source) ? showInformation : showWarning;
  const picked = await show(summaryText(source), showIt, exportIt);
  if (picked === showIt) {
    await documents.showMarkdown(l10n.t('Changes since {0}', source.file), markdownReport(sourceNow(), shownRows));
  } else if (picked === exportIt) {
    await exportReport(sourceNow(), endedAt);
  }
}

async function exportReport(source: ReportSource, endedAt: number): Promise<void> {
  const title = l10n.t('Export Changes');
  const format = await pickFormat(title);
  if (format === undefined) {
    return;
  }
  const name = `kms-grants-changes-${localDay(new Date(endedAt))}`;
  const content = new TextEncoder().encode(report(source, format));
  const uri = await saveFile({ title, name, format, content });
  if (uri !== undefined) {
    await offerToOpen(uri, showInformation, l10n.t('Exported the report to {0}.', fileName(uri)));
  }
}
