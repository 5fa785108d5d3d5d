import { Account, type Alias, type Grant, type Key } from './account.ts';
import { buildKey } from './buildKey.ts';
import { Random } from './random.ts';
import { type GrantKind, type GrantMaker, grantKindsFor, grantMakers } from './sampleGrants.ts';
import { type SampleGrant, sampleEvents } from './sampleHistory.ts';
import { awsManagedKeys, customerKey, reservedAliases } from './sampleKeys.ts';
import { customerPolicy, managedPolicy } from './samplePolicies.ts';
import { addPrincipals } from './samplePrincipals.ts';
import { day } from './time.ts';

export interface SampleOptions {
  /** The same options give the same account, to the last digit. Default 1. */
  readonly seed?: number;
  /**
   * The number of customer managed keys; default 20. The first 20 differ in state, key type and aliases, the rest
   * follow a pattern. 0 makes an empty account.
   */
  readonly keys?: number;
  /**
   * Grants on a customer key, on average over 10 keys; default 5. The first key has exactly this many; the others vary
   * by up to 3. A key that is still being created has none, and no key has more than AWS's default quota of 50,000.
   */
  readonly grantsPerKey?: number;
  /** Grants on the first customer key, instead of `grantsPerKey`; at most 50,000. */
  readonly grantsOnFirstKey?: number;
  /**
   * Whether there are four AWS managed keys with a few grants each, and reserved aliases; default: unless `keys` is 0.
   */
  readonly awsManagedKeys?: boolean;
  /** Twelve digits; default 111122223333. */
  readonly account?: string;
  readonly region?: string;
  readonly partition?: string;
  /** The present for all dates, in milliseconds since the epoch; default 2026-11-01. */
  readonly now?: number;
}

/** How the number of grants varies from key to key; the sum is 0. */
const variation = [0, 1, -1, 2, -2, 0, 1, -1, 3, -3];

/** An account that reads like a real one. */
export function createAccount(options: SampleOptions = {}): Account {
  const { seed = 1, keys = 20, grantsPerKey = 5 } = options;
  const { account: id = '111122223333', region = 'eu-west-1', partition = 'aws' } = options;
  const now = options.now ?? Date.UTC(2026, 10, 1);
  const account = new Account(id, region, partition);
  const random = new Random(seed, 'sample data');
  const policies = { usual: customerPolicy(account, []), managed: managedPolicy(account) };

  const customer = Array.from({ length: keys }, (_, index) => {
    const sample = customerKey(index);
    const spread = variation[index % variation.length] ?? 0;
    const usual = grantsPerKey === 0 || sample.state === 'Creating' ? 0 : grantsPerKey + spread;
    const count = clamp(index === 0 ? (options.grantsOnFirstKey ?? usual) : usual, 0, 50_000);
    const policy = sample.users === undefined ? policies.usual : customerPolicy(account, sample.users);
    return {
      key: buildKey(account, sample, policy, random, now),
      sample,
      kinds: grantKindsFor(sample, count),
    };
  });
  const managed = ((options.awsManagedKeys ?? keys > 0) ? awsManagedKeys : []).map((sample) => ({
    key: buildKey(account, sample, policies.managed, random, now),
    sample,
    kinds: grantKindsFor(sample, sample.grants.length),
  }));

  const all = [...customer, ...managed];
  // Sorted by ID, ListKeys has no meaningful order, as on AWS; ListAliases is in the order of names.
  for (const { key } of [...all].sort((a, b) => compare(a.key.id, b.key.id))) {
    account.keys.set(key.id, key);
  }
  const aliases = all.flatMap(({ key, sample }) =>
    sample.aliases.map(
      (name): Alias => ({ name, targetKeyId: key.id, createdAt: key.createdAt, updatedAt: key.createdAt }),
    ),
  );
  if (managed.length > 0) {
    aliases.push(...reservedAliases.map((name) => ({ name, createdAt: now - 900 * day, updatedAt: now - 900 * day })));
  }
  for (const alias of aliases.sort((a, b) => compare(a.name, b.name))) {
    account.aliases.set(alias.name, alias);
  }
  const grants = all.flatMap(({ key, kinds }) => makeGrants(account, key, kinds, random, now));
  for (const { grant } of grants) {
    account.addGrant(grant);
  }
  if (all.length > 0) {
    addPrincipals(account, grants, now);
  }
  const usedKeys = all.map(({ key }) => key);
  account.events.addPast(() => sampleEvents(account, grants, usedKeys, now));
  return account;
}

/** Oldest first. */
function makeGrants(
  account: Account,
  key: Key,
  kinds: readonly GrantKind[],
  random: Random,
  now: number,
): readonly SampleGrant[] {
  const age = now - key.createdAt;
  const moments = kinds.map(() => key.createdAt + Math.floor(random.next() * age)).sort((a, b) => a - b);
  return kinds
    .map((kind, index): SampleGrant => {
      const make: GrantMaker = grantMakers[kind];
      const { granteeThen, ...parts } = make({ account, key, index, random, now });
      const grant: Grant = {
        issuingAccount: account.rootArn,
        createdAt: moments[index] ?? key.createdAt,
        ...parts,
        id: random.hex(32),
        keyId: key.id,
      };
      return granteeThen === undefined ? { grant } : { grant, granteeThen };
    })
    .sort((one, other) => one.grant.createdAt - other.grant.createdAt);
}

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
