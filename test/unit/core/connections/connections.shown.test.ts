import assert from 'node:assert/strict';
import test from 'node:test';
import { isKmsError } from '../../../../src/core/kms/errors.ts';
import { settle } from '../fakes.ts';
import { dev, devInUs, failure, hold, ids, ofEnvironment, prod, sample, standard, world } from './connections.world.ts';

test('what the user has not agreed to is neither listed nor opened, and named', async () => {
  const { connections, preferences, asked, isOpen } = world({
    connections: [dev, prod],
    sample: true,
    isUnconfirmed: true,
  });
  for (const fields of [{}, { connections: undefined, profile: 'dev' }]) {
    Object.assign(preferences, fields);
    const error = await connections.list().catch((reason: unknown) => reason);
    assert.ok(isKmsError(error) && error.details.kind === 'notConfirmed');
    assert.match(
      error.details.message,
      'profile' in fields ? /^dev \(eu-west-1\)$/ : /^dev \(eu-west-1\), prod \(eu-west-1\)$/,
    );
    assert.deepEqual([connections.shown, isOpen(), asked('open')], [[], [], []]);
  }
  preferences.isUnconfirmed = false;
  assert.deepEqual(await connections.list(), [dev, sample]);
});

test('connections that were open are closed when their settings become those of somebody else', async () => {
  const { connections, preferences, isOpen } = world({ connections: [dev] });
  await connections.list();
  await connections.open(dev);
  assert.equal(isOpen().length, 1);
  Object.assign(preferences, { connections: [prod], isUnconfirmed: true });
  assert.equal(await failure(connections.list()), 'notConfirmed');
  assert.deepEqual(isOpen(), []);
});

test('a profile that is named and in no file is reported with the files that were read', async () => {
  const { connections } = world({ profile: 'gone' });
  const error = await connections.list().catch((reason: unknown) => reason);
  assert.ok(isKmsError(error) && error.details.kind === 'profileMissing');
  assert.deepEqual([error.details.profile, error.details.files], ['gone', ['/aws/config']]);
});

test('listing opens nothing', async () => {
  const { connections, events, asked } = world({ connections: [dev, prod], sample: true });
  assert.deepEqual(await connections.list(), [dev, prod, sample]);
  await settle();
  assert.deepEqual([asked('open'), asked('need'), asked('fingerprint'), events], [[], [], [], []]);
  assert.equal(connections.session(dev), undefined);
});

test('the files are read for the default alone, and each time', async () => {
  const { connections, preferences, asked } = world({ connections: [dev] });
  await connections.list();
  assert.deepEqual(asked('profiles'), []);
  preferences.connections = undefined;
  assert.deepEqual(await connections.list(), [standard]);
  await connections.list();
  assert.equal(asked('profiles').length, 2);
});

test('a connection that is chosen twice is shown once', async () => {
  const { connections } = world({ connections: [dev, prod, { ...dev }] });
  assert.deepEqual(await connections.list(), [dev, prod]);
  assert.deepEqual(connections.shown, [dev, prod]);
});

test('what is shown is in the order in which it was listed last', async () => {
  const { connections, preferences } = world({ connections: [dev, prod] });
  await connections.list();
  preferences.connections = [prod, standard, dev];
  await connections.list();
  assert.deepEqual(connections.shown, [prod, standard, dev]);
});

test('what is no longer shown is closed; the rest stays open', async () => {
  const { connections, preferences, isOpen } = world({ connections: [dev, prod], sample: true });
  await connections.list();
  const [removed, kept, sampled] = await Promise.all([dev, prod, sample].map((ref) => connections.open(ref)));
  preferences.connections = [prod];
  preferences.sample = false;
  assert.deepEqual(await connections.list(), [prod]);
  assert.deepEqual(
    [removed, kept, sampled].map((session) => session?.closed.aborted),
    [true, false, true],
  );
  assert.deepEqual(isOpen(), ['profile/prod/eu-west-1']);
  assert.equal(await connections.open(prod), kept);
  assert.deepEqual(connections.known, [prod]);
});

test('another Region of a sign-in that is shown stays open as long as one of its Regions is shown', async () => {
  const { connections, preferences, isOpen } = world({ connections: [dev, prod, ofEnvironment('eu-west-1')] });
  await connections.list();
  await Promise.all([devInUs, ofEnvironment('us-east-1'), dev].map((ref) => connections.open(ref)));
  await connections.list();
  assert.deepEqual(isOpen().sort(), ['environment/us-east-1', 'profile/dev/eu-west-1', 'profile/dev/us-east-1']);
  assert.deepEqual(ids(connections.shown), [
    'profile/dev/eu-west-1',
    'profile/prod/eu-west-1',
    'environment/eu-west-1',
  ]);
  assert.deepEqual(new Set(connections.known), new Set([...connections.shown, devInUs, ofEnvironment('us-east-1')]));
  preferences.connections = [prod];
  await connections.list();
  assert.deepEqual([isOpen(), connections.known], [[], [prod]]);
});

test('a Region that stood behind keys alone and is chosen is shown, still open; when removed, it is closed', async () => {
  const { connections, preferences } = world({ connections: [dev] });
  await connections.list();
  const session = await connections.open(devInUs);
  preferences.connections = [dev, devInUs];
  await connections.list();
  assert.deepEqual(connections.shown, [dev, devInUs]);
  assert.equal(await connections.open(devInUs), session);
  preferences.connections = [dev];
  await connections.list();
  assert.equal(session.closed.aborted, true);
  assert.deepEqual(connections.known, [dev]);
});

for (const [what, change] of [
  ['is gone', { profile: 'gone' }],
  ['has no Region', { profile: 'no-region' }],
] as const) {
  test(`when the profile of the default connection ${what}, everything is closed`, async () => {
    const { connections, preferences, isOpen } = world({ profile: 'dev' });
    await connections.list();
    const session = await connections.open(dev);
    await connections.open(devInUs);
    Object.assign(preferences, change);
    await assert.rejects(connections.list());
    assert.deepEqual([session.closed.aborted, isOpen(), connections.known], [true, [], []]);
    preferences.profile = 'dev';
    assert.deepEqual(await connections.list(), [dev]);
    assert.notEqual(await connections.open(dev), session);
  });
}

test('a choice made while the files are read counts at once, and costs no connection', async () => {
  const { aws, connections, preferences } = world({ profile: 'gone' });
  const reading = hold(aws, 'profiles');
  const first = connections.list();
  await settle();
  preferences.connections = [dev];
  await connections.list();
  const session = await connections.open(dev);
  reading.open();
  assert.deepEqual(await first, [dev]);
  assert.equal(session.closed.aborted, false);
});

test('changed preferences are reported as another list', () => {
  const { connections, events } = world();
  connections.preferencesChanged();
  assert.deepEqual(events, ['list']);
});
