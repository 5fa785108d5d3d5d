import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import test, { type TestContext } from 'node:test';
import { generate } from 'selfsigned';
import { isKmsError, type KmsError, type KmsErrorKind } from '../../../src/core/kms/errors.ts';
import { explain } from '../../../src/core/words/explain.ts';
import { anasKeys, createCloudWorld, role, ssoConfig } from './cloud.ts';
import { type Answer, createWorld, keyArn, never, profileAt, serve, stsFailure } from './support.ts';

type Api = { listGrants(query: { keyArn: string }, signal: AbortSignal): Promise<unknown> };

async function failureOf({ api }: { readonly api: Api }): Promise<KmsError> {
  const error: unknown = await api.listGrants({ keyArn }, never).then(
    () => assert.fail('The call succeeded.'),
    (reason: unknown) => reason,
  );
  assert.ok(isKmsError(error), String(error));
  assert.equal(error.details.keyArn, undefined, 'the key is not to blame');
  return error;
}

/** A page of a proxy or a captive portal. */
const page = (status: number): Answer => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: '<html><body><h1>Please log in</h1></body></html>',
});

const sentenceOf = ({ details }: KmsError) => `${explain(details).sentence} ${explain(details).advice}`;

const roleAt = (url: string, more = '') => `
[default]
role_arn = arn:aws:iam::111122223333:role/Admin
source_profile = base
endpoint_url = ${url}
${more}
[profile base]
aws_access_key_id = AKIABASE
aws_secret_access_key = s
`;

const denied = (tail: string) =>
  `User: arn:aws:iam::111122223333:user/ana is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/Admin ${tail}`.trim();

