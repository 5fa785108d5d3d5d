import assert from 'node:assert/strict';
import test from 'node:test';
import { compareGrants, grantBatchSize } from '../../../../src/core/connections/grantLoad.ts';
import { Inventory, type InventoryChange } from '../../../../src/core/connections/inventory.ts';
import type { KmsErrorKind } from '../../../../src/core/kms/errors.ts';
import type { Grant, Page } from '../../../../src/core/kms/model.ts';
import { type Call, FakeClock, FakeKms, gate, grant, keyArnOf, kmsError, metadata, settle } from '../fakes.ts';

const arn = keyArnOf('k1');

function open(kms = new FakeKms()) {
  const changes: InventoryChange[] = [];
  const clock = new FakeClock();
  const controller = new AbortController();
  const inventory = new Inventory(kms, controller.signal, clock);
  inventory.onDidChange((change) => changes.push(change));
  return { kms, inventory, changes, clock, controller, close: () => controller.abort() };
}

function addKeys(kms: FakeKms, ...keyIds: readonly string[]): void {
  for (const keyId of keyIds) {
    kms.keys.push({ keyId, arn: keyArnOf(keyId) });
  }
}

function addAlias(kms: FakeKms, aliasName: string, targetKeyId?: string): void {
  kms.aliases.push({ aliasName, targetKeyId });
}

/** Fails the calls that `matches` picks, until switched off. */
function failing(kms: FakeKms, kind: KmsErrorKind, matches: (call: Call) => boolean): { off(): void } {
  let on = true;
  kms.before = (call) => {
    if (on && matches(call)) {
      throw kmsError(kind);
    }
  };
  return {
    off: () => {
      on = false;
    },
  };
}

const ids = (grants: readonly Grant[]) => grants.map(({ grantId }) => grantId);
const keyIds = (keys: readonly { readonly keyId: string }[]) => keys.map(({ keyId }) => keyId);
const manyIds = (count: number) => Array.from({ length: count }, (_, index) => `g${String(index).padStart(5, '0')}`);

// Keys

test('keys and aliases are asked for side by side', async () => {
  const { kms, inventory } = open();
  const answers = gate();
  kms.before = () => answers.passed;
  const listing = inventory.keys();
  await settle();
  assert.deepEqual(
    kms.calls.map(({ operation }) => operation),
    ['listKeys', 'listAliases'],
  );
  answers.open();
  assert.deepEqual(await listing, { keys: [], state: { kind: 'complete' }, stableCount: 0, aliasError: undefined });
});

test('the first page of keys is there before the others, which are reported as they come', async () => {
  const { kms, inventory, changes } = open();
  addKeys(kms, 'k1', 'k2', 'k3', 'k4', 'k5');
  kms.pageSize.keys = 2;
  const [second, third] = [gate(), gate()];
  kms.before = ({ operation, marker }) => {
    if (operation !== 'listKeys' || marker === undefined) {
      return undefined;
    }
    return marker === 'after 2' ? second.passed : third.passed;
  };
  const first = await inventory.keys();
  assert.deepEqual([keyIds(first.keys), first.state.kind], [['k1', 'k2'], 'loading']);
  assert.deepEqual(changes, []);
  second.open();
  await settle();
  assert.deepEqual(changes, [{ kind: 'keys' }]);
  assert.equal((await inventory.keys()).keys.length, 4);
  third.open();
  await settle();
  const last = await inventory.keys();
  assert.deepEqual([last.keys.length, last.state.kind, changes.length], [5, 'complete', 2]);
  assert.equal(kms.count('listKeys'), 3);
});

test('keys come without a single DescribeKey', async () => {
  const { kms, inventory } = open();
  addKeys(kms, 'k1', 'k2');
  await inventory.keys();
  assert.equal(kms.count('describeKey'), 0);
});

test('keys are sorted by their first alias, and those without one come last, by ID', async () => {
  const { kms, inventory } = open();
  addKeys(kms, 'k9', 'k1', 'k2', 'k3', 'k4');
  addAlias(kms, 'alias/zebra', 'k1');
  addAlias(kms, 'alias/mule', 'k2');
  addAlias(kms, 'alias/Bear', 'k3');
  addAlias(kms, 'alias/ant', 'k1');
  assert.deepEqual(
    (await inventory.keys()).keys.map(({ keyId, aliases }) => [keyId, ...aliases]),
    [['k3', 'alias/Bear'], ['k1', 'alias/ant', 'alias/zebra'], ['k2', 'alias/mule'], ['k4'], ['k9']],
  );
});

