import { Account, type Alias, type Grant, type Key } from './account.ts';
import { createRandom, type Random } from './random.ts';
import { type GrantKind, type GrantMaker, grantMakers, makersFor, partnerAccount } from './sampleGrants.ts';
import { awsManagedKeys, customerKey, reservedAliases, type SampleKey } from './sampleKeys.ts';

export interface SampleOptions {
  /** Same options, same account, to the last digit. Default 1. */
  readonly seed?: number;
  /**
   * Customer managed keys, exactly; default 20. The first 20 are each of their own kind (states, key types, aliases),
   * the rest follow a pattern. 0 makes an empty account.
   */
  readonly keys?: number;
  /**
   * Grants on a customer key, on average over 10 keys; default 5. The first key has exactly so many; the others vary by
   * up to 3, a key that is still being created has none, and no key has more than AWS allows by default (50,000).
   */
  readonly grantsPerKey?: number;
  /** Grants on the first customer key, whatever the others have: by default one key can have up to 50,000. */
  readonly grantsOnFirstKey?: number;
  /** Four AWS managed keys with a few grants each, and aliases reserved for more; default true unless `keys` is 0. */
  readonly awsManagedKeys?: boolean;
  /** Twelve digits; default 111122223333. */
  readonly account?: string;
  readonly region?: string;
  readonly partition?: string;
  /** What "now" is for the dates, in milliseconds since the epoch; default 2026-11-01. */
  readonly now?: number;
}

const day = 24 * 60 * 60 * 1000;

/** How the number of grants varies from key to key; adds up to nothing. */
const variation = [0, 1, -1, 2, -2, 0, 1, -1, 3, -3];

/** An account that reads like a real one. */
export function createAccount(options: SampleOptions = {}): Account {
  const { seed = 1, keys = 20, grantsPerKey = 5 } = options;
  const { account: id = '111122223333', region = 'eu-west-1', partition = 'aws' } = options;
  const now = options.now ?? Date.UTC(2026, 10, 1);
  const account = new Account(id, region, partition);
  const random = createRandom(seed, 'sample data');
  const policies = { customer: customerPolicy(account), managed: managedPolicy(account) };

  const customer = Array.from({ length: keys }, (_, index) => {
    const sample = customerKey(index);
    const spread = variation[index % variation.length] ?? 0;
    const usual = grantsPerKey === 0 || sample.state === 'Creating' ? 0 : grantsPerKey + spread;
    const count = clamp(index === 0 ? (options.grantsOnFirstKey ?? usual) : usual, 0, 50_000);
    return { key: buildKey(account, sample, policies.customer, random, now), sample, makers: makersFor(sample, count) };
  });
  const managed = ((options.awsManagedKeys ?? keys > 0) ? awsManagedKeys : []).map((sample) => ({
    key: buildKey(account, sample, policies.managed, random, now),
    sample,
    makers: makersFor(sample, sample.grants.length),
  }));

  const all = [...customer, ...managed];
  // ListKeys knows no order that means anything; ListAliases goes by name.
  for (const { key } of [...all].sort((a, b) => compare(a.key.id, b.key.id))) {
    account.keys.set(key.id, key);
  }
  const aliases = all.flatMap(({ key, sample }) =>
    sample.aliases.map(
      (name): Alias => ({ name, targetKeyId: key.id, createdAt: key.createdAt, updatedAt: key.createdAt }),
    ),
  );
  if (managed.length > 0) {
    aliases.push(...reservedAliases.map((name) => ({ name, createdAt: now - 900 * day, updatedAt: now - 900 * day })));
  }
  for (const alias of aliases.sort((a, b) => compare(a.name, b.name))) {
    account.aliases.set(alias.name, alias);
  }
  for (const { key, makers } of all) {
    addGrants(account, key, makers, random, now);
  }
  return account;
}

function addGrants(account: Account, key: Key, makers: readonly GrantKind[], random: Random, now: number): void {
  const age = now - key.createdAt;
  const moments = makers.map(() => key.createdAt + Math.floor(random.next() * age)).sort((a, b) => a - b);
  for (const [index, maker] of makers.entries()) {
    const make: GrantMaker = grantMakers[maker];
    const grant: Grant = {
      issuingAccount: account.rootArn,
      ...make({ account, key, index, random }),
      id: random.hex(32),
      keyId: key.id,
      createdAt: moments[index] ?? key.createdAt,
    };
    account.addGrant(grant);
  }
}

