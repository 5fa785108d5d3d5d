import { abortError } from './abort.ts';

/** The source of time. The product passes the system clock, tests pass one that they control. */
export interface Clock {
  /** Wall-clock time in milliseconds since the epoch, for display and for stored dates. It can jump. */
  now(): number;
  /** Milliseconds since an arbitrary start. It never jumps: use it for durations and for order within this process. */
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
