import assert from 'node:assert/strict';
import test from 'node:test';
import type { SignInNeed } from '../../../../src/core/kms/kmsApi.ts';
import { kmsError, settle } from '../fakes.ts';
import { dev, devInUs, failure, ofProfile, prod, world } from './connections.world.ts';

const signIns: readonly SignInNeed[] = [
  { kind: 'mfa', serial: 'arn:aws:iam::111122223333:mfa/ana' },
  { kind: 'process' },
];

for (const need of signIns) {
  test(`what takes ${need.kind} is not opened before the user asks for it, in one Region for all of them`, async () => {
    const { aws, connections, asked } = world({ connections: [dev, devInUs, prod] });
    aws.needs.set('dev', need);
    aws.needs.set('prod', need);
    await connections.list();
    for (const ref of [dev, devInUs, prod]) {
      assert.equal(await failure(connections.open(ref)), 'signInNeeded');
    }
    assert.deepEqual(asked('open'), []);
    assert.equal(connections.failure(dev)?.details.awsName, need.kind);
    assert.equal(connections.failure(dev)?.details.profile, 'dev');
    connections.allowPrompts(dev);
    connections.reconnect(dev);
    connections.reconnect(devInUs);
    connections.reconnect(prod);
    await Promise.all([connections.open(dev), connections.open(devInUs)]);
    assert.equal(await failure(connections.open(prod)), 'signInNeeded', 'another profile');
    assert.equal(
      (await connections.open(ofProfile('dev', 'ap-south-1'))).closed.aborted,
      false,
      'a Region that is new',
    );
  });
}

test('what the user allowed is forgotten when the files of the connection change', async () => {
  const { aws, connections } = world({ connections: [dev] });
  aws.needs.set('dev', { kind: 'process' });
  await connections.list();
  connections.allowPrompts(dev);
  await connections.open(dev);
  aws.contents.set('dev', 'another program');
  await connections.filesChanged();
  assert.equal(await failure(connections.open(dev)), 'signInNeeded');
});

test('a sign-in may be allowed before its connection is shown', async () => {
  const { aws, connections, preferences } = world({ connections: [prod] });
  aws.needs.set('dev', { kind: 'process' });
  await connections.list();
  connections.allowPrompts(dev);
  preferences.connections = [prod, devInUs];
  await connections.list();
  await connections.open(devInUs);
});

test('a sign-in that was allowed is allowed no more once none of its Regions is shown', async () => {
  const { aws, connections, preferences } = world({ connections: [dev, devInUs] });
  aws.needs.set('dev', { kind: 'process' });
  connections.allowPrompts(dev);
  await connections.list();
  preferences.connections = [devInUs];
  await connections.list();
  await connections.open(devInUs);
  preferences.connections = [];
  await connections.list();
  preferences.connections = [devInUs];
  await connections.list();
  assert.equal(await failure(connections.open(devInUs)), 'signInNeeded');
});

test('each act of the user allows its profile one prompt', async () => {
  const { connections, permissions, preferences } = world({ connections: [dev, devInUs, prod] });
  const consume = (profile: string) => permissions.consumePromptPermission(profile);
  await connections.list();
  assert.equal(consume('dev'), false);
  connections.allowPrompts(dev);
  connections.allowPrompts(devInUs);
  assert.equal(consume('prod'), false);
  assert.deepEqual([consume('dev'), consume('dev')], [true, false]);
  connections.signIn(devInUs);
  assert.deepEqual([consume('dev'), consume('dev')], [true, false]);
  connections.allowPrompts(dev);
  preferences.connections = [prod];
  await connections.list();
  assert.equal(consume('dev'), false, 'it is shown no more');
});

