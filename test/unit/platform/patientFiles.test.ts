import assert from 'node:assert/strict';
import * as fs from 'node:fs/promises';
import { test } from 'node:test';
import { patient } from '../../../src/platform/patientFiles.ts';

/** Files whose `rename` fails with these codes, one after the other, and then succeeds. */
function renaming(...codes: string[]) {
  const waits: number[] = [];
  const system: Pick<typeof fs, 'open' | 'rename'> = {
    open: fs.open,
    rename: async () => {
      const code = codes.shift();
      if (code !== undefined) {
        throw Object.assign(new Error(code), { code });
      }
    },
  };
  const files = patient(system, async (ms) => waits.push(ms));
  return { rename: () => files.rename('from', 'to'), waits };
}

test('what fails because a file is open is repeated, each time after a longer wait', async () => {
  const { rename, waits } = renaming('EPERM', 'EBUSY', 'EACCES');
  await rename();
  assert.deepEqual(waits, [5, 10, 20]);
});

test('what goes on failing has failed in the end, for the reason of its last attempt', async () => {
  const { rename, waits } = renaming(...Array.from({ length: 7 }, () => 'EPERM'), 'EBUSY');
  await assert.rejects(rename(), { code: 'EBUSY' });
  assert.equal(waits.length, 7);
});

test('what fails otherwise is not repeated', async () => {
  const { rename, waits } = renaming('ENOSPC');
  await assert.rejects(rename(), { code: 'ENOSPC' });
  assert.deepEqual(waits, []);
});
