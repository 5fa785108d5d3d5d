import assert from 'node:assert/strict';
import test from 'node:test';
import type { GrantConstraints, PrincipalRef } from '../../../../src/core/kms/model.ts';
import { impactOfRevoke } from '../../../../src/core/words/impact.ts';
import { grant, noConstraints } from '../fakes.ts';

const account = '111122223333';

function impact(value: string, constraints: Partial<GrantConstraints> = {}): string {
  const granteePrincipal: PrincipalRef = { kind: 'principal', value };
  return impactOfRevoke(grant('g1', { granteePrincipal, constraints: { ...noConstraints, ...constraints } }));
}

test("a role or user won't be able to use the key through the grant", () => {
  assert.equal(
    impact(`arn:aws:iam::${account}:role/Reader`),
    "Reader won't be able to use the key through this grant.",
  );
  assert.equal(impact(`arn:aws:iam::${account}:user/ana`), "ana won't be able to use the key through this grant.");
});

test('a grantee that KMS does not name is called the grantee', () => {
  assert.match(impactOfRevoke(grant('g1', { granteePrincipal: undefined })), /^The grantee won't be able to use/);
});

test('of an EC2 instance the volume is named that it loses, where the grant names one', () => {
  const instance = `arn:aws:sts::${account}:assumed-role/aws:ec2-infrastructure/i-0123456789abcdef0`;
  assert.match(impact(instance), /^EC2 instance i-0123456789abcdef0 can lose access to its encrypted volume, /);
  assert.match(
    impact(instance, { encryptionContextSubset: { 'aws:ebs:id': 'vol-0a\n1' } }),
    /its encrypted volume vol-0a\\u\{a\}1, at the latest at its next start\.$/,
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
      /^Amazon (DynamoDB|RDS) won't be able to use .*\. Resources that Amazon \1 keeps encrypted with the key can fail\.$/,
    );
  }
});

test('of a unique ID it is said that its principal is possibly, not surely, deleted', () => {
  for (const value of ['AROAEXAMPLE3STRINGS2X', 'AIDAEXAMPLE3STRINGS2X']) {
    assert.match(impact(value), /may be a deleted principal\. If it still exists, /);
  }
});

test('of a whole account it is said that it is all its principals', () => {
  assert.match(
    impact(`arn:aws:iam::${account}:root`),
    new RegExp(`^Principals of account ${account} won't be able to use`),
  );
});

test('of a service it is said which of its resources can fail, where the grant names one', () => {
  assert.equal(
    impact('dynamodb.us-west-2.amazonaws.com', { encryptionContextSubset: { 'aws:dynamodb:tableName': 'Books' } }),
    "Amazon DynamoDB won't be able to use the key through this grant, and its table Books can fail.",
  );
});

test('of a role of the account that a service acts as, both are named', () => {
  const functionArn = `arn:aws:lambda:eu-west-1:${account}:function:orders`;
  assert.equal(
    impact(`arn:aws:sts::${account}:assumed-role/orders-role/orders`, {
      encryptionContextEquals: { 'aws:lambda:FunctionArn': functionArn },
    }),
    "orders-role/orders won't be able to use the key through this grant, and function orders of AWS Lambda can fail.",
  );
});
