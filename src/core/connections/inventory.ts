import { isAbort } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import { Emitter } from '../base/emitter.ts';
import { isKind, isKmsError, KmsError } from '../kms/errors.ts';
import type { KmsApi, Page } from '../kms/kmsApi.ts';
import type { AliasListEntry, Grant, KeyListEntry, KeyMetadata, KmsKey } from '../kms/model.ts';
import { MarkerTrail } from '../kms/pages.ts';
import type { KnownOfKey } from '../words/filter.ts';

/** What a list holds so far, and whether that is all. */
export type ListState =
  | { readonly kind: 'loading' }
  | { readonly kind: 'complete' }
  /** KMS has more; it is asked for on demand. */
  | { readonly kind: 'more' }
  | { readonly kind: 'failed'; readonly error: KmsError };

export interface KeyListing {
  /** Sorted by alias; keys without one come last, by ID. */
  readonly keys: readonly KmsKey[];
  readonly state: ListState;
  /** So many of the first keys have their place for good; the others may move when more keys and aliases come. */
  readonly settled: number;
  /** Why there are no aliases, or not all of them. The keys are there all the same. */
  readonly aliasError: KmsError | undefined;
}

export interface GrantListing {
  readonly grants: readonly Grant[];
  readonly state: ListState;
  /** When its first request began, as `clock.monotonic()` has it: it says nothing of what is younger. */
  readonly began: number;
}

/** What became known, for views to follow. */
export type InventoryChange = { readonly kind: 'keys' } | { readonly kind: 'key'; readonly keyArn: string };

const none: readonly never[] = [];

/** Grants are asked for in windows of this many. */
export const grantWindow = 200;
const describeConcurrency = 4;
/**
 * A page is told when what came since the last time is this share of all: the 20 first pages each, the 1,000 that follow
 * in 80 steps. So whatever a view does for each change grows with the number of keys, and not with its square.
 */
const toldShare = 0.05;

/**
 * The keys and grants of one connection, as far as they were asked for. Answers come from memory once loaded; `forget…`
 * makes the next question go to KMS. Concurrent questions share one load; an answer that a `forget…` overtook is
 * dropped.
 */
export class Inventory {
  readonly #api: KmsApi;
  readonly #closed: AbortSignal;
  readonly #changed = new Emitter<InventoryChange>();
  readonly onDidChange = this.#changed.event;
  readonly #clock: Clock;
  #keys: KeyLoad | undefined;
  readonly #grants = new Map<string, GrantLoad>();
  readonly #metadata = new Map<string, KeyMetadata | 'asked'>();
  /** Keys to describe, by what wants them. */
  readonly #toDescribe = new Map<string, Iterator<string>>();
  #describing = 0;

  constructor(api: KmsApi, closed: AbortSignal, clock: Clock) {
    this.#api = api;
    this.#closed = closed;
    this.#clock = clock;
  }

  /**
   * Resolves with the first page of keys; the rest follows by itself, with `keys` changes, the last of them at its end.
   * A failure is in the listing's state, next to what was loaded before it.
   */
  async keys(): Promise<KeyListing> {
    this.#keys ??= new KeyLoad(this.#api, this.#closed, () => this.#changed.fire({ kind: 'keys' }));
    const load = this.#keys;
    await load.first;
    // A refresh that came in between has the newer answer.
    return load === this.#keys || this.#closed.aborted ? load.listing() : this.keys();
  }

  /** The keys as they arrive: the first page at once, then all of them. */
  async *allKeys(): AsyncGenerator<KeyListing> {
    let listing = await this.keys();
    yield listing;
    // More than once when a refresh comes in between.
    while (listing.state.kind === 'loading') {
      await this.#keys?.all;
      listing = await this.keys();
      yield listing;
    }
  }

