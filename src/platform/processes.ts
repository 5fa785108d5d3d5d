import type { Owner } from '../core/changes/journalRecord.ts';

/** Whether a process with this ID runs on this computer, of any user. */
export function isProcessRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * Whether a window other than this one still runs. Each window has an extension host of its own: another window with the
 * ID of our process has ended, and the system reused the ID.
 */
export function isWindowRunning({ pid }: Owner): boolean {
  return pid > 0 && pid !== process.pid && isProcessRunning(pid);
}
