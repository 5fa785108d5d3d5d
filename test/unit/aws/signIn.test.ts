import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { isKind, KmsError } from '../../../src/core/kms/errors.ts';
import type { OpenedConnection } from '../../../src/core/kms/kmsApi.ts';
import { explain } from '../../../src/core/words/explain.ts';
import type { Cloud } from '../../aws/cloud.ts';
import { gate } from '../core/fakes.ts';
import {
  accounts,
  anasKeys,
  createCloudWorld,
  host,
  listen,
  mfaSerial,
  role,
  serveContainer,
  serveInstance,
  ssoConfig,
  startUrl,
} from './cloud.ts';
import { assumedRole, createWorld, identity, never, serve, signature, stsFailure } from './support.ts';

/** Uses both services; says who it is. */
async function use({ api }: OpenedConnection): Promise<string> {
  assert.ok((await api.listKeys(undefined, never)).items.length > 0);
  return (await api.callerIdentity(never)).arn;
}

const session = (name: string) => new RegExp(`^arn:aws:sts::${accounts.ana}:assumed-role/${name}/`);
const operations = ({ requests }: Cloud) => requests.map(({ operation }) => operation);
const count = (cloud: Cloud, operation: string) => operations(cloud).filter((name) => name === operation).length;

test('access keys of a profile sign in', async (t) => {
  const { open } = await createCloudWorld(t, { config: `[default]\n${anasKeys}` });
  assert.equal(await use(await open()), `arn:aws:iam::${accounts.ana}:user/ana`);
});

const twoHops = `
[profile second]
role_arn = ${role('Second')}
external_id = outside
role_session_name = visitor
source_profile = first
[profile first]
role_arn = ${role('Admin')}
source_profile = base
[profile base]
${anasKeys}`;

test('a role that is assumed from another role is signed for with the credentials of that one', async (t) => {
  const { open, cloud } = await createCloudWorld(t, { config: twoHops });
  assert.equal(await use(await open('second')), `arn:aws:sts::${accounts.ana}:assumed-role/Second/visitor`);
  const assumed = cloud.requests.filter(({ operation }) => operation === 'AssumeRole');
  assert.deepEqual(
    assumed.map(({ accessKeyId, status }) => [accessKeyId.slice(0, 4), status]),
    [
      ['AKIA', 200],
      ['ASIA', 200],
    ],
  );
});

test('a profile that is its own source assumes the role with the keys beside it', async (t) => {
  const config = `[profile self]\nrole_arn = ${role('Admin')}\nsource_profile = self\n${anasKeys}`;
  const { open, aws } = await createCloudWorld(t, { config });
  assert.deepEqual(await aws.signInNeed({ kind: 'profile', profile: 'self', region: 'eu-west-1' }), { kind: 'none' });
  assert.match(await use(await open('self')), session('Admin'));
});

test('a role is assumed with the credentials of the environment', async (t) => {
  const { open } = await createCloudWorld(t, {
    config: `[profile role]\nrole_arn = ${role('Admin')}\ncredential_source = Environment\n`,
    env: { AWS_ACCESS_KEY_ID: 'AKIAANA', AWS_SECRET_ACCESS_KEY: 'secret-of-ana' },
  });
  assert.match(await use(await open('role')), session('Admin'));
});

test('a role is assumed with the credentials of the container', async (t) => {
  let cloud: Cloud | undefined;
  const url = await serveContainer(t, () => cloud ?? assert.fail());
  const world = await createCloudWorld(t, {
    config: `[profile role]\nrole_arn = ${role('Hosted')}\ncredential_source = EcsContainer\n`,
    env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: url, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'container-token' },
  });
  cloud = world.cloud;
  assert.match(await use(await world.open('role')), session('Hosted'));
});

test('a role is assumed with the credentials of the instance', async (t) => {
  let cloud: Cloud | undefined;
  const url = await serveInstance(t, () => cloud ?? assert.fail());
  const world = await createCloudWorld(t, {
    config: `[profile role]\nrole_arn = ${role('Hosted')}\ncredential_source = Ec2InstanceMetadata\n`,
    env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: url, AWS_EC2_METADATA_DISABLED: 'false' },
  });
  cloud = world.cloud;
  assert.match(await use(await world.open('role')), session('Hosted'));
});

