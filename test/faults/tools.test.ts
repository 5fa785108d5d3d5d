import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeTool, runTool } from '../../src/commands/tools/tools.ts';
import { languageModelTools, type ToolName } from '../../src/manifest.ts';
import { contextOf, watchDialogs } from './context.ts';
import { addGrants, ana, configOf, createTestWorld, type Window, type World } from './world.ts';

const token = { isCancellationRequested: false, onCancellationRequested: () => ({ dispose: () => {} }) };

async function ask(world: World, window: Window, name: ToolName, input: unknown): Promise<Record<string, unknown>> {
  const text = await world.finish(runTool(contextOf(window), name, input, token));
  assert.ok(text.length <= 16_000);
  return JSON.parse(text);
}

/** The entries of an answer. */
const entriesOf = ({ entries }: Record<string, unknown>): readonly Record<string, unknown>[] => {
  assert.ok(Array.isArray(entries));
  return entries;
};

const evidenceReads = /LookupEvents|GetKeyLastUsage|GetKeyPolicy|GetRole|GetUser|ListRoles|ListUsers/;
const asked = (world: World) =>
  world.emulator().requests.filter(({ operation }) => evidenceReads.test(operation)).length;

async function setUp(t: Parameters<typeof createTestWorld>[0]) {
  const world = await createTestWorld(t);
  const window = world.openWindow();
  const [key] = world.keys;
  const [grantId] = key?.grantIds ?? [];
  assert.ok(key !== undefined && grantId !== undefined);
  return { world, window, key: key.arn, keyId: key.id, grantId };
}

test('a model gets the evidence on one grant, each line with its source; a list has it from then on, and asks for none', async (t) => {
  const { world, window, key, grantId } = await setUp(t);
  const list = async () => entriesOf(await ask(world, window, languageModelTools.listGrants, { key }));
  assert.ok((await list()).every((grant) => !('evidence' in grant)));
  assert.equal(asked(world), 0);

  const lines = entriesOf(await ask(world, window, languageModelTools.getEvidence, { key, grantId }));
  const titles = lines.map(({ title }) => title);
  for (const title of ['Created by', 'Key last used', 'Grantee', 'Other grants', 'Key policy']) {
    assert.ok(titles.includes(title), `${title}: ${titles}`);
  }
  const usage = lines.find(({ title }) => title === 'Key last used');
  assert.match(String(usage?.['source']), /^AWS KMS, read /);
  assert.match(JSON.stringify(usage?.['details']), /not only through this grant/);

  const before = asked(world);
  const known = (await list()).find(({ GrantId }) => GrantId === grantId);
  assert.deepEqual(
    known?.['evidence'],
    lines.map(({ title, text, source }) => ({ title, text, ...(source === undefined ? {} : { source }) })),
  );
  assert.equal(asked(world), before);
});

test('what is denied says so, and which permission it takes', async (t) => {
  const { world, window, key, keyId } = await setUp(t);
  const { account } = world.emulator();
  const id = 'd'.repeat(64);
  account.addGrant({
    id,
    keyId,
    createdAt: world.serverNow() - 60 * 60_000,
    granteePrincipal: `arn:aws:iam::${ana}:role/app/Reader`,
    issuingAccount: account.rootArn,
    operations: ['Decrypt'],
  });
  world.emulator().setDenials([{ operation: 'cloudtrail:*' }, { operation: 'iam:*' }]);
  const lines = entriesOf(await ask(world, window, languageModelTools.getEvidence, { key, grantId: id }));
  const lineOf = (title: string) => {
    const { text, isKnown, source } = lines.find((line) => line['title'] === title) ?? assert.fail(title);
    return [text, isKnown, source];
  };
  assert.deepEqual(lineOf('Created by'), ['Not allowed: cloudtrail:LookupEvents.', false, undefined]);
  assert.deepEqual(lineOf('Grantee'), ['Not allowed: iam:GetRole.', false, undefined]);
  assert.equal(lineOf('Key policy')[1], true);
});

