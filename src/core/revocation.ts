import * as l10n from '@vscode/l10n';
import type { Clock } from './clock.ts';
import type { Session } from './connections.ts';
import { isKind, isOutcomeUnknown, UserError } from './errors.ts';
import type { Journal } from './journal.ts';
import { isFinished } from './journalOutcomes.ts';
import {
  type EndingKind,
  endsGrant,
  grantIdentity,
  type JournalOutcome,
  type JournalRecord,
  refusal,
} from './journalRecord.ts';
import type { GrantRef, KmsApi } from './kmsApi.ts';
import { type ConnectionRef, connectionId, type Grant, type KmsKey } from './model.ts';
import { grantsOf, pagesOf } from './pages.ts';
import {
  type LastRead,
  type PropagationOutcome,
  type PropagationPolicy,
  PropagationPoller,
  type PropagationProgress,
  type ReadListed,
} from './propagation.ts';
import { retirableGrants } from './retirement.ts';

/** Above this many followed grants of one key, one sweep of its list costs less than a filtered read each. */
const filteredReads = 3;

/** The grant as KMS lists it now; `undefined` when it doesn't, or says that it does not know it. */
export async function findGrant(api: KmsApi, ref: GrantRef, signal: AbortSignal): Promise<Grant | undefined> {
  try {
    for await (const page of pagesOf(grantsOf(api, ref, signal))) {
      const found = page.find((grant) => grant.grantId === ref.grantId);
      if (found !== undefined) return found;
    }
    return undefined;
  } catch (error) {
    if (isKind(error, 'grantNotFound', 'keyNotFound', 'invalidGrantId')) return undefined;
    throw error;
  }
}

/**
 * The reads that a poller makes on one key: as few and as small as the API allows. Who may retire a grant need not be
 * allowed to list those of its key; then the lists of what their retiring principals can retire tell.
 * @param retiringPrincipal the ARN of a grant's, where it is known
 */
export function listedOn(
  api: KmsApi,
  keyArn: string,
  retiringPrincipal: (grantId: string) => string | undefined = () => undefined,
): ReadListed {
  const onKey = listedOnKey(api, keyArn);
  return async (grantIds, signal) => {
    try {
      return await onKey(grantIds, signal);
    } catch (error) {
      const principals = new Set(grantIds.map(retiringPrincipal));
      if (!isKind(error, 'accessDenied') || principals.has(undefined)) throw error;
      const listed = new Set<string>();
      for (const principal of [...principals].filter((value) => value !== undefined)) {
        // One at a time: of several, one that KMS does not know would pass for one without grants.
        for await (const grants of retirableGrants(api, [principal], signal)) {
          for (const { keyArn: of, grantId } of grants) if (of === keyArn) listed.add(grantId);
        }
      }
      return new Set(grantIds.filter((grantId) => listed.has(grantId)));
    }
  };
}

function listedOnKey(api: KmsApi, keyArn: string): ReadListed {
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
      for await (const page of pagesOf(grantsOf(api, { keyArn }, signal))) {
        for (const { grantId } of page) if (wanted.has(grantId)) listed.add(grantId);
        if (listed.size === wanted.size) break;
      }
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
  /** The server ignored DryRun: what was only asked for is done. */
  | { readonly kind: 'doneByDryRun'; readonly grant: Grant };

/**
 * Reads the one grant again and, where that is safe, asks KMS by dry run whether the revoke would be allowed.
 * Never against a custom endpoint: other servers ignore DryRun and revoke.
 * @throws KmsError such as `accessDenied`
 */
export async function preflight(session: Session, ref: GrantRef, signal: AbortSignal): Promise<Preflight> {
  return askByDryRun('revoke', session, ref, await findGrant(session.api, ref, signal), signal);
}

/**
 * As {@link preflight}, for a retirement. A retiring principal need not be allowed to list the grants of the key, above all
 * of one of another account: then the grant as it was shown has to do.
 */
export async function preflightRetire(
  session: Session,
  keyArn: string,
  shown: Grant,
  signal: AbortSignal,
): Promise<Preflight> {
  const ref = { keyArn, grantId: shown.grantId };
  let grant: Grant | undefined = shown;
  try {
    grant = await findGrant(session.api, ref, signal);
  } catch (error) {
    if (!isKind(error, 'accessDenied')) throw error;
  }
  return askByDryRun('retire', session, ref, grant, signal);
}

async function askByDryRun(
  kind: EndingKind,
  { api, connection }: Session,
  ref: GrantRef,
  grant: Grant | undefined,
  signal: AbortSignal,
): Promise<Preflight> {
  if (grant === undefined) return { kind: 'gone' };
  if (connection.endpoint.kind === 'custom') return { kind: 'ready', grant };
  try {
    const answer = await (kind === 'revoke' ? api.dryRunRevokeGrant(ref, signal) : api.dryRunRetireGrant(ref, signal));
    return { kind: answer === 'allowed' ? 'ready' : 'doneByDryRun', grant };
  } catch (error) {
    // Gone between the read and the dry run.
    if (isKind(error, 'grantNotFound', 'invalidGrantId')) return { kind: 'gone' };
    throw error;
  }
}

/** A revoke or retirement of the journal that is not seen through, and what is known of it by now. */
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
  /** KMS answered that it took the revoke. False: the answer is outstanding, or was lost. */
  readonly accepted: boolean;
  /** KMS answered that it does not know the grant. */
  readonly notFound?: boolean | undefined;
  /** When it was taken up once more, with a full new time limit. */
  readonly followedAt?: number | undefined;
  /** Set when the wait ended without the grant being seen gone. */
  readonly unconfirmed?: { readonly reason: 'timedOut' | 'stopped'; readonly lastRead: LastRead } | undefined;
  /** When the grant was seen gone, in milliseconds since the epoch. Remembered for {@link memoryMs}. */
  readonly goneAt?: number | undefined;
}

