import type { Clock } from '../base/clock.ts';
import { isKind } from '../kms/errors.ts';
import type { KmsApi } from '../kms/kmsApi.ts';
import type { Grant } from '../kms/model.ts';
import { PaginationGuard } from '../kms/pages.ts';
import { asKmsError, compare, type ListState } from './listing.ts';

export interface GrantListing {
  readonly grants: readonly Grant[];
  readonly state: ListState;
  /** When its first request began, as `clock.monotonic()` has it: it says nothing of what is younger. */
  readonly began: number;
}

/** Grants are asked for in windows of this many. */
export const grantWindow = 200;

/** The grants of one key, window by window. */
export class GrantLoad {
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
        this.#marker = this.#trail.nextMarker(page);
      } while (this.#marker !== undefined && window.length < grantWindow);
      this.#state = { kind: this.#marker === undefined ? 'complete' : 'more' };
    } catch (error) {
      this.#state = { kind: 'failed', error: asKmsError(error) };
      // The list can't be continued from here: a retry starts it again.
      if (isKind(error, 'invalidMarker', 'endlessList')) {
        this.#marker = undefined;
        this.#trail = new PaginationGuard();
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
