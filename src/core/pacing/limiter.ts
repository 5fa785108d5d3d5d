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
const maxRevokesPerSecond = 10;

/** Requests a second that are sent at most. */
function rateOf(operation: LimitedOperation, budget: number): number {
  const rate = (requestQuotas[operation] * budget) / 100;
  return operation === 'RevokeGrant' ? Math.min(maxRevokesPerSecond, rate) : rate;
}

/** Somebody waits for an `interactive` request: it goes before all in the background. */
export type Priority = 'interactive' | 'background';

export interface PacedRequest<T> {
  /** Whose quota it counts against. */
  readonly quota: string;
  readonly operation: LimitedOperation;
  readonly priority: Priority;
  /** Sent twice it does no more than sent once, so that it may be sent again when its answer is lost. */
  readonly isIdempotent: boolean;
  readonly signal: AbortSignal;
  readonly send: () => Promise<T>;
}

/** How often a request is sent at most, when KMS throttles it; and when it fails in a way that may pass. */
const maxAttempts = { interactive: 5, background: 12 };
const maxAttemptsOnFailure = 3;
/** Between two sendings of a request, each wait twice the one before. Milliseconds. */
const baseBackoffMs = 250;
const maxBackoffMs = 5000;
/** A throttled operation goes on at half the pace, and never below this part of it. */
const minRateFactor = 1 / 32;
/** Requests that must succeed until half the pace has become all of it again. */
const successesToDoubleRate = 50;

/**
 * Paces requests, each operation on each quota by a token bucket of its own; slows down where KMS throttles, and
 * recovers. It alone sends a request again, so that this too is paced.
 */
export class RequestLimiter {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();
  /** Those that an `interactive` request has joined since. */
  readonly #promoted = new WeakSet<object>();
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
    const { signal, send, isIdempotent } = request;
    const bucket = this.#bucket(request);
    for (let attempt = 1; ; attempt++) {
      const priority = this.#promoted.has(request) ? 'interactive' : request.priority;
      const pace = await bucket.acquire(request, priority, signal);
      try {
        const answer = await send();
        bucket.onSuccess();
        return answer;
      } catch (error) {
        const isThrottled = isKind(error, 'throttled') && isTransient(error);
        if (isThrottled) {
          bucket.onThrottle(pace);
        }
        const most = isThrottled
          ? maxAttempts[priority]
          : isIdempotent && isTransient(error)
            ? maxAttemptsOnFailure
            : 1;
        if (attempt >= most) {
          throw error;
        }
      }
      await this.#clock.sleep(Math.min(maxBackoffMs, baseBackoffMs * 2 ** (attempt - 1)), signal);
    }
  }

  /** A request that waits in the background becomes an `interactive` one. */
  promote(request: PacedRequest<unknown>): void {
    this.#promoted.add(request);
    this.#bucket(request).promote(request);
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
type Slowdowns = number;

class Bucket {
  readonly operation: LimitedOperation;
  readonly #clock: Clock;
  /** What lets each go, by its request, in the order in which they came. */
  readonly #queues: Readonly<Record<Priority, Map<object, () => void>>> = {
    interactive: new Map(),
    background: new Map(),
  };
  #fullRate: number;
  /** The part of the full rate that is in force. */
  #rateFactor = 1;
  #slowdowns: Slowdowns = 0;
  #tokens: number;
  #refilledAt: number;
  /** Ends the sleep until the next token; there while somebody waits. */
  #wakeUp: AbortController | undefined;

  constructor(clock: Clock, operation: LimitedOperation, rate: number) {
    this.#clock = clock;
    this.operation = operation;
    this.#fullRate = rate;
    this.#tokens = this.#capacity;
    this.#refilledAt = clock.monotonic();
  }

  get rate(): number {
    return this.#fullRate * this.#rateFactor;
  }

  setRate(rate: number): void {
    this.#refill();
    this.#fullRate = rate;
    // Whoever waits does so for as long as the new rate says.
    this.#wakeUp?.abort();
  }

  /** Resolves when it is the request's turn. */
  acquire(request: object, priority: Priority, signal: AbortSignal): Promise<Slowdowns> {
    if (signal.aborted) {
      return Promise.reject(abortError());
    }
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#queues.interactive.delete(request);
        this.#queues.background.delete(request);
        signal.removeEventListener('abort', onAbort);
      };
      const onAbort = () => {
        leave();
        reject(abortError());
        if (this.#nextInQueue() === undefined) {
          this.#wakeUp?.abort();
        }
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#queues[priority].set(request, () => {
        leave();
        resolve(this.#slowdowns);
      });
      this.#dispatch();
    });
  }

  promote(request: object): void {
    const { interactive, background } = this.#queues;
    const go = background.get(request);
    if (go === undefined) {
      return;
    }
    background.delete(request);
    interactive.set(request, go);
  }

  onSuccess(): void {
    this.#refill();
    this.#rateFactor = Math.min(1, this.#rateFactor + 1 / (2 * successesToDoubleRate));
  }

  onThrottle(pace: Slowdowns): void {
    this.#refill();
    if (pace !== this.#slowdowns) {
      return;
    }
    this.#slowdowns += 1;
    this.#rateFactor = Math.max(minRateFactor, this.#rateFactor / 2);
    this.#tokens = Math.min(0, this.#tokens);
  }

  /** A tenth of a second's requests may go at once. */
  get #capacity(): number {
    return Math.max(1, this.#fullRate / 10);
  }

  #nextInQueue(): (() => void) | undefined {
    const { interactive, background } = this.#queues;
    return interactive.values().next().value ?? background.values().next().value;
  }

  /** Lets go whoever has a token, and sleeps until there is the next one. */
  #dispatch(): void {
    this.#refill();
    for (let go = this.#nextInQueue(); go !== undefined; go = this.#nextInQueue()) {
      if (this.#tokens < 1) {
        this.#sleepUntilToken();
        return;
      }
      this.#tokens -= 1;
      go();
    }
  }

  #sleepUntilToken(): void {
    if (this.#wakeUp !== undefined) {
      return;
    }
    const pump = new AbortController();
    this.#wakeUp = pump;
    // Clocks of computers count whole milliseconds: rounded up, the token is there when it ends.
    const ms = Math.ceil(((1 - this.#tokens) * 1000) / this.rate);
    const done = () => {
      this.#wakeUp = undefined;
      this.#dispatch();
    };
    this.#clock.sleep(ms, pump.signal).then(done, done);
  }

  #refill(): void {
    const now = this.#clock.monotonic();
    const passed = now - this.#refilledAt;
    this.#tokens = Math.min(this.#capacity, this.#tokens + (passed * this.rate) / 1000);
    this.#refilledAt = now;
  }
}
