import assert from 'node:assert/strict';
import test from 'node:test';
import { type Creator, findCreators } from '../../../../src/core/evidence/creator.ts';
import type { TrailEvent } from '../../../../src/core/kms/evidenceApi.ts';
import type { Grant } from '../../../../src/core/kms/model.ts';
import { grant, kmsError, seeded } from '../fakes.ts';
import { FakeEvidence, trailEvent } from './fakeEvidence.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const now = Date.UTC(2026, 10, 24);
const never = new AbortController().signal;

const made = (grantId: string, at: number) => grant(grantId, { creationDate: new Date(at) });
const creation = (grantId: string, at: number) =>
  trailEvent('CreateGrant', new Date(at), { responseElements: { grantId } });

async function search(api: FakeEvidence, grants: readonly Grant[]) {
  const found = new Map<string, Creator>();
  await findCreators(api, grants, {
    now,
    signal: never,
    onAnswer: ({ grantId }, creator) => {
      assert.ok(!found.has(grantId), `${grantId} is answered twice`);
      found.set(grantId, creator);
    },
  });
  const kinds = grants.map(({ grantId }) => found.get(grantId)?.kind);
  return { found, kinds, requests: api.requests.length };
}

/** Grants at these times, each with its event two seconds later, among events of grants that are gone. */
function history(times: readonly number[], others: readonly number[] = []) {
  const api = new FakeEvidence();
  const grants = times.map((at, index) => made(`g${index}`, at));
  api.events = [
    ...times.map((at, index) => creation(`g${index}`, at + 2000)),
    ...others.map((at, index) => creation(`gone${index}`, at)),
  ];
  return { api, grants };
}

const every = (count: number, step: number, from: number) => Array.from({ length: count }, (_, n) => from + n * step);

test('200 grants of one day take 4 requests, or 20 among 800 more', async () => {
  const times = every(200, 7 * minute, now - 2 * day);
  const { api, grants } = history(times);
  const alone = await search(api, grants);
  assert.deepEqual(new Set(alone.kinds), new Set(['found']));
  assert.equal(alone.requests, 4);

  const crowd = history(times, every(800, 1.7 * minute, now - 2 * day));
  const among = await search(crowd.api, crowd.grants);
  assert.deepEqual(new Set(among.kinds), new Set(['found']));
  assert.equal(among.requests, 20);
});

test('3 grants months apart take 3 requests, however many events are between them', async () => {
  const times = [now - 80 * day, now - 45 * day, now - 3 * day];
  const { api, grants } = history(times, every(5000, 20 * minute, now - 85 * day));
  const { kinds, requests } = await search(api, grants);
  assert.deepEqual(kinds, ['found', 'found', 'found']);
  assert.equal(requests, 3);
});

test('grants of a quiet account take one request, however far apart', async () => {
  const { api, grants } = history([now - 80 * day, now - 45 * day, now - 3 * day]);
  assert.equal((await search(api, grants)).requests, 1);
});

test('many grants never take more requests than one by one', async () => {
  for (let seed = 1; seed <= 8; seed++) {
    const random = seeded(seed);
    const times = Array.from({ length: 40 }, () => now - Math.floor(random() * 89 * day));
    const busy = Array.from({ length: 400 * seed }, () => now - Math.floor(random() * 89 * day));
    const { api, grants } = history(times, busy);
    const together = await search(api, grants);
    assert.deepEqual(new Set(together.kinds), new Set(['found']));
    let single = 0;
    for (const one of grants) {
      api.requests.length = 0;
      single += (await search(api, [one])).requests;
    }
    assert.ok(together.requests <= single, `${together.requests} and not ${single} requests for seed ${seed}`);
  }
});

test('the grants that are wanted first are found before the others', async () => {
  const times = every(300, 5 * hour, now - 70 * day);
  const { api, grants } = history(times, every(20_000, 6 * minute, now - 85 * day));
  const wanted = grants.slice(100, 200);
  const rest = [...grants.slice(0, 100), ...grants.slice(200)];
  const order: string[] = [];
  await findCreators(api, [...wanted, ...rest], {
    now,
    signal: never,
    onAnswer: ({ grantId }) => order.push(grantId),
  });
  assert.deepEqual(new Set(order.slice(0, 100)), new Set(wanted.map(({ grantId }) => grantId)));
  assert.equal(order.length, 300);
});

