import assert from 'node:assert/strict';
import test from 'node:test';
import type { Sample } from '../../../src/aws/opening.ts';
import { isKind } from '../../../src/core/kms/errors.ts';
import { explain, needsSignIn } from '../../../src/core/words/explain.ts';
import { createSample } from '../../../src/emulator/index.ts';
import { verified } from '../actors.ts';
import {
  assumedRole,
  createWorld,
  failure,
  identity,
  identityXml,
  keyArn,
  never,
  profileAt,
  type Received,
  serve,
  signature,
  stsFailure,
} from './support.ts';

const keys = { body: { Keys: [], Truncated: false } };
const kmsOrSts = ({ operation }: Received) => (operation === 'GetCallerIdentity' ? identity('111122223333') : keys);

test('requests are signed for the Region of the connection, whatever AWS_REGION says', async (t) => {
  const server = await serve(t, kmsOrSts);
  const { open } = await createWorld(t, {
    config: `${profileAt(server.url)}region = ap-south-1\n`,
    env: { AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'us-east-2' },
  });
  const { api } = await open('default', 'eu-central-1');
  await api.listKeys(undefined, never);
  await api.callerIdentity(never);
  assert.deepEqual(server.received.map(signature), [
    { accessKeyId: 'AKIADEFAULT', region: 'eu-central-1', service: 'kms' },
    { accessKeyId: 'AKIADEFAULT', region: 'eu-central-1', service: 'sts' },
  ]);
});

test('the profile that AWS_PROFILE names lends neither its endpoint nor its keys to another profile', async (t) => {
  const asked = await serve(t, kmsOrSts);
  const ambient = await serve(t, kmsOrSts);
  const { open } = await createWorld(t, {
    config: `
[profile asked]
aws_access_key_id = AKIAASKED
aws_secret_access_key = s
services = asked
[services asked]
kms =
  endpoint_url = ${asked.url}
sts =
  endpoint_url = ${asked.url}
[profile ambient]
aws_access_key_id = AKIAAMBIENT
aws_secret_access_key = s
endpoint_url = ${ambient.url}
region = us-east-1
use_fips_endpoint = true
`,
    env: { AWS_PROFILE: 'ambient', AWS_ACCESS_KEY_ID: 'AKIAENV', AWS_SECRET_ACCESS_KEY: 's' },
  });
  const { api, endpoint } = await open('asked');
  await api.listKeys(undefined, never);
  await api.callerIdentity(never);
  assert.deepEqual(endpoint, { kind: 'custom', url: asked.url });
  assert.deepEqual(
    asked.received.map((request) => signature(request).accessKeyId),
    ['AKIAASKED', 'AKIAASKED'],
  );
  assert.equal(ambient.received.length, 0);
});

test("a client without an endpoint of its own goes to AWS's, not to one that the environment has lying around", async (t) => {
  const ambient = await serve(t, kmsOrSts);
  const hosts: unknown[] = [];
  const sample: Sample = {
    requestHandler: {
      handle: async (request) => {
        hosts.push(Reflect.get(request, 'hostname'));
        const body = 'x-amz-target' in request.headers ? '{"Keys":[]}' : identityXml('111122223333');
        return { response: { statusCode: 200, headers: {}, body: Buffer.from(body) } };
      },
    },
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKIASAMPLE', secretAccessKey: 's' },
  };
  const { aws, log } = await createWorld(t, {
    config: `[profile ambient]\nendpoint_url = ${ambient.url}\nuse_fips_endpoint = true\n`,
    env: { AWS_PROFILE: 'ambient', AWS_ENDPOINT_URL: ambient.url, AWS_USE_DUALSTACK_ENDPOINT: 'true' },
    aws: { sample: async () => sample },
  });
  const { api, endpoint, region } = await aws.open({ kind: 'sample' });
  await api.listKeys(undefined, never);
  await api.callerIdentity(never);
  assert.deepEqual([endpoint, region], [{ kind: 'sample' }, 'eu-west-1']);
  assert.deepEqual(hosts, ['kms.eu-west-1.amazonaws.com', 'sts.eu-west-1.amazonaws.com']);
  assert.deepEqual(
    log.map(({ connection, outcome }) => `${connection} ${outcome}`),
    ['sample ok', 'sample ok'],
  );
  assert.equal(ambient.received.length, 0);
});

