import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { run } from '../../src/commands/table.ts';
import { renderedLineCount } from '../../src/core/base/text.ts';
import { commands, settings } from '../../src/manifest.ts';
import { historyFields } from '../../src/views/history/historyItem.ts';
import type { GrantNode, Node } from '../../src/views/shared/nodes.ts';
import { noConstraints } from '../unit/core/fakes.ts';
import { contextOf, settingsOnDisk, watchDialogs } from './context.ts';
import { addGrants, ana, createTestWorld, grantIdsOf, type Window, type World } from './world.ts';

const evidenceOperations = ['GetKeyLastUsage', 'GetKeyPolicy', 'LookupEvents', 'ListRoles', 'ListUsers', 'GetRole'];

/** A world with one grant that was created through KMS, so that the event history has it. */
async function setUp(t: TestContext, { isYes }: { readonly isYes: boolean }) {
  const world = await createTestWorld(t, { sample: { keys: 1, grantsPerKey: 0 } });
  const window = world.openWindow();
  const [key] = world.keys;
  assert.ok(key !== undefined);
  await window.create({
    keyArn: key.arn,
    operations: ['Decrypt'],
    granteePrincipal: { kind: 'principal', value: `arn:aws:iam::${ana}:role/app/Reader` },
    retiringPrincipal: { kind: 'principal', value: `arn:aws:iam::${ana}:user/ana` },
    constraints: noConstraints,
  });
  // Its event is there by then.
  await world.pass(20 * 60_000);
  const [grantId = ''] = grantIdsOf(world.emulator().account, key.id);
  const row = await window.grantRow(key.arn, grantId);
  const seen = watchDialogs(t, { isYes });
  return { world, window, key, row, seen };
}

const asked = (world: World) =>
  world.emulator().requests.flatMap(({ operation }) => (evidenceOperations.includes(operation) ? [operation] : []));

const press = (world: World, window: Window, row: GrantNode, id: Parameters<typeof run>[1] = commands.revokeGrant) =>
  world.finish(run(contextOf(window), id, row, undefined));

/** The paragraphs of a question. */
const paragraphs = (question = '') => question.split('\n\n').map((part) => part.split('\n'));

for (const id of [commands.revokeGrant, commands.retireGrant] as const) {
  test(`${id} shows the evidence above what identifies the grant, and the history keeps it`, async (t) => {
    const { world, window, row, seen } = await setUp(t, { isYes: true });
    await press(world, window, row, id);
    const [, evidence = [], identification = []] = paragraphs(seen.asked[0]);
    assert.match(evidence[0] ?? '', /^Key last used: .*Counts uses through any permission, .* late\.$/);
    assert.match(evidence[1] ?? '', /^Other grants: The key has no other grant\. Key policy: .*\.$/);
    assert.match(evidence[2] ?? '', /^Created by: ana \(IAM user\) · 20.*\.$/);
    assert.equal(evidence.length, 3);
    assert.match(identification[0] ?? '', /^Grantee: /);
    assert.ok(renderedLineCount(seen.asked[0] ?? '', 56) <= 32, seen.asked[0]);
    assert.deepEqual(asked(world).toSorted(), ['GetKeyLastUsage', 'GetKeyPolicy', 'LookupEvents']);

    const [record] = await world.journal();
    assert.deepEqual(record?.evidence, evidence);
    const { history, journal } = window;
    assert.ok(Buffer.from(await journal.bytes()).includes(JSON.stringify(evidence).slice(1, -1)), 'It is exported.');
    const fields = historyFields(journal.record(record?.id ?? '') ?? assert.fail());
    assert.deepEqual(
      fields.filter(({ name }) => name.startsWith('Evidence shown')).map(({ value }) => value),
      evidence,
    );
    const tooltip = await history.tooltip({ kind: 'historyEntry', id: record?.id ?? '' });
    assert.ok(typeof tooltip === 'object');
    assert.match(tooltip.value, /Evidence shown 1: Key last used/);
    const [day] = await history.getChildren();
    assert.ok(day !== undefined);
    const entries = await history.getChildren(day);
    const [entry] = entries;
    assert.ok(entry !== undefined);
    const names = (await history.getChildren(entry)).map((node) => (node.kind === 'field' ? node.name : ''));
    assert.equal(names.filter((name) => name.startsWith('Evidence shown')).length, 3);
  });
}

test('a question says in one line how it differs from the other way to end a grant', async (t) => {
  const { world, window, row, seen } = await setUp(t, { isYes: false });
  await press(world, window, row, commands.revokeGrant);
  await press(world, window, row, commands.retireGrant);
  const [revoke = '', retire = ''] = seen.asked;
  assert.match(revoke, /Revoking needs a permission on the key\. Retiring has the same effect/);
  assert.match(retire, /Retiring needs a permission from the grant or IAM\. Revoking has the same effect/);
});

