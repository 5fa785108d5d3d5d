import assert from 'node:assert/strict';
import test from 'node:test';
import { readKmsEvent } from '../../../../src/core/evidence/kmsEvent.ts';
import { allowedUse } from '../../../../src/core/evidence/uses.ts';
import type { Grant, GrantConstraints } from '../../../../src/core/kms/model.ts';
import { grant, keyArnOf } from '../fakes.ts';
import { trailEvent } from './fakeEvidence.ts';

const account = '111122223333';
const keyArn = keyArnOf('k1');
const otherKey = keyArnOf('k2');
const created = new Date('2026-11-01T12:00:00.700Z');
const later = new Date('2026-11-01T13:00:00Z');

type Parts = Readonly<Record<string, unknown>>;

/** A session of a role, as CloudTrail writes it. */
const session = (role: string, name: string, id = 'AROAEXAMPLE', path = '/') => ({
  type: 'AssumedRole',
  principalId: `${id}:${name}`,
  arn: `arn:aws:sts::${account}:assumed-role/${role}/${name}`,
  accountId: account,
  sessionContext: {
    sessionIssuer: { type: 'Role', arn: `arn:aws:iam::${account}:role${path}${role}`, userName: role },
  },
});
const user = {
  type: 'IAMUser',
  principalId: 'AIDAANA',
  arn: `arn:aws:iam::${account}:user/ana`,
  accountId: account,
  userName: 'ana',
};
const reader = session('Reader', 'app', 'AROAREADER', '/app/');

const heldBy = (value: string, parts: Partial<Grant> = {}): Grant =>
  grant('g1', {
    keyArn,
    creationDate: created,
    operations: ['Decrypt'],
    granteePrincipal: { kind: 'principal', value },
    ...parts,
  });
const readers = (parts: Partial<Grant> = {}) => heldBy(`arn:aws:iam::${account}:role/app/Reader`, parts);

const event = (name: string, parts: Parts = {}, time = later) => {
  const { json } = trailEvent(name, time, { userIdentity: reader, resources: [{ ARN: keyArn }], ...parts });
  return readKmsEvent(json) ?? assert.fail(json);
};
const operationOf = (held: Grant, ...[name, parts, time]: Parameters<typeof event>) =>
  allowedUse(held, keyArn, event(name, parts, time))?.operation;
const by = (userIdentity: Parts): Parts => ({ userIdentity });

test('a use is one of the operations of the grant, and one that succeeded', () => {
  const dataKeys = [
    'GenerateDataKey',
    'GenerateDataKeyWithoutPlaintext',
    'GenerateDataKeyPair',
    'GenerateDataKeyPairWithoutPlaintext',
  ];
  for (const operation of ['Decrypt', 'Encrypt', 'Sign', 'VerifyMac', 'DescribeKey', ...dataKeys]) {
    assert.equal(operationOf(readers({ operations: [operation] }), operation), operation);
  }
  for (const [allowed, used] of [
    ['Decrypt', 'Encrypt'],
    ['GenerateDataKey', 'GenerateDataKeyWithoutPlaintext'],
    ['GenerateDataKeyPair', 'GenerateDataKey'],
    ['Decrypt', 'decrypt'],
  ] as const) {
    assert.equal(operationOf(readers({ operations: [allowed] }), used), undefined, used);
  }
  assert.equal(operationOf(readers(), 'Decrypt', { errorCode: 'AccessDenied' }), undefined);
});

test('CreateGrant and RetireGrant are not counted: whether a grant allows them, their events do not say', () => {
  const held = readers({ operations: ['CreateGrant', 'RetireGrant'] });
  assert.equal(operationOf(held, 'CreateGrant'), undefined);
  assert.equal(operationOf(held, 'RetireGrant'), undefined);
});

test('ReEncrypt is from its first key to its second, each with a context of its own', () => {
  const bound = (operation: string, context: Readonly<Record<string, string>>) =>
    readers({
      operations: [operation],
      constraints: { encryptionContextEquals: undefined, encryptionContextSubset: context, sourceArn: undefined },
    });
  const parts = {
    requestParameters: {
      sourceEncryptionContext: { app: 'source' },
      destinationKeyId: 'alias/somewhere',
      destinationEncryptionContext: { app: 'destination' },
    },
  };
  const out = { ...parts, resources: [{ ARN: keyArn }, { ARN: otherKey }] };
  const into = { ...parts, resources: [{ ARN: otherKey }, { ARN: keyArn }] };
  const [from, to] = [bound('ReEncryptFrom', { app: 'source' }), bound('ReEncryptTo', { app: 'destination' })];
  assert.equal(operationOf(from, 'ReEncrypt', out), 'ReEncryptFrom');
  assert.equal(operationOf(from, 'ReEncrypt', into), undefined);
  assert.equal(operationOf(to, 'ReEncrypt', into), 'ReEncryptTo');
  assert.equal(operationOf(to, 'ReEncrypt', out), undefined);
  assert.equal(operationOf(bound('ReEncryptFrom', { app: 'destination' }), 'ReEncrypt', out), undefined);
  // Which of the two the key is can't be said.
  assert.equal(operationOf(from, 'ReEncrypt', { ...parts, resources: [{ ARN: keyArn }] }), undefined);
});

