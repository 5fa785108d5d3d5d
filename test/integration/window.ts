import * as vscode from 'vscode';
import { extensionName, views } from '../../src/manifest.ts';
import type { Node } from '../../src/views/shared/nodes.ts';

/**
 * A test extension host refuses modal dialogs ("refused to show dialog in tests"), and does not say what a notification
 * or a tree holds. So the few calls of `vscode.window` that show something are watched here, before the extension is
 * activated; notifications and dialogs are answered by the test. All else is VS Code's own. The end-to-end tests press
 * the real dialogs.
 */

interface Shown {
  readonly kind: 'information' | 'warning' | 'error' | 'input';
  readonly message: string;
  readonly detail: string;
  readonly buttons: readonly string[];
  /** What an input box suggests. */
  readonly suggested?: string | undefined;
}

/** The button to press, or the text to enter; `undefined` closes it. */
type Answer = (shown: Shown) => string | undefined | Promise<string | undefined>;

const shown: Shown[] = [];
const logged: string[] = [];
let answer: Answer = () => undefined;
let provider: vscode.TreeDataProvider<Node> | undefined;
const providers = new Map<string, vscode.TreeDataProvider<unknown>>();
let tree: vscode.TreeView<Node> | undefined;

export function watchWindow(): void {
  for (const kind of ['information', 'warning', 'error'] as const) {
    const name = (
      { information: 'showInformationMessage', warning: 'showWarningMessage', error: 'showErrorMessage' } as const
    )[kind];
    replace(name, async (message: string, ...rest: unknown[]) => {
      const options = rest.find(isOptions);
      const items = rest.filter((item) => item !== options);
      const buttons = items.map((item) =>
        typeof item === 'string' ? item : String((item as vscode.MessageItem).title),
      );
      const pressed = await show({ kind, message, detail: options?.detail ?? '', buttons });
      return items[buttons.indexOf(pressed ?? '')];
    });
  }
  replace('showInputBox', async (options: vscode.InputBoxOptions) =>
    show({
      kind: 'input',
      message: options.title ?? '',
      detail: options.prompt ?? '',
      buttons: [],
      suggested: options.placeHolder,
    }),
  );
  replace('createInputBox', () => inputBox());
  const createTreeView = vscode.window.createTreeView;
  replace('createTreeView', (id: string, options: vscode.TreeViewOptions<Node>) => {
    const created = createTreeView(id, options);
    providers.set(id, options.treeDataProvider);
    if (id === views.keys) {
      provider = options.treeDataProvider;
      tree = created;
    }
    return created;
  });
  const createOutputChannel = vscode.window.createOutputChannel;
  replace('createOutputChannel', (name: string, options: { log: true }) => {
    const channel = createOutputChannel(name, options);
    for (const level of ['trace', 'debug', 'info', 'warn', 'error'] as const) {
      const write = channel[level].bind(channel);
      Object.defineProperty(channel, level, {
        value: (...words: [string]) => {
          logged.push(`${level} ${words.join(' ')}`);
          write(...words);
        },
      });
    }
    return channel;
  });
}

/** A line to type, as far as the product uses one. What is not taken is given up. */
function inputBox() {
  const [accepted, hidden, pressed] = [0, 1, 2].map(() => new vscode.EventEmitter<void>());
  const changed = new vscode.EventEmitter<string>();
  const box = {
    title: '',
    prompt: '',
    placeholder: '',
    value: '',
    onDidAccept: accepted?.event,
    onDidHide: hidden?.event,
    onDidTriggerButton: pressed?.event,
    onDidChangeValue: changed.event,
    show: async () => {
      const typed = await show({
        kind: 'input',
        message: box.title,
        detail: box.prompt,
        buttons: [],
        suggested: box.placeholder,
      });
      if (typed !== undefined) {
        box.value = typed;
        changed.fire(typed);
        accepted?.fire();
      }
      box.hide();
    },
    hide: () => hidden?.fire(),
    dispose: () => {},
  };
  return box;
}

function replace(name: keyof typeof vscode.window, value: unknown): void {
  Object.defineProperty(vscode.window, name, { value, configurable: true });
}

function isOptions(item: unknown): item is vscode.MessageOptions {
  return typeof item === 'object' && item !== null && !('title' in item);
}