test('evidence that gets no answer keeps a question for three seconds, and then has no line', async (t) => {
  const { world, window, row, seen } = await setUp(t, { isYes: false });
  world.emulator().setFaults(evidenceOperations.map((operation) => ({ operation, fault: { kind: 'hang' } })));
  const start = world.clock.monotonic();
  const running = run(contextOf(window), commands.revokeGrant, row, undefined);
  for (let turns = 0; seen.asked.length === 0; turns += 1) {
    assert.ok(turns < 100_000, 'The question does not come.');
    await new Promise((resolve) => setImmediate(resolve));
    world.clock.step(start + 3000);
  }
  await running;
  assert.equal(world.clock.monotonic() - start, 3000);
  assert.equal(paragraphs(seen.asked[0]).length, 2);
  assert.deepEqual(seen.said, []);
});

test('where evidence is not wanted, nothing is asked; where it is denied, the question says no more than the list does', async (t) => {
  const { world, window, row, seen } = await setUp(t, { isYes: false });
  const values = settingsOnDisk(t);
  values.set(settings.evidenceBeforeRevoke, false);
  await press(world, window, row);
  assert.deepEqual(asked(world), [], 'Nothing is asked.');
  values.clear();
  const fault = { kind: 'error', code: 'AccessDeniedException' } as const;
  world.emulator().setFaults(evidenceOperations.map((operation) => ({ operation, fault })));
  await press(world, window, row);
  assert.equal(asked(world).length, 3);
  assert.equal(seen.asked.length, 2);
  const [before, denied] = seen.asked.map(paragraphs);
  assert.match(denied?.[1]?.join('\n') ?? '', /^Other grants: The key has no other grant\.$/);
  assert.deepEqual(denied?.toSpliced(1, 1), before);
  assert.deepEqual(seen.said, []);
});

test('nothing that denied or failed evidence says keeps a revoke', async (t) => {
  const { world, window, row, seen } = await setUp(t, { isYes: true });
  world.emulator().setFaults(evidenceOperations.map((operation) => ({ operation, fault: { kind: 'drop' } })));
  await press(world, window, row);
  assert.equal(seen.asked.length, 1);
  const [record] = await world.journal();
  assert.deepEqual([record?.accepted, record?.evidence?.length], [true, 1]);
});

test('the question of several grants sums up when their keys were last used; the history keeps the line of each key', async (t) => {
  const world = await createTestWorld(t, { sample: { keys: 2, grantsPerKey: 0 } });
  const window = world.openWindow();
  const rows: Node[] = [];
  for (const { id, arn } of world.keys) {
    addGrants(world.emulator().account, id, 2);
    rows.push(...(await window.rows(await window.keyRow(arn))).filter((row) => row.kind === 'grant'));
  }
  assert.equal(rows.length, 4);
  const seen = watchDialogs(t, { isYes: true });
  await world.finish(run(contextOf(window), commands.revokeGrant, undefined, rows));
  assert.match(
    seen.asked[0] ?? '',
    /\nOf 2 keys: \d used in the last 24 hours.* Counts uses through any permission, .* late\.\n\nTo be revoked:/,
  );
  assert.deepEqual(asked(world), ['GetKeyLastUsage', 'GetKeyLastUsage']);
  const records = await world.journal();
  assert.equal(records.length, 4);
  for (const { evidence } of records) {
    assert.match(evidence?.join('\n') ?? '', /^Key last used: [^\n]*$/);
  }
});

test('the question of several grants is as it was before where evidence is denied, and asks nothing where it is not wanted', async (t) => {
  const world = await createTestWorld(t, { sample: { keys: 1, grantsPerKey: 0 } });
  const window = world.openWindow();
  const [key] = world.keys;
  assert.ok(key !== undefined);
  addGrants(world.emulator().account, key.id, 2);
  const rows = (await window.rows(await window.keyRow(key.arn))).filter((row) => row.kind === 'grant');
  const seen = watchDialogs(t, { isYes: false });
  const values = settingsOnDisk(t);
  values.set(settings.evidenceBeforeRevoke, false);
  const revoke = () => world.finish(run(contextOf(window), commands.revokeGrant, undefined, rows));
  await revoke();
  assert.deepEqual(asked(world), []);
  values.clear();
  const fault = { kind: 'error', code: 'AccessDeniedException' } as const;
  world.emulator().setFaults([{ operation: 'GetKeyLastUsage', fault }]);
  await revoke();
  assert.deepEqual(asked(world), ['GetKeyLastUsage']);
  assert.equal(seen.asked[0], seen.asked[1]);
});