test('findings have the evidence that was loaded, and ask for none', async (t) => {
  const { world, window, key, keyId } = await setUp(t);
  const { account } = world.emulator();
  const [id] = addGrants(account, keyId, 1);
  account.roles.delete('Reader');
  const kinds = async () => {
    const found = entriesOf(await ask(world, window, languageModelTools.listFindings, { key }));
    return JSON.stringify(found.find(({ grantId }) => grantId === id));
  };
  assert.doesNotMatch(await kinds(), /noSuchGrantee/);
  assert.equal(asked(world), 0);
  await ask(world, window, languageModelTools.getEvidence, { key, ...(id && { grantId: id }) });
  const before = asked(world);
  assert.match(await kinds(), /"noSuchGrantee".*has no role Reader/);
  assert.equal(asked(world), before);
});

test('of thousands of other grants, a few are named and all are counted', async (t) => {
  const { world, window, key, keyId } = await setUp(t);
  const [first] = addGrants(world.emulator().account, keyId, 1200);
  const lines = entriesOf(
    await ask(world, window, languageModelTools.getEvidence, { key, ...(first && { grantId: first }) }),
  );
  const others = lines.find(({ title }) => title === 'Other grants');
  assert.match(String(others?.['text']), /^\d{2,} other grants of this grantee/);
  assert.ok(Array.isArray(others?.['details']) && others['details'].length === 10);
  assert.ok(Number(others['detailsInAll']) > 10);
});

test('a grant that KMS does not list has no evidence, and no connection is opened that would ask somebody', async (t) => {
  const { world, window, key } = await setUp(t);
  const grantId = 'f'.repeat(64);
  const answer = await ask(world, window, languageModelTools.getEvidence, { key, grantId });
  assert.match(String(answer['error']), /^KMS doesn't list grant f+ on arn:/);
  assert.equal(asked(world), 0);

  await world.writeConfig(
    `${configOf({ ana: 'ana', ben: 'ben' })}[profile guarded]\nrole_arn = arn:aws:iam::${ana}:role/Admin\nsource_profile = ana\nmfa_serial = arn:aws:iam::${ana}:mfa/ana\n`,
  );
  const guarded = world.openWindow({ connections: [{ kind: 'profile', profile: 'guarded', region: 'eu-west-1' }] });
  const seen = watchDialogs(t, { isYes: true });
  const refused = await ask(world, guarded, languageModelTools.getEvidence, { key, grantId });
  assert.match(String(refused['error']), /sign|MFA/i);
  assert.equal(seen.isConfirmed, false, 'nobody was asked for a code');
});

test('of hundreds of connections, each with its failure, a model gets the first ones, and not an error', async (t) => {
  const world = await createTestWorld(t);
  const connections = Array.from({ length: 200 }, (_, index) => {
    return { kind: 'profile', profile: `team-${index}`, region: 'eu-west-1' } as const;
  });
  const window = world.openWindow({ connections });
  const answer = await ask(world, window, languageModelTools.listConnections, {});
  assert.ok(entriesOf(answer).length > 20);
  assert.deepEqual([entriesOf(answer)[0]?.['name'], answer['total'], answer['complete']], ['team-0', 200, false]);
});

test('where aliases could not be listed, no alias is called missing', async (t) => {
  const { world, window } = await setUp(t);
  world.emulator().setDenials([{ operation: 'ListAliases' }]);
  const { error } = await ask(world, window, languageModelTools.listGrants, { key: 'alias/orders' });
  assert.match(String(error), /kms:ListAliases/);
});

test('input that isn’t as the schema says: null and empty texts are left out, and anything else names nothing', async (t) => {
  const { world, window, key, grantId } = await setUp(t);
  for (const connection of [undefined, null, '']) {
    const answer = await ask(world, window, languageModelTools.listGrants, { connection, key });
    assert.ok(entriesOf(answer).length > 0);
  }
  const elsewhere = await ask(world, window, languageModelTools.listGrants, { connection: 5, key });
  assert.equal(elsewhere['error'], 'The view has no connection 5.');
  const seen = watchDialogs(t, { isYes: true });
  for (const name of Object.values(languageModelTools)) {
    for (const input of [
      undefined,
      null,
      'text',
      { key: 5, grantId: {}, text: null },
      { key: [key], grantId, text: 7 },
    ]) {
      assert.doesNotThrow(() => describeTool(name, input));
      const { error = '' } = await ask(world, window, name, input);
      assert.doesNotMatch(String(error), /Cannot|not a function|undefined/);
    }
  }
  assert.deepEqual([seen.asked, world.writes], [[], []]);
});