const guarded = `
[profile guarded]
role_arn = ${role('Guarded')}
source_profile = base
mfa_serial = ${mfaSerial}
[profile base]
${anasKeys}`;

test('a code of an MFA device is asked for once for KMS, STS and every Region', async (t) => {
  const asked: string[] = [];
  const { open } = await createCloudWorld(t, {
    config: guarded,
    aws: {
      mfaCode: async (serial, profile) => {
        asked.push(`${serial} ${profile}`);
        return '123456';
      },
    },
  });
  const all = await Promise.all(
    [open('guarded'), open('guarded', 'us-east-2')].map(async (opened) => use(await opened)),
  );
  assert.match(all.join(), session('Guarded'));
  assert.deepEqual(asked, [`${mfaSerial} guarded`]);
});

test('a wrong MFA code is reported as one, and the next call asks again', async (t) => {
  const codes = ['000000', 'no code', '123456'];
  const { open } = await createCloudWorld(t, { config: guarded, aws: { mfaCode: async () => codes.shift() } });
  const connection = await open('guarded');
  for (const _ of ['wrong', 'no code at all']) {
    await assert.rejects(
      use(connection),
      (error) => isKind(error, 'mfaRefused') && error.details.profile === 'guarded' && !/no code/.test(error.message),
    );
  }
  assert.match(await use(connection), session('Guarded'));
});

test('who is to ask for an MFA code may refuse to, and the calls say why', async (t) => {
  const refusal = new KmsError({ kind: 'ssoExpired', operation: 'Connect', awsName: 'Later', message: 'Not now.' });
  const { open, cloud } = await createCloudWorld(t, {
    config: guarded,
    aws: { mfaCode: () => Promise.reject(refusal) },
  });
  await assert.rejects(use(await open('guarded')), (error) => error === refusal);
  assert.equal(cloud.requests.length, 0);
});

test('nobody is asked for an MFA code when the credentials that it is for can not be had', async (t) => {
  let asked = 0;
  const { open } = await createCloudWorld(t, {
    config: guarded.replace(anasKeys, 'credential_process = echo sealed >&2 && exit 3\n'),
    aws: {
      mfaCode: async () => {
        asked += 1;
        return '123456';
      },
    },
  });
  // A rejection that nobody handles would fail this test.
  await assert.rejects(use(await open('guarded')), (error) => isKind(error, 'processFailed'));
  assert.equal(asked, 0);
});

test('an SSO session signs in, and its token is not renewed while it holds', async (t) => {
  const { open, cloud, writeSsoToken } = await createCloudWorld(t, { config: ssoConfig('holds') });
  await writeSsoToken('holds');
  assert.match(await use(await open('sso')), session('AWSReservedSSO_Engineer_\\w+'));
  assert.equal(count(cloud, 'POST /token'), 0);
});

test('the token of an SSO session that has expired is renewed, and written back', async (t) => {
  const { open, cloud, writeSsoToken } = await createCloudWorld(t, { config: ssoConfig('renewed') });
  const file = await writeSsoToken('renewed', { expiresAt: '2020-01-01T00:00:00Z', accessToken: 'old' });
  assert.match(await use(await open('sso')), session('AWSReservedSSO_Engineer_\\w+'));
  assert.equal(count(cloud, 'POST /token'), 1);
  assert.notEqual(JSON.parse(await readFile(file, 'utf8')).accessToken, 'old');
});

test('SSO and its OIDC each go to the endpoint that is configured for them', async (t) => {
  const { open, url, cloud, writeSsoToken } = await createCloudWorld(t, {
    config: ssoConfig('apart'),
    env: { AWS_ENDPOINT_URL: '' },
  });
  process.env['AWS_ENDPOINT_URL_KMS'] = url;
  process.env['AWS_ENDPOINT_URL_SSO'] = url;
  process.env['AWS_ENDPOINT_URL_SSO_OIDC'] = 'http://127.0.0.1:1';
  await writeSsoToken('apart', { expiresAt: new Date(Date.now() + 120_000).toISOString() });
  await (await open('sso')).api.listKeys(undefined, never);
  assert.deepEqual(operations(cloud), ['GET /federation/credentials', 'ListKeys']);
});

