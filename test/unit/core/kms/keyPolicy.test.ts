import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { type PolicyReading, type PolicyStatement, readKeyPolicy } from '../../../../src/core/kms/keyPolicy.ts';
import { parsePrincipal } from '../../../../src/core/kms/principal.ts';
import { hostileText, property } from '../../hostile.ts';

const A = '111122223333';
const B = '444455556666';
const keyArn = `arn:aws:kms:eu-west-1:${A}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const rootA = `arn:aws:iam::${A}:root`;
const rootB = `arn:aws:iam::${B}:root`;
const role = (name: string, account = A) => `arn:aws:iam::${account}:role/${name}`;
const session = (name: string, account = A) => `arn:aws:sts::${account}:assumed-role/${name}`;
const user = (name: string, account = A) => `arn:aws:iam::${account}:user/${name}`;
const roleR = role('R');
const roleId = 'AROAEXAMPLEID1234567A';
const linkedRole = role('aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling');
const instance = session('aws:ec2-infrastructure/i-0123456789abcdef0');
const crypto = ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'];
const administration = ['kms:Create*', 'kms:Describe*', 'kms:Enable*', 'kms:List*', 'kms:Put*', 'kms:Revoke*'];

type Json = Readonly<Record<string, unknown>>;
const allow = (principal: unknown, action: unknown, condition?: Json, fields: Json = {}): Json => ({
  Effect: 'Allow',
  Principal: principal,
  Action: action,
  Resource: '*',
  ...(condition === undefined ? {} : { Condition: condition }),
  ...fields,
});
const deny = (principal: unknown, action: unknown, condition?: Json, fields: Json = {}): Json =>
  allow(principal, action, condition, { Effect: 'Deny', ...fields });
const aws = (...principals: string[]) => ({ AWS: principals.length === 1 ? principals[0] : principals });
const policyOf = (...statements: readonly unknown[]) =>
  JSON.stringify({ Version: '2012-10-17', Id: 'key-default-1', Statement: statements });

const question = (principal: string, ...operations: string[]) => ({
  keyArn,
  principal: parsePrincipal({ kind: 'principal', value: principal }),
  operations,
});

/** `principal Decrypt by 1 if StringEquals kms:ViaService=ec2.eu-west-1.amazonaws.com`; ` unless 2 …`: may be denied. */
function summary({ outcome, operations, statements, conditionalDenials, needsIamPolicy }: PolicyReading): string {
  return [
    `${outcome} ${operations.join(',')}${needsIamPolicy ? ' with IAM' : ''}`,
    ...statements.map((statement) => `by ${quote(statement)}`),
    ...conditionalDenials.map((statement) => `unless ${quote(statement)}`),
  ].join(' ');
}

function quote({ position, sid, conditions }: PolicyStatement): string {
  const texts = conditions.map(({ operator, key, values }) => `${operator} ${key}=${values.join('|')}`);
  return [sid ?? position, ...(texts.length === 0 ? [] : ['if', texts.join(' & ')])].join(' ');
}

function reads(policy: string, principal: string, ...operations: string[]): readonly string[] {
  return readKeyPolicy(policy, question(principal, ...operations)).map(summary);
}

test('a unique ID that nobody of an account has is named by nothing in that account but itself', () => {
  const policy = policyOf(
    allow(aws(rootA, roleR, user('Bob'), `${session('R')}/ci`), 'kms:Decrypt'),
    allow(aws(role('R', B)), 'kms:Encrypt'),
    allow(aws(roleId), 'kms:Sign'),
    allow({ AWS: `arn:aws:iam::${A}:role/*` }, 'kms:Verify'),
    allow('*', 'kms:DescribeKey'),
    deny(aws(roleR), 'kms:*'),
  );
  const asked = question(roleId, 'Decrypt', 'Encrypt', 'Sign', 'Verify', 'DescribeKey');
  assert.deepEqual(readKeyPolicy(policy, { ...asked, absentFrom: A }).map(summary), [
    'nothing Decrypt',
    'unknown Encrypt by 2',
    'principal Sign by 3',
    'unknown Verify by 4',
    'everyone DescribeKey by 5',
  ]);
  assert.deepEqual(reads(policy, roleId, 'Decrypt'), ['unknown Decrypt by 1 by 6']);
});

interface Case {
  readonly says: string;
  readonly policy: readonly unknown[];
  readonly principal?: string;
  readonly operations?: readonly string[];
  readonly reading: readonly string[];
}

function table(cases: readonly Case[]): void {
  for (const { says, policy, principal = roleR, operations = ['Decrypt'], reading } of cases) {
    test(says, () => assert.deepEqual(reads(policyOf(...policy), principal, ...operations), reading));
  }
}

const callerIn = (account: string) => ({ 'kms:CallerAccount': account });
const via = (...services: string[]) => ({ 'kms:ViaService': services.map((one) => `${one}.eu-west-1.amazonaws.com`) });
const forResource = { Bool: { 'kms:GrantIsForAWSResource': 'true' } };

// Twenty readings, of role R of account A and a key of A

table([
  {
    says: '1: the account of the key leaves it to its IAM policies',
    policy: [allow(aws(rootA), 'kms:*', undefined, { Sid: 'Enable IAM User Permissions' })],
    reading: ['account Decrypt with IAM by Enable IAM User Permissions'],
  },
  {
    says: '2: an administrator of the key is not named for its use',
    policy: [allow(aws(role('Admin')), administration), allow(aws(roleR), administration)],
    reading: ['nothing Decrypt'],
  },
  {
    says: '3: a role in a list with another account is named',
    policy: [allow(aws(roleR, rootB), crypto)],
    reading: ['principal Decrypt by 1'],
  },
  {
    says: '4: making grants for AWS resources is no use of the key',
    policy: [allow(aws(roleR), ['kms:CreateGrant', 'kms:ListGrants', 'kms:RevokeGrant'], forResource)],
    operations: ['Decrypt', 'CreateGrant'],
    reading: ['nothing Decrypt', 'principal CreateGrant by 1 if Bool kms:GrantIsForAWSResource=true'],
  },
  {
    says: '5: another account is nothing to a role of the account',
    policy: [allow(aws(rootB), crypto)],
    reading: ['nothing Decrypt'],
  },
  {
    says: '5: another account leaves it to IAM policies of that account',
    policy: [allow(aws(rootB), crypto)],
    principal: role('X', B),
    reading: ['account Decrypt with IAM by 1'],
  },
  {
    says: '6: a role of another account is named, and needs an IAM policy there too',
    policy: [allow(aws(role('X', B)), crypto)],
    principal: role('X', B),
    reading: ['principal Decrypt with IAM by 1'],
  },
  {
    says: '7: everyone in the account, through EC2',
    policy: [allow('*', crypto, { StringEquals: { ...callerIn(A), ...via('ec2') } })],
    reading: [
      `everyone Decrypt by 1 if StringEquals kms:CallerAccount=${A} & StringEquals kms:ViaService=ec2.eu-west-1.amazonaws.com`,
    ],
  },
  {
    says: '8: everyone in the account, through Secrets Manager',
    policy: [allow(aws('*'), crypto, { StringEquals: { ...via('secretsmanager'), ...callerIn(A) } })],
    reading: [
      `everyone Decrypt by 1 if StringEquals kms:ViaService=secretsmanager.eu-west-1.amazonaws.com & StringEquals kms:CallerAccount=${A}`,
    ],
  },
  {
    says: '9: a role is named through two services',
    policy: [allow(aws(roleR), crypto, { StringEquals: via('ec2', 'rds') })],
    reading: [
      'principal Decrypt by 1 if StringEquals kms:ViaService=ec2.eu-west-1.amazonaws.com|rds.eu-west-1.amazonaws.com',
    ],
  },
  {
    says: '10: a Deny of Encrypt has no effect on Decrypt',
    policy: [deny(aws(roleR), 'kms:Encrypt', { StringEquals: via('lambda') })],
    operations: ['Decrypt', 'Encrypt'],
    reading: [
      'nothing Decrypt',
      'nothing Encrypt unless 1 if StringEquals kms:ViaService=lambda.eu-west-1.amazonaws.com',
    ],
  },
  {
    says: '11: a service is another principal',
    policy: [
      allow({ Service: 'cloudtrail.amazonaws.com' }, 'kms:GenerateDataKey*', {
        StringEquals: { 'aws:SourceArn': `arn:aws:cloudtrail:eu-west-1:${A}:trail/t` },
      }),
    ],
    operations: ['GenerateDataKey'],
    reading: ['nothing GenerateDataKey'],
  },
  {
    says: '12: a user is another principal',
    policy: [allow(aws(user('Bob')), 'kms:Decrypt')],
    reading: ['nothing Decrypt'],
  },
  {
    says: '13: everyone in the account, with an encryption context',
    policy: [
      allow('*', 'kms:Decrypt', {
        StringEquals: callerIn(A),
        StringLike: { 'kms:EncryptionContext:aws:s3:arn': 'arn:aws:s3:::b/*' },
      }),
    ],
    reading: [
      `everyone Decrypt by 1 if StringEquals kms:CallerAccount=${A} & StringLike kms:EncryptionContext:aws:s3:arn=arn:aws:s3:::b/*`,
    ],
  },
  {
    says: '14: a session without its name is unknown',
    policy: [allow(aws(session('ROLE')), 'kms:Decrypt')],
    reading: ['unknown Decrypt by 1'],
  },
  {
    says: '15: a service with an encryption context is another principal',
    policy: [
      allow({ Service: 'logs.eu-west-1.amazonaws.com' }, crypto, {
        ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:aws:logs:eu-west-1:${A}:*` },
      }),
    ],
    reading: ['nothing Decrypt'],
  },
  {
    says: '16: a service-linked role is not the role R',
    policy: [allow(aws(linkedRole), crypto)],
    reading: ['nothing Decrypt'],
  },
  {
    says: '16: a service-linked role is named, and so are its sessions',
    policy: [allow(aws(linkedRole), crypto)],
    principal: session('AWSServiceRoleForAutoScaling/AutoScaling'),
    reading: ['principal Decrypt by 1'],
  },
  {
    says: '17: a Deny outside of a VPC endpoint is conditional',
    policy: [deny('*', crypto, { StringNotEquals: { 'aws:sourceVpce': 'vpce-1' } })],
    reading: ['nothing Decrypt unless 1 if StringNotEquals aws:sourceVpce=vpce-1'],
  },
  {
    says: '18: an account by its bare ID, in a VPC',
    policy: [allow(aws(A), ['kms:Encrypt', 'kms:Decrypt'], { StringEquals: { 'aws:sourceVpc': 'vpc-1' } })],
    reading: ['account Decrypt with IAM by 1 if StringEquals aws:sourceVpc=vpc-1'],
  },
  {
    says: '19: a role is named, with a variable in a condition',
    policy: [
      allow(aws(roleR), 'kms:Decrypt', { StringEquals: { 'kms:EncryptionContext:user': '$' + '{aws:username}' } }),
    ],
    reading: ['principal Decrypt by 1 if StringEquals kms:EncryptionContext:user=$' + '{aws:username}'],
  },
  {
    says: '20: everyone of the organization',
    policy: [allow('*', 'kms:*', { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } })],
    reading: ['everyone Decrypt by 1 if StringEquals aws:PrincipalOrgID=o-1'],
  },
  {
    says: '20: everyone of the organization, with an IAM policy in another account',
    policy: [allow('*', 'kms:*', { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } })],
    principal: role('X', B),
    reading: ['everyone Decrypt with IAM by 1 if StringEquals aws:PrincipalOrgID=o-1'],
  },
  {
    says: '20: a Deny without MFA is conditional',
    policy: [
      allow(aws(roleR), 'kms:*', undefined, { Sid: 'Use' }),
      deny(aws(roleR), 'kms:*', { BoolIfExists: { 'aws:MultiFactorAuthPresent': false } }, { Sid: 'MFA' }),
    ],
    reading: ['principal Decrypt by Use unless MFA if BoolIfExists aws:MultiFactorAuthPresent=false'],
  },
  {
    says: '20: a deleted principal is not the role that has its name now',
    policy: [allow(aws(roleId), 'kms:*')],
    reading: ['nothing Decrypt'],
  },
]);

// Other policies, as they are in use

const consoleDefault = [
  allow(aws(rootA), 'kms:*', undefined, { Sid: 'Enable IAM User Permissions' }),
  allow(aws(role('Admin')), administration, undefined, { Sid: 'Allow access for Key Administrators' }),
  allow(aws(roleR, user('Bob'), rootB), crypto, undefined, { Sid: 'Allow use of the key' }),
  allow(aws(roleR, user('Bob'), rootB), ['kms:CreateGrant', 'kms:ListGrants', 'kms:RevokeGrant'], forResource, {
    Sid: 'Allow attachment of persistent resources',
  }),
];

table([
  {
    says: "the console's policy names a key user, leaves the rest to IAM policies, and groups operations of one reading",
    policy: consoleDefault,
    operations: ['Decrypt', 'Sign', 'GenerateDataKeyPair', 'CreateGrant', 'ReEncryptFrom', 'Verify'],
    reading: [
      'principal Decrypt,GenerateDataKeyPair,ReEncryptFrom by Allow use of the key by Enable IAM User Permissions',
      'account Sign,Verify with IAM by Enable IAM User Permissions',
      'principal CreateGrant by Allow attachment of persistent resources if Bool kms:GrantIsForAWSResource=true by Enable IAM User Permissions',
    ],
  },
  {
    says: "the console's policy leaves other principals of the account to IAM policies",
    policy: consoleDefault,
    principal: user('Eve'),
    operations: ['Decrypt', 'Encrypt'],
    reading: ['account Decrypt,Encrypt with IAM by Enable IAM User Permissions'],
  },
  {
    says: "the console's policy leaves principals of an external account to IAM policies there",
    policy: consoleDefault,
    principal: session('X/s', B),
    reading: ['account Decrypt with IAM by Allow use of the key'],
  },
  {
    says: "the console's policy says nothing of a third account",
    policy: consoleDefault,
    principal: 'arn:aws:iam::777788889999:role/X',
    reading: ['nothing Decrypt'],
  },
  {
    says: 'a grant to a whole account is left to IAM policies, though the account is named',
    policy: [allow(aws(rootB), crypto)],
    principal: rootB,
    reading: ['account Decrypt with IAM by 1'],
  },
  {
    says: 'a statement for a role is for a part of its account',
    policy: [allow(aws(role('X', B)), crypto)],
    principal: rootB,
    reading: ['unknown Decrypt by 1'],
  },
  {
    says: "a session has what is for its role, whatever the role's path is",
    policy: [allow(aws(role('team/R')), crypto)],
    principal: session('R/me@example.com'),
    reading: ['principal Decrypt by 1'],
  },
  {
    says: 'a session has what is for itself, and not what is for another session',
    policy: [allow(aws(session('R/one')), 'kms:Decrypt'), allow(aws(session('R/two')), 'kms:Encrypt')],
    principal: session('R/one'),
    operations: ['Decrypt', 'Encrypt'],
    reading: ['principal Decrypt by 1', 'nothing Encrypt'],
  },
  {
    says: 'a statement for a session is for a part of its role',
    policy: [allow(aws(session('R/one')), 'kms:Decrypt'), deny(aws(session('R/one')), 'kms:Encrypt')],
    operations: ['Decrypt', 'Encrypt'],
    reading: ['unknown Decrypt by 1', 'unknown Encrypt by 2'],
  },
  {
    says: 'roles of the same name in another account, and names in another case, are others',
    policy: [allow(aws(role('R', B), role('r'), role('R/x'), user('R')), 'kms:*')],
    reading: ['nothing Decrypt'],
  },
  {
    says: 'a condition on the ARN of the principal is quoted, not decided',
    policy: [
      allow(aws(rootA), 'kms:*', { ArnLike: { 'aws:PrincipalArn': [role('R*'), role('aws-reserved/*')] } }),
      deny('*', 'kms:*', { ArnNotEquals: { 'aws:PrincipalArn': role('Admin') } }),
    ],
    reading: [
      `account Decrypt with IAM by 1 if ArnLike aws:PrincipalArn=${role('R*')}|${role('aws-reserved/*')} unless 2 if ArnNotEquals aws:PrincipalArn=${role('Admin')}`,
    ],
  },
  {
    says: 'everyone in the account of the key is quoted for another account too',
    policy: [allow({ AWS: ['*'] }, 'kms:*', { StringEquals: callerIn(A) })],
    principal: role('X', B),
    reading: [`everyone Decrypt with IAM by 1 if StringEquals kms:CallerAccount=${A}`],
  },
  {
    says: 'a service is named, under the conditions of its statement',
    policy: [
      allow({ Service: ['dynamodb.amazonaws.com', 'logs.amazonaws.com'] }, crypto, { StringEquals: callerIn(A) }),
    ],
    principal: 'dynamodb.amazonaws.com',
    reading: [`principal Decrypt by 1 if StringEquals kms:CallerAccount=${A}`],
  },
  {
    says: 'a service of a Region may be the service',
    policy: [allow({ Service: 'dynamodb.amazonaws.com' }, crypto)],
    principal: 'dynamodb.eu-west-1.amazonaws.com',
    reading: ['unknown Decrypt by 1'],
  },
  {
    says: 'a service is none of the principals of an account, and not another service',
    policy: [allow(aws(rootA, roleR), 'kms:*'), allow({ Service: 'logs.amazonaws.com' }, 'kms:*')],
    principal: 'dynamodb.amazonaws.com',
    reading: ['nothing Decrypt'],
  },
  {
    says: 'everyone includes services',
    policy: [deny('*', 'kms:Decrypt')],
    principal: 'dynamodb.amazonaws.com',
    reading: ['denied Decrypt by 1'],
  },
  {
    says: "an EC2 instance's session is a principal of the account",
    policy: [allow(aws(rootA), 'kms:*'), allow({ Service: 'logs.amazonaws.com' }, 'kms:*')],
    principal: instance,
    reading: ['account Decrypt with IAM by 1'],
  },
  {
    says: 'an EC2 instance of the older form is the same session',
    policy: [allow(aws(instance), 'kms:Decrypt'), allow(aws(roleR), 'kms:Encrypt')],
    principal: `${A}:aws:ec2-infrastructure:i-0123456789abcdef0`,
    operations: ['Decrypt', 'Encrypt'],
    reading: ['principal Decrypt by 1', 'nothing Encrypt'],
  },
  {
    says: 'the service behind a session may be its principal',
    policy: [allow({ Service: 'ec2.amazonaws.com' }, 'kms:*')],
    principal: instance,
    reading: ['unknown Decrypt by 1'],
  },
  {
    says: "a session of AWS's own may be of any service, where its service is unknown",
    policy: [allow({ Service: 'teleport.amazonaws.com' }, 'kms:*')],
    principal: session('aws:teleport-infrastructure/x'),
    reading: ['unknown Decrypt by 1'],
  },
  {
    says: 'a deleted role is named by its ID, with its sessions',
    policy: [allow(aws(roleId), 'kms:Decrypt')],
    principal: `${roleId}:session`,
    reading: ['principal Decrypt by 1'],
  },
  {
    says: 'a role ID may be that of a role, and of any account; a user it is not',
    policy: [
      allow(aws(roleR), 'kms:Decrypt'),
      allow(aws(rootB), 'kms:Encrypt'),
      allow(aws(user('Bob'), 'AIDAEXAMPLEID', 'AROAOTHER'), 'kms:Sign'),
    ],
    principal: roleId,
    operations: ['Decrypt', 'Encrypt', 'Sign'],
    reading: ['unknown Decrypt by 1', 'unknown Encrypt by 2', 'nothing Sign'],
  },
  {
    says: 'a user ID may be that of a user; a role it is not',
    policy: [allow(aws(user('Bob')), 'kms:Decrypt'), allow(aws(roleR), 'kms:Encrypt')],
    principal: 'AIDAEXAMPLEID1234567A',
    operations: ['Decrypt', 'Encrypt'],
    reading: ['unknown Decrypt by 1', 'nothing Encrypt'],
  },
  {
    says: 'a federated user may be that of a user of the account',
    policy: [
      allow(aws(`arn:aws:sts::${A}:federated-user/Bob`), 'kms:Decrypt'),
      allow(aws(user('Bob')), 'kms:Encrypt'),
      allow(aws(roleR, user('Bob', B)), 'kms:Sign'),
    ],
    principal: `arn:aws:sts::${A}:federated-user/Bob`,
    operations: ['Decrypt', 'Encrypt', 'Sign'],
    reading: ['principal Decrypt by 1', 'unknown Encrypt by 2', 'nothing Sign'],
  },
  {
    says: 'a principal of a form that we do not know is known only where everyone is meant',
    policy: [allow(aws(roleR), 'kms:Decrypt'), allow(aws(rootA), 'kms:Encrypt'), allow('*', 'kms:Sign')],
    principal: `arn:aws:iam::${A}:group/G`,
    operations: ['Decrypt', 'Encrypt', 'Sign'],
    reading: ['unknown Decrypt by 1', 'unknown Encrypt by 2', 'everyone Sign by 3'],
  },
  {
    says: 'a part of the principal counts more than its account, and less than the principal',
    policy: [
      allow(aws(rootA, session('R/one')), 'kms:Decrypt'),
      allow(aws(session('R/one'), roleR, rootA), 'kms:Encrypt'),
    ],
    operations: ['Decrypt', 'Encrypt'],
    reading: ['unknown Decrypt by 1', 'principal Encrypt by 2'],
  },
  {
    says: 'a role of the same name with another path is unknown',
    policy: [allow(aws(role('team/R')), 'kms:*')],
    reading: ['unknown Decrypt by 1'],
  },
  {
    says: 'what KMS calls AWS Internal is known only where everyone is meant',
    policy: [
      allow({ Service: 'medical-imaging.amazonaws.com' }, 'kms:Decrypt'),
      allow(aws(rootA), 'kms:Encrypt'),
      allow('*', 'kms:Sign'),
      allow(aws(roleR), 'kms:GenerateMac'),
    ],
    principal: 'AWS Internal',
    operations: ['Decrypt', 'Encrypt', 'Sign', 'GenerateMac', 'Verify'],
    reading: [
      'unknown Decrypt by 1',
      'unknown Encrypt by 2',
      'everyone Sign by 3',
      'unknown GenerateMac by 4',
      'nothing Verify',
    ],
  },
  {
    says: 'identity providers and canonical users are unknown',
    policy: [
      allow({ Federated: 'cognito-identity.amazonaws.com' }, 'kms:Decrypt'),
      allow({ CanonicalUser: '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be' }, 'kms:Encrypt'),
    ],
    operations: ['Decrypt', 'Encrypt'],
    reading: ['unknown Decrypt by 1', 'unknown Encrypt by 2'],
  },
  {
    says: 'several types of principals in one statement are all read',
    policy: [allow({ Service: 'logs.amazonaws.com', AWS: [rootB, roleR] }, 'kms:*')],
    reading: ['principal Decrypt by 1'],
  },
  {
    says: 'wildcards of actions, in any case',
    policy: [
      allow(aws(roleR), 'kms:Re*', undefined, { Sid: 'Re' }),
      allow(aws(roleR), 'KMS:decrypt', undefined, { Sid: 'case' }),
      allow(aws(roleR), ['kms:?ncrypt', 's3:*'], undefined, { Sid: 'one' }),
      allow(aws(roleR), 'kms:Generate*WithoutPlaintext', undefined, { Sid: 'inside' }),
    ],
    operations: [
      'Decrypt',
      'ReEncryptFrom',
      'ReEncryptTo',
      'Encrypt',
      'GenerateDataKey',
      'GenerateDataKeyPairWithoutPlaintext',
    ],
    reading: [
      'principal Decrypt by case',
      'principal ReEncryptFrom,ReEncryptTo by Re',
      'principal Encrypt by one',
      'nothing GenerateDataKey',
      'principal GenerateDataKeyPairWithoutPlaintext by inside',
    ],
  },
  {
    says: 'NotAction is for all other actions',
    policy: [allow(aws(roleR), undefined, undefined, { NotAction: ['kms:Decrypt', 'kms:Re*'] })],
    operations: ['Decrypt', 'ReEncryptTo', 'Encrypt'],
    reading: ['nothing Decrypt,ReEncryptTo', 'principal Encrypt by 1'],
  },
  {
    says: 'a Deny with NotAction denies all other actions',
    policy: [allow(aws(roleR), '*'), deny(aws(roleR), undefined, undefined, { NotAction: 'kms:Decrypt' })],
    operations: ['Decrypt', 'Encrypt'],
    reading: ['principal Decrypt by 1', 'denied Encrypt by 2'],
  },
  {
    says: 'a Deny stands, whatever else allows it or is unknown',
    policy: [
      allow(aws(roleR), 'kms:*'),
      allow({ Federated: 'x' }, 'kms:*'),
      deny(aws(roleR, user('Bob')), 'kms:Decrypt', undefined, { Sid: 'No decryption' }),
      deny('*', 'kms:*', forResource),
    ],
    reading: ['denied Decrypt by No decryption unless 4 if Bool kms:GrantIsForAWSResource=true'],
  },
  {
    says: 'a Deny of an account is not known, and under conditions it is quoted',
    policy: [deny(aws(rootA), 'kms:Decrypt'), deny(aws(rootA), 'kms:Encrypt', forResource)],
    operations: ['Decrypt', 'Encrypt'],
    reading: ['unknown Decrypt by 1', 'nothing Encrypt unless 2 if Bool kms:GrantIsForAWSResource=true'],
  },
  {
    says: 'NotPrincipal is not known, also beside a statement that names the role',
    policy: [
      allow(aws(roleR), 'kms:*'),
      deny(undefined, 'kms:Decrypt', undefined, { NotPrincipal: aws(roleR, rootA) }),
    ],
    operations: ['Decrypt', 'Encrypt'],
    reading: ['unknown Decrypt by 2 by 1', 'principal Encrypt by 1'],
  },
  {
    says: 'what allows it without conditions comes before what allows it under conditions',
    policy: [
      allow(aws(rootA), 'kms:*', forResource, { Sid: 'account if' }),
      allow(aws(rootA), 'kms:*', undefined, { Sid: 'account' }),
      allow('*', 'kms:*', forResource, { Sid: 'everyone if' }),
      allow(aws(roleR), 'kms:*', forResource, { Sid: 'role if' }),
      allow('*', 'kms:*', undefined, { Sid: 'everyone' }),
    ],
    reading: [
      [
        'everyone Decrypt by everyone',
        'by role if if Bool kms:GrantIsForAWSResource=true',
        'by everyone if if Bool kms:GrantIsForAWSResource=true',
        'by account',
        'by account if if Bool kms:GrantIsForAWSResource=true',
      ].join(' '),
    ],
  },
  {
    says: 'RetireGrant is not for a key policy to allow or deny',
    policy: [allow(aws(roleR), 'kms:*'), deny('*', ['kms:RetireGrant', 'kms:Sign'])],
    operations: ['RetireGrant', 'Sign'],
    reading: ['nothing RetireGrant', 'denied Sign by 2'],
  },
  {
    says: 'the ARN of the key is the key; another resource is not known; without one a statement has no effect',
    policy: [
      allow(aws(roleR), 'kms:Decrypt', undefined, { Resource: keyArn }),
      allow(aws(roleR), 'kms:Encrypt', undefined, { Resource: [`arn:aws:kms:*:${A}:key/*`] }),
      allow(aws(roleR), 'kms:Sign', undefined, { Resource: `${keyArn}0` }),
      allow(aws(roleR), 'kms:Verify', undefined, { Resource: undefined }),
      allow(aws(roleR), 'kms:GetPublicKey', undefined, { Resource: undefined, NotResource: 'arn:aws:kms:::x' }),
      allow(aws(roleR), undefined),
    ],
    operations: ['Decrypt', 'Encrypt', 'Sign', 'Verify', 'GetPublicKey'],
    reading: [
      'principal Decrypt by 1',
      'principal Encrypt by 2',
      'unknown Sign by 3',
      'nothing Verify',
      'unknown GetPublicKey by 5',
    ],
  },
  {
    says: 'an operation that AWS adds later is read like the others, and one that is no name is unknown',
    policy: [allow(aws(roleR), 'kms:*')],
    operations: ['Teleport', 'Decrypt', 'De*', '', 'Decrypt'],
    reading: ['principal Teleport,Decrypt by 1', 'unknown De*,'],
  },
]);

test('a reading quotes the statement as data', () => {
  const text = policyOf(
    allow(aws(rootB), 'kms:*'),
    allow(
      aws(roleR),
      'kms:*',
      { 'ForAnyValue:StringLike': { 'aws:x': ['a', 1, true] }, Null: { y: 'true' } },
      { Sid: 'S\u202e' },
    ),
  );
  assert.deepEqual(readKeyPolicy(text, question(roleR, 'Decrypt')), [
    {
      outcome: 'principal',
      operations: ['Decrypt'],
      statements: [
        {
          position: 2,
          sid: 'S\u202e',
          names: 'principal',
          conditions: [
            { operator: 'ForAnyValue:StringLike', key: 'aws:x', values: ['a', '1', 'true'] },
            { operator: 'Null', key: 'y', values: ['true'] },
          ],
        },
      ],
      conditionalDenials: [],
      needsIamPolicy: false,
    },
  ]);
});

test('an unknown condition is quoted as far as it can be, and is unknown', () => {
  const text = policyOf(
    allow(aws(roleR), 'kms:*', { StringSounds: { 'aws:x': 'y', 'aws:z': [{}] } }, { Sid: 'odd' }),
    allow(aws(role('X')), 'kms:*', { StringSounds: { 'aws:x': 'y' } }),
  );
  assert.deepEqual(reads(text, roleR, 'Decrypt'), [
    'unknown Decrypt by odd if StringSounds aws:x=y & StringSounds aws:z=',
  ]);
});

// What can't be read

const goodStatement = allow(aws(rootB), 'kms:Encrypt');

for (const [what, text] of [
  ['nothing', ''],
  ['no JSON', '{"Version":"2012-10-17","Statement":['],
  ['a list', '[]'],
  ['null', 'null'],
  ['no statement', '{"Version":"2012-10-17"}'],
  ['a statement that is a text', '{"Statement":"x"}'],
  ['another version', JSON.stringify({ Version: '2031-01-01', Statement: [goodStatement] })],
  ['a version that is null', JSON.stringify({ Version: null, Statement: [goodStatement] })],
  ['another element', JSON.stringify({ Statement: [goodStatement], Statements: [] })],
  ['an element __proto__', '{"Statement":[],"__proto__":{}}'],
  ['an element twice', '{"Statement":[{"Effect":"Allow"}],"Statement" :[]}'],
  ['an element twice, deep inside', '{"Statement":[{"Condition":{"Bool":{"a":"true"},"Bool":{"b":"true"}}}]}'],
  ['a text that is too long', policyOf({ ...goodStatement, Sid: 'x'.repeat(131_072) })],
  ['a list of too many statements', JSON.stringify({ Statement: Array.from({ length: 2001 }, () => ({})) })],
  ['JSON that is too deep', `{"Statement":${'['.repeat(60_000)}${']'.repeat(60_000)}}`],
] as const) {
  test(`a policy that is ${what} is not known as a whole`, () => {
    const [reading, ...others] = readKeyPolicy(text, question(roleR, 'Decrypt', 'Encrypt'));
    assert.deepEqual(others, []);
    assert.equal(reading?.outcome, 'unknown');
    assert.deepEqual(reading.operations, ['Decrypt', 'Encrypt']);
    assert.deepEqual(reading.statements, []);
  });
}

test('texts that look like members are not taken for any', () => {
  const text = policyOf(allow(aws(roleR), 'kms:*', undefined, { Sid: 'a": "b\\", "Sid":' }));
  assert.deepEqual(reads(text, roleR, 'Decrypt'), ['principal Decrypt by a": "b\\", "Sid":']);
});

test('a version may be left out or old, and a statement may stand without a list', () => {
  for (const policy of [{}, { Version: '2008-10-17' }, { Version: '2012-10-17', Id: 'x' }]) {
    const text = JSON.stringify({ ...policy, Statement: allow(aws(roleR), 'kms:*') });
    assert.deepEqual(reads(text, roleR, 'Decrypt'), ['principal Decrypt by 1']);
  }
  assert.deepEqual(reads('{"Version":"2012-10-17","Statement":[]}', roleR, 'Decrypt'), ['nothing Decrypt']);
});

/** Each makes a statement for role R one that can't be read. */
const spoilers: Readonly<Record<string, Json>> = {
  'another element': { Until: '2031-01-01' },
  'an effect in another case': { Effect: 'allow' },
  'no effect': { Effect: undefined },
  'a Sid that is no text': { Sid: 7 },
  'no principal': { Principal: undefined },
  'an empty principal': { Principal: {} },
  'a principal that is a bare ARN': { Principal: roleR },
  'a principal that is null': { Principal: null },
  'an empty list of principals': { Principal: { AWS: [] } },
  'a principal that is a number': { Principal: { AWS: [rootB, 7] } },
  'a principal with a wildcard': { Principal: aws(role('*')) },
  'a principal with a variable': { Principal: aws(role('$' + '{aws:username}')) },
  'a service with a wildcard': { Principal: { Service: '*.amazonaws.com' } },
  'another type of principals': { Principal: { Robot: roleR } },
  'a service in a list of others': { Principal: aws('ec2.amazonaws.com') },
  'a group': { Principal: aws(`arn:aws:iam::${A}:group/x`) },
  'a principal that is too long': { Principal: aws(role('x'.repeat(1024))) },
  'Principal and NotPrincipal': { NotPrincipal: aws(rootB) },
  'Action and NotAction': { NotAction: 'kms:Sign' },
  'an action without a service': { Action: ['kms:Decrypt', 'Decrypt'] },
  'an empty list of actions': { Action: [] },
  'an action that is null': { Action: null },
  'a resource that is null': { Resource: null },
  'Resource and NotResource': { NotResource: 'x' },
  'a condition that is a list': { Condition: [] },
  'another operator': { Condition: { NullIfExists: { x: 'true' } } },
  'an operator in another case': { Condition: { stringequals: { x: 'y' } } },
  'an operator without keys': { Condition: { StringEquals: {} } },
  'a key without values': { Condition: { StringEquals: { x: [] } } },
  'a value that is null': { Condition: { StringEquals: { x: null } } },
};

