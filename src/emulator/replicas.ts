import type { Account, StoredGrant } from './account.ts';
import type { Random } from './random.ts';

/** How changes reach the replicas. */
export interface Propagation {
  /** How many replicas answer reads; at least 1. */
  readonly replicas: number;
  /** Milliseconds. Each replica receives a change after its own delay, drawn evenly from this range. */
  readonly minMs: number;
  readonly maxMs: number;
}

/** Whether this replica lists the grant at this time (milliseconds since the epoch). */
export function isVisible(stored: StoredGrant, replica: number, at: number): boolean {
  return (stored.knownFrom?.[replica] ?? 0) <= at && (stored.removedFrom?.[replica] ?? Number.POSITIVE_INFINITY) > at;
}

/**
 * The replicas of one account. Writes use the newest state, so a grant can't be revoked twice. Any replica answers a
 * read, so a list flaps until all of them have received the change.
 */
export class Replicas {
  readonly #account: Account;
  readonly #propagation: Propagation;
  readonly #random: Random;
  /** By grant ID: when its last change has reached every replica. Kept after the grant itself is removed. */
  readonly #settledAt = new Map<string, number>();
  /** Removals that have not reached every replica, in the order in which they will. */
  readonly #removals: { readonly stored: StoredGrant; readonly at: number }[] = [];

  constructor(account: Account, propagation: Propagation, random: Random) {
    this.#account = account;
    this.#propagation = propagation;
    this.#random = random;
  }

  /** The replica that answers the next read. */
  pick(): number {
    return this.#random.below(this.#propagation.replicas);
  }

  /** Draws, per replica, when a change made now reaches it. */
  schedule(grantId: string, now: number): readonly number[] {
    const { replicas, minMs, maxMs } = this.#propagation;
    const times = Array.from({ length: replicas }, () => now + minMs + this.#random.next() * (maxMs - minMs));
    this.#settledAt.set(grantId, Math.max(...times));
    return times;
  }

  /** Revokes or retires a grant. */
  remove(stored: StoredGrant, now: number): void {
    stored.removedFrom = this.schedule(stored.grant.id, now);
    const at = Math.max(...stored.removedFrom);
    let low = 0;
    let high = this.#removals.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#removals[middle]?.at ?? 0) <= at) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    this.#removals.splice(low, 0, { stored, at });
  }

  /** Removes the grants whose removal has reached every replica. */
  forgetSettled(now: number): void {
    const open = this.#removals.findIndex(({ at }) => at > now);
    const settled = open === -1 ? this.#removals.length : open;
    for (const { stored } of this.#removals.splice(0, settled)) {
      this.#account.removeGrant(stored);
    }
  }

  /**
   * When the grant's last change has reached every replica (milliseconds since the epoch); undefined without a change.
   */
  settledAt(grantId: string): number | undefined {
    return this.#settledAt.get(grantId);
  }
}