test('aliases of no key, or of a key that is not listed, belong to none', async () => {
  const { kms, inventory } = open();
  addKeys(kms, 'k1');
  addAlias(kms, 'alias/aws/ebs');
  addAlias(kms, 'alias/elsewhere', 'k7');
  assert.deepEqual((await inventory.keys()).keys, [{ keyId: 'k1', arn, aliases: [] }]);
});

test('the list is not complete before its aliases are', async () => {
  const { kms, inventory, changes } = open();
  addKeys(kms, 'k1', 'k2');
  kms.pageSize.aliases = 1;
  addAlias(kms, 'alias/b', 'k2');
  addAlias(kms, 'alias/a', 'k1');
  const slow = gate();
  kms.before = ({ marker }) => (marker === undefined ? undefined : slow.passed);
  const first = await inventory.keys();
  assert.deepEqual([keyIds(first.keys), first.state.kind], [['k2', 'k1'], 'loading']);
  slow.open();
  await settle();
  const last = await inventory.keys();
  assert.deepEqual([keyIds(last.keys), last.state.kind, changes.length], [['k1', 'k2'], 'complete', 1]);
});

test('an alias may come pages before its key', async () => {
  const { kms, inventory } = open();
  addKeys(kms, 'k1', 'k2', 'k3');
  kms.pageSize.keys = 1;
  addAlias(kms, 'alias/late', 'k3');
  await inventory.keys();
  await settle();
  assert.deepEqual(keyIds((await inventory.keys()).keys), ['k3', 'k1', 'k2']);
});

test('a key that is listed on two pages is there once', async () => {
  const { kms, inventory } = open();
  addKeys(kms, 'k1', 'k2', 'k1');
  kms.pageSize.keys = 2;
  await inventory.keys();
  await settle();
  assert.deepEqual(keyIds((await inventory.keys()).keys), ['k1', 'k2']);
});

test('without permission for aliases the keys are there, and say why they have none', async () => {
  const { kms, inventory } = open();
  addKeys(kms, 'k1');
  failing(kms, 'accessDenied', ({ operation }) => operation === 'listAliases');
  const { keys, state, aliasError } = await inventory.keys();
  assert.deepEqual([keyIds(keys), state.kind, aliasError?.details.kind], [['k1'], 'complete', 'accessDenied']);
});

test('a failure on a later page keeps what came before it', async () => {
  const { kms, inventory, changes } = open();
  addKeys(kms, 'k1', 'k2', 'k3', 'k4');
  kms.pageSize.keys = 1;
  failing(kms, 'throttled', ({ operation, marker }) => operation === 'listKeys' && marker === 'after 2');
  await inventory.keys();
  await settle();
  const { keys, state } = await inventory.keys();
  assert.deepEqual(keyIds(keys), ['k1', 'k2']);
  assert.ok(state.kind === 'failed' && state.error.details.kind === 'throttled');
  assert.equal(changes.length, 2, 'the second page, and the failure');
  assert.equal(kms.count('listKeys'), 3, 'it is not asked again by itself');
});

test('a failure of the first page is the state of an empty list, and a refresh asks again', async () => {
  const { kms, inventory } = open();
  addKeys(kms, 'k1');
  const failure = failing(kms, 'network', ({ operation }) => operation === 'listKeys');
  assert.equal((await inventory.keys()).state.kind, 'failed');
  failure.off();
  assert.equal((await inventory.keys()).state.kind, 'failed');
  inventory.forgetAll();
  assert.equal((await inventory.keys()).state.kind, 'complete');
});

test('an error that is not ours becomes one of unknown kind', async () => {
  const { kms, inventory } = open();
  kms.before = () => Promise.reject(new TypeError('bug'));
  const { state } = await inventory.keys();
  assert.ok(state.kind === 'failed');
  const { kind, awsName, message } = state.error.details;
  assert.deepEqual([kind, awsName, message], ['unknown', 'TypeError', 'bug']);
});

