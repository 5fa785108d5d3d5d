import assert from 'node:assert/strict';
import test from 'node:test';
import { actorRecord, identityOf, isSamePrincipal } from '../../../../src/core/kms/actor.ts';
import { ana, unverified, verified } from '../../actors.ts';

const session = (role: string, name: string, account = '111122223333') => ({
  account,
  arn: `arn:aws:sts::${account}:assumed-role/${role}/${name}`,
});

test('a user is the same by its ARN alone', () => {
  assert.ok(isSamePrincipal(ana, { ...ana }));
  assert.ok(!isSamePrincipal(ana, { ...ana, arn: `${ana.arn}-admin` }));
  assert.ok(!isSamePrincipal(ana, { account: '444455556666', arn: ana.arn }));
});

test('a session of a role is the same by its role and its name', () => {
  assert.ok(isSamePrincipal(session('Admin', 'ana'), session('Admin', 'ana')));
  assert.ok(!isSamePrincipal(session('Admin', 'ana'), session('Admin', 'ben')));
  assert.ok(!isSamePrincipal(session('Admin', 'ana'), session('Reader', 'ana')));
  assert.ok(!isSamePrincipal(session('Admin', 'ana'), session('Admin', 'ana', '444455556666')));
});

const generated = [
  'aws-sdk-js-1764170000000',
  'aws-sdk-js-session-1764170000000',
  'botocore-session-1764170000',
  'AWS-CLI-session-1764170000',
  'aws-go-sdk-1764170000000000000',
  'aws-sdk-java-1764170000000',
  'aws-sdk-php-1764170000000',
  'aws-dotnet-sdk-session-638000000000000000',
  'assume-role-from-profile-1764170000000',
  'web-identity-token-1764170000000',
  '1764170000',
  '1764170000000000000',
  '0b6c1a52-1d5c-4d0a-9a4e-0f5a4a3f2b1c',
];

for (const name of generated) {
  test(`a session name that is generated does not count: ${name}`, () => {
    assert.ok(isSamePrincipal(session('Admin', name), session('Admin', 'aws-sdk-js-1764179999999')));
    assert.ok(!isSamePrincipal(session('Admin', name), session('Reader', name)));
    assert.ok(!isSamePrincipal(session('Admin', name), session('Admin', 'ana')));
    assert.ok(!isSamePrincipal(session('Admin', 'ana'), session('Admin', name)));
  });
}

for (const name of [
  'ana',
  'ana-1764170000',
  '4711',
  '1234567',
  'aws-sdk-js-ana',
  'botocore-session-1',
  'i-0123456789abcdef0',
]) {
  test(`a session name that somebody chose counts: ${name}`, () => {
    assert.ok(!isSamePrincipal(session('Admin', name), session('Admin', 'aws-sdk-js-1764170000000')));
    assert.ok(!isSamePrincipal(session('Admin', name), session('Admin', `${name}x`)));
  });
}

test('the journal keeps who was shown, or why nobody could be', () => {
  assert.deepEqual(actorRecord(verified()), { account: ana.account, principal: ana.arn });
  assert.deepEqual(actorRecord(unverified), { account: undefined, unverified: 'STS gave no answer.' });
  const known = { kind: 'unverified', reason: 'No.', lastKnown: ana } as const;
  assert.deepEqual(actorRecord(known), { account: ana.account, unverified: 'No.' });
  assert.equal(identityOf(known), ana);
});
