import { abortError, type Clock } from './clock.ts';
import { isKind } from './errors.ts';

/** AWS's operations that are paced, with how many of them a second. */
export type Rates = Readonly<Record<LimitedOperation, number>>;

export type LimitedOperation =
  | 'ListKeys'
  | 'ListAliases'
  | 'DescribeKey'
  | 'ListGrants'
  | 'ListRetirableGrants'
  | 'RevokeGrant';

/**
 * Half of what AWS allows an account and Region (KMS Developer Guide, "Request quotas"), since everybody else in the
 * account shares the other half; of RevokeGrant, a fifth.
 */
export const defaultRates: Rates = {
  ListKeys: 250,
  ListAliases: 250,
  DescribeKey: 1000,
  ListGrants: 50,
  ListRetirableGrants: 50,
  RevokeGrant: 10,
};

/** Somebody waits for an `interactive` request: it goes before all in the background. */
export type Priority = 'interactive' | 'background';

export interface PacedRequest<T> {
  /** Whose quota it counts against: the ID of a connection. */
  readonly connection: string;
  readonly operation: LimitedOperation;
  readonly priority: Priority;
  readonly signal: AbortSignal;
  readonly send: () => Promise<T>;
}

/** After so many refusals in a row, a request that is throttled fails. */
const maxAttempts = 5;
/** A throttled operation goes on at half the pace, and never below this part of it. */
const slowest = 1 / 32;
/** Requests that must succeed until half the pace has become all of it again. */
const recovery = 50;

/** Paces requests, each kind of each connection by a token bucket; slows down where KMS throttles, and recovers. */
export class RequestLimiter {
  readonly #clock: Clock;
  readonly #rates: Rates;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock, rates: Rates = defaultRates) {
    this.#clock = clock;
    this.#rates = rates;
  }

  /**
   * Sends when it is the request's turn, and once more, in its turn, when KMS throttled it.
   * @throws what `send` throws; an AbortError as soon as `signal` is aborted while it waits
   */
  async run<T>({ connection, operation, priority, signal, send }: PacedRequest<T>): Promise<T> {
    const bucket = this.#bucket(connection, operation);
    for (let attempt = 1; ; attempt++) {
      const pace = await bucket.turn(priority, signal);
      try {
        const answer = await send();
        bucket.succeeded();
        return answer;
      } catch (error) {
        if (!isKind(error, 'throttled')) throw error;
        bucket.throttled(pace);
        if (attempt === maxAttempts) throw error;
      }
    }
  }

  /** Requests a second that an operation is sent at now. */
  rate(connection: string, operation: LimitedOperation): number {
    return this.#bucket(connection, operation).rate;
  }

  #bucket(connection: string, operation: LimitedOperation): Bucket {
    const id = `${operation} ${connection}`;
    let bucket = this.#buckets.get(id);
    if (bucket === undefined) {
      bucket = new Bucket(this.#clock, this.#rates[operation]);
      this.#buckets.set(id, bucket);
    }
    return bucket;
  }
}

interface Waiter {
  readonly go: () => void;
}

/** How often a bucket had slowed down when a request went: requests of one pace slow it down once. */
type Pace = number;

class Bucket {
  readonly #clock: Clock;
  readonly #fullRate: number;
  /** A tenth of a second's requests may go at once. */
  readonly #capacity: number;
  readonly #waiting: Readonly<Record<Priority, Set<Waiter>>> = { interactive: new Set(), background: new Set() };
  #rate: number;
  #pace: Pace = 0;
  #tokens: number;
  #filledAt: number;
  /** Ends the sleep until the next token; there while somebody waits. */
  #pump: AbortController | undefined;

  constructor(clock: Clock, rate: number) {
    this.#clock = clock;
    this.#fullRate = rate;
    this.#rate = rate;
    this.#capacity = Math.max(1, rate / 10);
    this.#tokens = this.#capacity;
    this.#filledAt = clock.now();
  }

  get rate(): number {
    return this.#rate;
  }

  /** Resolves when it is the request's turn. */
  turn(priority: Priority, signal: AbortSignal): Promise<Pace> {
    if (signal.aborted) return Promise.reject(abortError());
    return new Promise((resolve, reject) => {
      const queue = this.#waiting[priority];
      const leave = () => {
        queue.delete(waiter);
        signal.removeEventListener('abort', onAbort);
      };
      const waiter: Waiter = {
        go: () => {
          leave();
          resolve(this.#pace);
        },
      };
      const onAbort = () => {
        leave();
        reject(abortError());
        if (this.#next() === undefined) this.#pump?.abort();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      queue.add(waiter);
      this.#serve();
    });
  }

  succeeded(): void {
    this.#rate = Math.min(this.#fullRate, this.#rate + this.#fullRate / (2 * recovery));
  }

  throttled(pace: Pace): void {
    this.#fill();
    if (pace !== this.#pace) return;
    this.#pace += 1;
    this.#rate = Math.max(this.#fullRate * slowest, this.#rate / 2);
    this.#tokens = Math.min(0, this.#tokens);
  }

  #next(): Waiter | undefined {
    const { interactive, background } = this.#waiting;
    return interactive.values().next().value ?? background.values().next().value;
  }

  /** Lets go whoever has a token, and sleeps until there is the next one. */
  #serve(): void {
    this.#fill();
    for (let waiter = this.#next(); waiter !== undefined; waiter = this.#next()) {
      if (this.#tokens < 1) {
        this.#sleep();
        return;
      }
      this.#tokens -= 1;
      waiter.go();
    }
  }

  #sleep(): void {
    if (this.#pump !== undefined) return;
    const pump = new AbortController();
    this.#pump = pump;
    // Clocks of computers count whole milliseconds: rounded up, the token is there when it ends.
    const ms = Math.ceil(((1 - this.#tokens) * 1000) / this.#rate);
    const done = () => {
      this.#pump = undefined;
      this.#serve();
    };
    this.#clock.sleep(ms, pump.signal).then(done, done);
  }

  #fill(): void {
    const now = this.#clock.now();
    // A computer's clock can be set back.
    const passed = Math.max(0, now - this.#filledAt);
    this.#tokens = Math.min(this.#capacity, this.#tokens + (passed * this.#rate) / 1000);
    this.#filledAt = now;
  }
}
