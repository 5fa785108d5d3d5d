import assert from 'node:assert/strict';
import test from 'node:test';
import { Journal, type JournalRecord } from '../../../src/core/journal.ts';
import type { Grant, KeyState } from '../../../src/core/model.ts';
import { isAwsService, readPrincipal } from '../../../src/core/principal.ts';
import { planRecreate, recreate } from '../../../src/core/recreate.ts';
import {
  FakeClock,
  FakeJournalFile,
  FakeKms,
  grant,
  key,
  keyArnOf,
  kmsError,
  metadata,
  openSession,
  settle,
} from './fakes.ts';

const arn = keyArnOf('k1');
const k1 = key('k1', 'alias/app');
const account = '111122223333';

const full = grant('g1', {
  name: 'nightly-export',
  granteePrincipal: { kind: 'principal', value: 'arn:aws:iam::444455556666:role/Exporter' },
  retiringPrincipal: { kind: 'principal', value: 'arn:aws:iam::111122223333:role/Retirer' },
  operations: ['Decrypt', 'GenerateDataKey'],
  constraints: {
    encryptionContextEquals: undefined,
    encryptionContextSubset: { tenant: 'a', stage: 'prod' },
    sourceArn: 'arn:aws:s3:::bucket',
  },
});

const held = (value: string, kind: 'principal' | 'servicePrincipal' = 'principal') =>
  grant('g1', { granteePrincipal: { kind, value } });

// What it comes to

test('the new grant is asked for with all that CreateGrant takes of the old one', () => {
  assert.deepEqual(planRecreate(k1, full, metadata(arn)).input, {
    keyArn: arn,
    operations: ['Decrypt', 'GenerateDataKey'],
    granteePrincipal: full.granteePrincipal,
    retiringPrincipal: full.retiringPrincipal,
    constraints: full.constraints,
    name: 'nightly-export',
  });
});

test('what the old grant did not have is not asked for', () => {
  const { input } = planRecreate(k1, grant(), metadata(arn));
  assert.deepEqual(Object.keys(input ?? {}).sort(), ['constraints', 'granteePrincipal', 'keyArn', 'operations']);
});

test('what stays the same is named with its value, and what does not is named', () => {
  const { same, different, obstacles } = planRecreate(k1, full, metadata(arn));
  assert.deepEqual(
    same.map(({ name, value }) => `${name}: ${value}`),
    [
      'Grantee principal: arn:aws:iam::444455556666:role/Exporter',
      'Operations: Decrypt, GenerateDataKey',
      'Encryption context includes: {"tenant":"a","stage":"prod"}',
      'Source ARN: arn:aws:s3:::bucket',
      'Name: nightly-export',
      'Retiring principal: arn:aws:iam::111122223333:role/Retirer',
    ],
  );
  for (const word of ['grant ID', 'issuing account', 'creation date', 'grant token']) {
    assert.ok(
      different.some((sentence) => sentence.includes(word)),
      word,
    );
  }
  assert.deepEqual(obstacles, []);
});

// Where it can't work

const obstacleTable: readonly (readonly [string, Grant, RegExp])[] = [
  ['a role that is a unique ID', held('AROAEXAMPLEID1234567'), /AROAEXAMPLEID1234567 is a unique ID/],
  ['a user that is a unique ID', held('AIDAEXAMPLEID1234567'), /AIDAEXAMPLEID1234567 is a unique ID/],
  [
    'an EC2 instance of the EC2 infrastructure',
    held('arn:aws:sts::111122223333:assumed-role/aws:ec2-infrastructure/i-0123456789abcdef0'),
    /session of an AWS service \(i-0123456789abcdef0\)/,
  ],
  [
    'a session of another service',
    held('arn:aws:sts::111122223333:assumed-role/aws:rds/db-1'),
    /session of an AWS service \(aws:rds\/db-1\)/,
  ],
  ['an old-style service name', held('dynamodb.us-west-2.amazonaws.com'), /name of an AWS service/],
  [
    'a retiring principal that is a service name',
    grant('g1', { retiringPrincipal: { kind: 'principal', value: 'rds.amazonaws.com' } }),
    /retiring principal rds.amazonaws.com/,
  ],
];

