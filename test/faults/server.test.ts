import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultTransport } from '../../src/aws/transport.ts';
import { isAbort } from '../../src/core/base/abort.ts';
import { preflight } from '../../src/core/changes/preflight.ts';
import { defaultPolicy } from '../../src/core/changes/propagation.ts';
import { type ScanResult, scanGrants } from '../../src/core/findings/scan.ts';
import { isKind, type KmsErrorKind } from '../../src/core/kms/errors.ts';
import { isUnanswered } from '../../src/core/words/userError.ts';
import type { FaultKind } from '../aws/faults.ts';
import { anasRef, assertJournalTrue, createTestWorld, isMessage, type Window, type World } from './world.ts';

/** Longer than any wait for a grant to go. */
const someMinutes = 12 * 60_000;

/** Ours are 5 s and 15 s, against 30 s; here they are as much shorter as the latency is. */
const scaled = { timeouts: { connectMs: 2_000, requestMs: 400 }, latencyMs: 800 };
/** Few reads, since each takes its time-out. */
const seldom = { ...defaultPolicy, firstDelaysMs: [0], intervalMs: 120_000 };

test('a request may take 5 s to connect and 15 s to be answered, three times; a call 30 s, a sign-in 60 s', () => {
  const timeouts = { connectMs: 5_000, requestMs: 15_000, callMs: 30_000, signInMs: 60_000 };
  assert.deepEqual(defaultTransport, { timeouts, maxAttempts: 3 });
});

function first(world: World) {
  const key = world.keys.find(({ grantIds }) => grantIds.length > 1);
  const [grantId, second] = key?.grantIds ?? [];
  assert.ok(key !== undefined && grantId !== undefined && second !== undefined);
  return { keyArn: key.arn, grantId, second };
}

/** Reads all rows of keys and grants, and retries what failed until nothing does. @returns grant IDs by key ARN */
async function readAll(window: Window): Promise<ReadonlyMap<string, readonly string[]>> {
  const read = async (parent: Parameters<Window['rows']>[0]) => {
    for (let tries = 0; tries < 200; tries += 1) {
      const rows = await window.rows(parent);
      const failures = rows.filter(isMessage).filter(({ tone }) => tone === 'error' || tone === 'warning');
      if (failures.length === 0 && !rows.some((row) => isMessage(row) && row.tone === 'loading')) {
        return rows;
      }
      for (const failure of failures) {
        await window.view.retry(failure);
      }
    }
    throw new Error('It never succeeds.');
  };
  const all = new Map<string, readonly string[]>();
  for (const row of await read(await window.connectionRow())) {
    if (row.kind !== 'key') {
      continue;
    }
    const grants = await read(row);
    all.set(
      row.key.arn,
      grants.flatMap((grant) => (grant.kind === 'grant' ? [grant.grant.grantId] : [])),
    );
  }
  return all;
}

function assertAll(world: World, read: ReadonlyMap<string, readonly string[]>): void {
  const sorted = (ids: readonly string[]) => [...ids].sort();
  assert.deepEqual(
    new Map([...read].sort().map(([arn, ids]) => [arn, sorted(ids)])),
    new Map(world.keys.map(({ arn, grantIds }) => [arn, sorted(grantIds)] as const).sort()),
  );
}

async function scan(window: Window, signal = new AbortController().signal): Promise<ScanResult> {
  const session = await window.session();
  return scanGrants({
    sessions: [session],
    signal,
    clock: window.world.clock,
    progress: () => {},
  });
}

/** What is complete in it is all that the server has; what is not is reported as such. */
function assertScanTrue(world: World, { keys, unreadable, wasCancelled }: ScanResult): void {
  const reported = new Set(unreadable.map(({ key }) => key?.arn));
  for (const { arn, grantIds } of world.keys) {
    const read = keys.find(({ key }) => key.arn === arn);
    if (read?.isComplete) {
      assert.deepEqual(read.grants.map(({ grantId }) => grantId).sort(), [...grantIds].sort());
    } else {
      assert.ok(wasCancelled || reported.has(arn) || reported.has(undefined), `Nothing says that ${arn} is missing.`);
    }
  }
}

