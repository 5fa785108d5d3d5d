import assert from 'node:assert/strict';
import test from 'node:test';
import type { PrincipalRef } from '../../../../src/core/kms/model.ts';
import {
  contextOf,
  describePrincipal,
  externalAccountOf,
  grantee,
  type PrincipalKind,
  parsePrincipal,
  principalKindName,
  volumeOf,
} from '../../../../src/core/kms/principal.ts';
import { grant, noConstraints } from '../fakes.ts';

const account = '111122223333';
const other = '444455556666';

interface Row {
  readonly value: string;
  readonly kind: PrincipalKind;
  readonly short: string;
  readonly account?: string;
  readonly managedBy?: string;
  readonly sentence: string;
}

/** What KMS writes, mostly in AWS's own examples, and what is read from it. */
const principals: readonly Row[] = [
  {
    value: `arn:aws:iam::${account}:role/Reader`,
    kind: 'role',
    short: 'Reader',
    account,
    sentence: `The IAM role Reader of account ${account}.`,
  },
  {
    value: `arn:aws:iam::${account}:role/app/team/Reader`,
    kind: 'role',
    short: 'Reader',
    account,
    sentence: `The IAM role Reader of account ${account}.`,
  },
  {
    value: `arn:aws-cn:iam::${account}:role/Reader`,
    kind: 'role',
    short: 'Reader',
    account,
    sentence: `The IAM role Reader of account ${account}.`,
  },
  {
    value: `arn:aws-us-gov:iam::${account}:role/Reader`,
    kind: 'role',
    short: 'Reader',
    account,
    sentence: `The IAM role Reader of account ${account}.`,
  },
  {
    value: `arn:aws:iam::${account}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123`,
    kind: 'role',
    short: 'AWSReservedSSO_Admin_0123',
    account,
    sentence: `The IAM role AWSReservedSSO_Admin_0123 of account ${account}.`,
  },
  {
    value: `arn:aws:iam::${account}:role/service-role/invoice-mailer-role-7k2m9x4q`,
    kind: 'role',
    short: 'invoice-mailer-role-7k2m9x4q',
    account,
    sentence: `The IAM role invoice-mailer-role-7k2m9x4q of account ${account}.`,
  },
  {
    value: `arn:aws:iam::${other}:role/keyAdminRole`,
    kind: 'role',
    short: 'keyAdminRole',
    account: other,
    sentence: `The IAM role keyAdminRole of account ${other}. The key belongs to another account, ${account}.`,
  },
  {
    value: `arn:aws:iam::${account}:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS`,
    kind: 'serviceLinkedRole',
    short: 'AWSServiceRoleForRDS',
    account,
    managedBy: 'Amazon RDS',
    sentence: `The service-linked role AWSServiceRoleForRDS of account ${account}, managed by Amazon RDS: the service itself uses it.`,
  },
  {
    value: `arn:aws-us-gov:iam::${account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling_Dev`,
    kind: 'serviceLinkedRole',
    short: 'AWSServiceRoleForAutoScaling_Dev',
    account,
    managedBy: 'Amazon EC2 Auto Scaling',
    sentence: `The service-linked role AWSServiceRoleForAutoScaling_Dev of account ${account}, managed by Amazon EC2 Auto Scaling: the service itself uses it.`,
  },
  {
    value: `arn:aws:iam::${account}:role/aws-service-role/brandnew.amazonaws.com/AWSServiceRoleForBrandNew`,
    kind: 'serviceLinkedRole',
    short: 'AWSServiceRoleForBrandNew',
    account,
    managedBy: 'brandnew.amazonaws.com',
    sentence: `The service-linked role AWSServiceRoleForBrandNew of account ${account}, managed by brandnew.amazonaws.com: the service itself uses it.`,
  },
  {
    value: `arn:aws:iam::${account}:user/exampleUser`,
    kind: 'user',
    short: 'exampleUser',
    account,
    sentence: `The IAM user exampleUser of account ${account}.`,
  },
  {
    value: `arn:aws:iam::${account}:user/division_abc/subdivision_xyz/JaneDoe`,
    kind: 'user',
    short: 'JaneDoe',
    account,
    sentence: `The IAM user JaneDoe of account ${account}.`,
  },
  {
    value: `arn:aws:iam::${account}:root`,
    kind: 'accountRoot',
    short: `account ${account}`,
    account,
    sentence: `The whole account ${account}: its administrators decide which of its principals get this access.`,
  },
  {
    value: `arn:aws-cn:iam::${other}:root`,
    kind: 'accountRoot',
    short: `account ${other}`,
    account: other,
    sentence: `The whole account ${other}: its administrators decide which of its principals get this access. The key belongs to another account, ${account}.`,
  },
  {
    value: `arn:aws:sts::${account}:assumed-role/Accounting-Role/Mary`,
    kind: 'assumedRole',
    short: 'Accounting-Role/Mary',
    account,
    sentence: `The session Mary of the IAM role Accounting-Role of account ${account}.`,
  },
  {
    value: `arn:aws:sts::${account}:assumed-role/aws:ec2-infrastructure/i-0123456789abcdef0`,
    kind: 'ec2Instance',
    short: 'i-0123456789abcdef0',
    account,
    managedBy: 'Amazon EC2',
    sentence: `The EC2 instance i-0123456789abcdef0 of account ${account}, managed by Amazon EC2.`,
  },
  {
    value: `arn:aws-us-gov:sts::${account}:assumed-role/aws:ec2-infrastructure/i-0123456789abcdef0`,
    kind: 'ec2Instance',
    short: 'i-0123456789abcdef0',
    account,
    managedBy: 'Amazon EC2',
    sentence: `The EC2 instance i-0123456789abcdef0 of account ${account}, managed by Amazon EC2.`,
  },
  {
    value: `arn:aws:sts::${account}:assumed-role/aws:ec2-infrastructure/snap-1`,
    kind: 'awsServiceSession',
    short: 'aws:ec2-infrastructure/snap-1',
    account,
    managedBy: 'Amazon EC2',
    sentence: `The session aws:ec2-infrastructure/snap-1 of account ${account}, managed by Amazon EC2.`,
  },
  {
    value: `arn:aws:sts::${account}:assumed-role/aws:rds-infrastructure/db-1`,
    kind: 'awsServiceSession',
    short: 'aws:rds-infrastructure/db-1',
    account,
    managedBy: 'Amazon RDS',
    sentence: `The session aws:rds-infrastructure/db-1 of account ${account}, managed by Amazon RDS.`,
  },
  {
    value: `arn:aws:sts::${account}:assumed-role/aws:something-new/x`,
    kind: 'awsServiceSession',
    short: 'aws:something-new/x',
    account,
    managedBy: 'aws:something-new',
    sentence: `The session aws:something-new/x of account ${account}, managed by aws:something-new.`,
  },
  {
    value: `${account}:aws:ec2-infrastructure:i-0123456789abcdef0`,
    kind: 'ec2Instance',
    short: 'i-0123456789abcdef0',
    account,
    managedBy: 'Amazon EC2',
    sentence: `The EC2 instance i-0123456789abcdef0 of account ${account}, managed by Amazon EC2.`,
  },
  {
    value: `${account}:aws:ec2-infrastructure:snap-1`,
    kind: 'awsServiceSession',
    short: 'aws:ec2-infrastructure/snap-1',
    account,
    managedBy: 'Amazon EC2',
    sentence: `The session aws:ec2-infrastructure/snap-1 of account ${account}, managed by Amazon EC2.`,
  },
  {
    value: `arn:aws:sts::${account}:assumed-role/AWSServiceRoleForAutoScaling/AutoScaling`,
    kind: 'awsServiceSession',
    short: 'AWSServiceRoleForAutoScaling/AutoScaling',
    account,
    managedBy: 'Amazon EC2 Auto Scaling',
    sentence: `The session AWSServiceRoleForAutoScaling/AutoScaling of account ${account}, managed by Amazon EC2 Auto Scaling.`,
  },
  {
    value: `arn:aws:sts::${account}:assumed-role/AWSServiceRoleForBrandNew_suffix/x`,
    kind: 'awsServiceSession',
    short: 'AWSServiceRoleForBrandNew_suffix/x',
    account,
    managedBy: 'AWSServiceRoleForBrandNew_suffix',
    sentence: `The session AWSServiceRoleForBrandNew_suffix/x of account ${account}, managed by AWSServiceRoleForBrandNew_suffix.`,
  },
  {
    value: `arn:aws:iam::${account}:role/AWSServiceRoleForAmazonElasticFileSystem`,
    kind: 'serviceLinkedRole',
    short: 'AWSServiceRoleForAmazonElasticFileSystem',
    account,
    managedBy: 'Amazon EFS',
    sentence: `The service-linked role AWSServiceRoleForAmazonElasticFileSystem of account ${account}, managed by Amazon EFS: the service itself uses it.`,
  },
  ...['AWS Internal', 'Amazon Internal'].map((value): Row => {
    const sentence = "An AWS service whose principal KMS doesn't show.";
    return { value, kind: 'awsInternal', short: value, managedBy: 'AWS', sentence };
  }),
  {
    value: `arn:aws:sts::${account}:federated-user/Bob`,
    kind: 'federatedUser',
    short: 'Bob',
    account,
    sentence: `The federated user Bob of account ${account}.`,
  },
  {
    value: 'dynamodb.us-west-2.amazonaws.com',
    kind: 'service',
    short: 'dynamodb.us-west-2.amazonaws.com',
    managedBy: 'Amazon DynamoDB',
    sentence: 'The AWS service Amazon DynamoDB (dynamodb.us-west-2.amazonaws.com).',
  },
  {
    value: 'rds.us-gov-west-1.amazonaws.com',
    kind: 'service',
    short: 'rds.us-gov-west-1.amazonaws.com',
    managedBy: 'Amazon RDS',
    sentence: 'The AWS service Amazon RDS (rds.us-gov-west-1.amazonaws.com).',
  },
  {
    value: 'ec2.amazonaws.com.cn',
    kind: 'service',
    short: 'ec2.amazonaws.com.cn',
    managedBy: 'Amazon EC2',
    sentence: 'The AWS service Amazon EC2 (ec2.amazonaws.com.cn).',
  },
  {
    value: 'logs.cn-north-1.amazonaws.com.cn',
    kind: 'service',
    short: 'logs.cn-north-1.amazonaws.com.cn',
    managedBy: 'Amazon CloudWatch Logs',
    sentence: 'The AWS service Amazon CloudWatch Logs (logs.cn-north-1.amazonaws.com.cn).',
  },
  {
    value: 'brandnew.amazonaws.com',
    kind: 'service',
    short: 'brandnew.amazonaws.com',
    managedBy: 'brandnew.amazonaws.com',
    sentence: 'The AWS service brandnew.amazonaws.com.',
  },
  {
    value: 'AROADBQP57FF2AEXAMPLE',
    kind: 'unresolvedRole',
    short: 'AROADBQP57FF2AEXAMPLE',
    sentence:
      'The role ID AROADBQP57FF2AEXAMPLE, possibly orphaned: the role was deleted or recreated, or is too new for KMS.',
  },
  {
    value: 'AROADBQP57FF2AEXAMPLE:my-session',
    kind: 'unresolvedRole',
    short: 'AROADBQP57FF2AEXAMPLE:my-session',
    sentence:
      'The role ID AROADBQP57FF2AEXAMPLE:my-session, possibly orphaned: the role was deleted or recreated, or is too new for KMS.',
  },
  {
    value: 'AIDAJQABLZS4A3QDU576Q',
    kind: 'unresolvedUser',
    short: 'AIDAJQABLZS4A3QDU576Q',
    sentence:
      'The user ID AIDAJQABLZS4A3QDU576Q, possibly orphaned: the user was deleted or recreated, or is too new for KMS.',
  },
  ...[
    'arn:aws:s3:::bucket',
    'arn:aws:iam::1111:role/Reader',
    account,
    'aroalowercase',
    'evil.amazonaws.com.example.org',
    'amazonaws.com',
    '*',
    '',
  ].map((value): Row => {
    return { value, kind: 'other', short: value, sentence: `A principal of an unknown form: ${value}.` };
  }),
  // STS makes no roles, and IAM no sessions.
  ...['sts 111122223333 role/Reader', 'iam 111122223333 assumed-role/aws:ec2-infrastructure/i-0'].map((parts): Row => {
    const [service = '', of = '', short = ''] = parts.split(' ');
    const value = `arn:aws:${service}::${of}:${short}`;
    const sentence = `A principal of an unknown form: ${value}.`;
    return { value, kind: 'other', short, account: of, sentence };
  }),
];