  /** Resolves with the first window of grants, or with all that were loaded. */
  async grants(keyArn: string): Promise<GrantListing> {
    let load = this.#grants.get(keyArn);
    if (load === undefined) {
      load = new GrantLoad(this.#api, keyArn, this.#closed, this.#clock);
      this.#grants.set(keyArn, load);
      void load.window();
    }
    await load.settled;
    return load === this.#grants.get(keyArn) || this.#closed.aborted ? load.listing() : this.grants(keyArn);
  }

  /** The key as it is listed, as far as keys are loaded, without asking for any. */
  loadedKey(keyArn: string): KmsKey | undefined {
    return this.#keys?.listing().keys.find(({ arn }) => arn === keyArn);
  }

  /** A grant as it is listed, as far as the grants of its key are loaded, without asking for any. */
  loadedGrant(keyArn: string, grantId: string): Grant | undefined {
    return this.#grants
      .get(keyArn)
      ?.listing()
      .grants.find((grant) => grant.grantId === grantId);
  }

  /** The keys that were described, or whose grants were asked for, without asking for any. */
  *known(): Generator<KnownOfKey> {
    for (const keyArn of new Set([...this.#metadata.keys(), ...this.#grants.keys()])) {
      const grants = this.#grants.get(keyArn)?.listing().grants ?? none;
      yield { keyArn, metadata: this.metadata(keyArn), grants };
    }
  }

  /** Loads the next window, after a list that said `more` or `failed`. */
  async moreGrants(keyArn: string): Promise<void> {
    await this.#grants.get(keyArn)?.window();
  }

  /** What DescribeKey said, if it was asked. */
  metadata(keyArn: string): KeyMetadata | undefined {
    const known = this.#metadata.get(keyArn);
    return known === 'asked' ? undefined : known;
  }

  /**
   * Asks DescribeKey for those not asked yet, a few at a time; each answer is told by a `key` change. What the same `list`
   * wanted before and has not been asked yet is wanted no more: those rows are gone.
   */
  describe(keyArns: readonly string[], list = ''): void {
    this.#toDescribe.set(list, keyArns.values());
    while (this.#describing < describeConcurrency) {
      const keyArn = this.#nextToDescribe();
      if (keyArn === undefined) {
        break;
      }
      void this.#describe(keyArn);
    }
  }

  forgetAll(): void {
    this.#keys?.abort();
    this.#keys = undefined;
    for (const keyArn of [...this.#grants.keys()]) {
      this.forgetGrants(keyArn);
    }
    this.#metadata.clear();
    this.#toDescribe.clear();
  }

  forgetKey(keyArn: string): void {
    this.forgetGrants(keyArn);
    this.#metadata.delete(keyArn);
  }

  forgetGrants(keyArn: string): void {
    this.#grants.get(keyArn)?.abort();
    this.#grants.delete(keyArn);
  }

  #nextToDescribe(): string | undefined {
    for (const [list, keyArns] of this.#toDescribe) {
      for (let next = keyArns.next(); next.done !== true; next = keyArns.next()) {
        if (!this.#metadata.has(next.value)) {
          return next.value;
        }
      }
      this.#toDescribe.delete(list);
    }
    return undefined;
  }

  async #describe(first: string): Promise<void> {
    this.#describing += 1;
    for (let keyArn: string | undefined = first; keyArn !== undefined; keyArn = this.#nextToDescribe()) {
      this.#metadata.set(keyArn, 'asked');
      try {
        const metadata = await this.#api.describeKey(keyArn, this.#closed);
        // Forgotten meanwhile: a newer question is on its way, or none is wanted.
        if (this.#metadata.has(keyArn)) {
          this.#metadata.set(keyArn, metadata);
          this.#changed.fire({ kind: 'key', keyArn });
        }
      } catch {
        // The row stays without its state; the call is in the log, and a refresh asks again.
      }
      if (this.#closed.aborted) {
        break;
      }
    }
    this.#describing -= 1;
  }
}

/** One run over ListKeys and ListAliases, side by side. */
class KeyLoad {
  readonly first: Promise<void>;
  readonly all: Promise<void>;
  readonly #controller = new AbortController();
  readonly #keys: Stream;
  readonly #aliases: Stream;
  /** By key ID: a list that changes while it is paged can hold a key twice. */
  readonly #byId = new Map<string, KmsKey>();
  /** By key ID, sorted; those of keys that are not listed (yet) too. */
  readonly #aliasesOf = new Map<string, readonly string[]>();
  #sorted: readonly KmsKey[] = [];
  /** Those that are not in {@link #sorted} yet, or not as they are now. By key ID. */
  readonly #fresh = new Map<string, KmsKey>();
  #announced = false;
  /** Entries of both lists that came, and how many of them were told. */
  #came = 0;
  #told = 0;

  constructor(api: KmsApi, closed: AbortSignal, onChange: () => void) {
    const signal = AbortSignal.any([closed, this.#controller.signal]);
    const tell = ({ done }: Stream) => {
      if (!this.#announced || signal.aborted) {
        return;
      }
      if (!done && this.#came - this.#told < toldShare * this.#came) {
        return;
      }
      this.#told = this.#came;
      onChange();
    };
    this.#keys = stream(
      (marker) => api.listKeys(marker, signal),
      (page) => this.#addKeys(page),
      tell,
    );
    this.#aliases = stream(
      (marker) => api.listAliases(marker, signal),
      (page) => this.#addAliases(page),
      tell,
    );
    this.first = Promise.all([this.#keys.first, this.#aliases.first]).then(() => {
      this.#announced = true;
      this.#told = this.#came;
    });
    this.all = Promise.all([this.#keys.all, this.#aliases.all]).then(() => {});
  }

  abort(): void {
    this.#controller.abort();
  }

  listing(): KeyListing {
    if (this.#fresh.size > 0) {
      const staying = this.#sorted.filter(({ keyId }) => !this.#fresh.has(keyId));
      // Two runs in order, which a sort of JavaScript merges in linear time.
      this.#sorted = [...staying, ...[...this.#fresh.values()].sort(byAliasThenId)].sort(byAliasThenId);
      this.#fresh.clear();
    }
    return { keys: this.#sorted, state: this.#state(), settled: this.#settled(), aliasError: this.#aliases.error };
  }

  #state(): ListState {
    if (this.#keys.error !== undefined) {
      return { kind: 'failed', error: this.#keys.error };
    }
    return { kind: this.#keys.done && this.#aliases.done ? 'complete' : 'loading' };
  }

  /** Aliases come by name, so those that are still to come go behind those that are there. */
  #settled(): number {
    if (!this.#keys.done) {
      return 0;
    }
    if (this.#aliases.done) {
      return this.#sorted.length;
    }
    const firstWithout = this.#sorted.findIndex(({ aliases }) => aliases.length === 0);
    return firstWithout === -1 ? this.#sorted.length : firstWithout;
  }

  #addKeys(page: readonly KeyListEntry[]): void {
    this.#came += page.length;
    for (const { keyId, arn } of page) {
      if (!this.#byId.has(keyId)) {
        this.#put({ keyId, arn, aliases: this.#aliasesOf.get(keyId) ?? none });
      }
    }
  }

  #addAliases(page: readonly AliasListEntry[]): void {
    this.#came += page.length;
    for (const { aliasName, targetKeyId } of page) {
      if (targetKeyId === undefined) {
        continue;
      }
      const known = this.#aliasesOf.get(targetKeyId) ?? none;
      if (known.includes(aliasName)) {
        continue;
      }
      const aliases = [...known, aliasName].sort();
      this.#aliasesOf.set(targetKeyId, aliases);
      const key = this.#byId.get(targetKeyId);
      if (key !== undefined) {
        this.#put({ ...key, aliases });
      }
    }
  }

  #put(key: KmsKey): void {
    this.#byId.set(key.keyId, key);
    this.#fresh.set(key.keyId, key);
  }
}

interface Stream {
  /** Resolves once the first page, or the failure in its place, is in. Never rejects. */
  readonly first: Promise<void>;
  /** Resolves at the end of the list, or at the failure in its place. Never rejects. */
  readonly all: Promise<void>;
  done: boolean;
  error: KmsError | undefined;
}

/** Follows a paged list to its end. `tell` is called after every page, and after a failure. */
function stream<T>(
  read: (marker: string | undefined) => Promise<Page<T>>,
  add: (items: readonly T[]) => void,
  tell: (stream: Stream) => void,
): Stream {
  let firstIsIn = () => {};
  const first = new Promise<void>((resolve) => {
    firstIsIn = resolve;
  });
  const result: { -readonly [K in keyof Stream]: Stream[K] } = { first, all: first, done: false, error: undefined };
  result.all = (async () => {
    const trail = new MarkerTrail();
    let marker: string | undefined;
    try {
      do {
        const page = await read(marker);
        add(page.items);
        marker = trail.after(page);
        result.done = marker === undefined;
        tell(result);
        firstIsIn();
      } while (marker !== undefined);
    } catch (error) {
      result.done = true;
      result.error = asKmsError(error);
      tell(result);
      firstIsIn();
    }
  })();
  return result;
}

/** The grants of one key, window by window. */
class GrantLoad {
  readonly #api: KmsApi;
  readonly #keyArn: string;
  readonly #controller = new AbortController();
  readonly #signal: AbortSignal;
  readonly #clock: Clock;
  readonly #grants: Grant[] = [];
  readonly #seen = new Set<string>();
  #marker: string | undefined;
  #trail = new MarkerTrail();
  #state: ListState = { kind: 'loading' };
  #loading = false;
  #began: number;
  /** The window under way, or the last one. */
  settled: Promise<void> = Promise.resolve();

  constructor(api: KmsApi, keyArn: string, closed: AbortSignal, clock: Clock) {
    this.#api = api;
    this.#keyArn = keyArn;
    this.#clock = clock;
    this.#began = clock.monotonic();
    this.#signal = AbortSignal.any([closed, this.#controller.signal]);
  }

  abort(): void {
    this.#controller.abort();
  }

  /** Loads one window more; a second call while one is under way joins it, and one after the end does nothing. */
  window(): Promise<void> {
    if (this.#loading || this.#state.kind === 'complete') {
      return this.settled;
    }
    this.#loading = true;
    this.settled = this.#load().finally(() => {
      this.#loading = false;
    });
    return this.settled;
  }

