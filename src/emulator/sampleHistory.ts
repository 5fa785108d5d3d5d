import type { Account, Grant, Key } from './account.ts';
import type { TrailCaller, TrailEvent } from './cloudTrail/eventHistory.ts';
import { createGrantParameters } from './cloudTrail/record.ts';
import { useEvent } from './cloudTrail/useEvent.ts';
import { Random } from './random.ts';
import { day } from './time.ts';

/** A grant of the sample, and the name that its grantee had when it was created, if KMS no longer shows one. */
export interface SampleGrant {
  readonly grant: Grant;
  readonly granteeThen?: string;
}

/** On a key with more grants, the rest of them is not used. */
const usedGrantsPerKey = 20;

/** What CloudTrail recorded of the sample: how its grants were created, and uses of its keys. */
export function sampleEvents(account: Account, grants: readonly SampleGrant[], keys: readonly Key[], now: number) {
  const since = now - 90 * day;
  const byKey = new Map<string, SampleGrant[]>(keys.map(({ id }) => [id, []]));
  for (const sample of grants) {
    byKey.get(sample.grant.keyId)?.push(sample);
  }
  return [
    ...grants.filter(({ grant }) => grant.createdAt >= since).flatMap((sample) => creation(account, sample)),
    ...keys.flatMap((key) => uses(account, key, byKey.get(key.id) ?? [], since)),
  ];
}

function creation(account: Account, { grant, granteeThen }: SampleGrant): readonly TrailEvent[] {
  const key = account.keys.get(grant.keyId);
  if (key === undefined) {
    return [];
  }
  const random = new Random(1, `creation of ${grant.id}`);
  const parameters = { ...grant, ...(granteeThen === undefined ? {} : { granteePrincipal: granteeThen }) };
  return [
    {
      id: random.uuid(),
      requestId: random.uuid(),
      at: grant.createdAt,
      name: 'CreateGrant',
      isReadOnly: false,
      caller: creatorOf(account, grant, random),
      key,
      requestParameters: createGrantParameters(parameters, key.arn),
      responseElements: { grantId: grant.id, keyId: key.arn },
    },
  ];
}

function creatorOf(account: Account, grant: Grant, random: Random): TrailCaller {
  if (!grant.issuingAccount.startsWith('arn:')) {
    return { invokedBy: 'AWS Internal' };
  }
  const issuer = grant.issuingAccount.split(':')[4] ?? account.id;
  if (issuer !== account.id) {
    return { principalArn: `arn:${account.partition}:sts::${issuer}:assumed-role/SecurityAudit/quarterly` };
  }
  const principalArn = random.pick([
    account.sessionArn('GitHubActionsDeploy', 'terraform'),
    account.sessionArn('AWSReservedSSO_SecurityEngineer_5a1c8e0f4d2b7396', 'maria.lopez'),
    account.iamArn('user/alex'),
  ]);
  const invokedBy = serviceOf(grant);
  return invokedBy === undefined ? { principalArn, userAgent: 'aws-cli/2.31.0' } : { principalArn, invokedBy };
}

/** The service that creates such grants for whoever uses it; undefined for those that people create. */
function serviceOf({ granteeServicePrincipal, constraints }: Grant): string | undefined {
  if (granteeServicePrincipal !== undefined) {
    return granteeServicePrincipal;
  }
  const context = constraints?.encryptionContextSubset ?? constraints?.encryptionContextEquals ?? {};
  const [, service] = /^aws:(\w+):/.exec(Object.keys(context)[0] ?? '') ?? [];
  if (service === 'ebs') {
    return 'AWS Internal';
  }
  return service === undefined ? undefined : `${service}.amazonaws.com`;
}

/** The last use, which KMS knows too, and earlier ones by the holders of some of the grants. */
function uses(account: Account, key: Key, samples: readonly SampleGrant[], since: number): readonly TrailEvent[] {
  const { lastUsage } = key;
  if (lastUsage === undefined || lastUsage.at < since) {
    return [];
  }
  const random = new Random(1, `uses of ${key.id}`);
  const held = samples.slice(0, usedGrantsPerKey).flatMap(({ grant }) => {
    const caller = holderOf(account, grant);
    const operation = grant.operations.find((one) => !notCryptographic.includes(one));
    return caller && operation ? [{ grant, caller, operation }] : [];
  });
  const latest = held.find(({ operation }) => operation === lastUsage.operation);
  const last = {
    key,
    operation: lastUsage.operation,
    caller: latest?.caller ?? { principalArn: account.sessionArn('GitHubActionsDeploy', 'release-1.42.0') },
    at: lastUsage.at,
    ...contextOf(latest?.grant),
  };
  return [
    useEvent(last, lastUsage.eventId, lastUsage.requestId),
    ...held
      .filter(() => random.next() < 0.6)
      .map(({ grant, caller, operation }) => {
        const at = Math.max(grant.createdAt, lastUsage.at - Math.floor(random.next() * 20 * day));
        return useEvent({ key, operation, caller, at, ...contextOf(grant) }, random.uuid(), random.uuid());
      })
      .filter(({ at }) => at >= since && at < lastUsage.at),
  ];
}

/** GetKeyLastUsage doesn't count them either. */
const notCryptographic = ['CreateGrant', 'DescribeKey', 'GetPublicKey', 'RetireGrant'];

/** Undefined for holders that don't exist, or are another account. */
function holderOf(
  account: Account,
  { granteePrincipal = '', granteeServicePrincipal }: Grant,
): TrailCaller | undefined {
  const service = granteeServicePrincipal ?? (/^[\w.-]+\.amazonaws\.com$/.test(granteePrincipal) && granteePrincipal);
  if (service) {
    return { invokedBy: service };
  }
  const [, , , , accountId, resource = ''] = granteePrincipal.split(':');
  if (accountId !== account.id) {
    return undefined;
  }
  if (granteePrincipal.includes(':assumed-role/') || resource.startsWith('user/')) {
    return { principalArn: granteePrincipal };
  }
  const [kind, ...names] = resource.split('/');
  return kind === 'role' ? { principalArn: account.sessionArn(names.at(-1) ?? '', 'app') } : undefined;
}

function contextOf(grant: Grant | undefined) {
  const { encryptionContextSubset, encryptionContextEquals } = grant?.constraints ?? {};
  const encryptionContext = encryptionContextEquals ?? encryptionContextSubset;
  return encryptionContext === undefined ? {} : { encryptionContext };
}
