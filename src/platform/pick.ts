import vscode = require('vscode');

import { firstMatch } from '../core/base/firstMatch.ts';
import { withoutIcons } from '../core/base/text.ts';

export interface PickItem<T> extends vscode.QuickPickItem {
  readonly value: T;
}

export interface PickOptions<T> {
  readonly title: string;
  readonly placeholder: string;
  /** Fills the list: calls `show` as often as more is known, and resolves when that is all. */
  readonly load: (show: (items: readonly PickItem<T>[]) => void, signal: AbortSignal) => Promise<void>;
  /** What to say when there is nothing to pick but what is always shown. */
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

/** What Enter does with something typed in a list of several: see {@link onEnter}; `accept` never ticks anything. */
type Enter = 'tick' | 'accept';

/**
 * As {@link pick}, for several at once; `picked` items begin as chosen.
 * @returns the picked values; `undefined` when it was closed
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
 * @param setUp prepares it, and returns what fills it, where that takes time; a failure of that closes the list and rejects
 * @returns what it was settled with; `undefined` when it was closed
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

/** Names from files, from AWS and from the keyboard are data: what looks like an icon in them is text. */
export function setItems<T>(list: List<T>, items: readonly PickItem<T>[]): void {
  list.keepScrollPosition = true;
  list.items = items.map((item) => ({
    ...item,
    label: withoutIcons(item.label),
    ...(item.description === undefined ? {} : { description: withoutIcons(item.description) }),
    ...(item.detail === undefined ? {} : { detail: withoutIcons(item.detail) }),
  }));
}

/**
 * Enter in a list of several. With something typed it ticks what is highlighted, or else the first match, unless one was
 * ticked since; it empties the box, and the next Enter ends the question. So nothing that is typed is dropped in silence.
 */
export function onEnter<T extends vscode.QuickPickItem>(quickPick: vscode.QuickPick<T>, accept: () => void): void {
  let isTicked = false;
  let ticked: readonly T[] = quickPick.selectedItems;
  quickPick.onDidChangeValue(() => {
    isTicked = false;
  });
  quickPick.onDidChangeSelection((selected) => {
    // VS Code also reports what was set here.
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