for (const [what, fields] of Object.entries(spoilers)) {
  test(`a statement with ${what} is not known, whether it allows or denies`, () => {
    for (const statement of [allow(aws(roleR), 'kms:*'), deny(aws(roleR), 'kms:*')]) {
      assert.notEqual(readKeyPolicy(policyOf(statement), question(roleR, 'Decrypt'))[0]?.outcome, 'unknown');
      const [reading] = readKeyPolicy(policyOf(goodStatement, { ...statement, ...fields }), question(roleR, 'Decrypt'));
      assert.equal(reading?.outcome, 'unknown');
      assert.deepEqual(
        reading.statements.map(({ position, names }) => [position, names]),
        [[2, 'unknown']],
      );
    }
  });
}

test('a question of too many operations is unknown', () => {
  const asked = (count: number) =>
    readKeyPolicy(
      policyOf(allow(aws(roleR), 'kms:*')),
      question(roleR, ...Array.from({ length: count }, (_, index) => `Op${'x'.repeat(index)}`)),
    ).map(({ outcome }) => outcome);
  assert.deepEqual(asked(32), ['principal']);
  assert.deepEqual(asked(33), ['unknown']);
  assert.deepEqual(asked(0), []);
});

// Properties

const principals = [roleR, session('R/s'), user('Bob'), rootA, role('X', B), rootB, linkedRole, roleId, instance];
const grantees = fc.constantFrom(...principals, 'AWS Internal', 'ec2.amazonaws.com', 'unknown grantee');
const oneOrMore = (values: readonly string[]) =>
  fc.oneof(fc.constantFrom(...values), fc.subarray([...values], { minLength: 1 }));
