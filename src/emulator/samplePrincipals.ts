import type { Account, Role, User } from './account.ts';
import { roleId, uniqueId, userId } from './iam/ids.ts';
import { parseArn } from './principals.ts';
import { Random } from './random.ts';
import { recreatedRole } from './sampleGrants.ts';
import type { SampleGrant } from './sampleHistory.ts';
import { day } from './time.ts';

/** The roles and users that sign in, or that a key policy names. */
const others = [
  'role/Developers',
  'role/GitHubActionsDeploy',
  'role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_SecurityEngineer_5a1c8e0f4d2b7396',
  'user/alex',
  `role${recreatedRole.path}${recreatedRole.name}`,
];

/** Fills IAM with the principals of the account that the grants name, and a few others. */
export function addPrincipals(account: Account, grants: readonly SampleGrant[], now: number): void {
  const named = new Set(grants.flatMap(({ grant }) => [grant.granteePrincipal, grant.retiringPrincipal]));
  const resources = new Map<string, string>();
  for (const arn of [...others.map((resource) => account.iamArn(resource)), ...named]) {
    const { accountId, resource = '' } = parseArn(arn ?? '') ?? {};
    const [kind, ...names] = resource.split('/');
    const path = names
      .slice(0, -1)
      .map((name) => `${name}/`)
      .join('');
    if (accountId === account.id && (kind === 'role' || kind === 'user')) {
      resources.set(`${kind} ${names.at(-1)}`, `/${path}`);
    } else if (accountId === account.id && kind === 'assumed-role' && !resource.includes(':')) {
      resources.set(`role ${names[0]}`, resources.get(`role ${names[0]}`) ?? '/');
    }
  }
  for (const [key, path] of [...resources].sort(([one], [other]) => (one < other ? -1 : 1))) {
    const [kind, name = ''] = key.split(' ');
    if (kind === 'role') {
      account.roles.set(name, buildRole(account, name, path, now));
    } else {
      account.users.set(name, buildUser(account, name, path, now));
    }
  }
  const recreated = account.roles.get(recreatedRole.name);
  if (recreated !== undefined) {
    // Another ID, and younger than the grant to its predecessor.
    const id = `AROA${uniqueId(`${recreated.name} again`)}`;
    const lastUsed = { at: now - 2 * day, region: account.region };
    account.roles.set(recreated.name, { ...recreated, id, createdAt: now - 12 * day, lastUsed });
  }
}

function buildRole(account: Account, name: string, path: string, now: number): Role {
  const random = new Random(1, `role ${name}`);
  const [, service] = /^\/aws-service-role\/(.+)\/$/.exec(path) ?? [];
  const createdAt = older(random, now);
  const used = { at: now - Math.floor(random.next() * 20 * day), region: account.region };
  return {
    name,
    path,
    id: roleId(account.id, name),
    createdAt,
    trustPolicy: JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: service === undefined ? { AWS: account.rootArn } : { Service: service },
          Action: 'sts:AssumeRole',
        },
      ],
    }),
    // IAM has no use of one in eight.
    ...(random.below(8) === 0 ? {} : { lastUsed: used }),
  };
}

function buildUser(account: Account, name: string, path: string, now: number): User {
  const random = new Random(1, `user ${name}`);
  const createdAt = older(random, now);
  const id = userId(account.iamArn(`user${path}${name}`));
  return { name, path, id, createdAt, passwordLastUsedAt: now - Math.floor(random.next() * 60 * day) };
}

/** Before every key, and so before every grant. */
function older(random: Random, now: number): number {
  return now - Math.floor((1450 + random.next() * 400) * day);
}
