import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isKind } from '../../src/core/kms/errors.ts';
import type { CreateGrantInput } from '../../src/core/kms/model.ts';
import { isUnanswered } from '../../src/core/words/userError.ts';
import type { Fault } from '../aws/faults.ts';
import { noConstraints } from '../unit/core/fakes.ts';
import { addGrants, assertJournalTrue, createTestWorld, grantIdsOf, isMessage, type World } from './world.ts';

/** Where a connection ends, and whether the server has carried out by then what it was asked. */
const stages: readonly (readonly [where: string, fault: Pick<Fault, 'fault' | 'stage'>, isDone: boolean])[] = [
  ['before the request is read', { stage: 'unread', fault: { kind: 'drop' } }, false],
  ['before the request is carried out', { stage: 'before', fault: { kind: 'drop' } }, false],
  ['after the request is carried out', { stage: 'after', fault: { kind: 'drop' } }, true],
  ['in the middle of the headers', { fault: { kind: 'cutHead' } }, true],
  ['in the middle of the body', { fault: { kind: 'cutBody' } }, true],
];

const someMinutes = 6 * 60_000;
const aWhile = 20 * 60_000;

/** The first key, with a grant that ana may retire as well as revoke. */
function aGrant(world: World) {
  const { account } = world.emulator();
  const [key] = world.keys;
  assert.ok(key !== undefined);
  const grantId = 'b'.repeat(64);
  account.addGrant({
    id: grantId,
    keyId: key.id,
    createdAt: Date.UTC(2026, 0, 1),
    granteePrincipal: `arn:aws:iam::${account.id}:role/app/Reader`,
    retiringPrincipal: `arn:aws:iam::${account.id}:user/ana`,
    issuingAccount: account.rootArn,
    operations: ['Decrypt'],
  });
  return { keyArn: key.arn, keyId: key.id, grantId };
}

const wanted = (keyArn: string, name?: string): CreateGrantInput => ({
  keyArn,
  operations: ['Decrypt'],
  granteePrincipal: { kind: 'principal', value: 'arn:aws:iam::111122223333:role/app/Writer' },
  constraints: noConstraints,
  ...(name === undefined ? {} : { name }),
});

