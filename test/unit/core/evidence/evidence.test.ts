import assert from 'node:assert/strict';
import test from 'node:test';
import { Evidence, type EvidencePlace } from '../../../../src/core/evidence/evidence.ts';
import { evidenceLines } from '../../../../src/core/evidence/evidenceText.ts';
import type { ListedGrants } from '../../../../src/core/evidence/remains.ts';
import type { Grant } from '../../../../src/core/kms/model.ts';
import { policySentence } from '../../../../src/core/words/policyText.ts';
import { FakeClock, FakeKms, type FakeSession, grant, key, keyArnOf, kmsError, openSession } from '../fakes.ts';
import { FakeEvidence, trailEvent } from './fakeEvidence.ts';

const keyArn = keyArnOf('k1');
const account = '111122223333';
const now = Date.UTC(2026, 10, 24);
const created = new Date(now - 24 * 60 * 60_000);
const orphan = grant('g1', {
  creationDate: created,
  granteePrincipal: { kind: 'principal', value: 'AROAOLD' },
});

interface World {
  readonly kms: FakeKms;
  readonly api: FakeEvidence;
  readonly evidence: Evidence;
  readonly session: FakeSession;
  /** What a search read of the key. */
  readonly found: { value: ListedGrants | undefined };
  place(of?: typeof orphan): EvidencePlace;
}

function createWorld(): World {
  const kms = new FakeKms();
  const api = new FakeEvidence();
  const identity = { account, arn: `arn:aws:iam::${account}:user/ana` };
  const session = { ...openSession(kms), knownIdentity: identity, evidence: async () => api };
  const found: World['found'] = { value: undefined };
  const evidence = new Evidence({ clock: new FakeClock(), sessionsOf: () => [], found: () => found.value });
  return { kms, api, evidence, session, found, place: (of = orphan) => ({ session, key: key('k1'), grant: of }) };
}

test('nothing is asked before it is loaded, and each question once', async () => {
  const { api, evidence, place } = createWorld();
  assert.deepEqual(evidence.of(place()), {
    creator: undefined,
    keyLastUsed: undefined,
    holder: undefined,
    remains: undefined,
  });
  assert.deepEqual(api.requests, []);
  await Promise.all([evidence.load(place()), evidence.load(place())]);
  await evidence.load(place());
  assert.deepEqual(api.requests.toSorted(), ['listRoles', 'lookupEvents CreateGrant', 'lookupEvents CreateGrant']);
});

test('the orphan: who made it, for whom, that no role has its ID, and who has its name now', async () => {
  const { api, evidence, place } = createWorld();
  const name = `arn:aws:iam::${account}:role/app/Reader`;
  api.events = [
    trailEvent('CreateGrant', created, {
      requestParameters: { granteePrincipal: name },
      responseElements: { grantId: 'g1' },
    }),
  ];
  api.roles = [{ id: 'AROANEW', arn: name, name: 'Reader', created: undefined, lastUsed: undefined }];
  await evidence.load(place());
  const lines = evidenceLines(orphan, evidence.of(place()));
  const texts = Object.fromEntries(lines.map(({ title, text }) => [title, text]));
  assert.match(texts['Created by'] ?? '', /^Alice \(IAM user\) · 2026-11-2\d /);
  assert.equal(texts['Created for'], name);
  assert.equal(texts['Grantee'], `No role of account ${account} has the ID AROAOLD. ${name} has another ID.`);
});

test('an ID whose grantee was of another account, as its event says, is not looked for in that of the key', async () => {
  const { api, evidence, place } = createWorld();
  const requestParameters = { granteePrincipal: 'arn:aws:iam::444455556666:role/Partner' };
  api.events = [trailEvent('CreateGrant', created, { requestParameters, responseElements: { grantId: 'g1' } })];
  await evidence.load(place());
  const { holder } = evidence.of(place());
  assert.deepEqual(holder?.kind === 'known' && holder.value, { kind: 'otherAccount', account: '444455556666' });
  assert.ok(!api.requests.includes('listRoles'));
});

test('of an ID that no role has, the key policy allows nothing', async () => {
  const { kms, evidence, place } = createWorld();
  kms.policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'kms:*', Resource: '*' },
    ],
  });
  const policyLine = () =>
    evidenceLines(orphan, evidence.of(place())).find(({ title }) => title === 'Key policy')?.text ?? '';
  await evidence.load(place(), ['remains']);
  assert.match(policyLine(), /^Unknown whether it allows /);
  await evidence.load(place(), ['holder']);
  assert.match(policyLine(), /^Doesn't allow |^Allows none of its operations\.$/);
});

