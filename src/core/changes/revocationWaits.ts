import type { Clock } from '../base/clock.ts';
import { Emitter } from '../base/emitter.ts';
import type { Session } from '../connections/session.ts';
import type { ConnectionRef, KmsKey } from '../kms/model.ts';
import type { Journal } from './journal.ts';
import { isFinished } from './journalOutcomes.ts';
import type { JournalOutcome } from './journalRecord.ts';
import { KeyPollers } from './keyPollers.ts';
import type { PropagationOutcome, PropagationPolicy } from './propagation.ts';
import type { Entry, RevocationEntries } from './revocationEntries.ts';
import {
  type EndedWait,
  measuredFromRequest,
  type RevocationRecord,
  toJournalOutcome,
  toUnconfirmed,
} from './revocationRecord.ts';

export interface RevocationWaitsOptions {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly random: () => number;
  readonly policy: () => PropagationPolicy;
  /** Called when the outcome of a revoke can't be written to the journal. The wait continues. */
  readonly warn: (error: unknown) => void;
}

/** Waits until revoked and retired grants are gone, and writes the outcomes to the journal. */
export class RevocationWaits {
  readonly #options: RevocationWaitsOptions;
  readonly #entries: RevocationEntries;
  readonly #pollers: KeyPollers;
  readonly #ended = new Emitter<EndedWait>();
  readonly onDidEnd = this.#ended.event;
  readonly #suspended = new Emitter<RevocationRecord>();
  /** The connection was closed during a wait. The wait resumes when the connection is opened again. */
  readonly onDidSuspend = this.#suspended.event;

  constructor(options: RevocationWaitsOptions, entries: RevocationEntries) {
    this.#options = options;
    this.#entries = entries;
    this.#pollers = new KeyPollers(options);
    this.#pollers.onDidProgress(({ place, progress }) => {
      const entry = entries.get(place);
      if (entry !== undefined) {
        entry.progress = progress;
        entries.fireChange(entry.record);
      }
    });
  }

  dispose(): void {
    this.#pollers.dispose();
  }

  /** Ends the wait, and the read that is under way for it. */
  stop(ref: ConnectionRef, key: KmsKey, grantId: string): void {
    this.#pollers.stop(ref, key.arn, grantId);
  }

  /** Reports that the wait is not resumed, because the connection belongs to another account now. */
  endForOtherAccount({ record }: Entry): void {
    this.#ended.fire({ record, outcome: { kind: 'otherAccount' } });
  }

  /** Starts a new wait, for a grant that was left unconfirmed or is listed again. */
  async followAgain(session: Session, entry: Entry, kind: 'followed' | 'reappeared'): Promise<void> {
    entry.record = { ...entry.record, endedAt: undefined, unconfirmed: undefined };
    this.follow(session, entry, this.#options.clock.monotonic());
    await this.record(entry.record, { kind });
  }

  /** Continues the wait of another window, or of this one before a reload, unless it was continued already. */
  async resume(session: Session, entry: Entry): Promise<void> {
    if (entry.phase !== 'idle' || !this.#entries.isCurrent(entry)) {
      return;
    }
    this.follow(session, entry);
    await this.record(entry.record, { kind: 'followed' });
  }

  /** @param from when the wait begins, in time of `clock.monotonic()`; by default, at the request */
  follow(session: Session, entry: Entry, from = entry.requestedAt): void {
    const { clock, policy } = this.#options;
    entry.knownAt = clock.monotonic();
    entry.absentLists = 0;
    if (session.closed.aborted) {
      // The wait resumes with the next opening.
      entry.phase = 'idle';
      this.#suspended.fire(entry.record);
      return;
    }
    entry.phase = 'confirming';
    entry.progress = undefined;
    this.#entries.fireChange(entry.record);
    // For a request of another process only the date is known, and the clock may have been set since.
    const since = Math.max(from, clock.monotonic() - policy().timeoutMs);
    void this.#pollers.follow(session, entry.record, since).then((outcome) => {
      return this.#end(entry, outcome && measuredFromRequest(outcome, since - entry.requestedAt));
    });
  }

  /** @param outcome `undefined` when the session was closed before the end */
  async #end(entry: Entry, outcome: PropagationOutcome | undefined): Promise<void> {
    const { record } = entry;
    entry.phase = 'idle';
    entry.progress = undefined;
    entry.knownAt = this.#options.clock.monotonic();
    if (!this.#entries.isCurrent(entry)) {
      return; // A newer revoke of the same grant replaced this one.
    }
    if (outcome === undefined) {
      this.#suspended.fire(record); // The wait resumes with the next opening.
      return;
    }
    if (outcome.kind === 'gone') {
      entry.record = { ...record, unconfirmed: undefined, endedAt: this.#options.clock.now() };
      await this.recordGone(record, outcome);
    } else {
      entry.record = { ...record, unconfirmed: toUnconfirmed(outcome) };
      this.#entries.fireChange(entry.record);
      await this.record(record, toJournalOutcome(outcome));
    }
    this.#ended.fire({ record, outcome });
  }

  async record({ id }: RevocationRecord, outcome: JournalOutcome): Promise<void> {
    if (id === '') {
      return;
    }
    try {
      await this.#options.journal.addOutcome(id, outcome);
    } catch (error) {
      this.#options.warn(error);
    }
  }

  /** Records that the grant is gone, and closes what earlier revokes of it left open. */
  async recordGone(record: RevocationRecord, outcome: JournalOutcome): Promise<void> {
    const open = this.#options.journal
      .endingsOf(record)
      .filter((other) => other.id !== record.id && !isFinished(other));
    await this.record(record, outcome);
    for (const { id } of open) {
      await this.record({ ...record, id }, { kind: 'dismissed' });
    }
  }
}
