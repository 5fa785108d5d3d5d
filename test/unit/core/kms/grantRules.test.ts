import assert from 'node:assert/strict';
import test from 'node:test';
import { validOperations } from '../../../../src/core/kms/grantOperations.ts';
import {
  contextPairProblem,
  createGrantProblem,
  keyProblem,
  nameProblem,
  operationsProblem,
  parseContextPair,
  principalProblem,
  sourceArnProblem,
  supportsEncryptionContext,
  toPrincipalRef,
} from '../../../../src/core/kms/grantRules.ts';
import type { CreateGrantInput } from '../../../../src/core/kms/model.ts';
import { operationsFor } from '../../../../src/emulator/operations/grantRules.ts';
import { createInput, keyArnOf, metadata, noConstraints } from '../fakes.ts';

const account = '111122223333';
const keyArn = keyArnOf('k1');
const role = `arn:aws:iam::${account}:role/Reader`;
const symmetric = { usage: 'ENCRYPT_DECRYPT', spec: 'SYMMETRIC_DEFAULT' };

const always = ['CreateGrant', 'DescribeKey', 'RetireGrant'];
const encrypting = ['Decrypt', 'Encrypt', 'ReEncryptFrom', 'ReEncryptTo'];
const dataKeys = [
  'GenerateDataKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateDataKeyWithoutPlaintext',
];

/** Usage and spec of a key → the operations of a grant on it, besides those that every key takes. */
const operationTable = [
  ['ENCRYPT_DECRYPT', 'SYMMETRIC_DEFAULT', [...encrypting, ...dataKeys]],
  ['ENCRYPT_DECRYPT', 'RSA_2048', [...encrypting, 'GetPublicKey']],
  ['ENCRYPT_DECRYPT', 'RSA_4096', [...encrypting, 'GetPublicKey']],
  ['ENCRYPT_DECRYPT', 'SM2', [...encrypting, 'GetPublicKey']],
  ['SIGN_VERIFY', 'RSA_3072', ['GetPublicKey', 'Sign', 'Verify']],
  ['SIGN_VERIFY', 'ECC_NIST_P256', ['GetPublicKey', 'Sign', 'Verify']],
  ['SIGN_VERIFY', 'ECC_NIST_EDWARDS25519', ['GetPublicKey', 'Sign', 'Verify']],
  ['SIGN_VERIFY', 'ECC_SECG_P256K1', ['GetPublicKey', 'Sign', 'Verify']],
  ['SIGN_VERIFY', 'ML_DSA_65', ['GetPublicKey', 'Sign', 'Verify']],
  ['GENERATE_VERIFY_MAC', 'HMAC_256', ['GenerateMac', 'VerifyMac']],
  ['KEY_AGREEMENT', 'ECC_NIST_P384', ['DeriveSharedSecret', 'GetPublicKey']],
  ['KEY_AGREEMENT', 'SM2', ['DeriveSharedSecret', 'GetPublicKey']],
  ['ENCAPSULATE_DECAPSULATE', 'ML_KEM_768', ['Decapsulate', 'Encapsulate', 'GetPublicKey']],
] as const;

for (const [usage, spec, operations] of operationTable) {
  test(`a grant on a key of ${usage} and ${spec} allows what such a key can do, and no more`, () => {
    const names = validOperations({ usage, spec }).map(({ name }) => name);
    assert.deepEqual(names.toSorted(), [...operations, ...always].toSorted());
    // The emulator says it in its own words; the two must not drift apart.
    assert.deepEqual(names.toSorted(), operationsFor({ usage, spec }).toSorted());
    assert.ok(validOperations({ usage, spec }).every(({ description }) => description !== ''));
  });
}

test('of a key that is not known well enough, every operation is offered, since only KMS can decide', () => {
  const all = validOperations(undefined).map(({ name }) => name);
  assert.equal(all.length, 19);
  assert.equal(new Set(all).size, 19);
  assert.equal(validOperations({ usage: 'SOMETHING_NEW', spec: 'X' }).length, 19);
  assert.equal(validOperations({ usage: 'ENCRYPT_DECRYPT', spec: undefined }).length, 19);
  assert.equal(validOperations({ usage: 'SIGN_VERIFY', spec: undefined }).length, 6);
});

