import type { Clock } from './clock.ts';

/** How long a question waits for what it can do without, in milliseconds. */
const longestWaitMs = 3000;

/** Waits for the end of a task, however it ends, for no longer than a question may take. */
export async function inTime(task: Promise<unknown>, clock: Pick<Clock, 'sleep'>, signal: AbortSignal): Promise<void> {
  const ended = new AbortController();
  const end = () => ended.abort();
  task.then(end, end);
  await clock.sleep(longestWaitMs, AbortSignal.any([signal, ended.signal])).catch(() => {});
}
