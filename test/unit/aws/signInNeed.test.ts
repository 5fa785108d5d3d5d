import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import test from 'node:test';
import { isKind } from '../../../src/core/kms/errors.ts';
import type { SignInNeed } from '../../../src/core/kms/kmsApi.ts';
import { anasKeys, createCloudWorld, mfaSerial, role, ssoConfig, startUrl } from './cloud.ts';
import { never, serve } from './support.ts';

const ref = (profile: string, region = 'eu-west-1') => ({ kind: 'profile', profile, region }) as const;
const login = (profile: string): SignInNeed => ({ kind: 'cli', args: ['sso', 'login', '--profile', profile] });
const none: SignInNeed = { kind: 'none' };
const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();

const config = `
${ssoConfig('corp')}
[profile role-of-sso]
role_arn = ${role('Admin')}
source_profile = sso
mfa_serial = ${mfaSerial}
[profile older]
sso_start_url = ${startUrl}
sso_region = eu-central-1
sso_account_id = 111122223333
sso_role_name = Engineer
[profile keys]
${anasKeys}
[profile guarded]
role_arn = ${role('Guarded')}
source_profile = keys
mfa_serial = ${mfaSerial}
[profile process]
credential_process = false
[profile role-of-process]
role_arn = ${role('Admin')}
source_profile = process
[profile pod]
role_arn = ${role('Pod')}
web_identity_token_file = /var/run/token
`;

test('what a sign-in takes is read from the files: a code, a program, the AWS CLI or nothing', async (t) => {
  const { aws, cloud } = await createCloudWorld(t, { config });
  const needs: Readonly<Record<string, SignInNeed>> = {
    keys: none,
    pod: none,
    guarded: { kind: 'mfa', serial: mfaSerial },
    process: { kind: 'process' },
    'role-of-process': { kind: 'process' },
    sso: login('sso'),
    older: login('older'),
    // Without the session there is nothing to use the code with.
    'role-of-sso': login('sso'),
  };
  for (const [profile, need] of Object.entries(needs)) {
    assert.deepEqual(await aws.signInNeed(ref(profile)), need, profile);
  }
  assert.deepEqual(await aws.signInNeed({ kind: 'environment', region: 'eu-west-1' }), none);
  assert.deepEqual(await aws.signInNeed({ kind: 'sample' }), none);
  await assert.rejects(aws.signInNeed(ref('gone')), (error) => isKind(error, 'profileMissing'));
  assert.equal(cloud.requests.length, 0);
});

test('the token of a session is enough: whether it has expired is for AWS to say', async (t) => {
  const { aws, writeSsoToken } = await createCloudWorld(t, { config });
  const needWith = async (changes: Readonly<Record<string, unknown>>, renewable = true) => {
    await writeSsoToken('corp', changes, renewable);
    return (await aws.signInNeed(ref('sso'))).kind;
  };
  assert.equal(await needWith({}), 'none');
  assert.equal(await needWith({ expiresAt: inMinutes(-1) }), 'none');
  assert.equal(await needWith({ expiresAt: inMinutes(-1) }, false), 'none');
  assert.equal(await needWith({ expiresAt: inMinutes(-1), registrationExpiresAt: inMinutes(-1) }), 'none');
  assert.equal(await needWith({ accessToken: undefined }), 'cli');
  await writeSsoToken('corp');
  assert.deepEqual(await aws.signInNeed(ref('role-of-sso')), { kind: 'mfa', serial: mfaSerial });
  await writeSsoToken(startUrl, {}, false);
  assert.deepEqual(await aws.signInNeed(ref('older')), none);
  await writeSsoToken(startUrl, { expiresAt: inMinutes(-1) });
  assert.deepEqual(await aws.signInNeed(ref('older')), none);
});

test('a profile that was signed in to needs nothing more for another Region, until its sign-in changes', async (t) => {
  const { aws, open, writeConfig } = await createCloudWorld(t, { config, aws: { mfaCode: async () => '123456' } });
  await (await open('guarded')).api.listKeys(undefined, never);
  assert.deepEqual(await aws.signInNeed(ref('guarded', 'us-east-2')), none);
  await writeConfig(config.replaceAll(mfaSerial, `${mfaSerial}-2`));
  assert.deepEqual(await aws.signInNeed(ref('guarded', 'us-east-2')), { kind: 'mfa', serial: `${mfaSerial}-2` });
});

