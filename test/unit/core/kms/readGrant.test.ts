import assert from 'node:assert/strict';
import test from 'node:test';
import { findGrant, listedGrantsReader } from '../../../../src/core/kms/readGrant.ts';
import { FakeKms, failing, grant, keyArnOf, kmsError } from '../fakes.ts';

const never = new AbortController().signal;
const arn = keyArnOf('k1');

// Reading one grant

test('a grant is found with a read of that grant alone, as KMS has it now', async () => {
  const kms = new FakeKms();
  kms.addGrants(arn, 'g1', 'g2');
  assert.equal((await findGrant(kms, { keyArn: arn, grantId: 'g2' }, never))?.grantId, 'g2');
  assert.deepEqual(kms.calls, [{ operation: 'listGrants', keyArn: arn, grantId: 'g2' }]);
});

test('a grant is found behind empty pages, and among others when a server ignores the filter', async () => {
  const kms = new FakeKms();
  kms.grantPages = ({ marker }) =>
    marker === undefined
      ? { items: [], nextMarker: 'm1' }
      : { items: [grant('other'), grant('g1')], nextMarker: undefined };
  assert.equal((await findGrant(kms, { keyArn: arn, grantId: 'g1' }, never))?.grantId, 'g1');
  assert.equal(kms.calls[1]?.marker, 'm1');
});

test('a grant that KMS does not list is not found', async () => {
  assert.equal(await findGrant(new FakeKms(), { keyArn: arn, grantId: 'g1' }, never), undefined);
});

for (const kind of ['grantNotFound', 'keyNotFound', 'invalidGrantId'] as const) {
  test(`a grant is not there when KMS says ${kind}`, async () => {
    const kms = new FakeKms();
    failing(kms, 'listGrants', kind);
    assert.equal(await findGrant(kms, { keyArn: arn, grantId: 'g1' }, never), undefined);
  });
}

for (const kind of ['throttled', 'accessDenied', 'wrongRegion', 'network'] as const) {
  test(`whether a grant is there stays open when KMS says ${kind}`, async () => {
    const kms = new FakeKms();
    failing(kms, 'listGrants', kind);
    await assert.rejects(findGrant(kms, { keyArn: arn, grantId: 'g1' }, never), kmsError(kind));
  });
}

test('up to three grants of a key are read one by one', async () => {
  const kms = new FakeKms();
  kms.addGrants(arn, 'g1', 'g2', 'g3', 'g4');
  kms.unlist(arn, 'g2');
  assert.deepEqual(await listedGrantsReader(kms, arn)(['g1', 'g2', 'g3'], never), new Set(['g1', 'g3']));
  assert.deepEqual(
    kms.calls.map(({ grantId }) => grantId),
    ['g1', 'g2', 'g3'],
  );
});

test('more than three are read in one sweep of the list', async () => {
  const kms = new FakeKms();
  kms.addGrants(arn, ...Array.from({ length: 250 }, (_, index) => `g${index}`));
  const listed = await listedGrantsReader(kms, arn)(['g0', 'g1', 'g249', 'missing'], never);
  assert.deepEqual(listed, new Set(['g0', 'g1', 'g249']));
  assert.deepEqual(
    kms.calls.map(({ grantId, marker }) => [grantId, marker]),
    [
      [undefined, undefined],
      [undefined, 'after 100'],
      [undefined, 'after 200'],
    ],
  );
});

test('a sweep ends where the last of the grants was seen', async () => {
  const kms = new FakeKms();
  kms.addGrants(arn, ...Array.from({ length: 500 }, (_, index) => `g${index}`));
  await listedGrantsReader(kms, arn)(['g0', 'g10', 'g20', 'g120'], never);
  assert.equal(kms.count('listGrants'), 2);
});

test('a sweep of a long list is given up where reading one by one is cheaper, and not begun again', async () => {
  const kms = new FakeKms();
  kms.addGrants(arn, ...Array.from({ length: 50_000 }, (_, index) => `g${index}`));
  const read = listedGrantsReader(kms, arn);
  const wanted = ['g0', 'g10', 'g49998', 'missing'];
  assert.deepEqual(await read(wanted, never), new Set(['g0', 'g10', 'g49998']));
  assert.equal(kms.count('listGrants'), 5 + 2);
  await read(wanted, never);
  assert.equal(kms.count('listGrants'), 5 + 2 + 4);
});

test('a sweep of a key that is gone lists nothing, and any other failure says nothing', async () => {
  const kms = new FakeKms();
  const read = () => listedGrantsReader(kms, arn)(['g1', 'g2', 'g3', 'g4'], never);
  failing(kms, 'listGrants', 'keyNotFound', 'throttled');
  assert.deepEqual(await read(), new Set());
  await assert.rejects(read(), kmsError('throttled'));
});

const retiredBy = (grantId: string, value: string) =>
  grant(grantId, { retiringPrincipal: { kind: 'principal', value } });

test('of several principals one that KMS does not know does not pass for one without grants', async () => {
  const kms = new FakeKms();
  kms.grants.set(arn, [retiredBy('g1', 'janitor'), retiredBy('g2', 'deleted')]);
  const principals = new Map([
    ['g1', 'janitor'],
    ['g2', 'deleted'],
  ]);
  const read = listedGrantsReader(kms, arn, (grantId) => principals.get(grantId));
  kms.before = ({ operation, principalArn }) => {
    if (operation === 'listGrants') {
      throw kmsError('accessDenied');
    }
    if (principalArn === 'deleted') {
      throw kmsError('invalidArn');
    }
  };
  assert.deepEqual(await read(['g1'], never), new Set(['g1']));
  await assert.rejects(read(['g1', 'g2'], never), kmsError('invalidArn'));
  await assert.rejects(read(['g1', 'unknown'], never), kmsError('accessDenied'));
});
