import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { runSequentially, type SequentialResult } from '../../../core/base/sequential.ts';
import type { ActingSession } from '../../../core/connections/session.ts';
import type { Actor } from '../../../core/kms/actor.ts';
import { isKind } from '../../../core/kms/errors.ts';
import { isUnanswered, isUserError } from '../../../core/words/userError.ts';
import { readOnly } from '../../../platform/settings.ts';
import type { Needs } from '../../context.ts';
import { actingSession, changeableSession, otherActor } from '../actingSession.ts';
import { isUnderWay } from '../endGrant/target.ts';
import { type Asked, once, openingOf, type Ready } from './check.ts';
import type { FollowUp } from './followUp.ts';

/**
 * `notFound`: KMS answered that it does not know the grant, so somebody else may have ended it. `underWay`: another command
 * sent a revoke of it since the check.
 */
export type Result = SequentialResult<Ready> | { readonly kind: 'notFound' | 'underWay'; readonly item: Ready };

interface Round {
  readonly results: readonly Result[];
  /** Not sent, since another principal than in the question would act. */
  readonly again: readonly Asked[];
}

export function revokeAll(
  context: Needs<'connections' | 'revocations'>,
  ready: readonly Ready[],
  followUp: FollowUp,
): Promise<Round> {
  return Promise.resolve(
    vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title: l10n.t('Revoking'), cancellable: true },
      (progress, token) => {
        const controller = new AbortController();
        token.onCancellationRequested(() => controller.abort());
        return revokeInTurn(context, ready, followUp, controller.signal, (done) =>
          progress.report({ message: l10n.t('{0} of {1}', done, ready.length), increment: 100 / ready.length }),
        );
      },
    ),
  );
}

/** Nothing is sent before STS has confirmed, for every connection, the principal of the question. */
async function revokeInTurn(
  context: Needs<'connections' | 'revocations'>,
  ready: readonly Ready[],
  followUp: FollowUp,
  signal: AbortSignal,
  report: (done: number) => void,
): Promise<Round> {
  const sessions = new Map<string, Promise<ActingSession>>();
  const others = new Map<string, Actor>();
  const actingFor = ({ node: { connection }, actor }: Ready) =>
    once(sessions, openingOf(connection), () => actingSession(context, connection, actor, signal));
  for (const one of ready) {
    // A failure is reported for each grant in its turn.
    const acting = await actingFor(one).catch(() => undefined);
    if (acting !== undefined && acting.actor !== one.actor) {
      others.set(openingOf(one.node.connection), acting.actor);
    }
  }
  const askAgain = (items: readonly Ready[]): readonly Asked[] =>
    items.map(({ node, actor, evidence }) => {
      const other = others.get(openingOf(node.connection));
      return { node, evidence, ...(other === undefined ? { actor } : { actor: other, earlier: actor }) };
    });
  if (others.size > 0) {
    return { results: [], again: askAgain(ready) };
  }

  let stopped: Ready | undefined;
  const special = new Map<Ready, 'notFound' | 'underWay'>();
  const revokeOne = async (one: Ready, cancelled: AbortSignal) => {
    const acting = await actingFor(one);
    const { connection, key, grant } = one.node;
    changeableSession(context, connection);
    if (isUnderWay(context, one.node)) {
      special.set(one, 'underWay');
      return;
    }
    followUp.add(one.node);
    try {
      const answer = await context.revocations.revoke(acting, key, grant, {
        signal: cancelled,
        evidence: one.evidence,
      });
      if (answer === 'perhapsGone') {
        special.set(one, 'notFound');
      }
    } catch (error) {
      if (!isUnanswered(error)) {
        followUp.drop(one.node);
      }
      others.set(openingOf(connection), await otherActor(error, acting));
      stopped = one;
      throw error;
    }
  };
  const ended = await runSequentially(ready, revokeOne, {
    signal,
    report: (_, done) => report(done),
    stopAt: (error) => others.size > 0 || isKind(error, 'accountChanged') || (isUserError(error) && readOnly.get()),
  });
  const results = ended.map((result): Result => {
    const kind = special.get(result.item);
    return kind === undefined ? result : { kind, item: result.item };
  });
  if (stopped === undefined || signal.aborted) {
    return { results, again: [] };
  }
  const isAgain = ({ kind, item }: Result) => kind === 'skipped' || item === stopped;
  return {
    results: results.filter((result) => !isAgain(result)),
    again: askAgain(results.filter(isAgain).map(({ item }) => item)),
  };
}
