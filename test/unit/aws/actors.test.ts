import assert from 'node:assert/strict';
import test from 'node:test';
import { isKind } from '../../../src/core/kms/errors.ts';
import type { GrantRef, KmsApi } from '../../../src/core/kms/kmsApi.ts';
import { unverified, verified } from '../actors.ts';
import { accounts, anasKeys, createCloudWorld } from './cloud.ts';
import { never } from './support.ts';

const ana = { account: accounts.ana, arn: `arn:aws:iam::${accounts.ana}:user/ana` };
const glass = { account: accounts.ana, arn: `arn:aws:iam::${accounts.ana}:user/break-glass` };
const bensKeys = 'aws_access_key_id = AKIABEN\naws_secret_access_key = secret-of-ben\n';
const glassKeys = 'aws_access_key_id = AKIAGLASS\naws_secret_access_key = secret-of-glass\n';
const stsIsDown = { operation: 'GetCallerIdentity', fault: { kind: 'notJson', status: 503 } } as const;

async function firstGrant(api: KmsApi): Promise<GrantRef> {
  for (const { arn: keyArn } of (await api.listKeys(undefined, never)).items) {
    const [grant] = (await api.listGrants({ keyArn }, never)).items;
    if (grant !== undefined) {
      return { keyArn, grantId: grant.grantId };
    }
  }
  return assert.fail('There is no grant.');
}

async function setUp(t: Parameters<typeof createCloudWorld>[0]) {
  const world = await createCloudWorld(t, { config: `[default]\n${anasKeys}` });
  const { cloud, writeConfig } = world;
  cloud.addAccessKey('AKIAGLASS', { secretAccessKey: 'secret-of-glass', principalArn: glass.arn });
  const connection = await world.open();
  /** The keys that were signed in with are refused, and the file has others. */
  const renew = async (keys: string) => {
    await writeConfig(`[default]\n${keys}`);
    cloud.rotate('AKIAANA');
  };
  const sent = (operation: string) =>
    cloud.requests.filter((one) => one.operation === operation).map(({ accessKeyId }) => accessKeyId);
  return { ...world, ...connection, renew, sent };
}

test('a change is signed as its actor: with renewed credentials of another principal, it is not sent again', async (t) => {
  const { api, renew, sent, ended } = await setUp(t);
  const grant = await firstGrant(api);
  const actor = verified(await api.callerIdentity(never));
  await renew(glassKeys);
  await assert.rejects(
    api.revokeGrant(grant, actor, never),
    (error) =>
      isKind(error, 'principalChanged') && error.message.includes(ana.arn) && error.message.includes(glass.arn),
  );
  assert.deepEqual(sent('RevokeGrant'), ['AKIAANA']);
  // The account is the same: reads go on, and so does the opening.
  await api.listKeys(undefined, never);
  assert.equal(ended.aborted, false);
  await api.revokeGrant(grant, verified(glass), never);
  assert.deepEqual(sent('RevokeGrant'), ['AKIAANA', 'AKIAGLASS']);
});

test('a change is not sent for an actor that its credentials are not, whoever asked STS before', async (t) => {
  const { api, sent } = await setUp(t);
  const grant = await firstGrant(api);
  await assert.rejects(api.revokeGrant(grant, verified(glass), never), (error) => isKind(error, 'principalChanged'));
  await assert.rejects(api.retireGrant(grant, verified(glass), never), (error) => isKind(error, 'principalChanged'));
  assert.deepEqual([sent('RevokeGrant'), sent('RetireGrant')], [[], []]);
});

test('of an actor that is not verified, it is who STS last said, if it said anything', async (t) => {
  const { api, sent, renew } = await setUp(t);
  const grant = await firstGrant(api);
  const known = { kind: 'unverified', reason: 'No.', lastKnown: await api.callerIdentity(never) } as const;
  // STS has said who it is since: that is to be shown first.
  await assert.rejects(api.revokeGrant(grant, unverified, never), (error) => isKind(error, 'principalChanged'));
  await renew(glassKeys);
  await assert.rejects(api.revokeGrant(grant, known, never), (error) => isKind(error, 'principalChanged'));
  assert.deepEqual(sent('RevokeGrant'), ['AKIAANA']);
});

test('a change by an actor that is not verified goes out where STS never answered', async (t) => {
  const { api, cloud, sent } = await setUp(t);
  const grant = await firstGrant(api);
  cloud.emulator(accounts.ana, 'eu-west-1').setFaults([stsIsDown]);
  await assert.rejects(api.callerIdentity(never));
  await assert.rejects(api.revokeGrant(grant, verified(ana), never), (error) => isKind(error, 'notJson'));
  assert.deepEqual(sent('RevokeGrant'), []);
  await api.revokeGrant(grant, unverified, never);
  assert.deepEqual(sent('RevokeGrant'), ['AKIAANA']);
});

for (const [what, ask] of [
  ['a question to STS', (api: KmsApi) => api.callerIdentity(never)],
  ['a list', (api: KmsApi) => api.listKeys(undefined, never)],
] as const) {
  test(`another account that ${what} finds ends the opening, which keeps its own for life`, async (t) => {
    const { api, renew, ended, sent } = await setUp(t);
    await api.callerIdentity(never);
    await renew(bensKeys);
    for (let times = 0; times < 2; times += 1) {
      await assert.rejects(ask(api), (error) => isKind(error, 'accountChanged'));
    }
    assert.ok(ended.aborted && isKind(ended.reason, 'accountChanged'));
    assert.ok(!sent('ListKeys').includes('AKIABEN'));
  });
}

test('where STS never said whose account it is, other credentials end the opening: nobody knows whose the rows are', async (t) => {
  const { api, renew, ended, sent } = await setUp(t);
  await api.listKeys(undefined, never);
  await renew(bensKeys);
  await assert.rejects(api.listKeys(undefined, never), (error) => isKind(error, 'accountChanged'));
  await assert.rejects(api.callerIdentity(never), (error) => isKind(error, 'accountChanged'));
  assert.equal(ended.aborted, true);
  assert.ok(!sent('ListKeys').includes('AKIABEN'));
});
