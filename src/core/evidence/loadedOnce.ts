/** Answers by a name, each asked for once: who asks while it is on its way gets the same. One that fails is not kept. */
export class LoadedOnce<T> {
  readonly #loads = new Map<string, { readonly answer: Promise<T>; value?: T }>();

  /** `undefined` before it was asked for, and while it is on its way. */
  value(name: string): T | undefined {
    return this.#loads.get(name)?.value;
  }

  load(name: string, ask: () => Promise<T>): Promise<T> {
    const known = this.#loads.get(name);
    if (known !== undefined) {
      return known.answer;
    }
    const load: { readonly answer: Promise<T>; value?: T } = { answer: ask() };
    this.#loads.set(name, load);
    load.answer.then(
      (value) => {
        load.value = value;
      },
      () => {
        if (this.#loads.get(name) === load) {
          this.#loads.delete(name);
        }
      },
    );
    return load.answer;
  }

  /** Keeps what was learned otherwise. */
  set(name: string, value: T): void {
    this.#loads.set(name, { answer: Promise.resolve(value), value });
  }

  /** It is asked again for the next who wants it. */
  forget(name: string): void {
    this.#loads.delete(name);
  }
}