test('sample data is served by the emulator in this process', async (t) => {
  const { aws } = await createWorld(t, { aws: { sample: async () => createSample() } });
  const { api } = await aws.open({ kind: 'sample' });
  const actor = verified(await api.callerIdentity(never));
  const [key] = (await api.listKeys(undefined, never)).items;
  assert.ok(key !== undefined);
  const [grant] = (await api.listGrants({ keyArn: key.arn }, never)).items;
  assert.ok(grant !== undefined);
  assert.equal(grant.keyArn, key.arn);
  assert.equal(await api.dryRunRevokeGrant(grant, never), 'allowed');
  await api.revokeGrant(grant, actor, never);
  assert.equal((await api.describeKey(key.arn, never)).arn, key.arn);
  assert.ok((await api.listAliases(undefined, never)).items.length > 0);
  assert.match((await api.callerIdentity(never)).arn, /^arn:aws:sts::/);
  const again = await aws.open({ kind: 'sample' });
  await assert.rejects(again.api.dryRunRevokeGrant(grant, never), (error) => isKind(error, 'grantNotFound'));
});

test('without a configured endpoint the connection says that it goes to AWS itself', async (t) => {
  const { open } = await createWorld(t, { config: '[default]\naws_access_key_id = AKIA\naws_secret_access_key = s\n' });
  assert.deepEqual((await open()).endpoint, { kind: 'aws' });
});

test('a profile that is in no file is refused before anything is sent', async (t) => {
  const server = await serve(t, kmsOrSts);
  const { open, log } = await createWorld(t, { env: { AWS_ENDPOINT_URL: server.url } });
  await assert.rejects(open('gone'), (error) => isKind(error, 'profileMissing') && error.details.profile === 'gone');
  assert.deepEqual([server.received.length, log.length], [0, 0]);
});

test('a connection without a Region is refused before anything is sent', async (t) => {
  const { open } = await createWorld(t, { config: profileAt('http://127.0.0.1:9') });
  await assert.rejects(open('default', ''), (error) => isKind(error, 'regionMissing'));
});

test("the environment's own credentials are used when no profile is named", async (t) => {
  const server = await serve(t, kmsOrSts);
  const { aws } = await createWorld(t, {
    env: { AWS_ACCESS_KEY_ID: 'AKIAENV', AWS_SECRET_ACCESS_KEY: 's', AWS_ENDPOINT_URL_KMS: server.url },
  });
  const { api, close } = await aws.open({ kind: 'environment', region: 'eu-west-1' });
  t.after(close);
  await api.listKeys(undefined, never);
  assert.deepEqual(server.received.map(signature), [{ accessKeyId: 'AKIAENV', region: 'eu-west-1', service: 'kms' }]);
});

const chain = (kms: string, sts: string, extra = '') => `
[profile admin]
role_arn = arn:aws:iam::111122223333:role/Admin
source_profile = base
region = ap-south-1
services = local
${extra}
[profile base]
aws_access_key_id = AKIABASE
aws_secret_access_key = s
[services local]
kms =
  endpoint_url = ${kms}
sts =
  endpoint_url = ${sts}
`;

test("a role is assumed at the profile's own STS endpoint and Region, whatever the environment names", async (t) => {
  const kms = await serve(t, kmsOrSts);
  const sts = await serve(t, () => assumedRole('ASIAROLE'));
  const ambient = await serve(t, () => assumedRole('ASIAWRONG'));
  const { open } = await createWorld(t, {
    config: `${chain(kms.url, sts.url)}[profile ambient]\nendpoint_url = ${ambient.url}\n`,
    env: { AWS_REGION: 'us-east-1', AWS_PROFILE: 'ambient' },
  });
  const { api } = await open('admin', 'eu-west-1');
  await api.listKeys(undefined, never);
  assert.deepEqual(sts.received.map(signature), [{ accessKeyId: 'AKIABASE', region: 'ap-south-1', service: 'sts' }]);
  assert.deepEqual(kms.received.map(signature), [{ accessKeyId: 'ASIAROLE', region: 'eu-west-1', service: 'kms' }]);
  assert.equal(ambient.received.length, 0);
});

