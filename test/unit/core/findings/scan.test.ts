import assert from 'node:assert/strict';
import test from 'node:test';
import { abortError } from '../../../../src/core/base/abort.ts';
import { isPartial, type ScanCounts, type ScanResult, scanGrants } from '../../../../src/core/findings/scan.ts';
import type { ConnectionRef } from '../../../../src/core/kms/model.ts';
import { RequestLimiter } from '../../../../src/core/pacing/limiter.ts';
import { paceKms } from '../../../../src/core/pacing/paced.ts';
import { createThrottle } from '../../../aws/throttle.ts';
import {
  FakeClock,
  FakeKms,
  type FakeSession,
  gate,
  grant,
  keyArnOf,
  kmsError,
  openSession,
  settle,
} from '../fakes.ts';

const prodRef: ConnectionRef = { kind: 'profile', profile: 'prod', region: 'us-east-1' };

function kmsOf(grantsOf: Readonly<Record<string, readonly string[]>>): FakeKms {
  const kms = new FakeKms();
  for (const [keyId, grantIds] of Object.entries(grantsOf)) {
    kms.keys.push({ keyId, arn: keyArnOf(keyId) });
    kms.addGrants(keyArnOf(keyId), ...grantIds);
  }
  return kms;
}

function setUp(...sessions: readonly FakeSession[]) {
  const controller = new AbortController();
  const clock = new FakeClock({ auto: true });
  const reported: ScanCounts[] = [];
  const limiter = new RequestLimiter(clock);
  const scan = () =>
    scanGrants({
      sessions: sessions.map((session) => ({
        ...session,
        ...paceKms(limiter, () => session.connection.id, session.api),
      })),
      signal: controller.signal,
      clock,
      progress: (counts) => reported.push(counts),
    });
  return { scan, reported, cancel: () => controller.abort(), clock };
}

const grantIds = ({ keys }: ScanResult) =>
  Object.fromEntries(keys.map(({ key, grants }) => [key.keyId, grants.map(({ grantId }) => grantId)]));

test('all grants of all keys of all connections are found, page by page, with aliases and state', async () => {
  const dev = kmsOf({ k1: ['a', 'b', 'c'], k2: [] });
  dev.pageSize.grants = 2;
  dev.pageSize.keys = 1;
  dev.aliases.push({ aliasName: 'alias/z', targetKeyId: 'k1' }, { aliasName: 'alias/a', targetKeyId: 'k1' });
  const prod = kmsOf({ k3: ['d'] });
  const { scan } = setUp(openSession(dev), openSession(prod, prodRef));
  const result = await scan();
  assert.deepEqual(grantIds(result), { k1: ['a', 'b', 'c'], k2: [], k3: ['d'] });
  assert.deepEqual(result.counts, { keysDone: 3, keysTotal: 3, grants: 4, unreadable: 0 });
  const k1 = result.keys.find(({ key }) => key.keyId === 'k1');
  assert.deepEqual(k1?.key.aliases, ['alias/a', 'alias/z']);
  assert.equal(k1?.metadata?.state, 'Enabled');
  assert.equal(result.keys.find(({ key }) => key.keyId === 'k3')?.connection.id, 'profile/prod/us-east-1');
  assert.equal(isPartial(result), false);
});

test('keys of other accounts are read besides what is listed, or alone, each once', async () => {
  const kms = kmsOf({ k1: ['a'] });
  const elsewhere = kmsOf({});
  kms.addGrants(keyArnOf('foreign'), 'x');
  elsewhere.keys.push({ keyId: 'k9', arn: keyArnOf('k9') });
  elsewhere.addGrants(keyArnOf('far'), 'y');
  const clock = new FakeClock({ auto: true });
  const [here, there] = [openSession(kms), openSession(elsewhere, prodRef)];
  const entry = (keyId: string) => ({ keyId, arn: keyArnOf(keyId) });
  const result = await scanGrants({
    sessions: [here],
    pinned: new Map([
      [here, [entry('foreign'), entry('k1')]],
      [there, [entry('far')]],
    ]),
    signal: new AbortController().signal,
    clock,
    progress: () => {},
  });
  assert.deepEqual(grantIds(result), { foreign: ['x'], k1: ['a'], far: ['y'] });
  assert.equal(result.keys.find(({ key }) => key.keyId === 'far')?.connection, there.connection);
  assert.deepEqual([result.counts.keysTotal, elsewhere.count('listKeys')], [3, 0]);
});