test('a server that can not be reached is not taken for a session that has expired', async (t) => {
  const { open, writeSsoToken } = await createCloudWorld(t, {
    config: ssoConfig('offline'),
    env: { AWS_ENDPOINT_URL_SSO_OIDC: 'http://127.0.0.1:1' },
  });
  await writeSsoToken('offline', { expiresAt: '2020-01-01T00:00:00Z', accessToken: 'old' });
  const connection = await open('sso');
  // The second time the SDK does not even try.
  for (const _ of [1, 2]) {
    await assert.rejects(use(connection), (error) => isKind(error, 'network'));
  }
});

test('a profile of the older SSO form signs in', async (t) => {
  const config = `[profile sso]\nsso_start_url = ${startUrl}\nsso_region = eu-central-1\nsso_account_id = ${accounts.ana}\nsso_role_name = Engineer\n`;
  const { open, writeSsoToken } = await createCloudWorld(t, { config });
  await writeSsoToken(startUrl, {}, false);
  assert.match(await use(await open('sso')), session('AWSReservedSSO_Engineer_\\w+'));
});

test('a role of SSO that is not assigned is reported as such, and is no question to sign in', async (t) => {
  const config = ssoConfig('forbidden').replace('= Engineer', '= Owner');
  const { open, aws, writeSsoToken } = await createCloudWorld(t, { config });
  await writeSsoToken('forbidden');
  await assert.rejects(
    use(await open('sso')),
    (error) =>
      isKind(error, 'signInDenied') &&
      error.details.operation === 'GetRoleCredentials' &&
      error.details.awsName === 'ForbiddenException' &&
      error.details.role === `Owner (${accounts.ana})`,
  );
  assert.deepEqual(await aws.signInNeed({ kind: 'profile', profile: 'sso', region: 'eu-west-1' }), { kind: 'none' });
});

test('a session of `aws login` signs in, and is renewed when it has expired', async (t) => {
  const ana = `arn:aws:iam::${accounts.ana}:user/ana`;
  const config = `[profile console]\nlogin_session = ${ana}\nregion = eu-west-1\n`;
  const { open, cloud, home, writeLoginToken } = await createCloudWorld(t, { config });
  process.env['AWS_LOGIN_CACHE_DIRECTORY'] = join(home, '.aws', 'login', 'cache');
  await writeLoginToken(ana);
  assert.equal(await use(await open('console')), ana);
  assert.equal(count(cloud, 'POST /v1/token'), 0);
  cloud.expire();
  await writeLoginToken(ana, { expiresAt: '2020-01-01T00:00:00Z' });
  assert.equal(await use(await open('console')), ana);
  assert.equal(count(cloud, 'POST /v1/token'), 1);
});

test('a web identity of a profile signs in', async (t) => {
  const { open, home, writeConfig } = await createCloudWorld(t);
  await writeFile(join(home, 'token'), 'web-identity-token');
  await writeConfig(`[profile pod]\nrole_arn = ${role('Pod')}\nweb_identity_token_file = ${join(home, 'token')}\n`);
  assert.match(await use(await open('pod')), session('Pod'));
});

test("a web identity of a profile takes no session name from the environment's", async (t) => {
  const { open, home, writeConfig } = await createCloudWorld(t, { env: { AWS_ROLE_SESSION_NAME: 'environment' } });
  await writeFile(join(home, 'token'), 'web-identity-token');
  await writeConfig(`[profile pod]\nrole_arn = ${role('Pod')}\nweb_identity_token_file = ${join(home, 'token')}\n`);
  assert.match(await use(await open('pod')), /\/aws-sdk-js-session-\d+$/);
});

const environment = { kind: 'environment', region: 'eu-west-1' } as const;

test('the environment signs in with its access keys', async (t) => {
  const { aws } = await createCloudWorld(t, {
    env: { AWS_ACCESS_KEY_ID: 'AKIAANA', AWS_SECRET_ACCESS_KEY: 'secret-of-ana' },
  });
  const connection = await aws.open(environment);
  t.after(connection.close);
  assert.equal(await use(connection), `arn:aws:iam::${accounts.ana}:user/ana`);
});

