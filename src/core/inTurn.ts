import type { Clock } from './clock.ts';
import { isAbort } from './errors.ts';

export type TurnResult<T> =
  | { readonly kind: 'done'; readonly item: T }
  | { readonly kind: 'failed'; readonly item: T; readonly error: unknown }
  /** Cancelled before its turn: nothing was done about it. */
  | { readonly kind: 'skipped'; readonly item: T };

/**
 * Does one after the other, at most `perSecond` a second, and goes on after a failure. An abort is seen between two; the
 * one that is under way is finished.
 * @param stopAt an error after which the rest would fail in the same way, so it is skipped
 */
export async function inTurn<T>(
  items: readonly T[],
  act: (item: T) => Promise<unknown>,
  options: {
    readonly clock: Clock;
    readonly perSecond: number;
    readonly signal: AbortSignal;
    readonly onResult?: (result: TurnResult<T>, done: number) => void;
    readonly stopAt?: (error: unknown) => boolean;
  },
): Promise<readonly TurnResult<T>[]> {
  const { clock, perSecond, signal, onResult, stopAt } = options;
  const intervalMs = 1000 / perSecond;
  const results: TurnResult<T>[] = [];
  let next = clock.now();
  let isStopped = false;
  for (const item of items) {
    const wait = next - clock.now();
    if (wait > 0 && !isStopped && !signal.aborted) {
      await clock.sleep(wait, signal).catch((error: unknown) => {
        if (!isAbort(error)) throw error;
      });
    }
    let result: TurnResult<T> = { kind: 'skipped', item };
    if (!isStopped && !signal.aborted) {
      next = Math.max(next, clock.now()) + intervalMs;
      try {
        await act(item);
        result = { kind: 'done', item };
      } catch (error) {
        result = { kind: 'failed', item, error };
        isStopped = stopAt?.(error) === true;
      }
    }
    results.push(result);
    onResult?.(result, results.length);
  }
  return results;
}