test('an empty page is not the end of a list, and a grant that is listed twice is one', async () => {
  const kms = kmsOf({ k1: [] });
  kms.grantPages = ({ marker }) =>
    ({
      start: { items: [], nextMarker: 'one' },
      one: { items: [grant('a')], nextMarker: 'two' },
      two: { items: [grant('a'), grant('b')], nextMarker: undefined },
    })[marker ?? 'start'] ?? assert.fail(marker);
  const result = await setUp(openSession(kms)).scan();
  assert.deepEqual(grantIds(result), { k1: ['a', 'b'] });
  assert.equal(result.counts.grants, 2);
});

test('a key that may not be read is listed with the reason, and costs the others nothing', async () => {
  const kms = kmsOf({ k1: ['a'], k2: ['b'], k3: ['c'] });
  kms.before = ({ operation, keyArn }) => {
    if (operation === 'listGrants' && keyArn === keyArnOf('k2')) {
      throw kmsError('accessDenied', { keyArn });
    }
  };
  const result = await setUp(openSession(kms)).scan();
  assert.deepEqual(grantIds(result), { k1: ['a'], k3: ['c'] });
  assert.deepEqual(
    result.unreadable.map(({ key, error, ref }) => [key?.keyId, error.details.kind, ref.kind]),
    [['k2', 'accessDenied', 'profile']],
  );
  assert.deepEqual(result.counts, { keysDone: 3, keysTotal: 3, grants: 2, unreadable: 1 });
  assert.equal(isPartial(result), true);
  assert.equal(result.wasCancelled, false);
});

test('what was listed of a key before a failure is kept, and the key is listed as not read to its end', async () => {
  const kms = kmsOf({ k1: ['a', 'b'] });
  kms.pageSize.grants = 1;
  kms.before = ({ operation, marker }) => {
    if (operation === 'listGrants' && marker !== undefined) {
      throw kmsError('internal');
    }
  };
  const result = await setUp(openSession(kms)).scan();
  assert.deepEqual(grantIds(result), { k1: ['a'] });
  assert.equal(result.keys[0]?.isComplete, false);
  assert.deepEqual(
    result.unreadable.map(({ key }) => key?.keyId),
    ['k1'],
  );
  assert.equal(result.counts.keysDone, 1);
});

test('keys without aliases or state are read all the same', async () => {
  const kms = kmsOf({ k1: ['a'] });
  kms.before = ({ operation }) => {
    if (operation === 'listAliases' || operation === 'describeKey') {
      throw kmsError('accessDenied');
    }
  };
  const result = await setUp(openSession(kms)).scan();
  assert.deepEqual(grantIds(result), { k1: ['a'] });
  assert.equal(result.keys[0]?.metadata, undefined);
  assert.deepEqual(
    result.unreadable.map(({ key, error }) => [key, error.details.kind]),
    [[undefined, 'accessDenied']],
  );
});

test('keys that could not all be listed are read as far as they were', async () => {
  const kms = kmsOf({ k1: ['a'], k2: ['b'] });
  kms.pageSize.keys = 1;
  kms.before = ({ operation, marker }) => {
    if (operation === 'listKeys' && marker !== undefined) {
      throw kmsError('internal');
    }
  };
  const result = await setUp(openSession(kms)).scan();
  assert.deepEqual(grantIds(result), { k1: ['a'] });
  assert.equal(result.unreadable.length, 1);
});

test('a sign-in that no longer holds ends its connection, says so once, and leaves the others alone', async () => {
  const expired = kmsOf(Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`k${index}`, ['a']])));
  expired.before = ({ operation }) => {
    if (operation === 'listGrants') {
      throw kmsError('expiredToken');
    }
  };
  const prod = kmsOf({ p: ['b'] });
  const result = await setUp(openSession(expired), openSession(prod, prodRef)).scan();
  assert.deepEqual(grantIds(result), { p: ['b'] });
  assert.deepEqual(
    result.unreadable.map(({ key, error }) => [key, error.details.kind]),
    [[undefined, 'expiredToken']],
  );
  assert.ok(expired.count('listGrants') < 50);
});

