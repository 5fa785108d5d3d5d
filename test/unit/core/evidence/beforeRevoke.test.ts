import assert from 'node:assert/strict';
import test from 'node:test';
import { beforeRevoke, beforeSeveral } from '../../../../src/core/evidence/beforeRevoke.ts';
import { Evidence, type EvidencePlace } from '../../../../src/core/evidence/evidence.ts';
import { FakeClock, FakeKms, grant, key, keyArnOf, kmsError, openSession, settle } from '../fakes.ts';
import { FakeEvidence, trailEvent } from './fakeEvidence.ts';

const account = '111122223333';
const now = Date.UTC(2026, 10, 24, 12);
const created = new Date(now - 24 * 60 * 60_000);
const reader = grant('g1', { creationDate: created });
const never = () => new Promise<never>(() => {});
const days = (count: number) => new Date(now - count * 24 * 60 * 60_000);

function createWorld(clock = new FakeClock({ now })) {
  const kms = new FakeKms();
  const api = new FakeEvidence();
  kms.grants.set(keyArnOf('k1'), [reader]);
  kms.lastUsage = {
    ...kms.lastUsage,
    last: { operation: 'Decrypt', timestamp: days(2), cloudTrailEventId: undefined },
  };
  api.events = [trailEvent('CreateGrant', created, { responseElements: { grantId: 'g1' } })];
  const identity = { account, arn: `arn:aws:iam::${account}:user/ana` };
  const session = { ...openSession(kms), knownIdentity: identity, evidence: async () => api };
  const evidence = new Evidence({ clock, sessionsOf: () => [], found: () => undefined });
  const place = (of = reader, keyId = 'k1'): EvidencePlace => ({ session, key: key(keyId), grant: of });
  const cancel = new AbortController();
  const ask = () => beforeRevoke(evidence, clock, place(), cancel.signal);
  const askKeys = (keyIds: readonly string[]) =>
    beforeSeveral(
      evidence,
      clock,
      keyIds.map((id) => place(reader, id)),
      cancel.signal,
    );
  return { kms, api, clock, session, evidence, place, cancel, ask, askKeys };
}

const titles = (lines: readonly string[]) => lines.map((line) => line.slice(0, line.indexOf(':')));

test('a question shows when the key was last used, what remains, and who made the grant; each is one request', async () => {
  const { kms, api, clock, ask } = createWorld();
  const lines = await ask();
  assert.deepEqual(titles(lines), ['Key last used', 'Other grants', 'Created by']);
  assert.deepEqual(api.requests, ['lookupEvents CreateGrant']);
  assert.deepEqual([kms.count('getKeyLastUsage'), kms.count('getKeyPolicy'), kms.count('listGrants')], [1, 1, 1]);
  assert.equal(clock.sleeping, 0, 'nothing waits any more');
});

