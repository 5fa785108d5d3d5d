import type { Key } from '../account.ts';
import { deniedElsewhere, invalidArn, notFound } from '../errors.ts';
import { type Call, isAlias, keyArnOf, kmsArn, type Operation, permittedKey } from '../kms.ts';
import { epochSeconds } from '../time.ts';
import { keyIdRules } from './members.ts';

export const describeKey: Operation = (call) => {
  const { input, kms } = call;
  const reference = input.requiredString('KeyId', keyIdRules);
  input.strings('GrantTokens', { max: 8192, maxItems: 10 });
  input.check();
  const keyArn = isAlias(reference) ? aliasTargetArn(call, reference) : keyArnOf(kms.account, reference);
  return { KeyMetadata: keyMetadata(permittedKey(call, keyArn)) };
};

/** The key of an alias. As on AWS, a reserved alias without a key creates its AWS managed key. @throws AwsError */
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
    // The deprecated name of KeySpec. The API does not have it for newer specs.
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

/** The algorithms of a key, by its usage and spec (KMS Developer Guide, "Key spec reference"). */
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
