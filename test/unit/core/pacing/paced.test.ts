import assert from 'node:assert/strict';
import { setMaxListeners } from 'node:events';
import test from 'node:test';
import { isAbort } from '../../../../src/core/base/abort.ts';
import { isKind } from '../../../../src/core/kms/errors.ts';
import type { KmsApi } from '../../../../src/core/kms/kmsApi.ts';
import { type LimitedOperation, RequestLimiter } from '../../../../src/core/pacing/limiter.ts';
import { paceKms } from '../../../../src/core/pacing/paced.ts';
import { unverified } from '../../actors.ts';
import { type Call, FakeClock, FakeKms, gate, grant, keyArnOf, kmsError, noConstraints, settle } from '../fakes.ts';

const keyArn = keyArnOf('k1');
const ref = { keyArn, grantId: 'g1' };
const never = new AbortController().signal;
// Many requests at once listen to it.
setMaxListeners(0, never);
const wanted = {
  keyArn,
  operations: ['Decrypt'],
  granteePrincipal: { kind: 'principal', value: 'arn:aws:iam::111122223333:role/Reader' },
  constraints: noConstraints,
} as const;

/** @param budget percent; with 1, ListGrants goes once a second */
function setUp(budget = 50) {
  const clock = new FakeClock();
  const limiter = new RequestLimiter(clock, budget);
  const kms = new FakeKms();
  kms.addGrants(keyArn, 'g1', 'g2');
  const connection = paceKms(limiter, () => 'c1', kms);
  const operations = () => kms.calls.map(({ operation }) => operation);
  return { clock, limiter, kms, ...connection, operations };
}

/** Answers to ListGrants that a test lets go one by one. */
function held(kms: FakeKms) {
  const gates: (() => void)[] = [];
  const signals: AbortSignal[] = [];
  kms.before = ({ operation }: Call, signal) => {
    if (operation !== 'listGrants') {
      return undefined;
    }
    const { passed, open } = gate();
    gates.push(open);
    signals.push(signal);
    return passed;
  };
  return { signals, answer: (index: number) => gates[index]?.() };
}

// Pace

const everyCall: readonly (readonly [LimitedOperation, keyof KmsApi, (api: KmsApi) => Promise<unknown>])[] = [
  ['ListKeys', 'listKeys', (api) => api.listKeys('m', never)],
  ['ListAliases', 'listAliases', (api) => api.listAliases('m', never)],
  ['ListAliases', 'listAliasesOf', (api) => api.listAliasesOf(keyArn, never)],
  ['DescribeKey', 'describeKey', (api) => api.describeKey(keyArn, never)],
  ['ListGrants', 'listGrants', (api) => api.listGrants(ref, never)],
  ['ListRetirableGrants', 'listRetirableGrants', (api) => api.listRetirableGrants('arn', undefined, never)],
  ['GetKeyPolicy', 'getKeyPolicy', (api) => api.getKeyPolicy(keyArn, 'default', never)],
  ['ListResourceTags', 'listResourceTags', (api) => api.listResourceTags(keyArn, never)],
  ['GetKeyRotationStatus', 'getKeyRotationStatus', (api) => api.getKeyRotationStatus(keyArn, never)],
  ['GetKeyLastUsage', 'getKeyLastUsage', (api) => api.getKeyLastUsage(keyArn, never)],
  ['RevokeGrant', 'revokeGrant', (api) => api.revokeGrant(ref, unverified, never)],
  ['RevokeGrant', 'dryRunRevokeGrant', (api) => api.dryRunRevokeGrant(ref, never)],
  ['RetireGrant', 'retireGrant', (api) => api.retireGrant(ref, unverified, never)],
  ['RetireGrant', 'dryRunRetireGrant', (api) => api.dryRunRetireGrant(ref, never)],
  ['CreateGrant', 'createGrant', (api) => api.createGrant(wanted, unverified, never)],
  ['CreateGrant', 'dryRunCreateGrant', (api) => api.dryRunCreateGrant(wanted, never)],
];

for (const [operation, method, call] of everyCall) {
  for (const manner of ['api', 'background', 'forInventory'] as const) {
    test(`${method} of ${manner} waits for its turn of ${operation}`, async () => {
      const set = setUp(1);
      const { clock, limiter, kms } = set;
      // All that may go at once are gone.
      while (clock.sleeping === 0) {
        const taken = {
          quota: 'c1',
          operation,
          priority: 'background',
          isIdempotent: false,
          signal: never,
        } as const;
        void limiter.run({ ...taken, send: async () => {} });
        await settle();
      }
      const answer = call(set[manner]);
      await settle();
      assert.equal(kms.calls.length, 0);
      await clock.advance(60_000);
      await answer;
      assert.equal(kms.calls.length, 1);
    });
  }
}

test('who one is is asked of STS, which has no such quota', async () => {
  const { kms, api } = setUp(1);
  await Promise.all(Array.from({ length: 20 }, () => api.callerIdentity(never)));
  assert.equal(kms.calls.length, 20);
});