/**
 * How long a grant that was seen gone is remembered. A list that a slow part of KMS answers can still hold it; its row
 * must then not look like that of a grant that nobody revoked.
 */
const memoryMs = 15 * 60_000;

/** How long after its limit a wait that some window began is taken to go on. */
const graceMs = 60_000;

/** What the journal says of a revoke; `undefined` when it was refused, or is done with. */
function revocationOf(entry: JournalRecord & { readonly kind: EndingKind }): RevocationRecord | undefined {
  const { id, kind, connection, account, key, grant, at, accepted, outcome, outcomeAt } = entry;
  const record = { id, kind, connection, account, key, grant, requestedAt: at, accepted };
  switch (outcome?.kind) {
    case 'refused':
    case 'dismissed':
      return undefined;
    case 'notFound':
      return { ...record, notFound: true };
    case 'gone':
      return { ...record, goneAt: outcomeAt };
    case 'followed':
      return { ...record, followedAt: outcomeAt };
    case 'stillListed':
      return { ...record, unconfirmed: { reason: 'timedOut', lastRead: outcome.lastRead } };
    case 'stopped':
      return { ...record, unconfirmed: { reason: 'stopped', lastRead: outcome.lastRead } };
    default:
      return record;
  }
}

/** What a grant's row shows of its revoke. */
export type RevocationState = (
  | { readonly kind: 'revoking' }
  | { readonly kind: 'confirming'; readonly progress: PropagationProgress | undefined }
  | { readonly kind: 'unconfirmed' }
) & { readonly record: RevocationRecord };

export type RevokeResult = 'accepted' | 'perhapsGone';

/** How a wait ended; `otherAccount`: it was not taken up, since the connection now leads to another account. */
export type RevocationOutcome = PropagationOutcome | { readonly kind: 'otherAccount' };

export interface RevocationsOptions {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly random: () => number;
  readonly policy: () => PropagationPolicy;
  /** The state of a grant's row changed. */
  readonly onChange: (record: RevocationRecord) => void;
  /** A wait ended. The record is as it was before the end. */
  readonly onOutcome: (record: RevocationRecord, outcome: RevocationOutcome) => void;
  /** What came of a revoke could not be written to the journal. It goes on all the same. */
  readonly onJournalError: (error: unknown) => void;
}

interface Entry {
  record: RevocationRecord;
  phase: 'revoking' | 'confirming' | 'idle';
  progress: PropagationProgress | undefined;
}

/**
 * All the revokes that are not yet seen through, of every connection: made, followed, resumed. A retirement is one that the
 * grant itself allows, and is followed in the same way.
 */
export class Revocations {
  readonly #options: RevocationsOptions;
  /** By {@link grantIdentity}. */
  readonly #entries = new Map<string, Entry>();
  readonly #pollers = new Map<string, { readonly poller: PropagationPoller; readonly session: Session }>();
  readonly #watched = new WeakSet<Session>();
  readonly #journalListener: { dispose(): void };

