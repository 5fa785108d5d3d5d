import type { Account, StoredGrant } from './account.ts';
import type { Random } from './random.ts';

/** How changes reach the replicas; times in milliseconds. */
export interface Propagation {
  /** How many replicas answer reads; at least 1. */
  readonly replicas: number;
  /** Each replica takes in a change after a delay of its own, evenly drawn from this range. */
  readonly minMs: number;
  readonly maxMs: number;
}

/** Whether this replica lists the grant at that time. */
export function isVisible(stored: StoredGrant, replica: number, at: number): boolean {
  return (stored.knownFrom?.[replica] ?? 0) <= at && (stored.removedFrom?.[replica] ?? Number.POSITIVE_INFINITY) > at;
}

/**
 * The replicas of one account. Writes are decided by the newest state, so a grant can't be revoked twice; a read is
 * answered by any replica, so that a list flaps until all have taken in the change.
 */
export class Replicas {
  readonly #account: Account;
  readonly #propagation: Propagation;
  readonly #random: Random;
  /** When the last change of a grant holds everywhere; kept when the grant itself is forgotten. */
  readonly #settledAt = new Map<string, number>();
  /** Removals on their way, the next to settle first. */
  readonly #leaving: { readonly stored: StoredGrant; readonly at: number }[] = [];

  constructor(account: Account, propagation: Propagation, random: Random) {
    this.#account = account;
    this.#propagation = propagation;
    this.#random = random;
  }

  /** The replica that answers the next read. */
  pick(): number {
    return this.#random.below(this.#propagation.replicas);
  }

  /** Per replica, when a change made now reaches it. */
  schedule(grantId: string, now: number): readonly number[] {
    const { replicas, minMs, maxMs } = this.#propagation;
    const times = Array.from({ length: replicas }, () => now + minMs + this.#random.next() * (maxMs - minMs));
    this.#settledAt.set(grantId, Math.max(...times));
    return times;
  }

  remove(stored: StoredGrant, now: number): void {
    stored.removedFrom = this.schedule(stored.grant.id, now);
    const at = Math.max(...stored.removedFrom);
    let low = 0;
    let high = this.#leaving.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#leaving[middle]?.at ?? 0) <= at) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    this.#leaving.splice(low, 0, { stored, at });
  }

  /** Forgets the grants whose removal every replica has taken in. */
  forgetSettled(now: number): void {
    const open = this.#leaving.findIndex(({ at }) => at > now);
    const settled = open === -1 ? this.#leaving.length : open;
    for (const { stored } of this.#leaving.splice(0, settled)) {
      this.#account.removeGrant(stored);
    }
  }

  /** When the grant's last change holds on every replica (ms); undefined when it was never changed here. */
  settledAt(grantId: string): number | undefined {
    return this.#settledAt.get(grantId);
  }
}
