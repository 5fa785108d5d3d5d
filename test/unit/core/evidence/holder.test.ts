import assert from 'node:assert/strict';
import test from 'node:test';
import { findHolder, type Iam, isYounger } from '../../../../src/core/evidence/holder.ts';
import type { IamRole } from '../../../../src/core/kms/evidenceApi.ts';
import { grant, kmsError } from '../fakes.ts';
import { FakeEvidence } from './fakeEvidence.ts';

const account = '111122223333';
const never = new AbortController().signal;
const now = Date.UTC(2026, 10, 1);
const reader: IamRole = {
  id: 'AROAREADER',
  arn: `arn:aws:iam::${account}:role/app/Reader`,
  name: 'Reader',
  created: new Date(Date.UTC(2025, 0, 1)),
  lastUsed: { at: new Date(Date.UTC(2026, 9, 30)), region: 'eu-west-1' },
};
const ana = { id: 'AIDAANA', arn: `arn:aws:iam::${account}:user/ana`, name: 'ana', created: undefined };

function iamWith(api: FakeEvidence): (asked: string) => Promise<Iam | undefined> {
  const all = async (what: 'role' | 'user') =>
    (what === 'role' ? await api.listRoles(undefined, never) : await api.listUsers(undefined, never)).items;
  return async (asked) => (asked === account ? { api, all } : undefined);
}

async function holderOf(
  value: string,
  { api = withAll(), nameThen = undefined as string | undefined, of = account } = {},
) {
  const given = grant('g1', { granteePrincipal: { kind: 'principal', value } });
  const answer = await findHolder(iamWith(api), { grant: given, account: of, nameThen }, now, never);
  return answer.kind === 'known' ? answer.value : answer;
}

function withAll(): FakeEvidence {
  const api = new FakeEvidence();
  api.roles = [reader];
  api.users = [ana];
  return api;
}

test('a role and its sessions are asked for by the name of the role, a user by its own', async () => {
  const role = { kind: 'role', role: reader };
  assert.deepEqual(await holderOf(reader.arn), role);
  assert.deepEqual(await holderOf(`arn:aws:sts::${account}:assumed-role/Reader/session`), role);
  assert.deepEqual(await holderOf(ana.arn), { kind: 'user', user: ana });
});

test('a name that IAM does not have is said with its account', async () => {
  const expected = { kind: 'noSuchName', what: 'role', name: 'Writer', account };
  assert.deepEqual(await holderOf(`arn:aws:iam::${account}:role/Writer`), expected);
});

test('a unique ID is looked for among all, and who has its name now is known by the name of then', async () => {
  assert.deepEqual(await holderOf('AROAREADER'), { kind: 'sameId', principal: reader });
  assert.deepEqual(await holderOf('AROAREADER:session'), { kind: 'sameId', principal: reader });
  const gone = { kind: 'noSuchId', what: 'role', id: 'AROAOLD', account };
  assert.deepEqual(await holderOf('AROAOLD'), { ...gone, successor: undefined });
  assert.deepEqual(await holderOf('AROAOLD', { nameThen: reader.arn }), { ...gone, successor: reader });
});

test('of another account nothing is asked when no connection leads there', async () => {
  const api = withAll();
  const foreign = 'arn:aws:iam::999988887777:role/Reader';
  assert.deepEqual(await holderOf(foreign, { api, of: '999988887777' }), {
    kind: 'otherAccount',
    account: '999988887777',
  });
  assert.deepEqual(api.requests, []);
});

test('what is neither a role nor a user is not asked for', async () => {
  const api = withAll();
  for (const value of ['rds.amazonaws.com', 'AWS Internal', `arn:aws:iam::${account}:root`, 'anything']) {
    const holder = await holderOf(value, { api });
    assert.equal(holder.kind, 'notInIam', value);
  }
  assert.deepEqual(api.requests, []);
});

test('a denial names the permission that the question takes', async () => {
  for (const [value, permission] of [
    [reader.arn, 'iam:GetRole'],
    [ana.arn, 'iam:GetUser'],
    ['AROAOLD', 'iam:ListRoles'],
    ['AIDAOLD', 'iam:ListUsers'],
  ] as const) {
    const api = withAll();
    api.before = () => {
      throw kmsError('accessDenied');
    };
    const answer = await holderOf(value, { api });
    assert.equal(answer.kind === 'denied' && answer.permission, permission);
  }
});

test('a role is younger than a grant that was made before it', () => {
  const made = (year: number) => grant('g1', { creationDate: new Date(Date.UTC(year, 0, 2)) });
  assert.equal(isYounger(reader, made(2024)), true);
  assert.equal(isYounger(reader, made(2025)), false);
  assert.equal(isYounger(ana, made(2024)), false);
});
