/** One row of the table. Where time is measured it is a ratio of two times of the same run, since machines differ. */
export interface Measurement {
  readonly what: string;
  readonly measured: number;
  /** `×`, `KB`, …; empty for a count. */
  readonly unit: string;
  /** The most that it may be; absent where nothing is promised. */
  readonly budget?: number;
  /** The least that it may be. */
  readonly atLeast?: number;
  readonly note?: string;
}

export function isWithinBudget({ measured, budget, atLeast }: Measurement): boolean {
  return measured <= (budget ?? Number.POSITIVE_INFINITY) && measured >= (atLeast ?? Number.NEGATIVE_INFINITY);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

export function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) {
    total += value;
  }
  return total;
}

/** For a person to read. */
export function rounded(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 2 : 0 });
}

/** `12 ms`, `3.4 s`. */
export function duration(ms: number): string {
  return ms < 1000 ? `${rounded(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
