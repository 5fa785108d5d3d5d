import type { Operation } from '../kms.ts';
import { createGrant } from './createGrant.ts';
import { describeKey } from './describeKey.ts';
import { retireGrant, revokeGrant } from './endGrant.ts';
import { getKeyLastUsage, getKeyRotationStatus } from './keyHistory.ts';
import { getKeyPolicy, listKeyPolicies, listResourceTags } from './keyPolicies.ts';
import { listGrants, listRetirableGrants } from './listGrants.ts';
import { listAliases, listKeys } from './listKeys.ts';

/** The operations of KMS that are implemented, by their name in X-Amz-Target. */
export const operations: ReadonlyMap<string, Operation> = new Map([
  ['CreateGrant', createGrant],
  ['DescribeKey', describeKey],
  ['GetKeyLastUsage', getKeyLastUsage],
  ['GetKeyPolicy', getKeyPolicy],
  ['GetKeyRotationStatus', getKeyRotationStatus],
  ['ListAliases', listAliases],
  ['ListGrants', listGrants],
  ['ListKeyPolicies', listKeyPolicies],
  ['ListKeys', listKeys],
  ['ListResourceTags', listResourceTags],
  ['ListRetirableGrants', listRetirableGrants],
  ['RetireGrant', retireGrant],
  ['RevokeGrant', revokeGrant],
]);