function show(what: Shown): ReturnType<Answer> {
  shown.push(what);
  return answer(what);
}

/** Answers every dialog and notification from now on. */
export function answerWith(next: Answer): void {
  answer = next;
}

/** What was shown since the last call. */
export function takeShown(): readonly Shown[] {
  return shown.splice(0);
}

/** The same without what only informs, such as the end of a revoke that an earlier test made. */
export function takeTroubles(): readonly Shown[] {
  return takeShown().filter(({ kind }) => kind !== 'information');
}

/** Everything that the extension logged so far, whatever the log level. */
export function logLines(): readonly string[] {
  return logged;
}

/** Opens the view, which activates the extension. */
export async function openView(): Promise<void> {
  await vscode.commands.executeCommand(`${views.keys}.focus`);
  await until('the view is there', () => tree?.visible === true);
}

export function extension(): vscode.Extension<unknown> {
  const found = vscode.extensions.getExtension(`kms-grants.${extensionName}`);
  if (found === undefined) {
    throw new Error('the extension is not installed');
  }
  return found;
}

function dataProvider(): vscode.TreeDataProvider<Node> {
  if (provider === undefined) {
    throw new Error('the view was not opened');
  }
  return provider;
}

/** As VS Code does, it asks again where the first answer says to wait. */
export async function children(node?: Node): Promise<Node[]> {
  let nodes: Node[] = [];
  await until('the rows are there', async () => {
    nodes = (await dataProvider().getChildren(node)) ?? [];
    return !nodes.some((one) => one.kind === 'message' && one.slot === 'waiting');
  });
  return nodes;
}

/** The rows of the view of keys that are selected. */
export function selectedRows(): readonly Node[] {
  return tree?.selection ?? [];
}

/** What fills this view. */
export function providerOf(view: string): vscode.TreeDataProvider<unknown> {
  const found = providers.get(view);
  if (found === undefined) {
    throw new Error(`there is no view ${view}`);
  }
  return found;
}

/** A row, as VS Code draws it. */
export interface Row {
  readonly label: string;
  readonly description: string;
  readonly icon: string;
  readonly context: string;
}

export async function row(node: Node): Promise<Row> {
  const { label, description, iconPath, contextValue } = await dataProvider().getTreeItem(node);
  return {
    label: String(label),
    description: String(description ?? ''),
    icon: iconPath instanceof vscode.ThemeIcon ? iconPath.id : '',
    context: contextValue ?? '',
  };
}

export async function rowsOf(node?: Node): Promise<Row[]> {
  return Promise.all((await children(node)).map(row));
}

/** The tooltip's Markdown source. */
export async function tooltipOf(node: Node): Promise<string> {
  const item = await dataProvider().getTreeItem(node);
  const { signal } = new AbortController();
  const token = {
    isCancellationRequested: signal.aborted,
    onCancellationRequested: () => new vscode.Disposable(() => {}),
  };
  const resolved = await dataProvider().resolveTreeItem?.(item, node, token);
  const tooltip = resolved?.tooltip;
  return typeof tooltip === 'string' ? tooltip : (tooltip?.value ?? '');
}

/** The row with this label below `parent`. */
export async function child(parent: Node | undefined, label: string): Promise<Node> {
  let nodes: readonly Node[] = [];
  // A connection that led to another account is emptied before it is filled.
  await until('it is loaded', async () => {
    nodes = await children(parent);
    return !nodes.some((node) => node.kind === 'message' && node.tone === 'loading' && node.slot === 'loading');
  });
  const labels: string[] = [];
  for (const node of nodes) {
    const found = await row(node);
    if (found.label === label) {
      return node;
    }
    labels.push(found.label);
  }
  throw new Error(`no row "${label}" among: ${labels.join(', ')}`);
}

/** The first connection. */
export async function connectionRow(label?: string): Promise<Node> {
  if (label !== undefined) {
    return child(undefined, label);
  }
  const [connection] = await children();
  if (connection === undefined) {
    throw new Error('the view is empty');
  }
  return connection;
}

/** Waits for something that an event of the product brings about. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, limitMs = 20_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await holds())) {
    if (Date.now() > end) {
      throw new Error(`never happened: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
