import assert from 'node:assert/strict';
import test from 'node:test';
import { isKind } from '../../../src/core/kms/errors.ts';
import { createWorld } from './support.ts';

test('the profiles are those of both files, the default one first, then by name', async (t) => {
  const { aws } = await createWorld(t, {
    config: '[profile work]\nregion = eu-west-1\n[default]\nregion = us-east-1\n[profile alpha]\nregion = us-west-2\n',
    credentials: '[legacy]\naws_access_key_id = AKIA\naws_secret_access_key = s\n[work]\naws_access_key_id = AKIA\n',
  });
  assert.deepEqual(
    (await aws.profiles()).map(({ name }) => name),
    ['default', 'alpha', 'legacy', 'work'],
  );
});

test('sections for SSO sessions and services are not profiles', async (t) => {
  const { aws } = await createWorld(t, {
    config:
      '[sso-session corp]\nsso_region = eu-west-1\n[services local]\nkms =\n  endpoint_url = http://127.0.0.1:1\n[profile dev]\nregion = eu-west-1\n',
  });
  assert.deepEqual(
    (await aws.profiles()).map(({ name }) => name),
    ['dev'],
  );
});

test('without any file there are no profiles, and no error', async (t) => {
  const { aws } = await createWorld(t);
  assert.deepEqual(await aws.profiles(), []);
});

test('a Region in the credentials file beats the one in the config file', async (t) => {
  const { aws } = await createWorld(t, {
    config: '[profile dev]\nregion = eu-west-1\n[profile plain]\nregion = eu-north-1\n[profile none]\noutput = json\n',
    credentials: '[dev]\nregion = ap-south-1\n',
  });
  assert.deepEqual(Object.fromEntries((await aws.profiles()).map(({ name, region }) => [name, region])), {
    dev: 'ap-south-1',
    none: undefined,
    plain: 'eu-north-1',
  });
});

test('each profile says how it signs in, in the order in which the AWS CLI decides it', async (t) => {
  const { aws } = await createWorld(t, {
    config: `
[profile chain]
role_arn = arn:aws:iam::111122223333:role/team/Admin
source_profile = keys
aws_access_key_id = AKIA
aws_secret_access_key = s
[profile keys]
aws_access_key_id = AKIA
aws_secret_access_key = s
[profile temporary]
aws_access_key_id = AKIA
aws_secret_access_key = s
aws_session_token = t
[profile web]
role_arn = arn:aws:iam::111122223333:role/Pod
web_identity_token_file = /token
[profile process]
credential_process = /bin/false
[profile sso]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = Reader
[sso-session corp]
sso_start_url = https://x.awsapps.com/start
sso_region = eu-west-1
[profile login]
login_session = arn:aws:iam::111122223333:user/ana
[profile bare]
output = json
`,
  });
  assert.deepEqual(Object.fromEntries((await aws.profiles()).map(({ name, signIn }) => [name, signIn])), {
    bare: undefined,
    chain: 'assumes role/team/Admin',
    keys: 'access key',
    login: 'AWS login session',
    process: 'credential process',
    sso: 'SSO',
    temporary: 'temporary access key',
    web: 'web identity',
  });
});

test('the files are read again each time', async (t) => {
  const { aws, writeConfig } = await createWorld(t, { config: '[profile one]\nregion = eu-west-1\n' });
  await aws.profiles();
  await writeConfig('[profile two]\nregion = eu-west-1\n');
  assert.deepEqual(
    (await aws.profiles()).map(({ name }) => name),
    ['two'],
  );
});

test('a profile is not there just because every object has a property of its name', async (t) => {
  const { aws, open } = await createWorld(t, { config: '[profile dev]\nregion = eu-west-1\n' });
  await assert.rejects(open('constructor'), (error) => isKind(error, 'profileMissing'));
  assert.equal((await aws.profiles()).length, 1);
});
