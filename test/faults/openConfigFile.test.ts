import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { run } from '../../src/commands/table.ts';
import { commands } from '../../src/manifest.ts';
import { contextOf } from './context.ts';
import { window as vscodeWindow } from './vscode.ts';
import { createTestWorld } from './world.ts';

/** Runs the command where `prepare` left the file. What is shown, and what is inserted into it. */
async function opened(t: TestContext, prepare: (path: string) => Promise<void>) {
  const world = await createTestWorld(t);
  const window = world.openWindow();
  const [path = ''] = await window.aws.files([]);
  await prepare(path);
  const shown: string[] = [];
  const inserted: string[] = [];
  const { showTextDocument } = vscodeWindow;
  t.after(() => Object.assign(vscodeWindow, { showTextDocument }));
  Object.assign(vscodeWindow, {
    showTextDocument: async ({ uri }: { readonly uri: { readonly scheme: string; readonly path: string } }) => {
      shown.push(`${uri.scheme} ${uri.path}`);
      const insert = (_: unknown, text: string) => inserted.push(text);
      return { edit: async (act: (edit: object) => void) => act({ insert }) };
    },
  });
  await world.finish(run(contextOf(window), commands.openConfigFile, undefined, undefined));
  return { path, shown, inserted };
}

test('the AWS config file is shown, and stays as it is', async (t) => {
  let text = '';
  const { path, shown, inserted } = await opened(t, async (file) => {
    text = await readFile(file, 'utf8');
  });
  assert.deepEqual([shown, inserted], [[`file ${path}`], []]);
  assert.notEqual(text, '');
  assert.equal(await readFile(path, 'utf8'), text);
});

test('an AWS config file that is missing begins with an example, whose every line is a comment, and is not written', async (t) => {
  const { path, shown, inserted } = await opened(t, (file) => rm(file));
  assert.deepEqual([shown, inserted.length], [[`untitled ${path}`], 1]);
  const lines = inserted[0]?.trimEnd().split('\n') ?? [];
  assert.deepEqual(
    lines.filter((line) => !line.startsWith('#')),
    [],
  );
  await assert.rejects(readFile(path), { code: 'ENOENT' });
});

test('an AWS config file that is empty begins with the example, too, and is not written', async (t) => {
  const { path, shown, inserted } = await opened(t, (file) => writeFile(file, ''));
  assert.deepEqual([shown, inserted.length], [[`file ${path}`], 1]);
  assert.equal(await readFile(path, 'utf8'), '');
});
