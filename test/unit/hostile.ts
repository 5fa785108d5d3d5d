import fc from 'fast-check';
import { hostileParts } from '../hostileTexts.ts';

/** Of each property in `npm test`; `KMS_GRANTS_FUZZ_RUNS` asks for more. Seeded, so that a failure is there again. */
const runs = Number(process.env['KMS_GRANTS_FUZZ_RUNS']) || undefined;

export function property<T extends [unknown, ...unknown[]]>(
  arbitraries: { [K in keyof T]: fc.Arbitrary<T[K]> },
  holds: (...values: T) => void,
  numRuns = 300,
): void {
  fc.assert(fc.property(...arbitraries, holds), { seed: 20261124, numRuns: runs ?? numRuns });
}

export async function asyncProperty<T extends [unknown, ...unknown[]]>(
  arbitraries: { [K in keyof T]: fc.Arbitrary<T[K]> },
  holds: (...values: T) => Promise<void>,
  numRuns = 100,
): Promise<void> {
  await fc.assert(fc.asyncProperty(...arbitraries, holds), { seed: 20261124, numRuns: runs ?? numRuns });
}

const part = fc.oneof(
  { arbitrary: fc.constantFrom(...hostileParts), weight: 6 },
  { arbitrary: fc.string({ unit: 'binary', maxLength: 8 }), weight: 2 },
  { arbitrary: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)), weight: 1 },
);

/** Text as no honest person would name a thing; now and then of 64 KB. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: fc.array(part, { maxLength: 8 }).map((parts) => parts.join('')), weight: 300 },
  { arbitrary: part.map((text) => text.repeat(Math.ceil(65_536 / (text.length || 1))).slice(0, 65_536)), weight: 1 },
);