test('of a key policy that allows nothing, all operations of the grant are one phrase', () => {
  const reading = { outcome: 'nothing', statements: [], conditionalDenials: [], needsIamPolicy: false } as const;
  const few = ['Decrypt', 'RetireGrant'];
  const many = ['Decrypt', 'Encrypt', 'DescribeKey', 'RetireGrant'];
  assert.equal(policySentence({ ...reading, operations: few }, few), "Doesn't allow Decrypt, RetireGrant.");
  assert.equal(policySentence({ ...reading, operations: many }, many), 'Allows none of its operations.');
});

test("the connection that IAM was asked through is named, where it isn't the grant's own", async () => {
  const { session, place } = createWorld();
  const other = {
    ...session,
    connection: { ...session.connection, ref: { kind: 'profile', profile: 'partner', region: 'eu-west-1' } as const },
    knownIdentity: { account: '444455556666', arn: 'arn:aws:iam::444455556666:user/ben' },
  };
  const evidence = new Evidence({ clock: new FakeClock(), sessionsOf: () => [other], found: () => undefined });
  const theirs = grant('g1', {
    granteePrincipal: { kind: 'principal', value: 'arn:aws:iam::444455556666:role/Gone' },
  });
  await evidence.load(place(theirs), ['holder']);
  const [line] = evidenceLines(theirs, evidence.of(place(theirs)));
  assert.equal(line?.text, 'Account 444455556666 has no role Gone.');
  assert.match(line?.source ?? '', /^IAM through partner/);
  const own = grant('g2', { granteePrincipal: { kind: 'principal', value: `arn:aws:iam::${account}:role/Gone` } });
  await evidence.load(place(own), ['holder']);
  assert.match(evidenceLines(own, evidence.of(place(own)))[0]?.source ?? '', /^IAM, read /);
});

test('what is denied costs one request for a connection, and Retry asks again', async () => {
  const { api, evidence, place } = createWorld();
  const denied = (operation: string) => {
    if (operation === 'lookupEvents') {
      throw kmsError('accessDenied', { operation: 'LookupEvents' });
    }
  };
  api.before = denied;
  const other = grant('g2', { creationDate: created });
  await evidence.load(place(), ['creator']);
  await evidence.load(place(other), ['creator']);
  assert.equal(api.requests.length, 1);
  for (const one of [orphan, other]) {
    const [line] = evidenceLines(one, evidence.of(place(one)));
    assert.deepEqual([line?.text, line?.tone], ['Not allowed: cloudtrail:LookupEvents.', 'quiet']);
  }
  api.before = () => {};
  await evidence.retry(place(), 'creator');
  assert.equal(evidence.of(place()).creator?.kind, 'known');
  assert.equal(evidence.of(place(other)).creator?.kind, 'denied');
});

test('all roles are listed once, however many IDs are looked for', async () => {
  const { api, evidence, place } = createWorld();
  const ids = ['AROAONE', 'AROATWO', 'AROATHREE'].map((value, index) =>
    grant(`g${index}`, { granteePrincipal: { kind: 'principal', value } }),
  );
  await Promise.all(ids.map((one) => evidence.load(place(one), ['holder'])));
  assert.deepEqual(api.requests, ['listRoles']);
});

test('while STS named no account for the connection, it is asked before a grantee is said to be of another one', async () => {
  for (const isMany of [false, true]) {
    const { api, evidence, session, place } = createWorld();
    const { knownIdentity: identity = assert.fail() } = session;
    let known: typeof identity | undefined;
    const young = {
      ...session,
      identity: async () => {
        known = identity;
        return identity;
      },
      get knownIdentity() {
        return known;
      },
    };
    const at = { ...place(), session: young };
    await (isMany
      ? evidence.loadMany([at], { signal: new AbortController().signal, progress: () => {} })
      : evidence.load(at));
    const { holder } = evidence.of(at);
    assert.equal(holder?.kind === 'known' && holder.value.kind, 'noSuchId');
    assert.ok(api.requests.includes('listRoles'));
  }
});