test('concurrent questions for keys share one load, and later ones are answered from memory', async () => {
  const { kms, inventory } = open();
  addKeys(kms, 'k1');
  await Promise.all([inventory.keys(), inventory.keys(), inventory.keys()]);
  await inventory.keys();
  assert.deepEqual([kms.count('listKeys'), kms.count('listAliases')], [1, 1]);
});

test('an answer that a refresh overtook is dropped, and whoever waits for it gets the newer one', async () => {
  const { kms, inventory, changes } = open();
  addKeys(kms, 'old');
  const slow = gate();
  kms.before = () => slow.passed;
  const asked = inventory.keys();
  await settle();
  inventory.forgetAll();
  kms.keys.length = 0;
  addKeys(kms, 'new');
  kms.before = () => {};
  const newer = inventory.keys();
  slow.open();
  assert.deepEqual(keyIds((await asked).keys), ['new']);
  assert.deepEqual(keyIds((await newer).keys), ['new']);
  assert.deepEqual(changes, []);
});

test('a refresh aborts the pages that are still to come', async () => {
  const { kms, inventory, changes } = open();
  addKeys(kms, 'k1', 'k2');
  kms.pageSize.keys = 1;
  let pending: AbortSignal | undefined;
  kms.before = ({ marker }, signal) => {
    if (marker === undefined) {
      return undefined;
    }
    pending = signal;
    return new Promise(() => {});
  };
  await inventory.keys();
  await settle();
  assert.equal(pending?.aborted, false);
  inventory.forgetAll();
  assert.equal(pending?.aborted, true);
  await settle();
  assert.deepEqual(changes, []);
});

test('all keys come as the first page at once, then the whole list', async () => {
  const { kms, inventory } = open();
  addKeys(kms, 'k1', 'k2', 'k3');
  kms.pageSize.keys = 1;
  const counts: number[] = [];
  for await (const { keys } of inventory.allKeys()) {
    counts.push(keys.length);
  }
  assert.deepEqual([counts[0], counts.at(-1), counts.length], [1, 3, 2]);
});

test('all keys of a single page come once', async () => {
  const { kms, inventory } = open();
  addKeys(kms, 'k1');
  const listings = [];
  for await (const listing of inventory.allKeys()) {
    listings.push(listing);
  }
  assert.equal(listings.length, 1);
});

test('all keys end with the whole list even when a refresh comes in between', async () => {
  const { kms, inventory } = open();
  addKeys(kms, 'k1', 'k2', 'k3');
  kms.pageSize.keys = 1;
  const counts: number[] = [];
  for await (const { keys } of inventory.allKeys()) {
    counts.push(keys.length);
    if (counts.length === 1) {
      inventory.forgetAll();
    }
  }
  assert.equal(counts.at(-1), 3);
});

test('a hundred thousand keys take one request a page, and are sorted once for all who ask', async () => {
  const { kms, inventory } = open();
  for (let index = 0; index < 100_000; index += 1) {
    addKeys(kms, `k${(index * 7919) % 100_000}`);
  }
  for (let index = 0; index < 1000; index += 1) {
    addAlias(kms, `alias/${index}`, `k${index}`);
  }
  let last = await inventory.keys();
  for await (const listing of inventory.allKeys()) {
    last = listing;
  }
  assert.deepEqual([last.keys.length, last.state.kind], [100_000, 'complete']);
  assert.deepEqual([kms.count('listKeys'), kms.count('listAliases')], [100, 10]);
  assert.equal((await inventory.keys()).keys, last.keys, 'the very same list');
});

/** What a view does that asks for all keys at each change, with `count` keys of an alias each, on pages of a tenth of KMS's. */
async function follow(count: number) {
  const { kms, inventory, changes } = open();
  for (let index = 0; index < count; index += 1) {
    addKeys(kms, `k${(index * 7919) % count}`);
    addAlias(kms, `alias/${String(index).padStart(7, '0')}`, `k${index}`);
  }
  kms.pageSize.keys = 100;
  kms.pageSize.aliases = 10;
  const work = { changes: 0, keysSeen: 0, comparisons: 0 };
  const sort = Array.prototype.sort;
  Array.prototype.sort = function (this: unknown[], compare) {
    return sort.call(this, (left, right) => {
      work.comparisons += 1;
      return compare?.(left, right) ?? (String(left) < String(right) ? -1 : 1);
    });
  };
  try {
    let listing = await inventory.keys();
    while (listing.state.kind === 'loading') {
      await settleUntil(() => changes.length > work.changes);
      work.changes = changes.length;
      listing = await inventory.keys();
      work.keysSeen += listing.keys.length;
    }
    assert.equal(listing.keys.length, count);
    assert.deepEqual(
      listing.keys.map(({ aliases: [alias] }) => alias),
      kms.aliases.map(({ aliasName }) => aliasName),
    );
  } finally {
    Array.prototype.sort = sort;
  }
  return { ...work, pages: kms.calls.length };
}

