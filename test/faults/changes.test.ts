import assert from 'node:assert/strict';
import { test } from 'node:test';
import { preflight } from '../../src/core/changes/preflight.ts';
import { scanGrants } from '../../src/core/findings/scan.ts';
import { isKind } from '../../src/core/kms/errors.ts';
import type { CreateGrantInput } from '../../src/core/kms/model.ts';
import { isUnanswered } from '../../src/core/words/userError.ts';
import { noConstraints } from '../unit/core/fakes.ts';
import {
  addGrants,
  ana,
  assertJournalTrue,
  createTestWorld,
  grantIdsOf,
  isMessage,
  roleRef,
  type Window,
  type World,
} from './world.ts';

const someMinutes = 6 * 60_000;
const anHour = 60 * 60_000;

function first(world: World) {
  const key = world.keys.find(({ grantIds }) => grantIds.length > 1);
  const [grantId, second] = key?.grantIds ?? [];
  assert.ok(key !== undefined && grantId !== undefined && second !== undefined);
  return { keyArn: key.arn, keyId: key.id, grantId, second };
}

/** Does something when so many pages of grants were served. */
function afterPages(world: World, count: number, action: () => void): void {
  let pages = 0;
  world.onServed = (operation) => {
    pages += operation === 'ListGrants' ? 1 : 0;
    if (operation === 'ListGrants' && pages === count) {
      action();
    }
  };
}

const unnamed = (keyArn: string): CreateGrantInput => ({
  keyArn,
  operations: ['Decrypt'],
  granteePrincipal: { kind: 'principal', value: `arn:aws:iam::${ana}:role/app/Writer` },
  constraints: noConstraints,
});

const scan = (window: Window, session: Awaited<ReturnType<Window['session']>>) =>
  scanGrants({
    sessions: [session],
    signal: new AbortController().signal,
    clock: window.world.clock,
    progress: () => {},
  });

// The clock of this computer.

for (const [what, aheadMs] of [
  ['slow', anHour],
  ['fast', -anHour],
] as const) {
  test(`with a clock that is an hour ${what}, the SDK sets itself by the server: all works`, async (t) => {
    const world = await createTestWorld(t, { aheadMs });
    const window = world.openWindow({ maxAttempts: 3 });
    const { keyArn, keyId, grantId } = first(world);
    const row = await window.grantRow(keyArn, grantId);
    assert.equal(await window.revoke(row), 'accepted');
    const before = grantIdsOf(world.emulator().account, keyId);
    await window.create(unnamed(keyArn));
    assert.equal(grantIdsOf(world.emulator().account, keyId).length, before.length + 1);
    await world.pass(someMinutes);
    assert.equal(window.outcomes.at(-1)?.[1].kind, 'gone');
    await assertJournalTrue(world);
  });
}

test('signatures that the server never takes show nothing as complete', async (t) => {
  const world = await createTestWorld(t);
  world.emulator().setFaults([{ fault: { kind: 'error', code: 'InvalidSignatureException', message: 'Expired.' } }]);
  const window = world.openWindow();
  const rows = await window.rows(await window.connectionRow());
  assert.ok(rows.length > 0 && rows.every((row) => isMessage(row) && isKind(row.error, 'invalidSignature')));
  assert.deepEqual(await world.journal(), []);
});

// Credentials.

test('credentials that expire between two pages are renewed, and no page is missing', async (t) => {
  const world = await createTestWorld(t);
  const { keyArn, keyId } = first(world);
  addGrants(world.emulator().account, keyId, 150);
  const all = grantIdsOf(world.emulator().account, keyId);
  const window = world.openWindow({ connections: [roleRef] });
  const row = await window.keyRow(keyArn, roleRef);
  afterPages(world, 1, () => world.cloud.expire());
  const rows = await window.rows(row);
  assert.deepEqual(rows.map((node) => node.kind === 'grant' && node.grant.grantId).sort(), [...all].sort());
  assert.ok(window.calls.some(({ outcome }) => outcome === 'expiredToken'));
});

