import * as l10n from '@vscode/l10n';
import { isAbort } from '../../../core/base/abort.ts';
import { duration, printable } from '../../../core/base/text.ts';
import { attemptSentence, earlierCreation } from '../../../core/changes/earlierAttempts.ts';
import {
  type CreateCheck,
  checkCreate,
  create,
  type ListedOutcome,
  noteListed,
  waitUntilListed,
} from '../../../core/changes/grantChanges.ts';
import type { JournalRecord } from '../../../core/changes/journalRecord.ts';
import { type Obstacle, planRecreate, type RecreatePlan } from '../../../core/changes/recreate.ts';
import type { Session } from '../../../core/connections/session.ts';
import { type Actor, identityOf } from '../../../core/kms/actor.ts';
import { isKind, isKmsError } from '../../../core/kms/errors.ts';
import type { CreateGrantInput } from '../../../core/kms/model.ts';
import { findGrant } from '../../../core/kms/readGrant.ts';
import { connectionName, grantName, keyName } from '../../../core/words/describe.ts';
import { explain } from '../../../core/words/explain.ts';
import { placeLines } from '../../../core/words/grantLines.ts';
import { UserError } from '../../../core/words/userError.ts';
import { describeError } from '../../../platform/log.ts';
import { withCancellableProgress } from '../../../platform/progress.ts';
import { showInformation, showWarning } from '../../../platform/prompts.ts';
import { propagationPolicy } from '../../../platform/settings.ts';
import type { HistoryEntryNode } from '../../../views/history/historyItem.ts';
import { unlessDenied } from '../../ask.ts';
import type { CommandContext, Needs } from '../../context.ts';
import { askAndAct, whoActs } from '../actingSession.ts';
import { actorSentences, confirmAs, placeOf } from '../changeQuestion.ts';
import { createdByDryRun, creationTyping } from '../newGrant.ts';

/** Makes the grant of an entry of the history again, in the account that it was ended in. */
export async function recreateGrant(context: CommandContext, entry: HistoryEntryNode | undefined): Promise<void> {
  if (entry === undefined) {
    return;
  }
  const { journal, connections, view, log } = context;
  await journal.ready();
  const record = journal.record(entry.id);
  if (record === undefined) {
    throw new UserError(l10n.t('The history no longer has this entry.'));
  }

  const session = await connections.open(record.connection);
  using _hold = connections.hold(session.connection);
  const checked = await withCancellableProgress(l10n.t('Checking the key…'), (signal) =>
    check(session, record, AbortSignal.any([signal, session.closed])),
  );
  const { plan, actor } = checked;
  const { input } = plan;
  if (input === undefined) {
    throw impossible(record, plan.obstacles);
  }
  if (checked.answer === 'created') {
    await createdByDryRun(context, { session, actor }, { key: record.key, input, of: record });
    return;
  }
  const warn = (error: unknown) => log.warn(describeError(error));
  const made = await askAndAct<Awaited<ReturnType<typeof create>>, 'declined'>(
    context,
    { connection: session.connection, actor },
    async (shown, earlier) => {
      refuseOtherAccount(record, identityOf(shown)?.account);
      return (await confirmed(context, session, record, { ...checked, actor: shown, earlier, input }))
        ? 'agreed'
        : 'declined';
    },
    async (acting) => {
      try {
        return await create({ journal, warn }, acting, { key: record.key, input, of: record });
      } finally {
        view.refreshGrants(session.connection, record.key.arn);
      }
    },
  );
  if (made === 'declined') {
    return;
  }

  const outcome = await waitCancellably(context, session, input, made.grantId);
  if (outcome !== undefined) {
    await noteListed(journal, made.id, outcome).catch(warn);
  }
  view.refreshGrants(session.connection, record.key.arn);
  tell(record, made.grantId, outcome);
}

function impossible(record: JournalRecord, obstacles: readonly Obstacle[], cause?: unknown): UserError {
  const reasons = obstacles.map(({ sentence }) => printable(sentence, 500));
  if (isKmsError(cause)) {
    reasons.unshift(printable(explain(cause.details).sentence, 500));
  }
  return new UserError(
    l10n.t('The grant {0} can’t be recreated. {1}', grantName(record.grant), reasons.join(' ')),
    ['retry', 'showLog'],
    cause,
  );
}

interface Checked {
  readonly plan: RecreatePlan;
  readonly actor: Actor;
  /** What KMS says of it by dry run, where that is safe. */
  readonly answer: CreateCheck;
  /** KMS lists the old grant now. */
  readonly isListed: boolean;
}

function refuseOtherAccount({ account, connection }: JournalRecord, actual: string | undefined): void {
  if (account === undefined || actual === undefined || account === actual) {
    return;
  }
  throw new UserError(
    l10n.t(
      'The history has this grant for account {0}. {1} signs in to account {2} now, so nothing was sent.',
      account,
      connectionName(connection),
      actual,
    ),
    ['selectProfile', 'showLog'],
  );
}

