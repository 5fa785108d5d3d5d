import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { isKind, isKmsError } from '../../../src/core/kms/errors.ts';
import type { GrantRef, KmsApi } from '../../../src/core/kms/kmsApi.ts';
import { unverified, verified } from '../actors.ts';
import { accounts, anasKeys, createCloudWorld, mfaSerial, role, ssoConfig } from './cloud.ts';
import { printing, processOutput } from './programs.ts';
import { never } from './support.ts';

const admin = `
[profile admin]
role_arn = ${role('Admin')}
source_profile = base
[profile base]
${anasKeys}`;

const bensKeys = 'aws_access_key_id = AKIABEN\naws_secret_access_key = secret-of-ben\n';

async function firstGrant(api: KmsApi): Promise<GrantRef> {
  for (const { arn: keyArn } of (await api.listKeys(undefined, never)).items) {
    const [grant] = (await api.listGrants({ keyArn }, never)).items;
    if (grant !== undefined) {
      return { keyArn, grantId: grant.grantId };
    }
  }
  return assert.fail('There is no grant.');
}

test('a call that is answered that its token has expired signs in again, and goes through', async (t) => {
  const { open, cloud, log } = await createCloudWorld(t, { config: admin });
  const { api } = await open('admin');
  await api.callerIdentity(never);
  await api.listKeys(undefined, never);
  cloud.expire();
  await api.listKeys(undefined, never);
  assert.deepEqual(
    log.slice(1).map(({ operation, outcome, awsName }) => `${operation} ${outcome} ${awsName ?? ''}`.trim()),
    ['ListKeys ok', 'ListKeys expiredToken ExpiredTokenException', 'GetCallerIdentity ok', 'ListKeys ok'],
  );
});

test('STS has another name for an expired token, and the call goes through all the same', async (t) => {
  const { open, cloud, log } = await createCloudWorld(t, { config: admin });
  const { api } = await open('admin');
  await api.callerIdentity(never);
  cloud.expire();
  await api.callerIdentity(never);
  assert.equal(log[1]?.awsName, 'ExpiredToken');
});

test('access keys that were rotated are read from the file, for keys and for a secret alone', async (t) => {
  const { open, cloud, writeConfig } = await createCloudWorld(t, { config: `[default]\n${anasKeys}` });
  const { api } = await open();
  await api.callerIdentity(never);

  cloud.rotate('AKIAANA', 'new-secret');
  await writeConfig(`[default]\n${anasKeys.replace('secret-of-ana', 'new-secret')}`);
  await api.listKeys(undefined, never);

  cloud.rotate('AKIAANA');
  cloud.addAccessKey('AKIANEXT', { secretAccessKey: 's', principalArn: `arn:aws:iam::${accounts.ana}:user/ana` });
  await writeConfig('[default]\naws_access_key_id = AKIANEXT\naws_secret_access_key = s\n');
  await api.listKeys(undefined, never);
});

test('credentials that are refused are tried again, and only if others came of it', async (t) => {
  const { open, cloud } = await createCloudWorld(t, { config: `[default]\n${anasKeys}` });
  const { api } = await open();
  cloud.rotate('AKIAANA');
  await assert.rejects(api.listKeys(undefined, never), (error) => isKind(error, 'unrecognizedClient'));
  // The other one is the question to STS, whether it is only this Region's refusal.
  assert.deepEqual(
    cloud.requests.map(({ operation, region }) => `${operation} ${region}`),
    ['ListKeys eu-west-1', 'GetCallerIdentity us-east-1'],
  );
});

test('a call fails with what the new sign-in failed with', async (t) => {
  const { open, aws, cloud, writeSsoToken } = await createCloudWorld(t, { config: ssoConfig('ended') });
  await writeSsoToken('ended');
  const { api } = await open('sso');
  await api.callerIdentity(never);
  cloud.expire();
  cloud.sessions.endAll();
  await assert.rejects(api.listKeys(undefined, never), (error) => isKind(error, 'ssoExpired'));

  // In the file the token still looks good. The portal said that it is not.
  const ref = { kind: 'profile', profile: 'sso', region: 'eu-west-1' } as const;
  assert.deepEqual(await aws.signInNeed(ref), { kind: 'cli', args: ['sso', 'login', '--profile', 'sso'] });
  await writeSsoToken('ended');
  assert.deepEqual(await aws.signInNeed(ref), { kind: 'none' });
  await api.listKeys(undefined, never);
});

