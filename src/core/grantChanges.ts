import type { ChangeLog, ChangeOutcome, OpenChange } from './changeLog.ts';
import type { Clock } from './clock.ts';
import type { Session } from './connections.ts';
import { isKind, isKmsError, isOutcomeUnknown, type KmsError } from './errors.ts';
import type { CreatedGrant, GrantRef, KmsApi } from './kmsApi.ts';
import type { CreateGrantInput, Grant } from './model.ts';
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

/**
 * Makes the grant, with its intent kept before and its outcome after. Not cancellable: once sent, it can't be taken back.
 * @param account the account that the user confirmed, when it is known
 * @throws KmsError; see {@link mayHaveBeenDone} for whether the grant may be there all the same
 */
export async function create(
  session: Session,
  input: CreateGrantInput,
  account: string | undefined,
  changes: ChangeLog,
  onUnkept: (error: unknown) => void,
): Promise<CreatedGrant> {
  return kept(
    await changes.intent(session, { kind: 'create', input }, account),
    onUnkept,
    () => session.api.createGrant(input, session.closed),
    ({ grantId }) => ({ kind: 'accepted', grantId }),
  );
}

/**
 * Retires the grant, as {@link create} makes one.
 * @returns `perhapsGone` when KMS does not know the grant (any more)
 */
export async function retire(
  session: Session,
  grant: Grant,
  account: string | undefined,
  changes: ChangeLog,
  onUnkept: (error: unknown) => void,
): Promise<'accepted' | 'perhapsGone'> {
  const { keyArn, grantId } = grant;
  return kept(
    await changes.intent(session, { kind: 'retire', grant }, account),
    onUnkept,
    async () => {
      try {
        await session.api.retireGrant({ keyArn, grantId }, session.closed);
        return 'accepted';
      } catch (error) {
        if (isKind(error, 'grantNotFound', 'invalidGrantId')) return 'perhapsGone';
        throw error;
      }
    },
    () => ({ kind: 'accepted' }),
  );
}

/** An outcome that can't be kept, as on a full disk, takes nothing from what was done: that is told to `onUnkept`. */
async function kept<T>(
  intent: OpenChange,
  onUnkept: (error: unknown) => void,
  act: () => Promise<T>,
  accepted: (answer: T) => ChangeOutcome,
): Promise<T> {
  let answer: T;
  try {
    answer = await act();
  } catch (error) {
    const failure = error instanceof Error ? error : new Error(String(error));
    const kind = mayHaveBeenDone(error) ? 'unknown' : 'refused';
    await intent.done({ kind, error: failure }).catch(onUnkept);
    throw error;
  }
  await intent.done(accepted(answer)).catch(onUnkept);
  return answer;
}

/** Also after an abort, which comes from a connection that was replaced in the middle: the request may be on its way. */
export function mayHaveBeenDone(error: unknown): boolean {
  return isOutcomeUnknown(error) || !isKmsError(error);
}

export type RetireCheck =
  /** KMS lists the grant, or doesn't let the caller see, and would let it be retired as far as it can be asked. */
  | { readonly kind: 'ready'; readonly grant: Grant }
  /** KMS no longer lists it. */
  | { readonly kind: 'gone' }
  /** The server ignored DryRun: the grant is retired already. */
  | { readonly kind: 'retiredByDryRun'; readonly grant: Grant };

/**
 * As `preflight` of a revoke: reads the grant again, and asks by dry run where that is safe. A retiring principal need not
 * be allowed to list the grants of the key, above all of one of another account: then what it was shown has to do.
 * @throws KmsError such as `accessDenied`
 */
export async function checkRetire(session: Session, shown: Grant, signal: AbortSignal): Promise<RetireCheck> {
  const ref = { keyArn: shown.keyArn, grantId: shown.grantId };
  let grant: Grant | undefined = shown;
  try {
    grant = await findGrant(session.api, ref, signal);
  } catch (error) {
    if (!isKind(error, 'accessDenied')) throw error;
  }
  if (grant === undefined) return { kind: 'gone' };
  if (session.connection.endpoint.kind === 'custom') return { kind: 'ready', grant };
  try {
    const answer = await session.api.dryRunRetireGrant(ref, signal);
    return { kind: answer === 'retired' ? 'retiredByDryRun' : 'ready', grant };
  } catch (error) {
    if (isKind(error, 'grantNotFound', 'invalidGrantId')) return { kind: 'gone' };
    throw error;
  }
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
