import { isKmsError } from '../../core/kms/errors.ts';
import { explain } from '../../core/words/explain.ts';
import { isUnanswered } from '../../core/words/userError.ts';

/** Of a revoke that got no answer. */
const unansweredMeaning =
  'The grant may have been revoked. Do not revoke it again: KMS is being asked, and its list of grants shows what came of it.';

/** The most that one answer holds: entries, and characters in all. */
const entriesShown = 50;
const charactersShown = 16_000;

/** As JSON of bounded size: of a list that is too long, the first entries. */
export function fitting(value: unknown): string {
  const text = JSON.stringify(value);
  if (text.length <= charactersShown) {
    return text;
  }
  if (!isBounded(value) || value.entries.length === 0) {
    return JSON.stringify({ error: 'The answer is too long.' });
  }
  // Entries are much of a size, so that one or two rounds do.
  const fit = Math.floor((value.entries.length * charactersShown) / text.length);
  const entries = value.entries.slice(0, Math.min(fit, value.entries.length - 1));
  return fitting({ ...value, entries, complete: false });
}

function isBounded(value: unknown): value is { readonly entries: readonly unknown[] } {
  return typeof value === 'object' && value !== null && 'entries' in value && Array.isArray(value.entries);
}

/** What it returns; a failure is an answer too. */
export async function answer(run: () => Promise<unknown>): Promise<unknown> {
  try {
    return await run();
  } catch (error) {
    if (isUnanswered(error)) {
      return { answer: 'unanswered', meaning: unansweredMeaning, error: error.message };
    }
    if (isKmsError(error)) {
      return { error: problemOf(error) };
    }
    if (error instanceof Error) {
      return { error: error.message };
    }
    throw error;
  }
}

export function problemOf(error: unknown): string | undefined {
  return isKmsError(error) ? explain(error.details).sentence : undefined;
}

/** The first of the entries, and whether they are all. */
export function bounded(entries: readonly unknown[], isComplete: boolean) {
  const shown = entries.slice(0, entriesShown);
  const total = isComplete ? { total: entries.length } : {};
  return { entries: shown, ...total, complete: isComplete && shown.length === entries.length };
}