for (const [name, inForce] of [
  ['ana', /\/ana$/],
  ['', /\/aws-sdk-js-session-\d+$/],
] as const) {
  test(`the environment signs in with its web identity, and the session name "${name}"`, async (t) => {
    const env = { AWS_ROLE_ARN: role('Pod'), AWS_ROLE_SESSION_NAME: name };
    const { aws, home } = await createCloudWorld(t, { env });
    process.env['AWS_WEB_IDENTITY_TOKEN_FILE'] = join(home, 'token');
    await writeFile(join(home, 'token'), 'web-identity-token');
    const connection = await aws.open(environment);
    t.after(connection.close);
    assert.match(await use(connection), inForce);
  });
}

test('the environment signs in as the container that it is in', async (t) => {
  let cloud: Cloud | undefined;
  const url = await serveContainer(t, () => cloud ?? assert.fail());
  const world = await createCloudWorld(t, {
    env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: url, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'container-token' },
  });
  cloud = world.cloud;
  const connection = await world.aws.open(environment);
  t.after(connection.close);
  assert.match(await use(connection), session('Host'));
});

test('the environment signs in as the instance that it is on', async (t) => {
  let cloud: Cloud | undefined;
  const url = await serveInstance(t, () => cloud ?? assert.fail());
  const world = await createCloudWorld(t, {
    env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: url, AWS_EC2_METADATA_DISABLED: 'false' },
  });
  cloud = world.cloud;
  const connection = await world.aws.open(environment);
  t.after(connection.close);
  assert.match(await use(connection), session('Host'));
});

test("the address, patience and attempts of the metadata service are the profile's, whatever AWS_PROFILE says", async (t) => {
  let cloud: Cloud | undefined;
  let refusals = 1;
  const url = await serveInstance(t, () => {
    if (refusals-- > 0) {
      throw new Error('Once it answers that it has an internal error.');
    }
    return cloud ?? assert.fail();
  });
  const world = await createCloudWorld(t, {
    config: `[profile "my host"]\nrole_arn = ${role('Hosted')}\ncredential_source = Ec2InstanceMetadata\nEC2_Metadata_Service_Endpoint = ${url}/\nmetadata_service_num_attempts = 2\n[profile other]\n`,
    env: { AWS_PROFILE: 'other', AWS_EC2_METADATA_DISABLED: 'false' },
  });
  cloud = world.cloud;
  assert.match(await use(await world.open('my host')), session('Hosted'));
});

test('the environment finds the metadata service by the default profile, and a corrected setting is read', async (t) => {
  let cloud: Cloud | undefined;
  const url = await serveInstance(t, () => cloud ?? assert.fail());
  const world = await createCloudWorld(t, {
    config: `[default]\nec2_metadata_service_endpoint = ${url}\nmetadata_service_timeout = soon\n`,
    env: { AWS_EC2_METADATA_DISABLED: 'false' },
  });
  cloud = world.cloud;
  const connection = await world.aws.open(environment);
  t.after(connection.close);
  const before = await world.aws.fingerprint(environment);
  await assert.rejects(use(connection), (error) => {
    assert.ok(isKind(error, 'profileInvalid'));
    assert.match(
      explain(error.details).sentence,
      /can't sign in: metadata_service_timeout isn't a whole number above 0: soon\.$/,
    );
    return true;
  });
  await world.writeConfig(`[default]\nec2_metadata_service_endpoint = ${url}\nmetadata_service_timeout = 5\n`);
  assert.notEqual(await world.aws.fingerprint(environment), before);
  assert.match(await use(connection), session('Host'));
});

test('a role is not assumed with the credentials of an instance whose metadata is turned off', async (t) => {
  const url = await serveInstance(t, () => assert.fail('It was asked.'));
  const { open } = await createCloudWorld(t, {
    config: `[profile role]\nrole_arn = ${role('Hosted')}\ncredential_source = Ec2InstanceMetadata\nec2_metadata_service_endpoint = ${url}\n`,
  });
  await assert.rejects(use(await open('role')), (error) => isKind(error, 'credentialsMissing'));
});

