import type { Clock } from '../base/clock.ts';
import { Emitter, type Subscription } from '../base/emitter.ts';
import type { ActingSession, Session } from '../connections/session.ts';
import { type Actor, actorRecord } from '../kms/actor.ts';
import { type ConnectionRef, connectionId, type Grant, grantIdentity, type KmsKey } from '../kms/model.ts';
import type { Journal } from './journal.ts';
import { isFinished } from './journalOutcomes.ts';
import { type EndingKind, endsGrant, type JournalOutcome, type JournalRecord } from './journalRecord.ts';
import { KeyPollers } from './keyPollers.ts';
import type { PropagationOutcome, PropagationPolicy, PropagationProgress } from './propagation.ts';
import {
  type EndedWait,
  isSameState,
  latestRevocations,
  measuredFromRequest,
  type RevocationRecord,
  type RevocationState,
  toJournalOutcome,
  toUnconfirmed,
} from './revocationRecord.ts';
import { sendChange } from './sendChange.ts';

/**
 * How long a grant whose end was seen is remembered. A list that a slow part of KMS answers can still hold it; its row
 * must then not look like that of a grant that nobody revoked.
 */
const retentionMs = 15 * 60_000;

/** How long after all of its limits a wait of another window is taken to go on. */
const graceMs = 60_000;

/** A grant that later lists don't hold is done with after so many of them, at least: one list may lag behind. */
const minAbsentLists = 2;

/** For how long a wait goes on at most, as long as the computer is awake: until KMS is silent for its limit. */
export function maxWaitMs({ timeoutMs }: PropagationPolicy): number {
  return 2 * timeoutMs;
}

export type RevokeResult = 'accepted' | 'perhapsGone';

export interface RevocationsOptions {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly random: () => number;
  readonly policy: () => PropagationPolicy;
  /** Called when what came of a revoke can't be written to the journal. It goes on all the same. */
  readonly warn: (error: unknown) => void;
}

/** All times are those of `clock.monotonic()`. */
interface Entry {
  record: RevocationRecord;
  phase: 'revoking' | 'confirming' | 'idle';
  progress: PropagationProgress | undefined;
  /** When it was asked for; of what another process asked, by its date. */
  readonly requestedAt: number;
  /** When this window came to know what it knows of it: a list that began before says nothing of it. */
  knownAt: number;
  /** Lists in a row, each begun after the one before was read, that did not hold the grant. */
  absentLists: number;
}

/**
 * All revokes and retirements that are not confirmed yet, of every connection: sent, followed, and resumed after a reload.
 */
export class Revocations {
  readonly #options: RevocationsOptions;
  /** By {@link grantIdentity}. */
  readonly #entries = new Map<string, Entry>();
  readonly #pollers: KeyPollers;
  readonly #subscription: Subscription;
  readonly #changed = new Emitter<RevocationRecord>();
  /** What the row of this grant shows changed. */
  readonly onDidChange = this.#changed.event;
  readonly #ended = new Emitter<EndedWait>();
  readonly onDidEnd = this.#ended.event;
  readonly #suspended = new Emitter<RevocationRecord>();
  /** The connection was closed during a wait; its next opening takes the wait up. */
  readonly onDidSuspend = this.#suspended.event;

