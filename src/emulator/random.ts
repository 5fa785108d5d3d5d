import { createHash } from 'node:crypto';

/** A seeded source of randomness; two of the same seed give the same values for ever. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** A whole number from 0 to `bound` - 1. */
  below(bound: number): number;
  /** `bytes` bytes as lower-case hexadecimal. */
  hex(bytes: number): string;
  /** In the form of a UUID. */
  uuid(): string;
  /** One of the items, which may not be empty. */
  pick<T>(items: readonly [T, ...T[]]): T;
}

/**
 * @param seed the run's seed
 * @param purpose separates the streams, so that one more draw for one purpose doesn't shift all the others
 */
export function createRandom(seed: number, purpose: string): Random {
  let state = createHash('sha256').update(`${purpose}:${seed}`).digest().readUInt32LE(0);
  // Mulberry32: small, fast and even enough; nothing secret is drawn here.
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (bound: number) => Math.floor(next() * bound);
  const hex = (bytes: number) => {
    let digits = '';
    while (digits.length < bytes * 2) {
      digits += below(2 ** 32)
        .toString(16)
        .padStart(8, '0');
    }
    return digits.slice(0, bytes * 2);
  };
  return {
    next,
    below,
    hex,
    uuid: () => [4, 2, 2, 2, 6].map(hex).join('-'),
    pick(items) {
      return items[below(items.length)] ?? items[0];
    },
  };
}
