import { errorSentence } from '../../core/words/explain.ts';
import { isUnanswered } from '../../core/words/userError.ts';

/** What a language model reads for a revoke that got no answer. */
const unansweredMeaning =
  'The grant may have been revoked. Do not revoke it again: KMS is being asked, and its list of grants shows what came of it.';

/** The most entries, and characters, of one answer. */
const entriesShown = 50;
const charactersShown = 16_000;

/** JSON of bounded size. A list that is too long is cut to its first entries. */
export function toBoundedJson(value: unknown): string {
  const text = JSON.stringify(value);
  if (text.length <= charactersShown) {
    return text;
  }
  if (!isBounded(value) || value.entries.length === 0) {
    return JSON.stringify({ error: 'The answer is too long.' });
  }
  // Entries are of similar size, so one or two rounds are enough.
  const fit = Math.floor((value.entries.length * charactersShown) / text.length);
  const entries = value.entries.slice(0, Math.min(fit, value.entries.length - 1));
  return toBoundedJson({ ...value, entries, complete: false });
}

function isBounded(value: unknown): value is { readonly entries: readonly unknown[] } {
  return typeof value === 'object' && value !== null && 'entries' in value && Array.isArray(value.entries);
}

/** The result, or the failure as a result. */
export async function answer(run: () => Promise<unknown>): Promise<unknown> {
  try {
    return await run();
  } catch (error) {
    if (isUnanswered(error)) {
      return { answer: 'unanswered', meaning: unansweredMeaning, error: error.message };
    }
    return { error: errorSentence(error) };
  }
}

/** The first entries, and whether they are all. */
export function bounded(entries: readonly unknown[], isComplete: boolean) {
  const shown = entries.slice(0, entriesShown);
  const total = isComplete ? { total: entries.length } : {};
  return { entries: shown, ...total, complete: isComplete && shown.length === entries.length };
}
