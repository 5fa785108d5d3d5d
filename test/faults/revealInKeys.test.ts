import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { revealInKeys } from '../../src/commands/show/revealInKeys.ts';
import { run } from '../../src/commands/table.ts';
import { commands, rows } from '../../src/manifest.ts';
import { type Node, nodeId } from '../../src/views/shared/nodes.ts';
import { contextOf, watchDialogs } from './context.ts';
import { dialogs } from './vscode.ts';
import { addGrants, createTestWorld } from './world.ts';

async function setUp(t: TestContext, count: number) {
  const world = await createTestWorld(t, { sample: { keys: 2, grantsPerKey: 0 } });
  const window = world.openWindow();
  const seen = watchDialogs(t, { isYes: true });
  const [key] = world.keys;
  assert.ok(key !== undefined);
  const ids = addGrants(world.emulator().account, key.id, count);
  const reveal = (row: object) => world.finish(revealInKeys(contextOf(window), row));
  const revealed: Node[] = [];
  window.tree.reveal = async (node) => void revealed.push(node);
  return { world, window, seen, key, ids, reveal, revealed };
}

test('a grant beyond the first window of its key is read, and its row gets the focus', async (t) => {
  const { world, window, key, ids, reveal, revealed } = await setUp(t, 450);
  const last = ids.at(-1) ?? '';
  const { connection, key: shown } = await window.keyRow(key.arn);
  const { grants } = await world.finish((await window.session()).inventory.grants(key.arn));
  assert.ok(!grants.some(({ grantId }) => grantId === last), 'it is not on screen yet');
  const [first] = grants;
  assert.ok(first !== undefined);
  const row = { kind: 'grant', connection, key: shown, grant: { ...first, grantId: last } } as const;
  await reveal(row);
  assert.deepEqual(revealed.map(nodeId), [nodeId(row)]);
});

test('from the history, a grant that KMS may still list is revealed; one that is gone has no such menu', async (t) => {
  const { world, window, seen, key, ids, reveal, revealed } = await setUp(t, 2);
  const [first = ''] = ids;
  await window.revoke(await window.grantRow(key.arn, first));
  const [record] = window.journal.records;
  assert.ok(record !== undefined);
  const entry = { kind: 'historyEntry', id: record.id } as const;
  assert.equal(window.history.getTreeItem(entry).contextValue, rows.historyRecreatableListed);
  await reveal(entry);
  assert.equal(revealed.length, 1);
  await world.pass(20 * 60_000);
  assert.equal(window.history.getTreeItem(entry).contextValue, rows.historyRecreatable);
  await reveal(entry);
  assert.match(seen.said.at(-1) ?? '', /KMS doesn.t list grant/);
  assert.equal(revealed.length, 1);
});

test('a new grant is selected once KMS lists it, and only where the view is open', async (t) => {
  const { world, window, key, revealed } = await setUp(t, 1);
  const { answer } = dialogs;
  dialogs.answer = (list) => {
    list.selectedItems = list.items.slice(0, 1);
    list.enter();
  };
  t.after(() => Object.assign(dialogs, { answer }));
  for (const visible of [true, false]) {
    window.tree.visible = visible;
    const row = await window.keyRow(key.arn);
    await window.rows(row);
    await world.finish(run(contextOf(window), commands.createGrant, row, undefined));
    await world.pass(20 * 60_000);
  }
  const made = window.journal.records.map(({ grant }) => grant.grantId);
  assert.equal(made.length, 2);
  assert.deepEqual(
    revealed.map((node) => node.kind === 'grant' && node.grant.grantId),
    [made.at(-1)],
  );
});
