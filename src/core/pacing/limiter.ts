import { abortError } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import { isKind, isTransient } from '../kms/errors.ts';

/** AWS's default quotas, in requests per second for each account and Region (KMS Developer Guide, "Request quotas"). */
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
  GetAccountAuthorizationDetails: 20,
} as const;

export type LimitedOperation = keyof typeof requestQuotas;

/** Percent of AWS's default quotas that we use, since everybody in the account shares them. */
export const defaultBudget = 50;

/** A revoke can't be undone. At this rate, a user who cancels a bulk revoke is in time for most of the grants. */
const maxRevokesPerSecond = 10;

/** The maximum rate, in requests per second. */
function rateOf(operation: LimitedOperation, budget: number): number {
  const rate = (requestQuotas[operation] * budget) / 100;
  return operation === 'RevokeGrant' ? Math.min(maxRevokesPerSecond, rate) : rate;
}

/** `interactive` requests, which a user waits for, are sent before all `background` ones. */
export type Priority = 'interactive' | 'background';

export interface PacedRequest<T> {
  /** Identifies the account and Region whose quota the request counts against. */
  readonly quota: string;
  readonly operation: LimitedOperation;
  readonly priority: Priority;
  /** Sending it twice has the same effect as once, so it may be retried after a lost response. */
  readonly isIdempotent: boolean;
  readonly signal: AbortSignal;
  readonly send: () => Promise<T>;
}

/** The maximum number of attempts for a throttled request, and for one with another transient failure. */
const maxAttempts = { interactive: 5, background: 12 };
const maxAttemptsOnFailure = 3;
/** The exponential backoff between attempts, in milliseconds. */
const baseBackoffMs = 250;
const maxBackoffMs = 5000;
/** Each throttle halves the rate, but never below this factor of the full rate. */
const minRateFactor = 1 / 32;
/** The number of successful requests after which half the rate has grown back to the full rate. */
const successesToDoubleRate = 50;

/**
 * A rate limiter with one token bucket for each operation and quota. It slows down when KMS throttles, and recovers.
 * All retries happen here, so that they are paced too.
 */
export class RequestLimiter {
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();
  /** Background requests that became interactive. */
  readonly #promoted = new WeakSet<object>();
  #budget: number;

  /** @param budget percent of AWS's default quotas */
  constructor(clock: Clock, budget: number = defaultBudget) {
    this.#clock = clock;
    this.#budget = budget;
  }

  /** Takes effect immediately, also for queued requests. */
  setBudget(percent: number): void {
    this.#budget = percent;
    for (const bucket of this.#buckets.values()) {
      bucket.setRate(rateOf(bucket.operation, percent));
    }
  }

  /**
   * Queues the request, sends it, and retries it if KMS throttled it, or if it is idempotent and its failure is
   * transient.
   * @throws what the last `send` threw, or an AbortError if `signal` is aborted while the request is queued
   */
  async run<T>(request: PacedRequest<T>): Promise<T> {
    const { signal, send, isIdempotent } = request;
    const bucket = this.#bucket(request);
    for (let attempt = 1; ; attempt++) {
      const priority = this.#promoted.has(request) ? 'interactive' : request.priority;
      const slowdowns = await bucket.acquire(request, priority, signal);
      try {
        const answer = await send();
        bucket.onSuccess();
        return answer;
      } catch (error) {
        const isThrottled = isKind(error, 'throttled') && isTransient(error);
        if (isThrottled) {
          bucket.onThrottle(slowdowns);
        }
        const limit = isThrottled
          ? maxAttempts[priority]
          : isIdempotent && isTransient(error)
            ? maxAttemptsOnFailure
            : 1;
        if (attempt >= limit) {
          throw error;
        }
      }
      await this.#clock.sleep(Math.min(maxBackoffMs, baseBackoffMs * 2 ** (attempt - 1)), signal);
    }
  }

  /** Makes a queued background request interactive. */
  promote(request: PacedRequest<unknown>): void {
    this.#promoted.add(request);
    this.#bucket(request).promote(request);
  }

  /** The current rate of an operation, in requests per second. */
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

/**
 * The slowdowns of a bucket when a request was sent. Throttles of requests with the same count slow it down only once.
 */
type Slowdowns = number;

class Bucket {
  readonly operation: LimitedOperation;
  readonly #clock: Clock;
  /** The callbacks that release the queued requests, in order of arrival. */
  readonly #queues: Readonly<Record<Priority, Map<object, () => void>>> = {
    interactive: new Map(),
    background: new Map(),
  };
  #fullRate: number;
  /** The current share of the full rate. */
  #rateFactor = 1;
  #slowdowns: Slowdowns = 0;
  #tokens: number;
  #refilledAt: number;
  /** Ends the sleep until the next token. Set while a request is queued. */
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
    // Queued requests wait for as long as the new rate requires.
    this.#wakeUp?.abort();
  }

  /** Resolves when the request may be sent. */
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

  /** @param slowdowns what {@link acquire} returned for the throttled request */
  onThrottle(slowdowns: Slowdowns): void {
    this.#refill();
    if (slowdowns !== this.#slowdowns) {
      return;
    }
    this.#slowdowns += 1;
    this.#rateFactor = Math.max(minRateFactor, this.#rateFactor / 2);
    this.#tokens = Math.min(0, this.#tokens);
  }

  /** Allows bursts of a tenth of a second's requests. */
  get #capacity(): number {
    return Math.max(1, this.#fullRate / 10);
  }

  #nextInQueue(): (() => void) | undefined {
    const { interactive, background } = this.#queues;
    return interactive.values().next().value ?? background.values().next().value;
  }

  /** Releases queued requests as long as there are tokens, then sleeps until the next token. */
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
    const wakeUp = new AbortController();
    this.#wakeUp = wakeUp;
    // Timers count whole milliseconds. Rounded up, the token is there when the sleep ends.
    const ms = Math.ceil(((1 - this.#tokens) * 1000) / this.rate);
    const done = () => {
      this.#wakeUp = undefined;
      this.#dispatch();
    };
    this.#clock.sleep(ms, wakeUp.signal).then(done, done);
  }

  #refill(): void {
    const now = this.#clock.monotonic();
    const passed = now - this.#refilledAt;
    this.#tokens = Math.min(this.#capacity, this.#tokens + (passed * this.rate) / 1000);
    this.#refilledAt = now;
  }
}
