export interface Subscription {
  dispose(): void;
}

/** Calls `listener` with each value from now on, until the subscription is disposed. */
export type Event<T> = (listener: (value: T) => void) => Subscription;

/** Whoever owns a state fires; its `event` is for all others. */
export class Emitter<T = void> {
  readonly #listeners = new Set<{ readonly call: (value: T) => void }>();

  readonly event: Event<T> = (call) => {
    const listener = { call };
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  };

  /** A listener that throws stops neither the others nor the caller: its error is reported as uncaught. */
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
