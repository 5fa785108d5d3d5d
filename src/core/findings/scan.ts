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

export interface ScanResult {
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
      const scope = { isWhole: sessions.includes(session), pinned: pinned.get(session) ?? [] };
      const read = await scanSession(session, scope, AbortSignal.any([signal, session.closed]), addCounts);
      keys.push(...read.keys);
      unreadable.push(...read.unreadable);
    }),
  );
  const wasCancelled = signal.aborted || all.some(({ closed }) => closed.aborted);
  return { keys, unreadable, counts: { ...counts }, wasCancelled, startedAt, endedAt: clock.now() };
}

const countNames = ['keysDone', 'keysTotal', 'grants', 'unreadable'] as const;

/** @param addCounts gets what was counted since the last call */
async function scanSession(
  { connection, background: api, inventory }: Session,
  { isWhole, pinned }: { readonly isWhole: boolean; readonly pinned: readonly KeyListEntry[] },
  cancelled: AbortSignal,
  addCounts: (change: Partial<ScanCounts>) => void,
): Promise<Pick<ScanResult, 'keys' | 'unreadable'>> {
  const { ref, region } = connection;
  /** Aborted when nothing more of this connection can be read: each further key would fail in the same way. */
  const unreachable = new AbortController();
  const signal = AbortSignal.any([cancelled, unreachable.signal]);
  // Many requests at once listen to it, and none stays.
  setMaxListeners(0, signal);
  const scanned: Omit<ScannedKey, 'connection'>[] = [];
  const failures: { readonly key: KeyListEntry | undefined; readonly error: KmsError }[] = [];
  const fail = (key: KeyListEntry | undefined, error: unknown) => {
    if (signal.aborted && (isAbort(error) || unreachable.signal.aborted)) {
      return;
    }
    const reason = asKmsError(error);
    const endsAll = isSignInProblem(reason);
    if (endsAll) {
      unreachable.abort();
    }
    failures.push({ key: endsAll ? undefined : key, error: reason });
    addCounts({ unreadable: 1 });
  };

  const describe = async ({ arn }: KeyListEntry): Promise<KeyMetadata | undefined> => {
    try {
      return inventory.metadata(arn) ?? (await api.describeKey(arn, signal));
    } catch (error) {
      // The grants can be read all the same, and say themselves when the sign-in no longer holds.
      if (isAbort(error) || isKmsError(error)) {
        return undefined;
      }
      throw error;
    }
  };
  const scan = async (key: KeyListEntry) => {
    const grants = new Map<string, Grant>();
    let described: Promise<KeyMetadata | undefined> | undefined;
    let isComplete = false;
    try {
      for await (const page of paginate(grantPages(api, { keyArn: key.arn }, signal))) {
        const before = grants.size;
        // A list that changes while it is paged can hold a grant twice.
        for (const grant of page) {
          grants.set(grant.grantId, grant);
        }
        addCounts({ grants: grants.size - before });
        if (grants.size > 0) {
          described ??= describe(key);
        }
      }
      isComplete = true;
    } catch (error) {
      fail(key, error);
    }
    const metadata = await described;
    if (isComplete || grants.size > 0) {
      scanned.push({ key: { ...key, aliases: [] }, metadata, grants: [...grants.values()], isComplete });
    } else if (signal.aborted) {
      return;
    }
    addCounts({ keysDone: 1 });
  };

  const aliases = new Map<string, string[]>();
  const listAliases = async () => {
    for await (const page of paginate((marker) => api.listAliases(marker, signal))) {
      for (const { aliasName, targetKeyId } of page) {
        if (targetKeyId !== undefined) {
          aliases.set(targetKeyId, [...(aliases.get(targetKeyId) ?? []), aliasName]);
        }
      }
    }
  };
  const queue: KeyListEntry[] = [];
  let nextIndex = 0;
  const workers: Promise<void>[] = [];
  let workerCount = 0;
  const work = async () => {
    workerCount += 1;
    for (let key = queue[nextIndex++]; key !== undefined && !signal.aborted; key = queue[nextIndex++]) {
      await scan(key);
    }
    workerCount -= 1;
  };
  const seen = new Set<string>();
  const add = (keys: readonly KeyListEntry[]) => {
    // A list that changes while it is paged can hold a key twice.
    const fresh = keys.filter(({ arn }) => !seen.has(arn) && seen.add(arn));
    addCounts({ keysTotal: fresh.length });
    queue.push(...fresh);
    while (workerCount < keyConcurrency && nextIndex < queue.length) {
      workers.push(work());
    }
  };
  const listKeys = async () => {
    for await (const page of paginate((marker) => api.listKeys(marker, signal))) {
      add(page);
    }
  };
  const listed = (list: Promise<void>) => list.catch((error: unknown) => fail(undefined, error));
  if (pinned.length > 0) {
    add(pinned);
  }
  if (isWhole) {
    await Promise.all([listed(listAliases()), listed(listKeys())]);
  }
  await Promise.all(workers);
  const withAliases = (key: KeyListEntry): KmsKey => ({ ...key, aliases: aliases.get(key.keyId)?.toSorted() ?? [] });
  return {
    keys: scanned.map((one) => ({ ...one, connection, key: withAliases(one.key) })),
    unreadable: failures.map(({ key, error }) => ({
      ref,
      region,
      key: key === undefined ? undefined : withAliases(key),
      error,
    })),
  };
}

function asKmsError(error: unknown): KmsError {
  if (isKmsError(error)) {
    return error;
  }
  throw error;
}
