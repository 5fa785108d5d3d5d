import { AwsError } from '../../src/emulator/errors.ts';
import type { Random } from '../../src/emulator/random.ts';
import type { Encoded } from '../../src/emulator/wire.ts';
import { matchesPattern } from './pattern.ts';
import type { Delivery } from './service.ts';
import { expiredToken } from './sigv4.ts';

/** What comes in place of AWS's own answer. */
type Instead =
  /** Any AWS error, by its code; by default with status 400. */
  | { readonly kind: 'error'; readonly code: string; readonly message?: string; readonly status?: number }
  /** An HTML page of a load balancer or a captive portal. */
  | { readonly kind: 'notJson'; readonly status: number }
  /** JSON with status 200 that is not AWS's: `{}`. */
  | { readonly kind: 'notAws' }
  /** The connection is closed without an answer. */
  | { readonly kind: 'drop' }
  /** No answer ever, and the connection stays open. */
  | { readonly kind: 'hang' }
  | { readonly kind: 'expiredToken' };

/** What goes wrong: the answer comes late, is replaced, or is lost on its way. Times are milliseconds. */
export type FaultKind =
  | { readonly kind: 'latency'; readonly ms: number }
  | Instead
  | Exclude<Delivery, { readonly kind: 'whole' }>;

/**
 * How far a request comes whose answer is replaced: not even its body is read (which only a `drop` can see, over HTTP);
 * it is read; or it has been carried out when the answer is lost.
 */
export type Stage = 'unread' | 'before' | 'after';

/** A fault to order, and the requests that it strikes: all, unless narrowed down. */
export interface Fault {
  /** A pattern of operation names, such as `ListGrants` or `List*`. */
  readonly operation?: string;
  /** The key that the request names, by ID or ARN. A request that is not read names none. */
  readonly keyId?: string;
  /** Strikes only so often. */
  readonly times?: number;
  /** Strikes with this probability, from 0 to 1. */
  readonly probability?: number;
  /** Default `before`. */
  readonly stage?: Stage;
  readonly fault: FaultKind;
}

/** The sum of the faults that strike one request. */
export interface Strike {
  readonly latencyMs: number;
  readonly instead?: Instead;
  readonly stage: Stage;
  readonly delivery: Delivery;
}

export const noStrike: Strike = { latencyMs: 0, stage: 'before', delivery: { kind: 'whole' } };

/** The faults on order; each keeps count of how often it struck. */
export class Faults {
  readonly #random: Random;
  #orders: { readonly fault: Fault; left: number }[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  /** Replaces all faults. */
  set(faults: readonly Fault[]): void {
    this.#orders = faults.map((fault) => ({ fault, left: fault.times ?? Number.POSITIVE_INFINITY }));
  }

  /** Whether the connection is closed as soon as the head of the request is in. */
  hangsUp(operation: string): boolean {
    const order = this.#orders.find(
      ({ fault, left }) => left > 0 && fault.stage === 'unread' && this.#hits(fault, operation, undefined),
    );
    if (order !== undefined) {
      order.left--;
    }
    return order !== undefined;
  }

  /** Latencies add up; of the faults that replace the answer, the first in order strikes. */
  strike(operation: string, keyId: string | undefined): Strike {
    let strike = noStrike;
    for (const order of this.#orders) {
      const { fault, stage = 'before' } = order.fault;
      const change = changeOf(fault, strike, stage);
      if (order.left <= 0 || stage === 'unread' || !change || !this.#hits(order.fault, operation, keyId)) {
        continue;
      }
      order.left--;
      strike = { ...strike, ...change };
    }
    return strike;
  }

  #hits(fault: Fault, operation: string, keyId: string | undefined): boolean {
    return (
      (fault.operation === undefined || matchesPattern(fault.operation, operation)) &&
      (fault.keyId === undefined || fault.keyId === keyId || (keyId?.endsWith(`/${fault.keyId}`) ?? false)) &&
      (fault.probability === undefined || this.#random.next() < fault.probability)
    );
  }
}

/** What a fault adds to those that strike already; undefined when it comes too late. */
function changeOf(fault: FaultKind, strike: Strike, stage: Stage): Partial<Strike> | undefined {
  switch (fault.kind) {
    case 'latency':
      return { latencyMs: strike.latencyMs + fault.ms };
    case 'slowBody':
    case 'cutBody':
    case 'cutHead':
    case 'halfBody':
      return { delivery: fault };
    default:
      return strike.instead ? undefined : { instead: fault, stage };
  }
}

/** The AWS error that a fault stands for. */
export function faultError(fault: Extract<FaultKind, { kind: 'error' | 'expiredToken' }>): AwsError {
  return fault.kind === 'expiredToken'
    ? expiredToken()
    : new AwsError(fault.code, fault.message ?? `${fault.code}, as ordered.`, fault.status);
}

export const internalError = () => new AwsError('KMSInternalException', 'An internal error occurred.', 500);
export const dependencyTimeout = () =>
  new AwsError('DependencyTimeoutException', 'The system timed out while trying to fulfill the request.', 503);

export function notJsonPage(status: number): Encoded {
  return {
    status,
    headers: { 'content-type': 'text/html' },
    body: `<html><head><title>${status}</title></head><body><h1>${status} Service Unavailable</h1></body></html>`,
  };
}

export const notAwsObject: Encoded = { status: 200, headers: { 'content-type': 'application/json' }, body: '{}' };