test('credentials that expire between two pages and can’t be renewed leave what was read, and say so', async (t) => {
  const world = await createTestWorld(t);
  const { keyArn, keyId } = first(world);
  addGrants(world.emulator().account, keyId, 150);
  const window = world.openWindow({ connections: [roleRef] });
  const row = await window.keyRow(keyArn, roleRef);
  afterPages(world, 1, () => {
    world.cloud.expire();
    world.cloud.rotate('AKIAANA');
  });
  const rows = await window.rows(row);
  const messages = rows.filter(isMessage);
  assert.deepEqual([rows.length, messages.length], [101, 1]);
  assert.equal(messages[0]?.tone, 'error');
  const connection = window.view.getTreeItem(await window.connectionRow(roleRef));
  assert.ok(typeof connection.iconPath === 'object' && 'id' in connection.iconPath);
  assert.equal(connection.iconPath.id, 'warning');

  world.cloud.addAccessKey('AKIAANA', {
    secretAccessKey: 'secret-of-ana',
    principalArn: `arn:aws:iam::${ana}:user/ana`,
  });
  await window.view.refreshAll();
  const again = await window.rows(await window.keyRow(keyArn, roleRef));
  assert.equal(again.filter(({ kind }) => kind === 'grant').length, grantIdsOf(world.emulator().account, keyId).length);
});

test('a revoke whose credentials have expired is sent with new ones of the same account, and once', async (t) => {
  const world = await createTestWorld(t);
  const { keyArn, grantId } = first(world);
  const window = world.openWindow({ connections: [roleRef] });
  const row = await window.grantRow(keyArn, grantId, roleRef);
  await (await window.session(roleRef)).identity();
  world.cloud.expire();
  assert.equal(await window.revoke(row), 'accepted');
  assert.equal(world.writes.length, 1);
  await assertJournalTrue(world);
});

// The network.

test('a network that goes and returns: nothing is taken for empty or gone in the meantime, and all goes on after it', async (t) => {
  const world = await createTestWorld(t);
  const window = world.openWindow();
  const { keyArn, grantId, second } = first(world);
  const row = await window.grantRow(keyArn, grantId);
  const other = await window.grantRow(keyArn, second);
  const before = (await window.keyRows()).length;
  // It is revoked, and the network goes before anybody can see it gone.
  world.emulator().setFaults([{ operation: 'ListGrants', fault: { kind: 'drop' } }]);
  await window.revoke(row);
  await world.down();
  await world.pass(60_000);
  assert.equal(window.outcomes.length, 0);
  assert.match(window.text(row), /Revoked, waiting for KMS/);

  await assert.rejects(window.revoke(other), (error) => isUnanswered(error) && isKind(error.cause, 'network'));
  const [entry] = await world.journal();
  assert.deepEqual([entry?.grant.grantId, entry?.outcome?.kind], [second, 'unknown']);

  await window.view.refreshAll();
  const failed = await window.rows(await window.connectionRow());
  assert.ok(failed.length > 0 && failed.every((node) => isMessage(node) && isKind(node.error, 'network')));
  const session = await window.session();
  const result = await world.finish(scan(window, session));
  assert.deepEqual([result.keys.length, result.unreadable.length], [0, 2]);

  world.emulator().setFaults([]);
  await world.up();
  for (const node of failed) {
    if (isMessage(node)) {
      await window.view.retry(node);
    }
  }
  assert.equal((await window.keyRows()).length, before);
  // A list shows that KMS answers again, so the wait goes on.
  await window.grantRow(keyArn, second);
  await world.pass(someMinutes);
  const ends = window.outcomes.map(([{ grant }, { kind }]) => [grant.grantId, kind]);
  assert.deepEqual(ends, [
    [grantId, 'unread'],
    [grantId, 'gone'],
    [second, 'timedOut'],
  ]);
  assert.match(window.text(await window.grantRow(keyArn, second)), /Revoke outcome unknown · still listed/);
  await assertJournalTrue(world);
});

// Somebody else.

test('a key that is deleted while its grants are paged is reported as that, with what was read before', async (t) => {
  const world = await createTestWorld(t);
  const { keyArn, keyId } = first(world);
  const { account } = world.emulator();
  addGrants(account, keyId, 250);
  const window = world.openWindow();
  const row = await window.keyRow(keyArn);
  afterPages(world, 1, () => account.removeKey(keyId));
  const rows = await window.rows(row);
  const [message, ...others] = rows.filter(isMessage);
  assert.ok(message !== undefined && isKind(message.error, 'keyNotFound') && others.length === 0);
  assert.equal(rows.length, 101);

  await window.view.refreshAll();
  assert.ok((await window.keyRows()).every(({ key }) => key.arn !== keyArn));
});