async function settleUntil(holds: () => boolean): Promise<void> {
  while (!holds()) {
    await Promise.resolve();
  }
}

test('a view that follows twice the keys has twice the work, and is notified far less often than pages come', async () => {
  const [once, twice] = [await follow(10_000), await follow(20_000)];
  assert.deepEqual([once.pages, twice.pages], [1100, 2200]);
  assert.ok(
    twice.changes < 150 && twice.changes <= once.changes + 15,
    `${once.changes} changes, then ${twice.changes}`,
  );
  for (const what of ['keysSeen', 'comparisons'] as const) {
    assert.ok(twice[what] <= 2.2 * once[what], `${what}: ${once[what]}, then ${twice[what]}`);
  }
});

test('keys have their place once all keys are there and their aliases, which come by name', async () => {
  const { kms, inventory } = open();
  addKeys(kms, 'k1', 'k2', 'k3');
  for (const [index, keyId] of ['k1', 'k3'].entries()) {
    addAlias(kms, `alias/${index}`, keyId);
  }
  kms.pageSize.keys = 2;
  kms.pageSize.aliases = 1;
  const [keys, aliases] = [gate(), gate()];
  kms.before = ({ operation, marker }) =>
    marker === undefined ? undefined : (operation === 'listKeys' ? keys : aliases).passed;
  assert.equal((await inventory.keys()).stableCount, 0);
  keys.open();
  await settle();
  const some = await inventory.keys();
  assert.deepEqual([keyIds(some.keys), some.stableCount], [['k1', 'k2', 'k3'], 1]);
  aliases.open();
  await settle();
  assert.equal((await inventory.keys()).stableCount, 3);
});

test('an alias that is listed twice is one, and a change of a key makes a new one', async () => {
  const { kms, inventory } = open();
  addKeys(kms, 'k1');
  for (const name of ['alias/b', 'alias/b', 'alias/a']) {
    addAlias(kms, name, 'k1');
  }
  kms.pageSize.aliases = 1;
  const before = (await inventory.keys()).keys;
  await settle();
  assert.deepEqual(
    [before[0]?.aliases, (await inventory.keys()).keys[0]?.aliases],
    [['alias/b'], ['alias/a', 'alias/b']],
  );
});

// DescribeKey

test('rows that are gone before their key was described are not asked for; those of other lists are', async () => {
  const { kms, inventory } = open();
  const answers = gate();
  kms.before = () => answers.passed;
  const arns = (prefix: string) => Array.from({ length: 6 }, (_, index) => keyArnOf(`${prefix}${index}`));
  inventory.describe(arns('before'), 'keys');
  inventory.describe(arns('managed'), 'managed');
  inventory.describe(arns('after'), 'keys');
  answers.open();
  await settle();
  assert.deepEqual(
    kms.calls.map(({ keyArn }) => keyArn).toSorted(),
    [...arns('before').slice(0, 4), ...arns('managed'), ...arns('after')].toSorted(),
  );
});

test('at most four keys are described at a time, each once', async () => {
  const { kms, inventory, changes } = open();
  const arns = Array.from({ length: 30 }, (_, index) => keyArnOf(`k${index}`));
  const answers = gate();
  kms.before = () => answers.passed;
  inventory.describe(arns.slice(0, 20));
  inventory.describe(arns.slice(10), 'another list');
  inventory.describe([keyArnOf('k0'), keyArnOf('k0')], 'a third');
  await settle();
  assert.equal(kms.count('describeKey'), 4);
  answers.open();
  await settle();
  assert.equal(kms.peak.get('describeKey'), 4);
  assert.deepEqual(
    kms.calls.map(({ keyArn }) => keyArn),
    arns,
  );
  assert.equal(changes.length, 30);
  inventory.describe(arns);
  assert.equal(kms.count('describeKey'), 30);
});

