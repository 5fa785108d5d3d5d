import type { Grant, StoredGrant } from '../account.ts';
import { recordChange } from '../cloudTrail/recordCall.ts';
import { AwsError, accessDenied, dryRunSucceeded, notFound, validationError } from '../errors.ts';
import { type Call, type Kms, keyFor, type Operation } from '../kms.ts';
import { actsAs, parseArn } from '../principals.ts';
import { checkGrantId, grantIdRules, keyIdRules } from './members.ts';

export const revokeGrant: Operation = (call) => {
  const { input, kms, now } = call;
  const reference = input.requiredString('KeyId', keyIdRules);
  const grantId = input.requiredString('GrantId', grantIdRules);
  const dryRun = input.boolean('DryRun');
  input.check();
  const key = keyFor(call, reference);
  const stored = liveGrant(kms, key.id, grantId);
  if (dryRun) {
    throw dryRunSucceeded();
  }
  kms.replicas.remove(stored, now);
  recordChange(call, key, { requestParameters: { keyId: reference, grantId } });
  return undefined;
};

export const retireGrant: Operation = (call) => {
  const { input, kms, now } = call;
  const token = input.string('GrantToken', { max: 8192 });
  const reference = input.string('KeyId', keyIdRules);
  const grantId = input.string('GrantId', grantIdRules);
  const dryRun = input.boolean('DryRun');
  input.check();
  const stored = grantToRetire(call, token, reference, grantId);
  const key = kms.account.keys.get(stored.grant.keyId);
  if (!mayRetire(call.principalArn, stored.grant, kms.account.id)) {
    throw accessDenied(call.principalArn, 'kms:RetireGrant', key?.arn ?? '*', 'resource-based policy');
  }
  if (dryRun) {
    throw dryRunSucceeded();
  }
  kms.replicas.remove(stored, now);
  if (key) {
    recordChange(call, key, { additionalEventData: { grantId: stored.grant.id } });
  }
  return undefined;
};

function grantToRetire(
  call: Call,
  token: string | undefined,
  reference: string | undefined,
  grantId: string | undefined,
): StoredGrant {
  const { kms } = call;
  if (token !== undefined) {
    if (reference !== undefined || grantId !== undefined) {
      throw validationError('Specify either a grant token, or a key ID and a grant ID, but not both.');
    }
    const target = kms.grantTokens.get(token);
    if (!target) {
      throw new AwsError('InvalidGrantTokenException', 'Invalid grant token.');
    }
    keyFor(call, target.keyId);
    return liveGrant(kms, target.keyId, target.grantId);
  }
  if (reference === undefined || grantId === undefined) {
    throw validationError('Specify either a grant token, or a key ID and a grant ID.');
  }
  return liveGrant(kms, keyFor(call, reference).id, grantId);
}

/**
 * Who may retire: the retiring principal, a grantee whose grant includes RetireGrant, and principals of the account
 * that issued the grant or owns the key. Those need an IAM policy; `Kms.denial` models one that lacks the permission.
 */
function mayRetire(callerArn: string, grant: Grant, owner: string): boolean {
  const account = parseArn(callerArn)?.accountId;
  const isDelegate = account !== undefined && [parseArn(grant.issuingAccount)?.accountId, owner].includes(account);
  const isRetiring = grant.retiringPrincipal !== undefined && actsAs(callerArn, grant.retiringPrincipal);
  const isGrantee =
    grant.operations.includes('RetireGrant') &&
    grant.granteePrincipal !== undefined &&
    actsAs(callerArn, grant.granteePrincipal);
  return isDelegate || isRetiring || isGrantee;
}

/** A grant that is not revoked or retired, on any replica. @throws NotFoundException, InvalidGrantIdException */
function liveGrant(kms: Kms, keyId: string, grantId: string): StoredGrant {
  checkGrantId(grantId);
  const stored = kms.account.grantsOf(keyId).get(grantId);
  if (!stored || stored.removedFrom) {
    throw notFound(`Grant ID ${grantId} not found`);
  }
  return stored;
}
