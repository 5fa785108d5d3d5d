import * as l10n from '@vscode/l10n';
import { type Actor, identityOf, isSamePrincipal } from '../core/actor.ts';
import type { ActingSession, Session } from '../core/connections.ts';
import { explain, isKmsError, isSignInProblem, UserError } from '../core/errors.ts';
import type { Connection } from '../core/model.ts';
import { printable } from '../core/text.ts';
import { type CommandContext, sessionOf } from './context.ts';
import { refuseIfReadOnly } from './readOnly.ts';

/**
 * Who would act if the change were made now, as STS says.
 * @throws KmsError when signing in fails, or leads to another account
 */
export async function whoActs(session: Session, signal: AbortSignal): Promise<Actor> {
  const lastKnown = session.knownIdentity;
  try {
    return { kind: 'verified', identity: await session.confirmIdentity(signal) };
  } catch (error) {
    if (!isKmsError(error) || isSignInProblem(error)) {
      throw error;
    }
    return { kind: 'unverified', reason: printable(explain(error.details).sentence, 300), lastKnown };
  }
}

/**
 * The very opening that was shown, if the one who was shown would act by it.
 * @throws UserError when the connection was replaced, or another would act
 */
export async function actingSession(
  context: CommandContext,
  connection: Connection,
  shown: Actor,
  cancelled?: AbortSignal,
): Promise<ActingSession> {
  refuseIfReadOnly();
  const session = sessionOf(context, connection);
  const { closed } = session;
  const now = await whoActs(session, cancelled === undefined ? closed : AbortSignal.any([closed, cancelled]));
  if (!isStill(shown, now)) {
    throw new UserError(l10n.t('Another principal than the one in the question would act now. Nothing was sent.'), [
      'retry',
    ]);
  }
  return { session: sessionOf(context, connection), actor: shown };
}

function isStill(shown: Actor, now: Actor): boolean {
  if (now.kind === 'unverified') {
    return shown.kind === 'unverified';
  }
  const expected = identityOf(shown);
  return expected !== undefined && isSamePrincipal(expected, now.identity);
}
