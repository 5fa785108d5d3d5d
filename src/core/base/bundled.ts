import type { Clock } from './clock.ts';

/**
 * Hands over what was added in bundles, for what can come in hundreds: each some time after its first item, and longer
 * after one that took long to handle.
 */
export class Bundled<T> {
  readonly #clock: Pick<Clock, 'sleep' | 'monotonic'>;
  readonly #afterMs: number;
  readonly #handle: (items: readonly T[]) => void;
  readonly #disposed = new AbortController();
  readonly #items = new Map<string, T>();
  #isWaiting = false;
  #waitMs: number;

  constructor(clock: Pick<Clock, 'sleep' | 'monotonic'>, afterMs: number, handle: (items: readonly T[]) => void) {
    this.#clock = clock;
    this.#afterMs = afterMs;
    this.#waitMs = afterMs;
    this.#handle = handle;
  }

  /** In place of one with the same ID that still waits. */
  add(id: string, item: T): void {
    this.#items.set(id, item);
    if (this.#isWaiting) {
      return;
    }
    this.#isWaiting = true;
    this.#clock.sleep(this.#waitMs, this.#disposed.signal).then(
      () => {
        const items = [...this.#items.values()];
        this.#items.clear();
        this.#isWaiting = false;
        const began = this.#clock.monotonic();
        this.#handle(items);
        // At most a fifth of the time goes into it.
        this.#waitMs = Math.max(this.#afterMs, 4 * (this.#clock.monotonic() - began));
      },
      // Disposed.
      () => {},
    );
  }

  dispose(): void {
    this.#disposed.abort();
  }
}