test('what somebody waits for goes before the background, and changes before it too', async () => {
  const { clock, kms, api, background } = setUp(1);
  const list = (of: KmsApi, grantId: string) => of.listGrants({ keyArn, grantId }, never);
  const all = Promise.all([list(background, '1'), list(background, '2'), list(api, '3'), list(background, '4')]);
  await clock.advance(5000);
  await all;
  assert.deepEqual(
    kms.calls.map(({ grantId }) => grantId),
    ['1', '3', '2', '4'],
  );
});

// One request for all who ask the same

test('reads that ask the same before the request is sent are one request', async () => {
  const { kms, api, background } = setUp();
  const { answer } = held(kms);
  const first = background.listGrants({ keyArn }, never);
  const together = api.listGrants({ keyArn }, never);
  await settle();
  answer(0);
  assert.deepEqual(await first, await together);
  assert.equal(kms.calls.length, 1);
});

test('reads that differ in key, grant, page, method or connection are not', async () => {
  const { kms, api, limiter } = setUp();
  await Promise.all([
    api.listGrants({ keyArn }, never),
    api.listGrants({ keyArn: keyArnOf('k2') }, never),
    api.listGrants(ref, never),
    api.listGrants({ keyArn, marker: 'after 1' }, never),
    paceKms(limiter, () => 'c2', kms).api.listGrants({ keyArn }, never),
  ]);
  await Promise.all([api.listAliases(keyArn, never), api.listAliasesOf(keyArn, never)]);
  assert.equal(kms.calls.length, 7);
});

test('changes and dry runs are never one', async () => {
  const { clock, kms, api } = setUp();
  const calls = [
    () => api.revokeGrant(ref, unverified, never),
    () => api.retireGrant(ref, unverified, never),
    () => api.createGrant(wanted, unverified, never),
    () => api.dryRunRevokeGrant(ref, never),
    () => api.dryRunRetireGrant(ref, never),
    () => api.dryRunCreateGrant(wanted, never),
  ];
  const all = Promise.all<unknown>(calls.flatMap((call) => [call(), call()]));
  await clock.advance(2000);
  await all;
  assert.equal(kms.calls.length, 12);
});

test('who gives up ends the own wait alone, and the request ends when the last gives up', async () => {
  const { kms, api } = setUp();
  const { signals, answer } = held(kms);
  const controllers = [new AbortController(), new AbortController(), new AbortController()];
  const waits = controllers.map(({ signal }) => api.listGrants({ keyArn }, signal));
  await settle();
  controllers[0]?.abort();
  await assert.rejects(waits[0] ?? assert.fail(), isAbort);
  assert.equal(signals[0]?.aborted, false);
  controllers[1]?.abort();
  await assert.rejects(waits[1] ?? assert.fail(), isAbort);
  controllers[2]?.abort();
  await assert.rejects(waits[2] ?? assert.fail(), isAbort);
  assert.equal(signals[0]?.aborted, true);
  // Who asks now is not given the request that was aborted.
  const again = api.listGrants({ keyArn }, never);
  await settle();
  answer(1);
  assert.equal((await again).items.length, 2);
  await assert.rejects(api.listGrants({ keyArn }, controllers[0]?.signal ?? never), isAbort);
});

test('a read that nobody waits for any more before its turn is never sent', async () => {
  const { clock, kms, api } = setUp(1);
  const first = api.listGrants({ keyArn }, never);
  const controller = new AbortController();
  const second = api.listGrants(ref, controller.signal);
  await settle();
  controller.abort();
  await assert.rejects(second, isAbort);
  assert.equal(clock.sleeping, 0);
  await clock.advance(5000);
  await first;
  assert.equal(kms.calls.length, 1);
});

test('who waits raises a read of the background that waits for its turn', async () => {
  const { clock, kms, api, background } = setUp(1);
  const list = (of: KmsApi, grantId: string) => of.listGrants({ keyArn, grantId }, never);
  const all = Promise.all([list(background, '1'), list(background, '2'), list(background, '3'), list(api, '3')]);
  await clock.advance(5000);
  await all;
  assert.deepEqual(
    kms.calls.map(({ grantId }) => grantId),
    ['1', '3', '2'],
  );
});

test('a failure reaches all who wait, once it is one', async () => {
  const { clock, kms, api, background } = setUp();
  let failures = 0;
  kms.before = () => {
    failures += 1;
    if (failures <= 2) {
      throw kmsError('internal');
    }
    if (failures === 4) {
      throw kmsError('accessDenied');
    }
  };
  const both = Promise.all([background.listGrants({ keyArn }, never), api.listGrants({ keyArn }, never)]);
  await clock.advance(2000);
  await both;
  assert.equal(kms.calls.length, 3);
  const denied = [background.listGrants({ keyArn }, never), api.listGrants({ keyArn }, never)];
  for (const wait of denied) {
    await assert.rejects(wait, (error) => isKind(error, 'accessDenied'));
  }
  assert.equal(kms.calls.length, 4);
});

// No answer is older than its question

