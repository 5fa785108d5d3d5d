import type * as fs from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** Windows gives these for a file that another process, such as another window or a virus scanner, has open. */
const busy: ReadonlySet<unknown> = new Set(['EACCES', 'EBUSY', 'EPERM']);

type Files = Pick<typeof fs, 'open' | 'rename'>;

/** How long to wait before each repetition: 0.6 s in all. */
const waitsMs = [5, 10, 20, 40, 80, 160, 320];

/**
 * The same files, for Windows, which can't replace a file that is open, nor open one that is being replaced: what fails
 * for that is repeated for some time.
 */
export function patient<T extends Files>(files: T, wait: (ms: number) => Promise<unknown> = sleep): T {
  const repeated = async <R>(act: () => Promise<R>): Promise<R> => {
    for (const ms of waitsMs) {
      try {
        return await act();
      } catch (error) {
        if (!busy.has(Reflect.get(Object(error), 'code'))) {
          throw error;
        }
      }
      await wait(ms);
    }
    return act();
  };
  const patiently: Files = {
    open: (...args) => repeated(() => files.open(...args)),
    rename: (...args) => repeated(() => files.rename(...args)),
  };
  return { ...files, ...patiently };
}