test('MFA is asked once for KMS, STS and every Region of a profile', async (t) => {
  const server = await serve(t, ({ operation }) =>
    operation === 'AssumeRole' ? assumedRole('ASIAROLE') : operation === 'ListKeys' ? keys : identity('111122223333'),
  );
  const asked: string[] = [];
  const { open } = await createWorld(t, {
    config: chain(server.url, server.url, 'mfa_serial = arn:aws:iam::111122223333:mfa/ana'),
    aws: {
      mfaCode: async (serial) => {
        asked.push(serial);
        return '123456';
      },
    },
  });
  const [ireland, ohio] = [await open('admin', 'eu-west-1'), await open('admin', 'us-east-2')];
  await Promise.all([
    ireland.api.listKeys(undefined, never),
    ireland.api.callerIdentity(never),
    ohio.api.listKeys(undefined, never),
  ]);
  await ohio.api.callerIdentity(never);
  assert.deepEqual(asked, ['arn:aws:iam::111122223333:mfa/ana']);
  const assumed = server.received.filter(({ operation }) => operation === 'AssumeRole');
  assert.deepEqual(
    assumed.map(({ body }) => new URLSearchParams(body).get('TokenCode')),
    ['123456'],
  );
});

test('cancelling the question for an MFA code cancels the call, and the next call asks again', async (t) => {
  const server = await serve(t, ({ operation }) => (operation === 'AssumeRole' ? assumedRole('ASIAROLE') : keys));
  let code: string | undefined;
  const { open, log } = await createWorld(t, {
    config: chain(server.url, server.url, 'mfa_serial = arn:aws:iam::111122223333:mfa/ana'),
    aws: { mfaCode: async () => code },
  });
  const { api } = await open('admin');
  await assert.rejects(api.listKeys(undefined, never), { name: 'AbortError' });
  assert.equal(server.received.length, 0);
  code = '123456';
  await api.listKeys(undefined, never);
  assert.deepEqual(
    log.map(({ outcome }) => outcome),
    ['aborted', 'ok'],
  );
});

test('aborting a call ends it while a sign-in is still under way, and the next call signs in again', async (t) => {
  const server = await serve(t, ({ operation }) => (operation === 'AssumeRole' ? assumedRole('ASIAROLE') : keys));
  const controller = new AbortController();
  let asked = 0;
  const { open } = await createWorld(t, {
    config: chain(server.url, server.url, 'mfa_serial = arn:aws:iam::111122223333:mfa/ana'),
    aws: {
      mfaCode: async (_serial, _profile, signal) => {
        asked += 1;
        if (asked > 1) {
          return '123456';
        }
        controller.abort();
        assert.ok(signal.aborted, 'the question can be withdrawn');
        return new Promise(() => undefined);
      },
    },
  });
  const { api } = await open('admin');
  await assert.rejects(api.listKeys(undefined, controller.signal), { name: 'AbortError' });
  await api.listKeys(undefined, never);
  assert.equal(asked, 2);
});

test('a sign-in goes on when one of two calls that wait for it is aborted', async (t) => {
  const server = await serve(t, ({ operation }) => (operation === 'AssumeRole' ? assumedRole('ASIAROLE') : keys));
  const controller = new AbortController();
  const questions: ((code: string) => void)[] = [];
  const { open } = await createWorld(t, {
    config: chain(server.url, server.url, 'mfa_serial = arn:aws:iam::111122223333:mfa/ana'),
    aws: {
      mfaCode: () =>
        new Promise((resolve) => {
          questions.push(resolve);
          setImmediate(() => controller.abort());
        }),
    },
  });
  const { api } = await open('admin');
  const aborted = assert.rejects(api.listKeys(undefined, controller.signal), { name: 'AbortError' });
  const kept = api.listKeys(undefined, never);
  await aborted;
  const later = api.listKeys(undefined, never);
  questions[0]?.('123456');
  await Promise.all([kept, later]);
  assert.equal(questions.length, 1);
});