test('what was found when the search is cancelled is kept, and nothing is asked any more', async () => {
  const kms = kmsOf({ k1: ['a', 'b'], k2: ['c'] });
  kms.pageSize.grants = 1;
  const { scan, cancel } = setUp(openSession(kms));
  kms.before = ({ operation, marker }) => {
    if (operation !== 'listGrants' || marker === undefined) {
      return undefined;
    }
    cancel();
    return new Promise(() => {});
  };
  const result = await scan();
  assert.equal(result.wasCancelled, true);
  assert.equal(isPartial(result), true);
  assert.deepEqual(grantIds(result), { k1: ['a'], k2: ['c'] });
  assert.equal(result.keys.find(({ key }) => key.keyId === 'k1')?.isComplete, false);
  assert.deepEqual(result.unreadable, []);
  const asked = kms.calls.length;
  await settle();
  assert.equal(kms.calls.length, asked);
});

test('a search that is cancelled before it begins asks nothing', async () => {
  const kms = kmsOf({ k1: ['a'] });
  const { scan, cancel } = setUp(openSession(kms));
  cancel();
  const result = await scan();
  assert.deepEqual([kms.calls.length, result.keys.length, result.wasCancelled], [0, 0, true]);
});

test('a connection that is closed in the meantime makes the result incomplete, and no failure of its keys', async () => {
  const kms = kmsOf({ k1: ['a'], k2: ['b'] });
  const session = openSession(kms);
  kms.before = ({ operation }) => {
    if (operation !== 'listGrants') {
      return;
    }
    session.close();
    throw abortError();
  };
  const result = await setUp(session).scan();
  assert.equal(result.wasCancelled, true);
  assert.deepEqual([result.keys, result.unreadable], [[], []]);
});

test('progress counts keys, grants and what is not readable, and never goes back', async () => {
  const kms = kmsOf({ k1: ['a', 'b'], k2: ['c'], k3: [] });
  kms.before = ({ operation, keyArn }) => {
    if (operation === 'listGrants' && keyArn === keyArnOf('k2')) {
      throw kmsError('accessDenied');
    }
  };
  const { scan, reported } = setUp(openSession(kms));
  const { counts } = await scan();
  assert.deepEqual(reported.at(-1), counts);
  assert.equal(reported[0]?.keysTotal, 3);
  for (const [index, later] of reported.slice(1).entries()) {
    const before = reported[index] ?? assert.fail();
    for (const name of ['keysDone', 'keysTotal', 'grants', 'unreadable'] as const) {
      assert.ok(later[name] >= before[name], name);
    }
  }
});

test('no more than a hundred keys of a connection are read at once', async () => {
  const kms = kmsOf(Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`k${index}`, ['a']])));
  const held = gate();
  kms.before = ({ operation }) => (operation === 'listGrants' ? held.passed : undefined);
  const scanning = setUp(openSession(kms)).scan();
  for (let index = 0; index < 400; index++) {
    await settle();
  }
  assert.equal(kms.peak.get('listGrants'), 100);
  held.open();
  const { counts } = await scanning;
  assert.equal(counts.keysDone, 300);
  assert.equal(kms.peak.get('listGrants'), 100);
});

/** 2,000 keys, a tenth of them with two pages of grants, behind a network that takes its time. */
function distant(clock: FakeClock, latencyMs: number) {
  const kms = kmsOf({});
  for (let index = 0; index < 2000; index++) {
    const keyId = `k${index}`;
    kms.keys.push({ keyId, arn: keyArnOf(keyId) });
    kms.aliases.push({ aliasName: `alias/${index}`, targetKeyId: keyId });
    kms.addGrants(keyArnOf(keyId), ...Array.from({ length: index % 10 === 0 ? 150 : 3 }, (_, grant) => `g${grant}`));
  }
  kms.before = () => clock.sleep(latencyMs, new AbortController().signal);
  return kms;
}

