import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test from 'node:test';
import { isProcessRunning, isWindowRunning } from '../../../src/platform/processes.ts';

const { pid: ended } = spawnSync(process.execPath, ['--version']);

test('a process runs until it has ended, also one of another user', (context) => {
  assert.equal(isProcessRunning(process.pid), true);
  assert.equal(isProcessRunning(ended), false);
  context.mock.method(process, 'kill', () => {
    throw Object.assign(new Error('EPERM'), { code: 'EPERM' });
  });
  assert.equal(isProcessRunning(ended), true);
});

test('a window with our process has ended, as has one without a process', () => {
  assert.equal(isWindowRunning({ id: 'before', pid: process.pid }), false);
  assert.equal(isWindowRunning({ id: 'before', pid: ended }), false);
  assert.equal(isWindowRunning({ id: 'before', pid: 0 }), false);
  assert.equal(isWindowRunning({ id: 'other', pid: process.ppid }), true);
});
