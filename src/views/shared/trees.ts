import vscode = require('vscode');

import { lazy } from '../../core/base/lazy.ts';
import { neighborOfGone } from '../../core/base/neighbor.ts';
import { pressedRows } from '../../core/base/pressedRows.ts';
import { contextKeys, views } from '../../manifest.ts';
import type { GranteesNode } from '../grantees/granteeItem.ts';
import type { GranteesView } from '../grantees/granteesView.ts';
import type { HistoryView } from '../history/historyView.ts';
import type { KeysView } from '../keys/keysView.ts';
import type { Node } from './nodes.ts';

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
  /** The rows that a key is pressed for, by the row that has the focus. */
  selection(focused: unknown): readonly unknown[];
  /**
   * Gives the focus to the row that stands where another one went, in the view that was used last: VS Code leaves no row
   * with the focus then.
   * @returns false when no row went since, or none is left there
   */
  focusNeighbor(): Promise<boolean>;
  dispose(): void;
}

/** @param rows is asked once a view wants its first row */
export function createTrees(rows: () => Promise<Rows>): Trees {
  const keys = new OurTree(views.keys, async () => (await rows()).keys, { canSelectMany: true });
  const grantees = new OurTree(views.grantees, async () => (await rows()).grantees, { canSelectMany: true });
  const history = new OurTree(views.history, async () => (await rows()).history, {});
  const all = [keys, grantees, history];
  return {
    keys: keys.tree,
    grantees: grantees.tree,
    selection: (focused) => pressedRows(focused, [keys.tree.selection, grantees.tree.selection]),
    focusNeighbor: async () => {
      const [latest] = all.filter(({ hasGone }) => hasGone).sort((left, right) => right.usedAt - left.usedAt);
      return (await latest?.focusNeighbor()) ?? false;
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
    load: () => Promise<Required<vscode.TreeDataProvider<T>>>,
    options: { readonly canSelectMany?: boolean },
  ) {
    this.#rows = new LateRows(load);
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

/** Rows of what is loaded when the first of them is asked for. A row that goes and returns is as open as it was. */
class LateRows<T extends object> implements vscode.TreeDataProvider<T> {
  readonly #changed = new vscode.EventEmitter<T | T[] | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #rows: () => Promise<Required<vscode.TreeDataProvider<T>>>;
  #subscription: vscode.Disposable | undefined;
  /** By the row's ID: what the user opened or closed. */
  readonly #expanded = new Map<string, boolean>();
  readonly #ids = new WeakMap<T, string>();
  /** The rows below each row, by its ID; those of the view itself by none. */
  readonly #children = new Map<string, readonly T[]>();
  /** Before and after the last time that rows went. */
  #gone: readonly [before: readonly T[], after: readonly T[]] | undefined;

  constructor(load: () => Promise<Required<vscode.TreeDataProvider<T>>>) {
    this.#rows = lazy(async () => {
      const rows = await load();
      this.#subscription = rows.onDidChangeTreeData((changed) => this.#changed.fire(changed ?? undefined));
      return rows;
    });
  }

  dispose(): void {
    this.#subscription?.dispose();
    this.#changed.dispose();
  }

  async getChildren(node?: T): Promise<T[]> {
    const children = (await (await this.#rows()).getChildren(node)) ?? [];
    const id = (node && this.#ids.get(node)) ?? '';
    const before = this.#children.get(id);
    this.#children.set(id, children);
    if (before !== undefined && children.length < before.length) {
      this.#gone = [before, children];
      // The next arrow key asks for the neighbor, if no row has the focus.
      void vscode.commands.executeCommand('setContext', contextKeys.rowGone, true);
    }
    return children;
  }

  get hasGone(): boolean {
    return this.#gone !== undefined;
  }

  /** The row that stands where another one went, once. */
  takeNeighbor(): T | undefined {
    const [before, after] = this.#gone ?? [[], []];
    this.#gone = undefined;
    const idsOf = (nodes: readonly T[]) => nodes.map((node) => this.#ids.get(node) ?? '');
    const place = neighborOfGone(idsOf(before), idsOf(after));
    return place === undefined ? undefined : after[place];
  }

  async getTreeItem(node: T): Promise<vscode.TreeItem> {
    const item = await (await this.#rows()).getTreeItem(node);
    const { id, collapsibleState } = item;
    if (id === undefined) {
      return item;
    }
    this.#ids.set(node, id);
    if (!collapsibleState) {
      return item;
    }
    const isExpanded = this.#expanded.get(id);
    if (isExpanded !== undefined) {
      const { Expanded, Collapsed } = vscode.TreeItemCollapsibleState;
      item.collapsibleState = isExpanded ? Expanded : Collapsed;
    }
    return item;
  }

  noteExpanded(node: T, isExpanded: boolean): void {
    const id = this.#ids.get(node);
    if (id !== undefined) {
      this.#expanded.set(id, isExpanded);
    }
  }

  async resolveTreeItem(item: vscode.TreeItem, node: T, token: vscode.CancellationToken): Promise<vscode.TreeItem> {
    return (await (await this.#rows()).resolveTreeItem(item, node, token)) ?? item;
  }

  async getParent(node: T): Promise<T | undefined> {
    return (await (await this.#rows()).getParent(node)) ?? undefined;
  }
}
