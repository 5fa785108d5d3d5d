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
  /** VS Code shows these at the top already, since they were {@link FirstRows}. */
  adopt?(rows: readonly T[]): Promise<void>;
}

/** Rows at the top of a view that are at hand before the others are loaded. */
export interface FirstRows<T> {
  readonly rows: readonly T[];
  /** As {@link IdentifiedRows.idOf}. */
  idOf(row: T): string | undefined;
  getTreeItem(row: T): vscode.TreeItem;
}

/** Loads a view's rows when the first one is requested. A row that is removed and returns is as open as it was. */
export class LateRows<T extends object> implements vscode.TreeDataProvider<T> {
  readonly #changed = new vscode.EventEmitter<T | T[] | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #load: () => Promise<IdentifiedRows<T>>;
  /** Once they are loaded. */
  #rows: IdentifiedRows<T> | undefined;
  #isLoading = false;
  readonly #loadFirst: () => Promise<FirstRows<T> | undefined>;
  /** What VS Code shows until the rows are loaded. */
  #first: FirstRows<T> | undefined;
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

  /** @param first loads what VS Code can show before the rows are loaded; `undefined`: nothing */
  constructor(
    load: () => Promise<IdentifiedRows<T>>,
    first: () => Promise<FirstRows<T> | undefined> = async () => undefined,
  ) {
    this.#loadFirst = lazy(first);
    this.#load = lazy(async () => {
      this.#isLoading = true;
      const rows = await load();
      this.#subscription = rows.onDidChangeTreeData((changed) => this.#changed.fire(changed ?? undefined));
      if (this.#first !== undefined) {
        await rows.adopt?.(this.#first.rows);
      }
      this.#rows = rows;
      return rows;
    });
  }

  dispose(): void {
    this.#subscription?.dispose();
    this.#changed.dispose();
  }

  async getChildren(node?: T): Promise<T[]> {
    const first = node === undefined ? await this.#firstRows() : undefined;
    if (first !== undefined) {
      return [...first.rows];
    }
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
    const ids = this.#noteIds(rows, children);
    if (isLatest && ids.every((one) => one !== undefined)) {
      this.#noteUnread(ids);
      await this.#noteGone(id, ids, children);
    }
    return children;
  }

  /** `undefined` as soon as the others are being loaded. */
  async #firstRows(): Promise<FirstRows<T> | undefined> {
    const first = this.#isLoading ? undefined : await this.#loadFirst();
    if (first === undefined || this.#isLoading) {
      return undefined;
    }
    this.#first = first;
    const ids = this.#noteIds(first, first.rows);
    this.#below.set(
      '',
      ids.filter((id) => id !== undefined),
    );
    return first;
  }

  #noteIds(known: Pick<FirstRows<T>, 'idOf'>, rows: readonly T[]): readonly (string | undefined)[] {
    return rows.map((row) => {
      const id = known.idOf(row);
      if (id !== undefined) {
        this.#ids.set(row, id);
      }
      return id;
    });
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
    const first = this.#rows === undefined && this.#first?.rows.includes(node) ? this.#first : undefined;
    const item = await (first ?? (await this.#load())).getTreeItem(node);
    const { id, collapsibleState } = item;
    const isExpanded = id === undefined || !collapsibleState ? undefined : this.#expanded.get(id);
    if (isExpanded !== undefined) {
      const { Expanded, Collapsed } = vscode.TreeItemCollapsibleState;
      item.collapsibleState = isExpanded ? Expanded : Collapsed;
    }
    return item;
  }

  noteExpanded(node: T, isExpanded: boolean): void {
    const id = (this.#rows ?? this.#first)?.idOf(node);
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