const principalElement = fc.oneof(
  { arbitrary: oneOrMore([...principals, A, '*']).map((AWS) => ({ AWS })), weight: 6 },
  { arbitrary: oneOrMore(['ec2.amazonaws.com', 'logs.amazonaws.com']).map((Service) => ({ Service })), weight: 1 },
  { arbitrary: fc.constant('*'), weight: 1 },
);
const operationNames = ['Decrypt', 'Encrypt', 'ReEncryptFrom', 'CreateGrant', 'RetireGrant'];
const actionElement = oneOrMore(['kms:*', '*', 'kms:Decrypt', 'kms:Re*', 'kms:*crypt', 'kms:Create*', 's3:*']);
const conditionElement = fc.constantFrom<Json | undefined>(
  undefined,
  {},
  forResource,
  { StringEquals: callerIn(A) },
  { ArnLike: { 'aws:PrincipalArn': role('*') }, StringEquals: via('ec2') },
);
const effects = fc.constantFrom('Allow', 'Deny');
const statementOf = (effect: fc.Arbitrary<string>): fc.Arbitrary<Json> =>
  fc
    .tuple(effect, principalElement, actionElement, conditionElement, fc.boolean())
    .map(([Effect, principal, action, condition, isNegative]) =>
      allow(principal, isNegative ? undefined : action, condition, {
        Effect,
        ...(isNegative ? { NotAction: action } : {}),
      }),
    );
