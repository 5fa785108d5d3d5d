import { writeFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import * as vscode from 'vscode';
import { quiet } from './quiet.ts';

/** What one launch measured: the milliseconds that each extension took to activate. */
export interface Activation {
  readonly emptyMs: number;
  /** Registers what ours does, and has no other code. */
  readonly bareMs: number;
  readonly oursMs: number;
  /** Files of our extension that were loaded by then. */
  readonly loaded: readonly string[];
}

/** What the extension host calls. BENCH_FIRST says whose turn comes first, 0 to 2: the host's caches favour the later ones. */
export async function run(): Promise<void> {
  const path = process.env['BENCH_RESULT'];
  if (path === undefined) {
    throw new Error('BENCH_RESULT is not set');
  }
  const ours = extension('kms-grants.kms-grants');
  const warmUp = extension('bench.warm-up');
  const times = { emptyMs: Number.NaN, bareMs: Number.NaN, oursMs: Number.NaN };
  const turns = [
    ['emptyMs', extension('bench.empty')],
    ['bareMs', extension('bench.bare')],
    ['oursMs', ours],
  ] as const;
  const first = Number(process.env['BENCH_FIRST']);
  await quiet();
  // The very first activation pays for the host's own set-up.
  await timed(warmUp);
  for (const [name, one] of [...turns.slice(first), ...turns.slice(0, first)]) {
    times[name] = await timed(one);
  }
  const loaded = Object.keys(require.cache)
    .filter((file) => file.startsWith(`${ours.extensionPath}/dist/`))
    .map((file) => file.slice(ours.extensionPath.length + 1));
  const result: Activation = { ...times, loaded };
  await writeFile(path, JSON.stringify(result));
}

function extension(id: string): vscode.Extension<unknown> {
  const found = vscode.extensions.getExtension(id);
  if (found === undefined) {
    throw new Error(`${id} is not there`);
  }
  return found;
}

async function timed(target: vscode.Extension<unknown>): Promise<number> {
  const start = performance.now();
  await target.activate();
  return performance.now() - start;
}