test('what DescribeKey said is known from its answer on, and reported', async () => {
  const { inventory, changes } = open();
  assert.equal(inventory.metadata(arn), undefined);
  inventory.describe([arn]);
  assert.equal(inventory.metadata(arn), undefined);
  await settle();
  assert.equal(inventory.metadata(arn)?.state, 'Enabled');
  assert.deepEqual(changes, [{ kind: 'key', keyArn: arn }]);
});

test('a key that may not be described goes without, and the next one is asked', async () => {
  const { kms, inventory, changes } = open();
  failing(kms, 'accessDenied', ({ keyArn }) => keyArn === arn);
  inventory.describe([arn, keyArnOf('k2')]);
  await settle();
  assert.equal(inventory.metadata(arn), undefined);
  assert.deepEqual(changes, [{ kind: 'key', keyArn: keyArnOf('k2') }]);
  inventory.describe([arn]);
  await settle();
  assert.equal(kms.count('describeKey'), 2, 'asked again only after a refresh');
  inventory.forgetKey(arn);
  inventory.describe([arn]);
  await settle();
  assert.equal(kms.count('describeKey'), 3);
});

test('a description that a refresh overtook is dropped', async () => {
  const { kms, inventory, changes } = open();
  const slow = gate();
  kms.before = () => slow.passed;
  inventory.describe([arn, keyArnOf('k2'), keyArnOf('k3'), keyArnOf('k4'), keyArnOf('k5')]);
  inventory.forgetAll();
  slow.open();
  await settle();
  assert.equal(inventory.metadata(arn), undefined);
  assert.deepEqual(changes, []);
  assert.equal(kms.count('describeKey'), 4, 'those that waited are not asked any more');
});

// Grants

test('grants come in windows of 200, and more on demand', async () => {
  const { kms, inventory } = open();
  kms.addGrants(arn, ...manyIds(450));
  const first = await inventory.grants(arn);
  assert.deepEqual([first.grants.length, first.state.kind, kms.count('listGrants')], [grantBatchSize, 'more', 2]);
  await inventory.loadMoreGrants(arn);
  assert.equal((await inventory.grants(arn)).grants.length, 2 * grantBatchSize);
  await inventory.loadMoreGrants(arn);
  const last = await inventory.grants(arn);
  assert.deepEqual([last.grants.length, last.state.kind, kms.count('listGrants')], [450, 'complete', 5]);
  assert.equal(new Set(ids(last.grants)).size, 450);
});

test('grants are sorted within their window, so that rows on screen do not move when more arrive', async () => {
  const { kms, inventory } = open();
  kms.addGrants(arn, ...manyIds(400).reverse());
  const before = ids((await inventory.grants(arn)).grants);
  assert.deepEqual(before, manyIds(400).slice(200));
  await inventory.loadMoreGrants(arn);
  assert.deepEqual(ids((await inventory.grants(arn)).grants).slice(0, grantBatchSize), before);
});

test('fifty thousand grants take 500 requests, and each is there once', async () => {
  const { kms, inventory } = open();
  kms.addGrants(arn, ...manyIds(50_000));
  let listing = await inventory.grants(arn);
  while (listing.state.kind === 'more') {
    await inventory.loadMoreGrants(arn);
    listing = await inventory.grants(arn);
  }
  assert.deepEqual([listing.grants.length, kms.count('listGrants')], [50_000, 500]);
});

test('concurrent questions for the grants of a key share one load', async () => {
  const { kms, inventory } = open();
  kms.addGrants(arn, ...manyIds(300));
  await Promise.all([inventory.grants(arn), inventory.grants(arn)]);
  assert.equal(kms.count('listGrants'), 2);
  await Promise.all([inventory.loadMoreGrants(arn), inventory.loadMoreGrants(arn), inventory.grants(arn)]);
  assert.equal(kms.count('listGrants'), 3);
});

