import { abortError } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import { isKind, isTransient } from '../kms/errors.ts';

/** AWS's default quotas: requests a second, for an account in a Region (KMS Developer Guide, "Request quotas"). */
export const requestQuotas = {
  CreateGrant: 50,
  DescribeKey: 2000,
  GetKeyLastUsage: 5,
  GetKeyPolicy: 1000,
  GetKeyRotationStatus: 1000,
  ListAliases: 500,
  ListGrants: 100,
  ListKeys: 500,
  ListResourceTags: 2000,
  ListRetirableGrants: 100,
  RetireGrant: 50,
  RevokeGrant: 50,
  // Of CloudTrail. Nobody gets more on request (CloudTrail User Guide, "Quotas").
  LookupEvents: 2,
  // AWS publishes none for IAM; it throttles long before this.
  GetRole: 20,
  GetUser: 20,
  ListRoles: 20,
  ListUsers: 20,
} as const;

export type LimitedOperation = keyof typeof requestQuotas;

/** Percent of AWS's default quotas: everybody else in the account shares them. */
export const defaultBudget = 50;

/** A revoke can't be taken back: however many there are, somebody who cancels must be in time for most of them. */
const mostRevokesPerSecond = 10;

/** Requests a second that are sent at most. */
function rateOf(operation: LimitedOperation, budget: number): number {
  const rate = (requestQuotas[operation] * budget) / 100;
  return operation === 'RevokeGrant' ? Math.min(mostRevokesPerSecond, rate) : rate;
}

/** Somebody waits for an `interactive` request: it goes before all in the background. */
export type Priority = 'interactive' | 'background';

export interface PacedRequest<T> {
  /** Whose quota it counts against. */
  readonly quota: string;
  readonly operation: LimitedOperation;
  readonly priority: Priority;
  /** Sent twice it does no more than sent once, so that it may be sent again when its answer is lost. */
  readonly isRepeatable: boolean;
  readonly signal: AbortSignal;
  readonly send: () => Promise<T>;
}

/** How often a request is sent at most, when KMS throttles it; and when it fails in a way that may pass. */
const maxSendings = { interactive: 5, background: 12 };
const maxSendingsWhenFailing = 3;
/** Between two sendings of a request, each wait twice the one before. Milliseconds. */
const firstBackOffMs = 250;
const longestBackOffMs = 5000;
/** A throttled operation goes on at half the pace, and never below this part of it. */
const slowest = 1 / 32;
/** Requests that must succeed until half the pace has become all of it again. */
const recovery = 50;

/**
 * Paces requests, each operation on each quota by a token bucket of its own; slows down where KMS throttles, and
 * recovers. It alone sends a request again, so that this too is paced.
 */
export class RequestLimiter {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();
  /** Those that an `interactive` request has joined since. */
  readonly #raised = new WeakSet<object>();
  #budget: number;

  /** @param budget percent of AWS's default quotas */
  constructor(clock: Clock, budget: number = defaultBudget) {
    this.#clock = clock;
    this.#budget = budget;
  }

  /** Holds at once, also for what waits. */
  setBudget(percent: number): void {
    this.#budget = percent;
    for (const bucket of this.#buckets.values()) {
      bucket.setRate(rateOf(bucket.operation, percent));
    }
  }

  /**
   * Sends when it is the request's turn; and again, in its turn, when KMS throttled it, or when it failed in a way that
   * may pass and can be repeated.
   * @throws what `send` throws; an AbortError as soon as `signal` is aborted while it waits
   */
  async run<T>(request: PacedRequest<T>): Promise<T> {
    const { signal, send, isRepeatable } = request;
    const bucket = this.#bucket(request);
    for (let sendings = 1; ; sendings++) {
      const priority = this.#raised.has(request) ? 'interactive' : request.priority;
      const pace = await bucket.turn(request, priority, signal);
      try {
        const answer = await send();
        bucket.succeeded();
        return answer;
      } catch (error) {
        const isThrottled = isKind(error, 'throttled') && isTransient(error);
        if (isThrottled) {
          bucket.throttled(pace);
        }
        const most = isThrottled
          ? maxSendings[priority]
          : isRepeatable && isTransient(error)
            ? maxSendingsWhenFailing
            : 1;
        if (sendings >= most) {
          throw error;
        }
      }
      await this.#clock.sleep(Math.min(longestBackOffMs, firstBackOffMs * 2 ** (sendings - 1)), signal);
    }
  }

