import assert from 'node:assert/strict';
import test from 'node:test';
import { settle } from '../fakes.ts';
import { dev, devInUs, failure, hold, prod, steps, world } from './connections.world.ts';

test('disposing closes all sessions, and nothing is opened, listed or watched any more', async () => {
  const { connections, isOpen, asked, watched } = world({ connections: [dev, prod] });
  await connections.list();
  const sessions = await Promise.all([dev, prod, devInUs].map((ref) => connections.open(ref)));
  await settle();
  watched.splice(0);
  connections.dispose();
  assert.ok(sessions.every(({ closed }) => closed.aborted));
  assert.deepEqual([isOpen(), await connections.list(), await failure(connections.open(dev))], [[], [], 'abort']);
  await settle();
  assert.deepEqual([watched, asked('open').length], [[], 3]);
});

for (const step of steps) {
  test(`disposing while a connection opens, at "${step}", leaves none open`, async () => {
    const { aws, connections, isOpen, sessions } = world({ connections: [dev] });
    await connections.list();
    const slow = hold(aws, step);
    const waiting = failure(connections.open(dev));
    await settle();
    connections.dispose();
    slow.open();
    assert.equal(await waiting, 'abort');
    assert.deepEqual([isOpen(), sessions], [[], []]);
  });
}

test('files that were asked for before the end are not watched after it', async () => {
  const { aws, connections, watched } = world({ connections: [dev] });
  const slow = hold(aws, 'files profile/dev/eu-west-1');
  await connections.list();
  await settle();
  connections.dispose();
  slow.open();
  await settle();
  assert.deepEqual(watched, []);
});
