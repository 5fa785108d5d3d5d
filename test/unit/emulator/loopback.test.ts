import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { createAccount } from '../../../src/emulator/sampleData.ts';
import { createEmulator } from '../../aws/emulator.ts';
import { startServer } from '../../aws/server.ts';

/** Whether somebody listens there. */
function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2_000 });
    const end = (isOpen: boolean) => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}

test('the emulator is to be reached on 127.0.0.1, and on no other address of this machine', async (t) => {
  const server = await startServer(createEmulator({ data: createAccount({ now: 0, keys: 1 }) }));
  t.after(() => server.close());
  const { hostname, port } = new URL(server.url);
  assert.equal(hostname, '127.0.0.1');
  assert.equal(await answers('127.0.0.1', Number(port)), true);
  const others = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
  for (const address of ['127.0.0.2', ...others].filter((one) => one !== '127.0.0.1')) {
    assert.equal(await answers(address, Number(port)), false, address);
  }
});

test('whatever listens in this project, tests and benchmark included, does so on 127.0.0.1', () => {
  const files = ['src', 'test', 'bench'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  );
  const calls = files
    .filter((file) => file.endsWith('.ts') && !file.endsWith('loopback.test.ts'))
    .flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/\.listen\(([^)]*)\)?/g)].map(([, given]) => [file, given] as const),
    );
  assert.ok(calls.length > 3);
  for (const [file, given] of calls) {
    assert.match(given ?? '', /'127\.0\.0\.1'|\bhost\b/, file);
  }
});
