import assert from 'node:assert/strict';
import test from 'node:test';
import { Inventory } from '../../../../src/core/connections/inventory.ts';
import { scanGrants } from '../../../../src/core/findings/scan.ts';
import { isKind } from '../../../../src/core/kms/errors.ts';
import type { KmsApi } from '../../../../src/core/kms/kmsApi.ts';
import type { Grant, Page } from '../../../../src/core/kms/model.ts';
import { collectPages, paginate } from '../../../../src/core/kms/pages.ts';
import { findGrant, listedGrantsReader } from '../../../../src/core/kms/readGrant.ts';
import { retirableGrants } from '../../../../src/core/kms/retirement.ts';
import { FakeClock, FakeKms, grant, keyArnOf, openSession } from '../fakes.ts';

const arn = keyArnOf('k1');
const never = new AbortController().signal;
const isEndless = (error: unknown) => isKind(error, 'endlessList');

type Read<T> = (marker: string | undefined) => Promise<Page<T>>;

/** Lists that never end, each in its own way, of what `make` makes. */
const endless: Readonly<Record<string, <T>(make: (index: number) => T) => Read<T>>> = {
  'repeats its only marker': (make) => async () => ({ items: [make(0)], nextMarker: 'same' }),
  'leads back to an earlier page': (make) => {
    let pages = 0;
    return async () => {
      pages += 1;
      return { items: [make(pages)], nextMarker: `marker ${pages % 7}` };
    };
  },
  'has nothing but empty pages': () => {
    let pages = 0;
    return async () => {
      pages += 1;
      return { items: [], nextMarker: `marker ${pages}` };
    };
  },
  'has a new page for ever': (make) => {
    let pages = 0;
    return async () => {
      pages += 1;
      return { items: [make(0)], nextMarker: `marker ${pages}` };
    };
  },
};

for (const [what, make] of Object.entries(endless)) {
  test(`a list that ${what} ends with a sentence, and what came before is there`, async () => {
    const read = make((index) => index);
    let pages = 0;
    await assert.rejects(async () => {
      for await (const _ of paginate(read)) {
        pages += 1;
      }
    }, isEndless);
    assert.ok(pages > 0);
    await assert.rejects(collectPages(make((index) => index)), isEndless);
  });

  test(`whoever follows grants that KMS lists hangs on none that ${what}`, async () => {
    const listing = (): KmsApi => {
      const read: Read<Grant> = make((index) => grant(`g${index}`, { keyArn: arn }));
      return Object.assign(new FakeKms(), {
        listGrants: ({ marker }: { readonly marker?: string }) => read(marker),
        listRetirableGrants: (_: string, marker: string | undefined) => read(marker),
      });
    };
    await assert.rejects(findGrant(listing(), { keyArn: arn, grantId: 'wanted' }, never), isEndless);
    await assert.rejects(listedGrantsReader(listing(), arn)(['a', 'b', 'c', 'wanted'], never), isEndless);
    await assert.rejects(async () => {
      for await (const _ of retirableGrants(listing(), ['arn:aws:iam::111122223333:role/R'], never)) {
      }
    }, isEndless);

    const kms = new FakeKms();
    kms.keys.push({ keyId: 'k1', arn });
    const found = await scanGrants({
      sessions: [{ ...openSession(kms), background: Object.assign(listing(), { keys: kms.keys }) }],
      signal: never,
      clock: new FakeClock({ auto: true }),
      progress: () => {},
    });
    assert.deepEqual(
      found.unreadable.map(({ key, error }) => [key?.keyId, error.details.kind]),
      [['k1', 'endlessList']],
    );

    const inventory = new Inventory(listing(), never, new FakeClock());
    let listed = await inventory.grants(arn);
    while (listed.state.kind === 'more') {
      await inventory.loadMoreGrants(arn);
      listed = await inventory.grants(arn);
    }
    assert.ok(listed.state.kind === 'failed' && isEndless(listed.state.error));
  });

  test(`the keys and aliases of a list that ${what} are those that came before`, async () => {
    const keys = make((index) => ({ keyId: `k${index}`, arn: keyArnOf(`k${index}`) }));
    const aliases = make((index) => ({ aliasName: `alias/${index}`, targetKeyId: `k${index}` }));
    const api: KmsApi = Object.assign(new FakeKms(), { listKeys: keys, listAliases: aliases });
    const inventory = new Inventory(api, never, new FakeClock());
    let last = await inventory.keys();
    for await (const listing of inventory.allKeys()) {
      last = listing;
    }
    assert.ok(last.state.kind === 'failed' && isEndless(last.state.error));
    assert.ok(isEndless(last.aliasError));
  });
}

test('a list with empty pages here and there is read to its end', async () => {
  let pages = 0;
  const read: Read<number> = async () => {
    pages += 1;
    const nextMarker = pages === 5_000 ? undefined : `marker ${pages}`;
    return { items: pages % 900 === 0 ? [pages] : [], nextMarker };
  };
  assert.deepEqual(await collectPages(read), [900, 1800, 2700, 3600, 4500]);
});

test('a list that led back to itself begins again when it is retried', async () => {
  const kms = new FakeKms();
  kms.grantPages = () => ({ items: [grant('g1', { keyArn: arn })], nextMarker: 'same' });
  const inventory = new Inventory(kms, never, new FakeClock());
  assert.equal((await inventory.grants(arn)).state.kind, 'failed');
  kms.grantPages = undefined;
  kms.addGrants(arn, 'g1', 'g2');
  await inventory.loadMoreGrants(arn);
  const { grants, state } = await inventory.grants(arn);
  assert.deepEqual([grants.map(({ grantId }) => grantId), state.kind], [['g1', 'g2'], 'complete']);
});
