import vscode = require('vscode');

import { keybindingTargets } from '../../core/base/keybindingTargets.ts';
import { views } from '../../manifest.ts';
import type { GranteesNode } from '../grantees/granteesNodes.ts';
import type { GranteesView } from '../grantees/granteesView.ts';
import type { HistoryNode } from '../history/historyNodes.ts';
import type { HistoryView } from '../history/historyView.ts';
import type { KeysView } from '../keys/keysView.ts';
import { type FirstRows, type IdentifiedRows, LateRows } from './lateRows.ts';
import type { ConnectionNode, Node } from './nodes.ts';

/** What the rows of each view come from. */
export interface Rows {
  readonly keys: KeysView;
  readonly grantees: GranteesView;
  readonly history: HistoryView;
}

/** The three views of the container. */
export interface Trees {
  readonly keys: vscode.TreeView<Node>;
  readonly grantees: vscode.TreeView<GranteesNode>;
  readonly history: vscode.TreeView<HistoryNode>;
  /** The rows that a key is pressed for, by the row that has the focus. */
  selection(focused: unknown): readonly unknown[];
  /** What is selected in the view that was used last; nothing where it is not on screen. */
  selected(): readonly unknown[];
  /**
   * Gives the focus to the row at the place of one that was removed, in the view that was used last: VS Code gives it to
   * no row.
   * @param focused the row that has the focus by VS Code, which may be the removed one
   * @returns false when no row was removed since, the place is empty, or a row on screen has the focus
   */
  focusNeighbor(focused: unknown): Promise<boolean>;
  dispose(): void;
}

/** Loads the rows, once a view wants one. */
export interface TreesOptions {
  /** The first ones of the Keys view, which need little. */
  readonly firstKeys: () => Promise<FirstRows<ConnectionNode> | undefined>;
  readonly rows: () => Promise<Rows>;
}

export function createTrees({ firstKeys, rows }: TreesOptions): Trees {
  const keys = new OurTree<Node>(views.keys, async () => (await rows()).keys, { canSelectMany: true }, firstKeys);
  const grantees = new OurTree(views.grantees, async () => (await rows()).grantees, { canSelectMany: true });
  const history = new OurTree(views.history, async () => (await rows()).history, {});
  const all = [keys, grantees, history];
  return {
    keys: keys.tree,
    grantees: grantees.tree,
    history: history.tree,
    selection: (focused) => keybindingTargets(focused, [keys.tree.selection, grantees.tree.selection]),
    selected: () => {
      const [latest] = all.toSorted((left, right) => right.usedAt - left.usedAt);
      return latest?.tree.visible === true ? latest.tree.selection : [];
    },
    focusNeighbor: async (focused) => {
      const [latest] = all.filter(({ hasGone }) => hasGone).sort((left, right) => right.usedAt - left.usedAt);
      return latest !== undefined && !all.some((one) => one.has(focused)) && (await latest.focusNeighbor());
    },
    dispose: () => {
      for (const one of all) {
        one.dispose();
      }
    },
  };
}

/** A view with its rows. */
class OurTree<T extends object> {
  readonly tree: vscode.TreeView<T>;
  /** When somebody last selected, opened or closed one of its rows. */
  usedAt = 0;
  readonly #rows: LateRows<T>;

  constructor(
    id: string,
    load: () => Promise<IdentifiedRows<T>>,
    options: { readonly canSelectMany?: boolean },
    first?: () => Promise<FirstRows<T> | undefined>,
  ) {
    this.#rows = new LateRows(load, first);
    this.tree = vscode.window.createTreeView(id, { treeDataProvider: this.#rows, showCollapseAll: true, ...options });
    const used = () => {
      this.usedAt = performance.now();
    };
    const noteExpanded = (element: T, isExpanded: boolean) => {
      used();
      this.#rows.noteExpanded(element, isExpanded);
    };
    // All end with the tree.
    this.tree.onDidChangeSelection(used);
    this.tree.onDidExpandElement(({ element }) => noteExpanded(element, true));
    this.tree.onDidCollapseElement(({ element }) => noteExpanded(element, false));
  }

  dispose(): void {
    this.tree.dispose();
    this.#rows.dispose();
  }

  has(row: unknown): boolean {
    return this.#rows.has(row);
  }

  get hasGone(): boolean {
    return this.#rows.hasGone;
  }

  async focusNeighbor(): Promise<boolean> {
    const neighbor = this.#rows.takeNeighbor();
    if (neighbor === undefined) {
      return false;
    }
    await this.tree.reveal(neighbor, { select: false, focus: true });
    return true;
  }
}