const statements = fc
  .array(statementOf(effects), { maxLength: 4 })
  .map((list) => list.map((statement, index) => ({ ...statement, Sid: `${index}` })));

function outcomes(policy: string, principal: string): ReadonlyMap<string, PolicyReading> {
  const readings = readKeyPolicy(policy, question(principal, ...operationNames));
  const operations = readings.flatMap((reading) => reading.operations);
  assert.deepEqual(operations.toSorted(), operationNames.toSorted());
  return new Map(readings.flatMap((reading) => reading.operations.map((operation) => [operation, reading] as const)));
}

test('another Deny never widens what a policy allows', () => {
  property([statements, statementOf(fc.constant('Deny')), grantees], (list, denial, principal) => {
    const before = outcomes(policyOf(...list), principal);
    const after = outcomes(policyOf(...list, denial), principal);
    for (const operation of operationNames) {
      const [was, is] = [before.get(operation), after.get(operation)];
      assert.ok(is?.outcome === was?.outcome || is?.outcome === 'denied' || is?.outcome === 'unknown');
      if (is?.outcome === was?.outcome && is?.outcome !== 'denied' && is?.outcome !== 'unknown') {
        assert.deepEqual(is?.statements, was?.statements);
      }
    }
  });
});

test('another statement that can be read takes no Deny away', () => {
  property([statements, statementOf(effects), grantees], (list, added, principal) => {
    const before = outcomes(policyOf(...list), principal);
    const after = outcomes(policyOf(...list, added), principal);
    for (const operation of operationNames) {
      const [was, is] = [before.get(operation), after.get(operation)];
      assert.ok(was?.outcome !== 'denied' || is?.outcome === 'denied');
      assert.ok((was?.conditionalDenials.length ?? 0) <= (is?.conditionalDenials.length ?? 0));
    }
  });
});

