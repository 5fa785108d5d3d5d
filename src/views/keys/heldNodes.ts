import { type Node, nodeId } from '../shared/nodes.ts';

/** The rows that VS Code holds, by ID, except those that are never refreshed on their own, such as fields. */
export class HeldNodes {
  readonly #nodes = new Map<string, Node>();
  /** The IDs of the children of each. */
  readonly #children = new Map<string, readonly string[]>();

  get size(): number {
    return this.#nodes.size;
  }

  get(id: string): Node | undefined {
    return this.#nodes.get(id);
  }

  /** The IDs of the rows below a row, without those that are not held. */
  childrenOf(id: string): ReadonlySet<string> {
    return new Set(this.#children.get(id));
  }

  /**
   * As VS Code does: when it asks for the children of a row, it forgets everything below the row.
   * @param parent `undefined`: the view itself
   */
  replaceChildren(parent: Node | undefined, children: readonly Node[]): void {
    const parentId = parent === undefined ? '' : nodeId(parent);
    this.#forgetBelow(parentId);
    // The row was removed while its children were read.
    if (parent !== undefined && !this.#nodes.has(parentId)) {
      return;
    }
    const ids: string[] = [];
    for (const child of children) {
      if (
        child.kind === 'field' ||
        child.kind === 'evidenceLine' ||
        child.kind === 'message' ||
        child.kind === 'more'
      ) {
        continue;
      }
      const id = nodeId(child);
      this.#nodes.set(id, child);
      ids.push(id);
    }
    if (ids.length > 0) {
      this.#children.set(parentId, ids);
    }
  }

  #forgetBelow(id: string): void {
    for (const child of this.#children.get(id) ?? []) {
      this.#nodes.delete(child);
      this.#forgetBelow(child);
    }
    this.#children.delete(id);
  }
}
