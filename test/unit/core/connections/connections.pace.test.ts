import assert from 'node:assert/strict';
import test from 'node:test';
import type { Session } from '../../../../src/core/connections/session.ts';
import { type ConnectionRef, connectionId } from '../../../../src/core/kms/model.ts';
import { RequestLimiter } from '../../../../src/core/pacing/limiter.ts';
import { FakeClock, gate, keyArnOf, kmsError, settle } from '../fakes.ts';
import { dev, devInUs, ofEnvironment, prod, sample, world } from './connections.world.ts';

const never = new AbortController().signal;

/** Sessions of these, on a clock that the test moves, with one request of ListGrants a second. */
async function slowly(...refs: readonly ConnectionRef[]) {
  const clock = new FakeClock();
  const all = world({ connections: refs }, new RequestLimiter(clock, 1));
  await all.connections.list();
  const sessions = await Promise.all(refs.map((ref) => all.connections.open(ref)));
  await settle();
  const listed = () =>
    all.aws.opened.flatMap(({ kms }) => kms.calls).filter(({ operation }) => operation === 'listGrants');
  return { ...all, clock, sessions, listed };
}

for (const [what, refs, atOnce] of [
  ['two profiles of one account in one Region share its quota', [dev, prod], 1],
  ['two Regions of an account have a quota each', [dev, devInUs], 2],
] as const) {
  test(what, async () => {
    const { clock, sessions, listed } = await slowly(...refs);
    const all = Promise.all(sessions.map(({ api }) => api.listGrants({ keyArn: keyArnOf('k1') }, never)));
    await settle();
    assert.equal(listed().length, atOnce);
    await clock.advance(1000);
    await all;
    assert.equal(listed().length, 2);
  });
}

test('two accounts have a quota each, and so have sample data and a connection whose account is unknown', async () => {
  const { aws, clock, connections, listed } = await slowly();
  aws.accounts.set(connectionId(prod), '444455556666');
  aws.beforeCall = ({ operation }) => {
    if (operation === 'callerIdentity' && aws.opened.length === 4) {
      throw kmsError('accessDenied');
    }
  };
  const sessions: Session[] = [];
  for (const ref of [dev, prod, sample, ofEnvironment('eu-west-1')]) {
    sessions.push(await connections.open(ref));
    await settle();
  }
  const all = Promise.all(sessions.map(({ api }) => api.listGrants({ keyArn: keyArnOf('k1') }, never)));
  await settle();
  assert.equal(listed().length, 4);
  await clock.advance(1000);
  await all;
});

test('of one session the inventory, those who wait and the background have one pace, in this order of importance', async () => {
  const { clock, sessions, listed } = await slowly(dev);
  const [session = assert.fail()] = sessions;
  const { api, background, inventory } = session;
  const all = Promise.all([
    background.listGrants({ keyArn: keyArnOf('first') }, never),
    background.listGrants({ keyArn: keyArnOf('background') }, never),
    inventory.grants(keyArnOf('inventory')),
    api.listGrants({ keyArn: keyArnOf('waited for') }, never),
  ]);
  await clock.advance(5000);
  await all;
  assert.deepEqual(
    listed().map(({ keyArn }) => keyArn),
    ['first', 'inventory', 'waited for', 'background'].map(keyArnOf),
  );
});

test('a refresh is not answered by a request that a search sent before it', async () => {
  const { aws, connections } = world({ connections: [dev] });
  await connections.list();
  const { background, inventory } = await connections.open(dev);
  const [{ kms } = assert.fail()] = aws.opened;
  const held = gate();
  aws.beforeCall = ({ operation }) => (operation === 'listGrants' ? held.passed : undefined);
  const search = background.listGrants({ keyArn: keyArnOf('k1') }, never);
  await settle();
  aws.beforeCall = () => undefined;
  kms.addGrants(keyArnOf('k1'), 'made elsewhere');
  inventory.forgetGrants(keyArnOf('k1'));
  assert.equal((await inventory.grants(keyArnOf('k1'))).grants.length, 1);
  held.open();
  await search;
});
