import type { Clock } from './clock.ts';
import type { Session } from './connections.ts';
import { isKind, isOutcomeUnknown } from './errors.ts';
import type { GrantRef, KmsApi } from './kmsApi.ts';
import { type ConnectionRef, connectionId, type Grant, type KmsKey } from './model.ts';
import {
  type LastRead,
  type PropagationOutcome,
  type PropagationPolicy,
  PropagationPoller,
  type PropagationProgress,
  type ReadListed,
} from './propagation.ts';

/** Above this many followed grants of one key, one sweep of its list costs less than a filtered read each. */
const filteredReads = 3;

/** The grant as KMS lists it now; `undefined` when it doesn't, or says that it does not know it. */
export async function findGrant(api: KmsApi, ref: GrantRef, signal: AbortSignal): Promise<Grant | undefined> {
  try {
    let marker: string | undefined;
    do {
      const page = await api.listGrants({ ...ref, ...(marker === undefined ? {} : { marker }) }, signal);
      const found = page.items.find((grant) => grant.grantId === ref.grantId);
      if (found !== undefined) return found;
      marker = page.nextMarker;
    } while (marker !== undefined);
    return undefined;
  } catch (error) {
    if (isKind(error, 'grantNotFound', 'keyNotFound', 'invalidGrantId')) return undefined;
    throw error;
  }
}

/** The reads that a poller makes on one key: as few and as small as the API allows. */
export function listedOn(api: KmsApi, keyArn: string): ReadListed {
  return async (grantIds, signal) => {
    const wanted = new Set(grantIds);
    const listed = new Set<string>();
    if (wanted.size <= filteredReads) {
      for (const grantId of wanted) {
        if ((await findGrant(api, { keyArn, grantId }, signal)) !== undefined) listed.add(grantId);
      }
      return listed;
    }
    try {
      let marker: string | undefined;
      do {
        const page = await api.listGrants({ keyArn, ...(marker === undefined ? {} : { marker }) }, signal);
        for (const { grantId } of page.items) if (wanted.has(grantId)) listed.add(grantId);
        marker = page.nextMarker;
      } while (marker !== undefined && listed.size < wanted.size);
    } catch (error) {
      if (!isKind(error, 'keyNotFound')) throw error;
    }
    return listed;
  };
}

export type Preflight =
  /** KMS lists the grant, and `grant` is how it is now. */
  | { readonly kind: 'ready'; readonly grant: Grant }
  /** KMS no longer lists it. */
  | { readonly kind: 'gone' }
  /** The server ignored DryRun: the grant is revoked already. */
  | { readonly kind: 'revokedByDryRun'; readonly grant: Grant };

/**
 * Reads the one grant again and, where that is safe, asks KMS by dry run whether the revoke would be allowed.
 * Never against a custom endpoint: other servers ignore DryRun and revoke.
 * @throws KmsError such as `accessDenied`
 */
export async function preflight(session: Session, ref: GrantRef, signal: AbortSignal): Promise<Preflight> {
  const grant = await findGrant(session.api, ref, signal);
  if (grant === undefined) return { kind: 'gone' };
  if (session.connection.endpoint.kind === 'custom') return { kind: 'ready', grant };
  try {
    const answer = await session.api.dryRunRevokeGrant(ref, signal);
    return { kind: answer === 'revoked' ? 'revokedByDryRun' : 'ready', grant };
  } catch (error) {
    // Gone between the read and the dry run.
    if (isKind(error, 'grantNotFound', 'invalidGrantId')) return { kind: 'gone' };
    throw error;
  }
}

/** What was asked of KMS, kept from before the call until the grant is seen gone: all that a person may need of it. */
export interface RevocationRecord {
  readonly connection: ConnectionRef;
  /** The account on screen when the revoke was confirmed. */
  readonly account: string | undefined;
  readonly key: KmsKey;
  readonly grant: Grant;
  /** Milliseconds since the epoch. */
  readonly requestedAt: number;
  /** KMS answered that it took the revoke. False: the answer is outstanding, or was lost. */
  readonly accepted: boolean;
  /** Set when the wait ended without the grant being seen gone. */
  readonly unconfirmed?: { readonly reason: 'timedOut' | 'stopped'; readonly lastRead: LastRead } | undefined;
  /** When the grant was seen gone, in milliseconds since the epoch. Kept for {@link memoryMs}: KMS may list it again. */
  readonly goneAt?: number | undefined;
}