test('a question is not answered by a request that was sent before it, whoever changed what since', async () => {
  for (const manner of ['api', 'background', 'forInventory'] as const) {
    const set = setUp();
    const { kms, background } = set;
    const { answer } = held(kms);
    const before = background.listGrants({ keyArn }, never);
    await settle();
    kms.grants.set(keyArn, [grant('made elsewhere')]);
    const after = set[manner].listGrants({ keyArn }, never);
    await settle();
    assert.equal(kms.calls.length, 2);
    answer(1);
    assert.deepEqual(
      (await after).items.map(({ grantId }) => grantId),
      ['made elsewhere'],
    );
    answer(0);
    await before;
  }
});

test('a read that waits for its turn is joined also after a change, since it is sent after it', async () => {
  const { clock, kms, api, background } = setUp(1);
  await api.listGrants({ keyArn: keyArnOf('other') }, never);
  const before = background.listGrants({ keyArn }, never);
  await api.revokeGrant(ref, unverified, never);
  const after = background.listGrants({ keyArn }, never);
  await clock.advance(5000);
  assert.equal((await after).items.length, 1);
  assert.equal(await before, await after);
  assert.equal(kms.count('listGrants'), 2);
});

test('a read that was throttled is sent again, and joined by then', async () => {
  const { clock, kms, api } = setUp();
  let throttled = true;
  kms.before = ({ operation }) => {
    if (operation !== 'listGrants' || !throttled) {
      return;
    }
    throttled = false;
    throw kmsError('throttled');
  };
  const before = api.listGrants({ keyArn }, never);
  await settle();
  await api.revokeGrant(ref, unverified, never);
  const after = api.listGrants({ keyArn }, never);
  await clock.advance(5000);
  assert.equal((await after).items.length, 1);
  assert.equal(await before, await after);
  assert.equal(kms.count('listGrants'), 2);
});

test('the inventory describes keys in the background, and one that somebody waits for is raised', async () => {
  // Twenty a second, of which two go at once.
  const { clock, kms, api, forInventory } = setUp(1);
  const described = ['k1', 'k2', 'k3', 'k4'].map((id) => forInventory.describeKey(keyArnOf(id), never));
  const waited = api.describeKey(keyArnOf('k4'), never);
  await clock.advance(1000);
  await Promise.all([...described, waited]);
  assert.deepEqual(
    kms.calls.map((call) => call.keyArn),
    ['k1', 'k2', 'k4', 'k3'].map(keyArnOf),
  );
});

// Changes whose answer is lost

/** Fails CreateGrant, RevokeGrant and RetireGrant in this order. */
function failing(kms: FakeKms, ...kinds: readonly Parameters<typeof kmsError>[0][]) {
  const left = [...kinds];
  kms.before = () => {
    const kind = left.shift();
    if (kind !== undefined) {
      throw kmsError(kind, { operation: 'RevokeGrant' });
    }
  };
}

test('a grant without a name is never asked for twice after a lost answer, and one that KMS refused to look at is', async () => {
  const { clock, kms, api, operations } = setUp();
  for (const call of [() => api.createGrant(wanted, unverified, never), () => api.dryRunCreateGrant(wanted, never)]) {
    failing(kms, 'timeout');
    await assert.rejects(call(), (error) => isKind(error, 'timeout'));
  }
  assert.deepEqual(operations(), ['createGrant', 'dryRunCreateGrant']);
  failing(kms, 'throttled', 'throttled');
  const made = api.createGrant(wanted, unverified, never);
  await clock.advance(5000);
  await made;
  assert.equal(kms.count('createGrant'), 4);
  failing(kms, 'throttled', 'timeout');
  const lost = assert.rejects(api.createGrant(wanted, unverified, never), (error) => isKind(error, 'timeout'));
  await clock.advance(5000);
  await lost;
  assert.equal(kms.count('createGrant'), 6);
});

test('a grant with a name, a revoke and a retire are asked for again', async () => {
  const { clock, kms, api } = setUp();
  const named = { ...wanted, name: 'shop' };
  for (const call of [
    () => api.createGrant(named, unverified, never),
    () => api.revokeGrant(ref, unverified, never),
    () => api.retireGrant(ref, unverified, never),
  ]) {
    kms.calls.length = 0;
    failing(kms, 'timeout');
    const done = call();
    await clock.advance(2000);
    await done;
    assert.equal(kms.calls.length, 2);
  }
});

test('a refusal after a lost answer leaves it open whether the change was made', async () => {
  const { clock, kms, api } = setUp();
  for (const [kinds, expected] of [
    [['timeout', 'accessDenied'], 'timeout'],
    [['timeout', 'throttled', 'throttled', 'throttled', 'throttled', 'throttled'], 'timeout'],
    [['timeout', 'grantNotFound'], 'grantNotFound'],
    [['throttled', 'accessDenied'], 'accessDenied'],
  ] as const) {
    failing(kms, ...kinds);
    const failed = assert.rejects(api.revokeGrant(ref, unverified, never), (error) => isKind(error, expected));
    await clock.advance(30_000);
    await failed;
  }
});
