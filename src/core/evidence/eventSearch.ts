import type { EventQuery, EvidenceApi, TrailEvent } from '../kms/evidenceApi.ts';
import { type KmsEvent, readKmsEvent } from './kmsEvent.ts';

/** An event that was looked for. */
export interface FoundEvent<T> {
  readonly what: T;
  readonly event: KmsEvent;
  readonly source: TrailEvent;
}

/** How far a search has come. */
export interface Looked {
  /** How many events were looked at. */
  readonly events: number;
  /** How many of them matched. */
  readonly matches: number;
  /** The time of the oldest of them, in the list that is being read. */
  readonly backTo: Date | undefined;
  /** Where the search ends; `undefined` when the event history begins later. */
  readonly since: Date | undefined;
  /** There are no older events until then. */
  readonly isWhole: boolean;
}

export interface LookOptions {
  /** How many pages to read at most, of 50 events each. */
  readonly pages: number;
  readonly signal: AbortSignal;
  readonly progress: (looked: Looked) => void;
}

/**
 * A search of CloudTrail's event history, newest first: one list after the other. Each look goes on where the one before
 * stopped, also when that failed or was cancelled.
 */
export class EventSearch<T> {
  readonly #api: EvidenceApi;
  readonly #queries: EventQuery[];
  readonly #since: Date | undefined;
  readonly #match: (event: KmsEvent) => T | undefined;
  /** Events that were read, and not looked at yet. */
  #read: readonly TrailEvent[] = [];
  #marker: string | undefined;
  #events = 0;
  #matches = 0;
  #backTo: Date | undefined;

  /** @param queries all with the same times */
  constructor(api: EvidenceApi, queries: readonly EventQuery[], match: (event: KmsEvent) => T | undefined) {
    this.#api = api;
    this.#queries = [...queries];
    this.#since = queries[0]?.since;
    this.#match = match;
  }

  get looked(): Looked {
    const isWhole = this.#queries.length === 0 && this.#read.length === 0;
    return {
      events: this.#events,
      matches: this.#matches,
      backTo: this.#backTo,
      since: this.#since,
      isWhole,
    };
  }

  /**
   * @returns the next event that matches; `undefined` without one in these pages
   * @throws KmsError, and AbortError
   */
  async look({ pages, signal, progress }: LookOptions): Promise<FoundEvent<T> | undefined> {
    for (let page = 0; ; page += 1) {
      const found = this.#next();
      progress(this.looked);
      const [query] = this.#queries;
      if (found !== undefined || query === undefined || page === pages) {
        return found;
      }
      const { items, nextMarker } = await this.#api.lookupEvents(query, this.#marker, signal);
      this.#read = items;
      this.#marker = nextMarker;
      if (nextMarker === undefined) {
        this.#queries.shift();
      }
    }
  }

  /** Looks at what was read. */
  #next(): FoundEvent<T> | undefined {
    for (const [index, source] of this.#read.entries()) {
      this.#events += 1;
      this.#backTo = source.time;
      const event = readKmsEvent(source.json);
      const what = event && this.#match(event);
      if (event !== undefined && what !== undefined) {
        this.#read = this.#read.slice(index + 1);
        this.#matches += 1;
        return { what, event, source };
      }
    }
    this.#read = [];
    return undefined;
  }
}