for (const [what, fault, kind] of [
  ['is slower than the time-outs', { kind: 'latency', ms: scaled.latencyMs }, 'timeout'],
  ['never answers', { kind: 'hang' }, 'timeout'],
  ['stops in the middle of its answers', { kind: 'slowBody', ms: 600_000 }, 'timeout'],
  ['answers 503 with a page', { kind: 'notJson', status: 503 }, 'notJson'],
  ['is a captive portal', { kind: 'notJson', status: 200 }, 'notJson'],
  ['answers with the JSON of something else', { kind: 'notAws' }, 'notJson'],
  ['cuts its JSON off', { kind: 'halfBody' }, 'notJson'],
] satisfies readonly (readonly [string, FaultKind, KmsErrorKind])[]) {
  test(`from a server that ${what} nothing is shown as complete, nor as empty`, async (t) => {
    const world = await createTestWorld(t);
    const window = world.openWindow(kind === 'timeout' ? { timeouts: scaled.timeouts } : {});
    const { keyArn } = first(world);
    await window.session();
    const emulator = world.emulator();

    emulator.setFaults([{ operation: 'List*', fault }]);
    const rows = await window.rows(await window.connectionRow());
    assert.deepEqual(
      rows.map((row) => isMessage(row) && row.slot),
      ['failed'],
    );
    assert.ok(rows.every((row) => isMessage(row) && isKind(row.error, kind)));
    assertScanTrue(world, await world.finish(scan(window)));

    emulator.setFaults([{ operation: 'ListGrants', fault }]);
    await window.view.refreshAll();
    const grants = await window.rows(await window.keyRow(keyArn));
    assert.deepEqual(
      grants.map((row) => isMessage(row) && row.error?.details.kind),
      [kind],
    );
    assertScanTrue(world, await world.finish(scan(window)));

    emulator.setFaults([]);
    assertAll(world, await readAll(window));
  });

  // KMS itself answers a revoke with no more than 200, and others with `{}`.
  if (fault.kind !== 'notAws') {
    test(`a revoke at a server that ${what} is never called accepted without an answer`, async (t) => {
      const world = await createTestWorld(t);
      const window = world.openWindow({ ...(kind === 'timeout' ? { timeouts: scaled.timeouts } : {}), policy: seldom });
      const { keyArn, grantId } = first(world);
      const row = await window.grantRow(keyArn, grantId);
      // While nobody can read whether it is gone, nobody says so.
      world.emulator().setFaults(['RevokeGrant', 'ListGrants'].map((operation) => ({ operation, fault })));
      const isAnswered = await window.revoke(row).then(
        () => true,
        (error: unknown) => {
          assert.ok(isUnanswered(error) && isKind(error.cause, kind), String(error));
          return false;
        },
      );
      // The answer of a revoke has no body: nothing of it is late or cut off then.
      assert.equal(isAnswered, fault.kind === 'halfBody' || fault.kind === 'slowBody');
      assert.equal((await world.journal())[0]?.outcome?.kind, isAnswered ? 'accepted' : 'unknown');
      await world.pass(someMinutes);
      assert.deepEqual(
        window.outcomes.map(([, outcome]) => [outcome.kind, 'lastRead' in outcome && outcome.lastRead]),
        [['unread', 'none']],
      );
      await assertJournalTrue(world);

      world.emulator().setFaults([]);
      window.revocations.checkAgain(await window.session(), row.key, grantId);
      await world.pass(someMinutes);
      assert.equal(window.outcomes.at(-1)?.[1].kind, world.isLive(keyArn, grantId) ? 'timedOut' : 'gone');
      await assertJournalTrue(world);
    });
  }

  test(`whose account it is, is not known from a server that ${what}`, async (t) => {
    const world = await createTestWorld(t);
    const window = world.openWindow(kind === 'timeout' ? { timeouts: scaled.timeouts } : {});
    world.emulator().setFaults([{ operation: 'GetCallerIdentity', fault }]);
    const session = await window.session();
    const identity = await session.identity().catch((error: unknown) => error);
    assert.ok(identity instanceof Error);
    assert.equal(session.knownIdentity, undefined);
    world.emulator().setFaults([]);
    assert.equal((await session.identity()).account, '111122223333');
  });
}

