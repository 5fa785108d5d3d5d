/**
 * What the views and the commands use of VS Code, outside of it: the bundles of these tests get it under VS Code's name.
 * Rows are data, events are events, and questions are answered by {@link dialogs}.
 */
import { readFileSync, statSync, writeFileSync } from 'node:fs';

/** Who answers; nobody closes every question. */
export const dialogs: {
  /** The button that is pressed, one of `buttons`; `detail` is what a modal question says besides. */
  press(message: string, buttons: readonly string[], detail: string | undefined): Promise<string | undefined>;
  /** What is typed; `expected` is what the box begins with, or suggests. */
  type(prompt: string, expected: string): Promise<string | undefined>;
  /** What is chosen in a list of several: what begins as chosen, unless somebody chooses. */
  choose(items: readonly { readonly picked?: boolean }[]): readonly unknown[];
  /** What is done in a list to pick from. */
  answer(quickPick: QuickPick): void;
} = {
  press: async () => undefined,
  type: async () => undefined,
  choose: (items) => items.filter(({ picked }) => picked === true),
  answer: (quickPick) => {
    quickPick.selectedItems = dialogs.choose(quickPick.items);
    quickPick.enter();
  },
};

export class EventEmitter<T> {
  readonly #listeners = new Set<(event: T) => void>();
  readonly event = (listener: (event: T) => void) => {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  };
  fire(event: T): void {
    for (const listener of [...this.#listeners]) {
      listener(event);
    }
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

export class Position {
  constructor(
    readonly line: number,
    readonly character: number,
  ) {}
}

export class Range {
  constructor(
    readonly start: unknown,
    readonly end: unknown,
  ) {}
}

export class CancellationTokenSource {
  readonly token = { isCancellationRequested: false, onCancellationRequested: () => ({ dispose: () => {} }) };
  cancel(): void {}
  dispose(): void {}
}

/** A list to pick from. Once it is shown and filled, {@link dialogs} answer it. */
export class QuickPick {
  #items: readonly { readonly label: string; readonly picked?: boolean }[] = [];
  /** VS Code highlights none while somebody types. */
  activeItems: readonly unknown[] = [];
  isShown = false;
  #isAnswered = false;
  #selectedItems: readonly unknown[] = [];
  #value = '';
  readonly #accepted = new EventEmitter<undefined>();
  readonly #valueChanged = new EventEmitter<string>();
  readonly #selectionChanged = new EventEmitter<readonly unknown[]>();
  readonly #hidden = new EventEmitter<undefined>();
  readonly onDidAccept = this.#accepted.event;
  readonly onDidChangeValue = this.#valueChanged.event;
  readonly onDidChangeSelection = this.#selectionChanged.event;
  readonly onDidHide = this.#hidden.event;
  readonly onDidTriggerButton = new EventEmitter<undefined>().event;
  get items() {
    return this.#items;
  }
  set items(items) {
    this.#items = items;
    this.#answer();
  }
  get selectedItems() {
    return this.#selectedItems;
  }
  set selectedItems(items: readonly unknown[]) {
    this.#selectedItems = items;
    this.#selectionChanged.fire(items);
  }
  get value() {
    return this.#value;
  }
  set value(value: string) {
    this.#value = value;
    this.#valueChanged.fire(value);
  }
  enter(): void {
    this.#accepted.fire(undefined);
  }
  show(): void {
    this.isShown = true;
    this.#answer();
  }
  #answer(): void {
    if (!this.isShown || this.#items.length === 0 || this.#isAnswered) {
      return;
    }
    this.#isAnswered = true;
    queueMicrotask(() => dialogs.answer(this));
  }
  hide(): void {
    this.isShown = false;
    this.#hidden.fire(undefined);
  }
  dispose(): void {}
}

/**
 * A line to type. It is taken as it begins, but for one that wants something typed: there {@link dialogs} answer. What is
 * not taken is given up.
 */
export class InputBox {
  readonly #accepted = new EventEmitter<undefined>();
  readonly #hidden = new EventEmitter<undefined>();
  readonly onDidAccept = this.#accepted.event;
  readonly #valueChanged = new EventEmitter<string>();
  readonly onDidChangeValue = this.#valueChanged.event;
  readonly onDidHide = this.#hidden.event;
  readonly onDidTriggerButton = new EventEmitter<undefined>().event;
  prompt = '';
  placeholder = '';
  value = '';
  validationMessage: string | undefined;
  show(): void {
    queueMicrotask(async () => {
      if (/\bType\b/.test(this.prompt)) {
        const typed = await dialogs.type(this.prompt, this.value || this.placeholder);
        if (typed !== undefined) {
          this.type(typed);
          this.enter();
        }
        this.hide();
      } else {
        this.enter();
      }
    });
  }
  type(text: string): void {
    this.value = text;
    this.#valueChanged.fire(text);
  }
  enter(): void {
    this.#accepted.fire(undefined);
  }
  hide(): void {
    this.#hidden.fire(undefined);
  }
  dispose(): void {}
}

export class StatusBarItem {
  text = '';
  tooltip = '';
  backgroundColor: ThemeColor | undefined;
  accessibilityInformation: { readonly label: string } | undefined;
  isShown = false;
  show(): void {
    this.isShown = true;
  }
  hide(): void {
    this.isShown = false;
  }
  dispose(): void {
    this.isShown = false;
  }
}

/** All that were made, the newest last. */
export const statusBarItems: StatusBarItem[] = [];

export const QuickInputButtons = { Back: {} };

interface FileUri {
  readonly path: string;
  readonly fragment: string;
  readonly scheme: string;
  with(change: { readonly fragment?: string; readonly scheme?: string }): FileUri;
  toString(): string;
}

const fileUri = (path: string, fragment = '', scheme = 'file'): FileUri => ({
  path,
  fragment,
  scheme,
  with: (change) => fileUri(path, change.fragment ?? fragment, change.scheme ?? scheme),
  toString: () => (fragment === '' ? path : `${path}#${fragment}`),
});

const parseUri = (text: string) => {
  const [path = '', fragment] = text.split('#');
  return fileUri(path, fragment);
};

export const Uri = {
  from: (parts: { readonly scheme: string; readonly path: string; readonly query: string }) => ({
    ...parts,
    toString: () => `${parts.scheme}:${parts.path}?${parts.query}`,
  }),
  file: (path: string) => fileUri(path),
  joinPath: ({ path }: FileUri, ...parts: readonly string[]) => fileUri([path, ...parts].join('/')),
  parse: parseUri,
};
export const Disposable = {
  from: (...all: readonly { dispose(): void }[]) => ({
    dispose: () => {
      for (const one of all) {
        one.dispose();
      }
    },
  }),
};
export const env: {
  remoteName?: string;
  clipboard: { readText(): Promise<string>; writeText(text?: string): Promise<void> };
  openExternal(): Promise<boolean>;
} = {
  openExternal: async () => true,
  clipboard: { readText: async () => '', writeText: async () => {} },
};
export const l10n = { bundle: undefined };
export const commands: { executeCommand(id?: string, ...rest: readonly unknown[]): Promise<unknown> } = {
  executeCommand: async () => undefined,
};

type Message = [message: string, ...rest: ({ readonly modal?: boolean; readonly detail?: string } | string)[]];

const show = async (...[message, ...rest]: Message) => {
  const buttons = rest.filter((one) => typeof one === 'string');
  const [options] = rest.filter((one) => typeof one === 'object');
  const detail = options?.modal === true ? (options.detail ?? '') : undefined;
  return buttons.length === 0 ? undefined : dialogs.press(message, buttons, detail);
};

/** Who gives links, by where. */
export const linkProviders = new Map<'document' | 'terminal', object>();

function registered(where: 'document' | 'terminal', provider: object) {
  linkProviders.set(where, provider);
  return { dispose: () => linkProviders.delete(where) };
}

export const languages = {
  registerDocumentLinkProvider: (_: unknown, provider: object) => registered('document', provider),
};

/** An editor, as far as what is selected in it. */
interface TextEditor {
  readonly selections: readonly unknown[];
  readonly document: { getText(selection: unknown): string };
}

const noEditor: { readonly activeTextEditor: TextEditor | undefined } = { activeTextEditor: undefined };

export const window = {
  ...noEditor,
  showInformationMessage: show,
  showWarningMessage: show,
  showErrorMessage: show,
  showInputBox: async ({ prompt = '', value = '', placeHolder = '' }) => dialogs.type(prompt, value || placeHolder),
  withProgress: async (_: unknown, task: (progress: unknown, token: unknown) => unknown) =>
    task({ report: () => {} }, new CancellationTokenSource().token),
  setStatusBarMessage: () => ({ dispose: () => {} }),
  createQuickPick: () => new QuickPick(),
  showQuickPick: async (items: readonly unknown[]) => items[0],
  showSaveDialog: async (_: { readonly defaultUri: FileUri }): Promise<FileUri | undefined> => undefined,
  showOpenDialog: async (): Promise<readonly FileUri[] | undefined> => undefined,
  createInputBox: () => new InputBox(),
  createStatusBarItem: () => {
    const item = new StatusBarItem();
    statusBarItems.push(item);
    return item;
  },
  createTreeView: () => ({}),
  registerTerminalLinkProvider: (provider: object) => registered('terminal', provider),
  showTextDocument: async (document: unknown, _options?: unknown): Promise<unknown> => ({
    document,
    edit: async () => true,
  }),
};

/** What a watcher of files notices. */
export const watched = new EventEmitter<FileUri>();

export interface TextDocument {
  readonly uri: FileUri;
  getText(): string;
  positionAt(offset: number): number;
}

const noDocuments: readonly TextDocument[] = [];
const noFolders: readonly unknown[] = [];

export class FileSystemError extends Error {
  constructor(
    message: string,
    readonly code: 'FileNotFound' | 'Unknown',
  ) {
    super(message);
  }
}

export const workspace = {
  isTrusted: true,
  workspaceFolders: noFolders,
  textDocuments: noDocuments,
  onDidChangeWorkspaceFolders: () => ({ dispose: () => {} }),
  /** Of the patterns, it knows the one for all, and takes any other for that of Terraform's files. */
  createFileSystemWatcher: (pattern: string) => {
    const event = (listener: (uri: FileUri) => void) =>
      watched.event((uri) => (pattern === '**' || /\.tf(\.json)?$/.test(uri.path) ? listener(uri) : undefined));
    return { onDidChange: event, onDidCreate: event, onDidDelete: event, dispose: () => {} };
  },
  findFiles: async (_pattern: string, _exclude: string, _most: number): Promise<FileUri[]> => [],
  asRelativePath: ({ path }: FileUri) => path.slice(path.lastIndexOf('/') + 1),
  getConfiguration: () => ({ get: () => undefined, inspect: () => undefined, update: async () => {} }),
  onDidChangeConfiguration: () => ({ dispose: () => {} }),
  openTextDocument: async (uri: Pick<FileUri, 'scheme' | 'path'>): Promise<unknown> => {
    const text = uri.scheme === 'file' ? readFileSync(uri.path, 'utf8') : '';
    return { uri, getText: () => text, positionAt: (offset: number) => offset };
  },
  // At once, so that no wait by the clock of a test ends before it.
  fs: {
    stat: async ({ path }: FileUri) => {
      try {
        return statSync(path);
      } catch (error) {
        const { message, code } = error as NodeJS.ErrnoException;
        throw new FileSystemError(message, code === 'ENOENT' ? 'FileNotFound' : 'Unknown');
      }
    },
    readFile: async ({ path }: FileUri) => readFileSync(path),
    writeFile: async ({ path }: FileUri, content: Uint8Array) => writeFileSync(path, content),
  },
};
