import type { Clock } from '../base/clock.ts';
import { Emitter } from '../base/emitter.ts';
import type { KmsApi } from '../kms/kmsApi.ts';
import type { Grant, KeyMetadata, KmsKey } from '../kms/model.ts';
import type { LoadedKeyDetails } from '../words/filter.ts';
import { type GrantListing, GrantLoader } from './grantLoad.ts';
import { type KeyListing, KeyLoader } from './keyLoad.ts';

/** What changed: the list of keys, or the metadata of one key. */
export type InventoryChange = { readonly kind: 'keys' } | { readonly kind: 'key'; readonly keyArn: string };

const describeConcurrency = 4;

/**
 * A cache of the keys and grants of one connection, filled on request. Concurrent requests share one load. After
 * `forget…` the next request loads from KMS, and the result of a load in progress is dropped.
 */
export class Inventory {
  readonly #api: KmsApi;
  readonly #closed: AbortSignal;
  readonly #changed = new Emitter<InventoryChange>();
  readonly onDidChange = this.#changed.event;
  readonly #clock: Clock;
  #keys: KeyLoader | undefined;
  readonly #grants = new Map<string, GrantLoader>();
  readonly #metadata = new Map<string, KeyMetadata | 'requested'>();
  /** The keys to describe, by the list that needs them. */
  readonly #describeQueues = new Map<string, Iterator<string>>();
  #describeCount = 0;

  constructor(api: KmsApi, closed: AbortSignal, clock: Clock) {
    this.#api = api;
    this.#closed = closed;
    this.#clock = clock;
  }

  /**
   * Resolves with the first page of keys. The rest loads in the background and fires `keys` changes, the last one at
   * the end. A failure is in the listing's state, next to the keys that were loaded before it.
   */
  async keys(): Promise<KeyListing> {
    if (this.#keys === undefined) {
      this.#keys = new KeyLoader(this.#api, this.#closed);
      this.#keys.onDidChange(() => this.#changed.fire({ kind: 'keys' }));
    }
    const load = this.#keys;
    await load.first;
    // After a refresh in the meantime, use the newer load.
    return load === this.#keys || this.#closed.aborted ? load.listing() : this.keys();
  }

  /** Yields the first page of keys, then all keys. */
  async *allKeys(): AsyncGenerator<KeyListing> {
    let listing = await this.keys();
    yield listing;
    // A refresh in the meantime makes it loop again.
    while (listing.state.kind === 'loading') {
      await this.#keys?.all;
      listing = await this.keys();
      yield listing;
    }
  }

  /** Resolves with the grants loaded so far, at least the first batch. */
  async grants(keyArn: string): Promise<GrantListing> {
    let load = this.#grants.get(keyArn);
    if (load === undefined) {
      load = new GrantLoader(this.#api, keyArn, this.#closed, this.#clock);
      this.#grants.set(keyArn, load);
      void load.loadBatch();
    }
    await load.currentBatch;
    return load === this.#grants.get(keyArn) || this.#closed.aborted ? load.listing() : this.grants(keyArn);
  }

  /** A key, if it is loaded. Sends no request. */
  loadedKey(keyArn: string): KmsKey | undefined {
    return this.#keys?.listing().keys.find(({ arn }) => arn === keyArn);
  }

  /** The grants of a key, as far as they are loaded, without asking for any. */
  loadedGrants(keyArn: string): GrantListing | undefined {
    return this.#grants.get(keyArn)?.listing();
  }

  /** A grant, if it is loaded. Sends no request. */
  loadedGrant(keyArn: string, grantId: string): Grant | undefined {
    return this.#grants
      .get(keyArn)
      ?.listing()
      .grants.find((grant) => grant.grantId === grantId);
  }

  /** The loaded metadata and grants of keys. Sends no request. */
  *loadedDetails(): Generator<LoadedKeyDetails> {
    for (const keyArn of new Set([...this.#metadata.keys(), ...this.#grants.keys()])) {
      const grants = this.#grants.get(keyArn)?.listing().grants ?? [];
      yield { keyArn, metadata: this.metadata(keyArn), grants };
    }
  }

  /** Loads the next batch of a list in state `more` or `failed`. */
  async loadMoreGrants(keyArn: string): Promise<void> {
    await this.#grants.get(keyArn)?.loadBatch();
  }

  /** The key's metadata, if it is loaded. */
  metadata(keyArn: string): KeyMetadata | undefined {
    const metadata = this.#metadata.get(keyArn);
    return metadata === 'requested' ? undefined : metadata;
  }

  /**
   * Loads the metadata of keys in the background, a few at a time, and fires a `key` change for each. Replaces what is
   * still queued from an earlier call for the same `list`, since those rows are no longer shown.
   */
  describe(keyArns: readonly string[], list = ''): void {
    this.#describeQueues.set(list, keyArns.values());
    while (this.#describeCount < describeConcurrency) {
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
    this.#describeQueues.clear();
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
    for (const [list, keyArns] of this.#describeQueues) {
      for (let next = keyArns.next(); next.done !== true; next = keyArns.next()) {
        if (!this.#metadata.has(next.value)) {
          return next.value;
        }
      }
      this.#describeQueues.delete(list);
    }
    return undefined;
  }

  async #describe(first: string): Promise<void> {
    this.#describeCount += 1;
    for (let keyArn: string | undefined = first; keyArn !== undefined; keyArn = this.#nextToDescribe()) {
      this.#metadata.set(keyArn, 'requested');
      try {
        const metadata = await this.#api.describeKey(keyArn, this.#closed);
        // Otherwise it was forgotten in the meantime.
        if (this.#metadata.has(keyArn)) {
          this.#metadata.set(keyArn, metadata);
          this.#changed.fire({ kind: 'key', keyArn });
        }
      } catch {
        // The row is shown without its state. The failure is in the log, and a refresh retries.
      }
      if (this.#closed.aborted) {
        break;
      }
    }
    this.#describeCount -= 1;
  }
}
