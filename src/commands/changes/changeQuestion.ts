import * as l10n from '@vscode/l10n';
import { printable, renderedLineCount } from '../../core/base/text.ts';
import { type Actor, identityOf } from '../../core/kms/actor.ts';
import type { Connection, KmsKey } from '../../core/kms/model.ts';
import type { ChangeContext } from '../../core/words/grantLines.ts';
import { confirm, confirmByTyping } from '../../platform/prompts.ts';
import { namedAccount } from '../ask.ts';

/**
 * How much text a dialog of VS Code, which can't be scrolled, shows in a window of 800 pixels: a line fits about 60
 * characters of ordinary text, and fewer of an ARN in capitals.
 */
const dialog = { lines: 30, columns: 56 };

export function fitsDialog(text: string): boolean {
  return renderedLineCount(text, dialog.columns) <= dialog.lines;
}

/** The first sentence of a question about sample data alone. */
export function sampleSentence(connections: readonly Connection[]): readonly string[] {
  const isSample = connections.every(({ endpoint }) => endpoint.kind === 'sample');
  return isSample ? [l10n.t('This is sample data: nothing changes at AWS.')] : [];
}

/** The first sentences of a question: what is uncertain about who acts. */
export function actorSentences(actor: Actor, earlier: Actor | undefined): readonly string[] {
  return [
    ...(earlier === undefined
      ? []
      : [
          l10n.t(
            'Nothing was sent, because the signed-in principal may have changed. It was: {0}.',
            signedInAs(earlier),
          ),
        ]),
    ...(actor.kind === 'unverified' ? [l10n.t("Couldn't verify who is signed in. {0}", actor.reason)] : []),
  ];
}

/** The value of the line "Signed in as". Printable. */
export function signedInAs(actor: Actor): string {
  if (actor.kind === 'verified') {
    return printable(actor.identity.arn);
  }
  return actor.lastKnown === undefined
    ? l10n.t('not verified')
    : l10n.t('not verified, last known as {0}', printable(actor.lastKnown.arn));
}

/** For the lines of a question about where a change is made, and as which principal. */
export function placeOf(actor: Actor, connection: Connection, key: KmsKey): ChangeContext {
  return { connection, key, identity: identityOf(actor), signedInAs: signedInAs(actor), accountName: namedAccount };
}

export interface Question {
  readonly question: string;
  /** Sentences, then lines. */
  readonly detail: string;
  readonly button: string;
  readonly typing: {
    /** Why something has to be typed, in sentences; empty if a click is enough. */
    readonly reasons: readonly string[];
    readonly title: string;
    readonly prompt: (reason: string) => string;
    readonly accepted: readonly string[];
  };
}

/** Asks, and then for a typed confirmation if there is a reason for it, such as an identity that could not be verified. */
export async function confirmAs(actor: Actor, { question, detail, button, typing }: Question): Promise<boolean> {
  const reasons = typingReasons(actor, typing.reasons);
  const agreed = await confirm({ question, detail, button: reasons.length > 0 ? l10n.t('Continue…') : button });
  return agreed && (await confirmTyped(actor, typing));
}

/** The typed confirmation, if there is a reason for one. */
export async function confirmTyped(actor: Actor, typing: Question['typing']): Promise<boolean> {
  const reasons = typingReasons(actor, typing.reasons);
  return reasons.length === 0 || confirmByTyping(typing.title, typing.prompt(reasons.join(' ')), typing.accepted);
}

function typingReasons(actor: Actor, reasons: readonly string[]): readonly string[] {
  return actor.kind === 'unverified' ? [...reasons, l10n.t("Couldn't verify who is signed in.")] : reasons;
}
