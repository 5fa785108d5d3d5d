import assert from 'node:assert/strict';
import test from 'node:test';
import { isAbort } from '../../../../src/core/base/abort.ts';
import { isKind, type KmsErrorKind } from '../../../../src/core/kms/errors.ts';
import {
  type LimitedOperation,
  type PacedRequest,
  type Priority,
  RequestLimiter,
  requestQuotas,
} from '../../../../src/core/pacing/limiter.ts';
import { requestQuotas as emulated } from '../../../aws/throttle.ts';
import { FakeClock, kmsError, settle } from '../fakes.ts';

/** With it, ListGrants is sent ten times a second. */
const budget = 10;

interface Options {
  readonly quota?: string;
  readonly operation?: LimitedOperation;
  readonly priority?: Priority;
  readonly isIdempotent?: boolean;
  readonly signal?: AbortSignal;
  readonly send?: () => Promise<void>;
}

function setUp() {
  const clock = new FakeClock();
  const limiter = new RequestLimiter(clock, budget);
  /** When each request went, in milliseconds from the start, by its name. */
  const sent: [string, number][] = [];
  const start = clock.now();
  const described = (name: string, options: Options = {}): PacedRequest<void> => ({
    quota: 'c1',
    operation: 'ListGrants',
    priority: 'background',
    isIdempotent: true,
    signal: new AbortController().signal,
    ...options,
    send: async () => {
      sent.push([name, clock.now() - start]);
      await options.send?.();
    },
  });
  const request = (name: string, options: Options = {}) => limiter.run(described(name, options));
  const names = () => sent.map(([name]) => name);
  return { clock, limiter, sent, described, request, names };
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
  clock.setWall(-3_600_000);
  const next = request('b');
  await clock.advance(200);
  await next;
  assert.equal(sent.length, 2);
});

