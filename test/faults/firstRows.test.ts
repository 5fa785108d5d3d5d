import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { firstRows } from '../../src/firstRows.ts';
import { settings } from '../../src/manifest.ts';
import { temporaryFolder } from '../temporaryFolder.ts';
import { settingsOnDisk } from './context.ts';
import { env } from './vscode.ts';
import { anasRef, createTestWorld } from './world.ts';

/** What the view shows first, with what is kept in the workspace, or `undefined`. */
async function shown(kept: Readonly<Record<string, unknown>> = {}) {
  const memento = { get: (key: string, fallback?: unknown) => kept[key] ?? fallback, update: async () => {} };
  const first = await firstRows({ workspaceState: memento, globalState: memento } as never);
  return first?.rows.map((row) => {
    const { label, description } = first.getTreeItem(row);
    return `${label} ${description}`.trim();
  });
}

/** These are all AWS settings of this process until the test ends. */
function awsFiles(t: { after(act: () => void): void }, config: string): void {
  const before = { ...process.env };
  t.after(() => {
    process.env = before;
  });
  const others = Object.entries(before).filter(([name]) => !name.startsWith('AWS_'));
  process.env = {
    ...Object.fromEntries(others),
    AWS_CONFIG_FILE: config,
    AWS_SHARED_CREDENTIALS_FILE: `${config}-none`,
  };
}

test('the first rows are the connections that the settings and the AWS files name', async (t) => {
  await using folder = await temporaryFolder('first-rows');
  const config = join(folder.path, 'config');
  awsFiles(t, config);
  const values = settingsOnDisk(t);
  // Without any files, the product says what to do.
  assert.equal(await shown(), undefined);
  assert.deepEqual(await shown({ sample: true }), ['Sample data']);

  await writeFile(config, '[default]\nregion = eu-west-1\n[profile prod]\nregion = us-east-1\n');
  assert.deepEqual(await shown(), ['default eu-west-1']);
  assert.deepEqual(await shown({ sample: true }), ['default eu-west-1', 'Sample data']);
  values.set(settings.profile, 'prod');
  assert.deepEqual(await shown(), ['prod us-east-1']);
  values.set(settings.profile, 'missing');
  assert.equal(await shown(), undefined);

  // Where the connections are chosen, the files are not read.
  await writeFile(config, '[default\n');
  assert.equal(await shown(), undefined);
  const prod = { profile: 'prod', region: 'eu-central-1' };
  values.set(settings.connections, [prod, { region: 'us-west-2' }, prod]);
  assert.deepEqual(await shown(), ['prod eu-central-1', 'Environment us-west-2']);
  values.set(settings.connections, []);
  assert.equal(await shown(), undefined);
});

test('connections of a folder that the user has not agreed to are no first rows', async (t) => {
  const values = settingsOnDisk(t);
  values.set(settings.connections, [{ profile: 'prod', region: 'eu-west-1' }]);
  assert.deepEqual(await shown(), ['prod eu-west-1']);
  env.remoteName = 'dev-container';
  assert.equal(await shown(), undefined);
});

test('a first row is as the view draws a connection that is not open', async (t) => {
  const values = settingsOnDisk(t);
  const world = await createTestWorld(t);
  const window = world.openWindow();
  assert.equal(anasRef.kind, 'profile');
  values.set(settings.connections, [{ profile: anasRef.profile, region: anasRef.region }]);
  const memento = { get: () => undefined };
  const first = await firstRows({ workspaceState: memento, globalState: memento } as never);
  const [row] = first?.rows ?? [];
  assert.ok(first !== undefined && row !== undefined);
  assert.deepEqual(first.getTreeItem(row), window.view.getTreeItem(row));
  assert.equal(first.idOf(row), window.view.idOf(row));
});

test('the view takes over the rows that are on screen, and draws again only what differs by now', async (t) => {
  const world = await createTestWorld(t);
  const window = world.openWindow();
  const drawn: unknown[] = [];
  window.view.onDidChangeTreeData((row) => drawn.push(row));
  const row = { kind: 'connection', ref: anasRef } as const;
  const other = { kind: 'connection', ref: { kind: 'environment', region: 'eu-west-1' } } as const;

  await window.view.adopt([row]);
  assert.deepEqual(drawn, []);
  assert.deepEqual(window.connections.shown, [anasRef]);
  await window.view.adopt([row, other]);
  assert.deepEqual(drawn.splice(0), [undefined]);

  await window.session();
  drawn.splice(0);
  await window.view.adopt([row]);
  assert.ok(drawn.length === 1 && drawn[0] === row, 'the row that VS Code has, now with its account');
});
