import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { describe, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { FileWatch } from '../../../src/platform/fileWatch.ts';

const intervalMs = 20;
const settleMs = 60;

interface Counted {
  /** How often a change was reported. */
  reported: number;
  readonly settleMs: number;
  readonly files: FileWatch;
}

/** A folder of its own, and watches on it that end with the test. */
function scene(context: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'file-watch-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const watch = (paths: readonly string[], settle = settleMs): Counted => {
    const files = new FileWatch({ intervalMs, settleMs: settle });
    files.onDidChange(() => {
      counted.reported += 1;
    });
    const counted: Counted = { reported: 0, settleMs: settle, files };
    context.after(() => files.dispose());
    files.watch(paths);
    return counted;
  };
  const file = (name: string, text?: string) => {
    const path = join(folder, name);
    if (text !== undefined) {
      writeFileSync(path, text);
    }
    return path;
  };
  return { folder, watch, file };
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 10_000; !isSo(); await sleep(intervalMs)) {
    assert.ok(Date.now() < deadline, what);
  }
}

/** Changes the file until that is reported: then the first look at it, which later ones are compared with, has been taken. */
async function begun(path: string, ...all: readonly Counted[]): Promise<void> {
  for (const deadline = Date.now() + 10_000; all.some(({ reported }) => reported === 0); ) {
    assert.ok(Date.now() < deadline, 'The changes are reported.');
    appendFileSync(path, '.');
    await Promise.all(all.map(silence));
  }
  // A time that can be given to a file again.
  utimesSync(path, 1_000_000_000, 1_000_000_000);
  await Promise.all(all.map(silence));
}

/** Nothing is reported for a while. */
async function silence(counted: Counted): Promise<void> {
  let before: number;
  do {
    before = counted.reported;
    await sleep(counted.settleMs + 5 * intervalMs);
  } while (before !== counted.reported);
}

const changes: readonly [string, (path: string) => void][] = [
  ['grows', (path) => appendFileSync(path, 'more')],
  ['is written in place, at the same length', (path) => writeFileSync(path, '#'.repeat(statSync(path).size))],
  ['gets another in its place, of the same length and time', replace],
  ['goes', (path) => rmSync(path)],
];

/** As programs do that write safely: a new file, renamed onto the old one. */
function replace(path: string): void {
  const { size, atime, mtime } = statSync(path);
  writeFileSync(`${path}.new`, '#'.repeat(size));
  utimesSync(`${path}.new`, atime, mtime);
  renameSync(`${path}.new`, path);
}

