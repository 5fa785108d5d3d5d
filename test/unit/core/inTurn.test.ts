import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { abortError, type Clock } from '../../../src/core/clock.ts';
import { inTurn } from '../../../src/core/inTurn.ts';

/** A clock that sleeping moves at once. */
function fakeClock(): Clock & { readonly slept: number[] } {
  let now = 0;
  const slept: number[] = [];
  return {
    slept,
    now: () => now,
    sleep: (ms, signal) => {
      if (signal.aborted) return Promise.reject(abortError());
      slept.push(ms);
      now += ms;
      return Promise.resolve();
    },
  };
}

const never = new AbortController().signal;

test('no more than so many a second begin, and in order', async () => {
  const clock = fakeClock();
  const begun: [number, number][] = [];
  const items = Array.from({ length: 25 }, (_, index) => index);
  await inTurn(items, async (item) => begun.push([item, clock.now()]), { clock, perSecond: 10, signal: never });
  assert.deepEqual(
    begun,
    items.map((item) => [item, item * 100]),
  );
});

test('an act that takes longer than its turn is not caught up on by a burst', async () => {
  const clock = fakeClock();
  const begun: number[] = [];
  const slow = async (item: number) => {
    begun.push(clock.now());
    if (item === 0) await clock.sleep(1000, never);
  };
  await inTurn([0, 1, 2], slow, { clock, perSecond: 10, signal: never });
  assert.deepEqual(begun, [0, 1000, 1100]);
});

test('a failure is a result of its own, and the rest goes on', async () => {
  const failure = new Error('no');
  const act = async (item: string) => {
    if (item === 'b') throw failure;
  };
  const told: number[] = [];
  const results = await inTurn(['a', 'b', 'c'], act, {
    clock: fakeClock(),
    perSecond: 10,
    signal: never,
    onResult: (_, done) => told.push(done),
  });
  assert.deepEqual(results, [
    { kind: 'done', item: 'a' },
    { kind: 'failed', item: 'b', error: failure },
    { kind: 'done', item: 'c' },
  ]);
  assert.deepEqual(told, [1, 2, 3]);
});

test('Cancel is seen between two: what is under way ends, what has not begun is skipped', async () => {
  const controller = new AbortController();
  const act = async (item: string) => {
    if (item === 'b') controller.abort();
  };
  const results = await inTurn(['a', 'b', 'c', 'd'], act, {
    clock: fakeClock(),
    perSecond: 10,
    signal: controller.signal,
  });
  assert.deepEqual(
    results.map(({ kind }) => kind),
    ['done', 'done', 'skipped', 'skipped'],
  );
});

test('Cancel while waiting for a turn skips that one too', async () => {
  const controller = new AbortController();
  const clock: Clock = {
    now: () => 0,
    sleep: async () => {
      controller.abort();
      throw abortError();
    },
  };
  const results = await inTurn(['a', 'b'], async () => {}, { clock, perSecond: 10, signal: controller.signal });
  assert.deepEqual(
    results.map(({ kind }) => kind),
    ['done', 'skipped'],
  );
});

test('an error that all the rest would meet ends the run', async () => {
  const results = await inTurn(['a', 'b', 'c'], () => Promise.reject(new Error('other account')), {
    clock: fakeClock(),
    perSecond: 10,
    signal: never,
    stopAt: () => true,
  });
  assert.deepEqual(
    results.map(({ kind }) => kind),
    ['failed', 'skipped', 'skipped'],
  );
});
