import assert from 'node:assert/strict';
import test from 'node:test';
import { isAbort, isKind } from '../../../src/core/errors.ts';
import { defaultRates, type LimitedOperation, type Priority, RequestLimiter } from '../../../src/core/limiter.ts';
import { FakeClock, kmsError, settle } from './fakes.ts';

const rates = { ...defaultRates, ListGrants: 10 };

interface Options {
  readonly connection?: string;
  readonly operation?: LimitedOperation;
  readonly priority?: Priority;
  readonly signal?: AbortSignal;
  readonly send?: () => Promise<void>;
}

function setUp() {
  const clock = new FakeClock();
  const limiter = new RequestLimiter(clock, rates);
  /** When each request went, in milliseconds from the start, by its name. */
  const sent: [string, number][] = [];
  const start = clock.now();
  const request = (name: string, options: Options = {}) =>
    limiter.run({
      connection: 'c1',
      operation: 'ListGrants',
      priority: 'background',
      signal: new AbortController().signal,
      ...options,
      send: async () => {
        sent.push([name, clock.now() - start]);
        await options.send?.();
      },
    });
  const names = () => sent.map(([name]) => name);
  return { clock, limiter, sent, request, names };
}

test('requests go at the rate of their operation, the first at once', async () => {
  const { clock, sent, request } = setUp();
  const all = Promise.all(['a', 'b', 'c'].map((name) => request(name)));
  await clock.advance(1000);
  await all;
  assert.deepEqual(sent, [
    ['a', 0],
    ['b', 100],
    ['c', 200],
  ]);
  assert.equal(clock.sleeping, 0);
});

test('in a second no more go than the rate and what may go at once', async () => {
  const { clock, sent, request } = setUp();
  const all = Promise.all(Array.from({ length: 40 }, (_, index) => request(String(index))));
  await clock.advance(1000);
  assert.equal(sent.length, 11);
  await clock.advance(3000);
  await all;
});

test('what was not used for a long time is no leave to send all at once', async () => {
  const { clock, sent, request } = setUp();
  clock.pass(60_000);
  const all = Promise.all(Array.from({ length: 5 }, (_, index) => request(String(index))));
  await settle();
  assert.equal(sent.length, 1);
  await clock.advance(1000);
  await all;
});

test('a clock that is set back stops nothing', async () => {
  const { clock, sent, request } = setUp();
  await request('a');
  clock.pass(-3_600_000);
  const next = request('b');
  await clock.advance(200);
  await next;
  assert.equal(sent.length, 2);
});

test('each connection and each operation has a rate of its own', async () => {
  const { names, request } = setUp();
  await Promise.all([request('a'), request('b', { connection: 'c2' }), request('c', { operation: 'DescribeKey' })]);
  assert.deepEqual(names(), ['a', 'b', 'c']);
});

test('a request that somebody waits for goes before those in the background', async () => {
  const { clock, names, request } = setUp();
  const all = Promise.all([
    request('first'),
    request('background 1'),
    request('background 2'),
    request('interactive 1', { priority: 'interactive' }),
    request('interactive 2', { priority: 'interactive' }),
  ]);
  await clock.advance(1000);
  await all;
  assert.deepEqual(names(), ['first', 'interactive 1', 'interactive 2', 'background 1', 'background 2']);
});

test('a request that is cancelled while it waits is never sent, and the others go as if it had not been', async () => {
  const { clock, names, request } = setUp();
  const controller = new AbortController();
  const first = request('first');
  const cancelled = request('cancelled', { signal: controller.signal });
  const last = request('last');
  controller.abort();
  await assert.rejects(cancelled, isAbort);
  await clock.advance(100);
  await Promise.all([first, last]);
  assert.deepEqual(names(), ['first', 'last']);
  assert.equal(clock.sleeping, 0);
});

test('when the last that waits is cancelled, nothing sleeps any more', async () => {
  const { clock, request } = setUp();
  const controller = new AbortController();
  await request('first');
  const cancelled = request('cancelled', { signal: controller.signal });
  await settle();
  assert.equal(clock.sleeping, 1);
  controller.abort();
  await assert.rejects(cancelled, isAbort);
  assert.equal(clock.sleeping, 0);
  await assert.rejects(request('after', { signal: controller.signal }), isAbort);
});

/** Fails so many times as throttled, then succeeds. */
function throttledTimes(times: number): () => Promise<void> {
  let left = times;
  return async () => {
    left -= 1;
    if (left >= 0) throw kmsError('throttled');
  };
}

test('what KMS throttles is sent again, at half the pace', async () => {
  const { clock, limiter, sent, request } = setUp();
  const done = request('a', { send: throttledTimes(2) });
  await clock.advance(2000);
  await done;
  assert.deepEqual(sent, [
    ['a', 0],
    ['a', 200],
    ['a', 600],
  ]);
  assert.ok(limiter.rate('c1', 'ListGrants') < 3);
  assert.equal(limiter.rate('c2', 'ListGrants'), 10);
});

test('requests that went at the same pace slow it down once', async () => {
  const { clock, limiter, request } = setUp();
  const gone = Promise.all(
    ['a', 'b', 'c'].map((name) =>
      request(name, { connection: 'c1', operation: 'DescribeKey', send: throttledTimes(1) }),
    ),
  );
  await settle();
  assert.equal(limiter.rate('c1', 'DescribeKey'), 500);
  await clock.advance(1000);
  await gone;
});

test('after enough successes the pace is the full one again, and never more', async () => {
  const { clock, limiter, request } = setUp();
  const slowed = request('a', { send: throttledTimes(1) });
  await clock.advance(1000);
  await slowed;
  for (let index = 0; index < 60; index++) {
    const next = request('b');
    await clock.advance(1000);
    await next;
  }
  assert.equal(limiter.rate('c1', 'ListGrants'), 10);
});

test('a request that is throttled time and again fails in the end, and the pace does not fall to nothing', async () => {
  const { clock, limiter, sent, request } = setUp();
  const failed = assert.rejects(request('a', { send: throttledTimes(99) }), (error) => isKind(error, 'throttled'));
  await clock.advance(60_000);
  await failed;
  assert.equal(sent.length, 5);
  assert.ok(limiter.rate('c1', 'ListGrants') >= 10 / 32);
});

test('any other failure is told at once and slows nothing down', async () => {
  const { limiter, sent, request } = setUp();
  const send = async () => {
    throw kmsError('accessDenied');
  };
  await assert.rejects(request('a', { send }), (error) => isKind(error, 'accessDenied'));
  assert.equal(sent.length, 1);
  assert.equal(limiter.rate('c1', 'ListGrants'), 10);
});

test('of what AWS allows an account, half at most is used', () => {
  const allowed = {
    ListKeys: 500,
    ListAliases: 500,
    DescribeKey: 2000,
    ListGrants: 100,
    ListRetirableGrants: 100,
    RevokeGrant: 50,
  };
  assert.deepEqual(Object.keys(defaultRates), Object.keys(allowed));
  for (const [operation, rate] of Object.entries(defaultRates)) {
    assert.ok(rate <= allowed[operation as LimitedOperation] / 2, operation);
  }
});
