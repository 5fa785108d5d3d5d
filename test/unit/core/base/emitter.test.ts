import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Emitter } from '../../../../src/core/base/emitter.ts';

test('listeners are called in the order in which they subscribed, each until it is disposed', () => {
  const emitter = new Emitter<number>();
  const heard: string[] = [];
  const first = emitter.event((value) => heard.push(`first ${value}`));
  emitter.event((value) => heard.push(`second ${value}`));
  emitter.fire(1);
  first.dispose();
  first.dispose();
  emitter.fire(2);
  assert.deepEqual(heard, ['first 1', 'second 1', 'second 2']);
  emitter.dispose();
  emitter.fire(3);
  assert.equal(heard.length, 3);
});

test('the same function can subscribe twice, and each subscription ends on its own', () => {
  const emitter = new Emitter();
  let calls = 0;
  const count = () => {
    calls += 1;
  };
  const first = emitter.event(count);
  emitter.event(count);
  emitter.fire();
  assert.equal(calls, 2);
  first.dispose();
  emitter.fire();
  assert.equal(calls, 3);
});

test('a listener that another disposes during an event is not called, and one that it adds waits for the next', () => {
  const emitter = new Emitter();
  const heard: string[] = [];
  emitter.event(() => {
    second.dispose();
    emitter.event(() => heard.push('added'));
  });
  const second = emitter.event(() => heard.push('second'));
  emitter.fire();
  assert.deepEqual(heard, []);
  emitter.fire();
  assert.deepEqual(heard, ['added']);
});

test('a listener that throws stops neither the others nor the owner, and its error is not lost', async () => {
  const emitter = new Emitter();
  const heard: string[] = [];
  const failure = new Error('a view failed');
  emitter.event(() => {
    throw failure;
  });
  emitter.event(() => heard.push('second'));
  const handlers = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  const uncaught = new Promise((resolve) => process.once('uncaughtException', resolve));
  try {
    emitter.fire();
    assert.deepEqual(heard, ['second']);
    assert.equal(await uncaught, failure);
  } finally {
    for (const handler of handlers) {
      process.on('uncaughtException', handler);
    }
  }
});