test('operations must be some, of the key, and more than CreateGrant alone', () => {
  assert.equal(operationsProblem(['Decrypt', 'CreateGrant'], symmetric), undefined);
  assert.match(operationsProblem([], symmetric) ?? '', /at least one/);
  assert.match(operationsProblem(['Decrypt', 'Sign', 'Verify'], symmetric) ?? '', /Sign, Verify/);
  assert.match(operationsProblem(['CreateGrant'], symmetric) ?? '', /CreateGrant alone/);
  assert.equal(operationsProblem(['Sign'], undefined), undefined);
});

/** What is entered → why KMS would refuse it; `undefined`: it would not. */
const principals: readonly (readonly [string, RegExp | undefined])[] = [
  [role, undefined],
  [`arn:aws:iam::${account}:role/app/team/Reader`, undefined],
  [`arn:aws:iam::${account}:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS`, undefined],
  [`arn:aws:iam::${account}:user/people/ana`, undefined],
  [`arn:aws:iam::444455556666:root`, undefined],
  [`arn:aws:sts::${account}:assumed-role/Reader/session-1`, undefined],
  [`arn:aws:sts::${account}:federated-user/bob`, undefined],
  ['dynamodb.amazonaws.com', undefined],
  ['dynamodb.us-west-2.amazonaws.com', undefined],
  ['', /Enter the ARN/],
  ['AROAEXAMPLEEXAMPLE123', /unique ID/],
  ['AIDAEXAMPLEEXAMPLE123', /unique ID/],
  ['AGPAEXAMPLEEXAMPLE123', /unique ID or an access key/],
  [account, /enter arn:aws:iam::111122223333:root/],
  ['*', /wildcards/],
  [`arn:aws:iam::${account}:role/*`, /wildcards/],
  [`arn:aws:sts::${account}:assumed-role/aws:ec2-infrastructure/i-0123456789abcdef0`, /belongs to AWS/],
  [`${account}:aws:ec2-infrastructure:i-0123456789abcdef0`, /belongs to AWS/],
  ['AWS Internal', /belongs to AWS/],
  [`arn:aws:iam::${account}:group/Admins`, /no groups/],
  [`arn:aws:iam::${account}:instance-profile/web`, /instance profile/],
  [`arn:aws:iam::${account}:policy/Admin`, /Enter the ARN of a role/],
  [`arn:aws:iam::${account}:oidc-provider/example.com`, /Enter the ARN of a role/],
  [`arn:aws:sts::${account}:assumed-role/Reader`, /Enter the ARN of a role/],
  [`arn:aws:iam::${account}:role/`, /Enter the ARN of a role/],
  [`arn:aws:iam::${account}:role/${'r'.repeat(65)}`, /Enter the ARN of a role/],
  [`arn:aws:iam::${account}:role/a b`, /Enter the ARN of a role/],
  [`arn:aws:iam::123:role/Reader`, /Enter the ARN of a role/],
  [`arn:aws-cn:iam::${account}:role/Reader`, /partition aws-cn/],
  ['arn:aws:s3:::bucket', /Enter the ARN of a role/],
  ['Reader', /Enter the ARN of a role/],
  [`arn:aws:iam::${account}:role/${'p'.repeat(230)}/Reader`, /at most 256/],
];

for (const [text, problem] of principals) {
  test(`as a principal, ${text.slice(0, 90) || 'nothing'} is ${problem === undefined ? 'taken' : 'refused with the reason'}`, () => {
    const found = principalProblem(text, keyArn);
    if (problem === undefined) {
      assert.equal(found, undefined);
    } else {
      assert.match(found ?? 'taken', problem);
    }
  });
}

test('a principal has to be of the partition of the key', () => {
  const inChina = 'arn:aws-cn:kms:cn-north-1:111122223333:key/k1';
  assert.equal(principalProblem(`arn:aws-cn:iam::${account}:role/Reader`, inChina), undefined);
  assert.match(principalProblem(role, inChina) ?? '', /in partition aws, but must be in aws-cn/);
  assert.match(principalProblem(account, inChina) ?? '', /arn:aws-cn:iam::111122223333:root/);
});

