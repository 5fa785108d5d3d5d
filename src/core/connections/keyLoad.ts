import { Emitter } from '../base/emitter.ts';
import { compareCodeUnits } from '../base/text.ts';
import type { KmsError } from '../kms/errors.ts';
import type { KmsApi } from '../kms/kmsApi.ts';
import type { AliasListEntry, KeyListEntry, KmsKey, Page } from '../kms/model.ts';
import { PaginationGuard } from '../kms/pages.ts';
import { asKmsError, type ListState } from './listing.ts';

export interface KeyListing {
  /** Sorted by alias, then keys without an alias by ID. */
  readonly keys: readonly KmsKey[];
  readonly state: ListState;
  /** The number of leading keys whose position is final. Others may move when more keys and aliases arrive. */
  readonly stableCount: number;
  /** Why aliases are missing. The keys are listed anyway. */
  readonly aliasError: KmsError | undefined;
}

const none: readonly never[] = [];

/**
 * A change is fired when this share of all entries is new. So a view's total work grows with the number of keys and not
 * with its square: each of the first 20 pages is a change, and the next 1,000 pages are 80 changes.
 */
const changeShare = 0.05;

/** Loads all keys and aliases of a connection, both lists in parallel. */
export class KeyLoader {
  readonly first: Promise<void>;
  readonly all: Promise<void>;
  readonly #changed = new Emitter();
  /** Fires after the first page of each list, when more entries arrived or the end was reached. */
  readonly onDidChange = this.#changed.event;
  readonly #controller = new AbortController();
  readonly #keys: PagedRead;
  readonly #aliases: PagedRead;
  /** By key ID, since a list that changes while it is read can contain a key twice. */
  readonly #byId = new Map<string, KmsKey>();
  /** Sorted aliases by key ID, also for keys that are not listed yet. */
  readonly #aliasesOf = new Map<string, readonly string[]>();
  #sorted: readonly KmsKey[] = [];
  /** New and changed keys that are not in {@link #sorted} yet, by key ID. */
  readonly #unsorted = new Map<string, KmsKey>();
  #isFirstPageDone = false;
  /** The number of entries received from both lists, in total and by the last change. */
  #receivedCount = 0;
  #reportedCount = 0;

  constructor(api: KmsApi, closed: AbortSignal) {
    const signal = AbortSignal.any([closed, this.#controller.signal]);
    const notify = ({ done }: PagedRead) => {
      if (!this.#isFirstPageDone || signal.aborted) {
        return;
      }
      if (!done && this.#receivedCount - this.#reportedCount < changeShare * this.#receivedCount) {
        return;
      }
      this.#reportedCount = this.#receivedCount;
      this.#changed.fire();
    };
    this.#keys = readPages(
      (marker) => api.listKeys(marker, signal),
      (page) => this.#addKeys(page),
      notify,
    );
    this.#aliases = readPages(
      (marker) => api.listAliases(marker, signal),
      (page) => this.#addAliases(page),
      notify,
    );
    this.first = Promise.all([this.#keys.first, this.#aliases.first]).then(() => {
      this.#isFirstPageDone = true;
      this.#reportedCount = this.#receivedCount;
    });
    this.all = Promise.all([this.#keys.all, this.#aliases.all]).then(() => {});
  }

  abort(): void {
    this.#controller.abort();
  }

  listing(): KeyListing {
    if (this.#unsorted.size > 0) {
      const staying = this.#sorted.filter(({ keyId }) => !this.#unsorted.has(keyId));
      // JavaScript's sort merges two sorted runs in linear time.
      this.#sorted = [...staying, ...[...this.#unsorted.values()].sort(byAliasThenId)].sort(byAliasThenId);
      this.#unsorted.clear();
    }
    return {
      keys: this.#sorted,
      state: this.#state(),
      stableCount: this.#stableCount(),
      aliasError: this.#aliases.error,
    };
  }

  #state(): ListState {
    if (this.#keys.error !== undefined) {
      return { kind: 'failed', error: this.#keys.error };
    }
    return { kind: this.#keys.done && this.#aliases.done ? 'complete' : 'loading' };
  }

  /** KMS lists aliases by name, so new aliases sort after the known ones. */
  #stableCount(): number {
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
    this.#receivedCount += page.length;
    for (const { keyId, arn } of page) {
      if (!this.#byId.has(keyId)) {
        this.#put({ keyId, arn, aliases: this.#aliasesOf.get(keyId) ?? none });
      }
    }
  }

  #addAliases(page: readonly AliasListEntry[]): void {
    this.#receivedCount += page.length;
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
    this.#unsorted.set(key.keyId, key);
  }
}

interface PagedRead {
  /** Resolves after the first page or a failure. Never rejects. */
  readonly first: Promise<void>;
  /** Resolves at the end of the list or after a failure. Never rejects. */
  readonly all: Promise<void>;
  done: boolean;
  error: KmsError | undefined;
}

/** Reads a paged list to its end. Calls `notify` after every page and after a failure. */
function readPages<T>(
  read: (marker: string | undefined) => Promise<Page<T>>,
  add: (items: readonly T[]) => void,
  notify: (stream: PagedRead) => void,
): PagedRead {
  let resolveFirst = () => {};
  const first = new Promise<void>((resolve) => {
    resolveFirst = resolve;
  });
  const result: { -readonly [K in keyof PagedRead]: PagedRead[K] } = {
    first,
    all: first,
    done: false,
    error: undefined,
  };
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
        resolveFirst();
      } while (marker !== undefined);
    } catch (error) {
      result.done = true;
      result.error = asKmsError(error);
      notify(result);
      resolveFirst();
    }
  })();
  return result;
}

function byAliasThenId(left: KmsKey, right: KmsKey): number {
  const [a, b] = [left.aliases[0], right.aliases[0]];
  if (a !== undefined && b !== undefined) {
    return compareCodeUnits(a, b);
  }
  if (a !== undefined) {
    return -1;
  }
  if (b !== undefined) {
    return 1;
  }
  return compareCodeUnits(left.keyId, right.keyId);
}
