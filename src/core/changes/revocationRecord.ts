import type { KmsErrorKind } from '../kms/errors.ts';
import { type ConnectionRef, type Grant, grantIdentity, type KmsKey } from '../kms/model.ts';
import { type EndingKind, endsGrant, type JournalOutcome, type JournalRecord } from './journalRecord.ts';
import type { LastRead, PropagationOutcome, PropagationProgress } from './propagation.ts';

/** A revoke or retirement whose end is not confirmed yet, or was confirmed a short while ago. */
export interface RevocationRecord {
  /** Of its entry in the journal. */
  readonly id: string;
  readonly kind: EndingKind;
  readonly connection: ConnectionRef;
  /** The account on screen when the revoke was confirmed. */
  readonly account: string | undefined;
  readonly key: KmsKey;
  readonly grant: Grant;
  /** Milliseconds since the epoch. */
  readonly requestedAt: number;
  /** KMS accepted the revoke. False: the answer is outstanding, or was lost. */
  readonly accepted: boolean;
  /** KMS answered that it does not know the grant. */
  readonly notFound?: boolean | undefined;
  /** Set when the wait ended without the grant being confirmed gone. */
  readonly unconfirmed?: Unconfirmed | undefined;
  /**
   * When the grant was confirmed gone, or several later lists did not hold it, in milliseconds since the epoch. It is
   * remembered for a while.
   */
  readonly endedAt?: number | undefined;
}

export interface Unconfirmed {
  /** `timedOut`: the limit passed and KMS lists the grant; `unread`: no read succeeded. */
  readonly reason: 'timedOut' | 'unread' | 'stopped';
  readonly lastRead: LastRead;
  /** Why KMS could not be read. */
  readonly trouble?: KmsErrorKind | undefined;
}

/**
 * The last revoke of each grant in the journal, by {@link grantIdentity}. Refused ones don't count. `undefined`: the grant
 * ended before `forgotten`.
 * @param records newest first
 * @param forgotten milliseconds since the epoch
 */
export function latestRevocations(
  records: readonly JournalRecord[],
  forgotten: number,
): ReadonlyMap<string, RevocationRecord | undefined> {
  const last = new Map<string, RevocationRecord | undefined>();
  for (const journaled of records) {
    if (!endsGrant(journaled) || journaled.outcome?.kind === 'refused' || last.has(grantIdentity(journaled))) {
      continue;
    }
    const record = revocationOf(journaled);
    const isForgotten = record.endedAt !== undefined && record.endedAt < forgotten;
    last.set(grantIdentity(journaled), isForgotten ? undefined : record);
  }
  return last;
}

function revocationOf(entry: JournalRecord & { readonly kind: EndingKind }): RevocationRecord {
  const { id, kind, connection, account, key, grant, at, accepted, outcome, outcomeAt } = entry;
  const record = { id, kind, connection, account, key, grant, requestedAt: at, accepted };
  switch (outcome?.kind) {
    case 'notFound':
      return { ...record, notFound: true };
    case 'gone':
    case 'dismissed':
      return { ...record, endedAt: outcomeAt };
    case 'stillListed':
      return { ...record, unconfirmed: { reason: 'timedOut', lastRead: outcome.lastRead } };
    case 'unread': {
      const { lastRead, trouble } = outcome;
      return { ...record, unconfirmed: { reason: 'unread', lastRead, trouble } };
    }
    case 'stopped':
      return { ...record, unconfirmed: { reason: 'stopped', lastRead: outcome.lastRead } };
    default:
      return record;
  }
}

/** The state of a revoke, as the grant's row shows it. */
export type RevocationState = (
  | { readonly kind: 'revoking' }
  | { readonly kind: 'confirming'; readonly progress: PropagationProgress | undefined }
  | { readonly kind: 'unconfirmed' }
) & { readonly record: RevocationRecord };

/** How a wait ended; `otherAccount`: it did not resume, because the connection now belongs to another account. */
export type RevocationOutcome = PropagationOutcome | { readonly kind: 'otherAccount' };

/** The end of the wait for one revoke or retirement. The record is as it was before the end. */
export interface EndedWait {
  readonly record: RevocationRecord;
  readonly outcome: RevocationOutcome;
}

export function isSameState(left: RevocationRecord, right: RevocationRecord): boolean {
  return (
    left.id === right.id &&
    left.accepted === right.accepted &&
    left.endedAt === right.endedAt &&
    left.unconfirmed?.lastRead === right.unconfirmed?.lastRead &&
    left.unconfirmed?.reason === right.unconfirmed?.reason
  );
}

/** @param ms from the request to where the wait began */
export function measuredFromRequest(outcome: PropagationOutcome, ms: number): PropagationOutcome {
  if (outcome.kind === 'stopped' || (outcome.kind === 'unread' && outcome.lastRead === 'none')) {
    return outcome;
  }
  return { ...outcome, afterMs: outcome.afterMs + ms };
}

export function toUnconfirmed(outcome: Exclude<PropagationOutcome, { kind: 'gone' }>): Unconfirmed {
  if (outcome.kind === 'timedOut') {
    return { reason: 'timedOut', lastRead: 'listed' };
  }
  const { lastRead } = outcome;
  return outcome.kind === 'unread'
    ? { reason: 'unread', lastRead, trouble: outcome.trouble }
    : { reason: 'stopped', lastRead };
}

export function toJournalOutcome(outcome: Exclude<PropagationOutcome, { kind: 'gone' }>): JournalOutcome {
  return outcome.kind === 'timedOut' ? { kind: 'stillListed', afterMs: outcome.afterMs, lastRead: 'listed' } : outcome;
}
