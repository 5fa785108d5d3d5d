import assert from 'node:assert/strict';
import test from 'node:test';
import type { Session } from '../../../../src/core/connections/session.ts';
import { Evidence, type EvidenceChange, type EvidencePlace } from '../../../../src/core/evidence/evidence.ts';
import type { LoadProgress } from '../../../../src/core/evidence/loadState.ts';
import { loadedText, loadingText } from '../../../../src/core/evidence/loadText.ts';
import type { IamRole } from '../../../../src/core/kms/evidenceApi.ts';
import type { ConnectionRef, Grant } from '../../../../src/core/kms/model.ts';
import { FakeClock, FakeKms, grant, key, keyArnOf, kmsError, openSession, settle } from '../fakes.ts';
import { FakeEvidence, trailEvent } from './fakeEvidence.ts';

const account = '111122223333';
const now = Date.UTC(2026, 10, 24);
const minute = 60_000;
const day = 24 * 60 * minute;

interface World {
  readonly kms: FakeKms;
  readonly api: FakeEvidence;
  readonly session: Session;
}

function open(region = 'eu-west-1', profile = 'dev', of = account): World {
  const kms = new FakeKms();
  const api = new FakeEvidence();
  const identity = { account: of, arn: `arn:aws:iam::${of}:user/ana` };
  const ref: ConnectionRef = { kind: 'profile', profile, region };
  const session = { ...openSession(kms, ref), knownIdentity: identity, evidence: async () => api };
  return { kms, api, session };
}

/** Grants a minute apart, on a few keys, for a few roles; CloudTrail and IAM know all of it. */
function fill({ api, session }: World, count: number, { keys = 10, roles = 5 } = {}): EvidencePlace[] {
  api.roles = Array.from({ length: roles }, (_, n) => roleNamed(`role-${n}`));
  return Array.from({ length: count }, (_, n) => {
    const [at, keyId] = [now - day + n * minute, `k${n % keys}`];
    api.events.push(
      trailEvent('CreateGrant', new Date(at + 1000), {
        responseElements: { grantId: `${session.connection.id} ${n}` },
      }),
    );
    const fields: Partial<Grant> = {
      keyArn: keyArnOf(keyId),
      creationDate: new Date(at),
      granteePrincipal: { kind: 'principal', value: roleNamed(`role-${n % roles}`).arn },
    };
    return { session, key: key(keyId), grant: grant(`${session.connection.id} ${n}`, fields) };
  });
}

function roleNamed(name: string): IamRole {
  const lastUsed = { at: new Date(now - day), region: 'eu-west-1' };
  return { id: `AROA${name}`, arn: `arn:aws:iam::${account}:role/${name}`, name, created: new Date(0), lastUsed };
}

function start(sessions: readonly Session[] = []) {
  const clock = new FakeClock({ now });
  const evidence = new Evidence({
    clock,
    sessionsOf: (of) => sessions.filter(({ knownIdentity }) => knownIdentity?.account === of),
    found: () => undefined,
  });
  const cancel = new AbortController();
  const progress: LoadProgress[] = [];
  const load = (places: readonly EvidencePlace[]) =>
    evidence.loadMany(places, { signal: cancel.signal, progress: (one) => progress.push(one) });
  return {
    clock,
    evidence,
    progress,
    cancel,
    load: async (places: readonly EvidencePlace[]) => (await load(places)) ?? assert.fail('A newer one has begun.'),
    begin: load,
  };
}

/** How many requests of each operation were sent. */
function counts({ kms, api }: World): Readonly<Record<string, number>> {
  const all = [
    ...api.requests.map((request) => request.split(' ')[0] ?? ''),
    ...kms.calls.map((call) => call.operation),
  ];
  return Object.fromEntries([...new Set(all)].map((name) => [name, all.filter((one) => one === name).length]));
}

test('1,000 grants take a page for 50 creators, and a request for a key and for a role', async () => {
  const world = open();
  const { load, evidence } = start();
  const places = fill(world, 1000);
  const loaded = await load(places);
  assert.deepEqual(counts(world), { lookupEvents: 20, getKeyLastUsage: 10, getKeyPolicy: 10, getRole: 5 });
  assert.deepEqual(loaded.known, { creator: 1000, keyLastUsed: 1000, holder: 1000, remains: 1000 });
  assert.ok(places.every((place) => evidence.isLoaded(place)));
  assert.equal(
    loadedText(loaded),
    'Evidence on 1,000 grants: the creator of 1,000, the last use of the key of 1,000, the grantee of 1,000, the key policy of 1,000.',
  );
});

