import assert from 'node:assert/strict';
import test from 'node:test';
import { Emitter } from '../../../../src/core/base/emitter.ts';
import { FollowUps } from '../../../../src/core/changes/followUps.ts';
import type { EndedWait, RevocationOutcome } from '../../../../src/core/changes/revocationRecord.ts';
import type { GrantLocator } from '../../../../src/core/kms/model.ts';
import { FakeClock, grant, key, profileRef } from '../fakes.ts';

const gone: RevocationOutcome = { kind: 'gone', afterMs: 1000 };
const stopped: RevocationOutcome = { kind: 'stopped', lastRead: 'listed' };

function setUp() {
  const clock = new FakeClock();
  const reports: string[][] = [];
  const ends = new Emitter<EndedWait>();
  const leaves = new Emitter<GrantLocator>();
  const followUps = new FollowUps(clock, { onDidEnd: ends.event, onDidSuspend: leaves.event });
  followUps.onDidReport((together) =>
    reports.push(together.map(({ record, outcome }) => `${record.grant.grantId} ${outcome.kind}`)),
  );
  const place = (grantId: string) => ({ connection: profileRef, key: key(), grant: grant(grantId) });
  const ended = (grantId: string, outcome = gone) =>
    ends.fire({
      record: { ...place(grantId), id: grantId, kind: 'revoke', account: undefined, requestedAt: 0, accepted: true },
      outcome,
    });
  const left = (grantId: string) => leaves.fire(place(grantId));
  return { followUps, reports, place, ended, left, pass: (ms: number) => clock.advance(ms) };
}

test('what a batch holds is reported once, when the last of it has ended and no more is added', async () => {
  const { followUps, reports, place, ended, pass } = setUp();
  const batch = followUps.batch();
  batch.add(place('a'));
  ended('a');
  batch.add(place('b'));
  batch.add(place('c'));
  batch.close();
  await pass(600_000);
  assert.deepEqual(reports, []);
  ended('b', { kind: 'timedOut', afterMs: 1 });
  ended('c');
  assert.deepEqual(reports, [['a gone', 'b timedOut', 'c gone']]);
});

test('what was refused holds nothing up, and a batch of nothing reports nothing', () => {
  const { followUps, reports, place, ended } = setUp();
  const batch = followUps.batch();
  batch.add(place('a'));
  batch.add(place('b'));
  ended('a');
  batch.close();
  batch.drop(place('b'));
  assert.deepEqual(reports, [['a gone']]);
  followUps.batch().close();
  assert.deepEqual(reports.length, 1);
});

test('what a later read finds of a grant of a batch is reported by itself', async () => {
  const { followUps, reports, place, ended, pass } = setUp();
  const batch = followUps.batch();
  batch.add(place('a'));
  batch.close();
  ended('a', { kind: 'unread', afterMs: 1, lastRead: 'none', trouble: 'network' });
  ended('a');
  await pass(3000);
  assert.deepEqual(reports, [['a unread'], ['a gone']]);
});

test('of waits that end one soon after another the first is reported at once, the others together', async () => {
  const { reports, ended, pass } = setUp();
  ended('a');
  assert.deepEqual(reports, [['a gone']]);
  await pass(2000);
  ended('b');
  await pass(2000);
  ended('c');
  await pass(2999);
  assert.equal(reports.length, 1);
  await pass(1);
  assert.deepEqual(reports, [['a gone'], ['b gone', 'c gone']]);
  ended('d');
  assert.deepEqual(reports.at(-1), ['d gone']);
});

test('a wait that the user stopped is not reported', async () => {
  const { followUps, reports, place, ended, pass } = setUp();
  ended('a', stopped);
  const batch = followUps.batch();
  batch.add(place('b'));
  batch.close();
  ended('b', stopped);
  await pass(3000);
  assert.deepEqual(reports, []);
});

test('nothing is reported once the window closes', async () => {
  const { followUps, reports, ended, pass } = setUp();
  ended('a');
  ended('b');
  followUps.dispose();
  await pass(3000);
  ended('c');
  assert.deepEqual(reports, [['a gone']]);
});

test('a wait that is left, and one that a newer revoke takes over, hold nothing up', () => {
  const { followUps, reports, place, ended, left } = setUp();
  const [first, second] = [followUps.batch(), followUps.batch()];
  for (const grantId of ['a', 'b', 'c']) {
    first.add(place(grantId));
  }
  first.close();
  ended('a');
  left('b');
  assert.deepEqual(reports, []);
  second.add(place('c'));
  assert.deepEqual(reports, [['a gone']]);
  second.close();
  ended('c');
  assert.deepEqual(reports, [['a gone'], ['c gone']]);
});
