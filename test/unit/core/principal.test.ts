import assert from 'node:assert/strict';
import test from 'node:test';
import type { GrantConstraints, PrincipalRef } from '../../../src/core/model.ts';
import {
  contextOf,
  grantee,
  impactOfRevoke,
  isAwsService,
  type PrincipalKind,
  principalKindName,
  readPrincipal,
} from '../../../src/core/principal.ts';
import { grant } from './fakes.ts';

const account = '111122223333';
const byAws = true;

/** What KMS writes → kind, short name, account, and whether AWS itself uses it. */
const forms: readonly [string, PrincipalKind, string, string | undefined, boolean?][] = [
  [`arn:aws:iam::${account}:role/Reader`, 'role', 'Reader', account],
  [`arn:aws:iam::${account}:role/app/team/Reader`, 'role', 'Reader', account],
  [`arn:aws-cn:iam::${account}:role/Reader`, 'role', 'Reader', account],
  [`arn:aws-us-gov:iam::${account}:role/Reader`, 'role', 'Reader', account],
  [
    `arn:aws:iam::${account}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123`,
    'role',
    'AWSReservedSSO_Admin_0123',
    account,
  ],
  [
    `arn:aws:iam::${account}:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS`,
    'serviceLinkedRole',
    'AWSServiceRoleForRDS',
    account,
    byAws,
  ],
  [`arn:aws:iam::${account}:user/ana`, 'user', 'ana', account],
  [`arn:aws:iam::${account}:user/people/ana`, 'user', 'ana', account],
  [`arn:aws:iam::${account}:root`, 'accountRoot', `account ${account}`, account],
  [`arn:aws:sts::${account}:assumed-role/Reader/session-1`, 'assumedRole', 'Reader/session-1', account],
  [
    `arn:aws:sts::${account}:assumed-role/aws:ec2-infrastructure/i-0123456789abcdef0`,
    'ec2Instance',
    'i-0123456789abcdef0',
    account,
    byAws,
  ],
  [
    `arn:aws:sts::${account}:assumed-role/aws:rds-infrastructure/db-1`,
    'awsServiceSession',
    'aws:rds-infrastructure/db-1',
    account,
    byAws,
  ],
  [`arn:aws:sts::${account}:federated-user/ana`, 'federatedUser', 'ana', account],
  ['dynamodb.us-west-2.amazonaws.com', 'service', 'dynamodb.us-west-2.amazonaws.com', undefined, byAws],
  ['ec2.amazonaws.com', 'service', 'ec2.amazonaws.com', undefined, byAws],
  ['ec2.amazonaws.com.cn', 'service', 'ec2.amazonaws.com.cn', undefined, byAws],
  ['AROAEXAMPLE3STRINGS2X', 'unresolvedRole', 'AROAEXAMPLE3STRINGS2X', undefined],
  ['AIDAEXAMPLE3STRINGS2X', 'unresolvedUser', 'AIDAEXAMPLE3STRINGS2X', undefined],
  [`arn:aws:iam::${account}:saml-provider/Corp`, 'other', 'saml-provider/Corp', account],
  ['arn:aws:s3:::bucket', 'other', 'arn:aws:s3:::bucket', undefined],
  ['arn:aws:iam::1111:role/Reader', 'other', 'arn:aws:iam::1111:role/Reader', undefined],
  [account, 'other', account, undefined],
  ['aroalowercase', 'other', 'aroalowercase', undefined],
  ['evil.amazonaws.com.example.org', 'other', 'evil.amazonaws.com.example.org', undefined],
  ['*', 'other', '*', undefined],
  ['', 'other', '', undefined],
];

for (const [value, kind, shortName, expectedAccount, aws = false] of forms) {
  test(`"${value}" is of kind ${kind}, in short "${shortName}"`, () => {
    const principal = readPrincipal({ kind: 'principal', value });
    assert.deepEqual(principal, { kind, value, shortName, account: expectedAccount });
    assert.equal(isAwsService(principal), aws);
  });
}

test('a service principal is a service, whatever its name', () => {
  for (const value of ['rds.amazonaws.com', 'something.new', `arn:aws:iam::${account}:root`]) {
    assert.equal(readPrincipal({ kind: 'servicePrincipal', value }).kind, 'service');
  }
});

test('a short name is safe to show, while the value stays as KMS wrote it', () => {
  const value = `arn:aws:iam::${account}:role/\u202Eevil`;
  const principal = readPrincipal({ kind: 'principal', value });
  assert.deepEqual([principal.value, principal.shortName], [value, '\\u{202e}evil']);
});

test('a grant without a grantee is shown as such', () => {
  assert.deepEqual(grantee(grant('g1', { granteePrincipal: undefined })), {
    kind: 'other',
    value: 'unknown grantee',
    shortName: 'unknown grantee',
    account: undefined,
  });
});

const none: GrantConstraints = {
  encryptionContextEquals: undefined,
  encryptionContextSubset: undefined,
  sourceArn: undefined,
};

function impact(value: string, constraints: Partial<GrantConstraints> = {}): string {
  const granteePrincipal: PrincipalRef = { kind: 'principal', value };
  return impactOfRevoke(grant('g1', { granteePrincipal, constraints: { ...none, ...constraints } }));
}

test('a role or user can no longer use the key through the grant', () => {
  assert.equal(impact(`arn:aws:iam::${account}:role/Reader`), 'Reader can no longer use the key through this grant.');
  assert.equal(impact(`arn:aws:iam::${account}:user/ana`), 'ana can no longer use the key through this grant.');
});

test('of an EC2 instance the volume is named that it loses, where the grant names one', () => {
  const instance = `arn:aws:sts::${account}:assumed-role/aws:ec2-infrastructure/i-0123456789abcdef0`;
  assert.match(impact(instance), /^EC2 instance i-0123456789abcdef0 can lose access to its encrypted volume, /);
  assert.match(
    impact(instance, { encryptionContextSubset: { 'aws:ebs:id': 'vol-0a\n1' } }),
    /its encrypted volume vol-0a\\u\{a\}1, at the latest when it next starts\.$/,
  );
});

test('of a service it is said that its resources can fail', () => {
  for (const value of [
    'dynamodb.us-west-2.amazonaws.com',
    `arn:aws:iam::${account}:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS`,
    `arn:aws:sts::${account}:assumed-role/aws:rds-infrastructure/db-1`,
  ]) {
    assert.match(
      impact(value),
      /^The AWS service behind .* resources that it keeps encrypted with the key can fail\.$/,
    );
  }
});

test('of a unique ID it is said that its principal is possibly, not surely, deleted', () => {
  for (const value of ['AROAEXAMPLE3STRINGS2X', 'AIDAEXAMPLE3STRINGS2X']) {
    assert.match(impact(value), /is possibly a deleted principal\. If it still exists, /);
  }
});

test('of a whole account it is said that it is all its principals', () => {
  assert.match(impact(`arn:aws:iam::${account}:root`), new RegExp(`^No principal of account ${account} can use`));
});

test('the encryption context is that of either kind, or none', () => {
  const context = { department: 'finance' };
  assert.deepEqual(contextOf(grant('g1', { constraints: { ...none, encryptionContextEquals: context } })), context);
  assert.deepEqual(contextOf(grant('g1', { constraints: { ...none, encryptionContextSubset: context } })), context);
  assert.deepEqual(contextOf(grant()), {});
});

test('every kind of principal has a word of its own', () => {
  const kinds = [...new Set(forms.map(([, kind]) => kind))];
  assert.equal(kinds.length, 12, 'the table above has every kind');
  assert.equal(new Set(kinds.map(principalKindName)).size, kinds.length);
});
