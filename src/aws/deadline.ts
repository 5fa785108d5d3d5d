import { performance } from 'node:perf_hooks';
import * as l10n from '@vscode/l10n';

/** A limit for all of a call or a sign-in, however many requests and answers that makes. */
export interface Deadline {
  /** Aborted when the time is over: it ends the requests under way. */
  readonly signal: AbortSignal;
  /** Settles as `act` does; rejects with a DeadlineError as soon as the time is over. */
  within<T>(act: () => Promise<T>): Promise<T>;
  /** The time that this wait takes doesn't count, since it is a person's or has a limit of its own. */
  without<T>(wait: () => Promise<T>): Promise<T>;
}

/** Its name is the one that the SDK gives to requests that take too long. */
class DeadlineError extends Error {
  override readonly name = 'TimeoutError';
}

/** @param ms counted while {@link Deadline.within} is under way */
export function createDeadline(ms: number): Deadline {
  const controller = new AbortController();
  let left = ms;
  let startedAt = 0;
  let timer: NodeJS.Timeout | undefined;
  let end = () => {};
  let waits = 0;
  const stop = () => {
    clearTimeout(timer);
    left -= performance.now() - startedAt;
  };
  const start = () => {
    startedAt = performance.now();
    timer = setTimeout(() => end(), Math.max(0, left));
  };
  return {
    signal: controller.signal,
    within: (act) =>
      new Promise((resolve, reject) => {
        end = () => {
          // First, so that its sentence counts, and not that of the connection that is torn down.
          reject(new DeadlineError(l10n.t('There was no whole answer within {0} seconds.', ms / 1000)));
          controller.abort();
        };
        start();
        act()
          .finally(() => clearTimeout(timer))
          .then(resolve, reject);
      }),
    without: async (wait) => {
      waits += 1;
      if (waits === 1) {
        stop();
      }
      try {
        return await wait();
      } finally {
        waits -= 1;
        if (waits === 0 && !controller.signal.aborted) {
          start();
        }
      }
    },
  };
}
