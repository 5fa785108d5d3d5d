import { printable } from '../../core/base/text.ts';
import type { ActingSession, Session } from '../../core/connections/session.ts';
import { type Actor, identityOf, isSamePrincipal } from '../../core/kms/actor.ts';
import { isKind, isKmsError, isSignInProblem, type KmsError } from '../../core/kms/errors.ts';
import type { CallerIdentity, Connection } from '../../core/kms/model.ts';
import { explain } from '../../core/words/explain.ts';
import { type Needs, sessionOf } from '../context.ts';
import { refuseIfReadOnly } from './readOnly.ts';

/*
 * Who acts is who was shown. Every command that changes something finds out here who would act, asks about that, and acts
 * as that principal or asks again.
 */

/**
 * Who would act if the change were made now, as STS says.
 * @throws KmsError when signing in fails, or leads to another account
 */
export async function whoActs(session: Session, signal: AbortSignal): Promise<Actor> {
  const lastKnown = session.knownIdentity;
  try {
    return { kind: 'verified', identity: await session.confirmIdentity(signal) };
  } catch (error) {
    if (isKmsError(error) && !isSignInProblem(error)) {
      return unverified(error, lastKnown);
    }
    throw error;
  }
}

function unverified({ details }: KmsError, lastKnown: CallerIdentity | undefined): Actor {
  return { kind: 'unverified', reason: printable(explain(details).sentence, 300), lastKnown };
}

/**
 * The very opening that a row was shown for, if it may be changed.
 * @throws UserError in read-only mode, or when the connection was replaced
 */
export function changeableSession(context: Needs<'connections'>, connection: Connection): Session {
  refuseIfReadOnly();
  return sessionOf(context, connection);
}

/**
 * The session that a change is sent by, and who acts: `shown` if STS still says so, else who to ask about.
 * @throws UserError as {@link changeableSession}, also for what changes until STS has answered
 */
export async function actingSession(
  context: Needs<'connections'>,
  connection: Connection,
  shown: Actor,
  cancelled?: AbortSignal,
): Promise<ActingSession> {
  const session = changeableSession(context, connection);
  const { closed } = session;
  const now = await whoActs(session, cancelled === undefined ? closed : AbortSignal.any([closed, cancelled]));
  return { session: changeableSession(context, connection), actor: isStill(shown, now) ? shown : now };
}

function isStill(shown: Actor, now: Actor): boolean {
  if (now.kind === 'unverified') {
    return shown.kind === 'unverified';
  }
  const expected = identityOf(shown);
  return expected !== undefined && isSamePrincipal(expected, now.identity);
}

/**
 * Who to ask about after a change that was not sent, since its credentials were not those of its actor.
 * @throws error when that was not the reason
 */
export async function otherActor(error: unknown, { session, actor }: ActingSession): Promise<Actor> {
  if (isKind(error, 'principalChanged')) {
    return whoActs(session, session.closed);
  }
  const isUnidentified =
    isKmsError(error) && error.details.operation === 'GetCallerIdentity' && !isSignInProblem(error);
  if (isUnidentified && actor.kind === 'verified') {
    return unverified(error, actor.identity);
  }
  throw error;
}

/**
 * Asks, and acts as who the question showed. Where another would act, nothing is sent, and the question is asked again with
 * that one in it.
 * @param ask `earlier` is who the last question showed
 * @returns what `act` returns, or what `ask` says in place of `agreed`
 */
export async function askAndAct<T, Declined>(
  context: Needs<'connections'>,
  { connection, actor }: { readonly connection: Connection; readonly actor: Actor },
  ask: (actor: Actor, earlier: Actor | undefined) => Promise<'agreed' | Declined>,
  act: (acting: ActingSession) => Promise<T>,
): Promise<T | Declined> {
  let earlier: Actor | undefined;
  for (let shown = actor; ; ) {
    const answer = await ask(shown, earlier);
    if (answer !== 'agreed') {
      return answer;
    }
    earlier = shown;
    const acting = await actingSession(context, connection, shown);
    if (acting.actor !== shown) {
      shown = acting.actor;
      continue;
    }
    try {
      return await act(acting);
    } catch (error) {
      shown = await otherActor(error, acting);
    }
  }
}