test('credentials that AWS refuses are read again from the files for the next call', async (t) => {
  const server = await serve(t, (request) =>
    signature(request).accessKeyId === 'AKIANEW' ? keys : failure('ExpiredTokenException', 'The token has expired'),
  );
  const { open, writeCredentials } = await createWorld(t, {
    config: `[default]\nendpoint_url = ${server.url}\n`,
    credentials: '[default]\naws_access_key_id = AKIAOLD\naws_secret_access_key = s\naws_session_token = t\n',
  });
  const { api } = await open();
  await assert.rejects(api.listKeys(undefined, never), (error) => {
    assert.ok(isKind(error, 'expiredToken'));
    assert.equal(needsSignIn(error), false, 'signing in would read the same ones');
    assert.match(explain(error.details).advice, /^Renew them/);
    return true;
  });
  await writeCredentials('[default]\naws_access_key_id = AKIANEW\naws_secret_access_key = s\naws_session_token = t\n');
  await api.listKeys(undefined, never);
});

test('many calls that are refused together cost one new sign-in, not one each', async (t) => {
  let assumed = 0;
  const server = await serve(t, (request) => {
    if (request.operation === 'AssumeRole') {
      assumed += 1;
      return assumedRole(`ASIA${assumed}`);
    }
    return signature(request).accessKeyId === 'ASIA1' ? failure('ExpiredTokenException', 'expired') : keys;
  });
  const { open } = await createWorld(t, { config: chain(server.url, server.url) });
  const { api } = await open('admin');
  await Promise.all([1, 2, 3].map(() => api.listKeys(undefined, never)));
  assert.equal(assumed, 2);
});

test('a call that is refused late does not undo the sign-in that another one has done in the meantime', async (t) => {
  let assumed = 0;
  let refuse = () => {};
  const refusal = new Promise<void>((resolve) => {
    refuse = resolve;
  });
  const server = await serve(t, async (request) => {
    if (request.operation === 'AssumeRole') {
      assumed += 1;
      return assumedRole(`ASIA${assumed}`);
    }
    if (request.operation === 'ListAliases') {
      await refusal;
    }
    return signature(request).accessKeyId === 'ASIA1' ? failure('ExpiredTokenException', 'expired') : keys;
  });
  const { open } = await createWorld(t, { config: chain(server.url, server.url) });
  const { api } = await open('admin');
  const late = api.listAliases(undefined, never);
  await api.listKeys(undefined, never);
  refuse();
  // An answer to ListKeys is none to ListAliases; it is the sign-in that matters.
  await assert.rejects(late, (error) => isKind(error, 'notJson'));
  await api.listKeys(undefined, never);
  assert.equal(assumed, 2);
});

test('a profile that is opened again signs in again if the files changed for it, and only then', async (t) => {
  const server = await serve(t, ({ operation }) => (operation === 'AssumeRole' ? assumedRole('ASIAROLE') : keys));
  const { open, writeConfig } = await createWorld(t, { config: chain(server.url, server.url) });
  const use = async () => (await open('admin')).api.listKeys(undefined, never);
  const signIns = () => server.received.filter(({ operation }) => operation === 'AssumeRole').length;
  await use();
  await writeConfig(`${chain(server.url, server.url)}[profile other]\nregion = us-east-1\n`);
  await use();
  assert.equal(signIns(), 1);
  await writeConfig(chain(server.url, server.url).replace('AKIABASE', 'AKIAOTHER'));
  await use();
  assert.equal(signIns(), 2);
});

test('a role that may not be assumed is reported as a denial, with the sentence of AWS and without blaming the key', async (t) => {
  const sentence =
    'User: arn:aws:iam::111122223333:user/ana is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/Admin';
  const server = await serve(t, () => stsFailure('AccessDenied', sentence));
  const { open } = await createWorld(t, { config: chain(server.url, server.url) });
  const { api } = await open('admin');
  await assert.rejects(
    api.listGrants({ keyArn }, never),
    (error) =>
      isKind(error, 'signInDenied') &&
      error.details.message === sentence &&
      error.details.operation === 'AssumeRole' &&
      error.details.role === 'arn:aws:iam::111122223333:role/Admin' &&
      error.details.keyArn === undefined,
  );
});
