import type { Key } from './account.ts';
import type { GrantKind } from './sampleGrants.ts';

/** What is special about one key of the sample account; absent members have the usual value. */
export interface SampleKey {
  readonly aliases: readonly string[];
  readonly description: string;
  readonly state?: Key['state'];
  readonly manager?: Key['manager'];
  readonly origin?: Key['origin'];
  readonly usage?: Key['usage'];
  readonly spec?: string;
  /** The Regions of the replicas of a multi-Region primary key. */
  readonly multiRegion?: readonly string[];
  /** The Region of its primary key, for a multi-Region replica key. */
  readonly replicaOf?: string;
  /** AWS RAM shares it with another account. */
  readonly isShared?: boolean;
  /** Days until the imported key material expires. */
  readonly materialDays?: number;
  /** Days; absent: its key material is not rotated automatically. */
  readonly rotation?: number;
  /** KMS has recorded no use of it. */
  readonly isUnused?: boolean;
  /** How many days ago it was last used; absent: at random, recently if the key can be used. */
  readonly lastUsedDays?: number;
  /** Roles that the key policy lets use it, such as `role/app`. */
  readonly users?: readonly string[];
  readonly tags?: Readonly<Record<string, string>>;
  /** The grants that this key has first; the usual ones follow. */
  readonly grants: readonly GrantKind[];
}

/** The customer key at an index from 0: first those with names, then any number that follow a pattern. */
export function customerKey(index: number): SampleKey {
  return customerKeys[index] ?? serviceKey(index);
}

const customerKeys: readonly SampleKey[] = [
  {
    aliases: ['alias/orders-db'],
    description: 'Orders database (RDS), its replicas and snapshots',
    rotation: 365,
    tags: { team: 'orders', environment: 'production', 'cost-center': '4711' },
    grants: ['rds', 'nightlyExport', 'nightlyExport', 'lambda', 'leftover', 'analyst', 'auditor', 'volume'],
  },
  {
    aliases: ['alias/payments/card-vault', 'alias/payments/card-vault-v2', 'alias/pci/cards'],
    description: 'Card vault: card numbers, encrypted field by field. In scope of PCI DSS',
    rotation: 90,
    tags: { team: 'payments', environment: 'production', compliance: 'pci-dss' },
    users: ['role/payments/card-tokenizer'],
    grants: ['cardTokenizer', 'lambda', 'acquirer', 'deploySession', 'auditor', 'deletedUser'],
  },
  {
    aliases: ['alias/platform/ebs'],
    description: 'Default key for EBS volumes of this account',
    tags: { team: 'platform', environment: 'production' },
    grants: ['volume', 'volume', 'oldVolume', 'autoScaling', 'accountRoot'],
  },
  {
    aliases: ['alias/customers-table'],
    description: 'DynamoDB: customers, addresses, consents',
    tags: { team: 'customers', environment: 'production', 'data-class': 'personal' },
    grants: ['dynamodbOld', 'dynamodbNew', 'lambda', 'analyst', 'recreated'],
  },
  {
    aliases: ['alias/data-lake/raw', 'alias/analytics'],
    description: 'S3 data lake, raw zone',
    isShared: true,
    tags: { team: 'data', environment: 'production' },
    grants: ['glue', 'otherAccount', 'analyst'],
  },
  {
    aliases: ['alias/platform/cloudwatch-logs'],
    description: 'Log groups of all production services',
    tags: { team: 'platform' },
    grants: ['lambda', 'auditor', 'deploySession'],
  },
  {
    aliases: ['alias/app/config'],
    description: 'Secrets Manager and Parameter Store of the web shop',
    tags: { team: 'shop', environment: 'production' },
    grants: ['lambda', 'deploySession', 'accountRoot', 'lambdaService'],
  },
  {
    aliases: ['alias/release/code-signing'],
    description: 'Signs the desktop client and its updates',
    usage: 'SIGN_VERIFY',
    spec: 'RSA_4096',
    tags: { team: 'release' },
    grants: ['signer', 'verifier'],
  },
  {
    aliases: ['alias/api/jwt-signing'],
    description: 'Signs the access tokens of the public API',
    usage: 'SIGN_VERIFY',
    spec: 'ECC_NIST_P256',
    tags: { team: 'identity', environment: 'production' },
    grants: ['signer', 'verifier'],
  },
  {
    aliases: ['alias/partners/webhook-hmac'],
    description: 'Authenticates webhooks to partners',
    usage: 'GENERATE_VERIFY_MAC',
    spec: 'HMAC_256',
    tags: { team: 'partners' },
    grants: ['macMaker', 'macChecker'],
  },
  {
    aliases: ['alias/global/sessions'],
    description: 'Session store, in every Region we serve',
    multiRegion: ['us-east-1', 'ap-southeast-2'],
    tags: { team: 'identity', environment: 'production' },
    grants: ['dynamodbNew', 'lambda', 'lambda'],
  },
  {
    aliases: [],
    description: 'Created by Terraform, 2024-03: import test, delete?',
    isUnused: true,
    grants: ['deletedUser', 'deletedRole'],
  },
  {
    aliases: ['alias/legacy/billing-archive'],
    description: 'Invoices until 2021. Disabled; kept for the auditors until 2031',
    state: 'Disabled',
    origin: 'EXTERNAL',
    materialDays: 900,
    tags: { team: 'finance', retention: '2031-12-31' },
    grants: ['auditor', 'deletedRole', 'accountRoot'],
  },
  {
    aliases: ['alias/legacy/crm'],
    description: 'CRM, migrated to a vendor. Scheduled for deletion',
    state: 'PendingDeletion',
    lastUsedDays: 163,
    tags: { team: 'sales' },
    grants: ['volume', 'otherAccount', 'deletedUser'],
  },
  {
    aliases: ['alias/byok/hr-records'],
    description: 'Imported key material from the works council HSM; expired, to be imported again',
    state: 'PendingImport',
    origin: 'EXTERNAL',
    tags: { team: 'people', 'data-class': 'personal' },
    grants: ['auditor', 'lambda'],
  },
  {
    aliases: ['alias/hsm/treasury'],
    description: 'Treasury, in our own CloudHSM cluster (disconnected)',
    state: 'Unavailable',
    origin: 'AWS_CLOUDHSM',
    tags: { team: 'treasury', compliance: 'sox' },
    grants: ['deploySession', 'auditor'],
  },
  {
    aliases: ['alias/ml/training-data'],
    description: 'Training data and model artefacts; primary Region being changed',
    state: 'Updating',
    multiRegion: ['eu-central-1'],
    tags: { team: 'ml' },
    grants: ['glue', 'analyst', 'medicalImaging'],
  },
  {
    aliases: ['alias/legacy/global-sessions'],
    description: 'Old session store; waits for its replicas to be deleted',
    state: 'PendingReplicaDeletion',
    multiRegion: ['us-west-2'],
    tags: { team: 'identity' },
    grants: ['dynamodbOld'],
  },
  {
    aliases: ['alias/global/settlement'],
    description: 'Settlement, replica of the key in us-east-1; being created',
    state: 'Creating',
    replicaOf: 'us-east-1',
    tags: { team: 'treasury' },
    grants: [],
  },
  {
    aliases: ['alias/partners/key-exchange'],
    description: 'Key agreement with partner banks (ECDH)',
    usage: 'KEY_AGREEMENT',
    spec: 'ECC_NIST_P384',
    tags: { team: 'partners' },
    grants: ['keyAgreement'],
  },
];

