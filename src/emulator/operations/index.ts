import type { Operation } from '../kms.ts';
import { createGrant } from './createGrant.ts';
import { describeKey, getKeyPolicy, listAliases, listKeyPolicies, listKeys, listResourceTags } from './describeKey.ts';
import { retireGrant, revokeGrant } from './endGrant.ts';
import { getKeyLastUsage, getKeyRotationStatus } from './keyHistory.ts';
import { listGrants, listRetirableGrants } from './listGrants.ts';

/** Every operation of KMS that is served, by the name it has in X-Amz-Target. */
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
