import * as l10n from '@vscode/l10n';
import { formatCount, localDay } from '../../core/base/text.ts';
import { grantTable } from '../../core/findings/grantTable.ts';
import { isPartial } from '../../core/findings/scan.ts';
import { grantCountText } from '../../core/words/describe.ts';
import { UserError } from '../../core/words/userError.ts';
import { showInformation, showWarning } from '../../platform/prompts.ts';
import type { Needs } from '../context.ts';
import { fileName, offerToOpen, pickFormat, saveFile } from '../saveFile.ts';

/** Writes the grants that the Grants view shows, each once, to a file. */
export async function exportGrants({ grantees }: Needs<'grantees'>): Promise<void> {
  const { held, result } = grantees.shownGrants();
  if (result === undefined) {
    throw new UserError(l10n.t('Nothing to export yet. Find grants first.'));
  }
  const title = l10n.t('Export Grants: {0}', formatCount(held.length));
  const format = await pickFormat(title);
  if (format === undefined) {
    return;
  }
  const name = `kms-grants-${localDay(new Date(result.endedAt))}`;
  const uri = await saveFile({ title, name, format, content: new TextEncoder().encode(grantTable(held, format)) });
  if (uri === undefined) {
    return;
  }
  const count = grantCountText(held.length);
  const file = fileName(uri);
  if (isPartial(result)) {
    const sentence = l10n.t(
      'Exported {0} to {1}. Others may be missing: the search was canceled, or not all keys could be read.',
      count,
      file,
    );
    await offerToOpen(uri, showWarning, sentence);
  } else {
    await offerToOpen(uri, showInformation, l10n.t('Exported {0} to {1}.', count, file));
  }
}
