import { isAbort } from './abort.ts';

export type SequentialResult<T> =
  | { readonly kind: 'done'; readonly item: T }
  | { readonly kind: 'failed'; readonly item: T; readonly error: unknown }
  /** Cancelled before it had any effect. */
  | { readonly kind: 'skipped'; readonly item: T };

/**
 * Runs `act` on each item in order and continues after a failure. When `signal` is aborted, the remaining items are
 * `skipped`. The running one is `skipped` if it rejects with an AbortError, and `failed` for any other error.
 * @param options.report called after each item, with the number of finished items
 * @param options.stopAt returns true for an error that every later item would hit too: those are skipped
 */
export async function runSequentially<T>(
  items: readonly T[],
  act: (item: T, signal: AbortSignal) => Promise<unknown>,
  options: {
    readonly signal: AbortSignal;
    readonly report?: (result: SequentialResult<T>, done: number) => void;
    readonly stopAt?: (error: unknown) => boolean;
  },
): Promise<readonly SequentialResult<T>[]> {
  const { signal, report, stopAt } = options;
  const results: SequentialResult<T>[] = [];
  let isStopped = false;
  for (const item of items) {
    let result: SequentialResult<T> = { kind: 'skipped', item };
    if (!isStopped && !signal.aborted) {
      try {
        await act(item, signal);
        result = { kind: 'done', item };
      } catch (error) {
        if (!signal.aborted || !isAbort(error)) {
          result = { kind: 'failed', item, error };
          isStopped = stopAt?.(error) === true;
        }
      }
    }
    results.push(result);
    report?.(result, results.length);
  }
  return results;
}
