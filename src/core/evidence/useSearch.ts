import type { EventQuery, EvidenceApi, TrailEvent } from '../kms/evidenceApi.ts';
import type { Grant } from '../kms/model.ts';
import { eventHistoryMs } from './creator.ts';
import { type Caller, type KeyUse, readKmsEvent } from './kmsEvent.ts';
import { allowedUse, wholeSecond } from './uses.ts';

/** A use of a key that a grant would allow. */
export interface AllowedUse {
  readonly use: KeyUse;
  readonly caller: Caller;
  readonly source: TrailEvent;
}

/** How far a search has come. */
export interface Looked {
  /** How many events were looked at. */
  readonly events: number;
  /** The time of the oldest of them. */
  readonly backTo: Date | undefined;
  /** The creation of the grant, where the search ends; `undefined` when the event history begins later. */
  readonly since: Date | undefined;
  /** There are no older events of the key until then. */
  readonly isWhole: boolean;
}

export interface LookOptions {
  /** How many pages to read at most, of 50 events each. */
  readonly pages: number;
  readonly signal: AbortSignal;
  readonly progress: (looked: Looked) => void;
}

/**
 * A search of a key's events, newest first, for uses that a grant would allow. Each look goes on where the one before
 * stopped, also when that failed or was cancelled.
 */
export class UseSearch {
  readonly #grant: Grant;
  readonly #api: EvidenceApi;
  readonly #query: EventQuery;
  readonly #keyArn: string;
  /** Events that were read, and not looked at yet. */
  #read: readonly TrailEvent[] = [];
  #marker: string | undefined;
  #isLastPage = false;
  #events = 0;
  #backTo: Date | undefined;

  /** @param now milliseconds since the epoch */
  constructor(api: EvidenceApi, grant: Grant, keyArn: string, now: number) {
    const { creationDate } = grant;
    const isInHistory = creationDate !== undefined && now - creationDate.getTime() < eventHistoryMs;
    this.#grant = grant;
    this.#api = api;
    this.#keyArn = keyArn;
    this.#query = {
      attribute: { key: 'ResourceName', value: keyArn },
      ...(isInHistory ? { since: wholeSecond(creationDate) } : {}),
    };
  }

  get looked(): Looked {
    const isWhole = this.#isLastPage && this.#read.length === 0;
    return { events: this.#events, backTo: this.#backTo, since: this.#query.since, isWhole };
  }

  /**
   * @returns the next use; `undefined` without one in these pages
   * @throws KmsError, and AbortError
   */
  async look({ pages, signal, progress }: LookOptions): Promise<AllowedUse | undefined> {
    for (let page = 0; ; page += 1) {
      const found = this.#next();
      progress(this.looked);
      if (found !== undefined || this.#isLastPage || page === pages) {
        return found;
      }
      const { items, nextMarker } = await this.#api.lookupEvents(this.#query, this.#marker, signal);
      this.#read = items;
      this.#marker = nextMarker;
      this.#isLastPage = nextMarker === undefined;
    }
  }

  /** Looks at what was read. */
  #next(): AllowedUse | undefined {
    for (const [index, source] of this.#read.entries()) {
      this.#events += 1;
      this.#backTo = source.time;
      const event = readKmsEvent(source.json);
      const use = event && allowedUse(this.#grant, this.#keyArn, event);
      if (event !== undefined && use !== undefined) {
        this.#read = this.#read.slice(index + 1);
        return { use, caller: event.caller, source };
      }
    }
    this.#read = [];
    return undefined;
  }
}
