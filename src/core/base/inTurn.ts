import { isAbort } from './abort.ts';

export type TurnResult<T> =
  | { readonly kind: 'done'; readonly item: T }
  | { readonly kind: 'failed'; readonly item: T; readonly error: unknown }
  /** Cancelled before anything was done about it. */
  | { readonly kind: 'skipped'; readonly item: T };

/**
 * Does one after the other, and goes on after a failure. An abort ends the one that is under way: it is `skipped` when it
 * rejects as aborted, and `failed` when it rejects with anything else, such as that it may have been done.
 * @param stopAt an error after which the rest would fail in the same way, so it is skipped
 */
export async function inTurn<T>(
  items: readonly T[],
  act: (item: T, signal: AbortSignal) => Promise<unknown>,
  options: {
    readonly signal: AbortSignal;
    readonly report?: (result: TurnResult<T>, done: number) => void;
    readonly stopAt?: (error: unknown) => boolean;
  },
): Promise<readonly TurnResult<T>[]> {
  const { signal, report, stopAt } = options;
  const results: TurnResult<T>[] = [];
  let isStopped = false;
  for (const item of items) {
    let result: TurnResult<T> = { kind: 'skipped', item };
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