test('a second run asks for what is missing, and else nothing', async () => {
  const world = open();
  const { load } = start();
  const places = fill(world, 60);
  await load(places.slice(0, 30));
  const before = counts(world);
  assert.equal((await load(places.slice(0, 30))).known.creator, 30);
  assert.deepEqual(counts(world), before);
  await load(places);
  assert.deepEqual(counts(world), { ...before, lookupEvents: 2 });
});

test('more than 20 roles are listed, and what the list lacks is asked for', async () => {
  const world = open();
  const { load, evidence } = start();
  const places = fill(world, 300, { roles: 300 });
  world.api.roles = world.api.roles.slice(1);
  await load(places);
  assert.deepEqual(counts(world), {
    lookupEvents: 6,
    getKeyLastUsage: 10,
    getKeyPolicy: 10,
    getAccountAuthorizationDetails: 2,
    getRole: 1,
  });
  const [gone, there] = places.slice(0, 2).map((place) => evidence.of(place).holder);
  assert.ok(gone?.kind === 'known' && gone.value.kind === 'noSuchName');
  assert.ok(there?.kind === 'known' && there.value.kind === 'role' && there.value.role.lastUsed !== undefined);
});

test('where the account may not be listed, each role is asked for', async () => {
  const world = open();
  world.api.before = (operation) => {
    if (operation === 'getAccountAuthorizationDetails') {
      throw kmsError('accessDenied', { operation: 'GetAccountAuthorizationDetails' });
    }
  };
  const loaded = await start().load(fill(world, 25, { roles: 25 }));
  const { getAccountAuthorizationDetails, getRole } = counts(world);
  assert.deepEqual([getAccountAuthorizationDetails, getRole], [1, 25]);
  assert.deepEqual([loaded.known.holder, [...loaded.denied]], [25, []]);
});

test('a list of a large account ends where it takes as many requests as its roles', async () => {
  const world = open();
  const places = fill(world, 21, { roles: 21 });
  const others = Array.from({ length: 8000 }, (_, n) => roleNamed(`other-${n}`));
  world.api.roles = [...others, ...world.api.roles];
  const loaded = await start().load(places);
  const { getAccountAuthorizationDetails, getRole } = counts(world);
  assert.deepEqual([getAccountAuthorizationDetails, getRole, loaded.known.holder], [21, 21, 21]);
});

test('IDs are looked for in the same list, with the name that the creator gave', async () => {
  const world = open();
  const { load, evidence } = start();
  const places = fill(world, 30, { roles: 30 });
  const [first] = places;
  assert.ok(first);
  const at = first.grant.creationDate ?? new Date(now);
  const name = roleNamed('role-7').arn;
  world.api.events = [
    trailEvent('CreateGrant', at, {
      requestParameters: { granteePrincipal: name },
      responseElements: { grantId: 'orphan' },
    }),
  ];
  const orphan = grant('orphan', {
    ...first.grant,
    grantId: 'orphan',
    granteePrincipal: { kind: 'principal', value: 'AROAGONE' },
  });
  const place = { ...first, grant: orphan };
  await load([place, ...places]);
  assert.equal(counts(world)['listRoles'], undefined);
  const holder = evidence.of(place).holder;
  assert.ok(holder?.kind === 'known' && holder.value.kind === 'noSuchId');
  assert.equal(holder.value.successor?.arn, name);
});

test('the Regions of a profile ask IAM once, and each its own event history', async () => {
  const [ireland, frankfurt] = [open('eu-west-1'), open('eu-central-1')];
  const { load, evidence } = start();
  const places = [...fill(ireland, 10), ...fill(frankfurt, 10)];
  const loaded = await load(places);
  assert.equal(counts(ireland)['getRole'], 5);
  assert.equal(counts(frankfurt)['getRole'], undefined);
  assert.deepEqual([counts(ireland)['lookupEvents'], counts(frankfurt)['lookupEvents']], [1, 1]);
  assert.deepEqual([loaded.known.holder, loaded.known.creator], [20, 20]);
  assert.ok(places.every((place) => evidence.of(place).holder?.kind === 'known'));
});

test('a holder of another account is asked for once a connection leads there', async () => {
  const [own, other] = [open('eu-west-1', 'dev', '999988887777'), open('eu-west-1', 'prod')];
  const sessions: Session[] = [];
  const { load } = start(sessions);
  const places = fill(own, 10);
  other.api.roles = own.api.roles;
  assert.deepEqual((await load(places)).notInIam, 10);
  sessions.push(other.session);
  const loaded = await load(places);
  assert.deepEqual([loaded.known.holder, loaded.notInIam], [10, 0]);
  assert.deepEqual(counts(other), { getRole: 5 });
});