/** Scans it, and moves the clock until that is done. */
async function scanDistant(kms: FakeKms, clock: FakeClock): Promise<ScanResult> {
  const session = openSession(kms);
  let result: ScanResult | undefined;
  const own = paceKms(new RequestLimiter(clock), () => session.connection.id, kms);
  const signal = new AbortController().signal;
  void scanGrants({ sessions: [{ ...session, ...own }], signal, clock, progress: () => {} }).then((ended) => {
    result = ended;
  });
  while (result === undefined) {
    await clock.advance(1000);
  }
  return result;
}

for (const latencyMs of [50, 250, 800]) {
  test(`a scan of 2,000 keys uses 95 % of its budget at ${latencyMs} ms of latency`, async () => {
    const clock = new FakeClock();
    const kms = distant(clock, latencyMs);
    const { counts, startedAt, endedAt } = await scanDistant(kms, clock);
    assert.deepEqual(counts, { keysDone: 2000, keysTotal: 2000, grants: 200 * 150 + 1800 * 3, unreadable: 0 });
    const used = kms.count('listGrants') / ((endedAt - startedAt) / 1000) / 50;
    assert.ok(used >= 0.95 && used <= 1.01, `${used}`);
  });
}

test('a scan beside others who use most of the quota slows down, loses no key and shows no throttle', async () => {
  const clock = new FakeClock();
  const kms = distant(clock, 250);
  // What is left of AWS's quota: 20 a second.
  const quota = createThrottle(0.2);
  let throttled = 0;
  kms.before = async ({ operation }) => {
    await clock.sleep(250, new AbortController().signal);
    if (operation !== 'listGrants' || quota.admit('ListGrants', clock.now())) {
      return;
    }
    throttled += 1;
    throw kmsError('throttled');
  };
  const result = await scanDistant(kms, clock);
  assert.equal(isPartial(result), false);
  assert.equal(result.keys.length, 2000);
  assert.ok(throttled > 0 && throttled < kms.count('listGrants') / 5, `${throttled} of ${kms.count('listGrants')}`);
});

test('grants are asked for at half the pace that AWS allows an account', async () => {
  const kms = kmsOf({ k1: Array.from({ length: 200 }, (_, index) => `g${index}`) });
  kms.pageSize.grants = 1;
  const { scan, clock } = setUp(openSession(kms));
  const start = clock.now();
  await scan();
  assert.ok(clock.now() - start >= (1000 * (200 - 5)) / 50);
});

test('a read that KMS throttles is done again, and no key is lost to it', async () => {
  const kms = kmsOf({ k1: ['a'], k2: ['b'] });
  const refused = new Set<string>();
  kms.before = ({ operation, keyArn = '' }) => {
    if (operation !== 'listGrants' || refused.has(keyArn)) {
      return;
    }
    refused.add(keyArn);
    throw kmsError('throttled');
  };
  const result = await setUp(openSession(kms)).scan();
  assert.deepEqual(grantIds(result), { k1: ['a'], k2: ['b'] });
  assert.equal(isPartial(result), false);
});

test('only keys that have grants are described', async () => {
  const kms = kmsOf({ k1: ['a'], k2: [], k3: ['b'], k4: [] });
  const result = await setUp(openSession(kms)).scan();
  assert.equal(kms.count('describeKey'), 2);
  assert.deepEqual(Object.fromEntries(result.keys.map(({ key, metadata }) => [key.keyId, metadata?.state])), {
    k1: 'Enabled',
    k2: undefined,
    k3: 'Enabled',
    k4: undefined,
  });
});

test('the state of a key is that of the search, and not that of a row which was drawn before', async () => {
  const kms = kmsOf({ k1: ['a'] });
  const session = openSession(kms);
  session.inventory.describe([keyArnOf('k1')]);
  await settle();
  const { describeKey } = kms;
  kms.describeKey = async (...input) => ({ ...(await describeKey.apply(kms, input)), state: 'PendingDeletion' });
  const result = await setUp(session).scan();
  assert.equal(session.inventory.metadata(keyArnOf('k1'))?.state, 'Enabled');
  assert.equal(result.keys[0]?.metadata?.state, 'PendingDeletion');
});
