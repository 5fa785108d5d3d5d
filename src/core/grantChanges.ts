import * as l10n from '@vscode/l10n';
import type { Clock } from './clock.ts';
import type { Session } from './connections.ts';
import { isKind, isKmsError, isOutcomeUnknown, isUserError, type KmsError, UserError } from './errors.ts';
import type { Journal } from './journal.ts';
import { grantToMake, type JournalOutcome, type JournalRecord, refusal } from './journalRecord.ts';
import type { CreatedGrant, GrantRef, KmsApi } from './kmsApi.ts';
import type { CreateGrantInput, Grant, KmsKey } from './model.ts';
import type { PropagationPolicy } from './propagation.ts';
import { findGrant } from './revocation.ts';

/**
 * What KMS says of a new grant without making it. `notAsked`: a server of which it is not known that it knows dry runs;
 * `created`: it did not, and the grant is there.
 */
export type CreateCheck = 'allowed' | 'notAsked' | 'created';

/**
 * Asks KMS by dry run whether it would make the grant. Never against a custom endpoint: other servers ignore DryRun and
 * make it.
 * @throws KmsError such as `accessDenied` or `invalidArn`
 */
export async function checkCreate(
  session: Session,
  input: CreateGrantInput,
  signal: AbortSignal,
): Promise<CreateCheck> {
  if (session.connection.endpoint.kind === 'custom') return 'notAsked';
  return session.api.dryRunCreateGrant(input, signal);
}

/** A grant to make, and for whom. */
export interface NewGrant {
  readonly key: KmsKey;
  readonly input: CreateGrantInput;
  /** The account that the user confirmed, when it is known. */
  readonly account: string | undefined;
  /** The entry of the journal whose grant is made again. */
  readonly of?: JournalRecord;
}

/**
 * Writes the intent to the journal, makes the grant, and writes what came of it. Not cancellable: once sent, it can't be
 * taken back.
 * @param onJournalError what came of it could not be written; the grant is made, or not, all the same
 * @returns the answer, and the `id` of the entry in the journal
 * @throws KmsError; see {@link mayHaveBeenDone} for whether the grant may be there all the same
 * @throws UserError when the intent can't be written: then nothing was sent
 */
export async function create(
  journal: Journal,
  session: Session,
  grant: NewGrant,
  onJournalError: (error: unknown) => void,
): Promise<CreatedGrant & { readonly id: string }> {
  const id = await keepIntent(journal, session, grant);
  const note = (entry: string, outcome: JournalOutcome) => journal.note(entry, outcome).catch(onJournalError);
  if (session.closed.aborted) {
    // Replaced while the intent was written.
    const notSent = new UserError(l10n.t('The connection changed meanwhile. Nothing was done.'));
    await note(id, refusal(notSent));
    throw notSent;
  }
  let created: CreatedGrant;
  try {
    created = await session.api.createGrant(grant.input, session.closed);
  } catch (error) {
    await note(id, mayHaveBeenDone(error) ? { kind: 'unknown' } : refusal(error));
    throw error;
  }
  const { grantId } = created;
  await note(id, { kind: 'accepted', grantId });
  const { of } = grant;
  // For a named grant that is still there, KMS answers with that very grant.
  if (of !== undefined && grantId !== of.grant.grantId) await note(of.id, { kind: 'recreatedAs', grantId });
  return { ...created, id };
}

/** Keeps in the journal that a dry run made the grant. What it answered, with the new ID, is not known. */
export async function keepCreatedByDryRun(journal: Journal, session: Session, grant: NewGrant): Promise<void> {
  await journal.note(await keepIntent(journal, session, grant), { kind: 'accepted' });
}

async function keepIntent(journal: Journal, session: Session, { key, input, account, of }: NewGrant): Promise<string> {
  const { id } = await journal.add({
    kind: of === undefined ? 'create' : 'recreate',
    connection: session.connection.ref,
    account,
    key,
    grant: grantToMake(input),
    ...(of === undefined ? {} : { of: of.id }),
  });
  return id;
}

/** Also after an abort, which comes from a connection that was replaced in the middle: the request may be on its way. */
export function mayHaveBeenDone(error: unknown): boolean {
  return isOutcomeUnknown(error) || !(isKmsError(error) || isUserError(error));
}

export type ListedOutcome =
  /** KMS lists the grant. That is no proof that it holds everywhere: AWS says usually within five minutes. */
  | { readonly kind: 'listed'; readonly grant: Grant; readonly afterMs: number }
  | { readonly kind: 'timedOut'; readonly afterMs: number }
  /** It can't be seen whether KMS lists it. */
  | { readonly kind: 'unreadable'; readonly error: KmsError };

/** Reads the grant until KMS lists it, on the schedule of a revoke's follow-up. Rejects with an AbortError only. */
export async function waitUntilListed(
  api: KmsApi,
  ref: GrantRef,
  {
    clock,
    policy,
    signal,
  }: { readonly clock: Clock; readonly policy: PropagationPolicy; readonly signal: AbortSignal },
): Promise<ListedOutcome> {
  const since = clock.now();
  for (let read = 0; ; read += 1) {
    await clock.sleep(policy.firstDelaysMs[read] ?? policy.intervalMs, signal);
    try {
      const grant = await findGrant(api, ref, signal);
      if (grant !== undefined) return { kind: 'listed', grant, afterMs: clock.now() - since };
    } catch (error) {
      if (!isKmsError(error)) throw error;
      if (!isPassing(error)) return { kind: 'unreadable', error };
    }
    const afterMs = clock.now() - since;
    if (afterMs >= policy.timeoutMs) return { kind: 'timedOut', afterMs };
  }
}

/** Writes to the journal how the wait for a new grant ended. @throws UserError when it can't be written */
export async function noteListed(journal: Journal, id: string, outcome: ListedOutcome): Promise<void> {
  if (outcome.kind === 'unreadable') return;
  await journal.note(id, { kind: outcome.kind === 'listed' ? 'listed' : 'notListed', afterMs: outcome.afterMs });
}

/** Reading again may work without anything else being changed. */
function isPassing(error: KmsError): boolean {
  return isOutcomeUnknown(error) || isKind(error, 'throttled');
}

/** How much the clocks of this computer and of AWS may differ before AWS refuses what is signed by them. */
const clockDifferenceMs = 5 * 60_000;

/**
 * Whether KMS answered a CreateGrant with a grant that was there before, as it does for a request with the same name and
 * parameters. By the grants that were listed before, else by the date of the grant, if it is old enough to tell.
 */
export function existedBefore(
  grantId: string,
  seen: ReadonlySet<string>,
  listed: Grant | undefined,
  requestedAt: number,
): boolean {
  const created = listed?.creationDate?.getTime();
  return seen.has(grantId) || (created !== undefined && created < requestedAt - clockDifferenceMs);
}
