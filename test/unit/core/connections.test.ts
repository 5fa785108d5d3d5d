import assert from 'node:assert/strict';
import test from 'node:test';
import {
  Connections,
  chooseConnection,
  type Preferences,
  preferredRegion,
  type Session,
  type SessionChange,
} from '../../../src/core/connections.ts';
import { isKmsError, type KmsErrorKind } from '../../../src/core/errors.ts';
import type { Aws, OpenedConnection, Profile } from '../../../src/core/kmsApi.ts';
import type { ConnectionRef } from '../../../src/core/model.ts';
import { FakeKms, gate, kmsError, profileRef, settle } from './fakes.ts';

const profiles: readonly Profile[] = [
  { name: 'default', region: 'eu-central-1', signIn: 'access key' },
  { name: 'dev', region: 'eu-west-1', signIn: 'SSO' },
  { name: 'no-region', region: undefined, signIn: 'SSO' },
];
const keys = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'secret' };

function preferences(fields: Partial<Preferences> = {}): Preferences {
  return { remembered: undefined, profile: '', region: '', env: {}, ...fields };
}

const choices: readonly [string, Partial<Preferences>, ConnectionRef | undefined][] = [
  [
    'the choice made in this window comes before all else',
    {
      remembered: { kind: 'profile', profile: 'dev', region: 'us-east-1' },
      profile: 'default',
      region: 'eu-north-1',
      env: { AWS_PROFILE: 'no-region', AWS_REGION: 'ap-south-1', ...keys },
    },
    { kind: 'profile', profile: 'dev', region: 'us-east-1' },
  ],
  ['sample data stays chosen', { remembered: { kind: 'sample' }, profile: 'dev' }, { kind: 'sample' }],
  [
    'environment keys stay chosen',
    { remembered: { kind: 'environment', region: 'eu-west-3' }, profile: 'dev' },
    { kind: 'environment', region: 'eu-west-3' },
  ],
  [
    'then the profile of the setting',
    { profile: 'dev', env: { AWS_PROFILE: 'default', ...keys } },
    { kind: 'profile', profile: 'dev', region: 'eu-west-1' },
  ],
  [
    'then AWS_PROFILE',
    { env: { AWS_PROFILE: 'dev', ...keys } },
    { kind: 'profile', profile: 'dev', region: 'eu-west-1' },
  ],
  [
    'then the keys of the environment',
    { env: { ...keys, AWS_REGION: 'us-west-2' } },
    { kind: 'environment', region: 'us-west-2' },
  ],
  ['then the default profile', {}, { kind: 'profile', profile: 'default', region: 'eu-central-1' }],
  [
    'an access key without its secret is no sign-in',
    { env: { AWS_ACCESS_KEY_ID: 'AKIA', AWS_REGION: 'us-west-2' } },
    { kind: 'profile', profile: 'default', region: 'eu-central-1' },
  ],
  [
    'an empty AWS_PROFILE names no profile',
    { env: { AWS_PROFILE: '' } },
    { kind: 'profile', profile: 'default', region: 'eu-central-1' },
  ],
  [
    'the Region of the setting comes before that of the profile',
    { profile: 'dev', region: 'eu-north-1', env: { AWS_REGION: 'us-west-2' } },
    { kind: 'profile', profile: 'dev', region: 'eu-north-1' },
  ],
  [
    'the Region of the profile comes before AWS_REGION',
    { profile: 'dev', env: { AWS_REGION: 'us-west-2' } },
    { kind: 'profile', profile: 'dev', region: 'eu-west-1' },
  ],
  [
    'AWS_REGION serves a profile that has none',
    { profile: 'no-region', env: { AWS_REGION: 'us-west-2' } },
    { kind: 'profile', profile: 'no-region', region: 'us-west-2' },
  ],
  [
    'the Region of the setting serves the keys of the environment',
    { region: 'eu-north-1', env: { ...keys, AWS_REGION: 'us-west-2' } },
    { kind: 'environment', region: 'eu-north-1' },
  ],
];

for (const [sentence, fields, expected] of choices) {
  test(`the connection to open: ${sentence}`, () => {
    assert.deepEqual(chooseConnection(preferences(fields), profiles), expected);
  });
}

test('with no profile and no keys in the environment there is nothing to open', () => {
  assert.equal(chooseConnection(preferences({ env: { AWS_REGION: 'eu-west-1' } }), []), undefined);
  assert.equal(chooseConnection(preferences(), profiles.slice(1)), undefined);
});

const missing: readonly [string, Partial<Preferences>, KmsErrorKind, string | undefined][] = [
  ['a profile of the setting that is in no file', { profile: 'gone' }, 'profileMissing', 'gone'],
  ['an AWS_PROFILE that is in no file', { env: { AWS_PROFILE: 'gone' } }, 'profileMissing', 'gone'],
  [
    'a chosen profile that was deleted since',
    { remembered: { kind: 'profile', profile: 'gone', region: 'eu-west-1' } },
    'profileMissing',
    'gone',
  ],
  ['a profile without a Region', { profile: 'no-region' }, 'regionMissing', 'no-region'],
  ['keys of the environment without a Region', { env: keys }, 'regionMissing', undefined],
];

