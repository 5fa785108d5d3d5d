import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Account, Grant } from '../../../src/emulator/account.ts';
import { operationsFor } from '../../../src/emulator/operations/grantRules.ts';
import { createAccount } from '../../../src/emulator/sampleData.ts';

const keysOf = (account: Account) => [...account.keys.values()];
const aliasesOf = (account: Account) => [...account.aliases.values()];
const grantsOf = (account: Account) =>
  keysOf(account).flatMap((key) => [...account.grantsOf(key.id).values()].map(({ grant }) => grant));

/** The count of each of its values. */
function tally(values: Iterable<string | undefined>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) {
    counts[String(value)] = (counts[String(value)] ?? 0) + 1;
  }
  return counts;
}

suite('the sample account', () => {
  const account = createAccount({ keys: 20, grantsPerKey: 5 });
  const keys = keysOf(account);
  const grants = grantsOf(account);

  test('is the same for the same seed, and another for another', () => {
    const all = (seed: number) => {
      const one = createAccount({ seed });
      return JSON.stringify([keysOf(one), aliasesOf(one), grantsOf(one)]);
    };
    assert.equal(all(1), all(1));
    assert.notEqual(all(1), all(2));
  });

  test('has as many customer keys as asked, and a handful of AWS managed ones', () => {
    assert.deepEqual(tally(keys.map(({ manager }) => manager)), { CUSTOMER: 20, AWS: 4 });
    const ofCustomers = keys.filter(({ manager }) => manager === 'CUSTOMER');
    const counts = ofCustomers.map(({ id }) => account.grantsOf(id).size);
    const total = counts.reduce((sum, count) => sum + count, 0);
    assert.ok(total >= 90 && total <= 100, `${total} grants`);
    assert.ok(Math.max(...counts) <= 8);
    assert.equal(account.grantsOf(account.aliases.get('alias/orders-db')?.targetKeyId ?? '').size, 5);
  });

  test('has keys in every state, of every usage that it shows, and without an alias', () => {
    assert.deepEqual(Object.keys(tally(keys.map(({ state }) => state))).sort(), [
      'Creating',
      'Disabled',
      'Enabled',
      'PendingDeletion',
      'PendingImport',
      'PendingReplicaDeletion',
      'Unavailable',
      'Updating',
    ]);
    // KMS Developer Guide, "Key states of AWS KMS keys": which keys can have them.
    for (const { state, multiRegion, origin } of keys) {
      assert.ok(
        !['Creating', 'Updating', 'PendingReplicaDeletion'].includes(state) || multiRegion !== undefined,
        state,
      );
      assert.ok(state !== 'PendingImport' || origin === 'EXTERNAL');
      assert.ok(state !== 'Unavailable' || origin === 'AWS_CLOUDHSM' || origin === 'EXTERNAL_KEY_STORE');
    }
    assert.ok(keys.every(({ state, deletionAt }) => (state === 'PendingDeletion') === (deletionAt !== undefined)));
    assert.deepEqual(Object.keys(tally(keys.map(({ usage }) => usage))).sort(), [
      'ENCRYPT_DECRYPT',
      'GENERATE_VERIFY_MAC',
      'KEY_AGREEMENT',
      'SIGN_VERIFY',
    ]);
    const perKey = tally(aliasesOf(account).map(({ targetKeyId }) => targetKeyId));
    assert.ok(keys.some(({ id }) => perKey[id] === undefined));
    assert.ok(keys.some(({ id }) => (perKey[id] ?? 0) >= 3));
    assert.ok(keys.some(({ multiRegion, id }) => multiRegion && id.startsWith('mrk-')));
    assert.ok(aliasesOf(account).some(({ name, targetKeyId }) => name.startsWith('alias/aws/') && !targetKeyId));
  });

  test('has grants of every kind', () => {
    const kinds: Record<string, (grant: Grant) => unknown> = {
      'an EBS volume': ({ granteePrincipal = '', constraints }) =>
        granteePrincipal.includes('assumed-role/aws:ec2-infrastructure/i-') &&
        constraints?.encryptionContextSubset?.['aws:ebs:id']?.startsWith('vol-'),
      'a service, the old way': ({ granteePrincipal }) => granteePrincipal === 'dynamodb.eu-west-1.amazonaws.com',
      'a service, the new way': (grant) =>
        grant.granteeServicePrincipal &&
        !grant.granteePrincipal &&
        grant.constraints?.sourceArn &&
        grant.retiringServicePrincipal,
      'a service that KMS keeps to itself': ({ granteePrincipal, issuingAccount }) =>
        granteePrincipal === 'AWS Internal' && issuingAccount.startsWith('medical-imaging.'),
      'an EBS volume, as it was written once': ({ granteePrincipal = '' }) =>
        /^\d{12}:aws:ec2-infrastructure:i-/.test(granteePrincipal),
      "a function's own session": ({ granteePrincipal = '', constraints }) =>
        granteePrincipal.endsWith('/invoice-mailer') &&
        constraints?.encryptionContextEquals?.['aws:lambda:FunctionArn'],
      'a service-linked role': ({ granteePrincipal = '' }) => granteePrincipal.includes(':role/aws-service-role/rds.'),
      'a role': ({ granteePrincipal = '' }) => granteePrincipal.includes(':role/service-role/'),
      'a user': ({ granteePrincipal = '' }) => granteePrincipal.includes(':user/'),
      'an assumed role': ({ granteePrincipal = '' }) => granteePrincipal.includes('assumed-role/GitHubActionsDeploy/'),
      'another account': ({ granteePrincipal }) => granteePrincipal === 'arn:aws:iam::444455556666:root',
      "another account's issue": ({ issuingAccount }) => !issuingAccount.includes(account.id),
      'the account itself': ({ granteePrincipal }) => granteePrincipal === account.rootArn,
      'a deleted role': ({ granteePrincipal = '' }) => /^AROA[A-Z2-7]{17}$/.test(granteePrincipal),
      'a deleted user': ({ granteePrincipal = '' }) => /^AIDA[A-Z2-7]{17}$/.test(granteePrincipal),
      'an exact encryption context': ({ constraints }) => constraints?.encryptionContextEquals,
      'no constraint': ({ constraints }) => !constraints,
      'a name': ({ name }) => name,
      'no name': ({ name }) => !name,
      'a retiring principal': ({ retiringPrincipal = '' }) => retiringPrincipal.startsWith('arn:'),
      'no retiring principal': (grant) => !grant.retiringPrincipal && !grant.retiringServicePrincipal,
    };
    for (const [kind, isOfKind] of Object.entries(kinds)) {
      assert.ok(grants.some(isOfKind), kind);
    }
  });

  test('has one planted pair of duplicates on its first key', () => {
    const key = account.aliases.get('alias/orders-db')?.targetKeyId ?? '';
    const same = [...account.grantsOf(key).values()].map(({ grant }) => {
      const { id: _, createdAt: __, ...rest } = grant;
      return JSON.stringify(rest);
    });
    assert.deepEqual(
      Object.values(tally(same)).filter((count) => count > 1),
      [2],
    );
  });

  test('has no grant that AWS would not have allowed', () => {
    for (const grant of grants) {
      const key = account.keys.get(grant.keyId);
      assert.ok(key);
      const allowed = operationsFor(key);
      assert.deepEqual(
        grant.operations.filter((operation) => !allowed.includes(operation)),
        [],
      );
      assert.ok(!grant.constraints?.encryptionContextEquals || key.spec === 'SYMMETRIC_DEFAULT');
      assert.match(grant.id, /^[0-9a-f]{64}$/);
      assert.match(grant.name ?? 'none', /^[a-zA-Z0-9:/_-]+$/);
      assert.ok(grant.createdAt >= key.createdAt && grant.createdAt <= Date.UTC(2026, 10, 1));
    }
    assert.equal(new Set(grants.map(({ id }) => id)).size, grants.length);
    assert.ok(aliasesOf(account).every(({ name }) => /^alias\/[a-zA-Z0-9/_-]+$/.test(name)));
    for (const { policy, arn, id } of keys) {
      assert.equal(JSON.parse(policy).Version, '2012-10-17');
      assert.ok(arn.endsWith(`:key/${id}`));
    }
  });

  test('an empty account has nothing at all', () => {
    const empty = createAccount({ keys: 0 });
    assert.equal(empty.keys.size + empty.aliases.size, 0);
    assert.equal(createAccount({ keys: 3, awsManagedKeys: false }).keys.size, 3);
    assert.equal(grantsOf(createAccount({ keys: 5, grantsPerKey: 0, awsManagedKeys: false })).length, 0);
  });

  test('knows the partition and Region that it is in', () => {
    const china = createAccount({ keys: 2, partition: 'aws-cn', region: 'cn-north-1', account: '123456789012' });
    for (const { arn } of keysOf(china)) {
      assert.match(arn, /^arn:aws-cn:kms:cn-north-1:123456789012:key\//);
    }
    assert.ok(!JSON.stringify([keysOf(china), grantsOf(china)]).includes('arn:aws:'));
  });

  test('has as many grants on its first key as asked, while the others have theirs', () => {
    const one = createAccount({ keys: 3, grantsPerKey: 5, grantsOnFirstKey: 1000, awsManagedKeys: false });
    const sizes = keysOf(one).map(({ id }) => one.grantsOf(id).size);
    assert.deepEqual(
      sizes.sort((a, b) => a - b),
      [4, 6, 1000],
    );
  });

  test('goes up to what AWS allows on one key, and no further', () => {
    const large = createAccount({ keys: 1, grantsPerKey: 60_000, awsManagedKeys: false });
    const [key] = keysOf(large);
    assert.equal(large.grantsOf(key?.id ?? '').size, 50_000);
  });
});
