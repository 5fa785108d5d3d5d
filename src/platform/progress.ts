import vscode = require('vscode');

import { views } from '../manifest.ts';

/** A task that takes longer gets a notification with a Cancel button, besides the progress bar of the view. */
const patienceMs = 700;

/**
 * Runs `task` with the progress bar of the view. `signal` is aborted when the user cancels; `report` says how far it is.
 */
export async function withCancellableProgress<T>(
  title: string,
  task: (signal: AbortSignal, report: (message: string) => void) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  let latest: string | undefined;
  let shown: vscode.Progress<{ message: string }> | undefined;
  const report = (message: string) => {
    latest = message;
    shown?.report({ message });
  };
  const running = task(controller.signal, report);
  const settled = running.then(
    () => {},
    () => {},
  );
  const timer = setTimeout(() => {
    void vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title, cancellable: true },
      (progress, token) => {
        shown = progress;
        if (latest !== undefined) {
          report(latest);
        }
        token.onCancellationRequested(() => controller.abort());
        return settled;
      },
    );
  }, patienceMs);
  void vscode.window.withProgress({ location: { viewId: views.keys } }, () => settled);
  try {
    return await running;
  } finally {
    clearTimeout(timer);
  }
}
