interface Entry<T> {
  readonly key: string;
  readonly order: number;
  value: T;
}

/**
 * A map in insertion order that can be read from a position on. A position stays valid while entries are added and
 * removed, and finding it takes O(log n), so the 500th page costs as much as the first.
 */
export class OrderedMap<T> {
  readonly #byKey = new Map<string, Entry<T>>();
  readonly #inOrder: Entry<T>[] = [];
  #nextOrder = 1;

  get size(): number {
    return this.#byKey.size;
  }

  get(key: string): T | undefined {
    return this.#byKey.get(key)?.value;
  }

  has(key: string): boolean {
    return this.#byKey.has(key);
  }

  /** Adds at the end, or replaces in place. */
  set(key: string, value: T): void {
    const known = this.#byKey.get(key);
    if (known) {
      known.value = value;
      return;
    }
    const entry = { key, order: this.#nextOrder++, value };
    this.#byKey.set(key, entry);
    this.#inOrder.push(entry);
  }

  delete(key: string): boolean {
    const entry = this.#byKey.get(key);
    if (!entry) {
      return false;
    }
    this.#byKey.delete(key);
    this.#inOrder.splice(this.#indexAfter(entry.order - 1), 1);
    return true;
  }

  /** All values, oldest first. */
  *values(): Generator<T, void, undefined> {
    for (const { value } of this.#inOrder) {
      yield value;
    }
  }

  /** The values after a position, each with its own position; 0 is before all. */
  *after(position: number): Generator<{ readonly position: number; readonly value: T }, void, undefined> {
    for (let index = this.#indexAfter(position); index < this.#inOrder.length; index++) {
      const entry = this.#inOrder[index];
      if (entry) {
        yield { position: entry.order, value: entry.value };
      }
    }
  }

  /** The index of the first entry whose order is greater. */
  #indexAfter(order: number): number {
    let low = 0;
    let high = this.#inOrder.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#inOrder[middle]?.order ?? Number.POSITIVE_INFINITY) > order) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }
}
