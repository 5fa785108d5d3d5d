import * as l10n from '@vscode/l10n';
import { creationsOf } from '../../../core/changes/earlierAttempts.ts';
import { createGrant, recordListedOutcome } from '../../../core/changes/grantChanges.ts';
import { identityOf } from '../../../core/kms/actor.ts';
import { UserError } from '../../../core/words/userError.ts';
import { describeError } from '../../../platform/log.ts';
import { withCancellableProgress } from '../../../platform/progress.ts';
import { type Needs, whileOpen } from '../../context.ts';
import { askAndAct } from '../actingSession.ts';
import { createdByDryRun } from '../newGrant.ts';
import { check, impossible, refuseOtherAccount } from './check.ts';
import { endedGrant } from './endedGrant.ts';
import { showOutcome, waitCancellably } from './follow.ts';
import { confirmed } from './question.ts';

/** Recreates the grant of a history entry, in the account in which it was ended, or one that is gone since a baseline. */
export async function recreateGrant(
  context: Needs<'clock' | 'connections' | 'journal' | 'log' | 'view'>,
  argument: unknown,
): Promise<void> {
  const { journal, connections, view, log } = context;
  const record = await endedGrant(context, argument);
  if (record === undefined) {
    return;
  }
  const { key, of } = record;

  const session = await connections.open(record.connection);
  using _hold = connections.hold(session.connection);
  const checked = await withCancellableProgress(l10n.t('Checking the key…'), (signal) =>
    whileOpen(session, signal, (either) => check(session, record, either)),
  );
  const { plan, actor } = checked;
  const { input } = plan;
  if (input === undefined) {
    throw impossible(record, plan.obstacles);
  }
  if (checked.answer === 'created') {
    await createdByDryRun(context, { session, actor }, { key, input, of });
    return;
  }
  const warn = (error: unknown) => log.warn(describeError(error));
  const requests = () => creationsOf(journal.records, input).map(({ id }) => id);
  let known: readonly string[] = [];
  const made = await askAndAct<Awaited<ReturnType<typeof createGrant>>, 'declined'>(
    context,
    { connection: session.connection, actor },
    async (shown, earlier) => {
      refuseOtherAccount(record, identityOf(shown)?.account);
      known = requests();
      return (await confirmed(context, session, record, { ...checked, actor: shown, earlier, input }))
        ? 'agreed'
        : 'declined';
    },
    async (acting) => {
      // The same command may wait for an answer twice.
      if (requests().some((id) => !known.includes(id))) {
        throw new UserError(
          l10n.t(
            'Nothing was sent, because the same grant was requested while this question was open. See the history.',
          ),
        );
      }
      try {
        return await createGrant({ journal, warn }, acting, { key, input, of });
      } finally {
        view.refreshGrants(session.connection, key.arn);
      }
    },
  );
  if (made === 'declined') {
    return;
  }

  const outcome = await waitCancellably(context, session, input, made.grantId);
  if (outcome !== undefined) {
    await recordListedOutcome(journal, made.id, outcome).catch(warn);
  }
  view.refreshGrants(session.connection, key.arn);
  showOutcome(record, made.grantId, outcome);
}
