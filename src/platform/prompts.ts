import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { firstMatch } from '../core/base/firstMatch.ts';
import { printable, withoutIcons, withoutLinks } from '../core/base/text.ts';

/** A notification. As the others, it resolves to the button that was pressed, and shows links in its message as text. */
export function showInformation<T extends string>(message: string, ...buttons: readonly T[]) {
  return vscode.window.showInformationMessage(asNotification(message), ...buttons);
}

export function showWarning<T extends string>(message: string, ...buttons: readonly T[]) {
  return vscode.window.showWarningMessage(asNotification(message), ...buttons);
}

export function showError<T extends string>(message: string, ...buttons: readonly T[]) {
  return vscode.window.showErrorMessage(asNotification(message), ...buttons);
}

/** VS Code has no room for more, and would cut it anywhere. */
function asNotification(message: string): string {
  return withoutLinks(printable(message, 900));
}

export interface Confirmation {
  readonly question: string;
  readonly detail: string;
  /** The verb on the button. */
  readonly button: string;
}

/** A modal warning. Escape and closing it mean no. */
export async function confirm({ question, detail, button }: Confirmation): Promise<boolean> {
  return (await vscode.window.showWarningMessage(question, { modal: true, detail }, button)) === button;
}

/**
 * Asks for one of `accepted` to be typed, letter by letter. Escape means no, and so does losing focus unless told
 * otherwise, as where something in an editor is to be read meanwhile.
 * @returns whether it was typed and entered
 */
export async function confirmByTyping(
  title: string,
  prompt: string,
  accepted: readonly string[],
  { ignoreFocusOut = false }: { readonly ignoreFocusOut?: boolean } = {},
): Promise<boolean> {
  const text = asPrompt(prompt);
  const typed = await vscode.window.showInputBox({
    title,
    ignoreFocusOut,
    prompt: text,
    placeHolder: accepted[0] ?? '',
    // The prompt stays readable while something else is in the box, which Enter then does not take.
    validateInput: (value) => (value === '' || accepted.includes(value) ? undefined : text),
  });
  return typed !== undefined && accepted.includes(typed);
}

/** VS Code takes icons and links in the prompts of input boxes for such. */
function asPrompt(text: string): string {
  return withoutLinks(withoutIcons(text));
}

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
 * A quick pick that fills while it is open; typing searches label, description and detail.
 * @returns the picked value; `undefined` when it was closed
 */
export function pick<T>({ title, placeholder, load, empty }: PickOptions<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const controller = new AbortController();
    const quickPick = vscode.window.createQuickPick<PickItem<T>>();
    quickPick.title = title;
    quickPick.placeholder = placeholder;
    quickPick.matchOnDescription = true;
    quickPick.matchOnDetail = true;
    quickPick.busy = true;
    quickPick.onDidAccept(() => {
      const [picked] = quickPick.selectedItems;
      if (picked === undefined) {
        return;
      }
      resolve(picked.value);
      quickPick.hide();
    });
    quickPick.onDidHide(() => {
      controller.abort();
      quickPick.dispose();
      resolve(undefined);
    });
    quickPick.show();
    const show = (items: readonly PickItem<T>[]) => {
      if (controller.signal.aborted) {
        return;
      }
      quickPick.keepScrollPosition = true;
      quickPick.items = items.map(asData);
    };
    load(show, controller.signal)
      .then(() => {
        quickPick.busy = false;
        if (quickPick.items.every(({ alwaysShow }) => alwaysShow)) {
          quickPick.placeholder = empty;
        }
      })
      .catch((error: unknown) => {
        if (controller.signal.aborted) {
          return;
        }
        reject(error instanceof Error ? error : new Error(String(error)));
        quickPick.hide();
      });
  });
}

/** Names from files and from AWS are data: what looks like an icon in them is text. */
function asData<T>(item: PickItem<T>): PickItem<T> {
  return {
    ...item,
    label: withoutIcons(item.label),
    ...(item.description === undefined ? {} : { description: withoutIcons(item.description) }),
    ...(item.detail === undefined ? {} : { detail: withoutIcons(item.detail) }),
  };
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
  return new Promise((resolve) => {
    const quickPick = vscode.window.createQuickPick<PickItem<T>>();
    quickPick.title = title;
    quickPick.placeholder = placeholder;
    quickPick.canSelectMany = true;
    quickPick.matchOnDescription = true;
    quickPick.matchOnDetail = true;
    quickPick.items = items.map(asData);
    quickPick.selectedItems = quickPick.items.filter(({ picked }) => picked === true);
    const accept = () => {
      resolve(quickPick.selectedItems.map(({ value }) => value));
      quickPick.hide();
    };
    if (enter === 'tick') {
      onEnter(quickPick, accept);
    } else {
      quickPick.onDidAccept(accept);
    }
    quickPick.onDidHide(() => {
      quickPick.dispose();
      resolve(undefined);
    });
    quickPick.show();
  });
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

/** One line of text; `undefined` when the question was closed. `problem` says what is wrong with it, if anything. */
export async function askText(
  title: string,
  prompt: string,
  placeHolder: string,
  problem: (text: string) => string | undefined,
): Promise<string | undefined> {
  const text = await vscode.window.showInputBox({
    title,
    prompt,
    placeHolder,
    ignoreFocusOut: true,
    validateInput: (value) => (value.trim() === '' ? undefined : problem(value.trim())),
  });
  return text?.trim() || undefined;
}

/** The code that an MFA device shows; `undefined` when the question was closed, or `signal` aborted. */
export async function askMfaCode(serial: string, profile: string, signal: AbortSignal): Promise<string | undefined> {
  const cancel = new vscode.CancellationTokenSource();
  const onAbort = () => cancel.cancel();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const code = await vscode.window.showInputBox(
      {
        title: l10n.t('Sign in: {0}', printable(profile)),
        prompt: asPrompt(l10n.t('Code of the MFA device {0}', printable(serial))),
        ignoreFocusOut: true,
        validateInput: (value) => (value === '' || /^\d{6}$/.test(value.trim()) ? undefined : l10n.t('Six digits')),
      },
      cancel.token,
    );
    return code?.trim() || undefined;
  } finally {
    signal.removeEventListener('abort', onAbort);
    cancel.dispose();
  }
}
