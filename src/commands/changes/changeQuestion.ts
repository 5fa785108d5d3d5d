import * as l10n from '@vscode/l10n';
import { printable } from '../../core/base/text.ts';
import { type Actor, identityOf } from '../../core/kms/actor.ts';
import type { Connection, KmsKey } from '../../core/kms/model.ts';
import type { Place } from '../../core/words/grantLines.ts';
import { confirm, confirmByTyping } from '../../platform/prompts.ts';
import { namedAccount } from '../ask.ts';

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

/** For the lines of a question that say where a change is made, and by whom. */
export function placeOf(actor: Actor, connection: Connection, key: KmsKey): Place {
  return { connection, key, identity: identityOf(actor), signedInAs: signedInAs(actor), named: namedAccount };
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
