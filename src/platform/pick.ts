import vscode = require('vscode');

import { firstMatch } from '../core/base/firstMatch.ts';
import { escapeIcons } from '../core/base/text.ts';

export interface PickItem<T> extends vscode.QuickPickItem {
  readonly value: T;
}

export interface PickOptions<T> {
  readonly title: string;
  readonly placeholder: string;
  /** Fills the list: calls `show` whenever there are more items, and resolves after the last ones. */
  readonly load: (show: (items: readonly PickItem<T>[]) => void, signal: AbortSignal) => Promise<void>;
  /** The placeholder if there is nothing to pick, apart from items that are always shown. */
  readonly empty: string;
}

/**
 * A list that fills while it is open.
 * @returns the picked value; `undefined` when it was closed
 */
export function pick<T>({ title, placeholder, load, empty }: PickOptions<T>): Promise<T | undefined> {
  return openList<T, T>((list, settle, closed) => {
    list.title = title;
    list.placeholder = placeholder;
    list.onDidAccept(() => {
      const [picked] = list.selectedItems;
      if (picked !== undefined) {
        settle(picked.value);
      }
    });
    return async () => {
      await load((items) => {
        if (!closed.aborted) {
          setItems(list, items);
        }
      }, closed);
      if (list.items.every(({ alwaysShow }) => alwaysShow)) {
        list.placeholder = empty;
      }
    };
  });
}

/** What Enter does while something is typed in a list of several: tick (see {@link onEnter}), or accept the list. */
type Enter = 'tick' | 'accept';

/**
 * A list of several; items that are `picked` begin as ticked.
 * @returns the ticked values; `undefined` when it was closed
 */
export function pickSeveral<T>(
  title: string,
  placeholder: string,
  items: readonly PickItem<T>[],
  enter: Enter = 'tick',
): Promise<readonly T[] | undefined> {
  return openList<T, readonly T[]>((list, settle) => {
    list.title = title;
    list.placeholder = placeholder;
    list.canSelectMany = true;
    setItems(list, items);
    list.selectedItems = list.items.filter(({ picked }) => picked === true);
    const accept = () => settle(list.selectedItems.map(({ value }) => value));
    if (enter === 'tick') {
      onEnter(list, accept);
    } else {
      list.onDidAccept(accept);
    }
    return undefined;
  });
}

export type List<T> = vscode.QuickPick<PickItem<T>>;

/**
 * Opens a list; typing searches label, description and detail.
 * @param setUp prepares the list, and returns a function if filling it takes time. If that fails, the list closes and the
 *   promise rejects.
 * @returns what `settle` was called with; `undefined` when the list was closed
 */
export function openList<T, R>(
  setUp: (list: List<T>, settle: (result: R) => void, closed: AbortSignal) => (() => Promise<void>) | undefined,
): Promise<R | undefined> {
  return new Promise((resolve, reject) => {
    const closing = new AbortController();
    const list = vscode.window.createQuickPick<PickItem<T>>();
    list.matchOnDescription = true;
    list.matchOnDetail = true;
    const settle = (result: R) => {
      resolve(result);
      list.hide();
    };
    const fill = setUp(list, settle, closing.signal);
    list.onDidHide(() => {
      closing.abort();
      list.dispose();
      resolve(undefined);
    });
    list.busy = fill !== undefined;
    list.show();
    fill?.()
      .then(() => {
        list.busy = false;
      })
      .catch((error: unknown) => {
        if (closing.signal.aborted) {
          return;
        }
        reject(error instanceof Error ? error : new Error(String(error)));
        list.hide();
      });
  });
}

/** Text from files, AWS and the keyboard is data: `$(name)` in it is no icon. */
export function setItems<T>(list: List<T>, items: readonly PickItem<T>[]): void {
  list.keepScrollPosition = true;
  list.items = items.map((item) => ({
    ...item,
    label: escapeIcons(item.label),
    ...(item.description === undefined ? {} : { description: escapeIcons(item.description) }),
    ...(item.detail === undefined ? {} : { detail: escapeIcons(item.detail) }),
  }));
}

/**
 * Enter in a list of several. If something is typed, and nothing was ticked since, it ticks the highlighted item or the
 * first match and empties the box; the next Enter accepts. So typed text is never dropped silently.
 */
export function onEnter<T extends vscode.QuickPickItem>(quickPick: vscode.QuickPick<T>, accept: () => void): void {
  let isTicked = false;
  let ticked: readonly T[] = quickPick.selectedItems;
  quickPick.onDidChangeValue(() => {
    isTicked = false;
  });
  quickPick.onDidChangeSelection((selected) => {
    // VS Code also fires for what was set below.
    isTicked = !isSameSet(selected, ticked);
    ticked = selected;
  });
  quickPick.onDidAccept(() => {
    if (quickPick.value.trim() === '' || isTicked) {
      accept();
      return;
    }
    const match = quickPick.activeItems[0] ?? firstMatch(quickPick.items, quickPick.value);
    if (match === undefined) {
      return;
    }
    ticked = [...quickPick.selectedItems.filter((item) => item !== match), match];
    quickPick.value = '';
    quickPick.selectedItems = ticked;
  });
}

function isSameSet(left: readonly unknown[], right: readonly unknown[]): boolean {
  return left.length === right.length && left.every((one) => right.includes(one));
}
