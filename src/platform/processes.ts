import type { Owner } from '../core/changes/journalRecord.ts';

/** Whether a process with this ID runs on this computer, whoever owns it. */
export function isProcessRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * Whether a window other than this one still runs. An extension host has one window: one that names our process has ended,
 * and its ID was given to ours.
 */
export function isWindowRunning({ pid }: Owner): boolean {
  return pid > 0 && pid !== process.pid && isProcessRunning(pid);
}
