import { setMaxListeners } from 'node:events';
import { isAbort } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import type { Session } from '../connections/session.ts';
import { isKmsError, isSignInProblem, type KmsError } from '../kms/errors.ts';
import type { Connection, ConnectionRef, Grant, KeyListEntry, KeyMetadata, KmsKey } from '../kms/model.ts';
import { grantPages, paginate } from '../kms/pages.ts';
import { requestQuotas } from '../pacing/limiter.ts';

/** A key whose grants were read, all or (see {@link ScanResult.unreadable}) those before a failure. */
export interface ScannedKey {
  readonly connection: Connection;
  readonly key: KmsKey;
  /** `undefined` where DescribeKey was refused, and for a key without grants, which is not described. */
  readonly metadata: KeyMetadata | undefined;
  readonly grants: readonly Grant[];
  readonly isComplete: boolean;
}

/** What could not be read, or not to its end, and why. */
export interface Unreadable {
  readonly ref: ConnectionRef;
  readonly region: string | undefined;
  /** `undefined`: the connection itself, or the rest of its keys. */
  readonly key: KmsKey | undefined;
  readonly error: KmsError;
}

export interface ScanCounts {
  readonly keysDone: number;
  /** Those listed so far. */
  readonly keysTotal: number;
  readonly grants: number;
  readonly unreadable: number;
}

/** A connection that was opened for a search. */
export interface SearchedConnection {
  readonly connection: Connection;
  /** The account that STS named; `undefined` while it gave no answer. */
  readonly account: string | undefined;
}

export interface ScanResult {
  readonly searched: readonly SearchedConnection[];
  readonly keys: readonly ScannedKey[];
  readonly unreadable: readonly Unreadable[];
  readonly counts: ScanCounts;
  /** Ended before all keys were asked. */
  readonly wasCancelled: boolean;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly endedAt: number;
}

/** Some keys or grants may be missing from it. */
export function isPartial({ wasCancelled, unreadable }: ScanResult): boolean {
  return wasCancelled || unreadable.length > 0;
}

export interface ScanOptions {
  /** All keys that KMS lists to them are searched. */
  readonly sessions: readonly Session[];
  /** Keys of other accounts, which no list has, by the session that can read them. */
  readonly pinned?: ReadonlyMap<Session, readonly KeyListEntry[]>;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly progress: (counts: ScanCounts) => void;
}

/**
 * Keys of one connection that are read side by side: a second's worth of AWS's whole quota, so that the limiter alone
 * decides how fast, as long as KMS answers within a second.
 */
const keyConcurrency = requestQuotas.ListGrants;

/**
 * Reads all grants of all keys of these sessions, from KMS itself, in the background. Never rejects for what KMS or the
 * user does: what was read until then, what could not be read, and that it was cancelled, are in the result.
 */
export async function scanGrants({
  sessions,
  pinned = new Map(),
  signal,
  clock,
  progress,
}: ScanOptions): Promise<ScanResult> {
  const startedAt = clock.now();
  const keys: ScannedKey[] = [];
  const unreadable: Unreadable[] = [];
  const counts = { keysDone: 0, keysTotal: 0, grants: 0, unreadable: 0 };
  const addCounts = (change: Partial<ScanCounts>) => {
    for (const name of countNames) {
      counts[name] += change[name] ?? 0;
    }
    progress({ ...counts });
  };
  const all = [...new Set([...sessions, ...pinned.keys()])];
  await Promise.all(
    all.map(async (session) => {
      const scan = new SessionScan(session, AbortSignal.any([signal, session.closed]), addCounts);
      const read = await scan.run(pinned.get(session) ?? [], sessions.includes(session));
      keys.push(...read.keys);
      unreadable.push(...read.unreadable);
    }),
  );
  const wasCancelled = signal.aborted || all.some(({ closed }) => closed.aborted);
  const searched = all.map(({ connection, knownIdentity }) => ({ connection, account: knownIdentity?.account }));
  return { searched, keys, unreadable, counts: { ...counts }, wasCancelled, startedAt, endedAt: clock.now() };
}

const countNames = ['keysDone', 'keysTotal', 'grants', 'unreadable'] as const;

/** What one session can read. */
class SessionScan {
  readonly #session: Session;
  /** Gets what was counted since the last call. */
  readonly #addCounts: (change: Partial<ScanCounts>) => void;
  /** Aborted when nothing more of this connection can be read: each further key would fail in the same way. */
  readonly #unreachable = new AbortController();
  readonly #signal: AbortSignal;
  /** The ARNs of the keys that are in the queue or were. */
  readonly #queued = new Set<string>();
  readonly #queue: KeyListEntry[] = [];
  #nextIndex = 0;
  readonly #workers: Promise<void>[] = [];
  #workerCount = 0;
  /** The names of each key, by its ID. */
  readonly #aliases = new Map<string, string[]>();
  readonly #scanned: Omit<ScannedKey, 'connection'>[] = [];
  readonly #failures: { readonly key: KeyListEntry | undefined; readonly error: KmsError }[] = [];