  /** A request that waits in the background becomes an `interactive` one. */
  raise(request: PacedRequest<unknown>): void {
    this.#raised.add(request);
    this.#bucket(request).raise(request);
  }

  /** Requests a second that an operation is sent at now. */
  rate(quota: string, operation: LimitedOperation): number {
    return this.#bucket({ quota, operation }).rate;
  }

  #bucket({ quota, operation }: Pick<PacedRequest<unknown>, 'quota' | 'operation'>): Bucket {
    const id = `${operation} ${quota}`;
    let bucket = this.#buckets.get(id);
    if (bucket === undefined) {
      bucket = new Bucket(this.#clock, operation, rateOf(operation, this.#budget));
      this.#buckets.set(id, bucket);
    }
    return bucket;
  }
}

/** How often a bucket had slowed down when a request went: requests of one pace slow it down once. */
type Pace = number;

class Bucket {
  readonly operation: LimitedOperation;
  readonly #clock: Clock;
  /** What lets each go, by its request, in the order in which they came. */
  readonly #waiting: Readonly<Record<Priority, Map<object, () => void>>> = {
    interactive: new Map(),
    background: new Map(),
  };
  #fullRate: number;
  /** The part of the full rate that is in force. */
  #part = 1;
  #pace: Pace = 0;
  #tokens: number;
  #filledAt: number;
  /** Ends the sleep until the next token; there while somebody waits. */
  #pump: AbortController | undefined;

  constructor(clock: Clock, operation: LimitedOperation, rate: number) {
    this.#clock = clock;
    this.operation = operation;
    this.#fullRate = rate;
    this.#tokens = this.#capacity;
    this.#filledAt = clock.monotonic();
  }

  get rate(): number {
    return this.#fullRate * this.#part;
  }

  setRate(rate: number): void {
    this.#fill();
    this.#fullRate = rate;
    // Whoever waits does so for as long as the new rate says.
    this.#pump?.abort();
  }

  /** Resolves when it is the request's turn. */
  turn(request: object, priority: Priority, signal: AbortSignal): Promise<Pace> {
    if (signal.aborted) {
      return Promise.reject(abortError());
    }
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.interactive.delete(request);
        this.#waiting.background.delete(request);
        signal.removeEventListener('abort', onAbort);
      };
      const onAbort = () => {
        leave();
        reject(abortError());
        if (this.#next() === undefined) {
          this.#pump?.abort();
        }
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting[priority].set(request, () => {
        leave();
        resolve(this.#pace);
      });
      this.#serve();
    });
  }

  raise(request: object): void {
    const { interactive, background } = this.#waiting;
    const go = background.get(request);
    if (go === undefined) {
      return;
    }
    background.delete(request);
    interactive.set(request, go);
  }

  succeeded(): void {
    this.#fill();
    this.#part = Math.min(1, this.#part + 1 / (2 * recovery));
  }

  throttled(pace: Pace): void {
    this.#fill();
    if (pace !== this.#pace) {
      return;
    }
    this.#pace += 1;
    this.#part = Math.max(slowest, this.#part / 2);
    this.#tokens = Math.min(0, this.#tokens);
  }

  /** A tenth of a second's requests may go at once. */
  get #capacity(): number {
    return Math.max(1, this.#fullRate / 10);
  }

  #next(): (() => void) | undefined {
    const { interactive, background } = this.#waiting;
    return interactive.values().next().value ?? background.values().next().value;
  }

  /** Lets go whoever has a token, and sleeps until there is the next one. */
  #serve(): void {
    this.#fill();
    for (let go = this.#next(); go !== undefined; go = this.#next()) {
      if (this.#tokens < 1) {
        this.#sleep();
        return;
      }
      this.#tokens -= 1;
      go();
    }
  }

  #sleep(): void {
    if (this.#pump !== undefined) {
      return;
    }
    const pump = new AbortController();
    this.#pump = pump;
    // Clocks of computers count whole milliseconds: rounded up, the token is there when it ends.
    const ms = Math.ceil(((1 - this.#tokens) * 1000) / this.rate);
    const done = () => {
      this.#pump = undefined;
      this.#serve();
    };
    this.#clock.sleep(ms, pump.signal).then(done, done);
  }

  #fill(): void {
    const now = this.#clock.monotonic();
    const passed = now - this.#filledAt;
    this.#tokens = Math.min(this.#capacity, this.#tokens + (passed * this.rate) / 1000);
    this.#filledAt = now;
  }
}
