import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { printable } from '../../../core/base/text.ts';
import { remarks } from '../../../core/changes/createGrant.ts';
import { attemptSentence, earlierCreation } from '../../../core/changes/earlierAttempts.ts';
import type { CreateCheck } from '../../../core/changes/grantChanges.ts';
import type { Actor } from '../../../core/kms/actor.ts';
import { isKmsError, type KmsError } from '../../../core/kms/errors.ts';
import type { Connection, Grant } from '../../../core/kms/model.ts';
import { keyName } from '../../../core/words/describe.ts';
import { explain } from '../../../core/words/explain.ts';
import { grantLines } from '../../../core/words/grantLines.ts';
import { describeError } from '../../../platform/log.ts';
import type { Needs } from '../../context.ts';
import { actorSentences, confirmTyped, placeOf, sampleSentence } from '../changeQuestion.ts';
import { creationTyping } from '../newGrant.ts';
import type { Wanted } from './answers.ts';

/** `change`: back to the questions, with the answers kept. */
export type Next = 'change' | 'end';

export async function confirmed(
  { journal }: Needs<'journal'>,
  connection: Connection,
  { key, input }: Pick<Wanted, 'key' | 'input'>,
  {
    shown,
    earlier,
    outcome,
    listed,
  }: {
    readonly shown: Actor;
    readonly earlier: Actor | undefined;
    readonly outcome: CreateCheck;
    readonly listed: readonly Grant[];
  },
): Promise<'agreed' | Next> {
  const attempt = earlierCreation(journal.records, input);
  const sentences = [
    ...sampleSentence([connection]),
    ...actorSentences(shown, earlier),
    ...(attempt === undefined ? [] : [attemptSentence(attempt)]),
    ...remarks(input, listed),
    ...(outcome === 'notAsked' ? [l10n.t('Not checked first, because custom endpoints may ignore dry runs.')] : []),
  ];
  const lines = grantLines(input, placeOf(shown, connection, key));
  const yes = shown.kind === 'unverified' ? l10n.t('Continue…') : l10n.t('Create Grant');
  const change = l10n.t('Change…');
  const picked = await vscode.window.showWarningMessage(
    l10n.t('Create this grant on {0}?', keyName(key)),
    { modal: true, detail: [sentences.join(' '), lines.join('\n')].filter((part) => part !== '').join('\n\n') },
    yes,
    change,
  );
  if (picked === yes) {
    return (await confirmTyped(shown, creationTyping(connection, key))) ? 'agreed' : 'end';
  }
  return picked === change ? 'change' : 'end';
}

/** Shows why the check failed. @throws any error that is not KMS's */
export async function refusedBy(error: unknown, { log }: Needs<'log'>): Promise<Next> {
  if (!isKmsError(error)) {
    throw error;
  }
  log.error(describeError(error));
  const { sentence, detail } = explainRefusal(error);
  return refused(sentence, detail);
}

export async function refused(sentence: string, detail: string): Promise<Next> {
  const change = l10n.t('Change…');
  const picked = await vscode.window.showErrorMessage(printable(sentence, 600), { modal: true, detail }, change);
  return picked === change ? 'change' : 'end';
}

/** Why the check of a new grant failed: by KMS's refusal, or before KMS was reached. */
function explainRefusal({ details }: KmsError): { readonly sentence: string; readonly detail: string } {
  const { sentence, advice } = explain(details);
  return { sentence, detail: `${advice}\n\n${l10n.t('Message: {0}', printable(details.message, 600))}` };
}
