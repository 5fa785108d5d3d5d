/**
 * What the views and the commands use of VS Code, outside of it: the bundles of these tests get it under VS Code's name.
 * Rows are data, events are events, and questions are answered by {@link dialogs}.
 */

/** Who answers; nobody closes every question. */
export const dialogs: {
  /** The button that is pressed, one of `buttons`; `detail` is what a modal question says besides. */
  press(message: string, buttons: readonly string[], detail: string | undefined): Promise<string | undefined>;
  /** What is typed; `expected` is what the box suggests. */
  type(prompt: string, expected: string): Promise<string | undefined>;
  /** What is chosen in a list of several: what begins as chosen, unless somebody chooses. */
  choose(items: readonly { readonly picked?: boolean }[]): readonly unknown[];
} = {
  press: async () => undefined,
  type: async () => undefined,
  choose: (items) => items.filter(({ picked }) => picked === true),
};

export class EventEmitter<T> {
  readonly #listeners = new Set<(event: T) => void>();
  readonly event = (listener: (event: T) => void) => {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  };
  fire(event: T): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
  dispose(): void {
    this.#listeners.clear();
  }
}

export const TreeItemCollapsibleState = { None: 0, Collapsed: 1, Expanded: 2 };
export const ProgressLocation = { Notification: 15 };
export const ConfigurationTarget = { Global: 1 };
export const StatusBarAlignment = { Left: 1 };

export class TreeItem {
  constructor(
    readonly label: string,
    readonly collapsibleState: number,
  ) {}
}

export class ThemeColor {
  constructor(readonly id: string) {}
}

export class ThemeIcon {
  constructor(
    readonly id: string,
    readonly color?: ThemeColor,
  ) {}
}

export class MarkdownString {
  constructor(public value = '') {}
}

export class CancellationTokenSource {
  readonly token = { isCancellationRequested: false, onCancellationRequested: () => ({ dispose: () => {} }) };
  cancel(): void {}
  dispose(): void {}
}

/** A list of several, which is accepted as it begins. */
class QuickPick {
  items: readonly { readonly picked?: boolean }[] = [];
  selectedItems: readonly unknown[] = [];
  readonly activeItems = [];
  value = '';
  #accept = () => {};
  onDidAccept(listener: () => void): void {
    this.#accept = listener;
  }
  onDidChangeValue(): void {}
  onDidChangeSelection(): void {}
  onDidHide(): void {}
  show(): void {
    queueMicrotask(() => {
      this.selectedItems = dialogs.choose(this.items);
      this.#accept();
    });
  }
  hide(): void {}
  dispose(): void {}
}

export const Uri = { from: (parts: object) => parts };
export const Disposable = { from: () => ({ dispose: () => {} }) };
export const env: { remoteName?: string; clipboard: { writeText(text?: string): Promise<void> } } = {
  clipboard: { writeText: async () => {} },
};
export const commands = { executeCommand: async () => undefined };

type Message = [message: string, ...rest: ({ readonly modal?: boolean; readonly detail?: string } | string)[]];

const show = async (...[message, ...rest]: Message) => {
  const buttons = rest.filter((one) => typeof one === 'string');
  const [options] = rest.filter((one) => typeof one === 'object');
  const detail = options?.modal === true ? (options.detail ?? '') : undefined;
  return buttons.length === 0 ? undefined : dialogs.press(message, buttons, detail);
};

export const window = {
  showInformationMessage: show,
  showWarningMessage: show,
  showErrorMessage: show,
  showInputBox: async ({ prompt = '', placeHolder = '' }) => dialogs.type(prompt, placeHolder),
  withProgress: async (_: unknown, task: (progress: unknown, token: unknown) => unknown) =>
    task({ report: () => {} }, new CancellationTokenSource().token),
  setStatusBarMessage: () => ({ dispose: () => {} }),
  createQuickPick: () => new QuickPick(),
  createStatusBarItem: () => ({}),
  createTreeView: () => ({}),
  showTextDocument: async () => undefined,
};

export const workspace = {
  isTrusted: true,
  getConfiguration: () => ({ get: () => undefined, inspect: () => undefined, update: async () => {} }),
  onDidChangeConfiguration: () => ({ dispose: () => {} }),
  openTextDocument: async () => undefined,
};
