import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Account, type Grant } from '../../../src/emulator/account.ts';
import { Random } from '../../../src/emulator/random.ts';
import { isVisible, Replicas } from '../../../src/emulator/replicas.ts';

const grant = (id: string): Grant => ({
  id,
  keyId: 'key',
  name: id,
  createdAt: 0,
  granteePrincipal: 'arn:aws:iam::111122223333:role/r',
  retiringPrincipal: 'arn:aws:iam::111122223333:role/j',
  issuingAccount: 'arn:aws:iam::111122223333:root',
  operations: ['Decrypt'],
});

function setUp() {
  const account = new Account('111122223333', 'eu-west-1', 'aws');
  const replicas = new Replicas(account, { replicas: 4, minMs: 10, maxMs: 50 }, new Random(1, 'test'));
  return { account, replicas };
}

suite('replicas', () => {
  test('each takes in a change after a delay of its own, within the range', () => {
    const { replicas } = setUp();
    const times = replicas.schedule('g', 1_000);
    assert.equal(times.length, 4);
    assert.equal(new Set(times).size, 4);
    assert.ok(times.every((time) => time >= 1_010 && time <= 1_050));
    assert.equal(replicas.settledAt('g'), Math.max(...times));
  });

  test('a change holds on a replica from its moment on', () => {
    const stored = { grant: grant('g'), knownFrom: [10, 20], removedFrom: [30, 25] };
    assert.deepEqual(
      [9, 10, 29, 30].map((at) => isVisible(stored, 0, at)),
      [false, true, true, false],
    );
    assert.deepEqual(
      [19, 20, 24, 25].map((at) => isVisible(stored, 1, at)),
      [false, true, true, false],
    );
  });

  test('every replica answers now and then', () => {
    const { replicas } = setUp();
    const picked = new Set(Array.from({ length: 100 }, () => replicas.pick()));
    assert.deepEqual([...picked].sort(), [0, 1, 2, 3]);
  });

  test('removals are forgotten in the order in which they settle, from every index', () => {
    const { account, replicas } = setUp();
    const stored = Array.from({ length: 50 }, (_, index) => account.addGrant(grant(`g${index}`)));
    for (const one of stored) {
      replicas.remove(one, 0);
    }
    const settled = (id: string) => replicas.settledAt(id) ?? Number.NaN;
    for (const now of [9, 20, 35, 49.9, 50]) {
      replicas.forgetSettled(now);
      const left = stored.filter((one) => settled(one.grant.id) > now).map((one) => one.grant.id);
      assert.deepEqual(
        [...account.grantsOf('key').values()].map((one) => one.grant.id),
        left,
      );
      assert.equal(account.retirableBy('arn:aws:iam::111122223333:role/j').size, left.length);
    }
    assert.equal(account.grantsOf('key').size, 0);
    assert.equal(account.sameNamedGrant(grant('g1')), undefined);
  });
});