for (const [name, answer, kind, said] of [
  ['a denial without a reason', stsFailure('AccessDenied', denied('')), 'signInDenied', /role's trust policy/],
  [
    'a denial by the trust policy',
    stsFailure('AccessDenied', denied('because no resource-based policy allows the sts:AssumeRole action')),
    'signInDenied',
    /role's trust policy/,
  ],
  [
    'a denial by an IAM policy',
    stsFailure('AccessDenied', denied('because no identity-based policy allows the sts:AssumeRole action')),
    'signInDenied',
    /IAM policy of that principal/,
  ],
  [
    'a duration that is too long',
    stsFailure(
      'ValidationError',
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
      400,
    ),
    'profileInvalid',
    /duration_seconds of profile default.*Lower it/,
  ],
  ['a throttle', stsFailure('Throttling', 'Rate exceeded', 400), 'throttled', /AWS STS.*Wait a minute/],
  [
    'an internal error',
    stsFailure('InternalFailure', 'Oops', 500),
    'internal',
    /AssumeRole of AWS STS had an internal error/,
  ],
  ['an expired source', stsFailure('ExpiredToken', 'Old', 400), 'expiredToken', /have expired/],
  ['no answer', 'close', 'network', /Can't reach AWS STS/],
  ['the page of a captive portal', page(200), 'notJson', /isn't in the format that AWS STS uses/],
] satisfies readonly (readonly [string, Answer, KmsErrorKind, RegExp])[]) {
  test(`${name} of STS is reported as a failed AssumeRole`, async (t) => {
    const server = await serve(t, () => answer);
    const { open, log } = await createWorld(t, { config: roleAt(server.url) });
    const error = await failureOf(await open());
    assert.deepEqual([error.details.kind, error.details.operation], [kind, 'AssumeRole']);
    assert.match(sentenceOf(error), said);
    assert.doesNotMatch(sentenceOf(error), /ListGrants|KMS/);
    assert.deepEqual([log.at(-1)?.operation, log.at(-1)?.message], ['AssumeRole', error.message]);
  });
}

for (const [status, kind, said] of [
  [403, 'signInDenied', /doesn't let profile sso use the role Engineer \(111122223333\).*be assigned that role/],
  [404, 'signInDenied', /sso_role_name and sso_account_id/],
  [400, 'profileInvalid', /GetRoleCredentials \(IAM Identity Center\) rejected/],
  [429, 'throttled', /IAM Identity Center.*Wait a minute/],
  [500, 'internal', /GetRoleCredentials of IAM Identity Center had an internal error/],
  [503, 'internal', /GetRoleCredentials of IAM Identity Center/],
] as const) {
  test(`HTTP ${status} of the SSO portal is reported as a failed GetRoleCredentials`, async (t) => {
    const portal = await serve(t, () => ({
      status,
      headers: { 'x-amzn-errortype': 'PortalException' },
      body: { message: 'The portal said so' },
    }));
    const { open, aws, writeSsoToken } = await createCloudWorld(t, {
      config: ssoConfig(`portal-${status}`),
      env: { AWS_ENDPOINT_URL_SSO: portal.url },
    });
    await writeSsoToken(`portal-${status}`);
    const error = await failureOf(await open('sso'));
    assert.deepEqual([error.details.kind, error.details.operation], [kind, 'GetRoleCredentials']);
    assert.match(error.message, /The portal said so/);
    assert.match(sentenceOf(error), said);
    // The token is good: there is nothing to sign in to again.
    assert.equal((await aws.signInNeed({ kind: 'profile', profile: 'sso', region: 'eu-west-1' })).kind, 'none');
  });
}

for (const [status, kind] of [
  [429, 'throttled'],
  [500, 'internal'],
] as const) {
  test(`HTTP ${status} of the OIDC of SSO is reported as a failed CreateToken, and leaves the session as it is`, async (t) => {
    const oidc = await serve(t, () => ({ status, body: { error: 'slow_down' } }));
    const { open, aws, writeSsoToken } = await createCloudWorld(t, {
      config: ssoConfig(`oidc-${status}`),
      env: { AWS_ENDPOINT_URL_SSO_OIDC: oidc.url },
    });
    await writeSsoToken(`oidc-${status}`, { accessToken: 'old' });
    const connection = await open('sso');
    // The second time the SDK does not even try.
    for (const _ of [1, 2]) {
      const { details } = await failureOf(connection);
      assert.deepEqual([details.kind, details.operation], [kind, 'CreateToken']);
    }
    assert.equal((await aws.signInNeed({ kind: 'profile', profile: 'sso', region: 'eu-west-1' })).kind, 'none');
  });
}

test('why a token could not be renewed is said by every profile of its session', async (t) => {
  const oidc = await serve(t, () => ({ status: 500, body: {} }));
  const other = `[profile other]\nsso_session = of-two\nsso_account_id = 111122223333\nsso_role_name = Reader\n`;
  const { open, writeSsoToken } = await createCloudWorld(t, {
    config: ssoConfig('of-two') + other,
    env: { AWS_ENDPOINT_URL_SSO_OIDC: oidc.url },
  });
  await writeSsoToken('of-two', { accessToken: 'old' });
  const connections = [await open('sso'), await open('other')];
  const failures = [
    ...(await Promise.all(connections.map(failureOf))),
    ...(await Promise.all(connections.map(failureOf))),
  ];
  assert.deepEqual(
    failures.map(({ details }) => [details.kind, details.operation, details.profile]),
    ['sso', 'other', 'sso', 'other'].map((profile) => ['internal', 'CreateToken', profile]),
  );
});

const loginSession = 'arn:aws:iam::111122223333:user/ana';

for (const [service, operation] of [
  ['SSO', 'GetRoleCredentials'],
  ['SSO_OIDC', 'CreateToken'],
  ['SIGNIN', 'CreateOAuth2Token'],
] as const) {
  for (const status of [200, 302, 401, 403, 503]) {
    test(`a page with HTTP ${status} instead of ${operation} is no answer of AWS, and leaves the session as it is`, async (t) => {
      const proxy = await serve(t, () => page(status));
      const session = `page-${operation}-${status}`;
      const { open, aws, writeSsoToken, writeLoginToken } = await createCloudWorld(t, {
        config: `${ssoConfig(session)}[profile console]\nlogin_session = ${loginSession}\n`,
        env: { [`AWS_ENDPOINT_URL_${service}`]: proxy.url },
      });
      await writeSsoToken(session, service === 'SSO_OIDC' ? { accessToken: 'old' } : {});
      await writeLoginToken(loginSession, { expiresAt: '2020-01-01T00:00:00Z' });
      const profile = service === 'SIGNIN' ? 'console' : 'sso';
      const connection = await open(profile);
      for (const _ of [1, 2]) {
        const { details } = await failureOf(connection);
        assert.deepEqual([details.kind, details.operation], ['notJson', operation]);
      }
      assert.equal((await aws.signInNeed({ kind: 'profile', profile, region: 'eu-west-1' })).kind, 'none');
    });
  }
}

test('a login session without the permission to be renewed is denied', async (t) => {
  const signIn = await serve(t, () => ({
    status: 403,
    headers: { 'x-amzn-errortype': 'AccessDeniedException' },
    body: { error: 'INSUFFICIENT_PERMISSIONS', message: 'No' },
  }));
  const { open, writeLoginToken } = await createCloudWorld(t, {
    config: `[default]\nlogin_session = ${loginSession}\n`,
    env: { AWS_ENDPOINT_URL_SIGNIN: signIn.url },
  });
  await writeLoginToken(loginSession, { expiresAt: '2020-01-01T00:00:00Z' });
  const { details } = await failureOf(await open());
  assert.deepEqual([details.kind, details.operation], ['signInDenied', 'CreateOAuth2Token']);
});

test('a role that is denied is to blame, not the login session before it that could not be renewed yet', async (t) => {
  const signIn = await serve(t, () => 'close');
  const { open, writeLoginToken } = await createCloudWorld(t, {
    config: `[default]\nrole_arn = ${role('Pod')}\nsource_profile = console\n[profile console]\nlogin_session = ${loginSession}\n`,
    env: { AWS_ENDPOINT_URL_SIGNIN: signIn.url },
  });
  await writeLoginToken(loginSession, { expiresAt: new Date(Date.now() + 60_000).toISOString() });
  const { details } = await failureOf(await open());
  assert.deepEqual([details.kind, details.operation, signIn.received.length], ['signInDenied', 'AssumeRole', 1]);
});

for (const [status, kind] of [
  [401, 'credentialsMissing'],
  [429, 'throttled'],
  [500, 'internal'],
] as const) {
  test(`HTTP ${status} of the endpoint of a container is ${kind}`, async (t) => {
    const container = await serve(t, () => ({ status, body: '{}' }));
    const { open } = await createCloudWorld(t, {
      config: `[default]\nrole_arn = ${role('Hosted')}\ncredential_source = EcsContainer\n`,
      env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: container.url },
    });
    const { details } = await failureOf(await open());
    assert.deepEqual([details.kind, details.operation], [kind, 'ContainerCredentials']);
  });
}

for (const [name, config, said] of [
  [
    'a loop',
    '[default]\nrole_arn = arn:aws:iam::1:role/A\nsource_profile = b\n[profile b]\nrole_arn = arn:aws:iam::1:role/B\nsource_profile = c\n[profile c]\nrole_arn = arn:aws:iam::1:role/C\nsource_profile = b\n',
    /The source_profile of c leads back to b\./,
  ],
  [
    'a missing source',
    '[default]\nrole_arn = arn:aws:iam::1:role/A\nsource_profile = gone\n',
    /The source_profile of default, gone, is in neither/,
  ],
  ['a role without a source', '[default]\nrole_arn = arn:aws:iam::1:role/A\n', /role_arn without source_profile/],
  [
    'a role with two sources',
    `[default]\nrole_arn = arn:aws:iam::1:role/A\nsource_profile = b\ncredential_source = Environment\n[profile b]\n${anasKeys}`,
    /both source_profile and credential_source/,
  ],
  [
    'an unknown source',
    '[default]\nrole_arn = arn:aws:iam::1:role/A\ncredential_source = Moon\n',
    /credential_source of default is Moon/,
  ],
  [
    'half of SSO',
    '[default]\nsso_session = corp\n[sso-session corp]\nsso_start_url = https://x\nsso_region = eu-west-1\n',
    /lacks sso_account_id, sso_role_name/,
  ],
] as const) {
  test(`${name} in the files is reported in a sentence, and nothing is sent`, async (t) => {
    const { open, cloud } = await createCloudWorld(t, { config });
    const error = await failureOf(await open());
    assert.equal(error.details.kind, 'profileInvalid');
    assert.match(sentenceOf(error), said);
    assert.doesNotMatch(sentenceOf(error), /provides no credentials/);
    assert.equal(cloud.requests.length, 0);
  });
}

async function serveUntrusted(t: TestContext): Promise<number> {
  const { cert, private: key } = await generate([
    { name: 'commonName', value: 'Corp TLS Inspection CA' },
    { name: 'organizationName', value: 'Corp Ltd' },
  ]);
  const server = createServer({ cert, key }, (_, response) => response.end());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

test('a certificate that is not trusted is reported with its host, its issuer and how to trust it', async (t) => {
  const port = await serveUntrusted(t);
  const { open } = await createWorld(t, { config: profileAt(`https://127.0.0.1:${port}`) });
  const { api } = await open();
  const error: unknown = await api.listKeys(undefined, never).catch((reason: unknown) => reason);
  assert.ok(isKmsError(error));
  const { kind, host, issuer } = error.details;
  assert.deepEqual(
    [kind, host, issuer],
    ['certificateNotTrusted', `127.0.0.1:${port}`, 'Corp TLS Inspection CA, Corp Ltd'],
  );
  assert.match(sentenceOf(error), /Corp TLS Inspection CA.*http\.systemCertificates.*NODE_EXTRA_CA_CERTS/);
});

test('a certificate that is not trusted in a sign-in is reported so, too', async (t) => {
  const port = await serveUntrusted(t);
  const { open } = await createWorld(t, { config: roleAt(`https://127.0.0.1:${port}`) });
  const { details } = await failureOf(await open());
  assert.deepEqual(
    [details.kind, details.operation, details.host],
    ['certificateNotTrusted', 'AssumeRole', `127.0.0.1:${port}`],
  );
});
