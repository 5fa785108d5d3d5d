import { printable } from '../../core/base/text.ts';
import type { ActingSession, Session } from '../../core/connections/session.ts';
import { type Actor, identityOf, isSamePrincipal } from '../../core/kms/actor.ts';
import { isKind, isKmsError, isSignInProblem, type KmsError } from '../../core/kms/errors.ts';
import type { CallerIdentity, Connection } from '../../core/kms/model.ts';
import { explain } from '../../core/words/explain.ts';
import { type Needs, sessionOf, whileOpen } from '../context.ts';
import { refuseIfReadOnly } from './readOnly.ts';

/*
 * Every command that changes something asks here who would act, shows that in its question, and acts as that principal,
 * or asks again.
 */

/**
 * Who would act now, by STS.
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
 * The session that a row was read by, if changes are allowed.
 * @throws UserError in read-only mode, or when the connection was replaced
 */
export function changeableSession(context: Needs<'connections'>, connection: Connection): Session {
  refuseIfReadOnly();
  return sessionOf(context, connection);
}

/**
 * The session to send a change by, and who acts: `shown` if STS confirms it, else the principal to ask about.
 * @throws UserError as {@link changeableSession}, before and after STS has answered
 */
export async function actingSession(
  context: Needs<'connections'>,
  connection: Connection,
  shown: Actor,
  cancelled?: AbortSignal,
): Promise<ActingSession> {
  const session = changeableSession(context, connection);
  const now = await whileOpen(session, cancelled, (signal) => whoActs(session, signal));
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
 * Who to ask about, after a change was not sent because its credentials were not those of its actor.
 * @throws error if it failed for another reason
 */
export async function otherActor(error: unknown, { session, actor }: ActingSession): Promise<Actor> {
  if (isKind(error, 'principalChanged')) {
    return whileOpen(session, undefined, (signal) => whoActs(session, signal));
  }
  const isUnidentified =
    isKmsError(error) && error.details.operation === 'GetCallerIdentity' && !isSignInProblem(error);
  if (isUnidentified && actor.kind === 'verified') {
    return unverified(error, actor.identity);
  }
  throw error;
}

/**
 * Asks, and acts as the principal that the question showed. If another one would act, nothing is sent, and the question
 * is asked again with that one.
 * @param ask `earlier` is the principal of the last question
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