test('the key is that of the resources, whatever the request calls it', () => {
  for (const keyId of ['k1', 'alias/orders', `arn:aws:kms:eu-west-1:${account}:alias/orders`, keyArn, undefined]) {
    assert.equal(operationOf(readers(), 'Decrypt', { requestParameters: { keyId } }), 'Decrypt', keyId);
  }
  assert.equal(operationOf(readers(), 'Decrypt', { resources: [{ ARN: otherKey }] }), undefined);
  // It was found by the key's ARN.
  assert.equal(operationOf(readers(), 'Decrypt', { resources: [] }), 'Decrypt');
  assert.equal(operationOf(readers(), 'Decrypt', { resources: null, requestParameters: null }), 'Decrypt');
});

test('a replica of a multi-Region key has the same ID, and grants of its own', () => {
  const here = `arn:aws:kms:eu-west-1:${account}:key/mrk-1234abcd12ab34cd56ef1234567890ab`;
  const there = here.replace('eu-west-1', 'us-east-1');
  const used = (ARN: string) => allowedUse(readers({ keyArn: here }), here, event('Decrypt', { resources: [{ ARN }] }));
  assert.equal(used(here)?.operation, 'Decrypt');
  assert.equal(used(there), undefined);
});

test('what happened before the grant was created, it did not allow; events have whole seconds', () => {
  const at = (text: string) => operationOf(readers(), 'Decrypt', {}, new Date(text));
  assert.equal(at('2026-11-01T12:00:00Z'), 'Decrypt');
  assert.equal(at('2026-11-01T11:59:59Z'), undefined);
  const undated = { ...readers(), creationDate: undefined };
  assert.equal(operationOf(undated, 'Decrypt', {}, new Date('2020-01-01')), 'Decrypt');
});

test('each session of a role is its role, with any path; a session that holds a grant is itself alone', () => {
  assert.equal(operationOf(readers(), 'Decrypt', by(session('Reader', 'i-0f6f'))), 'Decrypt');
  assert.equal(operationOf(readers(), 'Decrypt', by({ ...reader, invokedBy: 'internal.amazonaws.com' })), 'Decrypt');
  assert.equal(operationOf(readers(), 'Decrypt', by(session('Reader2', 'app'))), undefined);
  assert.equal(operationOf(readers(), 'Decrypt', by(session('app', 'Reader'))), undefined);
  const elsewhere = { ...reader, arn: reader.arn.replace(account, '444455556666') };
  assert.equal(operationOf(readers(), 'Decrypt', by(elsewhere)), undefined);
  const held = heldBy(reader.arn);
  assert.equal(operationOf(held, 'Decrypt', by(reader)), 'Decrypt');
  assert.equal(operationOf(held, 'Decrypt', by(session('Reader', 'other'))), undefined);
});

test('a user is its ARN; a federated user that it let in is somebody else', () => {
  const held = heldBy(user.arn);
  assert.equal(operationOf(held, 'Decrypt', by(user)), 'Decrypt');
  assert.equal(operationOf(held, 'Decrypt', by({ ...user, arn: user.arn.replace('ana', 'Ana') })), undefined);
  const federated = {
    type: 'FederatedUser',
    principalId: `${account}:ben`,
    arn: `arn:aws:sts::${account}:federated-user/ben`,
    accountId: account,
    sessionContext: { sessionIssuer: { type: 'IAMUser', arn: user.arn, userName: 'ana' } },
  };
  assert.equal(operationOf(held, 'Decrypt', by(federated)), undefined);
  assert.equal(operationOf(heldBy(federated.arn), 'Decrypt', by(federated)), 'Decrypt');
});

test('a role or user that was deleted is known by its ID', () => {
  assert.equal(operationOf(heldBy('AROAREADER'), 'Decrypt'), 'Decrypt');
  assert.equal(operationOf(heldBy('AROAREADER:app'), 'Decrypt'), 'Decrypt');
  assert.equal(operationOf(heldBy('AROAREADER:other'), 'Decrypt'), undefined);
  // The role that has the name now.
  assert.equal(operationOf(heldBy('AROAOLD'), 'Decrypt'), undefined);
  assert.equal(operationOf(heldBy('AROAREAD'), 'Decrypt'), undefined);
  assert.equal(operationOf(heldBy('AIDAANA'), 'Decrypt', by(user)), 'Decrypt');
  assert.equal(operationOf(heldBy('AIDABEN'), 'Decrypt', by(user)), undefined);
});

