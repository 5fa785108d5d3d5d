import type { Alias, Key } from '../account.ts';
import { accessDenied, deniedElsewhere, invalidArn, notFound } from '../errors.ts';
import {
  authorize,
  type Call,
  epochSeconds,
  isAlias,
  type Kms,
  keyArnOf,
  keyFor,
  kmsArn,
  type Operation,
  permittedKey,
} from '../kms.ts';
import { OrderedMap } from '../orderedMap.ts';
import { readPage } from '../paging.ts';
import { keyIdRules, pageInput, pageOutput } from './members.ts';

/** ResourceOwnersType of the KMS API. */
const resourceOwners: readonly string[] = ['SELF', 'OTHER_ACCOUNTS_VIA_RAM'];

/** The name of the policy of AWS RAM, beside the key policy that is called `default`. */
const sharingPolicyName = 'AWS_RAM';

export const listKeys: Operation = (call) => {
  const { input, kms } = call;
  const paging = pageInput(input, { byDefault: 100, max: 1000 });
  const owners = input.strings('ResourceOwners', { max: 64 });
  input.oneOf('ResourceOwners', owners ?? [], resourceOwners);
  input.check();
  authorize(call);
  const page = readPage(kms.account.keys, {
    ...paging,
    scope: JSON.stringify(['ListKeys', [...new Set(owners)].sort()]),
    scanLimit: kms.scanLimit,
    // A key of another account may be used by its ARN, but is listed only where AWS RAM shares it.
    matches: ({ accountId, sharingPolicy }) =>
      accountId === kms.account.id
        ? (owners ?? ['SELF']).includes('SELF')
        : sharingPolicy !== undefined && (owners ?? []).includes('OTHER_ACCOUNTS_VIA_RAM'),
  });
  return pageOutput('Keys', page, (key) => ({ KeyId: key.id, KeyArn: key.arn }));
};

export const listAliases: Operation = (call) => {
  const { input, kms } = call;
  const reference = input.string('KeyId', keyIdRules);
  const paging = pageInput(input, { byDefault: 50, max: 100 });
  input.check();
  authorize(call);
  const key = reference === undefined ? undefined : keyFor(call, reference);
  const page = readPage(key ? aliasesOf(kms, key) : kms.account.aliases, {
    ...paging,
    scope: `ListAliases ${key?.id ?? ''}`,
    scanLimit: kms.scanLimit,
  });
  return pageOutput('Aliases', page, (alias) => ({
    AliasName: alias.name,
    AliasArn: kms.account.kmsArn(alias.name),
    TargetKeyId: alias.targetKeyId,
    CreationDate: epochSeconds(alias.createdAt),
    LastUpdatedDate: epochSeconds(alias.updatedAt),
  }));
};

function aliasesOf(kms: Kms, key: Key): OrderedMap<Alias> {
  const aliases = new OrderedMap<Alias>();
  for (const alias of kms.account.aliases.values()) {
    if (alias.targetKeyId === key.id) {
      aliases.set(alias.name, alias);
    }
  }
  return aliases;
}

export const describeKey: Operation = (call) => {
  const { input, kms } = call;
  const reference = input.requiredString('KeyId', keyIdRules);
  input.strings('GrantTokens', { max: 8192, maxItems: 10 });
  input.check();
  const keyArn = isAlias(reference) ? aliasTargetArn(call, reference) : keyArnOf(kms.account, reference);
  return { KeyMetadata: keyMetadata(permittedKey(call, keyArn)) };
};

/** As on AWS, naming a reserved alias whose AWS managed key doesn't exist yet creates that key. */
function aliasTargetArn({ kms, now, principalArn, operation }: Call, reference: string): string {
  const { account } = kms;
  const name = reference.startsWith('arn:') ? kmsArn(account, reference).resource : reference;
  const aliasArn = reference.startsWith('arn:') ? reference : account.kmsArn(reference);
  if (!/^alias\/[a-zA-Z0-9:/_-]+$/.test(name)) {
    throw invalidArn(`Invalid alias ${reference}`);
  }
  if (kmsArn(account, aliasArn).accountId !== account.id) {
    throw deniedElsewhere(principalArn, `kms:${operation}`);
  }
  const alias = account.aliases.get(name);
  if (!alias) {
    throw notFound(`Alias ${aliasArn} is not found.`);
  }
  if (alias.targetKeyId !== undefined) {
    return account.kmsArn(`key/${alias.targetKeyId}`);
  }
  const id = kms.random.uuid();
  const service = name.slice('alias/aws/'.length);
  const arn = account.kmsArn(`key/${id}`);
  account.keys.set(id, {
    id,
    arn,
    accountId: account.id,
    description: `Default key that protects my ${service} data when no other key is defined`,
    createdAt: now,
    state: 'Enabled',
    manager: 'AWS',
    origin: 'AWS_KMS',
    usage: 'ENCRYPT_DECRYPT',
    spec: 'SYMMETRIC_DEFAULT',
    tags: [],
    policy: '{"Version":"2012-10-17","Statement":[]}',
  });
  account.aliases.set(name, { ...alias, targetKeyId: id, updatedAt: now });
  return arn;
}

