import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sampleSentence } from '../../src/commands/changes/changeQuestion.ts';
import { run } from '../../src/commands/table.ts';
import { commands, settings } from '../../src/manifest.ts';
import { noteReadOnly } from '../../src/views/shared/readOnlyNote.ts';
import { contextOf, settingsOnDisk } from './context.ts';
import { dialogs, EventEmitter, commands as vscodeCommands, workspace } from './vscode.ts';
import { createTestWorld, isMessage } from './world.ts';

test('read-only mode stands in the description of each view, from the moment on that it is switched on', async (t) => {
  const values = settingsOnDisk(t);
  const changed = new EventEmitter<{ affectsConfiguration(id: string): boolean }>();
  const { onDidChangeConfiguration } = workspace;
  Object.assign(workspace, { onDidChangeConfiguration: changed.event });
  t.after(() => Object.assign(workspace, { onDidChangeConfiguration }));
  const world = await createTestWorld(t);
  const window = world.openWindow();
  const tree = { description: 'of another time' };
  const subscription = noteReadOnly([tree]);
  const before = window.granteesTree.description;
  assert.deepEqual([tree.description, before], ['', 'by grantee · by name']);
  values.set(settings.readOnly, true);
  changed.fire({ affectsConfiguration: (id) => id === settings.readOnly });
  assert.deepEqual([tree.description, window.granteesTree.description], ['read-only', `${before} · read-only`]);
  values.clear();
  changed.fire({ affectsConfiguration: (id) => id === settings.readOnly });
  assert.deepEqual([tree.description, window.granteesTree.description], ['', before]);
  subscription.dispose();
});

test('a question on sample data says that nothing changes at AWS, and no other question does', async (t) => {
  const world = await createTestWorld(t);
  const { connection } = await world.openWindow().session();
  const sample = { ...connection, endpoint: { kind: 'sample' } } as const;
  assert.match(sampleSentence([sample, sample]).join(), /nothing changes at AWS/);
  assert.deepEqual(sampleSentence([connection]), []);
  assert.deepEqual(sampleSentence([sample, connection]), [], 'something changes');
});

test('a key without grants says where access may come from otherwise', async (t) => {
  const world = await createTestWorld(t, { sample: { keys: 1, grantsPerKey: 0 } });
  const window = world.openWindow();
  const [key] = world.keys;
  const [row] = await window.rows(await window.keyRow(key?.arn ?? ''));
  assert.ok(row !== undefined && isMessage(row));
  assert.match(row.sentence, /key policy, or from IAM policies/);
});

test('where keys may not be listed, a key can be opened by its ARN in that connection', async (t) => {
  const world = await createTestWorld(t);
  const window = world.openWindow();
  world.emulator().setFaults([{ operation: 'ListKeys', fault: { kind: 'error', code: 'AccessDeniedException' } }]);
  const [row] = await window.rows(await window.connectionRow());
  assert.ok(row !== undefined && isMessage(row));
  assert.equal(row.actions[0], 'openKeyByArn');
  const prompts: string[] = [];
  const { type } = dialogs;
  dialogs.type = async (prompt) => {
    prompts.push(prompt);
    return undefined;
  };
  t.after(() => Object.assign(dialogs, { type }));
  await world.finish(run(contextOf(window), commands.openKeyByArn, row, undefined));
  assert.match(prompts[0] ?? '', /^ARN of a key/);
});

test("the row of a workspace that is not trusted leads to VS Code's page of trust", async (t) => {
  const world = await createTestWorld(t);
  const executed: unknown[] = [];
  const { executeCommand } = vscodeCommands;
  vscodeCommands.executeCommand = async (id) => void executed.push(id);
  t.after(() => Object.assign(vscodeCommands, { executeCommand }));
  await world.finish(run(contextOf(world.openWindow()), commands.manageTrust, undefined, undefined));
  assert.deepEqual(executed, ['workbench.trust.manage']);
});