test('the order of statements is of no importance', () => {
  const placed = fc.tuple(statements, fc.array(fc.integer(), { minLength: 4, maxLength: 4 }));
  property([placed, grantees], ([list, places], principal) => {
    const shuffled = list.toSorted(
      ({ Sid: one }, { Sid: other }) => (places[Number(one)] ?? 0) - (places[Number(other)] ?? 0),
    );
    const sids = (quotes: readonly PolicyStatement[] = []) => quotes.map(({ sid, names }) => `${sid}${names}`).sort();
    const before = outcomes(policyOf(...list), principal);
    const after = outcomes(policyOf(...shuffled), principal);
    for (const operation of operationNames) {
      const [was, is] = [before.get(operation), after.get(operation)];
      assert.equal(is?.outcome, was?.outcome);
      assert.equal(is?.needsIamPolicy, was?.needsIamPolicy);
      assert.deepEqual(sids(is?.statements), sids(was?.statements));
      assert.deepEqual(sids(is?.conditionalDenials), sids(was?.conditionalDenials));
    }
  });
});

const unknownName = fc.oneof(hostileText, fc.constantFrom('sid', 'Principals', '__proto__', 'constructor'));

test('a statement with an unknown element makes all not known, but for what is denied in any case', () => {
  property([statements, statementOf(effects), unknownName, grantees], (list, odd, name, principal) => {
    const known = ['Sid', 'Effect', 'Principal', 'NotPrincipal', 'Action', 'NotAction', 'Resource', 'NotResource'];
    fc.pre(![...known, 'Condition'].includes(name));
    const before = outcomes(policyOf(...list), principal);
    const spoiled = Object.fromEntries([...Object.entries(odd), [name, 'x']]);
    const after = outcomes(policyOf(...list, spoiled), principal);
    for (const operation of operationNames) {
      const expected = before.get(operation)?.outcome === 'denied' ? 'denied' : 'unknown';
      assert.equal(after.get(operation)?.outcome, expected);
    }
  });
});