test('asking for more than there is asks for nothing', async () => {
  const { kms, inventory } = open();
  kms.addGrants(arn, ...manyIds(300));
  await inventory.loadMoreGrants(arn);
  assert.equal(kms.count('listGrants'), 0);
  await inventory.grants(arn);
  await inventory.loadMoreGrants(arn);
  await inventory.loadMoreGrants(arn);
  const { grants, state } = await inventory.grants(arn);
  assert.deepEqual([grants.length, state.kind, kms.count('listGrants')], [300, 'complete', 3]);
});

test('a failure in the middle keeps what came, and the next try goes on from there', async () => {
  const { kms, inventory } = open();
  kms.addGrants(arn, ...manyIds(250));
  const failure = failing(kms, 'throttled', ({ marker }) => marker === 'after 100');
  const broken = await inventory.grants(arn);
  assert.deepEqual([broken.grants.length, broken.state.kind], [100, 'failed']);
  failure.off();
  await inventory.loadMoreGrants(arn);
  const whole = await inventory.grants(arn);
  assert.deepEqual([whole.grants.length, whole.state.kind], [250, 'complete']);
  assert.deepEqual(
    kms.calls.map(({ marker }) => marker),
    [undefined, 'after 100', 'after 100', 'after 200'],
  );
});

test('a marker that KMS does not take any more starts the list again', async () => {
  const { kms, inventory } = open();
  kms.addGrants(arn, ...manyIds(250));
  const failure = failing(kms, 'invalidMarker', ({ marker }) => marker === 'after 100');
  const broken = await inventory.grants(arn);
  assert.deepEqual([broken.grants.length, broken.state.kind], [0, 'failed']);
  failure.off();
  await inventory.loadMoreGrants(arn);
  await inventory.loadMoreGrants(arn);
  assert.equal((await inventory.grants(arn)).grants.length, 250);
  assert.equal(kms.calls[2]?.marker, undefined);
});

test('a marker that KMS does not take in a later window starts the whole list again', async () => {
  const { kms, inventory } = open();
  kms.addGrants(arn, ...manyIds(250));
  await inventory.grants(arn);
  const failure = failing(kms, 'invalidMarker', ({ marker }) => marker === 'after 200');
  await inventory.loadMoreGrants(arn);
  assert.deepEqual((await inventory.grants(arn)).grants, []);
  failure.off();
  await inventory.loadMoreGrants(arn);
  assert.equal((await inventory.grants(arn)).grants.length, 200);
});

test('a failure on one key leaves the others alone', async () => {
  const { kms, inventory } = open();
  kms.addGrants(keyArnOf('k2'), 'g1');
  failing(kms, 'accessDenied', ({ keyArn }) => keyArn === arn);
  const [denied, fine] = await Promise.all([inventory.grants(arn), inventory.grants(keyArnOf('k2'))]);
  assert.ok(denied.state.kind === 'failed' && denied.state.error.details.kind === 'accessDenied');
  assert.deepEqual([ids(fine.grants), fine.state.kind], [['g1'], 'complete']);
});

test('empty pages are passed over, and a grant on two pages is there once', async () => {
  const { kms, inventory } = open();
  const pages: Page<Grant>[] = [
    { items: [], nextMarker: '1' },
    { items: [grant('g1'), grant('g2')], nextMarker: '2' },
    { items: [], nextMarker: '3' },
    { items: [grant('g2'), grant('g3')], nextMarker: undefined },
  ];
  kms.grantPages = ({ marker }) => pages[Number(marker ?? 0)] ?? assert.fail();
  const { grants, state } = await inventory.grants(arn);
  assert.deepEqual([ids(grants), state.kind], [['g1', 'g2', 'g3'], 'complete']);
});

test('a grant that a later window repeats is there once', async () => {
  const { kms, inventory } = open();
  kms.grantPages = ({ marker }) =>
    marker === undefined
      ? { items: manyIds(200).map((id) => grant(id)), nextMarker: 'next' }
      : { items: [grant('g00199'), grant('new')], nextMarker: undefined };
  await inventory.grants(arn);
  await inventory.loadMoreGrants(arn);
  const { grants } = await inventory.grants(arn);
  assert.deepEqual([grants.length, grants.at(-1)?.grantId], [201, 'new']);
});

