import type { Clock } from '../base/clock.ts';
import { compareCodeUnits } from '../base/text.ts';
import { isKind } from '../kms/errors.ts';
import type { KmsApi } from '../kms/kmsApi.ts';
import type { Grant } from '../kms/model.ts';
import { PaginationGuard } from '../kms/pages.ts';
import { asKmsError, type ListState } from './listing.ts';

export interface GrantListing {
  readonly grants: readonly Grant[];
  readonly state: ListState;
  /** When its first request began, by `clock.monotonic()`. The list says nothing about later changes. */
  readonly began: number;
}

/** The number of grants to load at a time. */
export const grantBatchSize = 200;

/** Loads the grants of one key in batches. */
export class GrantLoader {
  readonly #api: KmsApi;
  readonly #keyArn: string;
  readonly #controller = new AbortController();
  readonly #signal: AbortSignal;
  readonly #clock: Clock;
  readonly #grants: Grant[] = [];
  readonly #seen = new Set<string>();
  #marker: string | undefined;
  #trail = new PaginationGuard();
  #state: ListState = { kind: 'loading' };
  #loading = false;
  #began: number;
  /** The batch that is loading, or the last one. Never rejects: see {@link listing}. */
  currentBatch: Promise<void> = Promise.resolve();

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

  /** Loads the next batch. Joins a load in progress, and does nothing after the end of the list. */
  loadBatch(): Promise<void> {
    if (this.#loading || this.#state.kind === 'complete') {
      return this.currentBatch;
    }
    this.#loading = true;
    this.currentBatch = this.#load().finally(() => {
      this.#loading = false;
    });
    return this.currentBatch;
  }

  listing(): GrantListing {
    return { grants: this.#grants, state: this.#state, began: this.#began };
  }

  async #load(): Promise<void> {
    const batch: Grant[] = [];
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
        batch.push(...page.items);
        this.#marker = this.#trail.nextMarker(page);
      } while (this.#marker !== undefined && batch.length < grantBatchSize);
      this.#state = { kind: this.#marker === undefined ? 'complete' : 'more' };
    } catch (error) {
      this.#state = { kind: 'failed', error: asKmsError(error) };
      // The list can't continue from here, so a retry starts over.
      if (isKind(error, 'invalidMarker', 'endlessList')) {
        this.#marker = undefined;
        this.#trail = new PaginationGuard();
        this.#grants.length = 0;
        this.#seen.clear();
        batch.length = 0;
      }
    }
    // Sorted within the batch, so that rows never move when more arrive. A list that changes while it is read can contain a
    // grant twice.
    const fresh = batch.filter(({ grantId }) => !this.#seen.has(grantId) && this.#seen.add(grantId));
    this.#grants.push(...fresh.sort(compareGrants));
  }
}

/** Named grants first, by name, then the others, newest first. */
export function compareGrants(left: Grant, right: Grant): number {
  if ((left.name === undefined) !== (right.name === undefined)) {
    return left.name === undefined ? 1 : -1;
  }
  return (
    compareCodeUnits(left.name ?? '', right.name ?? '') ||
    (right.creationDate?.getTime() ?? 0) - (left.creationDate?.getTime() ?? 0) ||
    compareCodeUnits(left.grantId, right.grantId)
  );
}
