import type { Account, Grant, GrantConstraints, Key } from '../account.ts';
import { createGrantParameters } from '../cloudTrail/record.ts';
import { recordChange } from '../cloudTrail/recordCall.ts';
import { AwsError, accessDenied, dryRunSucceeded, invalidPrincipal, validationError } from '../errors.ts';
import type { Input } from '../input.ts';
import { type Call, keyFor, type Operation } from '../kms.ts';
import { isGrantablePrincipal, isServicePrincipal, parseArn } from '../principals.ts';
import { checkConstraints, checkOperations, grantOperations } from './grantRules.ts';
import { exactlyOne, keyIdRules, principalRules, servicePrincipalRules } from './members.ts';

export const createGrant: Operation = (call) => {
  const { input, kms, now } = call;
  const reference = input.requiredString('KeyId', keyIdRules);
  const wanted = readGrant(input);
  const tokens = input.strings('GrantTokens', { max: 8192, maxItems: 10 }) ?? [];
  const dryRun = input.boolean('DryRun');
  input.check();
  const key = keyFor(call, reference);
  checkPrincipals(wanted, kms.account);
  checkOperations(wanted.operations, key);
  checkConstraints(wanted, key);
  for (const token of tokens) {
    if (!kms.grantTokens.has(token)) {
      throw new AwsError('InvalidGrantTokenException', 'Invalid grant token.');
    }
  }
  if (key.manager === 'AWS') {
    // The policies of AWS managed keys allow only the service itself to create grants.
    throw accessDenied(call.principalArn, 'kms:CreateGrant', key.arn, 'resource-based policy');
  }
  checkUsable(key);
  const grant: Grant = {
    ...wanted,
    id: '',
    keyId: key.id,
    createdAt: now,
    issuingAccount: issuer(call),
  };
  const same = kms.account.sameNamedGrant(grant);
  const known = same?.removedFrom === undefined ? same : undefined;
  if (!known && kms.account.grantsOf(key.id).size >= kms.grantsPerKey) {
    throw new AwsError('LimitExceededException', `The number of grants for the key is limited to ${kms.grantsPerKey}.`);
  }
  if (dryRun) {
    throw dryRunSucceeded();
  }
  const grantId = known?.grant.id ?? kms.random.hex(32);
  if (!known) {
    kms.account.addGrant({ ...grant, id: grantId }, kms.replicas.schedule(grantId, now));
  }
  const token = Buffer.from(kms.random.hex(96), 'hex').toString('base64');
  kms.grantTokens.set(token, { keyId: key.id, grantId });
  recordChange(call, key, {
    requestParameters: createGrantParameters(grant, reference),
    responseElements: { grantId, keyId: key.arn },
  });
  return { GrantToken: token, GrantId: grantId };
};

function readGrant(input: Input): Pick<Grant, 'operations'> & Partial<Omit<Grant, 'id' | 'keyId' | 'createdAt'>> {
  const operations = input.strings('Operations', { max: 256 });
  if (operations === undefined) {
    input.missing('Operations');
  } else {
    input.oneOf('Operations', operations, grantOperations);
  }
  const name = input.string('Name', { max: 256, pattern: /^[a-zA-Z0-9:/_-]+$/ });
  const granteePrincipal = input.string('GranteePrincipal', principalRules);
  const granteeServicePrincipal = input.string('GranteeServicePrincipal', servicePrincipalRules);
  const retiringPrincipal = input.string('RetiringPrincipal', principalRules);
  const retiringServicePrincipal = input.string('RetiringServicePrincipal', servicePrincipalRules);
  const constraints = readConstraints(input.structure('Constraints'));
  return {
    operations: [...new Set(operations)],
    ...(name === undefined ? {} : { name }),
    ...(granteePrincipal === undefined ? {} : { granteePrincipal }),
    ...(granteeServicePrincipal === undefined ? {} : { granteeServicePrincipal }),
    ...(retiringPrincipal === undefined ? {} : { retiringPrincipal }),
    ...(retiringServicePrincipal === undefined ? {} : { retiringServicePrincipal }),
    ...(constraints === undefined ? {} : { constraints }),
  };
}

const sourceArnPattern = /^arn:aws[a-z0-9-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+$/;

function readConstraints(input: Input | undefined): GrantConstraints | undefined {
  const encryptionContextSubset = input?.stringMap('EncryptionContextSubset');
  const encryptionContextEquals = input?.stringMap('EncryptionContextEquals');
  const sourceArn = input?.string('SourceArn', { min: 20, max: 512, pattern: sourceArnPattern });
  if (!encryptionContextSubset && !encryptionContextEquals && sourceArn === undefined) {
    return undefined;
  }
  return {
    ...(encryptionContextSubset && { encryptionContextSubset }),
    ...(encryptionContextEquals && { encryptionContextEquals }),
    ...(sourceArn === undefined ? {} : { sourceArn }),
  };
}

function checkPrincipals(grant: Partial<Grant>, account: Account): void {
  exactlyOne('GranteePrincipal', grant.granteePrincipal, 'GranteeServicePrincipal', grant.granteeServicePrincipal);
  if (grant.retiringPrincipal !== undefined && grant.retiringServicePrincipal !== undefined) {
    throw validationError('Specify either RetiringPrincipal or RetiringServicePrincipal, but not both.');
  }
  for (const principal of [grant.granteePrincipal, grant.retiringPrincipal]) {
    if (principal !== undefined && (!isGrantablePrincipal(principal) || account.missingPrincipals.has(principal))) {
      throw invalidPrincipal(principal);
    }
  }
  for (const service of [grant.granteeServicePrincipal, grant.retiringServicePrincipal]) {
    if (service !== undefined && !isServicePrincipal(service)) {
      throw validationError(`${service} is not a valid service principal.`);
    }
  }
}

/** @throws DisabledException, KMSInvalidStateException */
function checkUsable(key: Key): void {
  switch (key.state) {
    case 'Enabled':
    case 'Updating':
    case 'Unavailable':
      return;
    case 'Disabled':
      throw new AwsError('DisabledException', `${key.arn} is disabled.`);
    case 'Creating':
    case 'PendingDeletion':
    case 'PendingImport':
    case 'PendingReplicaDeletion': {
      const state = key.state.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
      throw new AwsError('KMSInvalidStateException', `${key.arn} is ${state}.`);
    }
  }
}

/** The caller's account, as an ARN. */
function issuer({ principalArn, kms }: Call): string {
  return `arn:${kms.account.partition}:iam::${parseArn(principalArn)?.accountId ?? kms.account.id}:root`;
}
