import type { Clock } from '../base/clock.ts';
import { Emitter } from '../base/emitter.ts';
import type { ActingSession } from '../connections/session.ts';
import { actorRecord } from '../kms/actor.ts';
import {
  type ConnectionRef,
  connectionId,
  type Grant,
  type GrantLocator,
  grantIdentity,
  type KmsKey,
} from '../kms/model.ts';
import type { Journal } from './journal.ts';
import type { EndingKind } from './journalRecord.ts';
import { maxWaitMs, type PropagationPolicy, type PropagationProgress } from './propagation.ts';
import { isSameState, latestRevocations, type RevocationRecord, type RevocationState } from './revocationRecord.ts';

/**
 * How long a grant that was confirmed gone is remembered. A list that a slow part of KMS answers can still hold it; its
 * row must then not look like that of a grant that nobody revoked.
 */
const retentionMs = 15 * 60_000;

/** How long after its limits a wait of another window still counts as active. */
const graceMs = 60_000;

export interface RevocationEntriesOptions {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly policy: () => PropagationPolicy;
}

/** What this window knows of one revoke or retirement. All times are those of `clock.monotonic()`. */
export interface Entry {
  record: RevocationRecord;
  phase: 'revoking' | 'confirming' | 'idle';
  progress: PropagationProgress | undefined;
  /** When it was requested; for a request of another process, computed from its date. */
  readonly requestedAt: number;
  /** When this window last learned something about it: a list that began before is outdated. */
  knownAt: number;
  /** The number of lists in a row without the grant. Each began after the one before was read. */
  absentLists: number;
  /** The user knows that the connection leads to another account now. */
  isOtherReported?: boolean;
  /** What was known of the grant before this change. */
  earlier?: Entry | undefined;
}

/** The last revoke or retirement of each grant, from this window and from the journal. */
export class RevocationEntries {
  readonly #options: RevocationEntriesOptions;
  /** By {@link grantIdentity}. */
  readonly #entries = new Map<string, Entry>();
  readonly #changed = new Emitter<RevocationRecord>();
  readonly onDidChange = this.#changed.event;

  constructor(options: RevocationEntriesOptions) {
    this.#options = options;
  }

  get(place: GrantLocator): Entry | undefined {
    return this.#entries.get(grantIdentity(place));
  }

  /** No newer revoke of the same grant has replaced it. */
  isCurrent(entry: Entry): boolean {
    return this.get(entry.record) === entry;
  }

  /** The records of one key that have not ended, newest first. */
  ofKey(ref: ConnectionRef, keyArn: string): readonly RevocationRecord[] {
    return this.of(ref)
      .map(({ record }) => record)
      .filter((record) => record.endedAt === undefined && record.key.arn === keyArn)
      .sort((left, right) => right.requestedAt - left.requestedAt);
  }

  /** The waits on this connection that nobody follows, here or in another window. */
  interrupted(ref: ConnectionRef): readonly Entry[] {
    return this.of(ref).filter(
      ({ record, phase }) =>
        phase === 'idle' && record.unconfirmed === undefined && record.endedAt === undefined && this.mayFollow(record),
    );
  }

