import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { CommandContext } from '../../src/commands/context.ts';
import { run } from '../../src/commands/table.ts';
import { type CommandId, commands } from '../../src/manifest.ts';
import { contextOf, watchDialogs } from './context.ts';
import { dialogs, env, type QuickPick } from './vscode.ts';
import { addGrants, createTestWorld } from './world.ts';

/** Of package.json. */
const { contributes } = JSON.parse(readFileSync('package.json', 'utf8')) as Pick<CommandContext, 'contributes'>;

async function setUp(t: TestContext, isYes = false) {
  const world = await createTestWorld(t, { sample: { keys: 3, grantsPerKey: 1 } });
  const window = world.openWindow();
  const seen = watchDialogs(t, { isYes });
  const lists: string[] = [];
  const { answer } = dialogs;
  /** What is ticked, else the first item. */
  dialogs.answer = (list: QuickPick & { readonly title?: string }) => {
    lists.push(list.title ?? '');
    const ticked = list.items.filter(({ picked }) => picked === true);
    list.selectedItems = ticked.length > 0 ? ticked : list.items.slice(0, 1);
    list.enter();
  };
  t.after(() => Object.assign(dialogs, { answer }));
  const [key] = world.keys;
  assert.ok(key !== undefined);
  const [first = '', second = ''] = addGrants(world.emulator().account, key.id, 2);
  const rows = {
    connection: await window.connectionRow(),
    key: await window.keyRow(key.arn),
    grant: await window.grantRow(key.arn, first),
    other: await window.grantRow(key.arn, second),
  };
  /** From the palette. */
  const press = (id: CommandId, ...selected: readonly object[]) =>
    world.finish(run({ ...contextOf(window), selected: () => selected }, id, undefined, undefined));
  return { world, window, seen, lists, rows, press };
}

const copies = [
  [commands.copyGrantId, 'grant'],
  [commands.copyGrantee, 'grant'],
  [commands.copyAsCli, 'grant'],
  [commands.copyAsTerraform, 'grant'],
  [commands.copyRevokeAsCli, 'grant'],
  [commands.copyKeyArn, 'grant'],
  [commands.copyKeyArn, 'key'],
  [commands.copyKeyId, 'key'],
  [commands.copyAccountId, 'connection'],
] as const;

test('a command of rows begins with the selected row, and then copies what the menu of the row copies', async (t) => {
  const { world, window, seen, lists, rows, press } = await setUp(t);
  for (const [id, kind] of copies) {
    await world.finish(run(contextOf(window), id, rows[kind], undefined));
    await press(id, rows[kind]);
    const [fromMenu, fromPalette, ...others] = seen.copied.splice(0);
    assert.ok(fromMenu, id);
    assert.deepEqual([fromPalette, others], [fromMenu, []], id);
  }
  assert.deepEqual(lists, []);
});