/**
 * How long a grant that was seen gone is remembered. A list that a slow part of KMS answers can still hold it; its row
 * must then not look like that of a grant that nobody revoked.
 */
const memoryMs = 15 * 60_000;

/** Where records outlive a reload of the window. Writes are in order; `put` replaces by {@link recordId}. */
export interface RecordStore {
  all(): readonly RevocationRecord[];
  put(record: RevocationRecord): PromiseLike<void>;
  remove(record: RevocationRecord): PromiseLike<void>;
}

export function recordId(record: RevocationRecord): string {
  return `${connectionId(record.connection)}/${record.key.keyId}/${record.grant.grantId}`;
}

/** What a grant's row shows of its revoke. */
export type RevocationState =
  | { readonly kind: 'revoking' }
  | { readonly kind: 'confirming'; readonly accepted: boolean; readonly progress: PropagationProgress | undefined }
  | { readonly kind: 'unconfirmed'; readonly record: RevocationRecord };

export type RevokeResult = 'accepted' | 'perhapsGone';

/** How a wait ended; `otherAccount`: it was not taken up, since the connection now leads to another account. */
export type RevocationOutcome = PropagationOutcome | { readonly kind: 'otherAccount' };

export interface RevocationsOptions {
  readonly store: RecordStore;
  readonly clock: Clock;
  readonly random: () => number;
  readonly policy: () => PropagationPolicy;
  /** The state of a grant's row changed. */
  readonly onChange: (record: RevocationRecord) => void;
  /** A wait ended. The record is as it was before the end. */
  readonly onOutcome: (
    record: RevocationRecord,
    outcome: PropagationOutcome | { readonly kind: 'otherAccount' },
  ) => void;
}

interface Entry {
  record: RevocationRecord;
  phase: 'revoking' | 'confirming' | 'idle';
  progress: PropagationProgress | undefined;
}

/** All the revokes that are not yet seen through, of every connection: made, followed, resumed. */
export class Revocations {
  readonly #options: RevocationsOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #pollers = new Map<string, { readonly poller: PropagationPoller; readonly session: Session }>();
  readonly #watched = new WeakSet<Session>();

  constructor(options: RevocationsOptions) {
    this.#options = options;
    for (const record of options.store.all()) {
      this.#entries.set(recordId(record), { record, phase: 'idle', progress: undefined });
    }
  }