function buildKey(account: Account, sample: SampleKey, policy: string, random: Random, now: number): Key {
  const uuid = sample.multiRegion ? undefined : random.uuid();
  const id = uuid === undefined || sample.replicaOf ? `mrk-${uuid?.replaceAll('-', '') ?? random.hex(16)}` : uuid;
  const createdAt = sample.state === 'Creating' ? now - 60_000 : now - Math.floor((30 + random.next() * 1400) * day);
  return {
    id,
    arn: account.kmsArn(`key/${id}`),
    accountId: account.id,
    description: sample.description,
    createdAt,
    state: sample.state ?? 'Enabled',
    manager: sample.manager ?? 'CUSTOMER',
    origin: sample.origin ?? 'AWS_KMS',
    usage: sample.usage ?? 'ENCRYPT_DECRYPT',
    spec: sample.spec ?? 'SYMMETRIC_DEFAULT',
    ...(sample.state === 'PendingDeletion' ? { deletionAt: now + 12 * day } : {}),
    ...(sample.state === 'PendingReplicaDeletion' ? { pendingWindowDays: 7 } : {}),
    ...(sample.origin === 'AWS_CLOUDHSM'
      ? { customKeyStoreId: 'cks-9677501d7d1fb3c8e', cloudHsmClusterId: 'cluster-2a34b5cdefg' }
      : {}),
    ...(sample.multiRegion
      ? { multiRegion: { type: 'PRIMARY', primaryRegion: account.region, replicaRegions: sample.multiRegion } }
      : {}),
    ...(sample.replicaOf
      ? { multiRegion: { type: 'REPLICA', primaryRegion: sample.replicaOf, replicaRegions: [account.region] } }
      : {}),
    ...(sample.materialDays === undefined ? {} : { material: { validTo: now + sample.materialDays * day } }),
    ...(sample.isShared ? { sharingPolicy: sharingPolicy() } : {}),
    ...currentMaterial(sample, id),
    tags: Object.entries(sample.tags ?? {}).map(([key, value]) => ({ key, value })),
    policy,
    ...(sample.rotation === undefined
      ? {}
      : { rotation: { periodDays: sample.rotation, nextAt: nextRotation(createdAt, sample.rotation, now) } }),
    ...usageOf(sample, id, createdAt, now),
  };
}

/** KMS keeps the material of symmetric encryption keys, but for those in key stores of their own. */
function currentMaterial(sample: SampleKey, id: string): Pick<Key, 'currentKeyMaterialId'> {
  const { origin = 'AWS_KMS', spec = 'SYMMETRIC_DEFAULT', state } = sample;
  const hasMaterial = spec === 'SYMMETRIC_DEFAULT' && state !== 'PendingImport' && state !== 'Creating';
  return hasMaterial && (origin === 'AWS_KMS' || origin === 'EXTERNAL')
    ? { currentKeyMaterialId: createRandom(1, `material of ${id}`).hex(32) }
    : {};
}

/** Key material is rotated a whole number of periods after the key was created. */
function nextRotation(createdAt: number, periodDays: number, now: number): number {
  const period = periodDays * day;
  return createdAt + (Math.floor((now - createdAt) / period) + 1) * period;
}

/** KMS began to keep track of the use of keys in 2026: of older keys it does not know what was before. */
function usageOf(
  sample: SampleKey,
  id: string,
  createdAt: number,
  now: number,
): Pick<Key, 'trackedFrom' | 'lastUsage'> {
  const trackedFrom = Math.max(createdAt, now - 200 * day);
  if (sample.isUnused || sample.state === 'Creating' || sample.state === 'PendingImport') {
    return { trackedFrom };
  }
  // A stream of its own: nothing else of the sample changes with it.
  const random = createRandom(1, `last usage of ${id}`);
  const at = now - Math.floor(random.next() * (now - trackedFrom) * (sample.state === undefined ? 0.02 : 1));
  const eventId = random.uuid();
  return { trackedFrom, lastUsage: { operation: lastOperation(sample), at, eventId, requestId: random.uuid() } };
}

function lastOperation({ usage }: SampleKey): string {
  switch (usage) {
    case 'SIGN_VERIFY':
      return 'Sign';
    case 'GENERATE_VERIFY_MAC':
      return 'GenerateMac';
    case 'KEY_AGREEMENT':
      return 'DeriveSharedSecret';
    case 'ENCAPSULATE_DECAPSULATE':
      return 'Decapsulate';
    default:
      return 'Decrypt';
  }
}

/** The console's default: the account decides by IAM, and key users may grant only through AWS services. */
function customerPolicy(account: Account): string {
  return JSON.stringify(
    {
      Version: '2012-10-17',
      Id: 'key-consolepolicy-3',
      Statement: [
        {
          Sid: 'Enable IAM User Permissions',
          Effect: 'Allow',
          Principal: { AWS: account.rootArn },
          Action: 'kms:*',
          Resource: '*',
        },
        {
          Sid: 'Allow attachment of persistent resources',
          Effect: 'Allow',
          Principal: { AWS: `arn:${account.partition}:iam::${account.id}:role/Developers` },
          Action: ['kms:CreateGrant', 'kms:ListGrants', 'kms:RevokeGrant'],
          Resource: '*',
          Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
        },
      ],
    },
    null,
    2,
  );
}

/** As AWS RAM sets it on a key that is shared with a partner. */
function sharingPolicy(): string {
  return JSON.stringify(
    {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { AWS: partnerAccount },
          Action: ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*'],
          Resource: '*',
        },
      ],
    },
    null,
    2,
  );
}

/** As AWS sets it on its own keys, which lets the account see them and revoke their grants. */
function managedPolicy(account: Account): string {
  return JSON.stringify(
    {
      Version: '2012-10-17',
      Id: 'auto-service-1',
      Statement: [
        {
          Sid: 'Allow direct access to key metadata to the account',
          Effect: 'Allow',
          Principal: { AWS: account.rootArn },
          Action: ['kms:Describe*', 'kms:Get*', 'kms:List*', 'kms:RevokeGrant'],
          Resource: '*',
        },
      ],
    },
    null,
    2,
  );
}

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
