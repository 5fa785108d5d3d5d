import assert from 'node:assert/strict';
import test from 'node:test';
import { kmsError, settle } from '../fakes.ts';
import {
  dev,
  devInUs,
  failure,
  hold,
  ofEnvironment,
  prod,
  sample,
  standard,
  steps,
  world,
} from './connections.world.ts';

test('changed files reconnect what they change, and leave the healthy ones alone', async () => {
  const { aws, connections, events, forgetEvents } = world({
    connections: [dev, devInUs, prod, ofEnvironment('eu-west-1')],
  });
  const sessions = await Promise.all((await connections.list()).map((ref) => connections.open(ref)));
  await settle();
  forgetEvents();
  aws.contents.set('dev', 'another role');
  await connections.filesChanged();
  assert.deepEqual(
    sessions.map(({ closed }) => closed.aborted),
    [true, true, false, false],
  );
  assert.deepEqual(events, ['list', 'state profile/dev/eu-west-1', 'state profile/dev/us-east-1']);
  const again = await connections.open(dev);
  await connections.filesChanged();
  assert.equal(again.closed.aborted, false, 'the second time nothing has changed');
});

test('changed files reconnect what failed to sign in, and nothing that failed otherwise or was never opened', async () => {
  const { aws, connections, events, forgetEvents } = world({ connections: [dev, devInUs, prod, standard] });
  await connections.list();
  aws.needs.set('dev', { kind: 'cli', args: [] });
  aws.before = (step) => (step.startsWith('open profile/prod') ? Promise.reject(kmsError('network')) : undefined);
  const noted = await connections.open(standard);
  connections.reportSignInProblem(noted.connection, kmsError('ssoExpired'));
  await failure(connections.open(dev));
  await failure(connections.open(prod));
  await settle();
  forgetEvents();
  await connections.filesChanged();
  assert.deepEqual(events, ['list', 'state profile/dev/eu-west-1', 'state profile/default/eu-central-1']);
  assert.equal(connections.failure(prod)?.details.kind, 'network');
  assert.equal(noted.closed.aborted, true);
});

test('changed files reconnect what failed in another way, where they change it', async () => {
  const { aws, connections } = world({ connections: [dev] });
  aws.before = (step) => (step.startsWith('open') ? Promise.reject(kmsError('regionMissing')) : undefined);
  await failure(connections.open(dev));
  aws.before = () => {};
  aws.contents.set('dev', 'with a Region');
  await connections.filesChanged();
  await connections.open(dev);
});

for (const step of steps) {
  test(`files that change while a connection opens, at "${step}", are not missed`, async () => {
    const { aws, connections, isOpen } = world({ connections: [dev] });
    await connections.list();
    const slow = hold(aws, step);
    const waiting = connections.open(dev);
    await settle();
    aws.before = () => {};
    aws.accounts.set('profile/dev/eu-west-1', '999988887777');
    aws.contents.set('dev', 'another role');
    await connections.filesChanged();
    slow.open();
    const session = await waiting;
    assert.equal((await session.identity()).account, '999988887777');
    assert.equal(isOpen().length, 1);
  });
}

for (const step of steps) {
  test(`files that change at "${step}" and are reported once the connection is open are not missed`, async () => {
    const { aws, connections } = world({ connections: [dev] });
    await connections.list();
    const slow = hold(aws, step);
    const opening = connections.open(dev);
    await settle();
    aws.before = () => {};
    aws.contents.set('dev', 'another role');
    slow.open();
    const session = await opening;
    await connections.filesChanged();
    assert.equal(session.closed.aborted, true);
  });
}

test('what an opening that was overtaken read of the files does not count', async () => {
  const { aws, connections } = world({ connections: [dev] });
  await connections.list();
  const slow = hold(aws, 'fingerprint profile/dev/eu-west-1');
  const overtaken = connections.open(dev);
  await settle();
  aws.before = () => {};
  aws.contents.set('dev', 'another role');
  connections.reconnect(dev);
  const session = await connections.open(dev);
  slow.open();
  await overtaken;
  await connections.filesChanged();
  assert.equal(session.closed.aborted, false);
});