test('the files to watch are those that the variables name, and those of the sessions', async (t) => {
  const { aws, home } = await createCloudWorld(t, {
    config: `${config}[profile console]\nlogin_session = ana\n[profile role-of-console]\nrole_arn = ${role('Admin')}\nsource_profile = console\n`,
    env: { AWS_WEB_IDENTITY_TOKEN_FILE: '/var/run/environment' },
  });
  const both = [join(home, 'config'), join(home, 'credentials')];
  const cached = (folder: string, algorithm: string, id: string) =>
    join(home, '.aws', folder, 'cache', `${createHash(algorithm).update(id).digest('hex')}.json`);
  assert.deepEqual(await aws.files([]), both);
  assert.deepEqual(await aws.files([ref('keys'), ref('gone'), { kind: 'sample' }]), both);
  const files = await aws.files([
    ref('sso'),
    ref('role-of-sso'),
    ref('older'),
    ref('role-of-console'),
    ref('pod'),
    { kind: 'environment', region: 'eu-west-1' },
  ]);
  assert.equal(homedir(), home);
  assert.deepEqual(files, [
    ...both,
    cached('sso', 'sha1', 'corp'),
    cached('sso', 'sha1', startUrl),
    cached('login', 'sha256', 'ana'),
    resolve('/var/run/token'),
    resolve('/var/run/environment'),
  ]);
});

test('without variables the files to watch are those of the home folder', async (t) => {
  const { aws, home } = await createCloudWorld(t);
  delete process.env['AWS_CONFIG_FILE'];
  process.env['AWS_SHARED_CREDENTIALS_FILE'] = '~/elsewhere';
  assert.deepEqual(await aws.files([]), [join(home, '.aws', 'config'), join(home, 'elsewhere')]);
});

test('the tokens of sessions are below the home folder of the system, as the AWS CLI has it, whatever else a variable says', async (t) => {
  const { aws } = await createCloudWorld(t, { config });
  delete process.env['HOME'];
  process.env['USERPROFILE'] = resolve('/elsewhere');
  const token = (await aws.files([ref('sso')])).at(-1);
  assert.equal(token && dirname(token), join(homedir(), '.aws', 'sso', 'cache'));
});

test('a fingerprint changes with the sections that a connection depends on, and with no others', async (t) => {
  const services = '[services local]\nkms =\n  endpoint_url = http://127.0.0.1:1\n';
  const base = `${config}[default]\nregion = eu-west-1\n[profile local]\n${anasKeys}services = local\n${services}`;
  const { aws, writeConfig, writeCredentials } = await createCloudWorld(t, { config: base });
  const prints = async () => ({
    sso: await aws.fingerprint(ref('sso')),
    role: await aws.fingerprint(ref('role-of-sso')),
    local: await aws.fingerprint(ref('local')),
    environment: await aws.fingerprint({ kind: 'environment', region: 'eu-west-1' }),
    sample: await aws.fingerprint({ kind: 'sample' }),
  });
  const before = await prints();
  const changed = async (text: string) => {
    await writeConfig(text);
    const after = await prints();
    return Object.keys(before).filter((name) => Reflect.get(after, name) !== Reflect.get(before, name));
  };
  assert.deepEqual(await changed(`# a comment\n${base}[profile other]\nregion = us-east-1\n`), []);
  assert.deepEqual(await changed(base.replace(startUrl, 'https://new.awsapps.com/start')), ['sso', 'role']);
  assert.deepEqual(await changed(base.replace(mfaSerial, 'other')), ['role']);
  assert.deepEqual(await changed(base.replace('127.0.0.1:1', '127.0.0.1:2')), ['local']);
  assert.deepEqual(await changed(base.replace('[default]', '[default]\nuse_fips_endpoint = true')), ['environment']);
  assert.deepEqual(await changed(base), []);
  await writeCredentials('[sso]\naws_access_key_id = A\naws_secret_access_key = secret-canary\n');
  assert.notEqual(await aws.fingerprint(ref('sso')), before.sso);
  assert.doesNotMatch(Object.values(await prints()).join(), /canary/);
});

for (const [service, renewable] of [
  ['SSO', false],
  ['SSO_OIDC', true],
  ['SIGNIN', true],
] as const) {
  test(`a token that another program writes while ${service} refuses the one before it isn't refused itself`, async (t) => {
    const session = `replaced-${service}`;
    const loginSession = 'arn:aws:iam::111122223333:user/ana';
    const profile = service === 'SIGNIN' ? 'console' : 'sso';
    const world = await createCloudWorld(t, {
      config: `${ssoConfig(session)}[profile console]\nlogin_session = ${loginSession}\n`,
    });
    const write = (old: boolean) =>
      service === 'SIGNIN'
        ? world.writeLoginToken(loginSession, old ? { expiresAt: inMinutes(-1) } : {})
        : world.writeSsoToken(session, old ? { accessToken: 'old' } : {}, renewable);
    const { url } = await serve(t, async () => {
      await write(false);
      return { status: 401, headers: { 'x-amzn-errortype': 'UnauthorizedException' } };
    });
    process.env[`AWS_ENDPOINT_URL_${service}`] = url;
    await write(true);
    const { api } = await world.open(profile);
    await assert.rejects(api.listKeys(undefined, never), (error) => isKind(error, 'ssoExpired'));
    assert.deepEqual(await world.aws.signInNeed(ref(profile)), none);
    delete process.env[`AWS_ENDPOINT_URL_${service}`];
    await api.listKeys(undefined, never);
  });
}