test('the holder is not asked for, and shown when it is known', async () => {
  const { api, evidence, place, ask } = createWorld();
  const orphan = grant('g1', { creationDate: created, granteePrincipal: { kind: 'principal', value: 'AROAOLD' } });
  await evidence.load(place(orphan), ['holder']);
  const lines = await beforeRevoke(evidence, new FakeClock({ now }), place(orphan), new AbortController().signal);
  assert.match(lines[0] ?? '', /^Grantee: No role of account 111122223333 has the ID AROAOLD\. \(IAM, read 2026-/);
  await ask();
  assert.deepEqual(
    api.requests.filter((request) => !request.startsWith('lookupEvents')),
    ['listRoles'],
  );
});

test('what is not answered within three seconds is left out; it comes too late for the question, and for nothing else', async () => {
  const { kms, api, clock, evidence, place, ask } = createWorld();
  let answer = () => {};
  kms.before = ({ operation }) =>
    operation === 'getKeyLastUsage'
      ? new Promise<void>((resolve) => {
          answer = resolve;
        })
      : undefined;
  api.before = never;
  let lines: readonly string[] | undefined;
  void ask().then((shown) => {
    lines = shown;
  });
  await clock.advance(2999);
  assert.equal(lines, undefined);
  await clock.advance(1);
  assert.deepEqual(titles(lines ?? []), ['Other grants']);
  answer();
  await settle();
  assert.equal(evidence.of(place()).keyLastUsed?.kind, 'known');
});

test('a failure that comes late is no error, also that of a connection that is closed', async () => {
  const { api, clock, session, evidence, place, ask } = createWorld();
  api.before = (_, signal) =>
    new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  const asked = ask();
  await clock.advance(3000);
  await asked;
  // An unhandled rejection would fail this test.
  session.close();
  await settle();
  assert.equal(evidence.of(place()).creator, undefined);
});

test('a cancelled check waits for no evidence', async () => {
  const { api, clock, cancel, ask } = createWorld();
  api.before = never;
  const asked = ask();
  await settle();
  cancel.abort();
  await asked;
  assert.equal(clock.sleeping, 0);
});

test('what is denied, not supported or failed has no line', async () => {
  for (const kind of ['accessDenied', 'notSupported', 'network'] as const) {
    const { kms, api, ask } = createWorld();
    const fail = () => {
      throw kmsError(kind);
    };
    kms.before = fail;
    api.before = fail;
    assert.deepEqual(await ask(), [], kind);
  }
});

test('a creator that one request does not find stays to be looked for', async () => {
  const { api, evidence, place, ask } = createWorld();
  api.events = [];
  assert.deepEqual(titles(await ask()), ['Key last used', 'Other grants']);
  assert.equal(api.requests.length, 1);
  assert.equal(evidence.of(place()).creator, undefined);
  await evidence.load(place(), ['creator']);
  assert.equal(api.requests.length, 3);
  // What was looked for thoroughly is not forgotten.
  await ask();
  assert.equal(evidence.of(place()).creator?.kind, 'known');
  assert.equal(api.requests.length, 3);
});

test('an answer about a key that is older than a minute is asked for again, as is one that failed', async () => {
  const { kms, api, clock, ask } = createWorld();
  await ask();
  await clock.advance(60_000);
  await ask();
  assert.deepEqual([kms.count('getKeyLastUsage'), kms.count('getKeyPolicy')], [1, 1]);
  await clock.advance(1);
  await ask();
  assert.deepEqual([kms.count('getKeyLastUsage'), kms.count('getKeyPolicy'), api.requests.length], [2, 2, 1]);
  kms.before = () => {
    throw kmsError('network');
  };
  await clock.advance(60_001);
  // The grants are those on the screen.
  assert.deepEqual(titles(await ask()), ['Other grants', 'Created by']);
  kms.before = () => {};
  assert.deepEqual(titles(await ask()), ['Key last used', 'Other grants', 'Created by']);
});

test('of several grants each key is asked for once, in one line', async () => {
  const { kms, api, askKeys } = createWorld();
  const uses = await askKeys(['k1', 'k2', 'k1', 'k2']);
  assert.equal(kms.count('getKeyLastUsage'), 2);
  assert.deepEqual([api.requests.length, kms.count('getKeyPolicy')], [0, 0]);
  const arns = ['k1', 'k2', 'k1'].map((id) => keyArnOf(id));
  assert.match(uses.summary(arns)[0] ?? '', /^Of 2 keys: 0 used in the last 24 hours, 2 used earlier, most recently /);
  assert.match(uses.line(keyArnOf('k1'))[0] ?? '', /^Key last used: Decrypt · 2026-11-2/);
  assert.deepEqual(uses.line(keyArnOf('k3')), []);
});

test('of keys that get no answer in time only a few are asked for, and they count as unknown', async () => {
  const { kms, clock, askKeys } = createWorld();
  let answered = 0;
  kms.before = () => {
    answered += 1;
    return answered > 5 ? never() : undefined;
  };
  const keys = Array.from({ length: 100 }, (_, index) => `k${index}`);
  const asked = askKeys(keys);
  await clock.advance(3000);
  const uses = await asked;
  assert.match(uses.summary(keys.map((id) => keyArnOf(id)))[0] ?? '', /5 used earlier, .*, 95 unknown\./);
  assert.ok(kms.count('getKeyLastUsage') <= 9, String(kms.count('getKeyLastUsage')));
});
