import * as l10n from '@vscode/l10n';
import { printable } from '../../../core/base/text.ts';
import { attemptSentence, earlierCreation } from '../../../core/changes/earlierAttempts.ts';
import type { Session } from '../../../core/connections/session.ts';
import type { Actor } from '../../../core/kms/actor.ts';
import type { CreateGrantInput } from '../../../core/kms/model.ts';
import { grantName, keyName } from '../../../core/words/describe.ts';
import { contextLines } from '../../../core/words/grantLines.ts';
import type { Needs } from '../../context.ts';
import { actorSentences, confirmAs, placeOf, sampleSentence } from '../changeQuestion.ts';
import { creationTyping } from '../newGrant.ts';
import type { Checked } from './check.ts';
import type { EndedGrant } from './endedGrant.ts';

/** In characters. */
const longestLine = 1000;

export function confirmed(
  { journal }: Needs<'journal'>,
  { connection }: Session,
  record: EndedGrant,
  {
    plan,
    actor,
    earlier,
    answer,
    isListed,
    input,
  }: Checked & { readonly earlier: Actor | undefined; readonly input: CreateGrantInput },
): Promise<boolean> {
  const attempt = earlierCreation(journal.records, input);
  const { key, of } = record;
  // As it is now: the check took its time.
  const recreatedAs = of && journal.record(of.id)?.recreatedAs;
  const warnings = [
    ...sampleSentence([connection]),
    ...actorSentences(actor, earlier),
    ...(attempt === undefined ? [] : [attemptSentence(attempt)]),
    ...(of === undefined
      ? [l10n.t('The fields of the grant come from the baseline, a file that others may have changed.')]
      : []),
    ...(isListed ? [l10n.t('KMS still lists the old grant, so there may be two.')] : []),
    ...(recreatedAs === undefined ? [] : [l10n.t('It was already recreated, as {0}.', printable(recreatedAs, 128))]),
    ...plan.obstacles.map(({ sentence }) => printable(sentence, 500)),
    ...(answer === 'notAsked' ? [l10n.t('Not checked first, because custom endpoints may ignore dry runs.')] : []),
  ];
  const sections = [
    warnings.join('\n'),
    [
      l10n.t('The same as before:'),
      ...plan.same.map(({ name, value }) => `• ${name}: ${printable(value, longestLine)}`),
    ].join('\n'),
    [l10n.t('Different:'), ...plan.different.map((text) => `• ${text}`)].join('\n'),
    contextLines(placeOf(actor, connection, key), longestLine).join('\n'),
  ];
  return confirmAs(actor, {
    question: l10n.t('Recreate grant {0} on {1}?', grantName(record.grant), keyName(record.key)),
    detail: sections.filter((section) => section !== '').join('\n\n'),
    button: l10n.t('Recreate Grant'),
    typing: creationTyping(connection, key),
  });
}
