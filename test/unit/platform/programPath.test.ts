import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, relative } from 'node:path';
import { type TestContext, test } from 'node:test';
import { programPath } from '../../../src/platform/programPath.ts';
import { notOnWindows } from '../../systems.ts';

/** Folders with a program `aws` each. */
async function folders<K extends string>(t: TestContext, ...names: readonly K[]): Promise<Record<K | 'root', string>> {
  const root = await mkdtemp(join(tmpdir(), 'kms-grants-path-'));
  t.after(() => rm(root, { recursive: true }));
  const made: Record<string, string> = { root };
  for (const name of names) {
    made[name] = join(root, name);
    await mkdir(join(root, name), { recursive: true });
    await writeFile(join(root, name, 'aws'), '#!/bin/sh\n');
    await chmod(join(root, name, 'aws'), 0o755);
  }
  return made;
}

const find = (path: readonly string[], workspace: readonly string[] = []) =>
  programPath('aws', path.join(delimiter), workspace, 'linux');

test('a program is found where the PATH first has it, and named by its absolute path', async (t) => {
  const { a, b, root } = await folders(t, 'a', 'b');
  assert.equal(await find([join(root, 'none'), b, a]), join(b, 'aws'));
  assert.equal(await find([root]), undefined);
  assert.equal(await find([]), undefined);
});

test('a program of the workspace is not run, whatever the PATH says', async (t) => {
  const { work, tool } = await folders(t, 'work/bin', 'work', 'tool');
  const inside = join(work, 'bin');
  const relatively = relative(process.cwd(), inside);
  for (const entry of [work, inside, join(work, '..', 'work', 'bin'), relatively, `./${relatively}`, '.', '']) {
    assert.equal(await find([entry], [work]), undefined, entry);
    assert.equal(await find([entry, tool], [work]), join(tool, 'aws'), entry);
  }
  // Beside it, with a name that begins alike.
  const { workspace } = await folders(t, 'workspace');
  assert.equal(await find([workspace], [workspace.slice(0, -'space'.length)]), join(workspace, 'aws'));
});

test('a folder is no program', async (t) => {
  const { root, a } = await folders(t, 'a');
  await mkdir(join(root, 'aws'));
  assert.equal(await find([root, a]), join(a, 'aws'));
});

test('a file that is not to be run is no program, and a link to one that is to be run is', {
  skip: notOnWindows('has no modes of files'),
}, async (t) => {
  const { root, a, b } = await folders(t, 'a', 'b');
  await chmod(join(a, 'aws'), 0o644);
  await mkdir(join(root, 'links'));
  await symlink(join(b, 'aws'), join(root, 'links', 'aws'));
  assert.equal(await find([a, join(root, 'links')]), join(root, 'links', 'aws'));
});

test('in Windows it is an .exe or a .cmd', async (t) => {
  const { root } = await folders(t, 'a');
  for (const name of ['aws.cmd', 'aws.exe']) {
    await writeFile(join(root, name), '');
    await chmod(join(root, name), 0o755);
    assert.equal(await programPath('aws', [join(root, 'a'), root].join(delimiter), [], 'win32'), join(root, name));
  }
});
