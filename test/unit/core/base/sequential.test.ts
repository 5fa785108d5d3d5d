import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { abortError } from '../../../../src/core/base/abort.ts';
import { runSequentially } from '../../../../src/core/base/sequential.ts';
import { UnansweredError } from '../../../../src/core/words/userError.ts';

const never = new AbortController().signal;

test('one begins when the one before it has ended, in order', async () => {
  const reported: string[] = [];
  const act = async (item: string) => {
    reported.push(`${item} begins`);
    await Promise.resolve();
    reported.push(`${item} ends`);
  };
  await runSequentially(['a', 'b'], act, { signal: never });
  assert.deepEqual(reported, ['a begins', 'a ends', 'b begins', 'b ends']);
});

test('a failure is a result of its own, and the rest goes on', async () => {
  const failure = new Error('no');
  const act = async (item: string) => {
    if (item === 'b') {
      throw failure;
    }
  };
  const reported: number[] = [];
  const results = await runSequentially(['a', 'b', 'c'], act, {
    signal: never,
    report: (_, done) => reported.push(done),
  });
  assert.deepEqual(results, [
    { kind: 'done', item: 'a' },
    { kind: 'failed', item: 'b', error: failure },
    { kind: 'done', item: 'c' },
  ]);
  assert.deepEqual(reported, [1, 2, 3]);
});

test('Cancel ends what is under way, and what was not begun is skipped', async () => {
  const controller = new AbortController();
  const act = (item: string, signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      if (item === 'a') {
        resolve();
      }
      signal.addEventListener('abort', () => reject(abortError()));
      if (item === 'b') {
        controller.abort();
      }
    });
  const results = await runSequentially(['a', 'b', 'c'], act, { signal: controller.signal });
  assert.deepEqual(
    results.map(({ kind }) => kind),
    ['done', 'skipped', 'skipped'],
  );
});

test('what may have been done when it was cancelled is no item that was skipped', async () => {
  const controller = new AbortController();
  const unanswered = new UnansweredError('It may have been done.', undefined);
  const act = async () => {
    controller.abort();
    throw unanswered;
  };
  assert.deepEqual(await runSequentially(['a', 'b'], act, { signal: controller.signal }), [
    { kind: 'failed', item: 'a', error: unanswered },
    { kind: 'skipped', item: 'b' },
  ]);
});

test('an item that ends by itself as aborted, without a Cancel, has failed', async () => {
  const error = abortError();
  const results = await runSequentially(['a'], () => Promise.reject(error), { signal: never });
  assert.deepEqual(results, [{ kind: 'failed', item: 'a', error }]);
});

test('what is under way when it is cancelled, and ends well, is done', async () => {
  const controller = new AbortController();
  const act = async (item: string) => {
    if (item === 'b') {
      controller.abort();
    }
  };
  const results = await runSequentially(['a', 'b', 'c', 'd'], act, { signal: controller.signal });
  assert.deepEqual(
    results.map(({ kind }) => kind),
    ['done', 'done', 'skipped', 'skipped'],
  );
});

test('an error that all the rest would meet ends the run', async () => {
  const results = await runSequentially(['a', 'b', 'c'], () => Promise.reject(new Error('other account')), {
    signal: never,
    stopAt: () => true,
  });
  assert.deepEqual(
    results.map(({ kind }) => kind),
    ['failed', 'skipped', 'skipped'],
  );
});
