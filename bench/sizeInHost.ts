import { writeFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import * as vscode from 'vscode';
import { commands } from '../src/manifest.ts';
import {
  connectionRow,
  onTreeChange,
  openView,
  type Row,
  rowsOf,
  until,
  watchWindow,
} from '../test/integration/window.ts';

/** What the Keys view took, in milliseconds; a keypress in those of processor time. */
export interface ViewTimes {
  readonly firstRowsMs: number;
  readonly allRowsMs: number;
  readonly keypressMs: readonly number[];
  /** When all keys on screen were described, and typing began; since the epoch. */
  readonly typingAt: number;
}

/** What the extension host calls. The input box is the only thing here that is not VS Code's own: nobody types. */
export async function run(): Promise<void> {
  const [path, texts] = [process.env['BENCH_RESULT'], process.env['BENCH_KEYPRESSES']];
  if (path === undefined || texts === undefined) throw new Error('BENCH_RESULT and BENCH_KEYPRESSES are not set');
  watchWindow();
  const type = watchInputBox();
  const start = performance.now();
  await openView();
  await rows();
  const firstRowsMs = performance.now() - start;
  await until(
    'all keys are there',
    async () => !(await rows()).some(({ label }) => label === 'Loading more keys…'),
    600_000,
  );
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
    const pressed = process.cpuUsage();
    const told = onTreeChange();
    type(text);
    await told;
    await rows();
    const { user, system } = process.cpuUsage(pressed);
    keypressMs.push((user + system) / 1000);
  }
  const result: ViewTimes = { firstRowsMs, allRowsMs, keypressMs, typingAt };
  await writeFile(path, JSON.stringify(result));
}

/** All rows below the connection, each as VS Code draws it. */
async function rows(): Promise<readonly Row[]> {
  return rowsOf(await connectionRow());
}

async function keyRows(): Promise<readonly Row[]> {
  return (await rows()).filter(({ icon }) => icon === 'key');
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