test('a session whose renewal was refused has to be signed in to, until its token file changes', async (t) => {
  const { open, aws, cloud, writeSsoToken } = await createCloudWorld(t, { config: ssoConfig('refused') });
  await writeSsoToken('refused', { expiresAt: '2020-01-01T00:00:00Z' });
  cloud.sessions.endAll();
  const ref = { kind: 'profile', profile: 'sso', region: 'eu-west-1' } as const;
  assert.equal((await aws.signInNeed(ref)).kind, 'none');
  const { api } = await open('sso');
  await assert.rejects(api.listKeys(undefined, never), (error) => isKind(error, 'ssoExpired'));
  assert.equal((await aws.signInNeed(ref)).kind, 'cli');
  await writeSsoToken('refused');
  assert.equal((await aws.signInNeed(ref)).kind, 'none');
  await api.listKeys(undefined, never);
});

test('a session of `aws login` that is over has to be signed in to', async (t) => {
  const ana = `arn:aws:iam::${accounts.ana}:user/ana`;
  const config = `[profile console]\nlogin_session = ${ana}\nregion = eu-west-1\n`;
  const { open, aws, cloud, home, writeLoginToken } = await createCloudWorld(t, { config });
  process.env['AWS_LOGIN_CACHE_DIRECTORY'] = join(home, '.aws', 'login', 'cache');
  const ref = { kind: 'profile', profile: 'console', region: 'eu-west-1' } as const;
  assert.deepEqual(await aws.signInNeed(ref), { kind: 'cli', args: ['login', '--profile', 'console'] });
  await writeLoginToken(ana, { expiresAt: '2020-01-01T00:00:00Z' });
  assert.equal((await aws.signInNeed(ref)).kind, 'none');
  cloud.sessions.endAll();
  await assert.rejects((await open('console')).api.listKeys(undefined, never), (error) => isKind(error, 'ssoExpired'));
  assert.equal((await aws.signInNeed(ref)).kind, 'cli');
});

test('a revoke whose credentials have expired goes through with new ones of the same account', async (t) => {
  const { open, cloud } = await createCloudWorld(t, { config: admin });
  const { api } = await open('admin');
  const grant = await firstGrant(api);
  const actor = verified(await api.callerIdentity(never));
  cloud.expire();
  await api.revokeGrant(grant, actor, never);
  assert.deepEqual(
    cloud.requests.slice(-4).map(({ operation, status }) => `${operation} ${status}`),
    ['RevokeGrant 400', 'AssumeRole 200', 'GetCallerIdentity 200', 'RevokeGrant 200'],
  );
});

const isOtherAccount = (error: unknown) =>
  isKind(error, 'accountChanged') && error.message.includes(accounts.ana) && error.message.includes(accounts.ben);

test('nothing is revoked, dry or not, with new credentials of another account', async (t) => {
  const { open, cloud, writeConfig } = await createCloudWorld(t, { config: admin });
  const { api } = await open('admin');
  const grant = await firstGrant(api);
  const actor = verified(await api.callerIdentity(never));
  await writeConfig(`[profile admin]\n${bensKeys}`);
  cloud.expire();
  await assert.rejects(api.revokeGrant(grant, actor, never), isOtherAccount);
  await assert.rejects(api.dryRunRevokeGrant(grant, never), isOtherAccount);
  const revokes = cloud.requests.filter(({ operation }) => operation === 'RevokeGrant');
  assert.deepEqual(
    revokes.map(({ accessKeyId }) => accessKeyId.slice(0, 4)),
    ['ASIA'],
  );
});

test("nothing is listed with new credentials of another account, so that its keys never show under the first one's name", async (t) => {
  const { open, cloud, writeConfig } = await createCloudWorld(t, { config: admin });
  const { api } = await open('admin');
  await api.callerIdentity(never);
  await writeConfig(`[profile admin]\n${bensKeys}`);
  cloud.expire();
  await assert.rejects(api.listKeys(undefined, never), isOtherAccount);
  // A new connection learns whose it is.
  assert.equal((await (await open('admin')).api.callerIdentity(never)).account, accounts.ben);
});

test('a revoke is not sent again for a connection of which nobody knows the account', async (t) => {
  const { open, cloud } = await createCloudWorld(t, { config: admin });
  const { api } = await open('admin');
  const grant = await firstGrant(api);
  cloud.expire();
  await assert.rejects(api.revokeGrant(grant, unverified, never), (error) => isKind(error, 'expiredToken'));
  assert.equal(cloud.requests.filter(({ operation }) => operation === 'RevokeGrant').length, 1);
});

