export interface Subscription {
  dispose(): void;
}

/** Calls `listener` with each value from now on, until the subscription is disposed. */
export type Event<T> = (listener: (value: T) => void) => Subscription;

/** The owner of some state keeps the emitter and fires it; others get only its `event`. */
export class Emitter<T = void> {
  readonly #listeners = new Set<{ readonly call: (value: T) => void }>();

  readonly event: Event<T> = (call) => {
    const listener = { call };
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  };

  /** Calls every listener. The error of one that throws is reported as uncaught, and the others still run. */
  fire(value: T): void {
    for (const listener of [...this.#listeners]) {
      try {
        if (this.#listeners.has(listener)) {
          listener.call(value);
        }
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  dispose(): void {
    this.#listeners.clear();
  }
}
