import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { createAccount } from '../../../src/emulator/sampleData.ts';
import { createEmulator } from '../../aws/emulator.ts';
import { startServer } from '../../aws/server.ts';

const emulator = createEmulator({ data: createAccount({ keys: 1 }) });

test('a body that is too large is refused without being kept', async () => {
  await using server = await startServer(emulator, { port: 0 });
  const before = emulator.requests.length;
  const response = await fetch(server.url, { method: 'POST', body: 'x'.repeat(1024 * 1024 + 1) });
  assert.equal(response.status, 413);
  assert.match(await response.text(), /RequestEntityTooLargeException/);
  assert.equal(emulator.requests.length, before);
});

test('only this machine can connect', async () => {
  await using server = await startServer(emulator, { port: 0 });
  assert.match(server.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  const outside = Object.values(networkInterfaces())
    .flat()
    .filter((address) => address?.family === 'IPv4' && !address.internal);
  for (const address of outside) {
    const refused = await new Promise((resolve) => {
      const socket = connect({ host: address?.address ?? '', port: Number(new URL(server.url).port) });
      socket.on('connect', () => resolve(false)).on('error', () => resolve(true));
    });
    assert.equal(refused, true, address?.address);
  }
});

test('a port that is taken is an error, not a crash', async () => {
  await using server = await startServer(emulator, { port: 0 });
  await assert.rejects(startServer(emulator, { port: Number(new URL(server.url).port) }), { code: 'EADDRINUSE' });
});

test('a client that leaves in the middle of its request disturbs nobody', async () => {
  await using server = await startServer(emulator, { port: 0 });
  await new Promise<void>((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(server.url).port) }, () => {
      socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nhalf', () => {
        socket.resetAndDestroy();
        resolve();
      });
    });
  });
  const response = await fetch(server.url, {
    method: 'POST',
    headers: { 'x-amz-target': 'TrentService.ListKeys' },
    body: '{}',
  });
  assert.equal(response.status, 200);
});