const teams = ['orders', 'payments', 'platform', 'customers', 'data', 'shop', 'identity', 'partners', 'people', 'ml'];
const systems = ['queue', 'table', 'bucket', 'cache', 'search', 'stream', 'backup', 'secrets', 'volume', 'index'];

function serviceKey(index: number): SampleKey {
  const team = teams[index % teams.length] ?? 'platform';
  const system = systems[Math.floor(index / teams.length) % systems.length] ?? 'table';
  const number = String(Math.floor(index / (teams.length * systems.length)) + 1).padStart(4, '0');
  return {
    // In a large account, a few keys have no alias, and a few are disabled.
    aliases: index % 40 === 39 ? [] : [`alias/${team}/${system}-${number}`],
    description: `${team}: ${system} ${number}`,
    ...(index % 50 === 49 ? { state: 'Disabled' } : {}),
    tags: { team },
    grants: [],
  };
}

const managedKey = (service: string, description: string, grants: SampleKey['grants']): SampleKey => ({
  aliases: [`alias/aws/${service}`],
  description,
  manager: 'AWS',
  rotation: 365,
  grants,
});

/** In AWS's own words. */
export const awsManagedKeys: readonly SampleKey[] = [
  managedKey('dynamodb', 'Default key that protects my DynamoDB data when no other key is defined', ['dynamodbOld']),
  managedKey('ebs', 'Default key that protects my EBS volumes when no other key is defined', ['volume', 'volume']),
  managedKey('lambda', 'Default key that protects my Lambda functions when no other key is defined', ['lambdaService']),
  managedKey('rds', 'Default key that protects my RDS database volumes when no other key is defined', ['rds', 'rds']),
];

/** Aliases of AWS managed keys that AWS has not created yet. */
export const reservedAliases: readonly string[] = ['alias/aws/redshift', 'alias/aws/ssm'];