  constructor(options: RevocationsOptions) {
    this.#options = options;
    this.#journalListener = options.journal.onChange(() => this.#takeOver());
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
    const entry = this.#entries.get(grantIdentity({ connection: ref, key, grant: { grantId } }));
    if (entry === undefined) return undefined;
    const { record, phase, progress } = entry;
    if (record.goneAt !== undefined) {
      // A row of it is there only by a list from a part of KMS that lags behind.
      const isForgotten = this.#options.clock.now() - record.goneAt > memoryMs;
      return isForgotten ? undefined : { kind: 'confirming', record, progress: undefined };
    }
    if (phase === 'revoking') return { kind: 'revoking', record };
    if (phase === 'idle' && (record.unconfirmed !== undefined || this.#isAbandoned(record))) {
      return { kind: 'unconfirmed', record };
    }
    return { kind: 'confirming', record, progress };
  }

  /**
   * Records the intent, revokes, and follows the change in the background. Not cancellable: once sent, a revoke can't be
   * taken back. When the answer is lost, the error is thrown and the grant is followed all the same.
   * @throws KmsError
   * @throws UserError when the intent can't be written to the journal: then nothing was sent
   */
  revoke(session: Session, key: KmsKey, grant: Grant, account: string | undefined): Promise<RevokeResult> {
    return this.#send(session, this.#begin('revoke', session, key, grant, account));
  }

  /** As {@link revoke}, by RetireGrant. */
  retire(session: Session, key: KmsKey, grant: Grant, account: string | undefined): Promise<RevokeResult> {
    return this.#send(session, this.#begin('retire', session, key, grant, account));
  }

  async #send(session: Session, entry: Entry): Promise<RevokeResult> {
    const earlier = this.#show(entry);
    try {
      entry.record = { ...entry.record, id: (await this.#write(entry.record)).id };
    } catch (error) {
      this.#withdraw(entry, earlier);
      throw error;
    }
    if (session.closed.aborted) {
      // Replaced while the intent was written: nothing was sent.
      this.#withdraw(entry, earlier);
      const notSent = new UserError(l10n.t('The connection changed meanwhile. Nothing was done.'));
      await this.#note(entry.record, refusal(notSent));
      throw notSent;
    }
    let result: RevokeResult = 'accepted';
    const { kind, key, grant } = entry.record;
    const ref = { keyArn: key.arn, grantId: grant.grantId };
    try {
      await (kind === 'revoke'
        ? session.api.revokeGrant(ref, session.closed)
        : session.api.retireGrant(ref, session.closed));
    } catch (error) {
      if (!isKind(error, 'grantNotFound', 'invalidGrantId')) {
        // An abort comes from a connection that was replaced in the middle: the request may be on its way.
        if (isOutcomeUnknown(error) || session.closed.aborted) {
          this.#follow(session, entry);
          await this.#note(entry.record, { kind: 'unknown' });
        } else {
          this.#withdraw(entry, earlier);
          await this.#note(entry.record, refusal(error));
        }
        throw error;
      }
      result = 'perhapsGone';
    }
    const isAccepted = result === 'accepted';
    entry.record = { ...entry.record, accepted: isAccepted, notFound: !isAccepted };
    this.#follow(session, entry);
    await this.#note(entry.record, { kind: isAccepted ? 'accepted' : 'notFound' });
    return result;
  }

  /** Follows a revoke that has already happened, by a dry run that was none. */
  async followDone(
    kind: EndingKind,
    session: Session,
    key: KmsKey,
    grant: Grant,
    account: string | undefined,
  ): Promise<void> {
    const entry = this.#begin(kind, session, key, grant, account);
    this.#show(entry);
    try {
      entry.record = { ...entry.record, id: (await this.#write(entry.record)).id };
    } catch (error) {
      this.#options.onJournalError(error);
    }
    entry.record = { ...entry.record, accepted: true };
    this.#follow(session, entry);
    await this.#note(entry.record, { kind: 'accepted' });
  }

  stopWaiting(ref: ConnectionRef, key: KmsKey, grantId: string): void {
    this.#pollers.get(pollerId(ref, key.arn))?.poller.stop(grantId);
  }

  /** Waits once more, with a full new time limit, for a grant that was left unconfirmed. */
  checkAgain(session: Session, key: KmsKey, grantId: string): void {
    const entry = this.#entries.get(grantIdentity({ connection: session.connection.ref, key, grant: { grantId } }));
    if (entry?.phase !== 'idle') return;
    const { account } = entry.record;
    const current = session.knownIdentity?.account;
    // An old notification offers this too: the profile may have come to sign in elsewhere.
    if (account !== undefined && current !== undefined && current !== account) {
      this.#options.onOutcome(entry.record, { kind: 'otherAccount' });
    } else {
      void this.#followAgain(session, entry);
    }
  }

  /** Takes up the waits that a reload cut short, once it is sure that the connection leads to the same account. */
  async resume(session: Session): Promise<void> {
    await this.#options.journal.ready();
    this.#takeOver();
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
    try {
      await this.#options.journal.ready();
    } catch (error) {
      this.#options.onJournalError(error);
    }
    const now = this.#options.clock.now();
    for (const entry of [...this.#entries.values()]) {
      const { record, phase } = entry;
      if (phase !== 'idle' || record.key.arn !== keyArn || connectionId(record.connection) !== session.connection.id)
        continue;
      const isListed = listed.has(record.grant.grantId);
      if (record.goneAt !== undefined) {
        if (now - record.goneAt > memoryMs) this.#entries.delete(grantIdentity(record));
        else if (isListed) await this.#followAgain(session, entry);
      } else if (complete && !isListed && (record.unconfirmed !== undefined || this.#isAbandoned(record))) {
        this.#entries.delete(grantIdentity(record));
        await this.#end(record, { kind: 'dismissed' });
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
        this.#options.onChange(entry.record);
        await this.#note(entry.record, { kind: 'stopped', lastRead: 'none' });
      }
      throw error;
    }
  }

  /** Nothing follows it here, and who followed it elsewhere would have told its end. */
  #isAbandoned({ followedAt, requestedAt }: RevocationRecord): boolean {
    const { clock, policy } = this.#options;
    return clock.now() > (followedAt ?? requestedAt) + policy().timeoutMs + graceMs;
  }

  /** Takes over what the journal knows of revokes that nothing in this window is doing or following. */
  #takeOver(): void {
    const { journal, clock, onChange } = this.#options;
    const before = clock.now() - memoryMs;
    const known = new Map<string, RevocationRecord | undefined>();
    for (const journaled of journal.records) {
      // The newest counts; one that was refused leaves what is known of an earlier one.
      if (!endsGrant(journaled) || journaled.outcome?.kind === 'refused') continue;
      const identity = grantIdentity(journaled);
      if (known.has(identity)) continue;
      const record = revocationOf(journaled);
      known.set(identity, record?.goneAt !== undefined && record.goneAt < before ? undefined : record);
    }
    const changed: RevocationRecord[] = [];
    for (const [identity, record] of known) {
      const entry = this.#entries.get(identity);
      if (record === undefined || (entry !== undefined && entry.phase !== 'idle')) continue;
      if (entry === undefined) this.#entries.set(identity, { record, phase: 'idle', progress: undefined });
      else if (isSame(entry.record, record)) continue;
      else entry.record = record;
      changed.push(record);
    }
    for (const [identity, { record, phase }] of [...this.#entries]) {
      // One without an entry in the journal, which could not be written, is known here alone.
      if (phase !== 'idle' || record.id === '' || known.get(identity) !== undefined) continue;
      this.#entries.delete(identity);
      changed.push(record);
    }
    for (const record of changed) onChange(record);
  }

  dispose(): void {
    this.#journalListener.dispose();
    const pollers = [...this.#pollers.values()];
    this.#pollers.clear();
    for (const { poller } of pollers) poller.dispose();
  }

  #begin(kind: EndingKind, session: Session, key: KmsKey, grant: Grant, account: string | undefined): Entry {
    const requestedAt = this.#options.clock.now();
    const { ref } = session.connection;
    const record = { id: '', kind, connection: ref, account, key, grant, requestedAt, accepted: false };
    return { record, phase: 'revoking', progress: undefined };
  }

  #write({ kind, connection, account, key, grant }: RevocationRecord): Promise<JournalRecord> {
    return this.#options.journal.add({ kind, connection, account, key, grant });
  }

  /** @returns what was known of an earlier revoke of the same grant */
  #show(entry: Entry): Entry | undefined {
    const identity = grantIdentity(entry.record);
    const earlier = this.#entries.get(identity);
    this.#entries.set(identity, entry);
    this.#options.onChange(entry.record);
    return earlier;
  }

  /** What is known of an earlier revoke of the same grant holds on. */
  #withdraw(entry: Entry, earlier: Entry | undefined): void {
    const identity = grantIdentity(entry.record);
    if (this.#entries.get(identity) !== entry) return;
    if (earlier === undefined) this.#entries.delete(identity);
    else this.#entries.set(identity, earlier);
    this.#options.onChange(entry.record);
  }

  async #followAgain(session: Session, entry: Entry): Promise<void> {
    const followedAt = this.#options.clock.now();
    entry.record = { ...entry.record, goneAt: undefined, unconfirmed: undefined, followedAt };
    this.#follow(session, entry);
    await this.#note(entry.record, { kind: 'followed' });
  }

  #follow(session: Session, entry: Entry): void {
    const { grant, requestedAt, followedAt } = entry.record;
    if (session.closed.aborted) {
      entry.phase = 'idle'; // The next opening takes the wait up.
      return;
    }
    const poller = this.#poller(session, entry.record);
    entry.phase = 'confirming';
    entry.progress = undefined;
    this.#options.onChange(entry.record);
    const since = followedAt ?? requestedAt;
    void poller.follow(grant.grantId, since).then((outcome) => this.#ended(session, poller, entry, outcome));
  }

  async #ended(session: Session, poller: PropagationPoller, entry: Entry, ended: PropagationOutcome): Promise<void> {
    const { record } = entry;
    entry.phase = 'idle';
    entry.progress = undefined;
    if (this.#entries.get(grantIdentity(record)) !== entry) return; // A newer revoke of the same grant took over.
    if (session.closed.aborted || poller.disposed) return; // The next opening takes the wait up.
    // The next wait on this key starts with the settings as they are then.
    if (poller.idle) this.#pollers.delete(pollerId(record.connection, record.key.arn));
    const now = this.#options.clock.now();
    const afterMs = now - record.requestedAt;
    const outcome: PropagationOutcome = ended.kind === 'stopped' ? ended : { ...ended, afterMs };
    if (outcome.kind === 'gone') {
      entry.record = { ...record, unconfirmed: undefined, goneAt: now };
      await this.#end(record, outcome);
    } else {
      const { kind: reason, lastRead } = outcome;
      entry.record = { ...record, unconfirmed: { reason, lastRead } };
      this.#options.onChange(entry.record);
      await this.#note(record, reason === 'stopped' ? outcome : { kind: 'stillListed', afterMs, lastRead });
    }
    this.#options.onOutcome(record, outcome);
  }

  #poller(session: Session, record: RevocationRecord): PropagationPoller {
    const id = pollerId(record.connection, record.key.arn);
    const running = this.#pollers.get(id);
    if (running !== undefined) return running.poller;
    const { clock, random, policy } = this.#options;
    const { connection, key } = record;
    const known = (grantId: string) => this.#entries.get(grantIdentity({ connection, key, grant: { grantId } }));
    const poller = new PropagationPoller({
      read: listedOn(session.background, record.key.arn, (grantId) => {
        const retiring = known(grantId)?.record.grant.retiringPrincipal;
        return retiring?.kind === 'principal' ? retiring.value : undefined;
      }),
      clock,
      random,
      policy: policy(),
      onProgress: (grantId, progress) => {
        const entry = known(grantId);
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

  async #note({ id }: RevocationRecord, outcome: JournalOutcome): Promise<void> {
    if (id === '') return;
    try {
      await this.#options.journal.note(id, outcome);
    } catch (error) {
      this.#options.onJournalError(error);
    }
  }

  /** The grant is gone: with it ends what earlier revokes of it have left open. */
  async #end(record: RevocationRecord, outcome: JournalOutcome): Promise<void> {
    const identity = grantIdentity(record);
    const open = this.#options.journal.records.filter(
      (other) => endsGrant(other) && other.id !== record.id && !isFinished(other) && grantIdentity(other) === identity,
    );
    await this.#note(record, outcome);
    for (const { id } of open) await this.#note({ ...record, id }, { kind: 'dismissed' });
  }
}

function isSame(left: RevocationRecord, right: RevocationRecord): boolean {
  return (
    left.id === right.id &&
    left.accepted === right.accepted &&
    left.goneAt === right.goneAt &&
    left.followedAt === right.followedAt &&
    left.unconfirmed?.lastRead === right.unconfirmed?.lastRead &&
    left.unconfirmed?.reason === right.unconfirmed?.reason
  );
}

function pollerId(ref: ConnectionRef, keyArn: string): string {
  return `${connectionId(ref)}/${keyArn}`;
}