for (const [where, fault, isDone] of stages) {
  test(`a connection that ends ${where} costs no list its truth`, async (t) => {
    const world = await createTestWorld(t);
    const [key] = world.keys;
    assert.ok(key !== undefined);
    addGrants(world.emulator().account, key.id, 120);
    const window = world.openWindow();

    world.emulator().setFaults([{ ...fault, operation: 'ListKeys' }]);
    const connection = await window.connectionRow();
    const [failed, ...others] = await window.rows(connection);
    assert.ok(failed !== undefined && isMessage(failed) && isKind(failed.error, 'network'));
    assert.deepEqual(others, []);

    world.emulator().setFaults([]);
    await window.view.retry(failed);
    assert.equal((await window.keyRows()).length, world.keys.length);

    // The second page is lost: what came is shown, and that it is not all.
    const row = await window.keyRow(key.arn);
    let pages = 0;
    world.onServed = (operation) => {
      pages += operation === 'ListGrants' ? 1 : 0;
      if (pages === 1) {
        world.emulator().setFaults([{ ...fault, operation: 'ListGrants' }]);
      }
    };
    const half = await window.rows(row);
    const [message, ...more] = half.filter(isMessage);
    assert.ok(message !== undefined && isKind(message.error, 'network') && more.length === 0);
    assert.equal(half.length, 101);

    world.emulator().setFaults([]);
    await window.view.retry(message);
    const whole = await window.rows(row);
    assert.equal(whole.length, world.keys[0]?.grantIds.length);
    assert.ok(whole.every(({ kind }) => kind === 'grant'));
  });

  for (const [what, operation] of [
    ['revoke', 'RevokeGrant'],
    ['retire', 'RetireGrant'],
  ] as const) {
    test(`a ${what} whose connection ends ${where} is reported as what it is`, async (t) => {
      const world = await createTestWorld(t);
      const { keyArn, grantId } = aGrant(world);
      const window = world.openWindow();
      const row = await window.grantRow(keyArn, grantId);
      world.emulator().setFaults([{ ...fault, operation }]);
      const isAnswered = await window[what](row).then(
        () => true,
        (error: unknown) => {
          assert.ok(isUnanswered(error) && isKind(error.cause, 'network'));
          return false;
        },
      );
      assert.equal(world.isLive(keyArn, grantId), !isDone);
      // Its answer has no body that could be lost.
      assert.equal(isAnswered, fault.fault.kind === 'cutBody');
      const [entry] = await world.journal();
      assert.equal(entry?.outcome?.kind, isAnswered ? 'accepted' : 'unknown');
      const [done, lost] =
        what === 'revoke' ? [/Revoked/, /Revoke outcome unknown/] : [/Retired/, /Retirement outcome unknown/];
      assert.match(window.text(row), isAnswered ? done : lost);

      world.emulator().setFaults([]);
      await world.pass(someMinutes);
      window.dispose();
      world.clock.step(world.clock.now() + someMinutes);
      // A new window asks what became of the others.
      const next = world.openWindow();
      await next.session();
      await world.outside.idle();
      const [seen] = await world.journal();
      assert.equal(seen?.outcome?.kind, isDone ? 'gone' : 'stillListed');
      await assertJournalTrue(world);
    });
  }

  test(`a new grant whose connection ends ${where} is made once at most, and found again`, async (t) => {
    const world = await createTestWorld(t);
    const { keyArn, keyId } = aGrant(world);
    const before = grantIdsOf(world.emulator().account, keyId);
    const window = world.openWindow({ maxAttempts: 3 });
    await window.session();
    world.emulator().setFaults([{ ...fault, operation: 'CreateGrant' }]);
    await assert.rejects(
      window.create(wanted(keyArn)),
      (error) => isUnanswered(error) && isKind(error.cause, 'network'),
    );
    assert.equal((await world.journal())[0]?.outcome?.kind, 'unknown');
    const made = grantIdsOf(world.emulator().account, keyId).filter((id) => !before.includes(id));
    assert.equal(made.length, isDone ? 1 : 0);

    world.emulator().setFaults([]);
    window.dispose();
    world.clock.step(world.clock.now() + someMinutes);
    await world.openWindow().session();
    await world.outside.idle();
    const [entry] = await world.journal();
    assert.equal(entry?.outcome?.kind, isDone ? 'listed' : 'notListed');
    assert.equal(entry?.grant.grantId, made[0] ?? '');
    await assertJournalTrue(world);
  });
}

test('a revoke that the SDK sent again, since the first answer was lost, ends as gone', async (t) => {
  const world = await createTestWorld(t);
  const { keyArn, grantId } = aGrant(world);
  const window = world.openWindow({ maxAttempts: 3 });
  const row = await window.grantRow(keyArn, grantId);
  world.emulator().setFaults([{ operation: 'RevokeGrant', stage: 'after', times: 1, fault: { kind: 'drop' } }]);
  assert.equal(await window.revoke(row), 'perhapsGone');
  assert.equal(world.writes.length, 1);
  await world.pass(aWhile);
  assert.deepEqual(
    window.outcomes.map(([, { kind }]) => kind),
    ['gone'],
  );
  assert.equal((await world.journal())[0]?.outcome?.kind, 'gone');
  await assertJournalTrue(world);
});

test('a named grant that the SDK asked for again is made once', async (t) => {
  const world = await createTestWorld(t);
  const { keyArn, keyId } = aGrant(world);
  const before = grantIdsOf(world.emulator().account, keyId);
  const window = world.openWindow({ maxAttempts: 3 });
  await window.session();
  world.emulator().setFaults([{ operation: 'CreateGrant', stage: 'after', times: 1, fault: { kind: 'drop' } }]);
  const { grantId } = await window.create(wanted(keyArn, 'shop'));
  const made = grantIdsOf(world.emulator().account, keyId).filter((id) => !before.includes(id));
  assert.deepEqual(made, [grantId]);
  assert.equal((await world.journal())[0]?.outcome?.kind, 'accepted');
  await assertJournalTrue(world);
});
