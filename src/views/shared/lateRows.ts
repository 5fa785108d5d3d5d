import vscode = require('vscode');

import { lazy } from '../../core/base/lazy.ts';
import { neighborOfRemoved } from '../../core/base/neighbor.ts';
import { contextKeys } from '../../manifest.ts';

/** Nothing, for a row that its label says all about. */
export type Tooltip = vscode.MarkdownString | string | undefined;

/** A view's rows, by identity. */
export interface IdentifiedRows<T> extends Required<Omit<vscode.TreeDataProvider<T>, 'resolveTreeItem'>> {
  /** The ID of its tree item. `undefined`: the row is a placeholder for rows that are being loaded. */
  idOf(row: T): string | undefined;
  /** Built when the pointer rests on the row: its tree item has none. */
  tooltip(row: T): Promise<Tooltip>;
}

/** Loads a view's rows when the first one is requested. A row that is removed and returns is as open as it was. */
export class LateRows<T extends object> implements vscode.TreeDataProvider<T> {
  readonly #changed = new vscode.EventEmitter<T | T[] | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #load: () => Promise<IdentifiedRows<T>>;
  /** Once they are loaded. */
  #rows: IdentifiedRows<T> | undefined;
  #subscription: vscode.Disposable | undefined;
  /** By the row's ID: what the user opened or closed. */
  readonly #expanded = new Map<string, boolean>();
  /** The IDs of the rows below each row, by its ID; those of the view itself by ''. */
  readonly #below = new Map<string, readonly string[]>();
  /** The IDs of all rows that VS Code was given. */
  readonly #ids = new WeakMap<object, string>();
  /** The read of a row's children that began last, by the row's ID. */
  readonly #reads = new Map<string, symbol>();
  /** The IDs of open rows whose children VS Code has not requested since it read the list with the row. */
  readonly #unread = new Set<string>();
  /** The row at the place of the one that was removed last; of several, of the first. */
  #neighbor: T | undefined;

  constructor(load: () => Promise<IdentifiedRows<T>>) {
    this.#load = lazy(async () => {
      const rows = await load();
      this.#rows = rows;
      this.#subscription = rows.onDidChangeTreeData((changed) => this.#changed.fire(changed ?? undefined));
      return rows;
    });
  }

  dispose(): void {
    this.#subscription?.dispose();
    this.#changed.dispose();
  }

  async getChildren(node?: T): Promise<T[]> {
    const rows = await this.#load();
    const id = node === undefined ? '' : (rows.idOf(node) ?? '');
    this.#noteClosed(id);
    // VS Code requests only the rows below an open row, and fires no event for one that opens while its list is read.
    if (node !== undefined) {
      this.#noteExpanded(id, true);
    }
    const read = Symbol();
    this.#reads.set(id, read);
    const children = (await rows.getChildren(node)) ?? [];
    const isLatest = this.#reads.get(id) === read;
    const ids = children.map((child) => rows.idOf(child));
    for (const [index, child] of children.entries()) {
      const childId = ids[index];
      if (childId !== undefined) {
        this.#ids.set(child, childId);
      }
    }
    if (isLatest && ids.every((one) => one !== undefined)) {
      this.#noteUnread(ids);
      await this.#noteGone(id, ids, children);
    }
    return children;
  }

  #noteUnread(ids: readonly string[]): void {
    for (const id of ids) {
      if (this.#expanded.get(id) === true) {
        this.#unread.add(id);
      }
    }
  }

  /**
   * After a list, VS Code requests the children of its open rows. A row whose children it has not requested by the next
   * read of the list was closed: VS Code fires no event for a row that is closed while its list is read.
   */
  #noteClosed(id: string): void {
    for (const child of this.#below.get(id) ?? []) {
      if (this.#unread.has(child)) {
        this.#noteExpanded(child, false);
      }
    }
  }

  async #noteGone(id: string, ids: readonly string[], rows: readonly T[]): Promise<void> {
    const before = this.#below.get(id) ?? [];
    this.#below.set(id, ids);
    const left = new Set(ids);
    for (const one of before) {
      if (!left.has(one)) {
        this.#forgetBelow(one);
      }
    }
    const place = neighborOfRemoved(before, ids);
    if (place !== undefined) {
      this.#neighbor = rows[place];
      // The next arrow key asks for the neighbor, if no row has the focus: VS Code knows before it removes the row.
      await vscode.commands.executeCommand('setContext', contextKeys.rowGone, true);
    }
  }

  #forgetBelow(id: string): void {
    for (const child of this.#below.get(id) ?? []) {
      this.#unread.delete(child);
      this.#forgetBelow(child);
    }
    this.#below.delete(id);
    this.#reads.delete(id);
  }

  /** Whether this is a row of the view, by the lists as they were last read. */
  has(row: unknown): boolean {
    const id = typeof row === 'object' && row !== null ? this.#ids.get(row) : undefined;
    return id !== undefined && [...this.#below.values()].some((ids) => ids.includes(id));
  }

  get hasGone(): boolean {
    return this.#neighbor !== undefined;
  }

  /** The row at the place of the one that was removed last. The next call returns none. */
  takeNeighbor(): T | undefined {
    const neighbor = this.#neighbor;
    this.#neighbor = undefined;
    return neighbor;
  }

  async getTreeItem(node: T): Promise<vscode.TreeItem> {
    const item = await (await this.#load()).getTreeItem(node);
    const { id, collapsibleState } = item;
    const isExpanded = id === undefined || !collapsibleState ? undefined : this.#expanded.get(id);
    if (isExpanded !== undefined) {
      const { Expanded, Collapsed } = vscode.TreeItemCollapsibleState;
      item.collapsibleState = isExpanded ? Expanded : Collapsed;
    }
    return item;
  }

  noteExpanded(node: T, isExpanded: boolean): void {
    const id = this.#rows?.idOf(node);
    if (id !== undefined) {
      this.#noteExpanded(id, isExpanded);
    }
  }

  #noteExpanded(id: string, isExpanded: boolean): void {
    this.#expanded.set(id, isExpanded);
    this.#unread.delete(id);
  }

  async resolveTreeItem(item: vscode.TreeItem, node: T): Promise<vscode.TreeItem> {
    item.tooltip = await (await this.#load()).tooltip(node);
    return item;
  }

  async getParent(node: T): Promise<T | undefined> {
    return (await (await this.#load()).getParent(node)) ?? undefined;
  }
}
