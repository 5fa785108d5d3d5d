import type { Clock } from './clock.ts';

/** Hands over what was added in bundles, each this long after its first item, for what can come in hundreds. */
export class Bundled<T> {
  readonly #clock: Pick<Clock, 'sleep'>;
  readonly #afterMs: number;
  readonly #handle: (items: readonly T[]) => void;
  readonly #disposed = new AbortController();
  readonly #items = new Map<string, T>();
  #isWaiting = false;

  constructor(clock: Pick<Clock, 'sleep'>, afterMs: number, handle: (items: readonly T[]) => void) {
    this.#clock = clock;
    this.#afterMs = afterMs;
    this.#handle = handle;
  }

  /** In place of one with the same ID that still waits. */
  add(id: string, item: T): void {
    this.#items.set(id, item);
    if (this.#isWaiting) {
      return;
    }
    this.#isWaiting = true;
    this.#clock.sleep(this.#afterMs, this.#disposed.signal).then(
      () => {
        const items = [...this.#items.values()];
        this.#items.clear();
        this.#isWaiting = false;
        this.#handle(items);
      },
      // Disposed.
      () => {},
    );
  }

  dispose(): void {
    this.#disposed.abort();
  }
}
