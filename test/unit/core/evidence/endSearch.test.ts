import assert from 'node:assert/strict';
import test from 'node:test';
import { endSearches } from '../../../../src/core/evidence/endSearchText.ts';
import type { EventQuery } from '../../../../src/core/kms/evidenceApi.ts';
import { grant, keyArnOf, kmsError } from '../fakes.ts';
import { FakeEvidence, trailEvent } from './fakeEvidence.ts';

const never = new AbortController().signal;
const hour = 60 * 60_000;
const day = 24 * hour;
const now = Date.UTC(2026, 10, 27, 12);
/** The baseline is a day old, and the search an hour. */
const time = { since: now - day, until: now - hour };

function searching(change: (api: FakeEvidence) => void = () => {}, within = time) {
  const api = new FakeEvidence();
  const queries: EventQuery[] = [];
  const { lookupEvents } = api;
  api.lookupEvents = (query, ...rest) => {
    queries.push(query);
    return lookupEvents.call(api, query, ...rest);
  };
  change(api);
  const search = endSearches.start(api, grant('g1'), within, now);
  return { api, queries, search, look: () => search.look({ pages: 20, signal: never, progress: () => {} }) };
}

/** A RevokeGrant has the grant in its request, a RetireGrant beside it. */
const ended = (name: 'RevokeGrant' | 'RetireGrant', grantId: string, at: number, more: object = {}) =>
  trailEvent(name, new Date(at), {
    resources: [{ ARN: keyArnOf('k1') }],
    ...(name === 'RevokeGrant' ? { requestParameters: { grantId } } : { additionalEventData: { grantId } }),
    ...more,
  });

test('a revoke is found by its grant, and a retirement too', async () => {
  for (const name of ['RevokeGrant', 'RetireGrant'] as const) {
    const { look, queries } = searching((api) => {
      api.events = [ended('RevokeGrant', 'g2', now - 3 * hour), ended(name, 'g1', now - 2 * hour)];
    });
    const found = (await look()) ?? assert.fail();
    assert.equal(endSearches.whoText(found), `${name} · Alice (IAM user)`);
    assert.match(endSearches.foundText(found, now), new RegExp(`^${name}, 2 h ago \\(2026-11-27 [\\d:]+\\), by Alice`));
    assert.deepEqual(
      [...new Set(queries.map(({ attribute }) => attribute.value))],
      name === 'RevokeGrant' ? ['RevokeGrant'] : ['RevokeGrant', 'RetireGrant'],
    );
  }
});

test('what was denied, and what was only asked by dry run, ended nothing', async () => {
  const { look, search } = searching((api) => {
    api.events = ['AccessDenied', 'DryRunOperationException'].map((errorCode, index) =>
      ended('RevokeGrant', 'g1', now - 2 * hour - index, { errorCode }),
    );
  });
  assert.equal(await look(), undefined);
  assert.deepEqual([search.looked.events, search.looked.isWhole], [2, true]);
});

test('events are asked for from an hour before the baseline until a quarter of an hour after the search', async () => {
  const times = async (within: typeof time) => {
    const { look, queries } = searching(undefined, within);
    await look();
    return queries.map(({ since, until }) => [since?.getTime(), until?.getTime()])[0];
  };
  assert.deepEqual(await times(time), [now - day - hour, now - hour + 15 * 60_000]);
  assert.deepEqual(await times({ since: now - day, until: now }), [now - day - hour, undefined]);
  // The event history has 90 days, and a file can have any date.
  assert.deepEqual(await times({ since: now - 100 * day, until: now }), [undefined, undefined]);
  assert.deepEqual(await times({ since: now + 100 * day, until: now - hour }), [undefined, now - hour + 15 * 60_000]);
});

test('a search without a match says how far it went, and claims nothing', async () => {
  const { look, search } = searching((api) => {
    api.events = [ended('RevokeGrant', 'g2', now - 2 * hour)];
  });
  await look();
  const text = endSearches.lookedText(search.looked);
  assert.match(
    text,
    /events read: 1\. None is known to have ended this grant\. The search goes back to an hour before .* This proves nothing/,
  );
  const partial = { events: 1000, matches: 0, backTo: new Date(now), since: undefined, isWhole: false };
  assert.match(endSearches.lookedText(partial), /events read: 1000\. .* There may be more\. This proves nothing/);
  assert.match(endSearches.lookedText({ ...partial, isWhole: true }), /goes back only 90 days/);
  assert.match(endSearches.lookedText(partial, kmsError('network')), /^[^.]+\. /);
});

test('the principal is text that AWS gave: nothing of it is shown as it is', async () => {
  const { look } = searching((api) => {
    const userIdentity = { arn: 'arn:aws:iam::111122223333:user/a\u202eb[x](command:y)' };
    api.events = [ended('RevokeGrant', 'g1', now - 2 * hour, { userIdentity })];
  });
  const found = (await look()) ?? assert.fail();
  assert.doesNotMatch(endSearches.whoText(found) + endSearches.foundText(found, now), /\u202e/);
});

test('what the root user did is not said of the whole account', async () => {
  const userIdentity = { type: 'Root', principalId: '111122223333', arn: 'arn:aws:iam::111122223333:root' };
  const { look } = searching((api) => {
    api.events = [ended('RevokeGrant', 'g1', now - 2 * hour, { userIdentity })];
  });
  assert.equal(endSearches.whoText((await look()) ?? assert.fail()), 'RevokeGrant · account 111122223333 (root user)');
});