test('an unknown element of the policy makes all unknown', () => {
  property([statements, unknownName, grantees], (list, name, principal) => {
    fc.pre(!['Version', 'Id', 'Statement'].includes(name));
    const policy = Object.fromEntries([
      ['Statement', list],
      [name, 'x'],
    ]);
    for (const { outcome } of outcomes(JSON.stringify(policy), principal).values()) {
      assert.equal(outcome, 'unknown');
    }
  });
});

test('a statement that can no longer be read never turns what a policy says into nothing', () => {
  const spoiled = fc.tuple(fc.nat(), fc.constantFrom(...Object.values(spoilers)));
  property([statements, spoiled, grantees], (list, [at, fields], principal) => {
    const before = outcomes(policyOf(...list), principal);
    const odd = list.map((one, index) => (index === at % list.length ? { ...one, ...fields } : one));
    for (const [operation, { outcome }] of outcomes(policyOf(...odd), principal)) {
      assert.ok(outcome !== 'nothing' || before.get(operation)?.outcome === 'nothing');
    }
  });
});

test('actions match as patterns do', () => {
  const characters = fc.array(fc.constantFrom('*', '?', '', 'e', undefined, undefined, undefined), {
    minLength: 7,
    maxLength: 7,
  });
  property([characters], (replaced) => {
    const pattern = [...'Decrypt'].map((character, at) => (at in replaced ? (replaced[at] ?? character) : '')).join('');
    fc.pre(pattern !== '');
    const expected = new RegExp(`^${pattern.replaceAll('?', '.').replaceAll('*', '.*')}$`, 'i').test('Decrypt');
    const [reading] = readKeyPolicy(policyOf(allow(aws(roleR), `kms:${pattern}`)), question(roleR, 'Decrypt'));
    assert.equal(reading?.outcome, expected ? 'principal' : 'nothing', pattern);
  });
});