for (const [what, fault] of [
  ['fails with 5xx at 30 %', { probability: 0.3, fault: { kind: 'error', code: 'KMSInternalException', status: 500 } }],
  ['throttles half of all', { probability: 0.5, fault: { kind: 'error', code: 'ThrottlingException' } }],
] as const) {
  test(`at a server that ${what} all is read in the end, and what is called complete is`, async (t) => {
    const world = await createTestWorld(t, { sample: { keys: 12, grantsPerKey: 5 } });
    const window = world.openWindow();
    world.emulator().setFaults([fault]);
    assertScanTrue(world, await world.finish(scan(window)));
    assertAll(world, await world.finish(readAll(window)));
  });

  test(`revokes at a server that ${what} are reported as what they are`, async (t) => {
    const world = await createTestWorld(t, { sample: { keys: 3, grantsPerKey: 8 } });
    const window = world.openWindow();
    const key = world.keys.find(({ grantIds }) => grantIds.length >= 8);
    assert.ok(key !== undefined);
    const row = await window.keyRow(key.arn);
    const rows = (await window.rows(row)).filter((node) => node.kind === 'grant');
    await (await window.session()).identity();
    world.emulator().setFaults([fault]);
    await Promise.allSettled(rows.map((grant) => window.revoke(grant)));
    await assertJournalTrue(world);
    await world.pass(someMinutes);
    await assertJournalTrue(world);
    for (const { grant, outcome } of await world.journal()) {
      const isLive = world.isLive(key.arn, grant.grantId);
      assert.ok(outcome !== undefined);
      if (!isLive) {
        assert.equal(outcome.kind, 'gone');
      } else {
        assert.ok(outcome.kind === 'refused' || outcome.kind === 'stillListed', outcome.kind);
      }
    }
  });
}

test('every wait for a server that never answers ends at once when it is cancelled', async (t) => {
  const world = await createTestWorld(t);
  // Nothing else would end them while this test runs.
  const window = world.openWindow({ timeouts: { connectMs: 600_000, requestMs: 600_000 } });
  const { keyArn, grantId, second } = first(world);
  const row = await window.grantRow(keyArn, grantId);
  const other = await window.grantRow(keyArn, second);
  const session = await window.session();
  await session.identity();
  world.emulator().setFaults([{ fault: { kind: 'hang' } }]);
  /** Resolves when the server has got such a request. */
  const asked = (wanted?: string) =>
    new Promise<void>((resolve) => {
      world.onServed = (operation) => {
        if (wanted === undefined || operation === wanted) {
          resolve();
        }
      };
    });

  const waits: readonly ((signal: AbortSignal) => Promise<unknown>)[] = [
    (signal) => preflight(session, keyArn, row.grant, signal),
    (signal) => session.api.describeKey(keyArn, signal),
    (signal) => session.api.listRetirableGrants('arn:aws:iam::111122223333:user/ana', undefined, signal),
  ];
  for (const wait of waits) {
    const byUser = new AbortController();
    const served = asked();
    const waiting = wait(byUser.signal);
    await served;
    byUser.abort();
    await assert.rejects(waiting, isAbort);
  }

  const scanning = new AbortController();
  const listing = asked();
  const scanned = scan(window, scanning.signal);
  await listing;
  scanning.abort();
  const result = await scanned;
  assert.ok(result.wasCancelled && result.keys.length === 0);

  // Stop Waiting, while the read of a followed grant gets no answer.
  world.emulator().setFaults([{ operation: 'ListGrants', fault: { kind: 'hang' } }]);
  const reading = asked('ListGrants');
  await window.revoke(row);
  // Requests wait for their turn.
  await world.finish(reading);
  window.revocations.stopWaiting(anasRef, row.key, grantId);
  while (window.outcomes.length === 0) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(window.outcomes.at(-1)?.[1], { kind: 'stopped', lastRead: 'none' });

  // The connection is closed while a revoke is on its way, and rows are loading.
  world.emulator().setFaults([{ fault: { kind: 'hang' } }]);
  await window.view.refreshAll();
  // Until the next revoke has its turn.
  world.clock.step(world.clock.now() + 1000);
  const sent = asked('RevokeGrant');
  const revoking = window.revoke(other);
  await world.finish(sent);
  const loading = window.rows(await window.connectionRow());
  window.connections.reconnect(anasRef);
  await assert.rejects(revoking, isUnanswered);
  await loading;
  const [entry] = await world.journal();
  assert.deepEqual([entry?.grant.grantId, entry?.outcome?.kind], [second, 'unknown']);
  await assertJournalTrue(world);
});
