import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { abortError, isAbort } from '../../core/base/abort.ts';
import { inRegion } from '../../core/connections/pinnedKeys.ts';
import type { Session } from '../../core/connections/session.ts';
import { type ScanResult, scanGrants, type Unreadable } from '../../core/findings/scan.ts';
import { isKmsError, isSignInProblem } from '../../core/kms/errors.ts';
import { keyOfArn, parseKeyArn } from '../../core/kms/keyArn.ts';
import type { ConnectionRef, KeyListEntry, KmsKey } from '../../core/kms/model.ts';
import { views } from '../../manifest.ts';
import { countsText } from '../../views/grantees/granteeItem.ts';
import type { ScanRun } from '../../views/grantees/lastSearch.ts';
import { pickConnections } from '../connections/pickConnection.ts';
import type { Needs } from '../context.ts';

type FindContext = Needs<'connections' | 'pinnedKeys' | 'grantees' | 'clock'>;

/** Reads all grants of the chosen connections into the Grants view. Cancelling keeps what was found. */
export async function findGrants(context: FindContext): Promise<void> {
  const { grantees } = context;
  const refs = await pickConnections(context, l10n.t('Find Grants'), l10n.t('Connections whose keys are searched'));
  if (refs.length === 0) {
    return;
  }
  const run = grantees.start();
  void vscode.commands.executeCommand(`${views.grantees}.focus`);
  const title = l10n.t('Finding grants');
  await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    async (progress, token) => {
      token.onCancellationRequested(() => run.cancel());
      // A newer search ends this one, and its notification.
      try {
        run.finish(await find(context, refs, run, (message) => progress.report({ message })));
      } catch (error) {
        run.fail();
        throw error;
      }
    },
  );
}

async function find(
  context: FindContext,
  refs: readonly ConnectionRef[],
  run: ScanRun,
  report: (message: string) => void,
): Promise<ScanResult> {
  const { connections, clock } = context;
  const { sessions, pinned, unreadable } = await openAll(context, refs);
  // There is nothing to search: the error boundary offers what helps.
  if (sessions.length + pinned.size === 0) {
    throw unreadable[0]?.error ?? abortError();
  }
  const result = await scanGrants({
    sessions,
    pinned,
    signal: run.signal,
    clock,
    progress: (counts) => {
      run.progress(counts);
      report(countsText(counts));
    },
  });
  for (const { connection } of new Set([...sessions, ...pinned.keys()])) {
    const problem = result.unreadable.find(({ ref, error }) => ref === connection.ref && isSignInProblem(error));
    // The connection's own row says so too.
    if (problem !== undefined) {
      connections.reportSignInProblem(connection, problem.error);
    }
  }
  return {
    ...result,
    unreadable: [...unreadable, ...result.unreadable],
    counts: { ...result.counts, unreadable: unreadable.length + result.unreadable.length },
  };
}

/**
 * Opens the connections, and for keys that were opened by ARN the same sign-in in the Region of the key. What can't be
 * opened is `unreadable`, and keeps no other from being searched; nor does one that was removed since it was chosen.
 */
async function openAll({ connections, pinnedKeys }: FindContext, refs: readonly ConnectionRef[]) {
  const sessions: Session[] = [];
  const pinned = new Map<Session, KeyListEntry[]>();
  const unreadable: Unreadable[] = [];
  const open = async (ref: ConnectionRef, key: KmsKey | undefined, use: (session: Session) => void) => {
    try {
      use(await connections.open(ref));
    } catch (error) {
      if (isAbort(error)) {
        return;
      }
      if (!isKmsError(error)) {
        throw error;
      }
      unreadable.push({ ref, region: ref.kind === 'sample' ? undefined : ref.region, key, error });
    }
  };
  const keys = refs.flatMap((ref) => pinnedKeys.of(ref).map((arn) => ({ ref, read: parseKeyArn(arn) })));
  await Promise.all([
    ...refs.map((ref) => open(ref, undefined, (session) => sessions.push(session))),
    ...keys.map(async ({ ref, read }) => {
      if (read === undefined) {
        return;
      }
      const key = keyOfArn(read);
      await open(inRegion(ref, read.region), key, (session) => {
        const known = pinned.get(session);
        if (known === undefined) {
          pinned.set(session, [key]);
        } else {
          known.push(key);
        }
      });
    }),
  ]);
  return { sessions, pinned, unreadable };
}