test('the name of a service is of any partition, and at most 128 characters long', () => {
  for (const name of ['rds.amazonaws.com.cn', 'dynamodb.eusc-de-east-1.amazonaws.eu', 's3.us-iso-east-1.c2s.ic.gov']) {
    assert.equal(principalProblem(name, keyArn), undefined);
  }
  const ofLength = (length: number) => `${'a'.repeat(length - '.amazonaws.com'.length)}.amazonaws.com`;
  assert.equal(principalProblem(ofLength(128), keyArn), undefined);
  assert.match(principalProblem(ofLength(129), keyArn) ?? '', /at most 128 characters/);
  assert.match(principalProblem('DynamoDB.amazonaws.com', keyArn) ?? '', /looks like dynamodb/);
});

test('a service is named in the member that KMS has for services', () => {
  assert.deepEqual(toPrincipalRef('dynamodb.amazonaws.com'), {
    kind: 'servicePrincipal',
    value: 'dynamodb.amazonaws.com',
  });
  assert.deepEqual(toPrincipalRef(role), { kind: 'principal', value: role });
});

test('names are of the characters that KMS takes, and of at most 256 of them', () => {
  for (const name of ['', 'orders-export', 'a:b/c_d-e', 'n'.repeat(256)]) {
    assert.equal(nameProblem(name), undefined);
  }
  for (const name of ['a b', 'ä', 'a.b', 'a\n', ' ']) {
    assert.match(nameProblem(name) ?? '', /letters, digits/);
  }
  assert.match(nameProblem('n'.repeat(257)) ?? '', /at most 256/);
});

test('the ARN of a source is one', () => {
  assert.equal(sourceArnProblem(`arn:aws:dynamodb:eu-west-1:${account}:table/orders`), undefined);
  assert.equal(sourceArnProblem(`arn:aws-us-gov:rds::${account}:db with a space`), undefined);
  assert.match(sourceArnProblem('arn:aws:s3:::bucket') ?? '', /^This ARN has no account\. /);
  assert.match(sourceArnProblem(`arn:aws:a::${account}:x`.slice(0, 19)) ?? '', /looks/);
  assert.match(sourceArnProblem(`arn:other:dynamodb:eu-west-1:${account}:table/orders`) ?? '', /looks/);
  for (const text of ['', 'orders', 'arn:aws:s3', 'arn:aws:s3::1111:a b']) {
    assert.match(sourceArnProblem(text) ?? '', /looks/);
  }
  const ofLength = (length: number) => `arn:aws:s3::${account}:`.padEnd(length, 'b');
  assert.equal(sourceArnProblem(ofLength(512)), undefined);
  assert.match(sourceArnProblem(ofLength(513)) ?? '', /at most 512/);
});

test('a pair is read up to the first equals sign', () => {
  assert.deepEqual(parseContextPair('purpose=export'), ['purpose', 'export']);
  assert.deepEqual(parseContextPair(' a = b=c '), ['a', 'b=c']);
  assert.equal(parseContextPair('purpose'), undefined);
});

test('pairs have a key, a value of at most 384 characters, and are at most eight', () => {
  assert.equal(contextPairProblem('a=1', {}), undefined);
  assert.match(contextPairProblem('a', {}) ?? '', /key=value/);
  assert.match(contextPairProblem('=1', {}) ?? '', /needs a key/);
  assert.match(contextPairProblem('a=', {}) ?? '', /needs a value/);
  assert.equal(contextPairProblem(`a=${'v'.repeat(384)}`, {}), undefined);
  assert.match(contextPairProblem(`a=${'v'.repeat(385)}`, {}) ?? '', /384/);
  const pairs = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 'v']));
  assert.equal(contextPairProblem('a=1', pairs(7)), undefined);
  assert.match(contextPairProblem('a=1', pairs(8)) ?? '', /at most 8/);
  // The same key again takes the place of the first.
  assert.equal(contextPairProblem('k0=1', pairs(8)), undefined);
});

test('an encryption context can constrain what takes one, on a key for symmetric encryption', () => {
  assert.equal(supportsEncryptionContext(['Decrypt', 'RetireGrant'], symmetric), true);
  assert.equal(supportsEncryptionContext(['GenerateDataKeyPair'], symmetric), true);
  for (const operation of ['DescribeKey', 'RetireGrant', 'CreateGrant']) {
    assert.equal(supportsEncryptionContext([operation], symmetric), true);
    assert.equal(supportsEncryptionContext([operation], { spec: 'RSA_2048' }), false);
  }
  assert.equal(supportsEncryptionContext(['Decrypt'], { spec: 'RSA_2048' }), false);
  assert.equal(supportsEncryptionContext(['Sign'], undefined), false);
  assert.equal(supportsEncryptionContext(['Decrypt'], undefined), true);
});

