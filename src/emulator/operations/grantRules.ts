import type { Grant, Key, KeyUsage } from '../account.ts';
import { validationError } from '../errors.ts';

/** The values of GrantOperation in the KMS API. */
export const grantOperations: readonly string[] = [
  'CreateGrant',
  'Decapsulate',
  'Decrypt',
  'DeriveSharedSecret',
  'DescribeKey',
  'Encapsulate',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateMac',
  'GetPublicKey',
  'ReEncryptFrom',
  'ReEncryptTo',
  'RetireGrant',
  'Sign',
  'Verify',
  'VerifyMac',
];

const forEveryKey = ['CreateGrant', 'DescribeKey', 'RetireGrant'];
const encryption = ['Decrypt', 'Encrypt', 'ReEncryptFrom', 'ReEncryptTo'];
const symmetric = [
  ...encryption,
  'GenerateDataKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateDataKeyWithoutPlaintext',
];
const byUsage: Readonly<Record<KeyUsage, readonly string[]>> = {
  ENCRYPT_DECRYPT: [...encryption, 'GetPublicKey'],
  SIGN_VERIFY: ['Sign', 'Verify', 'GetPublicKey'],
  GENERATE_VERIFY_MAC: ['GenerateMac', 'VerifyMac'],
  KEY_AGREEMENT: ['DeriveSharedSecret', 'GetPublicKey'],
  ENCAPSULATE_DECAPSULATE: ['Encapsulate', 'Decapsulate', 'GetPublicKey'],
};

/** The operations that a grant on this key may allow (KMS Developer Guide, "Grant operations"). */
export function operationsFor(key: Pick<Key, 'usage' | 'spec'>): readonly string[] {
  return [...forEveryKey, ...(key.spec === 'SYMMETRIC_DEFAULT' ? symmetric : byUsage[key.usage])];
}

/** @throws ValidationException */
export function checkOperations(operations: readonly string[], key: Key): void {
  if (operations.length === 0) {
    throw validationError('The list of grant operations must not be empty.');
  }
  if (operations.every((operation) => operation === 'CreateGrant')) {
    throw validationError('Grants must not contain only the CreateGrant operation.');
  }
  const allowed = operationsFor(key);
  const illegal = operations.filter((operation) => !allowed.includes(operation));
  if (illegal.length > 0) {
    throw validationError(
      `Grant operations [${illegal.join(', ')}] are not supported for a key with usage ${key.usage} and spec ${key.spec}.`,
    );
  }
}

/** @throws ValidationException */
export function checkConstraints(grant: Partial<Grant>, key: Key): void {
  const { encryptionContextEquals, encryptionContextSubset, sourceArn } = grant.constraints ?? {};
  if (encryptionContextEquals && encryptionContextSubset) {
    throw validationError('More than one constraint supplied');
  }
  const context = encryptionContextEquals ?? encryptionContextSubset;
  if (context) {
    const pairs = Object.entries(context);
    if (pairs.length > 8) {
      throw validationError('A grant constraint can have at most 8 encryption context pairs.');
    }
    if (pairs.some(([, value]) => value.length > 384)) {
      throw validationError('The value of an encryption context pair can have at most 384 characters.');
    }
    if (key.spec !== 'SYMMETRIC_DEFAULT') {
      throw validationError('Encryption context constraints are supported only for symmetric encryption KMS keys.');
    }
  }
  if (grant.granteeServicePrincipal !== undefined) {
    if (sourceArn === undefined) {
      throw validationError('A grant to a service principal must have a SourceArn constraint.');
    }
    if (grant.retiringPrincipal === undefined && grant.retiringServicePrincipal === undefined) {
      throw validationError(
        'A grant to a service principal must have a RetiringPrincipal or a RetiringServicePrincipal.',
      );
    }
  }
}
