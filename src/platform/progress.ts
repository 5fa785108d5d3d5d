import vscode = require('vscode');

import { views } from '../manifest.ts';

/** A task that takes longer gets a notification with a Cancel button, besides the progress bar of the view. */
const patienceMs = 700;

/** Runs `task` with the progress bar of the view. `signal` is aborted when the user cancels. */
export async function withCancellableProgress<T>(title: string, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const running = task(controller.signal);
  const settled = running.then(
    () => {},
    () => {},
  );
  const timer = setTimeout(() => {
    void vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title, cancellable: true },
      (_, token) => {
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
