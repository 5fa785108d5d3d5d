import { writeFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import * as vscode from 'vscode';
import { quiet } from './quiet.ts';

/** What one launch measured: the milliseconds that each extension took to activate. */
export interface Activation {
  readonly emptyMs: number;
  readonly oursMs: number;
  /** Files of our extension that were loaded by then. */
  readonly loaded: readonly string[];
}

/** What the extension host calls. BENCH_FIRST says whose turn comes first: the host's caches favour the second. */
export async function run(): Promise<void> {
  const path = process.env['BENCH_RESULT'];
  if (path === undefined) {
    throw new Error('BENCH_RESULT is not set');
  }
  const ours = extension('kms-grants.kms-grants');
  const empty = extension('bench.empty');
  const warmUp = extension('bench.warm-up');
  await quiet();
  // The very first activation pays for the host's own set-up.
  await timed(warmUp);
  let emptyMs: number;
  let oursMs: number;
  if (process.env['BENCH_FIRST'] === 'ours') {
    oursMs = await timed(ours);
    emptyMs = await timed(empty);
  } else {
    emptyMs = await timed(empty);
    oursMs = await timed(ours);
  }
  const loaded = Object.keys(require.cache)
    .filter((file) => file.startsWith(`${ours.extensionPath}/dist/`))
    .map((file) => file.slice(ours.extensionPath.length + 1));
  const result: Activation = { emptyMs, oursMs, loaded };
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
