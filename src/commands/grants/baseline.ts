import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { formatCount, localDay } from '../../core/base/text.ts';
import type { BaselineReport } from '../../core/baseline/baselineBundle.ts';
import { isPartial, type ScanResult } from '../../core/findings/scan.ts';
import { UserError } from '../../core/words/userError.ts';
import { showInformation, showWarning } from '../../platform/prompts.ts';
import type { Needs } from '../context.ts';
import { fileName, offerToOpen, pickFormat, saveFile } from '../saveFile.ts';

type BaselineContext = Needs<'grantees' | 'baselines' | 'lastBaseline' | 'documents'>;

/** Writes all that the last search found to a file, whatever the filter shows: a later search is compared with it. */
export async function saveBaseline({ grantees, baselines, lastBaseline }: BaselineContext): Promise<void> {
  const result = lastResult(grantees.shownGrants().result);
  const { write } = await baselines();
  const name = `kms-grants-baseline-${localDay(new Date(result.endedAt))}`;
  const uri = await saveFile({ title: l10n.t('Save Baseline'), name, format: 'jsonl', content: write(result) });
  if (uri === undefined) {
    return;
  }
  lastBaseline.set(uri.toString());
  const count = formatCount(result.counts.grants);
  const file = fileName(uri);
  if (isPartial(result)) {
    const sentence = l10n.t(
      'The baseline {1} has {0} grants, and says what is missing: the search was cancelled, or not all keys could be read.',
      count,
      file,
    );
    await offerToOpen(uri, showWarning, sentence);
  } else {
    await offerToOpen(uri, showInformation, l10n.t('The baseline {1} has {0} grants.', count, file));
  }
}

/** Shows what changed between a baseline and the last search. */
export async function compareWithBaseline(context: BaselineContext): Promise<void> {
  const { grantees, baselines, lastBaseline, documents } = context;
  const result = lastResult(grantees.shownGrants().result);
  const uri = await chooseBaseline(lastBaseline.get());
  if (uri === undefined) {
    return;
  }
  const { compare } = await baselines();
  const { fs } = vscode.workspace;
  const size = await reading(uri, async () => (await fs.stat(uri)).size);
  const report = await compare({ name: fileName(uri), size, read: () => reading(uri, () => fs.readFile(uri)) }, result);
  lastBaseline.set(uri.toString());
  await documents.showMarkdown(l10n.t('Changes since {0}', fileName(uri)), report.shown);
  const exportIt = l10n.t('Export…');
  const show = report.isWhole ? showInformation : showWarning;
  if ((await show(report.summary, exportIt)) === exportIt) {
    await exportReport(report, result);
  }
}

function lastResult(result: ScanResult | undefined): ScanResult {
  if (result === undefined) {
    throw new UserError(l10n.t('There are no grants for a baseline yet. Find grants first.'));
  }
  return result;
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
    throw new UserError(l10n.t('{0} could not be read: {1}', fileName(uri), reason), ['retry'], error);
  }
}

async function exportReport(report: BaselineReport, { endedAt }: ScanResult): Promise<void> {
  const title = l10n.t('Export Changes');
  const format = await pickFormat(title);
  if (format === undefined) {
    return;
  }
  const name = `kms-grants-changes-${localDay(new Date(endedAt))}`;
  const content = new TextEncoder().encode(report.export(format));
  const uri = await saveFile({ title, name, format, content });
  if (uri !== undefined) {
    await offerToOpen(uri, showInformation, l10n.t('The report is in {0}.', fileName(uri)));
  }
}