test('a denied permission costs one request, of a key three, and is one sentence', async () => {
  const world = open();
  const refuse = (operation: string) => {
    throw kmsError('accessDenied', { operation });
  };
  world.api.before = refuse;
  world.kms.before = ({ operation }) => refuse(operation);
  const { load } = start();
  const places = fill(world, 200, { keys: 50, roles: 10 });
  const loaded = await load(places);
  const denied = counts(world);
  assert.deepEqual([denied['lookupEvents'], denied['getRole']], [1, 1]);
  // A few are under way at once.
  assert.ok((denied['getKeyLastUsage'] ?? 0) <= 4 && (denied['getKeyPolicy'] ?? 0) <= 6, JSON.stringify(denied));
  assert.deepEqual(loaded.known, { creator: 0, keyLastUsed: 0, holder: 0, remains: 0 });
  assert.deepEqual(loaded.failures, []);
  assert.match(
    loadedText(loaded),
    / Not allowed: cloudtrail:LookupEvents, iam:GetRole, kms:GetKeyLastUsage, kms:GetKeyPolicy\. Incomplete: /,
  );
});

test('a key that its policy keeps closed stops no other', async () => {
  const world = open();
  world.kms.before = ({ keyArn }) => {
    if (keyArn !== keyArnOf('k0') && keyArn !== undefined && /k[1-6]$/.test(keyArn)) {
      throw kmsError('accessDenied', { operation: 'GetKeyPolicy' });
    }
  };
  const loaded = await start().load(fill(world, 100));
  assert.deepEqual([loaded.known.keyLastUsed, loaded.known.remains, loaded.incomplete], [40, 40, 0]);
});

test('cancelled, it keeps what came and asks no more; the next run goes on there', async () => {
  const world = open();
  const { load, evidence, cancel } = start();
  const places = fill(world, 500);
  world.api.before = (operation) => {
    if (operation === 'lookupEvents' && counts(world)['lookupEvents'] === 4) {
      cancel.abort();
    }
  };
  const loaded = await load(places);
  assert.ok(loaded.wasCancelled && loaded.known.creator > 0 && loaded.known.creator < 500, JSON.stringify(loaded));
  assert.ok(loaded.incomplete > 0);
  assert.match(loadedText(loaded), /^Canceled\. Loaded evidence is kept\. .* Incomplete: \d+\./);
  await settle();
  assert.equal(counts(world)['lookupEvents'], 4);
  const next = await evidence.loadMany(places, { signal: new AbortController().signal, progress: () => {} });
  assert.equal(next?.known.creator, 500);
  assert.ok((counts(world)['lookupEvents'] ?? 0) <= 4 + 10);
});

test('a newer run ends the one before', async () => {
  const world = open();
  const { begin, evidence } = start();
  const places = fill(world, 100);
  const first = begin(places);
  const second = evidence.loadMany(places, { signal: new AbortController().signal, progress: () => {} });
  assert.equal(await first, undefined);
  assert.equal((await second)?.known.creator, 100);
});

test('the failure of one connection stops no other, and is asked again by the next run', async () => {
  const [broken, whole] = [open('eu-west-1', 'broken', '444455556666'), open('eu-west-1', 'whole')];
  const { load } = start();
  const places = [...fill(broken, 50), ...fill(whole, 50)];
  broken.api.before = () => {
    throw kmsError('expiredToken', { operation: 'LookupEvents' });
  };
  const loaded = await load(places);
  assert.deepEqual([loaded.known.creator, loaded.known.keyLastUsed >= 50], [50, true]);
  assert.deepEqual(
    loaded.failures.map(({ connection, error }) => [connection.id, error.details.kind]),
    [['profile/broken/eu-west-1', 'expiredToken']],
  );
  assert.match(loadedText(loaded), /broken: .*Run Load Evidence to load the rest\.$/);
  broken.api.before = () => {};
  const again = await load(places);
  assert.deepEqual([again.known.creator, again.failures.length], [100, 0]);
});

test('what is old, unknown or not in IAM is counted as what it is', async () => {
  const world = open();
  const places = fill(world, 3);
  const [first] = places;
  assert.ok(first);
  const service = { kind: 'servicePrincipal', value: 'dynamodb.amazonaws.com' } as const;
  const place = (grantId: string, fields: Partial<Grant>) => ({
    ...first,
    grant: grant(grantId, { ...first.grant, grantId, ...fields }),
  });
  const loaded = await start().load([
    ...places,
    place('old', { creationDate: new Date(now - 91 * day) }),
    place('lost', { creationDate: new Date(now - 10 * day) }),
    place('service', { granteePrincipal: service, creationDate: undefined }),
  ]);
  assert.equal(
    loadedText(loaded),
    'Evidence on 6 grants: the creator of 3, the last use of the key of 6, the grantee of 5, the key policy of 6. Older than the CloudTrail event history, which goes back 90 days: 1. Creator not in the events that were read: 2. Grantee is neither a role nor a user, or its account has no open connection: 1.',
  );
});

