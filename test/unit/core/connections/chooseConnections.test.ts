import assert from 'node:assert/strict';
import test from 'node:test';
import {
  chooseConnections,
  type Preferences,
  preferredRegion,
} from '../../../../src/core/connections/chooseConnections.ts';
import { isKmsError, type KmsErrorKind } from '../../../../src/core/kms/errors.ts';
import type { Profile } from '../../../../src/core/kms/kmsApi.ts';
import type { ConnectionRef } from '../../../../src/core/kms/model.ts';
import { profileRef } from '../fakes.ts';

const profiles: readonly Profile[] = [
  { name: 'default', region: 'eu-central-1', signIn: 'access key' },
  { name: 'dev', region: 'eu-west-1', signIn: 'SSO' },
  { name: 'no-region', region: undefined, signIn: 'SSO' },
];
const keys = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'secret' };

const webIdentity = { AWS_WEB_IDENTITY_TOKEN_FILE: '/token', AWS_ROLE_ARN: 'arn:aws:iam::111122223333:role/Pod' };
const container = { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/credentials' };

const ofProfile = (profile: string, region: string): ConnectionRef => ({ kind: 'profile', profile, region });
const ofEnvironment = (region: string): ConnectionRef => ({ kind: 'environment', region });
const sample: ConnectionRef = { kind: 'sample' };
const standard = ofProfile('default', 'eu-central-1');
const dev = profileRef;
const devInUs = ofProfile('dev', 'us-east-1');
const prod = ofProfile('prod', 'eu-west-1');

function preferences(fields: Partial<Preferences> = {}): Preferences {
  return { connections: undefined, sample: false, profile: '', region: '', env: {}, ...fields };
}

const choices: readonly [string, Partial<Preferences>, readonly ConnectionRef[]][] = [
  [
    'those that were chosen, in their order, whatever else is set',
    {
      connections: [prod, devInUs, ofEnvironment('eu-west-3'), dev],
      profile: 'default',
      region: 'eu-north-1',
      env: { AWS_PROFILE: 'no-region', AWS_REGION: 'ap-south-1', ...keys },
    },
    [prod, devInUs, ofEnvironment('eu-west-3'), dev],
  ],
  ['none when all that were chosen are removed again', { connections: [], profile: 'dev', env: keys }, []],
  ['those that were chosen, then sample data', { connections: [dev], sample: true }, [dev, sample]],
  ['sample data alone when none is chosen besides', { connections: [], sample: true, profile: 'dev' }, [sample]],
  ['the default one, then sample data', { sample: true, profile: 'dev' }, [dev, sample]],
  ['the profile of the setting', { profile: 'dev', env: { AWS_PROFILE: 'default', ...keys } }, [dev]],
  ['then AWS_PROFILE', { env: { AWS_PROFILE: 'dev', ...keys } }, [dev]],
  ['then the keys of the environment', { env: { ...keys, AWS_REGION: 'us-west-2' } }, [ofEnvironment('us-west-2')]],
  ['then the default profile', {}, [standard]],
  [
    'the environment also where its access key has no secret, and nobody else in its place',
    { env: { AWS_ACCESS_KEY_ID: 'AKIA', AWS_REGION: 'us-west-2' } },
    [ofEnvironment('us-west-2')],
  ],
  [
    'the default profile where a secret has no access key',
    { env: { AWS_SECRET_ACCESS_KEY: 'secret', AWS_REGION: 'us-west-2' } },
    [standard],
  ],
  ['the default profile where AWS_PROFILE is empty', { env: { AWS_PROFILE: '' } }, [standard]],
  [
    'in the Region of the setting before that of the profile',
    { profile: 'dev', region: 'eu-north-1', env: { AWS_REGION: 'us-west-2' } },
    [ofProfile('dev', 'eu-north-1')],
  ],
  ['in the Region of the profile before AWS_REGION', { profile: 'dev', env: { AWS_REGION: 'us-west-2' } }, [dev]],
  [
    'in AWS_REGION where the profile has none',
    { profile: 'no-region', env: { AWS_REGION: 'us-west-2' } },
    [ofProfile('no-region', 'us-west-2')],
  ],
  ['AWS_PROFILE before AWS_DEFAULT_PROFILE', { env: { AWS_PROFILE: 'dev', AWS_DEFAULT_PROFILE: 'default' } }, [dev]],
  ['AWS_DEFAULT_PROFILE before the keys of the environment', { env: { AWS_DEFAULT_PROFILE: 'dev', ...keys } }, [dev]],
  [
    'in AWS_REGION before AWS_DEFAULT_REGION',
    { profile: 'no-region', env: { AWS_REGION: 'us-west-2', AWS_DEFAULT_REGION: 'us-east-2' } },
    [ofProfile('no-region', 'us-west-2')],
  ],
  [
    'in AWS_DEFAULT_REGION where AWS_REGION is empty',
    { profile: 'no-region', env: { AWS_REGION: '', AWS_DEFAULT_REGION: 'us-east-2' } },
    [ofProfile('no-region', 'us-east-2')],
  ],
  [
    'with the keys of the environment, in the Region of the default profile',
    { env: keys },
    [ofEnvironment('eu-central-1')],
  ],
  [
    'with the keys of the environment, in AWS_DEFAULT_REGION before the Region of the default profile',
    { env: { ...keys, AWS_DEFAULT_REGION: 'us-east-2' } },
    [ofEnvironment('us-east-2')],
  ],
  [
    'a web identity of the environment before the default profile',
    { env: webIdentity },
    [ofEnvironment('eu-central-1')],
  ],
  [
    'the default profile where a web identity has no role',
    { env: { AWS_WEB_IDENTITY_TOKEN_FILE: '/token' } },
    [standard],
  ],
  ['the default profile before a container', { env: container }, [standard]],
  [
    'with the keys of the environment, in the Region of the setting before AWS_REGION',
    { region: 'eu-north-1', env: { ...keys, AWS_REGION: 'us-west-2' } },
    [ofEnvironment('eu-north-1')],
  ],
];

for (const [sentence, fields, expected] of choices) {
  test(`the view shows ${sentence}`, () => {
    assert.deepEqual(chooseConnections(preferences(fields), profiles), expected);
  });
}

test('where nothing says how to sign in the view shows nothing, or sample data', () => {
  const env = { AWS_REGION: 'eu-west-1' };
  assert.deepEqual(chooseConnections(preferences({ env }), []), []);
  assert.deepEqual(chooseConnections(preferences(), profiles.slice(1)), []);
  assert.deepEqual(chooseConnections(preferences({ env, sample: true }), []), [sample]);
});

for (const [what, env] of Object.entries({
  'an access key': keys,
  'a web identity': webIdentity,
  'a container': container,
  'a container by its full address': { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials' },
})) {
  test(`the variables of ${what} alone open the connection of the environment`, () => {
    const inRegion = preferences({ env: { ...env, AWS_DEFAULT_REGION: 'us-east-2' } });
    assert.deepEqual(chooseConnections(inRegion, []), [ofEnvironment('us-east-2')]);
    const bare: Profile = { name: 'default', region: 'eu-north-1', signIn: undefined };
    assert.deepEqual(chooseConnections(preferences({ env }), [bare]), [ofEnvironment('eu-north-1')]);
    assert.throws(
      () => chooseConnections(preferences({ env }), []),
      (error) => isKmsError(error) && error.details.kind === 'regionMissing' && error.details.profile === undefined,
    );
  });
}

const missing: readonly [string, Partial<Preferences>, KmsErrorKind, string | undefined][] = [
  ['a profile of the setting that is in no file', { profile: 'gone' }, 'profileMissing', 'gone'],
  ['an AWS_PROFILE that is in no file', { env: { AWS_PROFILE: 'gone', ...keys } }, 'profileMissing', 'gone'],
  ['a default profile that is named and in no file', { profile: 'Default' }, 'profileMissing', 'Default'],
  ['a profile without a Region', { profile: 'no-region' }, 'regionMissing', 'no-region'],
  ['an empty AWS_REGION', { profile: 'no-region', env: { AWS_REGION: '' } }, 'regionMissing', 'no-region'],
];

for (const [sentence, fields, kind, profile] of missing) {
  test(`${sentence} is reported as ${kind}, and leaves sample data alone`, () => {
    assert.throws(
      () => chooseConnections(preferences(fields), profiles),
      (error) => isKmsError(error) && error.details.kind === kind && error.details.profile === profile,
    );
    assert.deepEqual(chooseConnections(preferences({ ...fields, sample: true }), profiles), [sample]);
  });
}

test('a connection that was chosen stays, also when its profile is in no file', () => {
  const gone = ofProfile('gone', 'eu-west-1');
  assert.deepEqual(chooseConnections(preferences({ connections: [gone] }), profiles), [gone]);
});

test('no Region is preferred when none is named', () => {
  assert.equal(preferredRegion(preferences(), profiles[2]), undefined);
  assert.equal(preferredRegion(preferences({ env: { AWS_REGION: '' } }), undefined), undefined);
});