  /** The records of one key, newest first; rows for them stay even while KMS does not list the grant. */
  ofKey(ref: ConnectionRef, keyArn: string): readonly RevocationRecord[] {
    const id = connectionId(ref);
    return [...this.#entries.values()]
      .map(({ record }) => record)
      .filter(
        (record) => record.goneAt === undefined && record.key.arn === keyArn && connectionId(record.connection) === id,
      )
      .sort((left, right) => right.requestedAt - left.requestedAt);
  }

  state(ref: ConnectionRef, key: KmsKey, grantId: string): RevocationState | undefined {
    const entry = this.#entries.get(`${connectionId(ref)}/${key.keyId}/${grantId}`);
    if (entry === undefined || entry.record.goneAt !== undefined) return undefined;
    if (entry.phase === 'revoking') return { kind: 'revoking' };
    if (entry.record.unconfirmed !== undefined && entry.phase === 'idle') {
      return { kind: 'unconfirmed', record: entry.record };
    }
    return { kind: 'confirming', accepted: entry.record.accepted, progress: entry.progress };
  }

  /**
   * Records the intent, revokes, and follows the change in the background. Not cancellable: once sent, a revoke can't be
   * taken back. When the answer is lost, the error is thrown and the grant is followed all the same.
   * @throws KmsError
   */
  async revoke(session: Session, key: KmsKey, grant: Grant, account: string | undefined): Promise<RevokeResult> {
    const record: RevocationRecord = {
      connection: session.connection.ref,
      account,
      key,
      grant,
      requestedAt: this.#options.clock.now(),
      accepted: false,
    };
    const entry: Entry = { record, phase: 'revoking', progress: undefined };
    const earlier = this.#entries.get(recordId(record));
    let result: RevokeResult = 'accepted';
    try {
      await this.#keep(entry);
      await session.api.revokeGrant({ keyArn: key.arn, grantId: grant.grantId }, session.closed);
    } catch (error) {
      if (!isKind(error, 'grantNotFound', 'invalidGrantId')) {
        // An abort comes from a connection that was replaced in the middle: the request may be on its way.
        if (isOutcomeUnknown(error) || session.closed.aborted) this.#follow(session, entry);
        else await this.#refused(entry, earlier);
        throw error;
      }
      result = 'perhapsGone';
    }
    await this.#accepted(session, entry);
    return result;
  }

  /** Follows a revoke that has already happened. */
  async followRevoked(session: Session, key: KmsKey, grant: Grant, account: string | undefined): Promise<void> {
    const now = this.#options.clock.now();
    const record = { connection: session.connection.ref, account, key, grant, requestedAt: now, accepted: true };
    const entry: Entry = { record, phase: 'confirming', progress: undefined };
    await this.#keep(entry);
    this.#follow(session, entry);
  }

  stopWaiting(ref: ConnectionRef, key: KmsKey, grantId: string): void {
    this.#pollers.get(pollerId(ref, key.arn))?.poller.stop(grantId);
  }

  /** Waits once more, with a full new time limit, for a grant that was left unconfirmed. */
  checkAgain(session: Session, key: KmsKey, grantId: string): void {
    const entry = this.#entries.get(`${session.connection.id}/${key.keyId}/${grantId}`);
    if (entry?.phase !== 'idle') return;
    entry.record = { ...entry.record, unconfirmed: undefined };
    this.#follow(session, entry, this.#options.clock.now());
  }

  /** Takes up the waits that a reload cut short, once it is sure that the connection leads to the same account. */
  async resume(session: Session): Promise<void> {
    await this.#dropForgotten();
    if (this.#interrupted(session).length === 0) return;
    const account = await this.#accountOf(session);
    for (const entry of this.#interrupted(session)) {
      if (entry.record.account === undefined || entry.record.account === account) this.#follow(session, entry);
      else this.#options.onOutcome(entry.record, { kind: 'otherAccount' });
    }
  }

  /**
   * A fresh list of the key's grants is in. What was left unconfirmed and is no longer listed is done with; what was seen
   * gone and is listed again is followed once more.
   */
  async reconcile(session: Session, keyArn: string, listed: ReadonlySet<string>, complete: boolean): Promise<void> {
    const now = this.#options.clock.now();
    for (const entry of [...this.#entries.values()]) {
      const { record, phase } = entry;
      if (phase !== 'idle' || record.key.arn !== keyArn || connectionId(record.connection) !== session.connection.id)
        continue;
      const isListed = listed.has(record.grant.grantId);
      if (record.goneAt !== undefined) {
        if (now - record.goneAt > memoryMs) {
          await this.#drop(entry);
        } else if (isListed) {
          entry.record = { ...record, goneAt: undefined };
          this.#follow(session, entry, now);
          await this.#keep(entry);
        }
      } else if (record.unconfirmed !== undefined && complete && !isListed) {
        await this.#drop(entry);
      }
    }
  }

  /** The waits on this connection that nothing is following. */
  #interrupted(session: Session): readonly Entry[] {
    return [...this.#entries.values()].filter(
      ({ record, phase }) =>
        phase === 'idle' &&
        record.unconfirmed === undefined &&
        record.goneAt === undefined &&
        connectionId(record.connection) === session.connection.id,
    );
  }

  async #accountOf(session: Session): Promise<string> {
    try {
      return (await session.identity()).account;
    } catch (error) {
      // Without it no wait can be taken up: the rows offer Check Again in place of a spinner that nothing drives.
      for (const entry of session.closed.aborted ? [] : this.#interrupted(session)) {
        entry.record = { ...entry.record, unconfirmed: { reason: 'stopped', lastRead: 'none' } };
        await this.#keep(entry);
      }
      throw error;
    }
  }

  /** Keys that are never looked at again would keep their records for ever. */
  async #dropForgotten(): Promise<void> {
    const before = this.#options.clock.now() - memoryMs;
    for (const entry of [...this.#entries.values()]) {
      if (entry.phase === 'idle' && (entry.record.goneAt ?? before) < before) await this.#drop(entry);
    }
  }

  dispose(): void {
    const pollers = [...this.#pollers.values()];
    this.#pollers.clear();
    for (const { poller } of pollers) poller.dispose();
  }

  async #accepted(session: Session, entry: Entry): Promise<void> {
    entry.record = { ...entry.record, accepted: true };
    this.#follow(session, entry);
    await this.#store((store) => store.put(entry.record), entry.record);
  }

  /** What is known of an earlier revoke of the same grant holds on. */
  async #refused(entry: Entry, earlier: Entry | undefined): Promise<void> {
    if (this.#entries.get(recordId(entry.record)) !== entry) return;
    if (earlier !== undefined) await this.#keep(earlier);
    else {
      const dropped = this.#drop(entry);
      this.#options.onChange(entry.record);
      await dropped;
    }
  }

  #follow(session: Session, entry: Entry, since = entry.record.requestedAt): void {
    const { grant } = entry.record;
    if (session.closed.aborted) {
      entry.phase = 'idle'; // The next opening takes the wait up.
      return;
    }
    const poller = this.#poller(session, entry.record);
    entry.phase = 'confirming';
    entry.progress = undefined;
    this.#options.onChange(entry.record);
    void poller.follow(grant.grantId, since).then((outcome) => this.#ended(session, poller, entry, outcome));
  }

  async #ended(session: Session, poller: PropagationPoller, entry: Entry, outcome: PropagationOutcome): Promise<void> {
    const { record } = entry;
    entry.phase = 'idle';
    entry.progress = undefined;
    if (this.#entries.get(recordId(record)) !== entry) return; // A newer revoke of the same grant took over.
    if (session.closed.aborted || poller.disposed) return; // The next opening takes the wait up.
    // The next wait on this key starts with the settings as they are then.
    if (poller.idle) this.#pollers.delete(pollerId(record.connection, record.key.arn));
    if (outcome.kind === 'gone') {
      entry.record = { ...record, unconfirmed: undefined, goneAt: this.#options.clock.now() };
      await this.#store((store) => store.put(entry.record), entry.record);
    } else {
      const reason = outcome.kind;
      entry.record = { ...record, unconfirmed: { reason, lastRead: outcome.lastRead } };
      await this.#keep(entry);
    }
    this.#options.onOutcome(record, outcome);
  }

  #poller(session: Session, record: RevocationRecord): PropagationPoller {
    const id = pollerId(record.connection, record.key.arn);
    const known = this.#pollers.get(id);
    if (known !== undefined) return known.poller;
    const { clock, random, policy } = this.#options;
    const poller = new PropagationPoller({
      read: listedOn(session.api, record.key.arn),
      clock,
      random,
      policy: policy(),
      onProgress: (grantId, progress) => {
        const entry = this.#entries.get(`${session.connection.id}/${record.key.keyId}/${grantId}`);
        if (entry === undefined) return;
        entry.progress = progress;
        this.#options.onChange(entry.record);
      },
    });
    this.#pollers.set(id, { poller, session });
    this.#watch(session);
    return poller;
  }

  /** One listener a session: a signal warns when it has many. */
  #watch(session: Session): void {
    if (this.#watched.has(session)) return;
    this.#watched.add(session);
    const onClosed = () => {
      for (const [id, { poller, session: owner }] of [...this.#pollers]) {
        if (owner !== session) continue;
        this.#pollers.delete(id);
        poller.dispose();
      }
    };
    session.closed.addEventListener('abort', onClosed, { once: true });
  }

  async #keep(entry: Entry): Promise<void> {
    this.#entries.set(recordId(entry.record), entry);
    this.#options.onChange(entry.record);
    await this.#store((store) => store.put(entry.record), entry.record);
  }

  async #drop(entry: Entry): Promise<void> {
    this.#entries.delete(recordId(entry.record));
    await this.#store((store) => store.remove(entry.record), entry.record);
  }

  /** Sample data is new in every window, so nothing of it is worth keeping. */
  async #store(write: (store: RecordStore) => PromiseLike<void>, record: RevocationRecord): Promise<void> {
    if (record.connection.kind !== 'sample') await write(this.#options.store);
  }
}

function pollerId(ref: ConnectionRef, keyArn: string): string {
  return `${connectionId(ref)}/${keyArn}`;
}

/** Reads a record back from storage; `undefined` for what is not one. */
export function reviveRecord(stored: unknown): RevocationRecord | undefined {
  const isObject = (value: unknown) => typeof value === 'object' && value !== null;
  if (typeof stored !== 'object' || stored === null) return undefined;
  const record = stored as RevocationRecord;
  if (![record.connection, record.key, record.grant].every(isObject)) return undefined;
  const { creationDate } = record.grant;
  if (creationDate === undefined) return record;
  return { ...record, grant: { ...record.grant, creationDate: new Date(creationDate) } };
}
