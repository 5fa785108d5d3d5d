import { writeFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import * as vscode from 'vscode';
import { views } from '../src/manifest.ts';
import type { Node } from '../src/views/shared/nodes.ts';
import { quiet } from './quiet.ts';

/** The milliseconds from the command that opens a view to its first row, and to the first key below that. */
export interface FirstRows {
  readonly rowMs: number;
  readonly keyMs: number;
}

/** What one launch measured: our view, and one that has the same rows at hand. */
export interface FirstRowsOfBoth {
  readonly ours: FirstRows;
  readonly atHand: FirstRows;
}

/** The global function that the other extension calls for each row that it draws. */
const drawnName = 'benchStaticRowDrawn';

/** What the extension host calls. BENCH_FIRST says whose turn comes first: the workbench's caches favour the second. */
export async function run(): Promise<void> {
  const path = process.env['BENCH_RESULT'];
  if (path === undefined) {
    throw new Error('BENCH_RESULT is not set');
  }
  const ours = new Drawn();
  const create = vscode.window.createTreeView;
  Object.defineProperty(vscode.window, 'createTreeView', {
    configurable: true,
    value: (id: string, options: vscode.TreeViewOptions<Node>) => {
      const provider = options.treeDataProvider;
      const getTreeItem = provider.getTreeItem.bind(provider);
      provider.getTreeItem = async (node) => {
        const item = await getTreeItem(node);
        if (id === views.keys) {
          ours.drew(node.kind === 'key');
        }
        return item;
      };
      return create(id, options);
    },
  });
  const atHand = new Drawn();
  Object.assign(globalThis, { [drawnName]: (isKey: boolean) => atHand.drew(isKey) });
  await vscode.commands.executeCommand('warmUpRows.focus');
  let result: FirstRowsOfBoth;
  if (process.env['BENCH_FIRST'] === 'ours') {
    const first = await open(views.keys, ours);
    result = { ours: first, atHand: await open('staticRows', atHand) };
  } else {
    const first = await open('staticRows', atHand);
    result = { atHand: first, ours: await open(views.keys, ours) };
  }
  await writeFile(path, JSON.stringify(result));
}

/** When a view drew its first row, and its first key. */
class Drawn {
  #row: number | undefined;
  #key: (at: number) => void = () => {};
  readonly #firstKey = new Promise<number>((resolve) => {
    this.#key = resolve;
  });

  drew(isKey: boolean): void {
    this.#row ??= performance.now();
    if (isKey) {
      this.#key(performance.now());
    }
  }

  async since(start: number): Promise<FirstRows> {
    const keyMs = (await this.#firstKey) - start;
    return { rowMs: (this.#row ?? Number.NaN) - start, keyMs };
  }
}

async function open(view: string, drawn: Drawn): Promise<FirstRows> {
  await quiet();
  const start = performance.now();
  await vscode.commands.executeCommand(`${view}.focus`);
  return drawn.since(start);
}
