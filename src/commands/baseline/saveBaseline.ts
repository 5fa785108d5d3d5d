import * as l10n from '@vscode/l10n';
import { localDay } from '../../core/base/text.ts';
import { writeSearch } from '../../core/baseline/baselines.ts';
import { isPartial } from '../../core/findings/scan.ts';
import { grantCountText } from '../../core/words/describe.ts';
import { showInformation, showWarning } from '../../platform/prompts.ts';
import type { Needs } from '../context.ts';
import { fileName, offerToOpen, saveFile } from '../saveFile.ts';
import { lastResult } from './lastResult.ts';

/** Writes all that the last search found to a file, whatever the filter shows: a later search is compared with it. */
export async function saveBaseline({
  grantees,
  version,
  lastBaseline,
}: Needs<'grantees' | 'version' | 'lastBaseline'>): Promise<void> {
  const result = lastResult(grantees);
  const content = writeSearch(result, `KMS Grants ${version}`);
  const name = `kms-grants-baseline-${localDay(new Date(result.endedAt))}`;
  const uri = await saveFile({ title: l10n.t('Save Baseline'), name, format: 'jsonl', content });
  if (uri === undefined) {
    return;
  }
  lastBaseline.set(uri.toString());
  const count = grantCountText(result.counts.grants);
  const file = fileName(uri);
  if (isPartial(result)) {
    const sentence = l10n.t(
      'Saved {0} to the baseline {1}. The baseline lists what is missing: the search was canceled, or not all keys could be read.',
      count,
      file,
    );
    await offerToOpen(uri, showWarning, sentence);
  } else {
    await offerToOpen(uri, showInformation, l10n.t('Saved {0} to the baseline {1}.', count, file));
  }
}
