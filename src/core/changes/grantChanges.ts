import type { Clock } from '../base/clock.ts';
import type { ActingSession, Session } from '../connections/session.ts';
import { actorRecord } from '../kms/actor.ts';
import { isKmsError, isTransient, type KmsError } from '../kms/errors.ts';
import type { CreatedGrant, GrantRef, KmsApi } from '../kms/kmsApi.ts';
import type { CreateGrantInput, Grant, KmsKey } from '../kms/model.ts';
import { findGrant } from '../kms/readGrant.ts';
import type { Journal } from './journal.ts';
import { type JournalRecord, type NewEntry, requestedGrant } from './journalRecord.ts';
import { maxReadMs, type PropagationPolicy } from './propagation.ts';
import { withReadDeadline } from './readDeadline.ts';
import { type ChangeLog, sendChange } from './sendChange.ts';

/**
 * The result of a dry run for a new grant. `notAsked`: the server may not support dry runs; `created`: it ignored DryRun
 * and created the grant.
 */
export type CreateCheck = 'allowed' | 'notAsked' | 'created';

/**
 * Asks KMS by dry run whether it would make the grant. Never against a custom endpoint: other servers ignore DryRun and
 * make it.
 * @throws KmsError such as `accessDenied` or `invalidArn`
 */
export async function dryRunCreate(
  session: Session,
  input: CreateGrantInput,
  signal: AbortSignal,
): Promise<CreateCheck> {
  if (session.connection.endpoint.kind === 'custom') {
    return 'notAsked';
  }
  return session.api.dryRunCreateGrant(input, signal);
}

/** A grant to make. */
export interface NewGrant {
  readonly key: KmsKey;
  readonly input: CreateGrantInput;
  /** The entry of the journal whose grant is made again. */
  readonly of?: JournalRecord | undefined;
}

/**
 * Makes the grant. Once sent, it can't be taken back.
 * @returns the answer, and the `id` of the entry in the journal
 * @throws KmsError when KMS refused it
 * @throws UnansweredError when the grant may have been made
 * @throws UserError when nothing was sent
 */
export async function createGrant(
  log: ChangeLog,
  acting: ActingSession,
  grant: NewGrant,
): Promise<CreatedGrant & { readonly id: string; readonly awsAt: number | undefined }> {
  const { of, input } = grant;
  const { session, actor } = acting;
  const { record, answer } = await sendChange(log, session, {
    entry: newEntry(acting, grant),
    send: ({ api }, ended) => api.createGrant(input, actor, ended),
    accepted: ({ grantId }) => ({ kind: 'accepted', grantId }),
  });
  switch (answer.kind) {
    case 'accepted': {
      const { grantId } = answer.value;
      // For a named grant that still exists, KMS returns that grant.
      if (of !== undefined && grantId !== of.grant.grantId) {
        await log.journal.addOutcome(of.id, { kind: 'recreatedAs', grantId }).catch(log.warn);
      }
      return { ...answer.value, id: record.id, awsAt: record.awsAt };
    }
    case 'notFound':
    case 'refused':
    case 'unknown':
      throw answer.error;
  }
}

/** Records in the journal that a dry run created the grant. The answer, with the new ID, is unknown. */
export async function recordCreatedByDryRun(journal: Journal, acting: ActingSession, grant: NewGrant): Promise<void> {
  const { id } = await journal.add(newEntry(acting, grant));
  await journal.addOutcome(id, { kind: 'accepted' });
}

function newEntry({ session, actor }: ActingSession, { key, input, of }: NewGrant): NewEntry {
  return {
    kind: of === undefined ? 'create' : 'recreate',
    connection: session.connection.ref,
    ...actorRecord(actor),
    key,
    grant: requestedGrant(input),
    ...(of === undefined ? {} : { of: of.id }),
  };
}

export type ListedOutcome =
  /** KMS lists the grant. That is no proof that it holds everywhere: AWS says usually within five minutes. */
  | { readonly kind: 'listed'; readonly grant: Grant; readonly afterMs: number }
  | { readonly kind: 'timedOut'; readonly afterMs: number }
  /** The grant could not be looked up. */
  | { readonly kind: 'unreadable'; readonly error: KmsError };

/**
 * Reads the grant until KMS lists it, on the schedule of a revoke's follow-up; as there, only time in which KMS answers
 * counts. Rejects with an AbortError only.
 */
export async function waitUntilListed(
  api: KmsApi,
  ref: GrantRef,
  {
    clock,
    policy,
    signal,
  }: { readonly clock: Clock; readonly policy: PropagationPolicy; readonly signal: AbortSignal },
): Promise<ListedOutcome> {
  const since = clock.monotonic();
  let [answeredMs, silentMs] = [0, 0];
  for (let read = 0; ; read += 1) {
    const delay = policy.firstDelaysMs[read] ?? policy.intervalMs;
    const began = clock.monotonic();
    const spentMs = () => Math.min(clock.monotonic() - began, delay + maxReadMs);
    await clock.sleep(delay, signal);
    try {
      const grant = await withReadDeadline((ended) => findGrant(api, ref, ended), clock, signal);
      const afterMs = clock.monotonic() - since;
      if (grant !== undefined) {
        return { kind: 'listed', grant, afterMs };
      }
      answeredMs += spentMs();
      silentMs = 0;
      if (answeredMs >= policy.timeoutMs) {
        return { kind: 'timedOut', afterMs };
      }
    } catch (error) {
      if (!isKmsError(error)) {
        throw error;
      }
      silentMs += spentMs();
      if (!isTransient(error) || silentMs >= policy.timeoutMs) {
        return { kind: 'unreadable', error };
      }
    }
  }
}

/** Writes to the journal how the wait for a new grant ended. @throws UserError when it can't be written */
export async function recordListedOutcome(journal: Journal, id: string, outcome: ListedOutcome): Promise<void> {
  if (outcome.kind === 'unreadable') {
    return;
  }
  await journal.addOutcome(id, { kind: outcome.kind === 'listed' ? 'listed' : 'notListed', afterMs: outcome.afterMs });
}

/** How far the clocks of AWS's own computers may be apart, with the second to which AWS gives the time. */
export const awsClockSkewMs = 10_000;

/**
 * Whether KMS answered a CreateGrant with a grant that was there before, as it does for a request with the same name and
 * parameters. By the grants that were listed before, else by the date of the grant, if it is old enough.
 * @param awsAt when it was requested, by AWS's own time: the grant's date is AWS's, too
 */
export function existedBefore(
  grantId: string,
  seen: ReadonlySet<string>,
  listed: Grant | undefined,
  awsAt: number | undefined,
): boolean {
  const created = listed?.creationDate?.getTime();
  return seen.has(grantId) || (created !== undefined && awsAt !== undefined && created < awsAt - awsClockSkewMs);
}
