import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { KMSClient, ListKeysCommand } from '@aws-sdk/client-kms';

/** Where the build puts it, seen from this test's own place in out/contract. */
const program = fileURLToPath(new URL('../emulator.mjs', import.meta.url));

const start = (...args: string[]) => spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

suite('the emulator as a program', existsSync(program) ? {} : { skip: `${program} is not built` }, () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`says one line when it is ready, serves, and ends on ${signal}`, async () => {
      const child = start('--port', '0', '--keys', '3', '--grants', '1');
      const lines: string[] = [];
      const reader = createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
      await once(reader, 'line');
      const endpoint = /http:\/\/127\.0\.0\.1:\d+/.exec(lines[0] ?? '')?.[0];
      assert.ok(endpoint, lines[0]);
      const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
      const { Keys = [] } = await new KMSClient({ endpoint, region: 'eu-west-1', credentials }).send(
        new ListKeysCommand({}),
      );
      assert.equal(Keys.length, 7);
      child.kill(signal);
      assert.deepEqual(await once(child, 'exit'), [0, null]);
      assert.equal(lines.length, 1);
    });
  }

  test('says what is wrong in one sentence, and ends with 2', async () => {
    const child = start('--keys', 'many');
    const [text, [code]] = await Promise.all([textOf(child.stderr), once(child, 'exit')]);
    assert.equal(text, '--keys must be a whole number from 0 to 100000, not "many".\n');
    assert.equal(code, 2);
  });

  test('a port that is taken ends it with 1', async () => {
    using first = start('--port', '0');
    const [line] = await once(createInterface({ input: first.stdout }), 'line');
    const port = /:(\d+)$/.exec(String(line))?.[1] ?? '';
    const second = start('--port', port);
    const [text, [code]] = await Promise.all([textOf(second.stderr), once(second, 'exit')]);
    assert.match(text, new RegExp(`^Port ${port} can't be used: .*\\.\\n$`));
    assert.equal(code, 1);
  });
});
