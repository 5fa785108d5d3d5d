import type { Event, Subscription } from '../base/emitter.ts';
import type { ActingSession, Session } from '../connections/session.ts';
import { actorRecord } from '../kms/actor.ts';
import type { ConnectionRef, Grant, KmsKey } from '../kms/model.ts';
import type { EndingKind, JournalOutcome } from './journalRecord.ts';
import { type Entry, RevocationEntries } from './revocationEntries.ts';
import type { EndedWait, RevocationRecord, RevocationState } from './revocationRecord.ts';
import { RevocationWaits, type RevocationWaitsOptions } from './revocationWaits.ts';
import { sendChange } from './sendChange.ts';

/** The minimum number of lists without a grant before it counts as gone: a single list may lag behind. */
const minAbsentLists = 2;

export type RevokeResult = 'accepted' | 'perhapsGone';

export interface SendOptions {
  /** Ends the wait for the answer. */
  readonly signal?: AbortSignal;
  /** What the question said of the grant besides; the history keeps it. */
  readonly evidence?: readonly string[];
}

/** What a list of a key's grants says. */
interface ListedGrants {
  /** The IDs of the grants. */
  readonly listed: ReadonlySet<string>;
  readonly isComplete: boolean;
  /** When its first request began, in time of `clock.monotonic()`: it says nothing about later changes. */
  readonly began: number;
}

/**
 * All revokes and retirements that are not confirmed yet, of every connection: sent, followed, and resumed after a reload.
 */
export class Revocations {
  readonly #options: RevocationWaitsOptions;
  readonly #entries: RevocationEntries;
  readonly #waits: RevocationWaits;
  readonly #subscription: Subscription;
  /** Changes that are being sent, or whose answer is being written. */
  readonly #sending = new Set<{ readonly session: Session; readonly ended: Promise<unknown> }>();
  /** What the row of this grant shows changed. */
  readonly onDidChange: Event<RevocationRecord>;
  readonly onDidEnd: Event<EndedWait>;
  /** The connection was closed during a wait. The wait resumes when the connection is opened again. */
  readonly onDidSuspend: Event<RevocationRecord>;

  constructor(options: RevocationWaitsOptions) {
    this.#options = options;
    this.#entries = new RevocationEntries(options);
    this.#waits = new RevocationWaits(options, this.#entries);
    // What this window writes itself, its entries have already: for each line, a bulk revoke would look at all records.
    this.#subscription = options.journal.onDidRead(() => this.#syncWithJournal());
    this.onDidChange = this.#entries.onDidChange;
    this.onDidEnd = this.#waits.onDidEnd;
    this.onDidSuspend = this.#waits.onDidSuspend;
  }

  /** The records of one key, newest first. Their rows stay even while KMS does not list the grant. */
  ofKey(ref: ConnectionRef, keyArn: string): readonly RevocationRecord[] {
    return this.#entries.ofKey(ref, keyArn);
  }

  /** All records of a connection; see {@link state} for what became of each. */
  ofConnection(ref: ConnectionRef): readonly RevocationRecord[] {
    return this.#entries.of(ref).map(({ record }) => record);
  }

  state(ref: ConnectionRef, key: KmsKey, grantId: string): RevocationState | undefined {
    return this.#entries.state({ connection: ref, key, grant: { grantId } });
  }

  /**
   * Records the intent, revokes, and follows the change in the background. Once sent, a revoke can't be taken back: when
   * `signal` ends the wait for its answer, the grant is followed all the same.
   * @throws KmsError when KMS refused it
   * @throws UnansweredError when it may have been done: it is followed
   * @throws UserError when nothing was sent
   */
  revoke(acting: ActingSession, key: KmsKey, grant: Grant, options?: SendOptions): Promise<RevokeResult> {
    return this.#end('revoke', acting, key, grant, options);
  }

  /** As {@link revoke}, by RetireGrant. */
  retire(acting: ActingSession, key: KmsKey, grant: Grant, options?: SendOptions): Promise<RevokeResult> {
    return this.#end('retire', acting, key, grant, options);
  }

  #end(kind: EndingKind, acting: ActingSession, key: KmsKey, grant: Grant, options?: SendOptions) {
    const ended = this.#send(kind, acting, key, grant, options);
    const sending = { session: acting.session, ended };
    this.#sending.add(sending);
    return ended.finally(() => this.#sending.delete(sending));
  }