for (const [sentence, fields, kind, profile] of missing) {
  test(`${sentence} is told as ${kind}`, () => {
    assert.throws(
      () => chooseConnection(preferences(fields), profiles),
      (error) => isKmsError(error) && error.details.kind === kind && error.details.profile === profile,
    );
  });
}

test('no Region is preferred when none is named', () => {
  assert.equal(preferredRegion(preferences(), profiles[2]), undefined);
  assert.equal(preferredRegion(preferences({ env: { AWS_REGION: '' } }), undefined), undefined);
});

/** Connections over an AWS room that counts, with a window that remembers. */
function world(fields: Partial<Preferences> = {}) {
  const kms = new FakeKms();
  const log: string[] = [];
  const sessions: Session[] = [];
  const changes: SessionChange[] = [];
  let remembered = fields.remembered;
  const aws: Aws & { before: (step: string) => unknown } = {
    before: () => {},
    profiles: async () => {
      log.push('profiles');
      await aws.before('profiles');
      return profiles;
    },
    regions: () => [],
    signInNeed: async () => ({ kind: 'none' }),
    files: async () => [],
    fingerprint: async () => '',
    consoleUrl: () => undefined,
    open: async (ref): Promise<OpenedConnection> => {
      const name = ref.kind === 'profile' ? ref.profile : ref.kind;
      log.push(`open ${name}`);
      await aws.before(`open ${name}`);
      return {
        api: kms,
        region: ref.kind === 'sample' ? 'eu-west-1' : ref.region,
        endpoint: { kind: ref.kind === 'sample' ? 'sample' : 'aws' },
        confirmAccount: async () => {},
        close: () => log.push(`close ${name}`),
      };
    },
  };
  const connections = new Connections({
    aws: async () => aws,
    preferences: () => preferences({ ...fields, remembered }),
    remember: (ref) => {
      remembered = ref;
    },
    onReplaced: () => log.push('replaced'),
    onOpened: (session) => sessions.push(session),
    onChange: (_session, change) => changes.push(change),
  });
  const current = async () => (await connections.current()) ?? assert.fail('There is no session.');
  return { kms, aws, connections, current, log, sessions, changes, remembered: () => remembered };
}

const sample: ConnectionRef = { kind: 'sample' };

test('nothing is opened before it is asked for, and then once for all who ask', async () => {
  const { connections, log, sessions } = world();
  assert.deepEqual([log, connections.open], [[], undefined]);
  const [first, second] = await Promise.all([connections.current(), connections.current()]);
  assert.ok(first !== undefined && first === second && first === connections.open);
  assert.deepEqual(log, ['profiles', 'open default']);
  assert.deepEqual(sessions, [first]);
});

test('a session knows its connection, where it leads and who is signed in', async () => {
  const { kms, current, changes } = world({ profile: 'dev' });
  const session = await current();
  const { connection } = session;
  assert.deepEqual(
    [connection.id, connection.ref, connection.region, connection.endpoint],
    ['profile/dev/eu-west-1', profileRef, 'eu-west-1', { kind: 'aws' }],
  );
  assert.equal(session.knownIdentity, undefined);
  await settle();
  assert.deepEqual(session.knownIdentity, kms.identity);
  assert.deepEqual(changes, [{ kind: 'identity' }]);
});

test('sample data needs no AWS files', async () => {
  const { current, log } = world({ remembered: sample });
  assert.equal((await current()).connection.id, 'sample');
  assert.deepEqual(log, ['open sample']);
});

test('with nothing to sign in with there is no session, until a choice is made', async () => {
  const { aws, connections, current } = world();
  aws.profiles = async () => [];
  assert.equal(await connections.current(), undefined);
  connections.select(sample);
  assert.equal((await current()).connection.id, 'sample');
});

test('a session is found by a node of its own opening, and by no other', async () => {
  const { connections, current } = world();
  const first = await current();
  assert.equal(connections.find(first.connection), first);
  connections.reconnect();
  assert.equal(connections.find(first.connection), undefined, 'nothing is open');
  const second = await current();
  assert.equal(second.connection.id, first.connection.id);
  assert.equal(connections.find(first.connection), undefined, 'a node from before the reconnect');
  assert.equal(connections.find(second.connection), second);
  connections.select(sample);
  await current();
  assert.equal(connections.find(second.connection), undefined, 'a node of another connection');
});

