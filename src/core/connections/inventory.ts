import type { Clock } from '../base/clock.ts';
import { Emitter } from '../base/emitter.ts';
import type { KmsApi } from '../kms/kmsApi.ts';
import type { Grant, KeyMetadata, KmsKey } from '../kms/model.ts';
import type { KnownOfKey } from '../words/filter.ts';
import { type GrantListing, GrantLoad } from './grantLoad.ts';
import { type KeyListing, KeyLoad } from './keyLoad.ts';

/** What became known, for views to follow. */
export type InventoryChange = { readonly kind: 'keys' } | { readonly kind: 'key'; readonly keyArn: string };

const describeConcurrency = 4;

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
    if (this.#keys === undefined) {
      this.#keys = new KeyLoad(this.#api, this.#closed);
      this.#keys.onDidChange(() => this.#changed.fire({ kind: 'keys' }));
    }
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

  /** The grants of a key, as far as they are loaded, without asking for any. */
  loadedGrants(keyArn: string): GrantListing | undefined {
    return this.#grants.get(keyArn)?.listing();
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
      const grants = this.#grants.get(keyArn)?.listing().grants ?? [];
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
   * Asks DescribeKey for those not asked yet, a few at a time; each answer is a `key` change. What the same `list`
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
        // Forgotten since: a newer question is on its way, or none is wanted.
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
