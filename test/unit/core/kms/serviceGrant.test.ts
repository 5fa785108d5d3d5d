import assert from 'node:assert/strict';
import test from 'node:test';
import { isServicePrincipal, serviceName, serviceSuffixes } from '../../../../src/core/kms/awsServices.ts';
import type { Grant } from '../../../../src/core/kms/model.ts';
import {
  type ServiceGrant,
  serviceOfGrant,
  usedBySentence,
  usedByText,
} from '../../../../src/core/kms/serviceGrant.ts';
import { grant, noConstraints } from '../fakes.ts';

const account = '111122223333';
const principal = (value: string) => ({ kind: 'principal', value }) as const;
const service = (value: string) => ({ kind: 'servicePrincipal', value }) as const;
const session = (name: string) => principal(`arn:aws:sts::${account}:assumed-role/${name}`);
const includes = (context: Readonly<Record<string, string>>): Partial<Grant> => ({
  constraints: { ...noConstraints, encryptionContextSubset: context },
});
const equals = (context: Readonly<Record<string, string>>): Partial<Grant> => ({
  constraints: { ...noConstraints, encryptionContextEquals: context },
});

/** Grants as AWS's guides and public reports show them: by what they are known, and how they are called. */
const table: readonly (readonly [what: string, fields: Partial<Grant>, mark: ServiceGrant['mark'], text: string])[] = [
  [
    'HealthImaging, as its guide shows it',
    {
      granteePrincipal: principal('AWS Internal'),
      retiringPrincipal: principal('medical-imaging.us-east-1.amazonaws.com'),
      issuingAccount: 'medical-imaging.us-east-1.amazonaws.com',
    },
    'grantee',
    'used by AWS HealthImaging',
  ],
  ['AWS Internal alone', { granteePrincipal: principal('AWS Internal') }, 'grantee', 'used by AWS'],
  [
    'Network Firewall',
    {
      granteePrincipal: principal('network-firewall.eu-west-1.amazonaws.com'),
      retiringPrincipal: principal('network-firewall.eu-west-1.amazonaws.com'),
      issuingAccount: account,
      ...includes({ 'aws:network-firewall:resource-id': '11223344-aabb' }),
    },
    'grantee',
    'used by AWS Network Firewall for resource 11223344-aabb',
  ],
  [
    'DynamoDB, as services were granted until 2026',
    {
      granteePrincipal: principal('dynamodb.us-west-2.amazonaws.com'),
      ...includes({ 'aws:dynamodb:subscriberId': account, 'aws:dynamodb:tableName': 'Books' }),
    },
    'grantee',
    'used by Amazon DynamoDB for table Books',
  ],
  [
    'a service principal with a source ARN',
    {
      granteePrincipal: service('dynamodb.amazonaws.com'),
      constraints: { ...noConstraints, sourceArn: `arn:aws:dynamodb:eu-west-1:${account}:table/orders` },
    },
    'grantee',
    'used by Amazon DynamoDB for table orders',
  ],
  [
    'a service-linked role',
    { granteePrincipal: principal(`arn:aws:iam::${account}:role/aws-service-role/rds.amazonaws.com/X`) },
    'grantee',
    'used by Amazon RDS',
  ],
  [
    'the session of a service-linked role as retiring principal',
    { retiringPrincipal: session('AWSServiceRoleForAutoScaling/AutoScaling') },
    'retiringPrincipal',
    'used by Amazon EC2 Auto Scaling',
  ],
  [
    'EC2, with its volume',
    {
      granteePrincipal: session('aws:ec2-infrastructure/i-0123456789abcdef0'),
      ...includes({ 'aws:ebs:id': 'vol-0123456789abcdef0' }),
    },
    'grantee',
    'used by Amazon EC2 for volume vol-0123456789abcdef0',
  ],
  [
    'EC2, as it was written once',
    { granteePrincipal: principal(`${account}:aws:ec2-infrastructure:i-5d476fab`) },
    'grantee',
    'used by Amazon EC2 for instance i-5d476fab',
  ],
  [
    'a service as retiring principal',
    { retiringPrincipal: principal('rds.eu-west-1.amazonaws.com'), ...includes({ 'aws:rds:db-id': 'db-ABC' }) },
    'retiringPrincipal',
    'used by Amazon RDS for database db-ABC',
  ],
  [
    'a service principal as retiring principal',
    { retiringPrincipal: service('profile.amazonaws.com') },
    'retiringPrincipal',
    'used by Amazon Connect Customer Profiles',
  ],
  [
    'AWS Internal as retiring principal',
    { retiringPrincipal: principal('AWS Internal') },
    'retiringPrincipal',
    'used by AWS',
  ],
  ['AWS Internal as issuer', { issuingAccount: 'AWS Internal' }, 'issuer', 'used by AWS'],
  ['a service as issuer', { issuingAccount: 'appfabric.us-east-1.amazonaws.com' }, 'issuer', 'used by AWS AppFabric'],
  [
    'the session of a service-linked role as issuer',
    { issuingAccount: `arn:aws:sts::${account}:assumed-role/AWSServiceRoleForRDS/x` },
    'issuer',
    'used by Amazon RDS',
  ],
  [
    "Lambda, by the session of the function's role",
    {
      granteePrincipal: session('orders-role/orders'),
      retiringPrincipal: session('orders-role/orders'),
      ...equals({ 'aws:lambda:FunctionArn': `arn:aws:lambda:eu-west-1:${account}:function:orders` }),
    },
    'encryptionContext',
    'used by AWS Lambda for function orders',
  ],
  [
    'Lambda, where the role of the function is gone',
    {
      granteePrincipal: principal('AROADBQP57FF2AEXAMPLE:orders'),
      ...equals({ 'aws:lambda:FunctionArn': `arn:aws:lambda:eu-west-1:${account}:function:orders` }),
    },
    'encryptionContext',
    'used by AWS Lambda for function orders',
  ],
  [
    'an object of S3',
    includes({ 'aws:s3:arn': 'arn:aws:s3:::acme-orders/2026/11.json' }),
    'encryptionContext',
    'used by Amazon S3 for acme-orders/2026/11.json',
  ],
  [
    'a bucket of S3, with the key as some of the guides write it',
    includes({ 'AWS:s3:arn': 'arn:aws:s3:::acme-orders' }),
    'encryptionContext',
    'used by Amazon S3 for bucket acme-orders',
  ],
  [
    'DataZone',
    includes({ 'aws:datazone:domainId': 'dzd_example' }),
    'encryptionContext',
    'used by Amazon DataZone for domain dzd_example',
  ],
  [
    'a service that is newer than our names',
    includes({ 'aws:brandnew:arn': `arn:aws:brandnew:eu-west-1:${account}:thing/one` }),
    'encryptionContext',
    'used by brandnew for thing one',
  ],
  ['a context that names no service', includes({ 'aws:': 'x' }), 'encryptionContext', 'used by AWS for x'],
  ['an empty value', includes({ 'aws:ebs:id': '' }), 'encryptionContext', 'used by Amazon EBS'],
  [
    'a source ARN alone',
    { constraints: { ...noConstraints, sourceArn: `arn:aws-cn:rds:cn-north-1:${account}:db:orders` } },
    'sourceArn',
    'used by Amazon RDS for db orders',
  ],
];

