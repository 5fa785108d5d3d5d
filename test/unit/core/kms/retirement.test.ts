import assert from 'node:assert/strict';
import test from 'node:test';
import type { Grant } from '../../../../src/core/kms/model.ts';
import {
  type RetirePermission,
  retirableGrants,
  retirePermission,
  retiringPrincipalsOf,
} from '../../../../src/core/kms/retirement.ts';
import { FakeKms, grant, keyArnOf, kmsError } from '../fakes.ts';

const account = '111122223333';
const never = new AbortController().signal;
const iam = (resource: string, id = account, partition = 'aws') => `arn:${partition}:iam::${id}:${resource}`;
const sts = (resource: string, id = account) => `arn:aws:sts::${id}:${resource}`;
const session = sts('assumed-role/Janitor/ana');

/** Who calls, who may retire the grant by its fields → whether the caller may. */
const table: readonly (readonly [caller: string, retiring: string | undefined, right: RetirePermission])[] = [
  [iam('user/ana'), iam('user/ana'), 'yes'],
  [iam('user/ana'), iam('user/people/ana'), 'no'],
  [iam('user/ana'), iam('user/ben'), 'no'],
  [session, iam('role/Janitor'), 'yes'],
  [session, iam('role/platform/grants/Janitor'), 'yes'],
  [session, session, 'yes'],
  [session, sts('assumed-role/Janitor/ben'), 'no'],
  [session, iam('role/JanitorTwo'), 'no'],
  [session, iam('role/Janitor/Other'), 'no'],
  [session, iam('user/Janitor'), 'no'],
  [session, iam('role/Janitor', '444455556666'), 'no'],
  [session, iam('role/Janitor', account, 'aws-cn'), 'no'],
  [
    sts('assumed-role/AWSReservedSSO_Admin_0123456789abcdef/ana@example.com'),
    iam('role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0123456789abcdef'),
    'yes',
  ],
  [session, iam('root'), 'perhaps'],
  [iam('user/ana'), iam('root'), 'perhaps'],
  [iam('root'), iam('root'), 'yes'],
  [iam('user/ana'), iam('root', '444455556666'), 'no'],
  [sts('federated-user/bob'), sts('federated-user/bob'), 'yes'],
  [session, 'dynamodb.amazonaws.com', 'no'],
  [session, 'AROAEXAMPLEEXAMPLE123', 'no'],
  [session, undefined, 'no'],
];

/** On a key of an account that the caller has nothing to do with, issued there. */
const ofOthers = (fields: Partial<Grant>) =>
  grant('g1', {
    keyArn: 'arn:aws:kms:eu-west-1:999988887777:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    issuingAccount: iam('root', '999988887777'),
    ...fields,
  });

for (const [caller, retiring, right] of table) {
  test(`${caller} may ${right === 'no' ? 'not' : right} retire a grant whose retiring principal is ${retiring ?? 'nobody'}`, () => {
    const retiringPrincipal = retiring === undefined ? undefined : ({ kind: 'principal', value: retiring } as const);
    assert.equal(retirePermission(caller, ofOthers({ retiringPrincipal })), right);
  });
}

test('a service principal is nobody who calls, whatever its name', () => {
  const retiringPrincipal = { kind: 'servicePrincipal', value: session } as const;
  assert.equal(retirePermission(session, ofOthers({ retiringPrincipal })), 'no');
});

test('a grantee may retire its own grant if RetireGrant is among the operations', () => {
  const granteePrincipal = { kind: 'principal', value: iam('role/Janitor') } as const;
  assert.equal(
    retirePermission(session, ofOthers({ granteePrincipal, operations: ['Decrypt', 'RetireGrant'] })),
    'yes',
  );
  assert.equal(retirePermission(session, ofOthers({ granteePrincipal, operations: ['Decrypt'] })), 'no');
});

test('the account that issued a grant may retire it; of its principals KMS decides, as of those of the key', () => {
  const issued = ofOthers({ issuingAccount: iam('root') });
  assert.equal(retirePermission(iam('root'), issued), 'yes');
  assert.equal(retirePermission(iam('user/ana'), issued), 'perhaps');
  assert.equal(retirePermission(session, issued), 'perhaps');
  assert.equal(retirePermission(session, ofOthers({ issuingAccount: account })), 'perhaps');
  assert.equal(
    retirePermission(session, grant('g1', { issuingAccount: 'AWS Internal' })),
    'perhaps',
    'the key is of its account',
  );
  assert.equal(retirePermission(iam('user/ana', '444455556666'), issued), 'no');
});

test('for a user the user is asked, for a session its role and the session', () => {
  assert.deepEqual(retiringPrincipalsOf(iam('user/ana'), 'eu-west-1'), [iam('user/ana')]);
  assert.deepEqual(retiringPrincipalsOf(session, 'eu-west-1'), [iam('role/Janitor'), session]);
  assert.deepEqual(retiringPrincipalsOf('arn:aws-cn:sts::111122223333:assumed-role/Janitor/ana', 'cn-north-1'), [
    iam('role/Janitor', account, 'aws-cn'),
    'arn:aws-cn:sts::111122223333:assumed-role/Janitor/ana',
  ]);
});

test("a role of IAM Identity Center is asked for with its path, which the session's ARN leaves out", () => {
  const arn = sts('assumed-role/AWSReservedSSO_Admin_0123/ana');
  assert.deepEqual(retiringPrincipalsOf(arn, 'eu-west-1'), [
    iam('role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123'),
    iam('role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0123'),
    arn,
  ]);
});

async function all(pages: AsyncIterable<readonly Grant[]>): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const page of pages) {
    ids.push(...page.map(({ grantId }) => grantId));
  }
  return ids;
}

const retiredBy = (grantId: string, value: string) =>
  grant(grantId, { keyArn: keyArnOf(grantId), retiringPrincipal: { kind: 'principal', value } });

test('what can be retired is read to the end for each principal, each grant once', async () => {
  const kms = new FakeKms();
  kms.pageSize.grants = 2;
  for (const id of ['g1', 'g2', 'g3']) {
    kms.grants.set(keyArnOf(id), [retiredBy(id, 'role')]);
  }
  kms.grants.set(keyArnOf('g4'), [retiredBy('g4', 'session')]);
  assert.deepEqual(await all(retirableGrants(kms, ['role', 'session', 'role'], never)), ['g1', 'g2', 'g3', 'g4']);
});

test('a principal that KMS does not know has no grants, as long as it knows another', async () => {
  const kms = new FakeKms();
  kms.grants.set(keyArnOf('g1'), [retiredBy('g1', 'known')]);
  kms.before = ({ principalArn }) => {
    if (principalArn !== 'known') {
      throw kmsError('invalidArn');
    }
  };
  assert.deepEqual(await all(retirableGrants(kms, ['guess', 'known'], never)), ['g1']);
  await assert.rejects(all(retirableGrants(kms, ['guess', 'other'], never)), { name: 'KmsError' });
});

test('a refusal is no empty list', async () => {
  const kms = new FakeKms();
  kms.before = () => {
    throw kmsError('accessDenied');
  };
  await assert.rejects(all(retirableGrants(kms, ['role', 'session'], never)), { name: 'KmsError' });
  assert.equal(kms.calls.length, 1);
});
