import assert from 'node:assert/strict';
import test from 'node:test';
import { type Comparison, compare } from '../../../../src/core/baseline/compare.ts';
import { snapshotOf } from '../../../../src/core/baseline/snapshot.ts';
import type { ScanResult } from '../../../../src/core/findings/scan.ts';
import { grant, keyArnOf, kmsError } from '../fakes.ts';
import { connectionOf, dev, prod, scanned, search, unreadable } from './searches.ts';

const compared = (before: ScanResult, now: ScanResult) => compare(snapshotOf(before), snapshotOf(now));
const ids = (grants: Comparison['gone']) => grants.map(({ grant: { grantId } }) => grantId);
const outcome = ({ appeared, gone, changed, unchanged, gaps }: Comparison) => ({
  appeared: ids(appeared),
  gone: ids(gone),
  changed: ids(changed),
  unchanged,
  gaps: gaps.map(({ kind }) => kind),
});

test('a grant is new, gone or the same by its key and ID', () => {
  const before = search([scanned('k1', [grant('g1'), grant('g2')]), scanned('k2', [grant('g1')])]);
  const now = search([scanned('k1', [grant('g2'), grant('g3')]), scanned('k2', [grant('g1')])]);
  assert.deepEqual(outcome(compared(before, now)), {
    appeared: ['g3'],
    gone: ['g1'],
    changed: [],
    unchanged: 2,
    gaps: [],
  });
});

test('a changed grant has the fields that differ, as they were and are', () => {
  const before = grant('g1', { operations: ['Decrypt', 'Encrypt'], retiringPrincipal: undefined });
  const now = grant('g1', {
    operations: ['Encrypt', 'Decrypt'],
    granteePrincipal: { kind: 'principal', value: 'AROAEXAMPLE3STRINGS2X' },
    retiringPrincipal: { kind: 'servicePrincipal', value: 'rds.amazonaws.com' },
    constraints: { encryptionContextEquals: { a: '1' }, encryptionContextSubset: {}, sourceArn: undefined },
  });
  const { changed, unchanged } = compared(search([scanned('k1', [before])]), search([scanned('k1', [now])]));
  assert.equal(unchanged, 0);
  assert.deepEqual(changed[0]?.fields, [
    { name: 'GranteePrincipal', before: 'arn:aws:iam::111122223333:role/app/Reader', now: 'AROAEXAMPLE3STRINGS2X' },
    { name: 'RetiringServicePrincipal', before: undefined, now: 'rds.amazonaws.com' },
    { name: 'Constraints', before: undefined, now: '{"EncryptionContextEquals":{"a":"1"}}' },
  ]);
});

test('a grant is not gone where its key was not read to its end now', () => {
  const before = search([scanned('k1', [grant('g1'), grant('g2')])]);
  const denied = kmsError('accessDenied');
  for (const [now, kind, unchanged] of [
    [search([], { unreadable: [unreadable(denied, 'k1')] }), 'keyUnread', 0],
    [
      search([scanned('k1', [grant('g1')], { isComplete: false })], { unreadable: [unreadable(denied, 'k1')] }),
      'keyUnread',
      1,
    ],
    [search([scanned('k1', [grant('g1')], { isComplete: false })]), 'keyIncomplete', 1],
    [search([]), 'keyMissing', 0],
  ] as const) {
    const comparison = compared(before, now);
    assert.deepEqual(outcome(comparison), { appeared: [], gone: [], changed: [], unchanged, gaps: [kind] });
    const [gap] = comparison.gaps;
    assert.ok(gap?.kind === kind && gap.in === 'now' && gap.grants === 2 - unchanged);
    assert.deepEqual([gap.keyArn, gap.aliases], [keyArnOf('k1'), ['alias/k1']]);
    // The other way round it is not new either.
    assert.deepEqual(outcome(compared(now, before)), { appeared: [], gone: [], changed: [], unchanged, gaps: [kind] });
  }
});

test('of a key that was read in part, what was read is compared', () => {
  const before = search([scanned('k1', [grant('g1'), grant('g2')])]);
  const now = search([scanned('k1', [grant('g2', { name: 'new' }), grant('g3')], { isComplete: false })]);
  assert.deepEqual(outcome(compared(before, now)), {
    appeared: ['g3'],
    gone: [],
    changed: ['g2'],
    unchanged: 0,
    gaps: ['keyIncomplete'],
  });
});

test('a key that could be read on neither side is named for both', () => {
  const denied = search([], { unreadable: [unreadable(kmsError('accessDenied'), 'k1')] });
  const { gaps } = compared(denied, denied);
  assert.deepEqual(
    gaps.map((gap) => [gap.kind, 'in' in gap && gap.in]),
    [
      ['keyUnread', 'now'],
      ['keyUnread', 'baseline'],
    ],
  );
});

test('a key without grants that only one side has is no gap', () => {
  assert.deepEqual(compared(search([scanned('k1', [])]), search([])).gaps, []);
});

test('a key that one connection may not read is compared where another one read it', () => {
  const before = search([scanned('k1', [grant('g1')])]);
  const now = search([scanned('k1', [])], { unreadable: [unreadable(kmsError('accessDenied'), 'k1', dev)] });
  assert.deepEqual(outcome(compared(before, now)), {
    appeared: [],
    gone: ['g1'],
    changed: [],
    unchanged: 0,
    gaps: [],
  });
});

test('another account, missing connections and cancelled searches come before all else, and take nothing away', () => {
  const before = search([scanned('k1', [grant('g1')])], {
    searched: [
      { connection: connectionOf(prod), account: '111122223333' },
      { connection: connectionOf(dev), account: '111122223333' },
    ],
  });
  const now = search([], {
    searched: [{ connection: connectionOf(prod), account: '444455556666' }],
    wasCancelled: true,
  });
  assert.deepEqual(outcome(compared(before, now)), {
    appeared: [],
    gone: [],
    changed: [],
    unchanged: 0,
    gaps: ['otherPlace', 'connectionMissing', 'cancelled', 'keyMissing'],
  });
  const back = compared(now, before).gaps.filter((gap) => gap.kind === 'connectionMissing');
  assert.deepEqual(
    back.map(({ in: side }) => side),
    ['baseline'],
  );
});

test('a connection that could not be opened has its reason, and is not called missing', () => {
  const before = search([scanned('k1', [grant('g1')])]);
  const now = search([], { searched: [], unreadable: [unreadable(kmsError('ssoExpired'))] });
  assert.deepEqual(outcome(compared(before, now)).gaps, ['connectionUnread', 'keyMissing']);
});

test('a connection whose account nobody named is not called another', () => {
  const unknown = search([], { searched: [{ connection: connectionOf(), account: undefined }] });
  assert.deepEqual(compared(search([]), unknown).gaps, []);
});

test('the same key through a renamed profile is the same key', () => {
  const now = search([scanned('k1', [grant('g1')], { connection: connectionOf(dev) })], {
    searched: [{ connection: connectionOf(dev), account: '111122223333' }],
  });
  const { unchanged, gaps } = outcome(compared(search([scanned('k1', [grant('g1')])]), now));
  assert.deepEqual([unchanged, gaps], [1, ['connectionMissing', 'connectionMissing']]);
});
