import * as l10n from '@vscode/l10n';
import { printable } from '../../core/base/text.ts';
import type { ActingSession, Session } from '../../core/connections/session.ts';
import { type Actor, identityOf, isSamePrincipal } from '../../core/kms/actor.ts';
import { isKind, isKmsError, isSignInProblem, type KmsError } from '../../core/kms/errors.ts';
import { accountOfArn, type CallerIdentity, type Connection, type KmsKey, keyLabel } from '../../core/kms/model.ts';
import { explain } from '../../core/words/explain.ts';
import { confirm, confirmByTyping } from '../../platform/prompts.ts';
import { type CommandContext, sessionOf } from '../context.ts';
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
export function changeableSession(context: CommandContext, connection: Connection): Session {
  refuseIfReadOnly();
  return sessionOf(context, connection);
}

/**
 * The session that a change is sent by, and who acts: `shown` if STS still says so, else who to ask about.
 * @throws UserError as {@link changeableSession}, also for what changes until STS has answered
 */
export async function actingSession(
  context: CommandContext,
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
  context: CommandContext,
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

/** What a question says of who acts, before all else. */
export function actorSentences(actor: Actor, earlier: Actor | undefined): readonly string[] {
  return [
    ...(earlier === undefined
      ? []
      : [
          l10n.t(
            'Nothing was sent: you were asked about {0}, and that is no longer certain to be who acts.',
            signedInAs(earlier),
          ),
        ]),
    ...(actor.kind === 'unverified' ? [l10n.t('Who is signed in could not be verified. {0}', actor.reason)] : []),
  ];
}

/** For the line "Signed in as". */
export function signedInAs(actor: Actor): string {
  if (actor.kind === 'verified') {
    return printable(actor.identity.arn);
  }
  return actor.lastKnown === undefined
    ? l10n.t('not verified')
    : l10n.t('not verified, last known as {0}', printable(actor.lastKnown.arn));
}

export interface Question {
  readonly question: string;
  /** Sentences, then lines. */
  readonly detail: string;
  readonly button: string;
  readonly typing: {
    /** Why a word has to be typed, in sentences; empty when a click is enough. */
    readonly reasons: readonly string[];
    readonly title: string;
    readonly prompt: (reason: string) => string;
    readonly accepted: readonly string[];
  };
}

/** One question, and at most one typed confirmation: an identity that could not be verified takes one, too. */
export async function confirmAs(actor: Actor, { question, detail, button, typing }: Question): Promise<boolean> {
  const reasons = typingReasons(actor, typing.reasons);
  const agreed = await confirm({ question, detail, button: reasons.length > 0 ? l10n.t('Continue…') : button });
  return agreed && (await confirmTyped(actor, typing));
}

/** The typed part of a confirmation, where it takes one. */
export async function confirmTyped(actor: Actor, typing: Question['typing']): Promise<boolean> {
  const reasons = typingReasons(actor, typing.reasons);
  return reasons.length === 0 || confirmByTyping(typing.title, typing.prompt(reasons.join(' ')), typing.accepted);
}

function typingReasons(actor: Actor, reasons: readonly string[]): readonly string[] {
  return actor.kind === 'unverified' ? [...reasons, l10n.t('Who is signed in could not be verified.')] : reasons;
}

/** The typed part of a question about a new grant. */
export function creationTyping({ region }: Connection, key: KmsKey): Question['typing'] {
  const account = accountOfArn(key.arn) ?? l10n.t('unknown');
  return {
    reasons: [],
    title: l10n.t('Create a grant on {0}', printable(keyLabel(key))),
    prompt: (reason) =>
      l10n.t(
        '{0} Type {1} to create the grant in account {2}, {3}.',
        reason,
        printable(keyLabel(key)),
        account,
        region,
      ),
    accepted: [keyLabel(key), ...key.aliases, key.keyId],
  };
}
