import assert from 'node:assert/strict';
import test from 'node:test';
import { planRecreate } from '../../../../src/core/changes/recreate.ts';
import type { Grant, KeyState } from '../../../../src/core/kms/model.ts';
import { parsePrincipal } from '../../../../src/core/kms/principal.ts';
import { grant, key, keyArnOf, metadata } from '../fakes.ts';

const arn = keyArnOf('k1');
const k1 = key('k1', 'alias/app');

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
      'Grantee: arn:aws:iam::444455556666:role/Exporter',
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
  ['a service that KMS keeps to itself', held('AWS Internal'), /doesn't show \(AWS Internal\)/],
  [
    'an EC2 instance as it was written once',
    held('111122223333:aws:ec2-infrastructure:i-5d476fab'),
    /session of an AWS service \(i-5d476fab\)/,
  ],
  [
    'a retiring principal that is a unique ID',
    grant('g1', { retiringPrincipal: { kind: 'principal', value: 'AROAEXAMPLEID1234567' } }),
    /retiring principal AROAEXAMPLEID1234567/,
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
    assert.match(obstacles[0]?.sentence ?? '', /will probably reject/);
    assert.ok(input);
  });
}

for (const subject of [
  held('arn:aws:iam::111122223333:role/Reader'),
  held('arn:aws:iam::444455556666:root'),
  held('arn:aws:sts::111122223333:assumed-role/Admin/ana'),
  held('arn:aws:iam::111122223333:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS'),
  held('s3.amazonaws.com', 'servicePrincipal'),
  // KMS took such a name; the guide of 2026 says that it does not. Nobody knows.
  held('dynamodb.us-west-2.amazonaws.com'),
  { ...held('rds.amazonaws.com'), retiringPrincipal: { kind: 'principal', value: 'rds.amazonaws.com' } } as const,
]) {
  test(`nothing is known against ${subject.granteePrincipal?.value} as a grantee`, () => {
    assert.deepEqual(planRecreate(k1, subject, metadata(arn)).obstacles, []);
  });
}

test('a grant whose holder is not known can’t be made again', () => {
  const { input, obstacles } = planRecreate(k1, grant('g1', { granteePrincipal: undefined }), metadata(arn));
  assert.equal(input, undefined);
  assert.deepEqual(obstacles, [{ isCertain: true, sentence: 'The grantee is unknown.' }]);
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
    if (!works) {
      assert.match(obstacles[0]?.sentence ?? '', new RegExp(state));
    }
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

test('a key of another account, about which KMS says nothing, is no obstacle', () => {
  const foreign = { keyId: 'k9', arn: 'arn:aws:kms:eu-west-1:999988887777:key/k9', aliases: [] };
  assert.deepEqual(planRecreate(foreign, grant(), undefined).obstacles, []);
});

test('every obstacle of a grantee is that of a principal which only a service or nobody can use', () => {
  for (const [, { granteePrincipal }] of obstacleTable.slice(0, -1)) {
    assert.ok(granteePrincipal);
    const principal = parsePrincipal(granteePrincipal);
    assert.ok(principal.managedBy !== undefined || principal.kind.startsWith('unresolved'), principal.kind);
  }
});
