import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { inspect } from 'node:util';
import { isKmsError } from '../../../src/core/kms/errors.ts';
import { unverified } from '../actors.ts';
import { accounts, anasKeys, createCloudWorld, mfaSerial, role, ssoConfig } from './cloud.ts';
import { javaScript, printing } from './programs.ts';
import {
  type Answer,
  assumedRole,
  createWorld,
  failure,
  identity,
  keyArn,
  never,
  serve,
  stsFailure,
} from './support.ts';

const canaries = ['AKIACANARY', 'secret-canary', 'token-canary', 'role-secret', 'role-token', 'body-canary'];

const config = (url: string) => `
[default]
aws_access_key_id = AKIACANARY
aws_secret_access_key = secret-canary
aws_session_token = token-canary
endpoint_url = ${url}
[profile admin]
role_arn = arn:aws:iam::111122223333:role/Admin
source_profile = default
endpoint_url = ${url}
[profile talkative]
credential_process = ${javaScript("console.log('{AKIACANARY, secret-canary')")}
endpoint_url = ${url}
[profile failing]
credential_process = ${javaScript('process.exitCode = 1', 'secret-canary')}
endpoint_url = ${url}
`;

test('no credential, token or body is in any record of the log or in any failure and its causes', async (t) => {
  let answer: (signed: string) => Answer = () => ({ body: { Keys: [{ KeyId: 'body-canary' }] } });
  const server = await serve(t, ({ operation, headers }) =>
    operation === 'AssumeRole'
      ? assumedRole('ASIAROLE')
      : answer(`${headers.authorization} ${headers['x-amz-security-token']}`),
  );
  const { open, log } = await createWorld(t, { config: config(server.url) });
  const texts: string[] = [];
  const attempt = async (call: Promise<unknown>) => {
    await call.catch((error: unknown) => {
      assert.ok(isKmsError(error), String(error));
      texts.push(inspect(error, { depth: 20, showHidden: true }));
    });
  };
  const plain = (await open()).api;
  const calls = async (api = plain) => {
    await attempt(api.listKeys(undefined, never));
    await attempt(api.revokeGrant({ keyArn, grantId: 'body-canary' }, unverified, never));
    await attempt(api.callerIdentity(never));
  };

  await calls();
  answer = () => identity('111122223333');
  await calls();
  // AWS repeats what was signed, session token included, when it refuses a signature.
  answer = (signed) =>
    failure(
      'InvalidSignatureException',
      `The request signature we calculated does not match the signature you provided.\n\nThe Canonical String for this request should have been\n'POST\n/\n\nx-amz-security-token:${signed}\n'`,
    );
  await calls();
  answer = (signed) => stsFailure('SignatureDoesNotMatch', `Wrong. The Canonical String was ${signed}`);
  await calls();
  answer = () => ({ status: 200, body: '{"SecretAccessKey": body-canary' });
  await calls();
  answer = () => ({ body: { Keys: [] } });
  await calls((await open('admin')).api);
  await calls((await open('talkative')).api);
  await calls((await open('failing')).api);

  // Two of them ask STS in another Region about a signature that was refused.
  assert.equal(log.length, 26);
  assert.ok(texts.length >= 12);
  for (const canary of canaries) {
    assert.ok(!JSON.stringify(log).includes(canary), `${canary} is in the log`);
    assert.ok(!texts.join('\n').includes(canary), `${canary} is in a failure`);
  }
});

test('no code, token or output of a sign-in is in any record of the log or in any failure and its causes', async (t) => {
  const ana = `arn:aws:iam::${accounts.ana}:user/ana`;
  const { open, cloud, log, home, writeConfig, writeSsoToken, writeLoginToken } = await createCloudWorld(t, {
    aws: { mfaCode: async () => '777777' },
  });
  process.env['AWS_LOGIN_CACHE_DIRECTORY'] = join(home, '.aws', 'login', 'cache');
  const outputs: Readonly<Record<string, string>> = {
    web: 'web-canary',
    printed: `{"Version": 1, "SecretAccessKey": "printed-canary"`,
    wrong: `{"Version": 1, "AccessKeyId": "AKIACANARY", "SecretAccessKey": "printed-canary", "SessionToken": "printed-canary"}`,
  };
  for (const [name, text] of Object.entries(outputs)) {
    await writeFile(join(home, name), text);
  }
  await writeConfig(`
${ssoConfig('canary')}
[profile guarded]
role_arn = ${role('Guarded')}
source_profile = base
mfa_serial = ${mfaSerial}
[profile base]
${anasKeys}
[profile console]
login_session = ${ana}
region = eu-west-1
[profile half]
login_session = half
[profile pod]
role_arn = ${role('Pod')}
web_identity_token_file = ${join(home, 'web')}
[profile printed]
credential_process = ${printing(join(home, 'printed'))}
[profile wrong]
credential_process = ${printing(join(home, 'wrong'))}
[profile said]
credential_process = ${printing(join(home, 'wrong'))} && exit 1
[profile older]
sso_start_url = half
sso_region = eu-central-1
sso_account_id = ${accounts.ana}
sso_role_name = Engineer
`);
  const texts: string[] = [];
  const attempt = async (profile: string) => {
    const { api } = await open(profile);
    for (const call of [
      () => api.listKeys(undefined, never),
      () => api.revokeGrant({ keyArn, grantId: 'g' }, unverified, never),
      () => api.callerIdentity(never),
    ]) {
      await call().catch((error: unknown) => texts.push(inspect(error, { depth: 20, showHidden: true })));
    }
  };
  const halfWritten = await writeLoginToken('half');
  await writeFile(halfWritten, '{"accessToken": file-canary');
  await writeFile(await writeSsoToken('half'), '{"accessToken": file-canary');
  await writeSsoToken('canary');
  await writeLoginToken(ana);
  const profiles = ['sso', 'guarded', 'console', 'half', 'pod', 'printed', 'wrong', 'said', 'older'];
  for (const profile of profiles) {
    await attempt(profile);
  }
  cloud.expire();
  cloud.sessions.endAll();
  await writeLoginToken(ana, { expiresAt: '2020-01-01T00:00:00Z' });
  cloud.sessions.endAll();
  for (const profile of profiles) {
    await attempt(profile);
  }

  assert.ok(texts.length >= 2 * 3 * (profiles.length - 2));
  const everything = texts.join('\n') + JSON.stringify(log);
  for (const secret of [
    '777777',
    'canary"',
    '-canary',
    'AKIACANARY',
    'token-',
    'sso-access',
    'refresh-',
    'client-secret',
  ]) {
    const at = everything.indexOf(secret);
    assert.equal(at, -1, `${secret}: ${everything.slice(Math.max(0, at - 200), at + 50)}`);
  }
});

test('a record has these fields and no others', async (t) => {
  const server = await serve(t, () => failure('AccessDeniedException', 'No'));
  const { open, log } = await createWorld(t, { config: config(server.url) });
  const { api } = await open();
  await api.listGrants({ keyArn }, never).catch(() => undefined);
  assert.deepEqual(
    { ...log[0], durationMs: 0 },
    {
      connection: 'profile/default/eu-west-1',
      operation: 'ListGrants',
      durationMs: 0,
      attempts: 1,
      requestId: 'request-1',
      outcome: 'accessDenied',
      awsName: 'AccessDeniedException',
      message: 'No',
      dropped: 0,
    },
  );
});