  constructor(session: Session, cancelled: AbortSignal, addCounts: (change: Partial<ScanCounts>) => void) {
    this.#session = session;
    this.#addCounts = addCounts;
    this.#signal = AbortSignal.any([cancelled, this.#unreachable.signal]);
    // Many requests at once listen to it, and none stays.
    setMaxListeners(0, this.#signal);
  }

  /** @param isWhole whether all keys that KMS lists are read, too */
  async run(pinned: readonly KeyListEntry[], isWhole: boolean): Promise<Pick<ScanResult, 'keys' | 'unreadable'>> {
    const noteFailure = (error: unknown) => this.#fail(undefined, error);
    if (pinned.length > 0) {
      this.#add(pinned);
    }
    if (isWhole) {
      await Promise.all([this.#listAliases().catch(noteFailure), this.#listKeys().catch(noteFailure)]);
    }
    await Promise.all(this.#workers);
    return this.#result();
  }

  async #listAliases(): Promise<void> {
    const { background: api } = this.#session;
    for await (const page of paginate((marker) => api.listAliases(marker, this.#signal))) {
      for (const { aliasName, targetKeyId } of page) {
        if (targetKeyId !== undefined) {
          this.#aliases.set(targetKeyId, [...(this.#aliases.get(targetKeyId) ?? []), aliasName]);
        }
      }
    }
  }

  async #listKeys(): Promise<void> {
    const { background: api } = this.#session;
    for await (const page of paginate((marker) => api.listKeys(marker, this.#signal))) {
      this.#add(page);
    }
  }

  #add(keys: readonly KeyListEntry[]): void {
    // A list that changes while it is paged can hold a key twice.
    const fresh = keys.filter(({ arn }) => !this.#queued.has(arn) && this.#queued.add(arn));
    this.#addCounts({ keysTotal: fresh.length });
    this.#queue.push(...fresh);
    while (this.#workerCount < keyConcurrency && this.#nextIndex < this.#queue.length) {
      this.#workers.push(this.#work());
    }
  }

  async #work(): Promise<void> {
    this.#workerCount += 1;
    for (let key = this.#next(); key !== undefined && !this.#signal.aborted; key = this.#next()) {
      await this.#scan(key);
    }
    this.#workerCount -= 1;
  }

  #next(): KeyListEntry | undefined {
    return this.#queue[this.#nextIndex++];
  }

  async #scan(key: KeyListEntry): Promise<void> {
    const { background: api } = this.#session;
    const grants = new Map<string, Grant>();
    let described: Promise<KeyMetadata | undefined> | undefined;
    let isComplete = false;
    try {
      for await (const page of paginate(grantPages(api, { keyArn: key.arn }, this.#signal))) {
        const before = grants.size;
        // A list that changes while it is paged can hold a grant twice.
        for (const grant of page) {
          grants.set(grant.grantId, grant);
        }
        this.#addCounts({ grants: grants.size - before });
        if (grants.size > 0) {
          described ??= this.#describe(key);
        }
      }
      isComplete = true;
    } catch (error) {
      this.#fail(key, error);
    }
    const metadata = await described;
    if (isComplete || grants.size > 0) {
      this.#scanned.push({ key: { ...key, aliases: [] }, metadata, grants: [...grants.values()], isComplete });
    } else if (this.#signal.aborted) {
      return;
    }
    this.#addCounts({ keysDone: 1 });
  }

  async #describe({ arn }: KeyListEntry): Promise<KeyMetadata | undefined> {
    const { background: api } = this.#session;
    try {
      // What a row of the Keys view knows may be hours old.
      return await api.describeKey(arn, this.#signal);
    } catch (error) {
      // The grants can be read all the same, and fail themselves when the sign-in no longer holds.
      if (isAbort(error) || isKmsError(error)) {
        return undefined;
      }
      throw error;
    }
  }

  #fail(key: KeyListEntry | undefined, error: unknown): void {
    if (this.#signal.aborted && (isAbort(error) || this.#unreachable.signal.aborted)) {
      return;
    }
    const reason = asKmsError(error);
    const endsAll = isSignInProblem(reason);
    if (endsAll) {
      this.#unreachable.abort();
    }
    this.#failures.push({ key: endsAll ? undefined : key, error: reason });
    this.#addCounts({ unreadable: 1 });
  }

  #result(): Pick<ScanResult, 'keys' | 'unreadable'> {
    const { connection } = this.#session;
    const { ref, region } = connection;
    const withAliases = (key: KeyListEntry): KmsKey => ({
      ...key,
      aliases: this.#aliases.get(key.keyId)?.toSorted() ?? [],
    });
    return {
      keys: this.#scanned.map((one) => ({ ...one, connection, key: withAliases(one.key) })),
      unreadable: this.#failures.map(({ key, error }) => ({
        ref,
        region,
        key: key === undefined ? undefined : withAliases(key),
        error,
      })),
    };
  }
}

function asKmsError(error: unknown): KmsError {
  if (isKmsError(error)) {
    return error;
  }
  throw error;
}
