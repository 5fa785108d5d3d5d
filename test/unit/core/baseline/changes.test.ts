import assert from 'node:assert/strict';
import test from 'node:test';
import { changesOf } from '../../../../src/core/baseline/changes.ts';
import { compare, type EndOf } from '../../../../src/core/baseline/compare.ts';
import { snapshotOf } from '../../../../src/core/baseline/snapshot.ts';
import { defaultFindingOptions } from '../../../../src/core/findings/finding.ts';
import { heldGrants } from '../../../../src/core/findings/grantGroups.ts';
import type { ScanResult } from '../../../../src/core/findings/scan.ts';
import { grant } from '../fakes.ts';
import { connectionOf, dev, scanned, search } from './searches.ts';

function groupsOf(before: ScanResult, now: ScanResult, endOf: EndOf = () => undefined) {
  const source = { comparison: compare(snapshotOf(before), snapshotOf(now)), file: 'last.jsonl', problems: [] };
  const held = heldGrants(now.keys, defaultFindingOptions, 0, () => false);
  return changesOf(source, now, () => endOf).groups(held, (gone) => gone);
}

const ids = (groups: ReturnType<typeof groupsOf>) =>
  groups.map(({ title, grants }) => [title, ...grants.map((one) => one.grant.grantId)].join(' '));

test('each change is a group, in one order, and each group without grants is left out', () => {
  const before = search([scanned('k1', [grant('g1'), grant('g2'), grant('g3')])]);
  const now = search([scanned('k1', [grant('g4'), grant('g3'), grant('g2', { name: 'new' })])]);
  assert.deepEqual(ids(groupsOf(before, now)), ['Appeared g4', 'Gone g1', 'Changed g2', 'Unchanged g3']);
  assert.deepEqual(ids(groupsOf(before, before)), ['Unchanged g1 g2 g3']);
});

test('a key that two connections read has its changes in the rows of both', () => {
  const both = (grants: Parameters<typeof scanned>[1]) => [
    scanned('k1', grants),
    scanned('k1', grants, { connection: connectionOf(dev) }),
  ];
  const [appeared, gone] = groupsOf(search(both([grant('g1')])), search(both([grant('g2')])));
  assert.deepEqual([appeared?.title, appeared?.grants.length], ['Appeared', 2]);
  assert.deepEqual([gone?.title, gone?.grants.length], ['Gone', 1]);
});

test('of many keys that were not compared, some have a row, and the others a number', () => {
  const many = search(Array.from({ length: 230 }, (_, n) => scanned(`k${n}`, [grant('g1'), grant('g2')])));
  const [group] = groupsOf(many, search([]));
  assert.deepEqual([group?.title, group?.count, group?.grants.length], ['Not compared', 460, 0]);
  assert.equal(group?.notes?.length, 201);
  assert.equal(group?.notes?.at(-1)?.title, 'Other keys: 30');
  assert.match(group?.notes?.[0]?.sentence ?? '', /^2 grants · Not in this search/);
});

test('what is known of the end of a grant is in its row', () => {
  const before = search([scanned('k1', [grant('g1'), grant('g2')])]);
  const fields = [{ name: 'Revoked here', value: 'yesterday' }];
  const [gone] = groupsOf(before, search([scanned('k1', [])]), ({ grant: { grantId } }) =>
    grantId === 'g1' ? { short: 'gone · Revoked here', fields } : undefined,
  );
  assert.deepEqual(
    gone?.grants.map(({ change }) => change),
    [
      { kind: 'gone', short: 'gone · Revoked here', fields },
      { kind: 'gone', short: 'gone', fields: [] },
    ],
  );
});