for (const { value, kind, short, account: of, managedBy, sentence } of principals) {
  test(`"${value}" is of kind ${kind}, in short "${short}"`, () => {
    const principal = parsePrincipal({ kind: 'principal', value });
    assert.deepEqual(principal, { kind, value, shortName: short, account: of, managedBy });
    assert.equal(describePrincipal(principal, grant()), sentence);
  });
}

test('of an unresolved ID nobody says that it is orphaned for sure', () => {
  for (const { sentence } of principals.filter(({ kind }) => kind.startsWith('unresolved'))) {
    assert.equal(/orphan/.test(sentence), /possibly orphaned/.test(sentence));
    assert.doesNotMatch(sentence.replace('possibly orphaned', ''), /orphan/);
  }
});

test('a principal of another account than the key is distinguished from one of the same, and from one without an account', () => {
  const of = (value: string) => externalAccountOf(parsePrincipal({ kind: 'principal', value }), grant().keyArn);
  assert.equal(of(`arn:aws:iam::${other}:role/Reader`), other);
  assert.equal(of(`arn:aws:iam::${account}:role/Reader`), undefined);
  assert.equal(of('rds.amazonaws.com'), undefined);
});

test('of an EC2 instance the sentence names the volume that the grant is for', () => {
  const value = `arn:aws:sts::${account}:assumed-role/aws:ec2-infrastructure/i-0123456789abcdef0`;
  const held = grant('g1', {
    granteePrincipal: { kind: 'principal', value },
    constraints: { ...noConstraints, encryptionContextSubset: { 'aws:ebs:id': 'vol-0123456789abcdef0' } },
  });
  assert.equal(volumeOf(held), 'vol-0123456789abcdef0');
  assert.equal(
    describePrincipal(grantee(held), held),
    `The EC2 instance i-0123456789abcdef0 of account ${account} with its volume vol-0123456789abcdef0, managed by Amazon EC2.`,
  );
});

