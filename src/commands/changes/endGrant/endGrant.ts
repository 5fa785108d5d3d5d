import * as l10n from '@vscode/l10n';
import { printable } from '../../../core/base/text.ts';
import type { EndingKind } from '../../../core/changes/journalRecord.ts';
import { type Preflight, preflight, preflightRetire } from '../../../core/changes/preflight.ts';
import type { RevokeResult } from '../../../core/changes/revocations.ts';
import type { Session } from '../../../core/connections/session.ts';
import { type Actor, identityOf } from '../../../core/kms/actor.ts';
import { isKind, type KmsError } from '../../../core/kms/errors.ts';
import {
  type CallerIdentity,
  type Connection,
  connectionId,
  type Grant,
  type KeyMetadata,
} from '../../../core/kms/model.ts';
import { retirePermission } from '../../../core/kms/retirement.ts';
import { grantName, keyName } from '../../../core/words/describe.ts';
import { explain } from '../../../core/words/explain.ts';
import { UserError } from '../../../core/words/userError.ts';
import { withCancellableProgress } from '../../../platform/progress.ts';
import { showInformation, showWarning } from '../../../platform/prompts.ts';
import { ifAnswered } from '../../ask.ts';
import { type Needs, whileOpen } from '../../context.ts';
import { askAndAct, changeableSession, whoActs } from '../actingSession.ts';
import { confirmAs } from '../changeQuestion.ts';
import { evidenceOf } from '../questionEvidence.ts';
import { endQuestion } from './question.ts';
import { isUnderWay, type Target } from './target.ts';

/** `declined`: the user did not confirm. `underWay`: a revoke or retirement was sent before. */
export type EndAnswer = 'declined' | 'gone' | 'underWay' | 'doneByDryRun' | RevokeResult;

export type EndContext = Needs<'clock' | 'connections' | 'evidence' | 'terraform' | 'journal' | 'revocations' | 'view'>;

/**
 * Checks, asks, then revokes or retires. The view shows what becomes of it.
 * @throws UserError when AWS denied it, before or after the question
 */
export async function endGrant(kind: EndingKind, context: EndContext, target: Target): Promise<EndAnswer> {
  try {
    return await checkAndEnd(kind, context, target);
  } catch (error) {
    throw isKind(error, 'accessDenied') ? deniedError(kind, target, error) : error;
  }
}

/** A denial ended nothing, and that comes first. */
function deniedError(kind: EndingKind, { grant, key }: Target, error: KmsError): UserError {
  const { sentence, advice, actions } = explain(error.details);
  const names = [grantName(grant), keyName(key)];
  const result =
    kind === 'revoke'
      ? l10n.t("Couldn't revoke grant {0} on {1}. Nothing changed.", ...names)
      : l10n.t("Couldn't retire grant {0} on {1}. Nothing changed.", ...names);
  return new UserError(`${result} ${printable(`${sentence} ${advice}`, 600)}`, actions, error);
}

async function checkAndEnd(kind: EndingKind, context: EndContext, target: Target): Promise<EndAnswer> {
  const session = changeableSession(context, target.connection);
  const { connection, key } = target;
  const { revocations, view } = context;
  if (isUnderWay(context, target)) {
    return sayUnderWay();
  }
  using _hold = context.connections.hold(connection);

  const checked = await withCancellableProgress(l10n.t('Checking the grant…'), (signal) =>
    whileOpen(session, signal, (either) => check(kind, context, session, target, either)),
  );
  const { outcome, actor } = checked;
  const [name, label] = [grantName(target.grant), keyName(target.key)];
  if (outcome.kind === 'gone') {
    view.refreshGrants(connection, key.arn);
    void showInformation(
      kind === 'revoke'
        ? l10n.t('Nothing to revoke: KMS no longer lists grant {0} on {1}.', name, label)
        : l10n.t('Nothing to retire: KMS no longer lists grant {0} on {1}.', name, label),
    );
    return 'gone';
  }
  if (outcome.kind === 'doneByDryRun') {
    await revocations.followCompleted(kind, { session, actor }, key, outcome.grant);
    const sentence =
      kind === 'revoke'
        ? l10n.t('The server ignored the dry run and revoked grant {0} on {1}.', name, label)
        : l10n.t('The server ignored the dry run and retired grant {0} on {1}.', name, label);
    void showWarning(sentence);
    return 'doneByDryRun';
  }

  const { grant } = outcome;
  let evidence: readonly string[] = [];
  const answer = await askAndAct<RevokeResult | 'underWay', 'declined'>(
    context,
    { connection, actor },
    async (shown, earlier) => {
      if (kind === 'retire') {
        refuseUnlessMayRetire(identityOf(shown), grant);
      }
      const { metadata } = checked;
      const question = endQuestion(
        kind,
        context,
        { ...target, grant },
        { shown, earlier, metadata, evidence: checked.evidence },
      );
      evidence = question.evidence;
      return (await confirmAs(shown, question)) ? 'agreed' : 'declined';
    },
    // Another question about it may have been answered first.
    async (acting) =>
      isUnderWay(context, target) ? sayUnderWay() : revocations[kind](acting, key, grant, { evidence }),
  );
  if (answer !== 'declined' && answer !== 'underWay' && !isShown(context, connection)) {
    // No row is left to show it.
    void showInformation(
      l10n.t('KMS answered for grant {0} on {1}, whose connection is no longer shown. See the history.', name, label),
    );
  }
  return answer;
}

function sayUnderWay(): 'underWay' {
  void showInformation(l10n.t('A revoke or retirement of this grant was already sent. Its row shows what KMS lists.'));
  return 'underWay';
}

function isShown({ connections }: Needs<'connections'>, { id }: Connection): boolean {
  return connections.shown.some((ref) => connectionId(ref) === id);
}

interface Checked {
  readonly outcome: Preflight;
  readonly actor: Actor;
  readonly metadata: KeyMetadata | undefined;
  /** In lines. */
  readonly evidence: readonly string[];
}

/** Everything that the confirmation shows, asked at once. KMS is not asked for what it is sure to refuse. */
async function check(
  kind: EndingKind,
  context: Needs<'clock' | 'evidence' | 'terraform'>,
  session: Session,
  { key, grant }: Target,
  signal: AbortSignal,
): Promise<Checked> {
  const identifying = whoActs(session, signal);
  if (kind === 'retire') {
    refuseUnlessMayRetire(identityOf(await identifying), grant);
  }
  const asked = evidenceOf(context, { session, key, grant }, signal);
  const [outcome, actor, metadata] = await Promise.all([
    kind === 'revoke' ? preflight(session, key.arn, grant, signal) : preflightRetire(session, key.arn, grant, signal),
    identifying,
    ifAnswered(session.inventory.metadata(key.arn) ?? session.api.describeKey(key.arn, signal)),
  ]);
  const evidence = outcome.kind === 'ready' ? await asked : [];
  signal.throwIfAborted();
  return { outcome, actor, metadata, evidence };
}

function refuseUnlessMayRetire(caller: CallerIdentity | undefined, grant: Grant): void {
  if (caller === undefined || retirePermission(caller.arn, grant) !== 'no') {
    return;
  }
  throw new UserError(
    l10n.t(
      "You can't retire this grant as {0}. Its retiring principal: {1}.",
      printable(caller.arn),
      printable(grant.retiringPrincipal?.value ?? l10n.t('none')),
    ),
  );
}