const service = { kind: 'servicePrincipal', value: 'dynamodb.amazonaws.com' } as const;
const sourceArn = `arn:aws:dynamodb:eu-west-1:${account}:table/orders`;

/** What is asked for → what is wrong with it as a whole. */
const requests: readonly (readonly [string, Partial<CreateGrantInput>, RegExp | undefined])[] = [
  [
    'all that there can be',
    { retiringPrincipal: service, name: 'n', constraints: { ...noConstraints, encryptionContextEquals: { a: '1' } } },
    undefined,
  ],
  [
    'a service with all that it needs',
    { granteePrincipal: service, retiringPrincipal: service, constraints: { ...noConstraints, sourceArn } },
    undefined,
  ],
  [
    'a service that a role retires',
    {
      granteePrincipal: service,
      retiringPrincipal: { kind: 'principal', value: role },
      constraints: { ...noConstraints, sourceArn },
    },
    undefined,
  ],
  [
    'a service without its resource',
    { granteePrincipal: service, retiringPrincipal: service },
    /resource that the service acts for/,
  ],
  [
    'a service that nobody can retire',
    { granteePrincipal: service, constraints: { ...noConstraints, sourceArn } },
    /needs a retiring principal/,
  ],
  ['a source that is no ARN', { constraints: { ...noConstraints, sourceArn: 'orders' } }, /looks like/],
  [
    'both kinds of encryption context',
    { constraints: { ...noConstraints, encryptionContextEquals: { a: '1' }, encryptionContextSubset: { a: '1' } } },
    /not both/,
  ],
  [
    'an encryption context of nothing',
    { constraints: { ...noConstraints, encryptionContextSubset: {} } },
    /at least one pair/,
  ],
  [
    'an encryption context for DescribeKey',
    { operations: ['DescribeKey'], constraints: { ...noConstraints, encryptionContextSubset: { a: '1' } } },
    undefined,
  ],
  ['an operation of another key', { operations: ['Sign'] }, /doesn't support Sign/],
  ['a grantee that is none', { granteePrincipal: { kind: 'principal', value: 'Reader' } }, /Enter the ARN of a role/],
  [
    'a retiring principal that is none',
    { retiringPrincipal: { kind: 'principal', value: 'AROAEXAMPLEEXAMPLE123' } },
    /unique ID/,
  ],
  ['a name that is none', { name: 'a b' }, /letters, digits/],
];

for (const [what, fields, problem] of requests) {
  test(`a grant with ${what} is ${problem === undefined ? 'asked for' : 'refused before KMS is asked'}`, () => {
    const found = createGrantProblem(createInput(fields), symmetric);
    if (problem === undefined) {
      assert.equal(found, undefined);
    } else {
      assert.match(found ?? 'asked for', problem);
    }
  });
}

test('a grant with an encryption context on a key that knows none is refused before KMS is asked', () => {
  const input = createInput({
    operations: ['Verify'],
    constraints: { ...noConstraints, encryptionContextSubset: { a: '1' } },
  });
  const problem = createGrantProblem(input, { usage: 'SIGN_VERIFY', spec: 'RSA_2048' });
  assert.match(problem ?? '', /takes an encryption context/);
});

test('the state of a key and its manager decide whether it takes new grants', () => {
  for (const state of ['Enabled', 'Updating', 'Unavailable', 'SomethingNew']) {
    assert.equal(keyProblem(metadata(keyArn, { state })), undefined);
  }
  for (const state of ['Creating', 'PendingDeletion', 'PendingImport', 'PendingReplicaDeletion']) {
    assert.match(keyProblem(metadata(keyArn, { state })) ?? '', new RegExp(state));
  }
  assert.match(keyProblem(metadata(keyArn, { state: 'Disabled' })) ?? '', /disabled/);
  assert.match(keyProblem(metadata(keyArn, { manager: 'AWS' })) ?? '', /AWS manages/);
  assert.equal(keyProblem(undefined), undefined);
});
