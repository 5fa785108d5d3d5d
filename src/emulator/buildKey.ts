import type { Account, Key } from './account.ts';
import { Random } from './random.ts';
import type { SampleKey } from './sampleKeys.ts';
import { sharingPolicy } from './samplePolicies.ts';
import { day } from './time.ts';

/**
 * A key with what is special about the sample, and the usual values for the rest.
 * @param now milliseconds since the epoch
 */
export function buildKey(account: Account, sample: SampleKey, policy: string, random: Random, now: number): Key {
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

/** KMS stores the material of symmetric encryption keys, except in custom key stores. */
function currentMaterial(sample: SampleKey, id: string): Pick<Key, 'currentKeyMaterialId'> {
  const { origin = 'AWS_KMS', spec = 'SYMMETRIC_DEFAULT', state } = sample;
  const hasMaterial = spec === 'SYMMETRIC_DEFAULT' && state !== 'PendingImport' && state !== 'Creating';
  return hasMaterial && (origin === 'AWS_KMS' || origin === 'EXTERNAL')
    ? { currentKeyMaterialId: new Random(1, `material of ${id}`).hex(32) }
    : {};
}

/** Key material is rotated a whole number of periods after the key was created. */
function nextRotation(createdAt: number, periodDays: number, now: number): number {
  const period = periodDays * day;
  return createdAt + (Math.floor((now - createdAt) / period) + 1) * period;
}

/** KMS began to track the use of keys in 2026: it doesn't know the earlier use of older keys. */
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
  // Its own stream: draws for other things don't change it.
  const random = new Random(1, `last usage of ${id}`);
  const ago = Math.floor(random.next() * (now - trackedFrom) * (sample.state === undefined ? 0.02 : 1));
  const at = now - (sample.lastUsedDays === undefined ? ago : Math.min(sample.lastUsedDays * day, now - trackedFrom));
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