for (const [what, subject, sentence] of obstacleTable) {
  test(`with ${what} KMS very probably refuses, and decides`, () => {
    const { obstacles, input } = planRecreate(k1, subject, metadata(arn));
    assert.deepEqual(
      obstacles.map(({ isCertain }) => isCertain),
      [false],
    );
    assert.match(obstacles[0]?.sentence ?? '', sentence);
    assert.match(obstacles[0]?.sentence ?? '', /very probably/);
    assert.ok(input);
  });
}

for (const subject of [
  held('arn:aws:iam::111122223333:role/Reader'),
  held('arn:aws:iam::444455556666:root'),
  held('arn:aws:sts::111122223333:assumed-role/Admin/ana'),
  held('arn:aws:iam::111122223333:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS'),
  held('s3.amazonaws.com', 'servicePrincipal'),
]) {
  test(`nothing is known against ${subject.granteePrincipal?.value} as a grantee`, () => {
    assert.deepEqual(planRecreate(k1, subject, metadata(arn)).obstacles, []);
  });
}

test('a grant whose holder is not known can’t be made again', () => {
  const { input, obstacles } = planRecreate(k1, grant('g1', { granteePrincipal: undefined }), metadata(arn));
  assert.equal(input, undefined);
  assert.deepEqual(obstacles, [{ isCertain: true, sentence: 'It is not known who held the grant.' }]);
});

const states: readonly (readonly [KeyState, boolean])[] = [
  ['Enabled', true],
  ['Updating', true],
  ['Unavailable', true],
  ['Disabled', false],
  ['PendingDeletion', false],
  ['PendingReplicaDeletion', false],
  ['PendingImport', false],
  ['Creating', false],
];

for (const [state, works] of states) {
  test(`a key in the state ${state} ${works ? 'can' : 'can’t'} have the grant made again`, () => {
    const { obstacles } = planRecreate(k1, grant(), metadata(arn, { state }));
    assert.deepEqual(
      obstacles.map(({ isCertain }) => isCertain),
      works ? [] : [true],
    );
    if (!works) assert.match(obstacles[0]?.sentence ?? '', new RegExp(state));
  });
}

test('an AWS managed key very probably refuses, known by its KeyManager or by its alias alone', () => {
  for (const { obstacles } of [
    planRecreate(k1, grant(), metadata(arn, { manager: 'AWS' })),
    planRecreate(key('k1', 'alias/aws/ebs'), grant(), undefined),
  ]) {
    assert.deepEqual(
      obstacles.map(({ isCertain }) => isCertain),
      [false],
    );
    assert.match(obstacles[0]?.sentence ?? '', /AWS manages this key/);
  }
});

test('a key of another account, of which KMS tells nothing, is no obstacle', () => {
  const foreign = { keyId: 'k9', arn: 'arn:aws:kms:eu-west-1:999988887777:key/k9', aliases: [] };
  assert.deepEqual(planRecreate(foreign, grant(), undefined).obstacles, []);
});

test('every obstacle of a grantee is that of a principal which only a service or nobody can use', () => {
  for (const [, { granteePrincipal }] of obstacleTable.slice(0, 5)) {
    assert.ok(granteePrincipal);
    const principal = readPrincipal(granteePrincipal);
    assert.ok(isAwsService(principal) || principal.kind.startsWith('unresolved'), principal.kind);
  }
});

// Doing it