  constructor(options: RevocationsOptions) {
    this.#options = options;
    this.#pollers = new KeyPollers(options);
    this.#pollers.onDidProgress(({ place, progress }) => {
      const entry = this.#entries.get(grantIdentity(place));
      if (entry !== undefined) {
        entry.progress = progress;
        this.#changed.fire(entry.record);
      }
    });
    this.#subscription = options.journal.onDidChange(() => this.#syncWithJournal());
  }

  /** The records of one key, newest first; rows for them stay even while KMS does not list the grant. */
  ofKey(ref: ConnectionRef, keyArn: string): readonly RevocationRecord[] {
    const id = connectionId(ref);
    return [...this.#entries.values()]
      .map(({ record }) => record)
      .filter(
        (record) => record.endedAt === undefined && record.key.arn === keyArn && connectionId(record.connection) === id,
      )
      .sort((left, right) => right.requestedAt - left.requestedAt);
  }

  state(ref: ConnectionRef, key: KmsKey, grantId: string): RevocationState | undefined {
    const entry = this.#entries.get(grantIdentity({ connection: ref, key, grant: { grantId } }));
    if (entry === undefined) {
      return undefined;
    }
    const { record, phase, progress } = entry;
    if (record.endedAt !== undefined) {
      // A row of it is there only by a list from a part of KMS that lags behind.
      return this.#isExpired(entry) ? undefined : { kind: 'confirming', record, progress: undefined };
    }
    if (phase === 'revoking') {
      return { kind: 'revoking', record };
    }
    if (phase === 'idle' && (record.unconfirmed !== undefined || this.#isOverdue(entry))) {
      return { kind: 'unconfirmed', record };
    }
    return { kind: 'confirming', record, progress };
  }

  /**
   * Records the intent, revokes, and follows the change in the background. Once sent, a revoke can't be taken back: when
   * `signal` ends the wait for its answer, the grant is followed all the same.
   * @throws KmsError when KMS refused it
   * @throws UnansweredError when it may have been done: it is followed
   * @throws UserError when nothing was sent
   */
  revoke(acting: ActingSession, key: KmsKey, grant: Grant, signal?: AbortSignal): Promise<RevokeResult> {
    return this.#send(acting, this.#newChange('revoke', acting, key, grant), signal);
  }

  /** As {@link revoke}, by RetireGrant. */
  retire(acting: ActingSession, key: KmsKey, grant: Grant, signal?: AbortSignal): Promise<RevokeResult> {
    return this.#send(acting, this.#newChange('retire', acting, key, grant), signal);
  }

  async #send({ session, actor }: ActingSession, entry: Entry, signal: AbortSignal | undefined): Promise<RevokeResult> {
    const earlier = this.#put(entry);
    const { kind, connection, key, grant } = entry.record;
    const ref = { keyArn: key.arn, grantId: grant.grantId };
    const change = {
      entry: { kind, connection, ...actorRecord(actor), key, grant },
      send: ({ api }: Session, ended: AbortSignal) =>
        kind === 'revoke' ? api.revokeGrant(ref, actor, ended) : api.retireGrant(ref, actor, ended),
      accepted: (): JournalOutcome => ({ kind: 'accepted' }),
      signal,
    };
    let sent: Awaited<ReturnType<typeof sendChange>>;
    try {
      sent = await sendChange(this.#options, session, change, ({ id }) => {
        entry.record = { ...entry.record, id };
      });
    } catch (error) {
      this.#restore(entry, earlier);
      throw error;
    }
    const { answer } = sent;
    if (answer.kind === 'refused') {
      this.#restore(entry, earlier);
      throw answer.error;
    }
    entry.record = { ...entry.record, accepted: answer.kind === 'accepted', notFound: answer.kind === 'notFound' };
    this.#follow(session, entry);
    if (answer.kind === 'unknown') {
      throw answer.error;
    }
    return answer.kind === 'accepted' ? 'accepted' : 'perhapsGone';
  }

  /** Follows a revoke that has already happened, by a dry run that was none. */
  async followCompleted(kind: EndingKind, acting: ActingSession, key: KmsKey, grant: Grant): Promise<void> {
    const { session, actor } = acting;
    const entry = this.#newChange(kind, acting, key, grant);
    this.#put(entry);
    try {
      entry.record = { ...entry.record, id: (await this.#addToJournal(entry.record, actor)).id };
    } catch (error) {
      this.#options.warn(error);
    }
    entry.record = { ...entry.record, accepted: true };
    this.#follow(session, entry);
    await this.#record(entry.record, { kind: 'accepted' });
  }

  /** Ends the wait, with a read that is under way for it. The revoke stands. */
  stopWaiting(ref: ConnectionRef, key: KmsKey, grantId: string): void {
    this.#pollers.stop(ref, key.arn, grantId);
  }

  /** Waits again, with a full new time limit, for a grant that was left unconfirmed. */
  checkAgain(session: Session, key: KmsKey, grantId: string): void {
    const entry = this.#entries.get(grantIdentity({ connection: session.connection.ref, key, grant: { grantId } }));
    if (entry?.phase !== 'idle') {
      return;
    }
    const { account } = entry.record;
    const current = session.knownIdentity?.account;
    // An old notification offers this too: the profile may have come to sign in elsewhere.
    if (account !== undefined && current !== undefined && current !== account) {
      this.#ended.fire({ record: entry.record, outcome: { kind: 'otherAccount' } });
    } else {
      void this.#followAgain(session, entry, 'followed');
    }
  }

  /** Takes up the waits that a reload cut short, once it is sure that the connection leads to the same account. */
  async resume(session: Session): Promise<void> {
    await this.#options.journal.ready();
    this.#syncWithJournal();
    if (this.#interruptedEntries(session).length === 0) {
      return;
    }
    const account = await this.#accountOf(session);
    for (const entry of this.#interruptedEntries(session)) {
      if (entry.record.account === undefined || entry.record.account === account) {
        await this.#resumeWait(session, entry);
      } else {
        this.#ended.fire({ record: entry.record, outcome: { kind: 'otherAccount' } });
      }
    }
  }

  /**
   * Takes what a list of the key's grants says of those that nobody here waits for. Several lists in a row that don't hold
   * a grant are the end of it; a grant that had ended and is listed again is followed again.
   * @param began when the first request of the list began, as `clock.monotonic()` has it: it says nothing of what is younger
   */
  async reconcile(
    session: Session,
    keyArn: string,
    list: { readonly listed: ReadonlySet<string>; readonly isComplete: boolean; readonly began: number },
  ): Promise<void> {
    try {
      await this.#options.journal.ready();
    } catch (error) {
      this.#options.warn(error);
    }
    for (const entry of [...this.#entries.values()]) {
      const { record, phase } = entry;
      const isOfKey = record.key.arn === keyArn && connectionId(record.connection) === session.connection.id;
      if (phase !== 'idle' || !isOfKey) {
        continue;
      }
      if (record.endedAt !== undefined && this.#isExpired(entry)) {
        this.#entries.delete(grantIdentity(record));
      } else if (list.began >= entry.knownAt) {
        await this.#applyList(session, entry, list);
      }
    }
  }

  async #applyList(
    session: Session,
    entry: Entry,
    { listed, isComplete }: { readonly listed: ReadonlySet<string>; readonly isComplete: boolean },
  ): Promise<void> {
    const { record } = entry;
    const isListed = listed.has(record.grant.grantId);
    if (record.endedAt !== undefined) {
      if (isListed) {
        await this.#followAgain(session, entry, 'reappeared');
      }
      return;
    }
    if (record.unconfirmed === undefined && !this.#isOverdue(entry)) {
      // Whoever followed it is gone.
      if (this.#mayFollow(record) && record.account === session.knownIdentity?.account) {
        await this.#resumeWait(session, entry);
      }
      return;
    }
    if (record.unconfirmed?.reason === 'unread') {
      // KMS answers again.
      await this.#followAgain(session, entry, 'followed');
      return;
    }
    if (!isListed && !isComplete) {
      return;
    }
    // The same list, or one that is as old, says nothing new.
    entry.knownAt = this.#options.clock.monotonic();
    entry.absentLists = isListed ? 0 : entry.absentLists + 1;
    if (entry.absentLists >= Math.max(minAbsentLists, this.#options.policy().absentReads)) {
      entry.record = { ...record, endedAt: this.#options.clock.now() };
      await this.#recordGone(record, { kind: 'dismissed' });
      this.#changed.fire(record);
    }
  }

  /** The waits on this connection that nobody follows, here or in another window. */
  #interruptedEntries(session: Session): readonly Entry[] {
    return [...this.#entries.values()].filter(
      ({ record, phase }) =>
        phase === 'idle' &&
        record.unconfirmed === undefined &&
        record.endedAt === undefined &&
        connectionId(record.connection) === session.connection.id &&
        this.#mayFollow(record),
    );
  }

  async #accountOf(session: Session): Promise<string> {
    try {
      return (await session.identity()).account;
    } catch (error) {
      // Without it no wait can be taken up: the rows offer Check Again in place of a spinner that nothing drives.
      for (const entry of session.closed.aborted ? [] : this.#interruptedEntries(session)) {
        entry.record = { ...entry.record, unconfirmed: { reason: 'stopped', lastRead: 'none' } };
        this.#changed.fire(entry.record);
        await this.#record(entry.record, { kind: 'stopped', lastRead: 'none' });
      }
      throw error;
    }
  }

  #mayFollow({ id }: RevocationRecord): boolean {
    const { journal, policy } = this.#options;
    const record = journal.record(id);
    return record === undefined || journal.mayFollow(record, maxWaitMs(policy()));
  }

  /** Nobody follows it here, and who followed it elsewhere would have written its end. */
  #isOverdue({ knownAt }: Entry): boolean {
    const { clock, policy } = this.#options;
    return clock.monotonic() > knownAt + maxWaitMs(policy()) + graceMs;
  }

  #isExpired({ knownAt }: Entry): boolean {
    return this.#options.clock.monotonic() > knownAt + retentionMs;
  }

  /** Takes over what the journal knows of revokes that nothing in this window is sending. */
  #syncWithJournal(): void {
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
    for (const [identity, entry] of [...this.#entries]) {
      const { record, phase } = entry;
      const isRemembered = record.endedAt !== undefined && !this.#isExpired(entry);
      const isRefused = phase === 'confirming' && journal.record(record.id)?.outcome?.kind === 'refused';
      // One without an entry in the journal, which could not be written, is known here alone.
      const isUnknown = phase === 'idle' && record.id !== '' && known.get(identity) === undefined && !isRemembered;
      if (!isRefused && !isUnknown) {
        continue;
      }
      this.#entries.delete(identity);
      if (isRefused) {
        this.stopWaiting(record.connection, record.key, record.grant.grantId);
      }
      changed.push(record);
    }
    for (const record of changed) {
      this.#changed.fire(record);
    }
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#pollers.dispose();
  }

  #newChange(kind: EndingKind, { session, actor }: ActingSession, key: KmsKey, grant: Grant): Entry {
    const { clock } = this.#options;
    const { ref } = session.connection;
    const { account } = actorRecord(actor);
    const record = { id: '', kind, connection: ref, account, key, grant, requestedAt: clock.now(), accepted: false };
    return { ...this.#entry(record, clock.monotonic()), phase: 'revoking' };
  }

  #entry(record: RevocationRecord, requestedAt: number): Entry {
    const knownAt = this.#options.clock.monotonic();
    return { record, phase: 'idle', progress: undefined, requestedAt, knownAt, absentLists: 0 };
  }

  /** A date of another process, as `clock.monotonic()` would have had it; one in the future is taken for now. */
  #toMonotonic(date: number): number {
    const { clock } = this.#options;
    return clock.monotonic() - Math.max(0, clock.now() - date);
  }

  #addToJournal({ kind, connection, key, grant }: RevocationRecord, actor: Actor): Promise<JournalRecord> {
    return this.#options.journal.add({ kind, connection, ...actorRecord(actor), key, grant });
  }

  /** @returns what was known of an earlier revoke of the same grant */
  #put(entry: Entry): Entry | undefined {
    const identity = grantIdentity(entry.record);
    const earlier = this.#entries.get(identity);
    this.#entries.set(identity, entry);
    this.#changed.fire(entry.record);
    return earlier;
  }

  /** What is known of an earlier revoke of the same grant holds on. */
  #restore(entry: Entry, earlier: Entry | undefined): void {
    const identity = grantIdentity(entry.record);
    if (this.#entries.get(identity) !== entry) {
      return;
    }
    if (earlier === undefined) {
      this.#entries.delete(identity);
    } else {
      this.#entries.set(identity, earlier);
    }
    this.#changed.fire(entry.record);
  }

  async #followAgain(session: Session, entry: Entry, kind: 'followed' | 'reappeared'): Promise<void> {
    entry.record = { ...entry.record, endedAt: undefined, unconfirmed: undefined };
    this.#follow(session, entry, this.#options.clock.monotonic());
    await this.#record(entry.record, { kind });
  }

  /** Goes on with a wait that another window began; from now on it is this one's. */
  async #resumeWait(session: Session, entry: Entry): Promise<void> {
    this.#follow(session, entry);
    await this.#record(entry.record, { kind: 'followed' });
  }

  /** @param from where the wait begins, unless at the request; as `clock.monotonic()` has it */
  #follow(session: Session, entry: Entry, from = entry.requestedAt): void {
    const { clock, policy } = this.#options;
    entry.knownAt = clock.monotonic();
    entry.absentLists = 0;
    if (session.closed.aborted) {
      entry.phase = 'idle'; // The next opening takes the wait up.
      return;
    }
    entry.phase = 'confirming';
    entry.progress = undefined;
    this.#changed.fire(entry.record);
    // Of what began in another process only the date is known, and a clock may have been set since.
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
    if (this.#entries.get(grantIdentity(record)) !== entry) {
      return; // A newer revoke of the same grant took over.
    }
    if (outcome === undefined) {
      this.#suspended.fire(record); // The next opening takes the wait up.
      return;
    }
    if (outcome.kind === 'gone') {
      entry.record = { ...record, unconfirmed: undefined, endedAt: this.#options.clock.now() };
      await this.#recordGone(record, outcome);
    } else {
      entry.record = { ...record, unconfirmed: toUnconfirmed(outcome) };
      this.#changed.fire(entry.record);
      await this.#record(record, toJournalOutcome(outcome));
    }
    this.#ended.fire({ record, outcome });
  }

  async #record({ id }: RevocationRecord, outcome: JournalOutcome): Promise<void> {
    if (id === '') {
      return;
    }
    try {
      await this.#options.journal.addOutcome(id, outcome);
    } catch (error) {
      this.#options.warn(error);
    }
  }

  /** The grant is gone: with it ends what earlier revokes of it have left open. */
  async #recordGone(record: RevocationRecord, outcome: JournalOutcome): Promise<void> {
    const identity = grantIdentity(record);
    const open = this.#options.journal.records.filter(
      (other) => endsGrant(other) && other.id !== record.id && !isFinished(other) && grantIdentity(other) === identity,
    );
    await this.#record(record, outcome);
    for (const { id } of open) {
      await this.#record({ ...record, id }, { kind: 'dismissed' });
    }
  }
}
