import assert from 'node:assert/strict';
import test from 'node:test';
import { eventHistoryMs, findCreator } from '../../../../src/core/evidence/creator.ts';
import { grant, kmsError } from '../fakes.ts';
import { FakeEvidence, trailEvent } from './fakeEvidence.ts';

const created = new Date(Date.UTC(2026, 9, 1, 12));
const now = created.getTime() + 24 * 60 * 60_000;
const never = new AbortController().signal;
const given = grant('g1', { creationDate: created });
const later = (seconds: number) => new Date(created.getTime() + seconds * 1000);
const creation = (grantId: string, time: Date, granteePrincipal = 'arn:aws:iam::111122223333:role/app/Reader') =>
  trailEvent('CreateGrant', time, {
    requestParameters: { granteePrincipal },
    responseElements: { grantId },
  });

test('the creator is in the event of the date, by one request', async () => {
  const api = new FakeEvidence();
  api.events = [creation('g0', later(1)), creation('g1', later(2)), creation('g2', later(3))];
  const answer = await findCreator(api, given, now, never);
  assert.ok(answer.kind === 'known' && answer.value.kind === 'found');
  assert.equal(answer.at, now);
  assert.equal(answer.value.event.caller.arn, 'arn:aws:iam::111122223333:user/Alice');
  assert.equal(answer.value.event.granteePrincipal, 'arn:aws:iam::111122223333:role/app/Reader');
  assert.equal(api.requests.length, 1);
});

test('an event that is minutes away is found in a second, wider window', async () => {
  const api = new FakeEvidence();
  api.events = [creation('g1', later(600))];
  const answer = await findCreator(api, given, now, never);
  assert.ok(answer.kind === 'known' && answer.value.kind === 'found');
  assert.equal(api.requests.length, 2);
});

test('what is not found says how far it was looked, and never that nobody made the grant', async () => {
  const api = new FakeEvidence();
  api.events = [creation('g2', later(5))];
  const answer = await findCreator(api, given, now, never);
  assert.deepEqual(answer, {
    kind: 'known',
    at: now,
    value: {
      kind: 'notFound',
      since: later(-900),
      until: later(900),
      events: 1,
      isPartial: false,
      mayArrive: false,
    },
  });
});

test('a grant older than the event history, or without a date, costs no request', async () => {
  const api = new FakeEvidence();
  const old = await findCreator(api, given, created.getTime() + eventHistoryMs + 1, never);
  assert.deepEqual(old, { kind: 'known', at: created.getTime() + eventHistoryMs + 1, value: { kind: 'tooOld' } });
  const undated = await findCreator(api, grant('g1', { creationDate: undefined }), now, never);
  assert.deepEqual(undated, { kind: 'known', at: now, value: { kind: 'noDate' } });
  assert.deepEqual(api.requests, []);
});

test('a young grant may lack its event still', async () => {
  const answer = await findCreator(new FakeEvidence(), given, created.getTime() + 60_000, never);
  assert.ok(answer.kind === 'known' && answer.value.kind === 'notFound' && answer.value.mayArrive);
});

test('with one request, what it did not read is said to be there', async () => {
  const api = new FakeEvidence();
  api.pageSize = 2;
  api.events = [creation('g1', later(1)), creation('g2', later(2)), creation('g3', later(3))];
  const answer = await findCreator(api, given, now, never, 1);
  assert.ok(answer.kind === 'known' && answer.value.kind === 'notFound');
  assert.deepEqual([answer.value.events, answer.value.isPartial], [2, true]);
  assert.equal(api.requests.length, 1);
  const all = await findCreator(api, given, now, never);
  assert.ok(all.kind === 'known' && all.value.kind === 'found');
});

test('an event of another service, or that cannot be read, is none', async () => {
  const api = new FakeEvidence();
  const licence = trailEvent('CreateGrant', later(1), {
    eventSource: 'license-manager.amazonaws.com',
    responseElements: { grantId: 'g1' },
  });
  api.events = [licence, { ...licence, json: '{"eventName":' }, { ...licence, json: '"text"' }];
  const answer = await findCreator(api, given, now, never);
  assert.ok(answer.kind === 'known' && answer.value.kind === 'notFound');
});

test('a denial names its permission; a failure is one', async () => {
  const api = new FakeEvidence();
  for (const [kind, expected] of [
    ['accessDenied', 'denied'],
    ['notSupported', 'notSupported'],
    ['throttled', 'failed'],
  ] as const) {
    api.before = () => {
      throw kmsError(kind, { operation: 'LookupEvents' });
    };
    assert.equal((await findCreator(api, given, now, never)).kind, expected);
  }
});

test('cancelled, it is nothing that is known', async () => {
  const cancelled = AbortSignal.abort();
  await assert.rejects(findCreator(new FakeEvidence(), given, now, cancelled), { name: 'AbortError' });
});
