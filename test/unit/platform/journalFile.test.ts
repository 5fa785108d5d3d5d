import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Journal } from '../../../src/core/journal.ts';
import { cleared, readJournal } from '../../../src/core/journalLines.ts';
import { JournalFileOnDisk } from '../../../src/platform/journalFile.ts';
import { FakeClock, grant, key, profileRef } from '../core/fakes.ts';

/** Set in a process that a test starts: it appends this many lines, and compacts when there are too many. */
const writerName = process.env['JOURNAL_WRITER'];

/** The forms of a line that a writer makes, told apart by its name and number. */
const lineOf = (writer: string, index: number) => JSON.stringify({ v: 2, writer, index, filling: 'x'.repeat(1500) });

const options = { watch: { intervalMs: 20, settleMs: 20 } };

if (writerName === undefined) defineTests();
else await write(writerName);

async function write(name: string): Promise<void> {
  const file = new JournalFileOnDisk(process.env['JOURNAL_PATH'] ?? '', options);
  const lines = Number(process.env['JOURNAL_LINES']);
  for (let index = 0; index < lines; index += 1) {
    await file.append(lineOf(name, index));
    // Everything is kept, but in another file.
    if (process.env['JOURNAL_REWRITES'] === name && index % 5 === 0) await file.rewrite((text) => text);
  }
}

function scene(context: TestContext, fields: ConstructorParameters<typeof JournalFileOnDisk>[1] = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'journal-file-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'storage', 'history.jsonl');
  const open = () => new JournalFileOnDisk(path, { ...options, ...fields });
  // An empty line is one that was begun anew while another was being written: it says nothing.
  const lines = () =>
    readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  const others = () => readdirSync(join(folder, 'storage')).filter((name) => name !== 'history.jsonl');
  return { folder, path, open, file: open(), lines, others };
}

