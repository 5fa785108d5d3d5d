import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { isSignInProblem } from '../../core/kms/errors.ts';
import { UserError } from '../../core/words/userError.ts';
import { showInformation, showWarning } from '../../platform/prompts.ts';
import type { Needs } from '../context.ts';

/** Loads evidence on the grants that the Grants view shows, in their order. Cancelling keeps what came. */
export async function loadEvidence({
  connections,
  grantees,
  evidence,
}: Needs<'connections' | 'grantees' | 'evidence'>): Promise<void> {
  const { held, result } = grantees.shownGrants();
  if (result === undefined) {
    throw new UserError(l10n.t('No grants to load evidence for yet. Find grants first.'));
  }
  // Those of a connection that was closed since are left out, and found again by the next search.
  const places = held.flatMap(({ connection, key, grant }) => {
    const session = connections.find(connection);
    return session === undefined ? [] : [{ session, key, grant }];
  });
  if (places.length === 0) {
    throw new UserError(l10n.t('No grant of an open connection is shown.'));
  }
  const { evidence: all, loadingText, loadedText } = await evidence.load();
  const title = l10n.t('Loading evidence');
  const loaded = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    (progress, token) => {
      const cancel = new AbortController();
      token.onCancellationRequested(() => cancel.abort());
      const report = (message: string) => progress.report({ message });
      return all.loadMany(places, { signal: cancel.signal, progress: (counts) => report(loadingText(counts)) });
    },
  );
  if (loaded === undefined) {
    return;
  }
  for (const { connection, error } of loaded.failures) {
    // The connection's own row says so too.
    if (isSignInProblem(error)) {
      connections.reportSignInProblem(connection, error);
    }
  }
  const show = loaded.failures.length > 0 ? showWarning : showInformation;
  void show(loadedText(loaded));
}
