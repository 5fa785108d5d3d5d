import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { inTurn } from '../../../src/core/inTurn.ts';

const never = new AbortController().signal;

test('one begins when the one before it has ended, in order', async () => {
  const told: string[] = [];
  const act = async (item: string) => {
    told.push(`${item} begins`);
    await Promise.resolve();
    told.push(`${item} ends`);
  };
  await inTurn(['a', 'b'], act, { signal: never });
  assert.deepEqual(told, ['a begins', 'a ends', 'b begins', 'b ends']);
});

test('a failure is a result of its own, and the rest goes on', async () => {
  const failure = new Error('no');
  const act = async (item: string) => {
    if (item === 'b') throw failure;
  };
  const told: number[] = [];
  const results = await inTurn(['a', 'b', 'c'], act, { signal: never, onResult: (_, done) => told.push(done) });
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
  const results = await inTurn(['a', 'b', 'c', 'd'], act, { signal: controller.signal });
  assert.deepEqual(
    results.map(({ kind }) => kind),
    ['done', 'done', 'skipped', 'skipped'],
  );
});

test('an error that all the rest would meet ends the run', async () => {
  const results = await inTurn(['a', 'b', 'c'], () => Promise.reject(new Error('other account')), {
    signal: never,
    stopAt: () => true,
  });
  assert.deepEqual(
    results.map(({ kind }) => kind),
    ['failed', 'skipped', 'skipped'],
  );
});