test('a key that is deleted during a scan is named as not read to its end', async (t) => {
  const world = await createTestWorld(t);
  const { keyArn, keyId } = first(world);
  const { account } = world.emulator();
  addGrants(account, keyId, 250);
  const window = world.openWindow();
  let pages = 0;
  world.onServed = (operation, { body }) => {
    if (operation !== 'ListGrants' || !body.includes(keyId)) {
      return;
    }
    pages += 1;
    if (pages === 1) {
      account.removeKey(keyId);
    }
  };
  const result = await world.finish(scan(window, await window.session()));
  assert.deepEqual(
    result.unreadable.map(({ key, error }) => [key?.arn, error.details.kind]),
    [[keyArn, 'keyNotFound']],
  );
  const read = result.keys.find(({ key }) => key.arn === keyArn);
  assert.deepEqual([read?.isComplete, read?.grants.length], [false, 100]);
});

test('keys that are deleted while the list of keys is paged leave a list that says what it lacks', async (t) => {
  const world = await createTestWorld(t, { sample: { keys: 1_100, grantsPerKey: 0 } });
  const window = world.openWindow();
  world.onServed = (operation) => {
    if (operation !== 'ListKeys') {
      return;
    }
    world.onServed = () => {};
    for (const { id } of world.keys.slice(0, 500)) {
      world.emulator().account.removeKey(id);
    }
  };
  const session = await window.session();
  let last = await session.inventory.keys();
  for await (const listing of session.inventory.allKeys()) {
    last = listing;
  }
  const shown = new Set(last.keys.map(({ arn }) => arn));
  if (last.state.kind === 'complete') {
    assert.ok(world.keys.every(({ arn }) => shown.has(arn)));
  } else {
    assert.equal(last.state.kind, 'failed');
  }
});

test('a grant that somebody revokes between the check and the call is not called revoked by us before KMS lists it no more', async (t) => {
  const world = await createTestWorld(t);
  const window = world.openWindow();
  const { keyArn, grantId } = first(world);
  const row = await window.grantRow(keyArn, grantId);
  const session = await window.session();
  const checked = await preflight(session, keyArn, row.grant, session.closed);
  assert.equal(checked.kind, 'ready');
  const { account } = world.emulator();
  const stored = [...account.grantsOf(row.key.keyId).values()].find(({ grant }) => grant.id === grantId);
  assert.ok(stored !== undefined);
  account.removeGrant(stored);

  assert.equal(await window.revoke(row), 'perhapsGone');
  await world.pass(someMinutes);
  assert.equal(window.outcomes.at(-1)?.[1].kind, 'gone');
  await assertJournalTrue(world);
});

for (const seed of [1, 2, 3, 4]) {
  test(`lists that flap for the whole five minutes (seed ${seed}): no row goes for good while a replica lists it`, async (t) => {
    const world = await createTestWorld(t, {
      seed,
      emulator: { propagation: { minMs: 60_000, maxMs: 300_000 }, replicas: 5 },
      sample: { keys: 3, grantsPerKey: 6 },
    });
    const window = world.openWindow({ maxAttempts: 3 });
    const { keyArn, keyId } = first(world);
    const row = await window.keyRow(keyArn);
    const rows = (await window.rows(row)).filter((node) => node.kind === 'grant');
    const [kept, ...revoked] = rows;
    assert.ok(kept !== undefined && revoked.length > 0);
    for (const grant of revoked) {
      assert.equal(await window.revoke(grant), 'accepted');
    }

    const { account } = world.emulator();
    const started = world.clock.now();
    while (world.clock.now() - started < someMinutes) {
      await world.pass(5_000);
      await window.view.refresh(row);
      const shown = (await window.rows(row)).flatMap((node) => (node.kind === 'grant' ? [node] : []));
      const ids = new Set(shown.map(({ grant }) => grant.grantId));
      assert.ok(ids.has(kept.grant.grantId));
      for (const { grant } of revoked) {
        const stored = account.grantsOf(keyId).get(grant.grantId);
        const isOnAll = stored?.removedFrom?.every((at) => at > world.clock.now()) ?? false;
        assert.ok(!isOnAll || ids.has(grant.grantId), 'A grant that all replicas list is not shown.');
        // Whatever list comes in: none looks as if nobody had revoked it.
        const again = shown.find((node) => node.grant.grantId === grant.grantId);
        if (again !== undefined) {
          assert.match(window.text(again), /Revoked/);
        }
      }
      await assertJournalTrue(world);
    }
    await world.pass(someMinutes);
    await window.view.refresh(row);
    assert.deepEqual(
      (await window.rows(row)).map((node) => node.kind === 'grant' && node.grant.grantId),
      [kept.grant.grantId],
    );
    for (const { outcome } of await world.journal()) {
      assert.match(String(outcome?.kind), /^(gone|dismissed)$/);
    }
  });
}