test('selecting another connection remembers it, closes what is on screen and says so', async () => {
  const { connections, current, log, remembered } = world();
  const before = await current();
  connections.select(profileRef);
  assert.equal(before.closed.aborted, true);
  assert.equal(connections.open, undefined);
  assert.deepEqual(remembered(), profileRef);
  const after = await current();
  assert.deepEqual([after.connection.ref, after.closed.aborted], [profileRef, false]);
  assert.deepEqual(log, ['profiles', 'open default', 'close default', 'replaced', 'profiles', 'open dev']);
});

test('forgetting the choice lets the preferences decide anew', async () => {
  const { connections, current, remembered } = world({ remembered: sample, profile: 'dev' });
  await current();
  connections.forgetChoice();
  assert.equal(remembered(), undefined);
  assert.equal((await current()).connection.id, 'profile/dev/eu-west-1');
});

test('an opening that a choice overtook is closed, and whoever waits for it gets the new one', async () => {
  const { aws, connections, current, log, sessions } = world();
  const slow = gate();
  aws.before = (step) => (step === 'open default' ? slow.passed : undefined);
  const asked = connections.current();
  await settle();
  connections.select(profileRef);
  const chosen = await current();
  slow.open();
  assert.equal(await asked, chosen);
  assert.deepEqual(sessions, [chosen]);
  assert.equal(log.filter((line) => line === 'close default').length, 1);
  assert.equal(connections.open, chosen);
});

test('a choice made while the files are read counts at once', async () => {
  const { aws, connections, log } = world({ profile: 'gone' });
  const slow = gate();
  aws.before = (step) => (step === 'profiles' ? slow.passed : undefined);
  const asked = connections.current();
  await settle();
  connections.select(sample);
  slow.open();
  assert.equal((await asked)?.connection.id, 'sample');
  assert.deepEqual(log, ['profiles', 'replaced', 'open sample']);
});

test('a failed opening stays failed until the next reconnect', async () => {
  const { aws, connections, current, log } = world();
  aws.before = () => Promise.reject(kmsError('credentialsMissing'));
  await assert.rejects(connections.current(), kmsError('credentialsMissing'));
  await assert.rejects(connections.current(), kmsError('credentialsMissing'));
  assert.deepEqual(log, ['profiles']);
  aws.before = () => {};
  connections.reconnect();
  assert.equal((await current()).connection.region, 'eu-central-1');
});

test('who is signed in is asked once for all who want to know', async () => {
  const { kms, current } = world();
  const session = await current();
  const answers = await Promise.all([session.identity(), session.identity()]);
  assert.deepEqual(answers, [kms.identity, kms.identity]);
  await session.identity();
  assert.equal(kms.count('callerIdentity'), 1);
});

test('who is signed in is asked again after a failure, which leaves the session open', async () => {
  const { kms, current, changes } = world();
  kms.before = () => Promise.reject(kmsError('accessDenied'));
  const session = await current();
  await assert.rejects(session.identity(), kmsError('accessDenied'));
  assert.deepEqual([session.knownIdentity, changes], [undefined, []]);
  kms.before = () => {};
  assert.deepEqual(await session.identity(), kms.identity);
  assert.deepEqual(changes, [{ kind: 'identity' }]);
});

test('closing a session aborts what it asked, and it tells no more', async () => {
  const { kms, connections, current, changes } = world();
  const slow = gate();
  kms.before = () => slow.passed;
  const session = await current();
  const asked = session.identity();
  connections.reconnect();
  await assert.rejects(asked, { name: 'AbortError' });
  slow.open();
  await settle();
  assert.deepEqual([changes, session.knownIdentity], [[], undefined]);
});

test('an answer that comes all the same after its session closed is not told', async () => {
  const { kms, connections, current, changes } = world();
  const late = gate();
  kms.callerIdentity = async () => {
    await late.passed;
    return kms.identity;
  };
  await current();
  connections.reconnect();
  late.open();
  await settle();
  assert.deepEqual(changes, []);
});

test('what the inventory learns is told as a change of its session', async () => {
  const { current, changes } = world();
  const session = await current();
  session.inventory.describe(['arn']);
  await settle();
  assert.deepEqual(changes, [{ kind: 'identity' }, { kind: 'key', keyArn: 'arn' }]);
});

test('disposing closes the session', async () => {
  const { connections, current, log } = world();
  const session = await current();
  connections.dispose();
  assert.equal(session.closed.aborted, true);
  assert.equal(log.at(-1), 'close default');
});

test('disposing while a connection opens leaves none open', async () => {
  const { aws, connections, log, sessions } = world();
  const slow = gate();
  aws.before = (step) => (step === 'open default' ? slow.passed : undefined);
  const asked = connections.current();
  await settle();
  connections.dispose();
  slow.open();
  assert.equal(await asked, undefined);
  assert.deepEqual(log, ['profiles', 'open default', 'close default']);
  assert.deepEqual([sessions, await connections.current()], [[], undefined]);
});
