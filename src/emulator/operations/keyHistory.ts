import { AwsError } from '../errors.ts';
import { keyFor, type Operation } from '../kms.ts';
import { epochSeconds } from '../time.ts';
import { ownKey } from './keyPolicies.ts';
import { keyIdRules } from './members.ts';

export const getKeyRotationStatus: Operation = (call) => {
  const { input } = call;
  const reference = input.requiredString('KeyId', keyIdRules);
  input.check();
  const key = keyFor(call, reference);
  if (key.spec !== 'SYMMETRIC_DEFAULT' || key.customKeyStoreId !== undefined) {
    throw new AwsError('UnsupportedOperationException', `${key.arn} does not support key rotation.`);
  }
  if (key.state === 'PendingImport') {
    throw new AwsError('KMSInvalidStateException', `${key.arn} is pending import.`);
  }
  // KMS does not rotate a key that is pending deletion.
  const rotation = key.state === 'PendingDeletion' ? undefined : key.rotation;
  return {
    KeyId: key.arn,
    KeyRotationEnabled: rotation !== undefined,
    ...(rotation && { RotationPeriodInDays: rotation.periodDays, NextRotationDate: epochSeconds(rotation.nextAt) }),
  };
};

export const getKeyLastUsage: Operation = (call) => {
  const { input } = call;
  const reference = input.requiredString('KeyId', keyIdRules);
  input.check();
  const { id, createdAt, trackedFrom = createdAt, lastUsage } = ownKey(call, reference);
  return {
    KeyId: id,
    KeyLastUsage: lastUsage
      ? {
          Operation: lastUsage.operation,
          Timestamp: epochSeconds(lastUsage.at),
          CloudTrailEventId: lastUsage.eventId,
          KmsRequestId: lastUsage.requestId,
        }
      : {},
    TrackingStartDate: epochSeconds(Math.max(trackedFrom, createdAt)),
    KeyCreationDate: epochSeconds(createdAt),
  };
};