/** Everything that the confirmation needs to know. In another account than the entry's, nothing is asked of KMS. */
async function check(session: Session, record: JournalRecord, signal: AbortSignal): Promise<Checked> {
  const actor = await whoActs(session, signal);
  refuseOtherAccount(record, identityOf(actor)?.account);
  const { key, grant } = record;
  const [metadata, listed] = await Promise.all([
    unlessDenied(session.api.describeKey(key.arn, signal)),
    unlessDenied(findGrant(session.api, { keyArn: key.arn, grantId: grant.grantId }, signal)),
  ]);
  signal.throwIfAborted();
  const plan = planRecreate(key, grant, metadata);
  const certain = plan.obstacles.filter(({ isCertain }) => isCertain);
  if (plan.input === undefined || certain.length > 0) {
    throw impossible(record, certain);
  }
  return {
    plan,
    actor,
    answer: await ask(session, record, plan, plan.input, signal),
    isListed: listed !== undefined,
  };
}

/** What KMS refuses is told with what is known against it. */
async function ask(
  session: Session,
  record: JournalRecord,
  { obstacles }: RecreatePlan,
  input: CreateGrantInput,
  signal: AbortSignal,
): Promise<CreateCheck> {
  try {
    return await checkCreate(session, input, signal);
  } catch (error) {
    const isRefusal = isKind(error, 'accessDenied', 'invalidArn', 'invalidPrincipal', 'validation', 'invalidState');
    if (isRefusal && obstacles.length > 0) {
      throw impossible(record, obstacles, error);
    }
    throw error;
  }
}

/** Of one value, in characters. */
const longestLine = 1000;

function confirmed(
  { journal }: CommandContext,
  { connection }: Session,
  record: JournalRecord,
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
  const { key, recreatedAs } = record;
  const warnings = [
    ...actorSentences(actor, earlier),
    ...(attempt === undefined ? [] : [attemptSentence(attempt)]),
    ...(isListed ? [l10n.t('KMS still lists the old grant. With the new one there may be two.')] : []),
    ...(recreatedAs === undefined ? [] : [l10n.t('It was recreated before, as {0}.', printable(recreatedAs, 128))]),
    ...plan.obstacles.map(({ sentence }) => printable(sentence, 500)),
    ...(answer === 'notAsked' ? [l10n.t('The server was not asked whether it would allow it.')] : []),
  ];
  const sections = [
    warnings.join('\n'),
    [
      l10n.t('The same as before:'),
      ...plan.same.map(({ name, value }) => `• ${name}: ${printable(value, longestLine)}`),
    ].join('\n'),
    [l10n.t('Not the same:'), ...plan.different.map((text) => `• ${text}`)].join('\n'),
    placeLines(placeOf(actor, connection, key), longestLine).join('\n'),
  ];
  return confirmAs(actor, {
    question: l10n.t('Recreate the grant {0} on {1}?', grantName(record.grant), keyName(record.key)),
    detail: sections.filter((section) => section !== '').join('\n\n'),
    button: l10n.t('Recreate Grant'),
    typing: creationTyping(connection, key),
  });
}

/** Cancelling ends the wait, not the grant: then there is no outcome. */
async function waitCancellably(
  { clock }: Needs<'clock'>,
  session: Session,
  { keyArn }: CreateGrantInput,
  grantId: string,
): Promise<ListedOutcome | undefined> {
  try {
    return await withCancellableProgress(l10n.t('KMS accepted the grant. Waiting until it is listed…'), (cancelled) =>
      waitUntilListed(
        session.api,
        { keyArn, grantId },
        { clock, policy: propagationPolicy(), signal: AbortSignal.any([cancelled, session.closed]) },
      ),
    );
  } catch (error) {
    if (isAbort(error)) {
      return undefined;
    }
    throw error;
  }
}

function tell(record: JournalRecord, grantId: string, outcome: ListedOutcome | undefined): void {
  const [name, label, id] = [grantName(record.grant), keyName(record.key), printable(grantId, 128)];
  if (grantId === record.grant.grantId) {
    void showWarning(
      l10n.t(
        'KMS made no new grant: it still has {0} on {1}, and answered with it. Once KMS no longer lists it, recreate it again.',
        name,
        label,
      ),
    );
    return;
  }
  switch (outcome?.kind) {
    case undefined:
      void showInformation(
        l10n.t('KMS accepted the grant {0} on {1}, as {2}. Nobody waited until it is listed.', name, label, id),
      );
      return;
    case 'listed':
      void showInformation(
        l10n.t(
          'KMS accepted the grant {0} on {1}, as {2}, and lists it after {3}. It may take a little longer until it is honored everywhere, usually less than five minutes in all.',
          name,
          label,
          id,
          duration(outcome.afterMs),
        ),
      );
      return;
    case 'timedOut':
      void showWarning(
        l10n.t(
          'KMS accepted the grant {0} on {1}, as {2}, and does not list it yet after {3}.',
          name,
          label,
          id,
          duration(outcome.afterMs),
        ),
      );
      return;
    case 'unreadable':
      void showWarning(
        l10n.t(
          'KMS accepted the grant {0} on {1}, as {2}. Whether it lists it can’t be read: {3}',
          name,
          label,
          id,
          printable(explain(outcome.error.details).sentence, 300),
        ),
      );
      return;
  }
}