  listing(): GrantListing {
    return { grants: this.#grants, state: this.#state, began: this.#began };
  }

  async #load(): Promise<void> {
    const window: Grant[] = [];
    if (this.#marker === undefined && this.#grants.length === 0) {
      this.#began = this.#clock.monotonic();
    }
    try {
      do {
        const marker = this.#marker;
        const page = await this.#api.listGrants(
          { keyArn: this.#keyArn, ...(marker === undefined ? {} : { marker }) },
          this.#signal,
        );
        window.push(...page.items);
        this.#marker = this.#trail.after(page);
      } while (this.#marker !== undefined && window.length < grantWindow);
      this.#state = { kind: this.#marker === undefined ? 'complete' : 'more' };
    } catch (error) {
      this.#state = { kind: 'failed', error: asKmsError(error) };
      // The list can't be continued from here: a retry starts it anew.
      if (isKind(error, 'invalidMarker', 'endlessList')) {
        this.#marker = undefined;
        this.#trail = new MarkerTrail();
        this.#grants.length = 0;
        this.#seen.clear();
        window.length = 0;
      }
    }
    // Sorted within its window, so that rows already on screen never move when more arrive. A list that changes while it
    // is paged can hold a grant twice.
    const fresh = window.filter(({ grantId }) => !this.#seen.has(grantId) && this.#seen.add(grantId));
    this.#grants.push(...fresh.sort(compareGrants));
  }
}

function byAliasThenId(left: KmsKey, right: KmsKey): number {
  const [a, b] = [left.aliases[0], right.aliases[0]];
  if (a !== undefined && b !== undefined) {
    return compare(a, b);
  }
  if (a !== undefined) {
    return -1;
  }
  if (b !== undefined) {
    return 1;
  }
  return compare(left.keyId, right.keyId);
}

/** Grants with a name first, by name; then the newest first. */
export function compareGrants(left: Grant, right: Grant): number {
  if ((left.name === undefined) !== (right.name === undefined)) {
    return left.name === undefined ? 1 : -1;
  }
  return (
    compare(left.name ?? '', right.name ?? '') ||
    (right.creationDate?.getTime() ?? 0) - (left.creationDate?.getTime() ?? 0) ||
    compare(left.grantId, right.grantId)
  );
}

/** By code unit: the same on every machine, and fast on a hundred thousand keys. */
function compare(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function asKmsError(error: unknown): KmsError {
  if (isKmsError(error)) {
    return error;
  }
  if (isAbort(error)) {
    return new KmsError({ kind: 'unknown', operation: 'List', awsName: 'AbortError', message: 'Cancelled' }, error);
  }
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return new KmsError({ kind: 'unknown', operation: 'List', awsName: name, message }, error);
}