test('a profile that is removed from the files is a failure, and comes alive when it returns', async () => {
  const { aws, connections } = world({ connections: [dev] });
  await connections.list();
  const session = await connections.open(dev);
  aws.contents.set('dev', 'removed');
  await connections.filesChanged();
  assert.equal(session.closed.aborted, true);
  assert.equal(await failure(connections.open(dev)), 'profileMissing');
  assert.equal(connections.failure(dev)?.details.kind, 'profileMissing');
  assert.deepEqual(connections.shown, [dev]);
  aws.contents.delete('dev');
  await connections.filesChanged();
  assert.equal((await connections.open(dev)).closed.aborted, false);
});

test('what was opened again while the files were compared is not compared with what they said before', async () => {
  const { aws, connections } = world({ connections: [dev] });
  await connections.open(dev);
  const slow = hold(aws, 'fingerprint profile/dev/eu-west-1');
  const comparing = connections.filesChanged();
  await settle();
  aws.before = () => {};
  aws.contents.set('dev', 'another role');
  connections.reconnect(dev);
  const session = await connections.open(dev);
  slow.open();
  await comparing;
  assert.equal(session.closed.aborted, false);
});

test('the files of all connections are watched, also of those behind keys of other Regions, and not of removed ones', async () => {
  const { connections, preferences, watched } = world({ connections: [dev, prod], sample: true });
  await connections.list();
  await settle();
  assert.deepEqual(watched.at(-1), ['/aws/config', '/aws/profile/dev/eu-west-1', '/aws/profile/prod/eu-west-1']);
  await connections.open(devInUs);
  await settle();
  assert.deepEqual(
    new Set(watched.at(-1)),
    new Set(['/aws/config', '/aws/profile/dev/eu-west-1', '/aws/profile/prod/eu-west-1', '/aws/profile/dev/us-east-1']),
  );
  preferences.connections = [prod];
  await connections.list();
  await settle();
  assert.deepEqual(watched.at(-1), ['/aws/config', '/aws/profile/prod/eu-west-1']);
});

test('files that change may name other files, which are watched from then on', async () => {
  const { aws, connections, watched } = world({ connections: [dev] });
  await connections.list();
  await settle();
  aws.files = async () => ['/aws/sso/token'];
  await connections.filesChanged();
  await settle();
  assert.deepEqual(watched.at(-1), ['/aws/sso/token']);
});

test('where there is no connection yet, or its profile is missing, the files are watched all the same', async () => {
  for (const fields of [{}, { profile: 'gone' }]) {
    const { aws, connections, watched } = world(fields);
    aws.profilesThere = [];
    await connections.list().catch(() => {});
    await settle();
    assert.deepEqual(watched, [['/aws/config']]);
  }
});

test('of two questions for the files the newer one counts, whichever is answered first', async () => {
  const { aws, connections, preferences, watched } = world({ connections: [dev] });
  const slow = hold(aws, 'files profile/dev/eu-west-1');
  await connections.list();
  await settle();
  preferences.connections = [prod];
  await connections.list();
  await settle();
  slow.open();
  await settle();
  assert.deepEqual(watched, [['/aws/config', '/aws/profile/prod/eu-west-1']]);
});

test('files that can not be read leave what is watched as it is', async () => {
  const { aws, connections, watched } = world({ connections: [dev] });
  aws.before = (step) => (step.startsWith('files') ? Promise.reject(kmsError('unknown')) : undefined);
  await connections.list();
  await connections.open(dev);
  await settle();
  assert.deepEqual(watched, []);
});

test('files that can not be read when they are first listed are watched, and sample data is shown all the same', async () => {
  const { aws, connections, preferences, watched } = world();
  aws.before = (step) => (step === 'profiles' ? Promise.reject(kmsError('filesUnreadable')) : undefined);
  assert.equal(await failure(connections.list()), 'filesUnreadable');
  await settle();
  assert.deepEqual(watched, [['/aws/config']]);
  preferences.sample = true;
  assert.deepEqual(await connections.list(), [sample]);
});
