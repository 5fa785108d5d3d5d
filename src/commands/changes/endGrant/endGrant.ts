import * as l10n from '@vscode/l10n';
import { printable } from '../../../core/base/text.ts';
import { attemptSentence, earlierEnding } from '../../../core/changes/earlierAttempts.ts';
import type { EndingKind } from '../../../core/changes/journalRecord.ts';
import { type Preflight, preflight, preflightRetire } from '../../../core/changes/preflight.ts';
import type { RevokeResult } from '../../../core/changes/revocations.ts';
import type { Session } from '../../../core/connections/session.ts';
import { managerOf } from '../../../core/findings/findings.ts';
import { type Actor, identityOf } from '../../../core/kms/actor.ts';
import {
  accountOfArn,
  type CallerIdentity,
  type Connection,
  connectionId,
  type Grant,
  isAwsManaged,
  type KeyMetadata,
  type KmsKey,
  keyLabel,
} from '../../../core/kms/model.ts';
import { retireRight } from '../../../core/kms/retirement.ts';
import { serviceOfGrant, usedBySentence } from '../../../core/kms/serviceGrant.ts';
import { grantName, keyName } from '../../../core/words/describe.ts';
import { grantLines } from '../../../core/words/grantLines.ts';
import { impactOfRevoke } from '../../../core/words/impact.ts';
import { UserError } from '../../../core/words/userError.ts';
import { withCancellableProgress } from '../../../platform/progress.ts';
import { showInformation, showWarning } from '../../../platform/prompts.ts';
import { unlessDenied } from '../../ask.ts';
import type { CommandContext } from '../../context.ts';
import { askAndAct, changeableSession, whoActs } from '../actingSession.ts';
import { actorSentences, confirmAs, placeOf } from '../changeQuestion.ts';

/** A grant to end: a row, or one of those that the caller may retire. */
export interface Target {
  readonly connection: Connection;
  readonly key: KmsKey;
  readonly grant: Grant;
}

/** What came of it. `declined`: the user did not confirm. `underWay`: it was revoked or retired before. */
export type EndAnswer = 'declined' | 'gone' | 'underWay' | 'doneByDryRun' | RevokeResult;

/** Checks, confirms, revokes or retires; what follows is the view's. */
export async function endGrant(kind: EndingKind, context: CommandContext, target: Target): Promise<EndAnswer> {
  const session = changeableSession(context, target.connection);
  const { connection, key } = target;
  const { revocations, view } = context;
  if (isUnderWay(context, target)) {
    void showInformation(
      l10n.t('A revoke or retirement of this grant was sent before. The view follows what becomes of it.'),
    );
    return 'underWay';
  }
  using _hold = context.connections.hold(connection);

  const checked = await withCancellableProgress(l10n.t('Checking the grant…'), (signal) =>
    check(kind, session, target, AbortSignal.any([signal, session.closed])),
  );
  const { outcome, actor } = checked;
  const [name, label] = [grantName(target.grant), keyName(target.key)];
  if (outcome.kind === 'gone') {
    view.refreshGrants(connection, key.arn);
    void showInformation(
      kind === 'revoke'
        ? l10n.t('KMS no longer lists the grant {0} on {1}. There is nothing to revoke.', name, label)
        : l10n.t('KMS no longer lists the grant {0} on {1}. There is nothing to retire.', name, label),
    );
    return 'gone';
  }
  if (outcome.kind === 'doneByDryRun') {
    await revocations.followDone(kind, { session, actor }, key, outcome.grant);
    const sentence =
      kind === 'revoke'
        ? l10n.t(
            'The server does not know dry runs: it revoked the grant {0} on {1} when it was only asked whether it would.',
            name,
            label,
          )
        : l10n.t(
            'The server does not know dry runs: it retired the grant {0} on {1} when it was only asked whether it would.',
            name,
            label,
          );
    void showWarning(sentence);
    return 'doneByDryRun';
  }

  const { grant } = outcome;
  const answer = await askAndAct<RevokeResult, 'declined'>(
    context,
    { connection, actor },
    async (shown, earlier) => {
      if (kind === 'retire') {
        refuseUnlessMayRetire(identityOf(shown), grant);
      }
      const isAgreed = await confirmed(
        kind,
        context,
        { ...target, grant },
        { shown, earlier, metadata: checked.metadata },
      );
      return isAgreed ? 'agreed' : 'declined';
    },
    (acting) => (kind === 'revoke' ? revocations.revoke(acting, key, grant) : revocations.retire(acting, key, grant)),
  );
  if (answer !== 'declined' && !isShown(context, connection)) {
    // No row is left to show it.
    void showInformation(
      l10n.t(
        'KMS answered for the grant {0} on {1}, whose connection is no longer shown. The history has it.',
        name,
        label,
      ),
    );
  }
  return answer;
}

