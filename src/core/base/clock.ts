import { abortError } from './abort.ts';

/** Time, as a parameter: the product passes the real one, tests pass one that they move. */
export interface Clock {
  /** Wall time, in milliseconds since the epoch: for people, and for dates that are written. It can jump. */
  now(): number;
  /** Milliseconds since some start. It never jumps: for durations, and for what came first within this process. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with an AbortError as soon as `signal` is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(abortError());
        return;
      }
      const onAbort = () => {
        clearTimeout(timer);
        reject(abortError());
      };
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      }, ms);
      signal.addEventListener('abort', onAbort, { once: true });
    }),
};
