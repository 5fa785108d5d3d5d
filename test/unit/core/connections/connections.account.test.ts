import assert from 'node:assert/strict';
import test from 'node:test';
import { gate, kmsError, settle } from '../fakes.ts';
import { dev, failure, prod, world } from './connections.world.ts';

test('another account behind a connection that opens again is reported before anything of it is given out', async () => {
  const { aws, connections, events, forgetEvents } = world({ connections: [dev] });
  await connections.open(dev);
  await settle();
  aws.accounts.set('profile/dev/eu-west-1', '999988887777');
  connections.reconnect(dev);
  forgetEvents();
  const slow = gate();
  aws.beforeCall = () => slow.passed;
  let isGivenOut = false;
  const opening = connections.open(dev).then((session) => {
    isGivenOut = true;
    return session;
  });
  await settle();
  assert.deepEqual([events, isGivenOut, connections.session(dev)], [[], false, undefined]);
  slow.open();
  const session = await opening;
  const id = 'profile/dev/eu-west-1';
  assert.deepEqual(events, [`account ${id}`, `opened ${id}`, `state ${id}`]);
  assert.equal(session.knownIdentity?.account, '999988887777');
  assert.equal(connections.session(dev), session);
});

test('the same account behind a connection that opens again is no change', async () => {
  const { connections, events } = world({ connections: [dev] });
  await connections.open(dev);
  for (let round = 0; round < 3; round += 1) {
    await settle();
    connections.reconnect(dev);
    await connections.open(dev);
  }
  assert.deepEqual(
    events.filter((line) => line.startsWith('account')),
    [],
  );
});

test('the account is compared with the last one that was known, over failures in between', async () => {
  const { aws, connections, events } = world({ connections: [dev] });
  await connections.open(dev);
  await settle();
  aws.contents.set('dev', 'removed');
  connections.reconnect(dev);
  assert.equal(await failure(connections.open(dev)), 'profileMissing');
  connections.reconnect(dev);
  aws.contents.delete('dev');
  aws.accounts.set('profile/dev/eu-west-1', '999988887777');
  await connections.open(dev);
  assert.ok(events.includes('account profile/dev/eu-west-1'));
});

test('where nobody can say whose account it is now, it counts as another', async () => {
  const { aws, connections, events } = world({ connections: [dev] });
  await connections.open(dev);
  await settle();
  connections.reconnect(dev);
  aws.beforeCall = () => Promise.reject(kmsError('network'));
  const session = await connections.open(dev);
  assert.deepEqual([session.knownIdentity, session.closed.aborted], [undefined, false]);
  assert.ok(events.includes('account profile/dev/eu-west-1'));
});

test('a change of account is a matter of one connection', async () => {
  const { aws, connections, events } = world({ connections: [dev, prod] });
  await Promise.all([connections.open(dev), connections.open(prod)]);
  await settle();
  aws.accounts.set('profile/dev/eu-west-1', '999988887777');
  for (const ref of [dev, prod]) {
    connections.reconnect(ref);
  }
  await Promise.all([connections.open(dev), connections.open(prod)]);
  assert.deepEqual(
    events.filter((line) => line.startsWith('account')),
    ['account profile/dev/eu-west-1'],
  );
});

test('an opening that is overtaken while its account is asked for is closed at once', async () => {
  const { aws, connections, preferences, isOpen, sessions } = world({ connections: [dev] });
  await connections.list();
  await connections.open(dev);
  await settle();
  connections.reconnect(dev);
  const never = gate();
  aws.beforeCall = () => never.passed;
  const waiting = failure(connections.open(dev));
  await settle();
  assert.deepEqual(isOpen(), ['profile/dev/eu-west-1']);
  preferences.connections = [];
  await connections.list();
  assert.deepEqual(isOpen(), []);
  assert.equal(await waiting, 'abort');
  assert.equal(sessions.length, 1);
});

test('who is signed in is asked once for all who want to know', async () => {
  const { aws, connections } = world({ connections: [dev] });
  const session = await connections.open(dev);
  const [first, second] = await Promise.all([session.identity(), session.identity()]);
  assert.ok(first === second && first === (await session.identity()));
  assert.equal(aws.opened[0]?.kms.count('callerIdentity'), 1);
});

test('who is signed in is asked again after a failure, which leaves the session open', async () => {
  const { aws, connections, events } = world({ connections: [dev] });
  aws.beforeCall = () => Promise.reject(kmsError('accessDenied'));
  const session = await connections.open(dev);
  await assert.rejects(session.identity(), kmsError('accessDenied'));
  assert.deepEqual([session.knownIdentity, session.closed.aborted], [undefined, false]);
  assert.ok(!events.includes('identity profile/dev/eu-west-1'));
  aws.beforeCall = () => {};
  assert.equal((await session.identity()).account, '111122223333');
  assert.equal(events.at(-1), 'identity profile/dev/eu-west-1');
});

test('who is signed in is confirmed by asking again, and then known to be who it is now', async () => {
  const { aws, connections, events } = world({ connections: [dev] });
  const session = await connections.open(dev);
  const { signal } = new AbortController();
  await session.identity();
  const [opened] = aws.opened;
  assert.ok(opened !== undefined);
  opened.kms.identity = { account: '111122223333', arn: 'arn:aws:iam::111122223333:user/break-glass' };
  assert.equal((await session.identity()).arn, 'arn:aws:iam::111122223333:user/ana');
  assert.equal((await session.confirmIdentity(signal)).arn, 'arn:aws:iam::111122223333:user/break-glass');
  assert.equal((await session.identity()).arn, 'arn:aws:iam::111122223333:user/break-glass');
  assert.equal(session.knownIdentity?.arn, 'arn:aws:iam::111122223333:user/break-glass');
  assert.equal(events.at(-1), 'identity profile/dev/eu-west-1');
  assert.equal(await failure(session.confirmIdentity(AbortSignal.abort())), 'abort');
});

test('an opening whose credentials lead to another account ends, whoever asked, and the next question opens again', async () => {
  const { aws, connections, events, isOpen, forgetEvents } = world({ connections: [dev] });
  const session = await connections.open(dev);
  await settle();
  forgetEvents();
  const id = 'profile/dev/eu-west-1';
  aws.accounts.set(id, '999988887777');
  aws.opened[0]?.ended.abort(kmsError('accountChanged'));
  // Who asked gets the reason, and not that it was aborted.
  assert.equal(session.closed.aborted, false);
  await settle();
  assert.deepEqual([session.closed.aborted, connections.find(session.connection), isOpen()], [true, undefined, []]);
  assert.deepEqual(events, [`account ${id}`, `state ${id}`]);
  const next = await connections.open(dev);
  assert.equal(next.knownIdentity?.account, '999988887777');
  aws.opened[0]?.ended.abort();
  await settle();
  assert.equal(next.closed.aborted, false);
});

test('of a connection whose account nobody knew, nothing stays on screen when it opens again', async () => {
  const { aws, connections, events } = world({ connections: [dev] });
  aws.beforeCall = () => Promise.reject(kmsError('network'));
  await connections.open(dev);
  await settle();
  connections.reconnect(dev);
  assert.ok(!events.includes('account profile/dev/eu-west-1'));
  aws.beforeCall = () => {};
  await connections.open(dev);
  assert.ok(events.includes('account profile/dev/eu-west-1'));
});
