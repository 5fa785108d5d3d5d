import { AwsError } from './errors.ts';
import { matchesPattern } from './principals.ts';
import type { Random } from './random.ts';
import { expiredToken } from './sigv4.ts';
import type { Delivery, Encoded } from './wire.ts';

/** What goes wrong. Times are milliseconds. */
export type FaultKind =
  | { readonly kind: 'latency'; readonly ms: number }
  /** Any AWS error, by its code; status 400 unless told otherwise. */
  | { readonly kind: 'error'; readonly code: string; readonly message?: string; readonly status?: number }
  /** An HTML page of a load balancer in place of AWS's own answer. */
  | { readonly kind: 'notJson'; readonly status: number }
  /** The connection is closed without an answer. */
  | { readonly kind: 'drop' }
  /** No answer ever, and the connection stays open. */
  | { readonly kind: 'hang' }
  /** The second half of the body comes this much later. */
  | { readonly kind: 'slowBody'; readonly ms: number }
  /** The connection is closed in the middle of the body. */
  | { readonly kind: 'cutBody' }
  | { readonly kind: 'expiredToken' };

/** A fault to order, and the requests that it strikes: all, unless narrowed down. */
export interface Fault {
  /** A pattern of operation names, such as `ListGrants` or `List*`. */
  readonly operation?: string;
  /** The key that the request names, by ID or ARN. */
  readonly keyId?: string;
  /** Strikes only so often. */
  readonly times?: number;
  /** Strikes with this probability, from 0 to 1. */
  readonly probability?: number;
  /** `after`: the operation has been carried out when the answer is lost. Default `before`. */
  readonly stage?: 'before' | 'after';
  readonly fault: FaultKind;
}

/** The sum of the faults that strike one request. */
export interface Strike {
  readonly latencyMs: number;
  /** In place of AWS's own answer. */
  readonly instead?: Exclude<FaultKind, { kind: 'latency' | 'slowBody' | 'cutBody' }>;
  readonly stage: 'before' | 'after';
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

  /** Latencies add up; of the faults that replace the answer, the first in order strikes. */
  strike(operation: string, keyId: string | undefined): Strike {
    let strike = noStrike;
    for (const order of this.#orders) {
      const { fault, stage = 'before' } = order.fault;
      const replaces = fault.kind !== 'latency' && fault.kind !== 'slowBody' && fault.kind !== 'cutBody';
      if (order.left <= 0 || (replaces && strike.instead) || !this.#hits(order.fault, operation, keyId)) {
        continue;
      }
      order.left--;
      switch (fault.kind) {
        case 'latency':
          strike = { ...strike, latencyMs: strike.latencyMs + fault.ms };
          break;
        case 'slowBody':
          strike = { ...strike, delivery: { kind: 'slow', ms: fault.ms } };
          break;
        case 'cutBody':
          strike = { ...strike, delivery: { kind: 'cut' } };
          break;
        default:
          strike = { ...strike, instead: fault, stage };
      }
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

/** The AWS error that a fault stands for. */
export function faultError(fault: Extract<FaultKind, { kind: 'error' | 'expiredToken' }>): AwsError {
  return fault.kind === 'expiredToken'
    ? expiredToken()
    : new AwsError(fault.code, fault.message ?? `${fault.code}, as ordered.`, fault.status);
}

export function notJsonPage(status: number): Encoded {
  return {
    status,
    headers: { 'content-type': 'text/html' },
    body: `<html><head><title>${status}</title></head><body><h1>${status} Service Unavailable</h1></body></html>`,
  };
}
