import assert from 'node:assert/strict';
import test from 'node:test';
import { isSameRequest, knownPrincipals, remarks } from '../../../../src/core/changes/createGrant.ts';
import type { CreateGrantInput } from '../../../../src/core/kms/model.ts';
import { grantLines } from '../../../../src/core/words/grantLines.ts';
import { createInput, FakeKms, grant, key, keyArnOf, noConstraints, openSession } from '../fakes.ts';

const account = '111122223333';
const keyArn = keyArnOf('k1');
const role = `arn:aws:iam::${account}:role/Reader`;
const sourceArn = `arn:aws:dynamodb:eu-west-1:${account}:table/orders`;
const service = { kind: 'servicePrincipal', value: 'dynamodb.amazonaws.com' } as const;

test('a request is the same as a grant when all is the same, operations and pairs in any order', () => {
  const constraints = { ...noConstraints, encryptionContextSubset: { a: '1', b: '2' } };
  const listed = grant('g1', {
    name: 'n',
    operations: ['Encrypt', 'Decrypt'],
    granteePrincipal: { kind: 'principal', value: role },
    constraints,
  });
  const same = createInput({
    name: 'n',
    operations: ['Decrypt', 'Encrypt'],
    constraints: { ...noConstraints, encryptionContextSubset: { b: '2', a: '1' } },
  });
  assert.equal(isSameRequest(listed, same), true);
  const others: readonly Partial<CreateGrantInput>[] = [
    { name: 'm' },
    { name: undefined },
    { operations: ['Decrypt'] },
    { granteePrincipal: { kind: 'principal', value: `${role}2` } },
    { retiringPrincipal: { kind: 'principal', value: role } },
    { constraints: noConstraints },
    { constraints: { ...noConstraints, encryptionContextEquals: { a: '1', b: '2' } } },
    { constraints: { ...constraints, sourceArn } },
    { keyArn: keyArnOf('k2') },
  ];
  for (const other of others) {
    assert.equal(isSameRequest(listed, { ...same, ...other }), false, JSON.stringify(other));
  }
});

test('known principals are those that a new grant can name, the most frequent first', () => {
  const of = (value: string, retiring?: string) =>
    grant(value, {
      granteePrincipal: { kind: 'principal', value },
      retiringPrincipal: retiring === undefined ? undefined : { kind: 'principal', value: retiring },
    });
  const rare = `arn:aws:iam::${account}:user/ana`;
  const known = knownPrincipals(
    [of(rare), of(role, role), of('AROAEXAMPLEEXAMPLE123', role), of('dynamodb.amazonaws.com')],
    keyArn,
  );
  assert.deepEqual(known, [
    { ref: { kind: 'principal', value: role }, grants: 2 },
    { ref: { kind: 'principal', value: rare }, grants: 1 },
    { ref: { kind: 'servicePrincipal', value: 'dynamodb.amazonaws.com' }, grants: 1 },
  ]);
});

test('what matters about a grant is said before it is made, and nothing where nothing matters', () => {
  const said = (fields: Partial<CreateGrantInput>, ...listed: Parameters<typeof remarks>[1]) =>
    remarks(createInput(fields), listed).join(' ');
  const constraints = { ...noConstraints, encryptionContextSubset: { a: '1' } };
  assert.equal(said({ constraints }), '');
  assert.match(said({}), /no encryption context constrains the grant/);
  assert.equal(
    said({ constraints: { ...noConstraints, sourceArn: 'arn:aws:dynamodb:eu-west-1:111122223333:table/orders' } }),
    '',
  );
  assert.match(said({ constraints, operations: ['Decrypt', 'CreateGrant'] }), /pass on/);
  const root = { kind: 'principal', value: 'arn:aws:iam::444455556666:root' } as const;
  assert.match(
    said({ constraints, granteePrincipal: root }),
    /All principals of account 444455556666.*different account/,
  );
  const like = grant('g7', { granteePrincipal: { kind: 'principal', value: role }, constraints });
  assert.match(said({ constraints }, like), /duplicate/);
  assert.match(said({ constraints, name: 'n' }, { ...like, name: 'n' }), /will return it: g7/);
});

test('the lines before a change name account, Region, profile and who asks, on one line each', () => {
  const { connection } = openSession(new FakeKms());
  const lines = grantLines(
    createInput({
      name: 'n',
      constraints: { ...noConstraints, encryptionContextEquals: { 'a\nb': '1', c: '2' }, sourceArn },
      retiringPrincipal: service,
    }),
    {
      connection,
      key: key('k1', 'alias/app'),
      identity: { account: '444455556666', arn: 'arn:aws:iam::444455556666:user/ben' },
      accountName: (id) => (id === account ? `prod (${id})` : id),
    },
  );
  assert.deepEqual(lines, [
    `Grantee: ${role} (IAM role)`,
    'Used by: Amazon DynamoDB · table orders',
    'Operations: Decrypt',
    'Encryption context equals: a\\u{a}b=1, c=2',
    `Source ARN: ${sourceArn}`,
    'Retiring principal: dynamodb.amazonaws.com (AWS service)',
    'Grant name: n',
    'Key: alias/app',
    `Key ARN: ${keyArn}`,
    `Account: prod (${account})`,
    'Region: eu-west-1',
    'Profile: dev',
    'Signed in as: arn:aws:iam::444455556666:user/ben',
    "Different account than the key's: 444455556666",
  ]);
});

test('a custom endpoint is named, and what is not there is said to be none or unknown', () => {
  const { connection } = openSession(new FakeKms(), undefined, { kind: 'custom', url: 'http://127.0.0.1:4566' });
  const lines = grantLines(grant('g1', { granteePrincipal: undefined }), {
    connection,
    key: key('k1'),
    identity: undefined,
    accountName: (id) => id,
  });
  assert.deepEqual(
    lines.filter((line) => /unknown|none|no alias|endpoint|Grant ID/.test(line)),
    [
      'Grantee: unknown',
      'Retiring principal: none',
      'Grant name: none',
      'Grant ID: g1',
      'Key: no alias',
      'Signed in as: unknown',
      'Custom endpoint: http://127.0.0.1:4566',
    ],
  );
});
