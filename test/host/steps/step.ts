/** How many tests passed, failed, or were skipped. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** A part of `npm test`. */
export interface Step {
  /** What `--only` takes. */
  readonly name: string;
  readonly title: string;
  /** Consecutive steps of which this is true run side by side. They write only through `print`. */
  readonly isShort?: boolean;
  /**
   * @param grep only tests whose name matches this pattern, where a step has several
   * @param print adds a line to what is shown of the step
   */
  run(grep: string | undefined, print: (line: string) => void): Promise<Counts>;
}

export const onePassed: Counts = { passed: 1, failed: 0, skipped: 0 };
export const oneFailed: Counts = { passed: 0, failed: 1, skipped: 0 };
export const oneSkipped: Counts = { passed: 0, failed: 0, skipped: 1 };

export const add = (a: Counts, b: Counts): Counts => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
});

export function tally({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