  of(ref: ConnectionRef): readonly Entry[] {
    const id = connectionId(ref);
    return [...this.#entries.values()].filter(({ record }) => connectionId(record.connection) === id);
  }

  state(place: GrantLocator): RevocationState | undefined {
    const entry = this.get(place);
    if (entry === undefined) {
      return undefined;
    }
    const { record, phase, progress } = entry;
    if (record.endedAt !== undefined) {
      // Its row is only shown because a part of KMS that lags behind still lists it.
      return this.#isExpired(entry) ? undefined : { kind: 'confirming', record, progress: undefined };
    }
    if (phase === 'revoking') {
      return { kind: 'revoking', record };
    }
    if (phase === 'idle' && (record.unconfirmed !== undefined || this.isOverdue(entry))) {
      return { kind: 'unconfirmed', record };
    }
    return { kind: 'confirming', record, progress };
  }

  /** Adds a change that is about to be sent. `undo` restores what was known of an earlier revoke of the same grant. */
  add(
    kind: EndingKind,
    { session, actor }: ActingSession,
    key: KmsKey,
    grant: Grant,
  ): { readonly entry: Entry; readonly undo: () => void } {
    const { clock } = this.#options;
    const { ref } = session.connection;
    const { account } = actorRecord(actor);
    const record = { id: '', kind, connection: ref, account, key, grant, requestedAt: clock.now(), accepted: false };
    const identity = grantIdentity(record);
    const earlier = this.#entries.get(identity);
    const entry: Entry = { ...this.#entry(record, clock.monotonic()), phase: 'revoking', earlier };
    this.#entries.set(identity, entry);
    this.#changed.fire(record);
    const undo = () => {
      if (!this.isCurrent(entry)) {
        // A newer one, if it is undone too, must not restore this one.
        for (let newer = this.get(record); newer !== undefined; newer = newer.earlier) {
          if (newer.earlier === entry) {
            newer.earlier = entry.earlier;
          }
        }
        return;
      }
      if (entry.earlier === undefined) {
        this.#entries.delete(identity);
      } else {
        this.#entries.set(identity, entry.earlier);
      }
      this.#changed.fire(entry.record);
    };
    return { entry, undo };
  }

  /** The row of the grant must be drawn again. */
  fireChange(record: RevocationRecord): void {
    this.#changed.fire(record);
  }

  /** No other window follows it. */
  mayFollow({ id }: RevocationRecord): boolean {
    const { journal, policy } = this.#options;
    const record = journal.record(id);
    return record === undefined || journal.mayFollow(record, maxWaitMs(policy()));
  }

  /** Nobody follows it here, and a window that followed it would have written its end. */
  isOverdue({ knownAt }: Entry): boolean {
    const { clock, policy } = this.#options;
    return clock.monotonic() > knownAt + maxWaitMs(policy()) + graceMs;
  }

  #isExpired({ knownAt }: Entry): boolean {
    return this.#options.clock.monotonic() > knownAt + retentionMs;
  }

  /** It ended so long ago that a list that holds the grant does not lag behind. */
  isForgotten(entry: Entry): boolean {
    return entry.record.endedAt !== undefined && this.#isExpired(entry);
  }

  forget({ record }: Entry): void {
    this.#entries.delete(grantIdentity(record));
  }

  /**
   * Updates the revokes that this window is not sending or following from the journal.
   * @returns those that this window follows although they were refused; they are forgotten
   */
  syncWithJournal(): readonly RevocationRecord[] {
    const { journal, clock } = this.#options;
    const known = latestRevocations(journal.records, clock.now() - retentionMs);
    const changed: RevocationRecord[] = [];
    for (const [identity, record] of known) {
      const entry = this.#entries.get(identity);
      if (record === undefined || (entry !== undefined && entry.phase !== 'idle')) {
        continue;
      }
      if (entry !== undefined && isSameState(entry.record, record)) {
        continue;
      }
      this.#entries.set(identity, this.#entry(record, this.#toMonotonic(record.requestedAt)));
      changed.push(record);
    }
    const refused: RevocationRecord[] = [];
    for (const [identity, entry] of [...this.#entries]) {
      const { record, phase } = entry;
      const isRemembered = record.endedAt !== undefined && !this.#isExpired(entry);
      const isRefused = phase === 'confirming' && journal.record(record.id)?.outcome?.kind === 'refused';
      // Without an ID, its entry could not be written: only this window knows of it.
      const isUnknown = phase === 'idle' && record.id !== '' && known.get(identity) === undefined && !isRemembered;
      if (!isRefused && !isUnknown) {
        continue;
      }
      this.#entries.delete(identity);
      if (isRefused) {
        refused.push(record);
      }
      changed.push(record);
    }
    for (const record of changed) {
      this.#changed.fire(record);
    }
    return refused;
  }

  #entry(record: RevocationRecord, requestedAt: number): Entry {
    const knownAt = this.#options.clock.monotonic();
    return { record, phase: 'idle', progress: undefined, requestedAt, knownAt, absentLists: 0 };
  }

  /** Converts a date of another process to time of `clock.monotonic()`. A date in the future counts as now. */
  #toMonotonic(date: number): number {
    const { clock } = this.#options;
    return clock.monotonic() - Math.max(0, clock.now() - date);
  }
}