function isShown({ connections }: CommandContext, { id }: Connection): boolean {
  return connections.shown.some((ref) => connectionId(ref) === id);
}

/** A revoke or retirement of this grant was sent, or is about to be. */
export function isUnderWay({ revocations }: CommandContext, { connection, key, grant }: Target): boolean {
  const state = revocations.state(connection.ref, key, grant.grantId)?.kind;
  return state === 'revoking' || state === 'confirming';
}

interface Checked {
  readonly outcome: Preflight;
  readonly actor: Actor;
  readonly metadata: KeyMetadata | undefined;
}

/** Everything that the confirmation needs to know, asked at once; nothing is asked of KMS that it is sure to refuse. */
async function check(
  kind: EndingKind,
  session: Session,
  { key, grant }: Target,
  signal: AbortSignal,
): Promise<Checked> {
  const identifying = whoActs(session, signal);
  if (kind === 'retire') {
    refuseUnlessMayRetire(identityOf(await identifying), grant);
  }
  const [outcome, actor, metadata] = await Promise.all([
    kind === 'revoke' ? preflight(session, key.arn, grant, signal) : preflightRetire(session, key.arn, grant, signal),
    identifying,
    unlessDenied(session.inventory.metadata(key.arn) ?? session.api.describeKey(key.arn, signal)),
  ]);
  signal.throwIfAborted();
  return { outcome, actor, metadata };
}

function refuseUnlessMayRetire(caller: CallerIdentity | undefined, grant: Grant): void {
  if (caller === undefined || retireRight(caller.arn, grant) !== 'no') {
    return;
  }
  throw new UserError(
    l10n.t(
      'KMS lets only whom the grant names retire it: {0}. You are signed in as {1}.',
      printable(grant.retiringPrincipal?.value ?? l10n.t('nobody')),
      printable(caller.arn),
    ),
  );
}

function confirmed(
  kind: EndingKind,
  { journal }: CommandContext,
  { connection, key, grant }: Target,
  {
    shown,
    earlier,
    metadata,
  }: {
    readonly shown: Actor;
    readonly earlier: Actor | undefined;
    readonly metadata: KeyMetadata | undefined;
  },
): Promise<boolean> {
  const [name, label] = [grantName(grant), keyName(key)];
  const whole = printable(keyLabel(key));
  const managed = isAwsManaged(key, metadata);
  const used = serviceOfGrant(grant);
  const isManaged = managerOf(grant, key, metadata) !== undefined;
  const account = accountOfArn(key.arn) ?? l10n.t('unknown');
  const reason = managed || used === undefined ? l10n.t('This key is managed by AWS.') : usedBySentence(used);
  const words =
    kind === 'revoke'
      ? {
          question: l10n.t('Revoke the grant {0} on {1}?', name, label),
          final: l10n.t('A revoked grant cannot be restored.'),
          button: l10n.t('Revoke Grant'),
          title: l10n.t('Revoke the grant {0}', name),
          prompt: (reasons: string) =>
            l10n.t('{0} Type {1} to revoke in account {2}, {3}.', reasons, whole, account, connection.region),
        }
      : {
          question: l10n.t('Retire the grant {0} on {1}?', name, label),
          final: l10n.t('A retired grant cannot be restored.'),
          button: l10n.t('Retire Grant'),
          title: l10n.t('Retire the grant {0}', name),
          prompt: (reasons: string) =>
            l10n.t('{0} Type {1} to retire in account {2}, {3}.', reasons, whole, account, connection.region),
        };
  const attempt = earlierEnding(journal.records, { connection: connection.ref, key, grant });
  const sentences = [
    ...actorSentences(shown, earlier),
    ...(attempt === undefined ? [] : [attemptSentence(attempt)]),
    impactOfRevoke(grant),
    ...(managed ? [l10n.t('AWS manages this key for a service, which may stop working.')] : []),
    words.final,
  ];
  const lines = grantLines(grant, placeOf(shown, connection, key));
  return confirmAs(shown, {
    question: words.question,
    detail: `${sentences.join(' ')}\n\n${lines.join('\n')}`,
    button: words.button,
    typing: {
      reasons: isManaged ? [reason] : [],
      title: words.title,
      prompt: words.prompt,
      accepted: [keyLabel(key), ...key.aliases, key.keyId],
    },
  });
}
