import assert from 'node:assert/strict';
import test from 'node:test';
import { isKmsError } from '../../../../src/core/kms/errors.ts';
import { gate, kmsError, settle } from '../fakes.ts';
import { dev, failure, hold, prod, steps, world } from './connections.world.ts';

test('a sign-in that fails when a connection is opened again is the failure of the connection, and is not tried twice', async () => {
  const { aws, connections } = world({ connections: [dev] });
  await connections.list();
  await connections.open(dev);
  connections.reconnect(dev);
  aws.beforeCall = () => {
    throw kmsError('mfaRefused', { operation: 'AssumeRole' });
  };
  await assert.rejects(connections.open(dev), (error) => isKmsError(error) && error.details.kind === 'mfaRefused');
  assert.equal(connections.failure(dev)?.details.kind, 'mfaRefused');
  assert.equal(aws.opened.at(-1)?.isClosed, true);
  assert.deepEqual(
    aws.opened.at(-1)?.kms.calls.map(({ operation }) => operation),
    ['callerIdentity'],
  );
});

test('reconnecting closes the session, says so, and the next question opens it again', async () => {
  const { connections, events, forgetEvents, isOpen } = world({ connections: [dev, prod] });
  const [before, other] = await Promise.all([connections.open(dev), connections.open(prod)]);
  await settle();
  forgetEvents();
  connections.reconnect(dev);
  assert.deepEqual([before.closed.aborted, connections.session(dev)], [true, undefined]);
  assert.deepEqual([events, isOpen()], [['state profile/dev/eu-west-1'], ['profile/prod/eu-west-1']]);
  const after = await connections.open(dev);
  assert.deepEqual([after.closed.aborted, after === before], [false, false]);
  assert.equal(other.closed.aborted, false);
});

test('a connection that is not known is not reconnected', () => {
  const { connections, events } = world();
  connections.reconnect(dev);
  assert.deepEqual([events, connections.known], [[], []]);
});

test('a session is found by a node of its own opening, and by no other', async () => {
  const { connections, preferences } = world({ connections: [dev, prod] });
  await connections.list();
  const first = await connections.open(dev);
  assert.equal(connections.find(first.connection), first);
  connections.reconnect(dev);
  assert.equal(connections.find(first.connection), undefined, 'nothing is open');
  const second = await connections.open(dev);
  assert.equal(second.connection.id, first.connection.id);
  assert.equal(connections.find(first.connection), undefined, 'a node from before the reconnect');
  assert.equal(connections.find(second.connection), second);
  preferences.connections = [prod];
  await connections.list();
  assert.equal(connections.find(second.connection), undefined, 'a node of a connection that was removed');
  preferences.connections = [dev];
  await connections.list();
  await connections.open(dev);
  assert.equal(connections.find(second.connection), undefined, 'a node from before the removal');
});

for (const step of steps) {
  test(`an opening that a reconnect overtakes at "${step}" leaks nothing, and whoever waits gets the new one`, async () => {
    const { aws, connections, sessions, isOpen, events } = world({ connections: [dev] });
    await connections.list();
    const slow = hold(aws, step);
    const waiting = connections.open(dev);
    await settle();
    aws.before = () => {};
    connections.reconnect(dev);
    const session = await connections.open(dev);
    slow.open();
    assert.equal(await waiting, session);
    assert.deepEqual([sessions, isOpen()], [[session], ['profile/dev/eu-west-1']]);
    assert.equal(aws.opened.length, step.startsWith('open') ? 2 : 1);
    assert.equal(connections.session(dev), session);
    assert.equal(events.filter((line) => line.startsWith('opened')).length, 1);
  });

  test(`an opening that a removal overtakes at "${step}" leaks nothing`, async () => {
    const { aws, connections, preferences, sessions, isOpen } = world({ connections: [dev] });
    await connections.list();
    const slow = hold(aws, step);
    const waiting = failure(connections.open(dev));
    await settle();
    preferences.connections = [];
    await connections.list();
    slow.open();
    assert.equal(await waiting, 'abort');
    assert.deepEqual([sessions, isOpen(), connections.known], [[], [], []]);
  });

  test(`an opening that was overtaken at "${step}" and then fails is no failure of the new one`, async () => {
    const { aws, connections, events } = world({ connections: [dev] });
    await connections.list();
    const slow = gate();
    aws.before = async (asked) => {
      if (asked !== step) {
        return;
      }
      await slow.passed;
      throw kmsError('network');
    };
    const waiting = connections.open(dev);
    await settle();
    aws.before = () => {};
    connections.reconnect(dev);
    const session = await connections.open(dev);
    slow.open();
    assert.equal(await waiting, session);
    assert.equal(connections.failure(dev), undefined);
    assert.equal(events.filter((line) => line.startsWith('state')).length, 2);
  });
}

test('an opening whose files can not be read leaks nothing', async () => {
  const { aws, connections, isOpen } = world({ connections: [dev] });
  aws.before = (step) => (step.startsWith('fingerprint') ? Promise.reject(kmsError('unknown')) : undefined);
  assert.equal(await failure(connections.open(dev)), 'unknown');
  assert.deepEqual(isOpen(), []);
});