test('any text is read, and any JSON in the place of any element', () => {
  const json = fc.jsonValue({ maxDepth: 4 });
  const element = fc.constantFrom(
    'Effect',
    'Principal',
    'NotPrincipal',
    'Action',
    'NotAction',
    'Resource',
    'Condition',
  );
  const odd = fc
    .tuple(statementOf(effects), element, json)
    .map(([statement, name, value]) => policyOf({ ...statement, [name]: value }));
  const text = fc.oneof(
    hostileText,
    fc.json(),
    json.map((value) => JSON.stringify({ Statement: value })),
    odd,
  );
  property(
    [text, fc.oneof(grantees, hostileText), fc.array(hostileText, { maxLength: 3 })],
    (policy, who, operations) => {
      const readings = readKeyPolicy(policy, question(who, ...operationNames, ...operations));
      assert.deepEqual(
        new Set(readings.flatMap((reading) => reading.operations)),
        new Set([...operationNames, ...operations]),
      );
    },
  );
});

test('texts that are long for what they say are read in the end', () => {
  const many = (text: string) =>
    `[${Array.from({ length: Math.floor(20_000 / (text.length + 1)) }, () => text).join()}]`;
  const operations = [...'BCDEFGHI'].map((last) => `${'a'.repeat(62)}${last}`);
  for (const text of [
    `{"Statement":[${Array.from({ length: 2000 }, () => '{}').join()}]}`,
    `{"Statement":{"Effect":"Allow","Principal":"*","Resource":"*","Action":${many(`"kms:*${'a'.repeat(60)}b"`)}}}`,
    `{"Statement":{"Effect":"Allow","Principal":"*","Resource":"*","Action":${many('"kms:*a*a*a*a*a*a*a*a*b"')}}}`,
    `{"Statement":{"Effect":"Allow","Principal":{"AWS":"${'a.'.repeat(50_000)}amazonaws.com"},"Resource":"*","Action":"*"}}`,
    `{"Statement":{"Effect":"Allow","Principal":{"Service":${many(`"${'a.'.repeat(500)}amazonaws.com"`)}},"Resource":"*","Action":"*"}}`,
    `{"Statement":{"Effect":"Allow","Principal":"*","Resource":"${'*a'.repeat(50_000)}","Action":"*"}}`,
    `{"Statement":{"Sid":"${'\\\\'.repeat(50_000)}","Effect":"Allow","Principal":"*","Resource":"*","Action":"*"}}`,
  ]) {
    assert.ok(readKeyPolicy(text, question(instance, ...operations)).length > 0);
  }
});
