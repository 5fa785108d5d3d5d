import * as l10n from '@vscode/l10n';
import { readErrorText } from '../../core/errorText/errorText.ts';
import { reportOf } from '../../core/errorText/report.ts';
import { UserError } from '../../core/words/userError.ts';
import { type LeadContext, leadToKey } from './leadToKey.ts';

/**
 * What a language model reads about an error. The entries are the lines of the report; of a long one, the first ones are
 * given.
 * @throws UserError when the text holds no error of KMS
 */
export async function explainForModel(context: LeadContext, text: string, signal: AbortSignal): Promise<unknown> {
  const error = readErrorText(text);
  if (error === undefined) {
    throw new UserError(l10n.t('No KMS error found in this text.'));
  }
  const { lead } = await leadToKey(context, error, signal);
  const { sections, proposal } = reportOf(error, lead);
  const entries = sections.flatMap(({ title, text: first, lines }) => [
    ...(first === undefined ? [] : [{ section: title, text: first }]),
    ...lines.map((line) => ({ section: title, ...line })),
  ]);
  return { found: error, grantThatCouldAllowIt: proposal, entries, complete: true };
}
