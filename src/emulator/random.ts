import { createHash } from 'node:crypto';

/** A seeded source of randomness: two with the same seed and purpose always give the same values. */
export class Random {
  #state: number;

  /**
   * @param seed the run's seed
   * @param purpose separates the streams, so that one more draw for one purpose doesn't shift all the others
   */
  constructor(seed: number, purpose: string) {
    this.#state = createHash('sha256').update(`${purpose}:${seed}`).digest().readUInt32LE(0);
  }

  /** A number in [0, 1). By Mulberry32, which is small, fast and even enough: nothing secret is drawn here. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to `bound` - 1. */
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  /** `bytes` bytes as lower-case hexadecimal. */
  hex(bytes: number): string {
    let digits = '';
    while (digits.length < bytes * 2) {
      digits += this.below(2 ** 32)
        .toString(16)
        .padStart(8, '0');
    }
    return digits.slice(0, bytes * 2);
  }

  /** In the form of a UUID. */
  uuid(): string {
    return [4, 2, 2, 2, 6].map((bytes) => this.hex(bytes)).join('-');
  }

  /** One of the items. */
  pick<T>(items: readonly [T, ...T[]]): T {
    return items[this.below(items.length)] ?? items[0];
  }
}
