import type { Clock } from './clock.ts';
import type { Session } from './connections.ts';
import { isAbort, isKmsError, isSignInProblem, type KmsError } from './errors.ts';
import type { Page } from './kmsApi.ts';
import type { LimitedOperation, RequestLimiter } from './limiter.ts';
import type { Connection, ConnectionRef, Grant, KeyListEntry, KeyMetadata, KmsKey } from './model.ts';

/** A key whose grants were read, all or (see {@link ScanResult.unreadable}) those before a failure. */
export interface ScannedKey {
  readonly connection: Connection;
  readonly key: KmsKey;
  /** `undefined` where DescribeKey was refused. */
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
  readonly sessions: readonly Session[];
  readonly signal: AbortSignal;
  readonly limiter: RequestLimiter;
  readonly clock: Clock;
  readonly onProgress: (counts: ScanCounts) => void;
}

/** Keys of one connection that are read side by side; the limiter decides how fast. */
const concurrency = 8;

/**
 * Reads all grants of all keys of these sessions, from KMS itself, in the background. Never rejects for what KMS or the
 * user does: what was read until then, what could not be read, and that it was cancelled, are in the result.
 */
export async function scanGrants({ sessions, signal, limiter, clock, onProgress }: ScanOptions): Promise<ScanResult> {
  const startedAt = clock.now();
  const keys: ScannedKey[] = [];
  const unreadable: Unreadable[] = [];
  const counts = { keysDone: 0, keysTotal: 0, grants: 0 };
  const soFar = (): ScanCounts => ({ ...counts, unreadable: unreadable.length });
  const tell = () => onProgress(soFar());

  await Promise.all(
    sessions.map((session) =>
      scanSession(session, AbortSignal.any([signal, session.closed]), limiter, {
        onListed: (total) => {
          counts.keysTotal += total;
          tell();
        },
        onGrants: (count) => {
          counts.grants += count;
          tell();
        },
        onKey: (scanned) => {
          if (scanned !== undefined) keys.push(scanned);
          counts.keysDone += 1;
          tell();
        },
        onUnreadable: (key, error) => {
          const { ref, region } = session.connection;
          unreadable.push({ ref, region, key, error });
          tell();
        },
      }),
    ),
  );
  const wasCancelled = signal.aborted || sessions.some(({ closed }) => closed.aborted);
  return { keys, unreadable, counts: soFar(), wasCancelled, startedAt, endedAt: clock.now() };
}

interface SessionEvents {
  readonly onListed: (keys: number) => void;
  readonly onGrants: (count: number) => void;
  /** A key is done; nothing was read of it where it is `undefined`. */
  readonly onKey: (scanned: ScannedKey | undefined) => void;
  readonly onUnreadable: (key: KmsKey | undefined, error: KmsError) => void;
}

async function scanSession(
  { connection, api, inventory }: Session,
  cancelled: AbortSignal,
  limiter: RequestLimiter,
  { onListed, onGrants, onKey, onUnreadable }: SessionEvents,
): Promise<void> {
  /** Aborted when nothing more of this connection can be read: each further key would fail in the same way. */
  const broken = new AbortController();
  const signal = AbortSignal.any([cancelled, broken.signal]);
  const ask = <T>(operation: LimitedOperation, send: (signal: AbortSignal) => Promise<T>) => {
    // One each: Node.js takes many listeners on one signal for a leak.
    const own = AbortSignal.any([signal]);
    return limiter.run({
      connection: connection.id,
      operation,
      priority: 'background',
      signal: own,
      send: () => send(own),
    });
  };
  const fail = (key: KmsKey | undefined, error: unknown) => {
    if (signal.aborted && (isAbort(error) || broken.signal.aborted)) return;
    const reason = asKmsError(error);
    const endsAll = isSignInProblem(reason);
    if (endsAll) broken.abort();
    onUnreadable(endsAll ? undefined : key, reason);
  };

  const entries = new Map<string, KeyListEntry>();
  const aliases = new Map<string, string[]>();
  const list = async <T>(read: (marker: string | undefined) => Promise<Page<T>>, add: (item: T) => void) => {
    try {
      for await (const item of itemsOf(read)) add(item);
    } catch (error) {
      fail(undefined, error);
    }
  };
  await Promise.all([
    list(
      (marker) => ask('ListKeys', (own) => api.listKeys(marker, own)),
      (entry) => entries.set(entry.keyId, entry),
    ),
    list(
      (marker) => ask('ListAliases', (own) => api.listAliases(marker, own)),
      ({ aliasName, targetKeyId }) => {
        if (targetKeyId !== undefined) aliases.set(targetKeyId, [...(aliases.get(targetKeyId) ?? []), aliasName]);
      },
    ),
  ]);
  const waiting = [...entries.values()].map(
    ({ keyId, arn }): KmsKey => ({ keyId, arn, aliases: aliases.get(keyId)?.toSorted() ?? [] }),
  );
  onListed(waiting.length);

  const describe = async ({ arn }: KmsKey): Promise<KeyMetadata | undefined> => {
    try {
      return inventory.metadata(arn) ?? (await ask('DescribeKey', (own) => api.describeKey(arn, own)));
    } catch (error) {
      // The grants can be read all the same, and say themselves when the sign-in no longer holds.
      if (isAbort(error) || isKmsError(error)) return undefined;
      throw error;
    }
  };
  const scan = async (key: KmsKey) => {
    const described = describe(key);
    const grants = new Map<string, Grant>();
    let isComplete = false;
    try {
      const read = (marker: string | undefined) =>
        ask('ListGrants', (own) =>
          api.listGrants({ keyArn: key.arn, ...(marker === undefined ? {} : { marker }) }, own),
        );
      for await (const page of pagesOf(read)) {
        const before = grants.size;
        // A list that changes while it is paged can hold a grant twice.
        for (const grant of page.items) grants.set(grant.grantId, grant);
        onGrants(grants.size - before);
      }
      isComplete = true;
    } catch (error) {
      fail(key, error);
    }
    const metadata = await described;
    if (isComplete || grants.size > 0) {
      onKey({ connection, key, metadata, grants: [...grants.values()], isComplete });
    } else if (!signal.aborted) {
      onKey(undefined);
    }
  };
  // Each worker takes the next one.
  const queue = waiting.values();
  const work = async () => {
    for (const key of queue) {
      if (signal.aborted) return;
      await scan(key);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
}

async function* pagesOf<T>(read: (marker: string | undefined) => Promise<Page<T>>): AsyncGenerator<Page<T>> {
  let marker: string | undefined;
  do {
    const page = await read(marker);
    yield page;
    marker = page.nextMarker;
  } while (marker !== undefined);
}

async function* itemsOf<T>(read: (marker: string | undefined) => Promise<Page<T>>): AsyncGenerator<T> {
  for await (const page of pagesOf(read)) yield* page.items;
}

function asKmsError(error: unknown): KmsError {
  if (isKmsError(error)) return error;
  throw error;
}