test('an event that may be late is looked for again once it has arrived', async () => {
  const world = open();
  const { load, clock } = start();
  const [first] = fill(world, 1);
  assert.ok(first);
  const young = {
    ...first,
    grant: grant('young', { ...first.grant, creationDate: new Date(now - minute), grantId: 'young' }),
  };
  assert.equal((await load([young])).notFound, 1);
  const before = counts(world)['lookupEvents'] ?? 0;
  clock.pass(10 * minute);
  await load([young]);
  assert.equal(counts(world)['lookupEvents'], before);
  world.api.events.push(trailEvent('CreateGrant', new Date(now - minute), { responseElements: { grantId: 'young' } }));
  clock.pass(10 * minute);
  assert.deepEqual((await load([young])).known.creator, 1);
  assert.equal(counts(world)['lookupEvents'], before + 1);
});

test('an endpoint without CloudTrail and IAM is asked once', async () => {
  const world = open();
  world.api.before = (operation) => {
    throw kmsError('notSupported', { operation });
  };
  const loaded = await start().load(fill(world, 100));
  assert.equal(counts(world)['lookupEvents'], 1);
  assert.match(loadedText(loaded), / Not available at this endpoint: LookupEvents \(CloudTrail\), IAM\.$/);
});

test('progress is grants and about how many requests are left, and ends at all', async () => {
  const world = open();
  const { begin, clock, progress } = start();
  world.api.before = () => clock.pass(300);
  await begin(fill(world, 1000));
  const [first, ...others] = progress;
  assert.deepEqual(first, { done: 0, grants: 1000, requests: 1025 });
  assert.ok(others.every(({ requests }) => requests <= 1025));
  const last = progress.at(-1);
  assert.ok(last && last.done > 900 && last.requests <= 5, JSON.stringify(last));
  const old = fill(open('us-east-1'), 5).map((place) => ({
    ...place,
    grant: grant('old', { ...place.grant, creationDate: new Date(0) }),
  }));
  progress.length = 0;
  await begin(old);
  assert.equal(progress[0]?.requests, 15);
  assert.equal(loadingText({ done: 42, grants: 300, requests: 20 }), '42 of 300 grants; about 20 more requests');
});

test('changes come in bundles, each key once in a bundle', async () => {
  const world = open();
  const { begin, evidence, clock } = start();
  const places = fill(world, 5_000, { keys: 20 });
  const changes: EvidenceChange[] = [];
  evidence.onDidChange((change) => changes.push(change));
  await begin(places);
  assert.equal(changes.length, 20);
  // At half a second for each of 100 pages, there are a few dozen bundles.
  changes.length = 0;
  const slow = open('eu-central-1');
  slow.api.before = () => clock.pass(500);
  await begin(fill(slow, 5_000, { keys: 20 }));
  assert.ok(changes.length < 20 * 60, String(changes.length));
  assert.ok(changes.length > 20 * 10, String(changes.length));
});

test('an ID whose grantee was of another account, as its event says, is looked for in IAM of that one', async () => {
  const [own, partner] = [open(), open('eu-west-1', 'partner', '444455556666')];
  const [place] = fill(own, 1);
  assert.ok(place !== undefined);
  const arn = 'arn:aws:iam::444455556666:role/Partner';
  own.api.events = [
    trailEvent('CreateGrant', new Date(now - day), {
      requestParameters: { granteePrincipal: arn },
      responseElements: { grantId: place.grant.grantId },
    }),
  ];
  partner.api.roles = [{ ...roleNamed('Partner'), arn }];
  const { load, evidence } = start([own.session, partner.session]);
  const orphan = {
    ...place,
    grant: { ...place.grant, granteePrincipal: { kind: 'principal', value: 'AROAOLD' } } as const,
  };
  await load([orphan]);
  const { holder } = evidence.of(orphan);
  assert.ok(holder?.kind === 'known' && holder.value.kind === 'noSuchId');
  assert.deepEqual([holder.value.account, holder.value.successor?.arn], ['444455556666', arn]);
  assert.equal(counts(own)['listRoles'], undefined);
});
