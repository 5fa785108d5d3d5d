import type { Account, Grant, Key, KeyUsage } from './account.ts';
import { uniqueId } from './iam/ids.ts';
import type { Random } from './random.ts';
import type { SampleGrant } from './sampleHistory.ts';
import { day } from './time.ts';

interface Setting {
  readonly account: Account;
  readonly key: Key;
  /** The grant's position on its key, from 0. */
  readonly index: number;
  readonly random: Random;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The parts that differ between grants. Without an issuing account it is the key's own; without a date, any. */
type GrantParts = Omit<Grant, 'id' | 'keyId' | 'createdAt' | 'issuingAccount'> &
  Partial<Pick<Grant, 'issuingAccount' | 'createdAt'>> &
  Pick<SampleGrant, 'granteeThen'>;

export type GrantMaker = (setting: Setting) => GrantParts;

const readWrite = ['Decrypt', 'Encrypt', 'GenerateDataKey', 'GenerateDataKeyWithoutPlaintext', 'DescribeKey'];
const everything = [
  'Decrypt',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
  'CreateGrant',
  'RetireGrant',
  'DescribeKey',
];
export const partnerAccount = '444455556666';
const securityAccount = '777788889999';

const iam = ({ partition, id }: Account, resource: string, accountId = id) =>
  `arn:${partition}:iam::${accountId}:${resource}`;
const session = (account: Account, role: string, name: string) => account.sessionArn(role, name);

/** The role that a grant was made for, and that was deleted and created again since. */
export const recreatedRole = { name: 'customer-import', path: '/batch/' };

const functions = [
  'orders-api',
  'invoice-mailer',
  'thumbnailer',
  'fraud-check',
  'stock-sync',
  'gdpr-export',
  'search-indexer',
] as const;
const people = ['maria.lopez', 'j.smith', 'chen.wei', 'a.kowalska', 'tomas.novak'] as const;

/** Grants as they are in real accounts, by who holds them. */
export const grantMakers = {
  /** An EBS volume that is attached to an EC2 instance. */
  volume: ({ account, random }) => {
    const instance = `i-0${random.hex(8)}`;
    return {
      granteePrincipal: session(account, 'aws:ec2-infrastructure', instance),
      granteeThen: `${account.id}:aws:ec2-infrastructure:${instance}`,
      retiringPrincipal: session(account, 'aws:ec2-infrastructure', instance),
      operations: ['Decrypt'],
      constraints: { encryptionContextSubset: { 'aws:ebs:id': `vol-0${random.hex(8)}` } },
    };
  },
  /** The same in EC2's older form, before its principals were sessions. */
  oldVolume: ({ account, random }) => ({
    granteePrincipal: `${account.id}:aws:ec2-infrastructure:i-${random.hex(8).slice(0, 8)}`,
    operations: ['Decrypt'],
    constraints: { encryptionContextSubset: { 'aws:ebs:id': `vol-${random.hex(8).slice(0, 8)}` } },
  }),
  /** RDS, with its service-linked role. */
  rds: ({ account, random }) => ({
    granteePrincipal: iam(account, 'role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS'),
    retiringPrincipal: `rds.${account.region}.amazonaws.com`,
    operations: everything,
    constraints: { encryptionContextSubset: { 'aws:rds:db-id': `db-${random.hex(13).toUpperCase()}` } },
  }),
  /** Auto Scaling, with its service-linked role: it launches instances with encrypted volumes. */
  autoScaling: ({ account }) => ({
    name: 'autoscaling-encrypted-volumes',
    granteePrincipal: iam(account, 'role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling'),
    operations: everything.filter((operation) => operation !== 'RetireGrant'),
  }),
  /** The older form of a grant to a service, before GranteeServicePrincipal existed. */
  dynamodbOld: ({ account, random }) => ({
    name: random.hex(16),
    granteePrincipal: `dynamodb.${account.region}.amazonaws.com`,
    retiringPrincipal: `dynamodb.${account.region}.amazonaws.com`,
    operations: everything,
    constraints: {
      encryptionContextSubset: {
        'aws:dynamodb:tableName': 'customers',
        'aws:dynamodb:subscriberId': account.id,
      },
    },
  }),
  dynamodbNew: ({ account }) => ({
    granteeServicePrincipal: 'dynamodb.amazonaws.com',
    retiringServicePrincipal: 'dynamodb.amazonaws.com',
    operations: ['Decrypt', 'Encrypt', 'GenerateDataKey', 'ReEncryptFrom', 'ReEncryptTo', 'DescribeKey'],
    constraints: {
      sourceArn: `arn:${account.partition}:dynamodb:${account.region}:${account.id}:table/customer-consents`,
    },
  }),
  /** Lambda, as the session of the function's own role. */
  lambdaService: ({ account }) => {
    const ownSession = session(account, 'invoice-mailer-role-7k2m9x4q', 'invoice-mailer');
    return {
      granteePrincipal: ownSession,
      retiringPrincipal: ownSession,
      operations: ['Decrypt', 'RetireGrant'],
      constraints: {
        encryptionContextEquals: {
          'aws:lambda:FunctionArn': `arn:${account.partition}:lambda:${account.region}:${account.id}:function:invoice-mailer`,
        },
      },
    };
  },
  /** HealthImaging, whose principal KMS doesn't reveal. */
  medicalImaging: ({ account, random }) => {
    const service = `medical-imaging.${account.region}.amazonaws.com`;
    return {
      name: `MedicalImagingGrantForQIDO_${random.uuid()}`,
      granteePrincipal: 'AWS Internal',
      retiringPrincipal: service,
      issuingAccount: service,
      operations: everything.filter((operation) => operation !== 'RetireGrant'),
    };
  },
  /** The execution role of a Lambda function. */
  lambda: ({ account, random, index }) => {
    const name = random.pick(functions);
    return {
      name: `${name}-${index + 1}`,
      granteePrincipal: iam(account, `role/service-role/${name}-lambda`),
      retiringPrincipal: iam(account, 'role/platform/grant-janitor'),
      operations: ['Decrypt', 'GenerateDataKey'],
      constraints: { encryptionContextSubset: { function: name } },
    };
  },
  /** Nothing here is random: two of them on one key are duplicates, as after a retried CreateGrant. */
  nightlyExport: ({ account }) => ({
    granteePrincipal: iam(account, 'role/batch/nightly-export'),
    operations: ['Decrypt', 'DescribeKey'],
    constraints: { encryptionContextSubset: { purpose: 'export', system: 'orders' } },
  }),
  cardTokenizer: ({ account }) => ({
    name: 'card-tokenizer',
    granteePrincipal: iam(account, 'role/payments/card-tokenizer'),
    retiringPrincipal: iam(account, 'role/platform/grant-janitor'),
    operations: readWrite,
    constraints: { encryptionContextEquals: { tenant: 'retail', 'data-class': 'pan' } },
  }),
  /** For a person, with a name that says how long it was meant to last. Security engineers can retire it. */
  analyst: ({ account, random }) => ({
    name: 'temporary-incident-2291',
    granteePrincipal: iam(account, `user/analysts/${random.pick(people)}`),
    retiringPrincipal: iam(
      account,
      `role/aws-reserved/sso.amazonaws.com/${account.region}/AWSReservedSSO_SecurityEngineer_5a1c8e0f4d2b7396`,
    ),
    operations: ['Decrypt'],
  }),
  deploySession: ({ account }) => ({
    granteePrincipal: session(account, 'GitHubActionsDeploy', 'release-1.42.0'),
    retiringPrincipal: iam(account, 'role/GitHubActionsDeploy'),
    operations: ['Encrypt', 'GenerateDataKey', 'RetireGrant'],
  }),
  glue: ({ account }) => ({
    name: 'glue-crawler',
    granteePrincipal: iam(account, 'role/service-role/AWSGlueServiceRole-raw-zone'),
    operations: readWrite,
  }),
  /** A role of the security team's account, which created the grant itself. */
  auditor: ({ account }) => ({
    name: 'audit:quarterly',
    granteePrincipal: iam(account, 'role/ReadOnlyAuditor', securityAccount),
    retiringPrincipal: iam(account, 'root', securityAccount),
    issuingAccount: iam(account, 'root', securityAccount),
    operations: ['Decrypt', 'DescribeKey'],
  }),
  acquirer: ({ account }) => ({
    name: 'acquirer-settlement-files',
    granteePrincipal: iam(account, 'role/integration/settlement', partnerAccount),
    operations: ['Decrypt'],
    constraints: { encryptionContextEquals: { partner: 'acquirer', direction: 'outbound' } },
  }),
  /** Another account as a whole. */
  otherAccount: ({ account }) => ({
    name: 'partner-data-exchange',
    granteePrincipal: iam(account, 'root', partnerAccount),
    operations: ['Decrypt', 'DescribeKey'],
  }),
  accountRoot: ({ account }) => ({
    granteePrincipal: account.rootArn,
    retiringPrincipal: account.rootArn,
    operations: everything,
  }),
  /** KMS shows a unique ID when it can't resolve a role, most often one that was deleted. */
  deletedRole: ({ account, key, index }) => ({
    name: 'batch-worker',
    granteePrincipal: `AROA${uniqueId(`${key.id}/${index}`)}`,
    granteeThen: iam(account, 'role/batch/batch-worker'),
    operations: readWrite,
  }),
  /** The same, recently enough for CloudTrail to know who created it for what. */
  leftover: ({ account, key, index, now }) => ({
    name: 'batch-worker',
    granteePrincipal: `AROA${uniqueId(`${key.id}/${index}`)}`,
    granteeThen: iam(account, 'role/batch/year-end-export'),
    operations: readWrite,
    createdAt: now - 23 * day,
  }),
  /** A role of its name exists, but it is another one: KMS binds a grant to the unique ID. */
  recreated: ({ account, key, index, now }) => ({
    name: 'batch-worker',
    granteePrincipal: `AROA${uniqueId(`${key.id}/${index}`)}`,
    granteeThen: iam(account, `role${recreatedRole.path}${recreatedRole.name}`),
    operations: readWrite,
    createdAt: now - 29 * day,
  }),
  deletedUser: ({ account, key, index }) => ({
    granteePrincipal: `AIDA${uniqueId(`${key.id}/${index}`)}`,
    granteeThen: iam(account, 'user/interns/p.martin'),
    operations: ['Decrypt', 'Encrypt'],
  }),
  signer: ({ account, index }) => ({
    name: `build-pipeline-${index + 1}`,
    granteePrincipal: iam(account, 'role/ci/release-signer'),
    retiringPrincipal: iam(account, 'role/platform/grant-janitor'),
    operations: ['Sign', 'GetPublicKey', 'DescribeKey'],
  }),
  verifier: ({ account, random }) => ({
    granteePrincipal: iam(account, `role/service-role/${random.pick(functions)}-lambda`),
    operations: ['Verify', 'GetPublicKey'],
  }),
  macMaker: ({ account, index }) => ({
    name: `webhook-sender-${index + 1}`,
    granteePrincipal: iam(account, 'role/partners/webhook-sender'),
    operations: ['GenerateMac', 'DescribeKey'],
  }),
  macChecker: ({ account, random }) => ({
    granteePrincipal: iam(account, `role/service-role/${random.pick(functions)}-lambda`),
    operations: ['VerifyMac'],
  }),
  keyAgreement: ({ account, index }) => ({
    name: `bank-channel-${index + 1}`,
    granteePrincipal: iam(account, 'role/partners/bank-gateway'),
    operations: ['DeriveSharedSecret', 'GetPublicKey', 'DescribeKey'],
  }),
  /** One of many alike, for accounts of any size. */
  worker: ({ account, index, random }) => ({
    name: `worker-${String(index + 1).padStart(5, '0')}`,
    granteePrincipal: iam(account, `role/workers/worker-${random.below(500)}`),
    retiringPrincipal: iam(account, 'role/platform/grant-janitor'),
    operations: ['Decrypt', 'GenerateDataKey'],
    constraints: { encryptionContextSubset: { job: random.hex(4) } },
  }),
} satisfies Record<string, GrantMaker>;

/** The name of a kind of grant. */
export type GrantKind = keyof typeof grantMakers;

/** For encryption keys. */
const usual: readonly GrantKind[] = ['lambda', 'worker', 'analyst', 'volume', 'worker', 'deploySession'];

/** The kinds of `count` grants for one key: its own first, then the usual ones for its key usage. */
export function grantKindsFor(
  { grants, usage }: { readonly grants: readonly GrantKind[]; readonly usage?: KeyUsage },
  count: number,
): readonly GrantKind[] {
  const filler = fillerFor(usage);
  return Array.from(
    { length: count },
    (_, index) => grants[index] ?? filler[(index - grants.length) % filler.length] ?? 'worker',
  );
}

/** Kinds whose operations fit the key usage. */
function fillerFor(usage: KeyUsage | undefined): readonly GrantKind[] {
  switch (usage) {
    case 'SIGN_VERIFY':
      return ['signer', 'verifier'];
    case 'GENERATE_VERIFY_MAC':
      return ['macMaker', 'macChecker'];
    case 'KEY_AGREEMENT':
      return ['keyAgreement'];
    default:
      return usual;
  }
}