test('a refresh of one key asks for that key alone', async () => {
  const { kms, inventory } = open();
  await inventory.keys();
  await inventory.grants(arn);
  await inventory.grants(keyArnOf('k2'));
  inventory.describe([arn]);
  await settle();
  kms.calls.length = 0;
  inventory.forgetKey(arn);
  await inventory.keys();
  await inventory.grants(arn);
  await inventory.grants(keyArnOf('k2'));
  inventory.describe([arn, keyArnOf('k2')]);
  await settle();
  assert.deepEqual(
    kms.calls.map(({ operation, keyArn }) => [operation, keyArn]),
    [
      ['listGrants', arn],
      ['describeKey', arn],
      ['describeKey', keyArnOf('k2')],
    ],
  );
});

test('a refresh of the grants of a key keeps its description', async () => {
  const { inventory } = open();
  inventory.describe([arn]);
  await settle();
  inventory.forgetGrants(arn);
  assert.deepEqual(inventory.metadata(arn), metadata(arn));
});

test('grants that a refresh overtook are dropped, and whoever waits for them gets the newer ones', async () => {
  const { kms, inventory } = open();
  kms.addGrants(arn, 'old');
  const slow = gate();
  kms.before = () => slow.passed;
  const asked = inventory.grants(arn);
  await settle();
  inventory.forgetGrants(arn);
  kms.grants.clear();
  kms.addGrants(arn, 'new');
  kms.before = () => {};
  const newer = inventory.grants(arn);
  slow.open();
  assert.deepEqual([ids((await asked).grants), ids((await newer).grants)], [['new'], ['new']]);
  assert.equal(kms.count('listGrants'), 2);
});

test('a window that a refresh overtook adds nothing to the new list', async () => {
  const { kms, inventory } = open();
  kms.addGrants(arn, ...manyIds(400));
  await inventory.grants(arn);
  const slow = gate();
  kms.before = ({ marker }) => (marker === 'after 200' ? slow.passed : undefined);
  const more = inventory.loadMoreGrants(arn);
  inventory.forgetAll();
  await more;
  slow.open();
  assert.equal((await inventory.grants(arn)).grants.length, grantBatchSize);
});

test('closing aborts every request, and answers come back without new ones', async () => {
  const { kms, inventory, changes, close } = open();
  const signals: AbortSignal[] = [];
  kms.before = (_call, signal) => {
    signals.push(signal);
    return new Promise(() => {});
  };
  const [keys, grants] = [inventory.keys(), inventory.grants(arn)];
  inventory.describe([arn, ...manyIds(9).map(keyArnOf)]);
  await settle();
  close();
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [true, true, true, true, true, true, true],
  );
  assert.equal((await keys).state.kind, 'failed');
  assert.equal((await grants).state.kind, 'failed');
  await settle();
  assert.equal(kms.calls.length, 7);
  assert.deepEqual(changes, []);
});

test('twenty keys with five grants each, all expanded, take at most 24 requests besides DescribeKey', async () => {
  const { kms, inventory } = open();
  for (let index = 0; index < 20; index += 1) {
    addKeys(kms, `k${index}`);
    addAlias(kms, `alias/key-${index}`, `k${index}`);
    kms.addGrants(keyArnOf(`k${index}`), ...manyIds(5));
  }
  const { keys } = await inventory.keys();
  inventory.describe(keys.map((key) => key.arn));
  const listings = await Promise.all(keys.map((key) => inventory.grants(key.arn)));
  await settle();
  assert.equal(listings.flatMap(({ grants }) => grants).length, 100);
  assert.equal(kms.count('describeKey'), 20);
  assert.ok(kms.calls.length - 20 <= 24, `${kms.calls.length - 20} requests`);
});

test('grants with a name come first, by name; then the newest', () => {
  const day = (date: number) => new Date(Date.UTC(2026, 0, date));
  const sorted = [
    grant('no date', { creationDate: undefined }),
    grant('b', { creationDate: day(2) }),
    grant('newest', { creationDate: day(9) }),
    grant('named z', { name: 'z', creationDate: day(9) }),
    grant('a', { creationDate: day(2) }),
    grant('named a, older', { name: 'a', creationDate: day(1) }),
    grant('named a, newer', { name: 'a', creationDate: day(3) }),
  ].sort(compareGrants);
  assert.deepEqual(ids(sorted), ['named a, newer', 'named a, older', 'named z', 'newest', 'a', 'b', 'no date']);
});