test('where the selected row is not one for the command, or there are several, it asks by lists with its title', async (t) => {
  const { seen, lists, rows, press } = await setUp(t);
  await press(commands.copyGrantId, rows.key);
  await press(commands.copyGrantId, rows.grant, rows.other);
  assert.equal(lists.length, 4);
  assert.match(lists.join('\n'), /command\.copyGrantId%: Key/);
  await press(commands.copyKeyId, rows.connection);
  await press(commands.copyAlias);
  assert.equal(seen.copied.length, 4);
  assert.match(seen.copied[3] ?? '', /^alias\//);
});

test('Revoke Grant begins with the grants that are selected, and asks before it sends anything', async (t) => {
  const { world, seen, lists, rows, press } = await setUp(t);
  await press(commands.revokeGrant, rows.grant);
  assert.equal(seen.asked.length, 1);
  assert.deepEqual(lists, []);
  await press(commands.revokeGrant, rows.grant, rows.other);
  assert.match(seen.asked[1] ?? '', /2 grants/);
  await press(commands.revokeGrant, rows.grant, rows.key);
  assert.match(lists.at(-1) ?? '', /: Grant on /);
  assert.equal(seen.asked.length, 3);
  assert.deepEqual(world.writes, []);
});

test('the menu of a row that is gone, and a key without a focused row, act on no other row: not on the selected one', async (t) => {
  const { world, window, seen, lists, rows } = await setUp(t, true);
  const context = { ...contextOf(window), selected: () => [rows.grant] };
  for (const id of [commands.revokeGrant, commands.retireGrant, commands.copyGrantId, commands.removeConnection]) {
    for (const nothing of [undefined, null]) {
      await world.finish(run(context, id, nothing, nothing, 1));
      assert.deepEqual(seen.said, [], id);
      await world.finish(run(context, id, nothing, nothing, 2));
      assert.match(seen.said.splice(0).join(), /no view shows this row any longer/, id);
    }
  }
  assert.deepEqual([seen.asked, seen.copied, lists, world.writes], [[], [], [], []]);
  // A button of a view's title has no row either, and asks.
  await world.finish(run(context, commands.showRetirableGrants, undefined, undefined, 1));
  assert.notEqual(lists.length, 0);
});

test('where no row is one for the command, a notification says so', async (t) => {
  const { seen, press } = await setUp(t);
  for (const [id, said] of [
    [commands.stopWaiting, /being confirmed/],
    [commands.checkAgain, /left unconfirmed/],
    [commands.recreateGrant, /can be recreated/],
    [commands.removeKey, /to the view by ARN/],
    [commands.revokeTheseGrants, /shows no finding/],
    [commands.signIn, /needs a sign-in/],
    [commands.openConnections, /dev container/],
  ] as const) {
    await press(id);
    assert.match(seen.said.at(-1) ?? '', said);
  }
});

test('Stop Waiting and Recreate Grant find what they are for without a row', async (t) => {
  const { world, window, seen, lists, rows, press } = await setUp(t);
  await window.revoke(rows.grant);
  await press(commands.stopWaiting);
  const { connection, key, grant } = rows.grant;
  assert.equal(window.revocations.state(connection.ref, key, grant.grantId)?.kind, 'unconfirmed');
  await press(commands.checkAgain);
  assert.equal(window.revocations.state(connection.ref, key, grant.grantId)?.kind, 'confirming');
  await world.pass(20 * 60_000);
  await press(commands.recreateGrant);
  assert.match(seen.asked.at(-1) ?? '', /^Recreate grant /);
  assert.equal(lists.length, 3);
});

test('every command of rows does something without one: it asks, says what is missing, or acts', async (t) => {
  const { world, window, seen, lists } = await setUp(t);
  const opened: string[] = [];
  Object.assign(env, { openExternal: async () => opened.push('a page') });
  dialogs.type = async () => {
    opened.push('a line to type');
    return undefined;
  };
  const log = { ...contextOf(window).log, show: () => opened.push('the log') };
  const ofRows = ['view/item/context', 'kmsGrants.copy'].flatMap((menu) => contributes.menus[menu] ?? []);
  const hidden = (contributes.menus['commandPalette'] ?? []).filter(({ when }) => when === 'false');
  const ids = Object.values(commands).filter(
    (id) => ofRows.some(({ command }) => command === id) && !hidden.some(({ command }) => command === id),
  );
  assert.ok(ids.length > 20);
  for (const id of ids) {
    const before = [lists, seen.said, seen.asked, seen.copied, opened].flat().length;
    await world.finish(run({ ...contextOf(window), log }, id, undefined, undefined));
    assert.ok([lists, seen.said, seen.asked, seen.copied, opened].flat().length > before, id);
  }
});

test('Remove Connection asks also where there is one connection alone', async (t) => {
  const { lists, press } = await setUp(t);
  dialogs.answer = (list: QuickPick & { readonly title?: string }) => {
    lists.push(list.title ?? '');
    list.hide();
  };
  await press(commands.removeConnection);
  assert.equal(lists.length, 1);
});

test('a key with thousands of grants fills the list to pick from in steps that grow with it', async (t) => {
  const { world, seen, press } = await setUp(t);
  const [, key] = world.keys;
  const count = 4000;
  const ids = addGrants(world.emulator().account, key?.id ?? '', count);
  const given: number[] = [];
  dialogs.answer = (list: QuickPick & { readonly title?: string }) => {
    const { items } = list;
    if (list.title?.includes('Grant on') !== true) {
      list.selectedItems = items.filter((item) => Reflect.get(item, 'description') === key?.id);
      list.enter();
      return;
    }
    const note = (all: typeof items) => {
      given.push(all.length);
      if (all.length >= count) {
        list.selectedItems = all.slice(-1);
        list.enter();
      }
    };
    note(items);
    Object.defineProperty(list, 'items', { get: () => items, set: note });
  };
  await press(commands.copyGrantId);
  assert.ok(ids.includes(seen.copied[0] ?? ''));
  const sum = given.reduce((all, one) => all + one, 0);
  assert.ok(given.length > 2 && sum < 4 * count, given.join());
});
