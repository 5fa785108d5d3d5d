import assert from 'node:assert/strict';
import test from 'node:test';
import { type FakeKms, gate, settle } from '../fakes.ts';
import { dev, devInUs, failure, hold, sample, world } from './connections.world.ts';

test('a connection is opened once for all who ask', async () => {
  const { connections, aws, asked, sessions } = world({ connections: [dev] });
  await connections.list();
  const [first, second] = await Promise.all([connections.open(dev), connections.open({ ...dev })]);
  assert.ok(first === second && first === (await connections.open(dev)) && first === connections.session(dev));
  assert.deepEqual([asked('open'), sessions], [['open profile/dev/eu-west-1'], [first]]);
  assert.equal(aws.opened.length, 1);
});

test('each connection is opened on its own, with an opening of its own', async () => {
  const { aws, connections, isOpen } = world({ connections: [dev, devInUs] });
  const slow = hold(aws, 'open profile/dev/eu-west-1');
  const slowly = connections.open(dev);
  const session = await connections.open(devInUs);
  assert.deepEqual(isOpen(), ['profile/dev/us-east-1']);
  slow.open();
  assert.notEqual((await slowly).connection.opening, session.connection.opening);
});

test('a session knows its connection, where it leads and who is signed in', async () => {
  const { aws, connections, events } = world({ connections: [dev] });
  const session = await connections.open(dev);
  const { id, ref, region, endpoint } = session.connection;
  assert.deepEqual([id, ref, region, endpoint], ['profile/dev/eu-west-1', dev, 'eu-west-1', { kind: 'aws' }]);
  assert.equal(session.knownIdentity, undefined);
  await settle();
  assert.deepEqual(session.knownIdentity, aws.opened[0]?.kms.identity);
  assert.deepEqual(events, [
    'opened profile/dev/eu-west-1',
    'state profile/dev/eu-west-1',
    'identity profile/dev/eu-west-1',
  ]);
});

test('of sample data neither the files nor the sign-in are asked', async () => {
  const { aws, connections, watched } = world({ connections: [], sample: true });
  await connections.list();
  const session = await connections.open(sample);
  await connections.filesChanged();
  await settle();
  assert.equal(session.closed.aborted, false);
  assert.deepEqual([...new Set(aws.log)], ['files', 'open sample']);
  assert.deepEqual(watched.at(-1), ['/aws/config']);
});

test('closing a session aborts what it asked, and it reports no more', async () => {
  const { aws, connections, events, forgetEvents } = world({ connections: [dev] });
  const slow = gate();
  aws.beforeCall = () => slow.passed;
  const session = await connections.open(dev);
  const asked = session.identity();
  connections.reconnect(dev);
  assert.equal(await failure(asked), 'abort');
  forgetEvents();
  slow.open();
  await settle();
  assert.equal(session.knownIdentity, undefined);
  assert.deepEqual(events, []);
});

test('an answer that comes all the same after its session closed is not reported', async () => {
  const { aws, connections, events, forgetEvents } = world({ connections: [dev] });
  const session = await connections.open(dev);
  await settle();
  const late = gate();
  const kms = aws.opened[0]?.kms ?? assert.fail();
  kms.describeKey = async () => {
    await late.passed;
    return { keyId: 'k1', arn: 'arn' } as Awaited<ReturnType<FakeKms['describeKey']>>;
  };
  session.inventory.describe(['arn']);
  connections.reconnect(dev);
  await connections.open(dev);
  await settle();
  forgetEvents();
  late.open();
  await settle();
  assert.deepEqual(events, []);
});

test('what the inventory learns is reported as a change of its session', async () => {
  const { connections, events, forgetEvents } = world({ connections: [dev] });
  const session = await connections.open(dev);
  await settle();
  forgetEvents();
  session.inventory.describe(['arn']);
  await settle();
  assert.deepEqual(events, ['key arn profile/dev/eu-west-1']);
});
