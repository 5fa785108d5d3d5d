import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { systemClock } from '../core/clock.ts';
import type { Connections, Session } from '../core/connections.ts';
import { connectionName } from '../core/describe.ts';
import { isKmsError, isSignInProblem, UserError } from '../core/errors.ts';
import type { ConnectionRef } from '../core/model.ts';
import { type ScanResult, scanGrants, type Unreadable } from '../core/scan.ts';
import { views } from '../manifest.ts';
import { pickSeveral } from '../platform/prompts.ts';
import { countsText } from '../views/granteeItem.ts';
import type { GranteesView, ScanRun } from '../views/granteesView.ts';

interface FindContext {
  readonly connections: Connections;
  readonly grantees: GranteesView;
}

/** Reads all grants of the connections that are chosen into the Grantees view. What was found when it is cancelled stays. */
export async function findGrants({ connections, grantees }: FindContext): Promise<void> {
  const refs = await chooseConnections(connections);
  if (refs.length === 0) return;
  const run = grantees.start();
  void vscode.commands.executeCommand(`${views.grantees}.focus`);
  const title = l10n.t('Finding grants');
  await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    async (progress, token) => {
      token.onCancellationRequested(() => run.cancel());
      // A newer search ends this one, and its notification.
      try {
        run.finish(await find(connections, refs, run, (message) => progress.report({ message })));
      } catch (error) {
        run.fail();
        throw error;
      }
    },
  );
}

async function find(
  connections: Connections,
  refs: readonly ConnectionRef[],
  run: ScanRun,
  report: (message: string) => void,
): Promise<ScanResult> {
  const { sessions, unreadable } = await openAll(connections, refs);
  // With nothing to search, the failure is the answer, and the boundary offers what helps.
  if (sessions.length === 0 && unreadable[0] !== undefined) throw unreadable[0].error;
  const result = await scanGrants({
    sessions,
    signal: run.signal,
    clock: systemClock,
    onProgress: (counts) => {
      run.progress(counts);
      report(countsText(counts));
    },
  });
  for (const { connection } of sessions) {
    const problem = result.unreadable.find(({ ref, error }) => ref === connection.ref && isSignInProblem(error));
    // The connection's own row says so too.
    if (problem !== undefined) connections.noteSignInProblem(connection, problem.error);
  }
  return {
    ...result,
    unreadable: [...unreadable, ...result.unreadable],
    counts: { ...result.counts, unreadable: unreadable.length + result.unreadable.length },
  };
}

/** A connection that does not open, or waits for a sign-in, is listed as such; the others are searched all the same. */
async function openAll(connections: Connections, refs: readonly ConnectionRef[]) {
  const sessions: Session[] = [];
  const unreadable: Unreadable[] = [];
  await Promise.all(
    refs.map(async (ref) => {
      try {
        sessions.push(await connections.open(ref));
      } catch (error) {
        if (!isKmsError(error)) throw error;
        unreadable.push({ ref, region: ref.kind === 'sample' ? undefined : ref.region, key: undefined, error });
      }
    }),
  );
  return { sessions, unreadable };
}

/** The one that is shown, or those of several that are ticked; none when the list was closed. */
async function chooseConnections(connections: Connections): Promise<readonly ConnectionRef[]> {
  const shown = await connections.list();
  if (shown.length === 0) throw new UserError(l10n.t('No AWS profile is selected.'), ['selectProfile']);
  if (shown.length === 1) return shown;
  const items = shown.map((value) => ({
    label: connectionName(value),
    description: value.kind === 'sample' ? '' : value.region,
    picked: true,
    value,
  }));
  return (await pickSeveral(l10n.t('Find Grants'), l10n.t('Connections whose keys are searched'), items)) ?? [];
}
