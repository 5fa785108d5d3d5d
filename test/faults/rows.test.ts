import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '../../src/commands/table.ts';
import { type CommandId, commands } from '../../src/manifest.ts';
import type { GrantNode } from '../../src/views/shared/nodes.ts';
import { contextOf, watchDialogs } from './context.ts';
import { createTestWorld } from './world.ts';

/** As somebody would write it who knows the identities of a row, and wants it to look like another. */
const forged = ({ connection, key, grant }: GrantNode) => {
  const place = {
    id: connection.id,
    opening: connection.opening,
    ref: { kind: 'profile', profile: 'sandbox', region: 'us-west-2' },
    region: 'us-west-2',
    endpoint: { kind: 'aws' },
  };
  const ofKey = {
    kind: 'key',
    connection: place,
    key: { keyId: 'harmless', arn: key.arn, aliases: ['alias/harmless'] },
  };
  return {
    connection: { kind: 'connection', ref: connection.ref },
    key: ofKey,
    grant: { ...ofKey, kind: 'grant', grant: { ...grant, name: 'harmless', operations: ['Encrypt'] } },
  };
};

const noRow = 'Nothing was done, because no view shows this row any longer.';

test('a forged row is the one that it names, in every question and copy', async (t) => {
  const world = await createTestWorld(t);
  const window = world.openWindow();
  const seen = watchDialogs(t, { isYes: false });
  const context = contextOf(window);
  const press = (id: CommandId, argument: unknown, selected?: unknown) =>
    world.finish(run(context, id, argument, selected));
  const keyRow = (await window.keyRows()).find(({ key }) => key.aliases.length > 0);
  assert.ok(keyRow !== undefined);
  const grants = (await window.rows(keyRow)).filter((row) => row.kind === 'grant');
  const [row, second] = grants;
  assert.ok(row !== undefined && second !== undefined);
  const [alias] = row.key.aliases;
  assert.ok(alias !== undefined);
  const fake = forged(row);

  const real = [alias, row.key.arn, row.grant.grantId, 'eu-west-1', 'ana'];
  const assertReal = (text: string | undefined) => {
    assert.ok(text !== undefined);
    for (const part of real) {
      assert.ok(text.includes(part), `${part} is not in ${text}`);
    }
    assert.doesNotMatch(text, /harmless|us-west-2|sandbox/);
  };
  await press(commands.revokeGrant, row);
  await press(commands.revokeGrant, fake.grant);
  assert.equal(seen.asked.length, 2);
  for (const question of seen.asked) {
    assertReal(question);
  }
  // Selected with it.
  await press(commands.revokeGrant, undefined, [fake.grant]);
  assertReal(seen.asked[2]);

  await press(commands.copyAlias, fake.key);
  await press(commands.copyKeyId, fake.key);
  await press(commands.copyKeyArn, fake.grant);
  await press(commands.copyGrantId, fake.grant);
  await press(commands.copyRevokeAsCli, fake.grant);
  assert.deepEqual(seen.copied.slice(0, 4), [alias, row.key.keyId, row.key.arn, row.grant.grantId]);
  assert.match(seen.copied[4] ?? '', /--region eu-west-1 .*\n? *--profile ana /s);
  await press(commands.copyAccountId, fake.connection);
  assert.equal(seen.copied[5], '111122223333');
  assert.deepEqual(seen.said, []);

  // The view asks for the key's grants again, and holds none of its rows in between.
  await window.rows(await window.connectionRow());
  await press(commands.revokeGrant, fake.grant);
  assertReal(seen.asked[3]);
});

test('a row that no view has is none, whatever it is called with, and a sentence says so', async (t) => {
  const world = await createTestWorld(t);
  const window = world.openWindow();
  const seen = watchDialogs(t, { isYes: false });
  const context = contextOf(window);
  const press = (id: CommandId, argument: unknown) => world.finish(run(context, id, argument, undefined));
  const [keyRow] = await window.keyRows();
  assert.ok(keyRow !== undefined);
  const row = (await window.rows(keyRow)).find((one) => one.kind === 'grant');
  assert.ok(row !== undefined);
  const field = (await window.rows(row)).find((one) => one.kind === 'field');
  assert.ok(field !== undefined);
  const { grant, key, connection } = forged(row);
  const elsewhere = { kind: 'profile', profile: 'nobody', region: 'eu-west-1' };
  const strangers: readonly (readonly [CommandId, unknown])[] = [
    [commands.revokeGrant, { ...grant, grant: { ...grant.grant, grantId: 'f'.repeat(64) } }],
    [commands.revokeGrant, { ...grant, key: { ...grant.key, arn: `${row.key.arn}0` } }],
    [commands.revokeGrant, { ...grant, connection: { ...grant.connection, opening: row.connection.opening + 1 } }],
    [commands.revokeGrant, { ...grant, connection: { ...grant.connection, id: 'profile/ben/eu-west-1' } }],
    [commands.revokeGrant, { ...grant, connection: undefined }],
    [commands.retireGrant, { kind: 'grant' }],
    [commands.createGrant, { ...key, key: null }],
    [commands.copyAlias, { ...key, key: { arn: 7 } }],
    [commands.removeConnection, { ...connection, ref: elsewhere }],
    [commands.removeConnection, { ...connection, ref: { kind: 'profile' } }],
    [commands.signIn, { ...connection, ref: elsewhere }],
    [commands.signIn, { kind: 'message', slot: 'failed', ref: elsewhere }],
    [commands.retry, { kind: 'message', slot: 'failed', parent: grant }],
    [commands.loadMore, { kind: 'more', parent: key }],
    [commands.loadMore, { kind: 'moreGrants', group: undefined }],
    [commands.copyValue, { ...field }],
  ];
  for (const [id, stranger] of strangers) {
    seen.said.length = 0;
    await press(id, stranger);
    assert.deepEqual(seen.said, [noRow], `${id} ${JSON.stringify(stranger)}`);
  }
  assert.deepEqual([seen.asked, seen.copied], [[], []]);
  await press(commands.copyValue, field);
  assert.deepEqual(seen.copied, [field.value]);
});