test('a service is named the same, whichever of its principals KMS wrote', () => {
  const named = (kind: PrincipalRef['kind'], value: string) => parsePrincipal({ kind, value }).managedBy;
  const values = [
    named('servicePrincipal', 'dynamodb.amazonaws.com'),
    named('principal', 'dynamodb.eu-west-1.amazonaws.com'),
    named('principal', `arn:aws:iam::${account}:role/aws-service-role/replication.dynamodb.amazonaws.com/X`),
  ];
  assert.deepEqual(values, Array(3).fill('Amazon DynamoDB'));
});

test('a service principal is a service, whatever its name', () => {
  for (const value of ['rds.amazonaws.com', 'something.new', `arn:aws:iam::${account}:root`]) {
    assert.equal(parsePrincipal({ kind: 'servicePrincipal', value }).kind, 'service');
  }
});

test('a short name is safe to show, while the value stays as KMS wrote it', () => {
  const value = `arn:aws:iam::${account}:role/\u202Eevil`;
  const principal = parsePrincipal({ kind: 'principal', value });
  assert.deepEqual([principal.value, principal.shortName], [value, '\\u{202e}evil']);
});

test('a grant without a grantee is shown as such', () => {
  assert.deepEqual(grantee(grant('g1', { granteePrincipal: undefined })), {
    kind: 'other',
    value: 'unknown grantee',
    shortName: 'unknown grantee',
    account: undefined,
    managedBy: undefined,
  });
});

test('the encryption context is that of either kind, or none', () => {
  const context = { department: 'finance' };
  assert.deepEqual(
    contextOf(grant('g1', { constraints: { ...noConstraints, encryptionContextEquals: context } })),
    context,
  );
  assert.deepEqual(
    contextOf(grant('g1', { constraints: { ...noConstraints, encryptionContextSubset: context } })),
    context,
  );
  assert.deepEqual(contextOf(grant()), {});
});

test('every kind of principal has a word of its own', () => {
  const kinds = [...new Set(principals.map(({ kind }) => kind))];
  assert.equal(kinds.length, 13, 'the table above has every kind');
  assert.equal(new Set(kinds.map(principalKindName)).size, kinds.length - 1, 'a hidden service is one, too');
});