test('what a page does not hold is looked for further around, and says how far', async () => {
  const { api, grants } = history(every(100, minute, now - day));
  const lost = [made('lost1', now - day + 30 * minute), made('lost2', now - day + 60 * minute)];
  const late = made('late', now - day + 10 * minute);
  api.events.push(creation('late', now - day + 20 * minute));
  const { found, requests } = await search(api, [...grants, ...lost, late]);
  assert.equal(found.get('late')?.kind, 'found');
  assert.deepEqual(found.get('lost1'), {
    kind: 'notFound',
    since: new Date(now - day + 15 * minute),
    until: new Date(now - day + 45 * minute),
    // The two seconds keep one of the 31 events of these minutes out; the late one is in.
    events: 31,
    isPartial: false,
    mayArrive: false,
  });
  assert.equal(found.get('lost2')?.kind, 'notFound');
  assert.ok(requests <= 7, String(requests));
});

test('a minute with more events than are read leaves a grant unfound, and the others not', async () => {
  const crowded = now - 10 * day;
  const { api, grants } = history([now - 12 * day, now - 8 * day], every(3000, 20, crowded - minute / 2));
  const { found, requests } = await search(api, [...grants, made('lost', crowded)]);
  const lost = found.get('lost');
  assert.ok(lost?.kind === 'notFound' && lost.isPartial);
  // Its own 20 pages, and what the newer grant's page had of the minute.
  assert.equal(lost.events, 20 * 50 + 49);
  assert.deepEqual([found.get('g0')?.kind, found.get('g1')?.kind], ['found', 'found']);
  assert.ok(requests <= 22, String(requests));
});

test('where CloudTrail ends its pages early, a grant is looked for by its own minutes', async () => {
  const times = every(20, 3 * day, now - 80 * day);
  const { api, grants } = history(times, every(4000, 30 * minute, now - 85 * day));
  const whole = api.lookupEvents.bind(api);
  // One request reads two days of the history at most.
  api.lookupEvents = async (query, marker, signal) => {
    const until = Number(marker ?? query.until?.getTime());
    const since = query.since?.getTime() ?? 0;
    const from = Math.max(since, until - 2 * day);
    const page = await whole({ ...query, since: new Date(from), until: new Date(until) }, undefined, signal);
    const items: readonly TrailEvent[] = page.items.slice(0, 10);
    return {
      items: from === since ? page.items : items.slice(0, 0),
      nextMarker: from === since ? undefined : String(from),
    };
  };
  const { kinds, requests } = await search(api, grants);
  assert.deepEqual(new Set(kinds), new Set(['found']));
  assert.ok(requests <= 21, String(requests));
});

test('a search that ends keeps what it found', async () => {
  const { api, grants } = history(every(200, hour, now - 30 * day), every(3000, 10 * minute, now - 31 * day));
  api.before = () => {
    if (api.requests.length === 3) {
      throw kmsError('throttled', { operation: 'LookupEvents' });
    }
  };
  const found: string[] = [];
  const ended = findCreators(api, grants, { now, signal: never, onAnswer: ({ grantId }) => found.push(grantId) });
  await assert.rejects(ended, { name: 'KmsError' });
  assert.ok(found.length > 0 && found.length < 200);
});

test('a later request with the name of a grant, which KMS answers with its ID, is not taken for its creation', async () => {
  const { api, grants } = history([now - 30 * day, now - 10 * day]);
  const [first] = grants;
  // By a deployment that repeats its request: among the events that are read for the other grant, and shortly after.
  const repeats = [now - 10 * day - minute / 2, now - 30 * day + minute / 2].map((at) => creation('g0', at));
  api.events.push(...repeats);
  const { found } = await search(api, grants);
  const creator = found.get('g0');
  assert.ok(creator?.kind === 'found' && first?.creationDate !== undefined);
  assert.equal(creator.source.time.getTime(), first.creationDate.getTime() + 2000);
});