  async #send(
    kind: EndingKind,
    acting: ActingSession,
    key: KmsKey,
    grant: Grant,
    { signal, evidence }: SendOptions = {},
  ): Promise<RevokeResult> {
    const { session, actor } = acting;
    const { entry, undo } = this.#entries.add(kind, acting, key, grant);
    const connection = session.connection.ref;
    const ref = { keyArn: key.arn, grantId: grant.grantId };
    const change = {
      entry: { kind, connection, ...actorRecord(actor), key, grant, evidence },
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
      undo();
      throw error;
    }
    const { answer } = sent;
    if (answer.kind === 'refused') {
      undo();
      throw answer.error;
    }
    entry.record = { ...entry.record, accepted: answer.kind === 'accepted', notFound: answer.kind === 'notFound' };
    this.#waits.follow(session, entry);
    if (answer.kind === 'unknown') {
      throw answer.error;
    }
    return answer.kind === 'accepted' ? 'accepted' : 'perhapsGone';
  }

  /** Follows a revoke that has already happened, by a dry run that the server ignored. */
  async followCompleted(kind: EndingKind, acting: ActingSession, key: KmsKey, grant: Grant): Promise<void> {
    const { session, actor } = acting;
    const { entry } = this.#entries.add(kind, acting, key, grant);
    try {
      const { connection } = session;
      const line = await this.#options.journal.add({
        kind,
        connection: connection.ref,
        ...actorRecord(actor),
        key,
        grant,
      });
      entry.record = { ...entry.record, id: line.id };
    } catch (error) {
      this.#options.warn(error);
    }
    entry.record = { ...entry.record, accepted: true };
    this.#waits.follow(session, entry);
    await this.#waits.record(entry.record, { kind: 'accepted' });
  }

  /**
   * Ends the wait, and the read that is under way for it. It does not undo the revoke. A wait of another window goes on
   * there, and its end counts here too.
   */
  stopWaiting(ref: ConnectionRef, key: KmsKey, grantId: string): void {
    const entry = this.#entries.get({ connection: ref, key, grant: { grantId } });
    if (entry?.phase === 'idle' && entry.record.endedAt === undefined && entry.record.unconfirmed === undefined) {
      void this.#leaveUnconfirmed(entry);
    } else {
      this.#waits.stop(ref, key, grantId);
    }
  }

  /** Waits again, with a full new time limit, for a grant that was left unconfirmed. */
  checkAgain(session: Session, key: KmsKey, grantId: string): void {
    const entry = this.#entries.get({ connection: session.connection.ref, key, grant: { grantId } });
    if (entry?.phase !== 'idle') {
      return;
    }
    const { account } = entry.record;
    const current = session.knownIdentity?.account;
    // An old notification offers this, too: the profile may sign in to another account by now.
    if (account !== undefined && current !== undefined && current !== account) {
      this.#waits.endForOtherAccount(entry);
    } else {
      void this.#waits.followAgain(session, entry, 'followed');
    }
  }

  /** Resumes the waits that a reload interrupted, once the connection is known to belong to the same account. */
  async resume(session: Session): Promise<void> {
    await this.#options.journal.ready();
    // What the end of an earlier session cut off is followed by this one.
    const cutOff = [...this.#sending].filter(({ session: { closed } }) => closed.aborted);
    await Promise.allSettled(cutOff.map(({ ended }) => ended));
    this.#syncWithJournal();
    if (this.#entries.interrupted(session.connection.ref).length === 0) {
      return;
    }
    const account = await this.#accountOf(session);
    for (const entry of this.#entries.interrupted(session.connection.ref)) {
      if (entry.record.account === undefined || entry.record.account === account) {
        await this.#waits.resume(session, entry);
      } else if (!entry.isOtherReported) {
        // Once: tools renew the credentials of a profile every hour.
        entry.isOtherReported = true;
        this.#waits.endForOtherAccount(entry);
      }
    }
  }

  /**
   * Applies a list of the key's grants to those that this window does not wait for. A grant is gone after several lists in
   * a row without it; one that was gone and is listed again is followed again.
   */
  async reconcile(session: Session, keyArn: string, list: ListedGrants): Promise<void> {
    try {
      await this.#options.journal.ready();
    } catch (error) {
      this.#options.warn(error);
    }
    for (const entry of this.#entries.of(session.connection.ref)) {
      const { record, phase } = entry;
      // While one is applied, another window's news may replace the next.
      if (phase !== 'idle' || record.key.arn !== keyArn || !this.#entries.isCurrent(entry)) {
        continue;
      }
      if (this.#entries.isForgotten(entry)) {
        this.#entries.forget(entry);
      } else if (list.began >= entry.knownAt) {
        await this.#applyList(session, entry, list);
      }
    }
  }

  async #applyList(session: Session, entry: Entry, { listed, isComplete }: ListedGrants): Promise<void> {
    const { record } = entry;
    const isListed = listed.has(record.grant.grantId);
    if (record.endedAt !== undefined) {
      if (isListed) {
        await this.#waits.followAgain(session, entry, 'reappeared');
      }
      return;
    }
    if (record.unconfirmed === undefined && !this.#entries.isOverdue(entry)) {
      // The window that followed it has ended.
      if (this.#entries.mayFollow(record) && record.account === session.knownIdentity?.account) {
        await this.#waits.resume(session, entry);
      }
      return;
    }
    if (record.unconfirmed?.reason === 'unread') {
      if (isComplete || listed.size > 0) {
        // KMS answers again.
        await this.#waits.followAgain(session, entry, 'followed');
      }
      return;
    }
    if (!isListed && !isComplete) {
      return;
    }
    // The same list, or one as old, must not count twice.
    entry.knownAt = this.#options.clock.monotonic();
    entry.absentLists = isListed ? 0 : entry.absentLists + 1;
    if (entry.absentLists >= Math.max(minAbsentLists, this.#options.policy().absentReads)) {
      entry.record = { ...record, endedAt: this.#options.clock.now() };
      await this.#waits.recordGone(record, { kind: 'dismissed' });
      this.#entries.fireChange(record);
    }
  }

  async #accountOf(session: Session): Promise<string> {
    try {
      return (await session.identity()).account;
    } catch (error) {
      // Without the account no wait can resume: the rows offer Check Again, rather than a spinner that never ends.
      for (const entry of session.closed.aborted ? [] : this.#entries.interrupted(session.connection.ref)) {
        await this.#leaveUnconfirmed(entry);
      }
      throw error;
    }
  }

  /** This window knows nothing of what KMS lists. */
  async #leaveUnconfirmed(entry: Entry): Promise<void> {
    entry.record = { ...entry.record, unconfirmed: { reason: 'stopped', lastRead: 'none' } };
    this.#entries.fireChange(entry.record);
    await this.#waits.record(entry.record, { kind: 'stopped', lastRead: 'none' });
  }

  #syncWithJournal(): void {
    for (const { connection, key, grant } of this.#entries.syncWithJournal()) {
      this.stopWaiting(connection, key, grant.grantId);
    }
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#waits.dispose();
  }
}
