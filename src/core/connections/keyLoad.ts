import { Emitter } from '../base/emitter.ts';
import type { KmsError } from '../kms/errors.ts';
import type { KmsApi } from '../kms/kmsApi.ts';
import type { AliasListEntry, KeyListEntry, KmsKey, Page } from '../kms/model.ts';
import { PaginationGuard } from '../kms/pages.ts';
import { asKmsError, compare, type ListState } from './listing.ts';

export interface KeyListing {
  /** Sorted by alias; keys without one come last, by ID. */
  readonly keys: readonly KmsKey[];
  readonly state: ListState;
  /** So many of the first keys have their place for good; the others may move when more keys and aliases come. */
  readonly settled: number;
  /** Why there are no aliases, or not all of them. The keys are there all the same. */
  readonly aliasError: KmsError | undefined;
}

const none: readonly never[] = [];

/**
 * A page is a change when what came since the last change is this share of all: the 20 first pages each, the 1,000 that
 * follow in 80 steps. So whatever a view does for each change grows with the number of keys, and not with its square.
 */
const changeShare = 0.05;

/** One run over ListKeys and ListAliases, side by side. */
export class KeyLoad {
  readonly first: Promise<void>;
  readonly all: Promise<void>;
  readonly #changed = new Emitter();
  /** After the first page of each list: more came, or the end. */
  readonly onDidChange = this.#changed.event;
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
  #isFirstIn = false;
  /** Entries of both lists that came, and how many of them had come by the last change. */
  #came = 0;
  #cameBefore = 0;

  constructor(api: KmsApi, closed: AbortSignal) {
    const signal = AbortSignal.any([closed, this.#controller.signal]);
    const notify = ({ done }: Stream) => {
      if (!this.#isFirstIn || signal.aborted) {
        return;
      }
      if (!done && this.#came - this.#cameBefore < changeShare * this.#came) {
        return;
      }
      this.#cameBefore = this.#came;
      this.#changed.fire();
    };
    this.#keys = stream(
      (marker) => api.listKeys(marker, signal),
      (page) => this.#addKeys(page),
      notify,
    );
    this.#aliases = stream(
      (marker) => api.listAliases(marker, signal),
      (page) => this.#addAliases(page),
      notify,
    );
    this.first = Promise.all([this.#keys.first, this.#aliases.first]).then(() => {
      this.#isFirstIn = true;
      this.#cameBefore = this.#came;
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

/** Follows a paged list to its end. `notify` is called after every page, and after a failure. */
function stream<T>(
  read: (marker: string | undefined) => Promise<Page<T>>,
  add: (items: readonly T[]) => void,
  notify: (stream: Stream) => void,
): Stream {
  let firstIsIn = () => {};
  const first = new Promise<void>((resolve) => {
    firstIsIn = resolve;
  });
  const result: { -readonly [K in keyof Stream]: Stream[K] } = { first, all: first, done: false, error: undefined };
  result.all = (async () => {
    const trail = new PaginationGuard();
    let marker: string | undefined;
    try {
      do {
        const page = await read(marker);
        add(page.items);
        marker = trail.nextMarker(page);
        result.done = marker === undefined;
        notify(result);
        firstIsIn();
      } while (marker !== undefined);
    } catch (error) {
      result.done = true;
      result.error = asKmsError(error);
      notify(result);
      firstIsIn();
    }
  })();
  return result;
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