// Each waits for time to pass, so they wait side by side.
describe('FileWatch', { concurrency: true }, () => {
  for (const [what, change] of changes) {
    test(`a file that ${what} is reported`, async (context) => {
      const here = scene(context);
      const path = here.file('config', 'text');
      const counted = here.watch([path]);
      await begun(path, counted);
      const before = counted.reported;
      change(path);
      await until('reported', () => counted.reported > before);
      await silence(counted);
      assert.equal(counted.reported, before + 1);
    });
  }

  test('a file that is not there is not reported until it appears', async (context) => {
    const here = scene(context);
    const path = here.file('config');
    const counted = here.watch([path]);
    await silence(counted);
    assert.equal(counted.reported, 0);
    writeFileSync(path, 'text');
    await until('appears', () => counted.reported === 1);
    rmSync(path);
    await until('goes', () => counted.reported === 2);
    writeFileSync(path, '');
    await until('returns, empty', () => counted.reported === 3);
  });

  test('a file that appears in a folder that appears is reported', async (context) => {
    const here = scene(context);
    const counted = here.watch([join(here.folder, 'sso', 'cache', 'token.json')]);
    await silence(counted);
    mkdirSync(join(here.folder, 'sso', 'cache'), { recursive: true });
    await silence(counted);
    assert.equal(counted.reported, 0, 'the folder alone');
    writeFileSync(join(here.folder, 'sso', 'cache', 'token.json'), '{}');
    await until('reported', () => counted.reported === 1);
  });

  test('a file that stays as it is is not reported, also when it is read', async (context) => {
    const here = scene(context);
    const path = here.file('config', 'text');
    const counted = here.watch([path]);
    await begun(path, counted);
    const before = counted.reported;
    const { mtime } = statSync(path);
    utimesSync(path, new Date(), mtime);
    await silence(counted);
    assert.equal(counted.reported, before);
  });

  test('several changes, each before the last one has settled, are reported once, after the last', async (context) => {
    const here = scene(context);
    const path = here.file('config', 'text');
    const other = here.file('credentials');
    const counted = here.watch([path, other], 400);
    await begun(path, counted);
    const before = counted.reported;
    for (let step = 0; step < 6; step += 1) {
      assert.equal(counted.reported, before, `step ${step}`);
      appendFileSync(step % 2 === 0 ? path : other, 'step');
      await sleep(100);
    }
    await silence(counted);
    assert.equal(counted.reported, before + 1);
  });

  test('the files that are watched now are reported, and no others any more', async (context) => {
    const here = scene(context);
    const [first, kept, added] = [here.file('first', ''), here.file('kept', ''), here.file('added', '')];
    const counted = here.watch([first, kept]);
    // It hears of each change when the other does, and reports it later.
    const witness = here.watch([first], 2 * settleMs);
    await begun(first, counted, witness);
    counted.files.watch([kept, added]);
    const [before, seen] = [counted.reported, witness.reported];
    appendFileSync(first, 'more');
    await until('the witness reports', () => witness.reported > seen);
    assert.equal(counted.reported, before, 'a file that is watched no more');
    for (const path of [kept, added]) {
      counted.reported = 0;
      await begun(path, counted);
    }
  });

  test('watching the same files again misses nothing and reports nothing twice', async (context) => {
    const here = scene(context);
    const path = here.file('config', '');
    const counted = here.watch([path, path]);
    await begun(path, counted);
    const before = counted.reported;
    appendFileSync(path, 'more');
    counted.files.watch([path]);
    counted.files.watch([path, path]);
    await until('reported', () => counted.reported > before);
    await silence(counted);
    assert.equal(counted.reported, before + 1);
  });

  test('after the end nothing is reported, also not what had changed before it', async (context) => {
    const here = scene(context);
    const path = here.file('config', '');
    const counted = here.watch([path], 2 * settleMs);
    const witness = here.watch([path], 3 * settleMs);
    await begun(path, counted, witness);
    const ending = new FileWatch({ intervalMs, settleMs: 1 });
    ending.onDidChange(() => counted.files.dispose());
    context.after(() => ending.dispose());
    ending.watch([path]);
    const [before, seen] = [counted.reported, witness.reported];
    appendFileSync(path, 'more');
    await until('the witness reports', () => witness.reported > seen);
    assert.equal(counted.reported, before, 'what was about to be reported');
    appendFileSync(path, 'more');
    await until('the witness reports again', () => witness.reported > seen + 1);
    assert.equal(counted.reported, before, 'what changes later');
  });
});

test('what is watched does not keep the process alive, nor does anything that is left after the end', async (context) => {
  const here = scene(context);
  const path = here.file('config', '');
  const counted = here.watch([path, here.file('missing')], 60_000);
  const witness = here.watch([path]);
  await begun(path, witness);
  assert.deepEqual(keepingAlive(), ['Timeout'], 'a change is about to be reported');
  counted.files.dispose();
  assert.deepEqual(keepingAlive(), []);
  witness.files.watch([path, here.file('other', '')]);
  assert.deepEqual(keepingAlive(), []);
});

/** What the process would wait for, as far as timers and watched files go. */
function keepingAlive(): readonly string[] {
  return process.getActiveResourcesInfo().filter((name) => /Timeout|StatWatcher/.test(name));
}
