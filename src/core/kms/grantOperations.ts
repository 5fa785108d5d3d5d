import * as l10n from '@vscode/l10n';
import type { KeyMetadata } from './model.ts';

/** A grant operation, for a list to choose from. */
export interface GrantOperation {
  readonly name: string;
  /** What the grantee can do with it, in a few words. */
  readonly description: string;
}

const forEveryKey = ['DescribeKey', 'CreateGrant', 'RetireGrant'];
const encrypting = ['Encrypt', 'Decrypt', 'ReEncryptFrom', 'ReEncryptTo'];
const dataKeys = [
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
];
/** The operations of a symmetric encryption key. */
export const symmetricOperations: readonly string[] = [...encrypting, ...dataKeys, ...forEveryKey];
const byUsage: ReadonlyMap<string, readonly string[]> = new Map([
  ['ENCRYPT_DECRYPT', [...encrypting, 'GetPublicKey']],
  ['SIGN_VERIFY', ['Sign', 'Verify', 'GetPublicKey']],
  ['GENERATE_VERIFY_MAC', ['GenerateMac', 'VerifyMac']],
  ['KEY_AGREEMENT', ['DeriveSharedSecret', 'GetPublicKey']],
  ['ENCAPSULATE_DECAPSULATE', ['Encapsulate', 'Decapsulate', 'GetPublicKey']],
]);
const everyOperation = [...new Set([...encrypting, ...dataKeys, ...[...byUsage.values()].flat()]), ...forEveryKey];

/**
 * The operations that a grant on this key may allow, which are those that the key type supports (KMS Developer Guide,
 * "Grant operations" and "Key type reference"). All operations if the key type is unknown.
 */
export function validOperations(metadata: Pick<KeyMetadata, 'usage' | 'spec'> | undefined): readonly GrantOperation[] {
  return validOperationNames(metadata).map((name) => ({ name, description: operationDescription(name) }));
}

/** The names of {@link validOperations}. */
export function validOperationNames(metadata: Pick<KeyMetadata, 'usage' | 'spec'> | undefined): readonly string[] {
  if (metadata?.spec === 'SYMMETRIC_DEFAULT') {
    return symmetricOperations;
  }
  const usage = metadata?.usage;
  const known = usage === undefined ? undefined : byUsage.get(usage);
  // An encryption key without a spec may be symmetric or asymmetric. Asymmetric keys make no data keys.
  if (known === undefined || (usage === 'ENCRYPT_DECRYPT' && metadata?.spec === undefined)) {
    return everyOperation;
  }
  return [...known, ...forEveryKey];
}

/** Whether a grant can give the permission. As an operation, RetireGrant is only about the grant that has it. */
export function canBeGranted(operation: string): boolean {
  return everyOperation.includes(operation) && operation !== 'RetireGrant';
}

function operationDescription(operation: string): string {
  switch (operation) {
    case 'Encrypt':
      return l10n.t('encrypt data of up to 4 KB');
    case 'Decrypt':
      return l10n.t('decrypt');
    case 'ReEncryptFrom':
      return l10n.t('move ciphertext from this key to another');
    case 'ReEncryptTo':
      return l10n.t('move ciphertext from another key to this one');
    case 'GenerateDataKey':
      return l10n.t('generate a data key to use at once');
    case 'GenerateDataKeyWithoutPlaintext':
      return l10n.t('generate a data key for later, encrypted only');
    case 'GenerateDataKeyPair':
      return l10n.t('generate a data key pair');
    case 'GenerateDataKeyPairWithoutPlaintext':
      return l10n.t('generate a data key pair, its private key encrypted only');
    case 'Sign':
      return l10n.t('sign');
    case 'Verify':
      return l10n.t('verify signatures');
    case 'GetPublicKey':
      return l10n.t('download the public key');
    case 'GenerateMac':
      return l10n.t('generate message authentication codes');
    case 'VerifyMac':
      return l10n.t('verify message authentication codes');
    case 'DeriveSharedSecret':
      return l10n.t('derive a shared secret');
    case 'Encapsulate':
      return l10n.t('generate and encapsulate a shared secret');
    case 'Decapsulate':
      return l10n.t('recover an encapsulated shared secret');
    case 'DescribeKey':
      return l10n.t("view the key's details");
    case 'CreateGrant':
      return l10n.t('pass on what this grant allows, or less, in grants of its own');
    case 'RetireGrant':
      return l10n.t('retire this grant');
    default:
      return '';
  }
}