for (const [name, more, expected] of [
  ['its older name', { AWS_SECURITY_TOKEN: 'older' }, 'older'],
  ['its older name before the other', { AWS_SECURITY_TOKEN: 'older', AWS_SESSION_TOKEN: 'newer' }, 'older'],
  ['its name', { AWS_SECURITY_TOKEN: '', AWS_SESSION_TOKEN: 'newer' }, 'newer'],
] as const) {
  test(`the session token of the environment is found by ${name}`, async (t) => {
    const server = await serve(t, () => identity(accounts.ana));
    const { aws } = await createWorld(t, {
      env: { AWS_ENDPOINT_URL: server.url, AWS_ACCESS_KEY_ID: 'ASIAENV', AWS_SECRET_ACCESS_KEY: 's', ...more },
    });
    const connection = await aws.open(environment);
    t.after(connection.close);
    await connection.api.callerIdentity(never);
    assert.deepEqual(
      server.received.map(({ headers }) => headers['x-amz-security-token']),
      [expected],
    );
  });
}

test('half an access key of the environment is named as such, and nothing signs in in its place', async (t) => {
  const { aws } = await createCloudWorld(t, {
    config: `[default]\n${anasKeys}`,
    env: { AWS_ACCESS_KEY_ID: 'AKIAANA' },
  });
  const connection = await aws.open(environment);
  t.after(connection.close);
  await assert.rejects(use(connection), (error) => {
    assert.ok(isKind(error, 'profileInvalid'));
    assert.match(explain(error.details).sentence, /can't sign in: The variable AWS_SECRET_ACCESS_KEY isn't set\.$/);
    return true;
  });
});

test('an environment without credentials says so', async (t) => {
  const { aws } = await createCloudWorld(t);
  const connection = await aws.open(environment);
  t.after(connection.close);
  await assert.rejects(use(connection), (error) => isKind(error, 'credentialsMissing'));
});

test('a role is assumed in the Region of the connection that signs in, whatever an earlier one met in its own', async (t) => {
  const { url, received } = await serve(t, (request) => {
    if (request.operation !== 'AssumeRole') {
      return identity(accounts.ana);
    }
    return signature(request).region === 'eu-west-1'
      ? assumedRole('ASIAROLE')
      : stsFailure('InvalidClientTokenId', 'The security token included in the request is invalid.');
  });
  const { open } = await createWorld(t, {
    config: `[profile role]\nrole_arn = ${role('Admin')}\nsource_profile = base\n[profile base]\n${anasKeys}`,
    env: { AWS_ENDPOINT_URL: url },
  });
  const elsewhere = await open('role', 'us-gov-west-1');
  await assert.rejects(elsewhere.api.callerIdentity(never), (error) => isKind(error, 'unrecognizedClient'));
  await (await open('role', 'eu-west-1')).api.callerIdentity(never);
  assert.deepEqual(
    received.map(signature).map(({ region }) => region),
    ['us-gov-west-1', 'eu-west-1', 'eu-west-1'],
  );
});

test('a token that another profile of its SSO session renewed while it was refused is used, and not renewed again', async (t) => {
  const other = `[profile other]\nsso_session = shared\nsso_account_id = ${accounts.ana}\nsso_role_name = Late\n`;
  const { open, cloud, writeSsoToken } = await createCloudWorld(t, { config: ssoConfig('shared') + other });
  const [keys, late] = [cloud.issue(host), gate()];
  process.env['AWS_ENDPOINT_URL_SSO'] = await listen(t, ({ url = '', headers }, response) => {
    const isOld = headers['x-amz-sso_bearer_token'] === 'old';
    const { expiresAt, ...issued } = keys;
    response.writeHead(isOld ? 401 : 200, isOld ? { 'x-amzn-errortype': 'UnauthorizedException' } : {});
    const body = JSON.stringify(isOld ? {} : { roleCredentials: { ...issued, expiration: expiresAt } });
    void (isOld && url.includes('Late') ? late.passed : Promise.resolve()).then(() => response.end(body));
  });
  await writeSsoToken('shared', { accessToken: 'old' });
  const waiting = use(await open('other'));
  await use(await open('sso'));
  late.open();
  await waiting;
  assert.equal(count(cloud, 'POST /token'), 1);
});