function keyMetadata(key: Key) {
  const { multiRegion } = key;
  const [, partition] = key.arn.split(':');
  const inRegion = (other: string) => ({
    Arn: `arn:${partition}:kms:${other}:${key.accountId}:key/${key.id}`,
    Region: other,
  });
  return {
    AWSAccountId: key.accountId,
    KeyId: key.id,
    Arn: key.arn,
    CreationDate: epochSeconds(key.createdAt),
    Enabled: key.state === 'Enabled',
    Description: key.description,
    KeyUsage: key.usage,
    KeyState: key.state,
    ...(key.deletionAt === undefined ? {} : { DeletionDate: epochSeconds(key.deletionAt) }),
    ...(key.pendingWindowDays === undefined ? {} : { PendingDeletionWindowInDays: key.pendingWindowDays }),
    Origin: key.origin,
    ...(key.customKeyStoreId === undefined ? {} : { CustomKeyStoreId: key.customKeyStoreId }),
    ...(key.cloudHsmClusterId === undefined ? {} : { CloudHsmClusterId: key.cloudHsmClusterId }),
    ...(key.currentKeyMaterialId === undefined ? {} : { CurrentKeyMaterialId: key.currentKeyMaterialId }),
    ...(key.material && expiration(key.material)),
    KeyManager: key.manager,
    // The deprecated name, which the API does not have for what came after it.
    ...(/^(ML_|ECC_NIST_EDWARDS)/.test(key.spec) ? {} : { CustomerMasterKeySpec: key.spec }),
    KeySpec: key.spec,
    ...algorithms(key),
    MultiRegion: multiRegion !== undefined,
    ...(multiRegion && {
      MultiRegionConfiguration: {
        MultiRegionKeyType: multiRegion.type,
        PrimaryKey: inRegion(multiRegion.primaryRegion),
        ReplicaKeys: multiRegion.replicaRegions.map(inRegion),
      },
    }),
  };
}

function expiration({ validTo }: NonNullable<Key['material']>) {
  return validTo === undefined
    ? { ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }
    : { ExpirationModel: 'KEY_MATERIAL_EXPIRES', ValidTo: epochSeconds(validTo) };
}

/** What a key can be used with, by its usage and its spec (KMS Developer Guide, "Key spec reference"). */
function algorithms({ usage, spec }: Key) {
  switch (usage) {
    case 'ENCRYPT_DECRYPT':
      return { EncryptionAlgorithms: encryptionAlgorithms(spec) };
    case 'SIGN_VERIFY':
      return { SigningAlgorithms: signingAlgorithms(spec) };
    case 'GENERATE_VERIFY_MAC':
      return { MacAlgorithms: [spec.replace('HMAC_', 'HMAC_SHA_')] };
    case 'KEY_AGREEMENT':
      return { KeyAgreementAlgorithms: ['ECDH'] };
    case 'ENCAPSULATE_DECAPSULATE':
      return { EncapsulationAlgorithms: ['ML_KEM'] };
  }
}

function encryptionAlgorithms(spec: string): readonly string[] {
  switch (spec) {
    case 'SYMMETRIC_DEFAULT':
      return ['SYMMETRIC_DEFAULT'];
    case 'SM2':
      return ['SM2PKE'];
    default:
      return ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'];
  }
}

function signingAlgorithms(spec: string): readonly string[] {
  switch (spec) {
    case 'ECC_NIST_P256':
    case 'ECC_SECG_P256K1':
      return ['ECDSA_SHA_256'];
    case 'ECC_NIST_P384':
      return ['ECDSA_SHA_384'];
    case 'ECC_NIST_P521':
      return ['ECDSA_SHA_512'];
    case 'ECC_NIST_EDWARDS25519':
      return ['ED25519_SHA_512', 'ED25519_PH_SHA_512'];
    case 'ML_DSA_44':
    case 'ML_DSA_65':
    case 'ML_DSA_87':
      return ['ML_DSA_SHAKE_256'];
    case 'SM2':
      return ['SM2DSA'];
    default:
      return ['PKCS1_V1_5', 'PSS'].flatMap((padding) => [256, 384, 512].map((bits) => `RSASSA_${padding}_SHA_${bits}`));
  }
}

export const getKeyPolicy: Operation = (call) => {
  const { input } = call;
  const reference = input.requiredString('KeyId', keyIdRules);
  const name = input.string('PolicyName', { max: 128, pattern: /^\w+$/ }) ?? 'default';
  input.check();
  const key = ownKey(call, reference);
  const policies = new Map([
    ['default', key.policy],
    [sharingPolicyName, key.sharingPolicy],
  ]);
  const policy = policies.get(name);
  if (policy === undefined) {
    throw notFound('No such policy exists');
  }
  return { Policy: policy, PolicyName: name };
};

export const listKeyPolicies: Operation = (call) => {
  const { input } = call;
  const reference = input.requiredString('KeyId', keyIdRules);
  pageInput(input, { byDefault: 100, max: 1000 });
  input.check();
  const { sharingPolicy } = ownKey(call, reference);
  return { PolicyNames: ['default', ...(sharingPolicy === undefined ? [] : [sharingPolicyName])], Truncated: false };
};

export const listResourceTags: Operation = (call) => {
  const { input, kms } = call;
  const reference = input.requiredString('KeyId', keyIdRules);
  const paging = pageInput(input, { byDefault: 50, max: 50 });
  input.check();
  const key = ownKey(call, reference);
  const tags = new OrderedMap<Key['tags'][number]>();
  for (const tag of key.tags) {
    tags.set(tag.key, tag);
  }
  const page = readPage(tags, { ...paging, scope: `ListResourceTags ${key.id}`, scanLimit: kms.scanLimit });
  return pageOutput('Tags', page, ({ key: TagKey, value: TagValue }) => ({ TagKey, TagValue }));
};

/** Policies and tags are for the key's own account. @throws AccessDeniedException */
export function ownKey(call: Call, reference: string): Key {
  const key = keyFor(call, reference);
  if (key.accountId !== call.kms.account.id) {
    throw accessDenied(call.principalArn, `kms:${call.operation}`, key.arn, 'resource-based policy');
  }
  return key;
}
