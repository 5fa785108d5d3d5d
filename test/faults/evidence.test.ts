import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '../../src/commands/table.ts';
import { connectionId } from '../../src/core/kms/model.ts';
import { commands } from '../../src/manifest.ts';
import { contextOf, watchDialogs } from './context.ts';
import { window as vscodeWindow } from './vscode.ts';
import { anasRef, bensRef, createTestWorld, type Window, type World } from './world.ts';

/** How often each operation was served since it was last asked. */
function counting(world: World): () => Readonly<Record<string, number>> {
  let counts: Record<string, number> = {};
  world.onServed = (operation) => {
    counts[operation] = (counts[operation] ?? 0) + 1;
  };
  return () => {
    const served = counts;
    counts = {};
    return served;
  };
}

async function find(world: World, window: Window): Promise<void> {
  await window.session();
  await world.finish(run(contextOf(window), commands.findGrants, undefined, undefined));
}

const load = (world: World, window: Window) =>
  world.finish(run(contextOf(window), commands.loadEvidence, undefined, undefined));

const evidenceOf = async (window: Window) => {
  const { evidence } = await window.evidence.load();
  return window.grantees.shownGrants().held.map((held) => {
    const session = window.connections.find(held.connection) ?? assert.fail('The connection was closed.');
    return evidence.of({ session, key: held.key, grant: held.grant });
  });
};

test('evidence on what a search found takes a few requests, and a second run none', async (t) => {
  const world = await createTestWorld(t, { sample: { keys: 6, grantsPerKey: 20 } });
  const window = world.openWindow();
  const seen = watchDialogs(t, { isYes: true });
  const served = counting(world);
  await find(world, window);
  const found = served();
  assert.ok((found['ListGrants'] ?? 0) > 0);
  const { held } = window.grantees.shownGrants();
  await load(world, window);
  const asked = served();
  const keys = new Set(held.map(({ key }) => key.arn)).size;
  assert.deepEqual([asked['GetKeyLastUsage'], asked['GetKeyPolicy'], asked['ListGrants']], [keys, keys, undefined]);
  assert.ok((asked['LookupEvents'] ?? 0) <= held.length, JSON.stringify(asked));
  assert.match(seen.said.at(-1) ?? '', new RegExp(`^Evidence on ${held.length} grants: `));
  for (const { creator, keyLastUsed, holder, remains } of await evidenceOf(window)) {
    assert.deepEqual([creator?.kind, keyLastUsed?.kind, holder?.kind], ['known', 'known', 'known']);
    // The search has read all grants of each key.
    assert.equal(remains?.isPartial, false);
  }
  await load(world, window);
  assert.deepEqual(served(), {});
});

test('only the grants that the filter shows are asked for', async (t) => {
  const world = await createTestWorld(t, { sample: { keys: 6, grantsPerKey: 20 } });
  const window = world.openWindow();
  watchDialogs(t, { isYes: true });
  await find(world, window);
  const [first] = window.grantees.shownGrants().held;
  assert.ok(first !== undefined);
  window.grantees.setFilter(first.key.keyId);
  const served = counting(world);
  await load(world, window);
  assert.equal(served()['GetKeyPolicy'], 1);
});

test('what one connection may not ask is one sentence, and keeps no other from its evidence', async (t) => {
  const world = await createTestWorld(t, { sample: { keys: 6, grantsPerKey: 20 } });
  const window = world.openWindow({ connections: [anasRef, bensRef] });
  const seen = watchDialogs(t, { isYes: true });
  await window.session(bensRef);
  await find(world, window);
  world
    .emulator()
    .setDenials([{ operation: 'cloudtrail:*' }, { operation: 'iam:*' }, { operation: 'kms:GetKeyLastUsage' }]);
  const before = world.emulator().requests.length;
  await load(world, window);
  assert.equal(seen.said.length, 1, seen.said.join('\n'));
  assert.match(seen.said[0] ?? '', / Not allowed: cloudtrail:LookupEvents, iam:GetRole, .*kms:GetKeyLastUsage\. /);
  const sent = world
    .emulator()
    .requests.slice(before)
    .map(({ operation }) => operation);
  for (const operation of ['LookupEvents', 'GetAccountAuthorizationDetails', 'GetRole', 'GetUser', 'ListRoles']) {
    const count = sent.filter((name) => name === operation).length;
    assert.ok(count <= 1, `${operation} was sent ${count} times`);
  }
  assert.equal(sent.filter((name) => name === 'GetKeyPolicy').length, 6);
  const { held } = window.grantees.shownGrants();
  const evidence = await evidenceOf(window);
  const bens = evidence.filter((_, index) => held[index]?.connection.id === connectionId(bensRef));
  assert.ok(bens.length > 0);
  assert.ok(bens.every(({ creator, keyLastUsed }) => creator?.kind === 'known' && keyLastUsed?.kind === 'known'));
});

test('a server that fails for one connection is a warning, and what is missing is asked again', async (t) => {
  const world = await createTestWorld(t, { sample: { keys: 3, grantsPerKey: 10 } });
  const window = world.openWindow({ connections: [anasRef, bensRef] });
  const seen = watchDialogs(t, { isYes: true });
  await window.session(bensRef);
  await find(world, window);
  world.emulator().setFaults([{ operation: 'LookupEvents', fault: { kind: 'drop' } }]);
  await load(world, window);
  assert.match(seen.said.at(-1) ?? '', / ana: .* Incomplete: \d+\. Run Load Evidence to load the rest\.$/);
  world.emulator().setFaults([]);
  const served = counting(world);
  await load(world, window);
  assert.deepEqual(Object.keys(served()), ['LookupEvents']);
  assert.ok((await evidenceOf(window)).every(({ creator }) => creator?.kind === 'known'));
});

test('Cancel keeps what came', async (t) => {
  const world = await createTestWorld(t, { sample: { keys: 6, grantsPerKey: 20 } });
  const window = world.openWindow();
  const seen = watchDialogs(t, { isYes: true });
  await find(world, window);
  let cancel = () => {};
  const messages: unknown[] = [];
  const before = vscodeWindow.withProgress;
  vscodeWindow.withProgress = async (_, task) =>
    task(
      { report: ({ message }: { readonly message: string }) => messages.push(message) },
      {
        isCancellationRequested: false,
        onCancellationRequested: (listener: () => void) => {
          cancel = listener;
          return { dispose: () => {} };
        },
      },
    );
  t.after(() => {
    vscodeWindow.withProgress = before;
  });
  world.onServed = (operation) => {
    if (operation === 'GetKeyLastUsage') {
      cancel();
    }
  };
  await load(world, window);
  assert.match(seen.said.at(-1) ?? '', /^Canceled\. Loaded evidence is kept\. /);
  assert.match(String(messages[0]), /^0 of \d+ grants; about \d+ more requests$/);
  const evidence = await evidenceOf(window);
  assert.ok(evidence.some(({ creator, keyLastUsed }) => creator !== undefined || keyLastUsed !== undefined));
  assert.ok(evidence.some(({ keyLastUsed }) => keyLastUsed === undefined));
});

test('without a search there is nothing to load evidence for', async (t) => {
  const world = await createTestWorld(t);
  const seen = watchDialogs(t, { isYes: true });
  await load(world, world.openWindow());
  assert.deepEqual(seen.said, ['No grants to load evidence for yet. Find grants first.']);
});
