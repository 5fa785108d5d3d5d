import { writeFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import * as vscode from 'vscode';
import { commands } from '../src/manifest.ts';
import type { Node } from '../src/views/shared/nodes.ts';
import { connectionRow, openView, type Row, rowsOf, until, watchWindow } from '../test/integration/window.ts';
import { BareClient } from './bareClient.ts';

/** What the Keys view took, in milliseconds; a keypress in those of processor time. */
export interface ViewTimes {
  readonly firstRowsMs: number;
  readonly allRowsMs: number;
  /** A bare client, in the same extension host, follows the same pages. */
  readonly bareMs: number;
  readonly keypressMs: readonly number[];
  /** When all keys on screen were described, and typing began; since the epoch. */
  readonly typingAt: number;
}

/** What the extension host calls. The input box is the only thing here that is not VS Code's own: nobody types. */
export async function run(): Promise<void> {
  const path = process.env['BENCH_RESULT'];
  const [texts, url] = [process.env['BENCH_KEYPRESSES'], process.env['BENCH_URL']];
  if (path === undefined || texts === undefined || url === undefined) {
    throw new Error('BENCH_RESULT, BENCH_KEYPRESSES and BENCH_URL are not set');
  }
  watchWindow();
  const nextDrawing = watchDrawing();
  const type = watchInputBox();
  const bareMs = await readAlone(url);
  const start = performance.now();
  let drawing = nextDrawing();
  await openView();
  let nodes = (await drawing).nodes;
  const firstRowsMs = performance.now() - start;
  // VS Code asks for the rows at each change: to ask for them besides would be work that nobody has.
  while (nodes.some((node) => node.kind === 'message' && node.tone === 'loading')) {
    drawing = nextDrawing();
    nodes = (await drawing).nodes;
  }
  const allRowsMs = performance.now() - start;
  await until('all keys on screen are described', async () =>
    (await keyRows()).every(({ description }) => description !== ''),
  );
  const typingAt = Date.now();
  await vscode.commands.executeCommand(commands.filterKeys);
  // A person needs as long to begin.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const keypressMs: number[] = [];
  for (const text of JSON.parse(texts) as string[]) {
    const drawn = nextDrawing();
    type(text);
    keypressMs.push((await drawn).processorMs);
  }
  const result: ViewTimes = { firstRowsMs, allRowsMs, bareMs, keypressMs, typingAt };
  await writeFile(path, JSON.stringify(result));
}

/** All pages of keys and aliases, side by side, in milliseconds. */
async function readAlone(url: string): Promise<number> {
  const client = new BareClient(url);
  const start = performance.now();
  await client.keys();
  const taken = performance.now() - start;
  client.close();
  return taken;
}

interface Drawing {
  readonly nodes: readonly Node[];
  readonly processorMs: number;
}

/** All rows below the connection, each as VS Code draws it. */
async function rows(): Promise<readonly Row[]> {
  return rowsOf(await connectionRow());
}

async function keyRows(): Promise<readonly Row[]> {
  return (await rows()).filter(({ icon }) => icon === 'key');
}

/** Resolves when VS Code has asked for the rows of a connection, and for each item: to those, and what that took. */
function watchDrawing(): () => Promise<Drawing> {
  let drawn: (drawing: Drawing) => void = () => {};
  const create = vscode.window.createTreeView;
  Object.defineProperty(vscode.window, 'createTreeView', {
    configurable: true,
    value: (id: string, options: vscode.TreeViewOptions<Node>) => {
      const provider = options.treeDataProvider;
      const getChildren = provider.getChildren.bind(provider);
      provider.getChildren = async (node) => {
        const asked = process.cpuUsage();
        const nodes = await getChildren(node);
        if (node?.kind === 'connection') {
          setTimeout(() => {
            const { user, system } = process.cpuUsage(asked);
            drawn({ nodes: nodes ?? [], processorMs: (user + system) / 1000 });
          });
        }
        return nodes;
      };
      return create(id, options);
    },
  });
  return () =>
    new Promise((resolve) => {
      drawn = resolve;
    });
}

/** The next input box takes what is typed from here. */
function watchInputBox(): (text: string) => void {
  const typed = new vscode.EventEmitter<string>();
  const create = vscode.window.createInputBox;
  Object.defineProperty(vscode.window, 'createInputBox', {
    configurable: true,
    value: () => Object.defineProperty(create(), 'onDidChangeValue', { value: typed.event }),
  });
  return (text) => typed.fire(text);
}