test('signing in opens the connection again, and those of its sign-in that wait, each once, and no other', async () => {
  const { aws, connections, events, forgetEvents } = world({ connections: [dev, devInUs, prod] });
  const healthy = ofProfile('dev', 'ap-south-1');
  await connections.list();
  const session = await connections.open(healthy);
  for (const profile of ['dev', 'prod']) {
    aws.needs.set(profile, { kind: 'process' });
  }
  for (const ref of [dev, devInUs, prod]) {
    await failure(connections.open(ref));
  }
  await settle();
  forgetEvents();
  connections.signIn({ ...dev });
  assert.deepEqual(events, ['state profile/dev/eu-west-1', 'state profile/dev/us-east-1']);
  assert.equal(session.closed.aborted, false);
  await Promise.all([connections.open(dev), connections.open(devInUs)]);
  assert.equal(await failure(connections.open(prod)), 'signInNeeded');
  await settle();
  forgetEvents();
  connections.signIn({ ...dev });
  assert.deepEqual(events, ['state profile/dev/eu-west-1'], 'also when it is open');
});

test('what the AWS CLI signs in waits for the CLI, also when the user asks for it', async () => {
  const { aws, connections, asked } = world({ connections: [dev] });
  aws.needs.set('dev', { kind: 'cli', args: ['sso', 'login', '--profile', 'dev'] });
  connections.allowPrompts(dev);
  assert.equal(await failure(connections.open(dev)), 'signInNeeded');
  connections.reconnect(dev);
  assert.equal(await failure(connections.open(dev)), 'signInNeeded');
  assert.deepEqual(asked('open'), []);
  aws.needs.delete('dev');
  await connections.filesChanged();
  assert.equal((await connections.open(dev)).closed.aborted, false);
});

test('a failure stays until the next reconnect, and is reported once', async () => {
  const { aws, connections, events, asked, forgetEvents } = world({ connections: [dev] });
  aws.before = (step) => (step.startsWith('open') ? Promise.reject(kmsError('invalidEndpoint')) : undefined);
  assert.deepEqual(await Promise.all([failure(connections.open(dev)), failure(connections.open(dev))]), [
    'invalidEndpoint',
    'invalidEndpoint',
  ]);
  assert.equal(await failure(connections.open(dev)), 'invalidEndpoint');
  assert.equal(connections.failure(dev)?.details.kind, 'invalidEndpoint');
  assert.deepEqual([asked('open').length, events], [1, ['state profile/dev/eu-west-1']]);
  forgetEvents();
  aws.before = () => {};
  connections.reconnect(dev);
  assert.equal(connections.failure(dev), undefined);
  await connections.open(dev);
  assert.deepEqual(events, [
    'state profile/dev/eu-west-1',
    'opened profile/dev/eu-west-1',
    'state profile/dev/eu-west-1',
  ]);
});

test('what fails for a reason that is no failure of AWS is tried again by the next who asks', async () => {
  const { aws, connections } = world({ connections: [dev] });
  aws.before = (step) => (step.startsWith('need') ? Promise.reject(AbortSignal.abort().reason) : undefined);
  assert.equal(await failure(connections.open(dev)), 'abort');
  assert.equal(connections.failure(dev), undefined);
  aws.before = () => {};
  await connections.open(dev);
});

test('one connection that fails leaves the others alone', async () => {
  const { aws, connections } = world({ connections: [dev, prod] });
  const healthy = await connections.open(prod);
  aws.contents.set('dev', 'removed');
  assert.equal(await failure(connections.open(dev)), 'profileMissing');
  assert.equal(healthy.closed.aborted, false);
  assert.equal(connections.failure(prod), undefined);
});

test('a sign-in that no longer holds is a failure of the open connection, reported once', async () => {
  const { connections, events, forgetEvents } = world({ connections: [dev, prod] });
  const session = await connections.open(dev);
  await connections.open(prod);
  await settle();
  forgetEvents();
  connections.reportSignInProblem(session.connection, kmsError('expiredToken'));
  connections.reportSignInProblem(session.connection, kmsError('ssoExpired'));
  assert.equal(connections.failure(dev)?.details.kind, 'expiredToken');
  assert.equal(connections.failure(prod), undefined);
  assert.deepEqual(events, ['state profile/dev/eu-west-1']);
  assert.equal(await connections.open(dev), session, 'what is loaded stays on screen');
  connections.reconnect(dev);
  await connections.open(dev);
  connections.reportSignInProblem(session.connection, kmsError('expiredToken'));
  assert.equal(connections.failure(dev), undefined, 'a problem of the session before');
});
