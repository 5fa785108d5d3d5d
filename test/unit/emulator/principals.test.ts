import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { actsAs, isGrantablePrincipal } from '../../../src/emulator/principals.ts';
import { matchesPattern } from '../../aws/pattern.ts';

const iam = (resource: string) => `arn:aws:iam::111122223333:${resource}`;
const sts = (resource: string) => `arn:aws:sts::111122223333:${resource}`;

suite('principals', () => {
  test('accounts, users, roles, federated users and assumed roles can be granted to', () => {
    const good = [
      iam('root'),
      iam('user/alex'),
      iam('user/team/alex'),
      iam('role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS'),
      sts('assumed-role/Dev/session@host'),
      sts('federated-user/alex'),
      'arn:aws-cn:iam::111122223333:role/r',
    ];
    assert.deepEqual(good.filter(isGrantablePrincipal), good);
  });

  test('anything else cannot', () => {
    const bad = [
      'AROAEXAMPLEEXAMPLE123',
      'dynamodb.amazonaws.com',
      iam('group/g'),
      iam('role/'),
      iam('roots'),
      'arn:aws:iam::1111:role/r',
      'arn:aws:kms:eu-west-1:111122223333:key/k',
      sts('assumed-role/aws:ec2-infrastructure/i-0'),
      sts('assumed-role/Dev'),
      '*',
    ];
    assert.deepEqual(bad.filter(isGrantablePrincipal), []);
  });

  test('a session acts as its role, with any path, and as its account, and as no one else', () => {
    const session = sts('assumed-role/Dev/s');
    for (const principal of [session, iam('role/Dev'), iam('role/a/b/Dev'), iam('root')]) {
      assert.ok(actsAs(session, principal), principal);
    }
    for (const principal of [
      iam('role/Dev2'),
      iam('user/Dev'),
      sts('assumed-role/Dev/t'),
      'arn:aws:iam::444455556666:role/Dev',
      'arn:aws:iam::444455556666:root',
      'AROAEXAMPLEEXAMPLE123',
    ]) {
      assert.ok(!actsAs(session, principal), principal);
    }
    assert.ok(!actsAs(iam('user/alex'), iam('user/alexander')));
  });

  test('a pattern has no special characters but *', () => {
    assert.ok(matchesPattern('List*', 'ListGrants'));
    assert.ok(matchesPattern('*', ''));
    assert.ok(!matchesPattern('List', 'ListGrants'));
    assert.ok(!matchesPattern('a.c', 'abc'));
    assert.ok(matchesPattern('arn:aws:iam::*:user/a+b', 'arn:aws:iam::1:user/a+b'));
  });
});