for (const [what, fields, mark, text] of table) {
  test(`${what}: known by its ${mark}, and ${text}`, () => {
    const used = serviceOfGrant(grant('g', fields));
    assert.ok(used);
    assert.deepEqual([used.mark, usedByText(used)], [mark, text]);
  });
}

test('every other principal of the account has a grant of its own', () => {
  const others: readonly Partial<Grant>[] = [
    {},
    { granteePrincipal: principal(`arn:aws:iam::${account}:role/service-role/orders-lambda`) },
    { granteePrincipal: session('orders-role/orders'), retiringPrincipal: session('orders-role/orders') },
    { granteePrincipal: principal(`arn:aws:iam::${account}:role/ForAWSServiceRoleForRDS`) },
    { retiringPrincipal: principal(`arn:aws:iam::${account}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_A_1`) },
    { granteePrincipal: principal('AROADBQP57FF2AEXAMPLE') },
    { granteePrincipal: undefined, issuingAccount: account },
    includes({ purpose: 'aws:ebs:id', SecretARN: `arn:aws:secretsmanager:eu-west-1:${account}:secret:x` }),
    includes({ 'aws-crypto-public-key': 'A1' }),
  ];
  for (const fields of others) {
    assert.equal(serviceOfGrant(grant('g', fields)), undefined, JSON.stringify(fields));
  }
});

test('a service with a name of its own is named before AWS, whichever mark has it', () => {
  const used = serviceOfGrant(
    grant('g', { granteePrincipal: principal('AWS Internal'), ...includes({ 'aws:omics:arn': 'x' }) }),
  );
  assert.deepEqual([used?.service, used?.mark], ['AWS HealthOmics', 'grantee']);
});

test('what a grant is used for is one sentence in a question, and holds nothing hidden', () => {
  const used = serviceOfGrant(
    grant('g', equals({ 'aws:lambda:FunctionArn': 'arn:aws:lambda:eu-west-1:1:function:a\u202Eb' })),
  );
  assert.ok(used);
  assert.equal(usedBySentence(used), 'AWS Lambda uses this grant for function a\\u{202e}b.');
  assert.equal(usedBySentence({ ...used, resource: undefined }), 'AWS Lambda uses this grant.');
});

test('service principals of every suffix and form are known, and named by their service', () => {
  for (const suffix of serviceSuffixes) {
    for (const name of ['dynamodb', 'dynamodb.us-west-2', 'replication.dynamodb', 'DynamoDB']) {
      assert.ok(isServicePrincipal(`${name}.${suffix}`));
      assert.equal(serviceName(`${name}.${suffix}`), 'Amazon DynamoDB');
    }
  }
  assert.ok(!isServicePrincipal('dynamodb.amazonaws.com.example.org'));
});

test('the services whose guides describe their grants have names', () => {
  const services =
    'aoss apigateway app-integrations appfabric aps backup bedrock bedrock-agentcore chime connect dataexchange datazone deadline devops-guru docdb entityresolution es fargate forecast fsx geo glue grafana healthlake kafka lookoutequipment m2 managedblockchain medical-imaging memorydb neptune network-firewall omics profile q qapps qbusiness quicksight redshift redshift-data sagemaker-geospatial scn timestream verified-access voiceid wisdom workspaces workspaces-web';
  for (const name of services.split(' ')) {
    assert.match(serviceName(`${name}.amazonaws.com`), /^(AWS|Amazon) [A-Z]/);
  }
});