test('an EC2 instance is known in both forms of its name', () => {
  const instance = {
    ...session('aws:ec2-infrastructure', 'i-0123'),
    principalId: `${account}:aws:ec2-infrastructure:i-0123`,
  };
  for (const value of [instance.arn, instance.principalId]) {
    assert.equal(operationOf(heldBy(value), 'Decrypt', by(instance)), 'Decrypt', value);
    assert.equal(operationOf(heldBy(value.replace('i-0123', 'i-9999')), 'Decrypt', by(instance)), undefined);
  }
});

test('a service is known when it acts for itself, in any Region; by the rights of somebody else, it is not', () => {
  const service = (invokedBy: string) => by({ type: 'AWSService', invokedBy });
  for (const kind of ['principal', 'servicePrincipal'] as const) {
    const held = heldBy('', { granteePrincipal: { kind, value: 'dynamodb.eu-west-1.amazonaws.com' } });
    assert.equal(operationOf(held, 'Decrypt', service('dynamodb.eu-west-1.amazonaws.com')), 'Decrypt');
    assert.equal(operationOf(held, 'Decrypt', service('dynamodb.amazonaws.com')), 'Decrypt');
    assert.equal(operationOf(held, 'Decrypt', service('replication.dynamodb.amazonaws.com')), undefined);
    assert.equal(operationOf(held, 'Decrypt', service('rds.amazonaws.com')), undefined);
    assert.equal(operationOf(held, 'Decrypt', service('AWS Internal')), undefined);
    assert.equal(operationOf(held, 'Decrypt', by({ ...user, invokedBy: 'dynamodb.amazonaws.com' })), undefined);
  }
  const european = heldBy('rds.eusc-de-east-1.amazonaws.eu');
  assert.equal(operationOf(european, 'Decrypt', service('rds.amazonaws.eu')), 'Decrypt');
  assert.equal(operationOf(heldBy('AWS Internal'), 'Decrypt', service('AWS Internal')), 'Decrypt');
  assert.equal(operationOf(heldBy('AWS Internal'), 'Decrypt', service('rds.amazonaws.com')), undefined);
  assert.equal(operationOf(heldBy('AWS Internal'), 'Decrypt', by({ type: 'AWSService' })), undefined);
});

test('a whole account is each principal of it, also one that the log of the key does not name', () => {
  const held = heldBy('arn:aws:iam::444455556666:root');
  const foreign = { type: 'AWSAccount', principalId: 'AROAFOREIGN:s', accountId: '444455556666' };
  assert.equal(operationOf(held, 'Decrypt', by(foreign)), 'Decrypt');
  assert.equal(operationOf(held, 'Decrypt', by(user)), undefined);
  assert.equal(operationOf(heldBy('arn:aws:iam::444455556666:role/X'), 'Decrypt', by(foreign)), undefined);
});

test('the encryption context must have what the grant asks for, in these very letters', () => {
  const constrained = (constraints: Partial<GrantConstraints>, operations = ['Decrypt']) =>
    readers({
      operations,
      constraints: {
        encryptionContextEquals: undefined,
        encryptionContextSubset: undefined,
        sourceArn: undefined,
        ...constraints,
      },
    });
  const context = (encryptionContext: Parts) => ({ requestParameters: { encryptionContext } });
  const subset = constrained({ encryptionContextSubset: { app: 'a' } });
  assert.equal(operationOf(subset, 'Decrypt', context({ app: 'a', more: 'b' })), 'Decrypt');
  assert.equal(operationOf(subset, 'Decrypt', context({ App: 'a' })), undefined);
  assert.equal(operationOf(subset, 'Decrypt', context({ app: 'b' })), undefined);
  assert.equal(operationOf(subset, 'Decrypt', { requestParameters: null }), undefined);
  const equal = constrained({ encryptionContextEquals: { app: 'a' } });
  assert.equal(operationOf(equal, 'Decrypt', context({ app: 'a' })), 'Decrypt');
  assert.equal(operationOf(equal, 'Decrypt', context({ app: 'a', more: 'b' })), undefined);
  // A name that every object has.
  assert.equal(operationOf(constrained({ encryptionContextSubset: { toString: 'a' } }), 'Decrypt'), undefined);
  // KMS asks for no context there.
  assert.equal(
    operationOf(constrained({ encryptionContextEquals: { app: 'a' } }, ['DescribeKey']), 'DescribeKey'),
    'DescribeKey',
  );
});
