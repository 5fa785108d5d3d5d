import assert from 'node:assert/strict';
import test from 'node:test';
import { kmsError, settle } from '../fakes.ts';
import { dev, devInUs, prod, world } from './connections.world.ts';

test('a connection that a command holds is closed by no change of the list before the command lets go', async () => {
  const { connections, preferences, isOpen } = world({ connections: [dev, prod] });
  await connections.list();
  const session = await connections.open(dev);
  const [one, other] = [connections.hold(session.connection), connections.hold(session.connection)];
  preferences.connections = [prod];
  assert.deepEqual(await connections.list(), [prod]);
  assert.deepEqual([connections.shown, connections.find(session.connection)], [[prod], session]);
  one[Symbol.dispose]();
  one[Symbol.dispose]();
  assert.equal(session.closed.aborted, false);
  other[Symbol.dispose]();
  assert.equal(session.closed.aborted, true);
  assert.deepEqual(isOpen(), []);
  assert.ok(!connections.known.includes(dev));
});

test('a connection that was removed and shown again while it is held stays open', async () => {
  const { connections, preferences } = world({ connections: [dev] });
  await connections.list();
  const session = await connections.open(dev);
  const held = connections.hold(session.connection);
  preferences.connections = [];
  await connections.list();
  preferences.connections = [dev];
  await connections.list();
  held[Symbol.dispose]();
  assert.deepEqual([session.closed.aborted, connections.shown], [false, [dev]]);
});

test('a Region that is held and removed is closed afterwards, also when another of its sign-in is shown', async () => {
  const { connections, preferences } = world({ connections: [dev, devInUs] });
  await connections.list();
  const session = await connections.open(dev);
  const held = connections.hold(session.connection);
  preferences.connections = [devInUs];
  await connections.list();
  assert.equal(session.closed.aborted, false);
  held[Symbol.dispose]();
  assert.equal(session.closed.aborted, true);
});

test('a change of the files, or of the account, closes a connection that is held', async () => {
  const { aws, connections } = world({ connections: [dev] });
  await connections.list();
  const session = await connections.open(dev);
  connections.hold(session.connection);
  aws.contents.set('dev', 'other');
  await connections.filesChanged();
  assert.equal(session.closed.aborted, true);
  const next = await connections.open(dev);
  connections.hold(next.connection);
  aws.opened[1]?.ended.abort(kmsError('accountChanged'));
  await settle();
  assert.equal(next.closed.aborted, true);
});