test('what remains: other grants of the holder, and the key policy', async () => {
  const { kms, evidence, place } = createWorld();
  const reader = grant('g1', { operations: ['Decrypt', 'Encrypt'] });
  kms.grants.set(keyArn, [reader, grant('g2'), grant('g3', { granteePrincipal: { kind: 'principal', value: 'x' } })]);
  kms.policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'Admins',
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${account}:root` },
        Action: 'kms:*',
        Resource: '*',
      },
    ],
  });
  await evidence.load(place(reader), ['remains']);
  const lines = evidenceLines(reader, evidence.of(place(reader)));
  assert.deepEqual(
    lines.map(({ title, text }) => [title, text]),
    [
      ['Other grants', '1 other grant of this grantee on the key allows Decrypt.'],
      ['Key policy', 'Leaves Decrypt, Encrypt to IAM policies of the account.'],
    ],
  );
  assert.ok(lines[1]?.more.includes('"Admins"'));
});

test('other grants are counted without the grant in question, and those with constraints are said to be limited', async () => {
  const { kms, evidence, place } = createWorld();
  const reader = grant('g1');
  const { constraints } = reader;
  const limited = grant('g2', { constraints: { ...constraints, encryptionContextSubset: { tenant: 'b' } } });
  const textOf = async (...listed: readonly Grant[]) => {
    kms.grants.set(keyArn, [reader, ...listed]);
    const { session } = place();
    session.inventory.forgetGrants(keyArn);
    await session.inventory.grants(keyArn);
    await evidence.load(place(reader), ['remains']);
    return evidenceLines(reader, evidence.of(place(reader)))[0]?.text;
  };
  assert.equal(await textOf(), 'The key has no other grant.');
  const stranger = grant('g3', { granteePrincipal: { kind: 'principal', value: 'x' } });
  assert.equal(await textOf(stranger), 'Read: 1. None allows this grantee any operation of this grant.');
  assert.equal(
    await textOf(stranger, limited, grant('g4')),
    '2 other grants of this grantee on the key allow Decrypt. Limited by constraints: 1.',
  );
});

test("a session may use the grants of its role, and its account's where IAM allows it, but not another session's", async () => {
  const { kms, evidence, place } = createWorld();
  const held = (grantId: string, value: string) => grant(grantId, { granteePrincipal: { kind: 'principal', value } });
  const session = (name: string) => `arn:aws:sts::${account}:assumed-role/Orders/${name}`;
  const own = held('g1', session('a'));
  const strangers = [
    held('g2', session('b')),
    held('g3', 'arn:aws:iam::444455556666:role/Orders'),
    held('g4', 'arn:aws:iam::444455556666:root'),
  ];
  const role = held('g5', `arn:aws:iam::${account}:role/app/Orders`);
  const root = held('g6', `arn:aws:iam::${account}:root`);
  const textOf = async (of: Grant, ...listed: readonly Grant[]) => {
    kms.grants.set(keyArn, [...listed]);
    const at = place(of);
    at.session.inventory.forgetGrants(keyArn);
    await at.session.inventory.grants(keyArn);
    await evidence.load(at, ['remains']);
    return evidenceLines(of, evidence.of(at))[0]?.text;
  };
  const none = 'Read: 3. None allows this grantee any operation of this grant.';
  const ofAccount = 'Grants to its whole account that allow some of these operations: 1.';
  const ofRole = '1 other grant of this grantee on the key allows Decrypt.';
  assert.equal(await textOf(own, own, ...strangers), none);
  assert.equal(await textOf(own, own, ...strangers, root), ofAccount);
  assert.equal(await textOf(own, own, ...strangers, role, root), `${ofRole} ${ofAccount}`);
  assert.equal(await textOf(role, role, own, ...strangers), none.replace('3', '4'));
  assert.equal(await textOf(root, root, ...strangers), none);
});

test('where the key was not opened, other grants are those that a search found', async () => {
  const { evidence, place, found } = createWorld();
  const reader = grant('g1');
  await evidence.loadMany([place(reader)], { signal: new AbortController().signal, progress: () => {} });
  const others = () => {
    const { remains } = evidence.of(place(reader));
    return [remains?.grants.map((other) => other.grant.grantId), remains?.isPartial, remains?.read];
  };
  assert.deepEqual(others(), [[], true, 0]);
  const listed = [reader, grant('g2'), grant('g3', { granteePrincipal: { kind: 'principal', value: 'x' } })];
  found.value = { grants: listed, isComplete: true, at: now };
  assert.deepEqual(others(), [['g2'], false, 2]);
  found.value = { grants: listed, isComplete: false, at: now };
  assert.deepEqual(others(), [['g2'], true, 2]);
});

test('what remains without each grant of a long list takes one look at each of them', async () => {
  const { kms, evidence, session, place } = createWorld();
  const count = 150;
  let looks = 0;
  const listed = Array.from({ length: count }, (_, index) =>
    Object.defineProperty(grant(`g${index}`), 'granteePrincipal', {
      get: () => {
        looks += 1;
        return { kind: 'principal', value: `AROA${index}` };
      },
    }),
  );
  kms.grants.set(keyArn, listed);
  await evidence.load(place(listed[0]), ['remains']);
  assert.equal(session.inventory.loadedGrants(keyArn)?.state.kind, 'complete');
  looks = 0;
  for (const one of listed) {
    assert.equal(evidence.of(place(one)).remains?.read, count - 1);
  }
  assert.ok(looks < 10 * count, String(looks));
});

test('no sentence claims that something is unused, or safe', async () => {
  const { evidence, place } = createWorld();
  await evidence.load(place());
  for (const { text, more } of evidenceLines(orphan, evidence.of(place()))) {
    assert.doesNotMatch([text, ...more].join(' '), /\b(unused|never used|safe|nobody)\b/i);
  }
});
