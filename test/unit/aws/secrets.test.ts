import assert from 'node:assert/strict';
import test from 'node:test';
import { inspect } from 'node:util';
import { isKmsError } from '../../../src/core/errors.ts';
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
credential_process = /bin/sh -c 'echo "{\\"AccessKeyId\\": \\"AKIACANARY\\", secret-canary"'
endpoint_url = ${url}
[profile failing]
credential_process = /bin/sh -c 'test secret-canary = x'
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
    await attempt(api.revokeGrant({ keyArn, grantId: 'body-canary' }, never));
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

  assert.equal(log.length, 24);
  assert.ok(texts.length >= 12);
  for (const canary of canaries) {
    assert.ok(!JSON.stringify(log).includes(canary), `${canary} is in the log`);
    assert.ok(!texts.join('\n').includes(canary), `${canary} is in a failure`);
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
      dropped: 0,
    },
  );
});
