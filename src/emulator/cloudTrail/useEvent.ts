import type { Key } from '../account.ts';
import type { TrailCaller, TrailEvent } from './eventHistory.ts';

/** A successful cryptographic operation with a key. */
export interface KeyUse {
  readonly key: Key;
  /** Such as `Decrypt`, or as a grant names it: `ReEncryptFrom`. */
  readonly operation: string;
  readonly caller: TrailCaller;
  readonly encryptionContext?: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** The event that CloudTrail records for it. It has no word of a grant. */
export function useEvent({ key, operation, caller, encryptionContext, at }: KeyUse, id: string, requestId: string) {
  const isReEncrypt = operation.startsWith('ReEncrypt');
  const event: TrailEvent = {
    id,
    requestId,
    at,
    name: isReEncrypt ? 'ReEncrypt' : operation,
    isReadOnly: true,
    caller,
    key,
    requestParameters: isReEncrypt
      ? reEncryptParameters(key, encryptionContext)
      : {
          ...(operation === 'Decrypt' || operation === 'Encrypt' ? { encryptionAlgorithm: key.spec } : {}),
          keyId: key.arn,
          ...(operation.startsWith('GenerateDataKey') ? { keySpec: 'AES_256' } : {}),
          ...(encryptionContext && { encryptionContext }),
        },
    ...(key.currentKeyMaterialId === undefined
      ? {}
      : { additionalEventData: { keyMaterialId: key.currentKeyMaterialId } }),
  };
  return event;
}

/** From the key to itself. */
function reEncryptParameters(key: Key, context: KeyUse['encryptionContext']) {
  return {
    sourceEncryptionAlgorithm: key.spec,
    ...(context && { sourceEncryptionContext: context }),
    destinationKeyId: key.id,
    destinationEncryptionAlgorithm: key.spec,
    ...(context && { destinationEncryptionContext: context }),
  };
}