test('each quota and each operation has a rate of its own', async () => {
  const { names, request } = setUp();
  await Promise.all([request('a'), request('b', { quota: 'c2' }), request('c', { operation: 'DescribeKey' })]);
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

test('a request in the background that somebody comes to wait for goes before the others, also when it is sent again', async () => {
  const { clock, limiter, names, described, request } = setUp();
  const raised = described('raised', { send: throttledTimes(1) });
  const all = Promise.all([request('first'), request('background'), limiter.run(raised)]);
  limiter.promote(raised);
  await clock.advance(150);
  const later = ['later 1', 'later 2'].map((name) => request(name));
  await clock.advance(2000);
  await Promise.all([all, ...later]);
  assert.deepEqual(names().slice(0, 2), ['first', 'raised']);
  assert.ok(names().lastIndexOf('raised') < names().indexOf('later 2'), String(names()));
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

/** Fails so many times, by default as throttled, then succeeds. */
function throttledTimes(times: number, kind: KmsErrorKind = 'throttled'): () => Promise<void> {
  let left = times;
  return async () => {
    left -= 1;
    if (left >= 0) {
      throw kmsError(kind);
    }
  };
}

test('what KMS throttles is sent again, later each time, and all go at half the pace', async () => {
  const { clock, limiter, sent, request } = setUp();
  const done = request('a', { send: throttledTimes(2) });
  await clock.advance(2000);
  await done;
  assert.deepEqual(sent, [
    ['a', 0],
    ['a', 250],
    ['a', 750],
  ]);
  assert.ok(limiter.rate('c1', 'ListGrants') < 3);
  assert.equal(limiter.rate('c2', 'ListGrants'), 10);
  const more = Promise.all(['b', 'c', 'd'].map((name) => request(name)));
  await clock.advance(2000);
  await more;
  const [, , , , c = ['', 0], d = ['', 0]] = sent;
  assert.ok(d[1] - c[1] > 300);
});

test('requests that went at the same pace slow it down once', async () => {
  const { clock, limiter, request } = setUp();
  const gone = Promise.all(
    ['a', 'b', 'c'].map((name) => request(name, { operation: 'DescribeKey', send: throttledTimes(1) })),
  );
  await settle();
  assert.equal(limiter.rate('c1', 'DescribeKey'), 100);
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

for (const [priority, most] of [
  ['interactive', 5],
  ['background', 12],
] as const) {
  test(`a request that is throttled time and again fails in the end, when it is ${priority} after ${most}`, async () => {
    const { clock, limiter, sent, request } = setUp();
    const send = throttledTimes(99);
    const failed = assert.rejects(request('a', { priority, send }), (error) => isKind(error, 'throttled'));
    await clock.advance(120_000);
    await failed;
    assert.equal(sent.length, most);
    assert.ok(limiter.rate('c1', 'ListGrants') >= 10 / 32);
  });
}

for (const kind of ['timeout', 'network', 'notJson', 'internal', 'dependencyTimeout'] as const) {
  test(`what fails as ${kind} is sent again in its turn, and slows nothing down`, async () => {
    const { clock, limiter, sent, request } = setUp();
    const done = request('a', { send: throttledTimes(2, kind) });
    await clock.advance(2000);
    await done;
    assert.deepEqual(sent, [
      ['a', 0],
      ['a', 250],
      ['a', 750],
    ]);
    assert.equal(limiter.rate('c1', 'ListGrants'), 10);
    const failed = assert.rejects(request('b', { send: throttledTimes(9, kind) }), (error) => isKind(error, kind));
    await clock.advance(2000);
    await failed;
    assert.equal(sent.length, 6);
  });
}

test('what must not be repeated is sent again only when KMS refused it', async () => {
  const { clock, sent, request } = setUp();
  const isIdempotent = false;
  await assert.rejects(request('lost', { isIdempotent, send: throttledTimes(1, 'timeout') }));
  assert.equal(sent.length, 1);
  const done = request('refused', { isIdempotent, send: throttledTimes(1) });
  await clock.advance(2000);
  await done;
  assert.equal(sent.length, 3);
});

test('a request that is cancelled before it is sent again is not', async () => {
  const { clock, sent, request } = setUp();
  const controller = new AbortController();
  const cancelled = request('a', { signal: controller.signal, send: throttledTimes(1) });
  await clock.advance(100);
  controller.abort();
  await assert.rejects(cancelled, isAbort);
  await clock.advance(2000);
  assert.equal(sent.length, 1);
});

for (const kind of ['accessDenied', 'unknown'] as const) {
  test(`a failure as ${kind} is reported at once and slows nothing down`, async () => {
    const { limiter, sent, request } = setUp();
    await assert.rejects(request('a', { send: throttledTimes(1, kind) }), (error) => isKind(error, kind));
    assert.equal(sent.length, 1);
    assert.equal(limiter.rate('c1', 'ListGrants'), 10);
  });
}

test('a check of the account that STS did not answer is no failure of KMS', async () => {
  const { sent, request } = setUp();
  const send = () => Promise.reject(kmsError('timeout', { operation: 'GetCallerIdentity' }));
  await assert.rejects(request('a', { send }));
  assert.equal(sent.length, 1);
});

const operations = Object.keys(requestQuotas) as LimitedOperation[];

test('of what AWS allows an account half at most is used, and of revokes ten a second', () => {
  const { GetRole, GetUser, ListRoles, ListUsers, GetAccountAuthorizationDetails, ...published } = requestQuotas;
  assert.deepEqual(
    new Map(Object.entries(published)),
    new Map([...emulated].filter(([name]) => name in requestQuotas)),
  );
  assert.deepEqual([GetRole, GetUser, ListRoles, ListUsers, GetAccountAuthorizationDetails], [20, 20, 20, 20, 20]);
  const limiter = new RequestLimiter(new FakeClock());
  for (const operation of operations) {
    const half = requestQuotas[operation] / 2;
    assert.equal(limiter.rate('c1', operation), operation === 'RevokeGrant' ? 10 : half, operation);
  }
});

test('a new budget holds at once: for the next, and for those that wait', async () => {
  const { clock, limiter, names, request } = setUp();
  limiter.setBudget(1);
  const all = Promise.all(['a', 'b', 'c'].map((name) => request(name)));
  await clock.advance(500);
  assert.deepEqual(names(), ['a']);
  limiter.setBudget(100);
  // Half of the next was saved up at the old rate.
  await clock.advance(5);
  assert.deepEqual(names(), ['a', 'b']);
  await clock.advance(10);
  await all;
  assert.deepEqual(
    operations.map((operation) => limiter.rate('c1', operation)),
    operations.map((operation) => (operation === 'RevokeGrant' ? 10 : requestQuotas[operation])),
  );
  limiter.setBudget(10);
  assert.equal(limiter.rate('c1', 'RevokeGrant'), 5);
});

test('many revokes go no faster than ten a second', async () => {
  const { clock, limiter, sent, request } = setUp();
  limiter.setBudget(100);
  const all = Promise.all(Array.from({ length: 25 }, () => request('r', { operation: 'RevokeGrant' })));
  await clock.advance(3000);
  await all;
  assert.deepEqual(
    sent.map(([, at]) => at),
    Array.from({ length: 25 }, (_, index) => index * 100),
  );
});
