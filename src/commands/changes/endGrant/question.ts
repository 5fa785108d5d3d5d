import * as l10n from '@vscode/l10n';
import { printable } from '../../../core/base/text.ts';
import { attemptSentence, earlierEnding } from '../../../core/changes/earlierAttempts.ts';
import type { EndingKind } from '../../../core/changes/journalRecord.ts';
import { managingService } from '../../../core/findings/findings.ts';
import type { Actor } from '../../../core/kms/actor.ts';
import { accountOfArn, isAwsManaged, type KeyMetadata, keyLabel } from '../../../core/kms/model.ts';
import { serviceOfGrant, usedBySentence } from '../../../core/kms/serviceGrant.ts';
import { grantName, keyName } from '../../../core/words/describe.ts';
import { grantLines } from '../../../core/words/grantLines.ts';
import { impactOfRevoke } from '../../../core/words/impact.ts';
import type { Needs } from '../../context.ts';
import { actorSentences, fitsDialog, placeOf, type Question, sampleSentence } from '../changeQuestion.ts';
import type { Target } from './target.ts';

/** A question, and what it shows of the evidence. */
export interface EndQuestion extends Question {
  readonly evidence: readonly string[];
}

export function endQuestion(
  kind: EndingKind,
  { journal }: Needs<'journal'>,
  { connection, key, grant }: Target,
  {
    shown,
    earlier,
    metadata,
    evidence,
  }: {
    readonly shown: Actor;
    readonly earlier: Actor | undefined;
    readonly metadata: KeyMetadata | undefined;
    readonly evidence: readonly string[];
  },
): EndQuestion {
  const [name, label] = [grantName(grant), keyName(key)];
  const typed = printable(keyLabel(key));
  const managed = isAwsManaged(key, metadata);
  const used = serviceOfGrant(grant);
  const isManaged = managingService(grant, key, metadata) !== undefined;
  const account = accountOfArn(key.arn) ?? l10n.t('unknown');
  const reason = managed || used === undefined ? l10n.t('This key is managed by AWS.') : usedBySentence(used);
  const words =
    kind === 'revoke'
      ? {
          question: l10n.t('Revoke grant {0} on {1}?', name, label),
          way: l10n.t(
            'Revoking needs a permission on the key. Retiring has the same effect, but its permission comes from the grant or IAM.',
          ),
          final: l10n.t("A revoked grant can't be restored."),
          button: l10n.t('Revoke Grant'),
          title: l10n.t('Revoke Grant {0}', name),
          prompt: (reasons: string) =>
            l10n.t('{0} Type {1} to revoke the grant in account {2}, {3}.', reasons, typed, account, connection.region),
        }
      : {
          question: l10n.t('Retire grant {0} on {1}?', name, label),
          way: l10n.t(
            'Retiring needs a permission from the grant or IAM. Revoking has the same effect, but needs a permission on the key.',
          ),
          final: l10n.t("A retired grant can't be restored."),
          button: l10n.t('Retire Grant'),
          title: l10n.t('Retire Grant {0}', name),
          prompt: (reasons: string) =>
            l10n.t('{0} Type {1} to retire the grant in account {2}, {3}.', reasons, typed, account, connection.region),
        };
  const attempt = earlierEnding(journal, { connection, key, grant });
  const sentences = [
    ...sampleSentence([connection]),
    ...actorSentences(shown, earlier),
    ...(attempt === undefined ? [] : [attemptSentence(attempt)]),
    impactOfRevoke(grant),
    ...(managed ? [l10n.t('AWS manages this key for a service, which may stop working.')] : []),
  ];
  const lines = grantLines(grant, placeOf(shown, connection, key));
  const detail = (shownEvidence: readonly string[], ...besides: readonly string[]) =>
    [[...sentences, ...besides, words.final].join(' '), shownEvidence.join('\n'), lines.join('\n')]
      .filter((part) => part !== '')
      .join('\n\n');
  // What says which grant it is goes first where both have no room.
  const fitting: string[] = [];
  for (const line of evidence) {
    if (fitsDialog(detail([...fitting, line]))) {
      fitting.push(line);
    }
  }
  const whole = detail(fitting, words.way);
  return {
    question: words.question,
    detail: fitsDialog(whole) ? whole : detail(fitting),
    evidence: fitting,
    button: words.button,
    typing: {
      reasons: isManaged ? [reason] : [],
      title: words.title,
      prompt: words.prompt,
      accepted: [keyLabel(key), ...key.aliases, key.keyId],
    },
  };
}