function defineTests(): void {
  test('nothing is made before the first line, and a file that is not there reads as empty', async (context) => {
    const { file, folder } = scene(context);
    assert.equal(await file.read(), '');
    assert.deepEqual(readdirSync(folder), []);
  });

  test('the first line makes the folder and the file, for the user alone', async (context) => {
    const { file, path } = scene(context);
    await file.append('one');
    await file.append('two');
    assert.equal(await file.read(), 'one\ntwo\n');
    if (process.platform !== 'win32') assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  test('rewriting leaves a file for the user alone, and nothing beside it', async (context) => {
    const { file, path, others } = scene(context);
    await file.append('one');
    await file.append('two');
    await file.rewrite((text) => text.replace('one\n', ''));
    assert.equal(await file.read(), 'two\n');
    if (process.platform !== 'win32') assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(others(), []);
  });

  test('a line that a full disk cut off does not take the next one with it', async (context) => {
    const { file, path } = scene(context);
    await file.append('one');
    appendFileSync(path, '{"v":1,"id":"cut o');
    await file.append('two');
    assert.equal(await file.read(), 'one\n{"v":1,"id":"cut o\ntwo\n');
  });

  test('what a text holds is written as it is', async (context) => {
    const { file } = scene(context);
    const line = JSON.stringify({ text: 'ключ 🔑 \n \u2028' });
    await file.append(line);
    assert.equal(await file.read(), `${line}\n`);
  });

  test('a folder that cannot be written to makes appending fail', async (context) => {
    const { file, folder } = scene(context);
    writeFileSync(join(folder, 'storage'), 'a file in its place');
    await assert.rejects(file.append('one'));
    await assert.rejects(file.rewrite((text) => text));
  });

  test('a directory in place of the file is an error, and no empty history', async (context) => {
    const { file, path } = scene(context);
    mkdirSync(path, { recursive: true });
    await assert.rejects(file.read());
  });

  test('several processes append at once, and no line is lost or torn', async (context) => {
    const { lines } = await runWriters(context, { writers: 4, each: 50 });
    assert.deepEqual(countLines(lines()), { whole: 200, distinct: 200, torn: 0 });
  });

  test('while one process replaces the file again and again, no line of the others is lost or torn', async (context) => {
    const { lines, others } = await runWriters(context, { writers: 4, each: 60, rewrites: true });
    const { distinct, torn } = countLines(lines());
    assert.deepEqual({ distinct, torn }, { distinct: 240, torn: 0 });
    assert.deepEqual(others(), []);
  });

  test('several windows of one process write at once, while each of them compacts', async (context) => {
    const { open, lines } = scene(context);
    const files = [open(), open(), open()];
    await Promise.all(
      files.flatMap((file, writer) =>
        Array.from({ length: 30 }, async (_, index) => {
          await file.append(lineOf(String(writer), index));
          if (index % 10 === writer) await file.rewrite((text) => text).catch(() => {});
        }),
      ),
    );
    const { distinct, torn } = countLines(lines());
    assert.deepEqual({ distinct, torn }, { distinct: 90, torn: 0 });
  });

  test('a line that comes while the file is being replaced is in the new one', async (context) => {
    const { file, path, lines } = scene(context);
    await file.append('one');
    await file.rewrite((text) => {
      appendFileSync(path, 'meanwhile\n');
      return text.replace('one', 'first');
    });
    assert.deepEqual(lines(), ['first', 'meanwhile']);
  });

  test('a file that another window replaced meanwhile is left as it is', async (context) => {
    const { file, path, lines, others } = scene(context);
    await file.append('one');
    await assert.rejects(
      file.rewrite(() => {
        rmSync(path);
        writeFileSync(path, 'of the other\n');
        return 'mine\n';
      }),
      /Another window replaced the file/,
    );
    assert.deepEqual([lines(), others()], [['of the other'], []]);
  });

  test('who loses the lock in the middle replaces nothing, and leaves the lock of the other', async (context) => {
    const { file, path, lines } = scene(context);
    await file.append('one');
    await assert.rejects(
      file.rewrite(() => {
        writeFileSync(`${path}.lock`, 'of the other');
        return '';
      }),
    );
    assert.deepEqual([lines(), readFileSync(`${path}.lock`, 'utf8')], [['one'], 'of the other']);
  });

  test('a failed change leaves the file, and no lock', async (context) => {
    const { file, lines, others } = scene(context);
    await file.append('one');
    await assert.rejects(
      file.rewrite(() => {
        throw new Error('no');
      }),
      /no/,
    );
    assert.deepEqual([lines(), others()], [['one'], []]);
  });

  test('the lock of a window that crashed long ago is taken away; appending waits for no lock', async (context) => {
    const { file, path, lines, others } = scene(context);
    await file.append('one');
    writeFileSync(`${path}.lock`, 'of a dead window');
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(`${path}.lock`, longAgo, longAgo);
    await file.append('two');
    assert.ok(existsSync(`${path}.lock`));
    await file.rewrite((text) => text.replace('one', 'first'));
    assert.deepEqual([lines(), others()], [['first', 'two'], []]);
  });

  test('the file stays below its limit: the oldest go, what is not finished and the newest stay', async (context) => {
    const maxBytes = 20_000;
    const { open, path } = scene(context, { maxBytes });
    const clock = new FakeClock();
    const journal = new Journal(open(), clock);
    for (let index = 0; index < 100; index += 1) {
      clock.pass(1000);
      const entry = { kind: 'revoke', connection: profileRef, account: undefined, key: key() } as const;
      const { id } = await journal.add({ ...entry, grant: grant(`g${index}`) });
      if (index !== 0) await journal.note(id, { kind: 'gone', afterMs: 1 });
      assert.ok(statSync(path).size <= maxBytes);
    }
    const { records, damaged } = readJournal(readFileSync(path, 'utf8'));
    assert.deepEqual(
      [records[0], records[1], records.at(-1)].map((record) => record?.grant.grantId),
      ['g99', 'g98', 'g0'],
    );
    assert.equal(damaged, 0);
    assert.ok(records.length < 60 && records.length > 10);
  });

  test('what is not finished is kept even above the limit, and not compacted in vain at every line', async (context) => {
    const { open } = scene(context, { maxBytes: 1000 });
    const file = open();
    let rewritten = 0;
    const { rewrite } = file;
    file.rewrite = (change) => {
      rewritten += 1;
      return rewrite.call(file, change);
    };
    const journal = new Journal(file, new FakeClock());
    for (let index = 0; index < 40; index += 1) {
      await journal.add({
        kind: 'revoke',
        connection: profileRef,
        account: undefined,
        key: key(),
        grant: grant(`g${index}`),
      });
    }
    assert.equal(readJournal(await file.read()).records.length, 40);
    assert.ok(rewritten > 0 && rewritten < 20, String(rewritten));
  });

  test('a window is told of the lines of another', async (context) => {
    const { open } = scene(context);
    const [ours, theirs] = [open(), open()];
    const told = new Promise<void>((resolve) => {
      const watch = ours.onChanged(resolve);
      context.after(() => watch.dispose());
    });
    // The first look at the file may come before or after any one line.
    const writing = setInterval(() => void theirs.append('one'), 50);
    context.after(() => clearInterval(writing));
    await told;
    assert.match(await ours.read(), /^one\n/);
  });

  test('clearing in one window is seen by the next read of another', async (context) => {
    const { open } = scene(context);
    const clock = new FakeClock();
    const [ours, theirs] = [new Journal(open(), clock), new Journal(open(), clock)];
    context.after(() => {
      for (const journal of [ours, theirs]) journal.dispose();
    });
    const entry = { kind: 'revoke', connection: profileRef, account: undefined, key: key() } as const;
    const { id } = await ours.add({ ...entry, grant: grant('g1') });
    await ours.note(id, { kind: 'gone', afterMs: 1 });
    await ours.add({ ...entry, grant: grant('g2') });
    await theirs.clear();
    assert.deepEqual(
      theirs.records.map((record) => record.grant.grantId),
      ['g2'],
    );
    assert.equal(cleared(await theirs.text()), await ours.text());
  });
}

interface Writers {
  readonly writers: number;
  readonly each: number;
  readonly rewrites?: boolean;
}

/** Processes of their own that write to one file, all at once. */
async function runWriters(context: TestContext, { writers, each, rewrites = false }: Writers) {
  const all = scene(context);
  const exits = Array.from({ length: writers }, async (_, index) => {
    const child = fork(fileURLToPath(import.meta.url), [], {
      env: {
        ...process.env,
        JOURNAL_WRITER: String(index),
        JOURNAL_PATH: all.path,
        JOURNAL_LINES: String(each),
        ...(rewrites ? { JOURNAL_REWRITES: '0' } : {}),
      },
      execArgv: [],
    });
    const [code] = await once(child, 'exit');
    assert.equal(code, 0);
  });
  await Promise.all(exits);
  return all;
}

function countLines(lines: readonly string[]) {
  const whole = lines.filter((line) => {
    try {
      const { writer, index } = JSON.parse(line);
      return line === lineOf(writer, index);
    } catch {
      return false;
    }
  });
  return { whole: whole.length, distinct: new Set(whole).size, torn: lines.length - whole.length };
}