test('a profile that was switched between the confirmation and the revoke is found out before the revoke', async (t) => {
  const { open, cloud, writeConfig, log } = await createCloudWorld(t, { config: admin });
  const { api } = await open('admin');
  await api.callerIdentity(never);
  await writeConfig(`[profile admin]\n${bensKeys}`);
  cloud.expire();
  await assert.rejects(api.callerIdentity(never), isOtherAccount);
  assert.equal(log.at(-1)?.outcome, 'accountChanged');
  assert.equal(cloud.requests.filter(({ operation }) => operation === 'RevokeGrant').length, 0);
});

test('credentials that run out between the confirmation and the revoke are confirmed again', async (t) => {
  const { open, home, cloud, writeConfig } = await createCloudWorld(t);
  const file = join(home, 'credentials.json');
  const write = (principalArn: string) => writeFile(file, processOutput(cloud.issue(principalArn, 60)));
  await writeConfig(`[profile process]\ncredential_process = ${printing(file)}\n`);
  await write(`arn:aws:iam::${accounts.ana}:user/ana`);
  const { api } = await open('process');
  const grant = await firstGrant(api);
  const actor = verified(await api.callerIdentity(never));
  cloud.expire();
  await write(`arn:aws:iam::${accounts.ben}:user/ben`);
  await assert.rejects(api.revokeGrant(grant, actor, never), isOtherAccount);
  // They are not refused, so nothing asks the program again.
  await assert.rejects(api.revokeGrant(grant, actor, never), isOtherAccount);
  assert.equal(
    cloud.requests.filter(({ operation, status }) => operation === 'RevokeGrant' && status === 200).length,
    0,
  );
});

test('who is signed in is asked of STS each time', async (t) => {
  const { open, cloud } = await createCloudWorld(t, { config: `[default]\n${anasKeys}` });
  const { api } = await open();
  await api.callerIdentity(never);
  await api.callerIdentity(never);
  assert.equal(cloud.requests.filter(({ operation }) => operation === 'GetCallerIdentity').length, 2);
  await assert.rejects(api.callerIdentity(AbortSignal.abort()), { name: 'AbortError' });
});

test('an MFA session that AWS ended asks for a code again, and cancelling that cancels the call', async (t) => {
  const codes: (string | undefined)[] = ['123456', undefined, '123456'];
  const { open, cloud, log } = await createCloudWorld(t, {
    config: `[profile guarded]\nrole_arn = ${role('Guarded')}\nsource_profile = base\nmfa_serial = ${mfaSerial}\n[profile base]\n${anasKeys}`,
    aws: { mfaCode: async () => codes.shift() },
  });
  const { api } = await open('guarded');
  await api.callerIdentity(never);
  cloud.expire();
  await assert.rejects(api.listKeys(undefined, never), { name: 'AbortError' });
  await api.listKeys(undefined, never);
  assert.deepEqual(
    log.map(({ outcome }) => outcome),
    ['ok', 'expiredToken', 'aborted', 'ok', 'ok'],
  );
});

test('of the Regions of a profile, one that signs in again does so for all', async (t) => {
  const { open, cloud } = await createCloudWorld(t, { config: admin });
  const [ireland, ohio] = [(await open('admin')).api, (await open('admin', 'us-east-2')).api];
  await Promise.all([ireland.callerIdentity(never), ohio.callerIdentity(never)]);
  cloud.expire();
  await Promise.all([ireland.listKeys(undefined, never), ohio.listKeys(undefined, never)]);
  assert.equal(cloud.requests.filter(({ operation }) => operation === 'AssumeRole').length, 2);
});

test('a failure to ask STS about new credentials stops the call that needs the answer', async (t) => {
  const { open, cloud } = await createCloudWorld(t, { config: admin });
  const { api } = await open('admin');
  const grant = await firstGrant(api);
  const actor = verified(await api.callerIdentity(never));
  cloud.expire();
  cloud
    .emulator(accounts.ana, 'eu-west-1')
    .setFaults([{ operation: 'GetCallerIdentity', fault: { kind: 'notJson', status: 503 } }]);
  await assert.rejects(
    api.revokeGrant(grant, actor, never),
    (error) => isKmsError(error) && error.details.kind === 'notJson',
  );
});
