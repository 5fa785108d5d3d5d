import vscode = require('vscode');

import { lazy } from '../../core/base/lazy.ts';
import { pressedRows } from '../../core/base/pressedRows.ts';
import { views } from '../../manifest.ts';
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
  dispose(): void;
}

/** @param rows is asked once a view wants its first row */
export function createTrees(rows: () => Promise<Rows>): Trees {
  const owned: vscode.Disposable[] = [];
  const create = <T>(id: string, canSelectMany: boolean, load: () => Promise<Required<vscode.TreeDataProvider<T>>>) => {
    const treeDataProvider = new LateRows(load);
    const tree = vscode.window.createTreeView(id, { treeDataProvider, showCollapseAll: true, canSelectMany });
    owned.push(tree, treeDataProvider);
    return tree;
  };
  const keys = create(views.keys, true, async () => (await rows()).keys);
  const grantees = create(views.grantees, true, async () => (await rows()).grantees);
  create(views.history, false, async () => (await rows()).history);
  return {
    keys,
    grantees,
    selection: (focused) => pressedRows(focused, [keys.selection, grantees.selection]),
    dispose: () => vscode.Disposable.from(...owned).dispose(),
  };
}

/** Rows of what is loaded when the first of them is asked for. */
class LateRows<T> implements vscode.TreeDataProvider<T> {
  readonly #changed = new vscode.EventEmitter<T | T[] | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #rows: () => Promise<Required<vscode.TreeDataProvider<T>>>;
  #subscription: vscode.Disposable | undefined;

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
    return (await (await this.#rows()).getChildren(node)) ?? [];
  }

  async getTreeItem(node: T): Promise<vscode.TreeItem> {
    return (await this.#rows()).getTreeItem(node);
  }

  async resolveTreeItem(item: vscode.TreeItem, node: T, token: vscode.CancellationToken): Promise<vscode.TreeItem> {
    return (await (await this.#rows()).resolveTreeItem(item, node, token)) ?? item;
  }

  async getParent(node: T): Promise<T | undefined> {
    return (await (await this.#rows()).getParent(node)) ?? undefined;
  }
}