async function ended() {
  const file = new FakeJournalFile();
  const clock = new FakeClock();
  const journal = new Journal(file, clock);
  const kms = new FakeKms();
  const session = openSession(kms);
  const { id } = await journal.add({
    kind: 'revoke',
    connection: session.connection.ref,
    account,
    key: k1,
    grant: full,
  });
  await journal.note(id, { kind: 'gone', afterMs: 1 });
  const record = journal.record(id) ?? assert.fail();
  const { input } = planRecreate(k1, full, metadata(arn));
  assert.ok(input);
  const troubles: unknown[] = [];
  const again = () => recreate(journal, session, record, input, account, (error) => troubles.push(error));
  const made = (): JournalRecord | undefined => file.records.find(({ kind }) => kind === 'recreate');
  return { file, clock, journal, kms, session, id, input, troubles, again, made };
}

test('a grant is made again, field by field the same, and the journal knows both', async () => {
  const { file, kms, id, again, made } = await ended();
  const { grantId, id: entry } = await again();
  const [listed] = kms.grants.get(arn) ?? [];
  assert.ok(listed);
  for (const field of ['granteePrincipal', 'retiringPrincipal', 'operations', 'constraints', 'name'] as const) {
    assert.deepEqual(listed[field], full[field], field);
  }
  assert.equal(listed.grantId, grantId);
  assert.deepEqual(
    [made()?.id, made()?.of, made()?.grant.grantId, made()?.outcome?.kind],
    [entry, id, grantId, 'accepted'],
  );
  assert.equal(file.records.find((record) => record.id === id)?.recreatedAs, grantId);
});

test('no grant token is kept', async () => {
  const { file, again } = await ended();
  await again();
  assert.doesNotMatch(file.lines.join('\n'), /token-/);
});

test('the intent is kept before the call', async () => {
  const { kms, again, made } = await ended();
  let before: JournalRecord | undefined;
  kms.before = ({ operation }) => {
    if (operation === 'createGrant') before = made();
  };
  await again();
  assert.equal(before?.outcome, undefined);
  assert.deepEqual([before?.kind, before?.account, before?.grant.name], ['recreate', account, 'nightly-export']);
});

test('a named grant that is still there is not told as a new one', async () => {
  const { file, kms, id, again, made } = await ended();
  kms.grants.set(arn, [full]);
  assert.equal((await again()).grantId, 'g1');
  assert.equal(made()?.grant.grantId, 'g1');
  assert.equal(file.records.find((record) => record.id === id)?.recreatedAs, undefined);
});

test('nothing is sent when the intent cannot be kept', async () => {
  const { file, kms, again } = await ended();
  file.before = () => Promise.reject(new Error('ENOSPC'));
  await assert.rejects(again(), { name: 'UserError', message: /nothing was sent/ });
  assert.equal(kms.count('createGrant'), 0);
});

test('a refusal is kept and thrown, and the old entry is as before', async () => {
  const { file, kms, id, again, made } = await ended();
  kms.before = () => {
    throw kmsError('accessDenied');
  };
  await assert.rejects(again(), kmsError('accessDenied'));
  assert.deepEqual(made()?.outcome, { kind: 'refused', error: 'accessDenied', message: 'accessDenied' });
  assert.equal(file.records.find((record) => record.id === id)?.recreatedAs, undefined);
});

test('a lost answer is kept as unknown, and thrown', async () => {
  const { kms, again, made } = await ended();
  kms.before = () => {
    throw kmsError('timeout');
  };
  await assert.rejects(again(), kmsError('timeout'));
  assert.deepEqual(made()?.outcome, { kind: 'unknown' });
});

test('a connection that closes in the middle leaves it unknown', async () => {
  const { kms, session, again, made } = await ended();
  kms.before = () => new Promise(() => {});
  const going = again();
  await settle();
  session.close();
  await assert.rejects(going, { name: 'AbortError' });
  assert.deepEqual(made()?.outcome, { kind: 'unknown' });
});

test('a grant that was made is made, also when that cannot be written', async () => {
  const { file, again, troubles } = await ended();
  file.before = (line) => {
    if (line.includes('outcome')) throw new Error('ENOSPC');
  };
  assert.match((await again()).grantId, /^created-/);
  assert.equal(troubles.length, 2);
});
