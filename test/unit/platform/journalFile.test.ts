import assert from 'node:assert/strict';
import { fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Journal } from '../../../src/core/changes/journal.ts';
import { type LineFilter, parseJournal } from '../../../src/core/changes/journalLines.ts';
import { type FileSystem, JournalFileOnDisk } from '../../../src/platform/journalFile.ts';
import { patient } from '../../../src/platform/patientFiles.ts';
import { notOnWindows } from '../../systems.ts';
import { FakeClock, grant, key, profileRef } from '../core/fakes.ts';

/** Set in a process that a test starts: it appends this many lines, and compacts when there are too many. */
const writerName = process.env['JOURNAL_WRITER'];

/** The forms of a line that a writer makes, distinguished by its name and number. */
const lineOf = (writer: string, index: number) => JSON.stringify({ v: 2, writer, index, filling: 'x'.repeat(1500) });

const everything: LineFilter = { observe: () => {}, keeps: (line) => line !== '' };
const allBut = (dropped: string): LineFilter => ({ ...everything, keeps: (line) => line !== '' && line !== dropped });

/** All of a file, as text. */
const textOf = async (file: JournalFileOnDisk) => Buffer.from(await file.bytes()).toString('utf8');

const options = { watch: { intervalMs: 20, settleMs: 20 } };

if (writerName === undefined) {
  defineTests();
} else {
  await write(writerName);
}

async function write(name: string): Promise<void> {
  const file = new JournalFileOnDisk(process.env['JOURNAL_PATH'] ?? '', options);
  const lines = Number(process.env['JOURNAL_LINES']);
  for (let index = 0; index < lines; index += 1) {
    await file.append(lineOf(name, index));
    // Everything is kept, but in another file.
    if (process.env['JOURNAL_REWRITES'] === name && index % 5 === 0) {
      await file.rewrite(everything).catch(unlessOnWindows);
    }
  }
}

/** There, a file that others keep opening may not be replaced in time: nothing is lost by that. */
function unlessOnWindows(error: unknown): void {
  if (process.platform !== 'win32') {
    throw error;
  }
}

function scene(context: TestContext, fields: ConstructorParameters<typeof JournalFileOnDisk>[1] = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'journal-file-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'storage', 'history.jsonl');
  const open = (more: typeof fields = {}) => new JournalFileOnDisk(path, { ...options, ...fields, ...more });
  // An empty line is one that was begun again while another was being written: it says nothing.
  const lines = () =>
    readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  const storage = join(folder, 'storage');
  const others = () => readdirSync(storage).filter((name) => name !== 'history.jsonl');
  return { folder, storage, path, open, file: open(), lines, others };
}

/** What a reader has passed on. */
function reading(file: JournalFileOnDisk, onLine: (line: string) => void = () => {}) {
  const sink = { lines: [] as string[], rests: [] as string[], restarts: 0 };
  const reader = file.reader();
  const read = () => {
    sink.rests = [];
    return reader.readNew({
      restart: () => {
        sink.lines = [];
        sink.restarts += 1;
      },
      lines: (lines) => {
        for (const line of lines) {
          onLine(line);
        }
        sink.lines.push(...lines);
      },
      rest: (text) => sink.rests.push(text),
    });
  };
  return { sink, read };
}

/** The real files, but for some of what can be done with those that are open for appending or reading. */
function faultyFiles(faulty: (file: fs.FileHandle) => Partial<fs.FileHandle>): FileSystem {
  return {
    ...fs,
    open: async (path, flags, mode) => {
      const file = await fs.open(path, flags, mode);
      return flags === 'a+' || flags === 'r' ? withMembers(file, faulty(file)) : file;
    },
  };
}

/** An open file, with some members replaced. */
function withMembers(file: fs.FileHandle, members: Partial<fs.FileHandle>): fs.FileHandle {
  return new Proxy(file, {
    get: (_, name) => {
      const member: unknown = Reflect.get(members, name) ?? Reflect.get(file, name, file);
      return typeof member === 'function' ? member.bind(file) : member;
    },
  });
}

/** The real files, under the rule of Windows: nothing takes the place of a file that is open. */
function windowsFiles(): FileSystem {
  const opened = new Set<{ readonly ino: bigint }>();
  return {
    ...fs,
    open: async (path, flags, mode) => {
      const file = await fs.open(path, flags, mode);
      const { ino } = await file.stat({ bigint: true });
      const entry = { ino };
      opened.add(entry);
      const close = () => {
        opened.delete(entry);
        return file.close();
      };
      return withMembers(file, { close });
    },
    rename: async (from, to) => {
      const { ino } = await fs.stat(to, { bigint: true });
      if ([...opened].some((entry) => entry.ino === ino)) {
        throw Object.assign(new Error('EPERM: operation not permitted'), { code: 'EPERM' });
      }
      await fs.rename(from, to);
    },
  };
}

/** Windows has no modes: there, a file has the rights of its folder. */
const isPrivate = (path: string) => process.platform === 'win32' || (statSync(path).mode & 0o777) === 0o600;

/** The ID of a process that is no more. */
function endedProcess(): number {
  return spawnSync(process.execPath, ['--version']).pid;
}

function defineTests(): void {
  test('nothing is made before the first line, and a file that is not there reads as empty', async (context) => {
    const { file, folder } = scene(context);
    assert.equal(await textOf(file), '');
    assert.deepEqual(readdirSync(folder), []);
  });

  test('the first line makes the folder and the file, for the user alone', async (context) => {
    const { file, path } = scene(context);
    await file.append('one');
    await file.append('two');
    assert.equal(await textOf(file), 'one\ntwo\n');
    assert.ok(isPrivate(path));
  });

  test('rewriting leaves a file for the user alone, and nothing beside it', async (context) => {
    const { file, path, others } = scene(context);
    await file.append('one');
    await file.append('two');
    await file.rewrite(allBut('one'));
    assert.equal(await textOf(file), 'two\n');
    assert.ok(isPrivate(path));
    assert.deepEqual(others(), []);
  });

  test('a line that a full disk cut off does not take the next one with it', async (context) => {
    const { file, path } = scene(context);
    await file.append('one');
    appendFileSync(path, '{"v":1,"id":"cut o');
    await file.append('two');
    assert.equal(await textOf(file), 'one\n{"v":1,"id":"cut o\ntwo\n');
  });

  test('what a text holds is written as it is', async (context) => {
    const { file } = scene(context);
    const line = JSON.stringify({ text: 'ключ 🔑 \n \u2028' });
    await file.append(line);
    assert.equal(await textOf(file), `${line}\n`);
  });

  test('a folder that cannot be written to makes appending fail', async (context) => {
    const { file, folder } = scene(context);
    writeFileSync(join(folder, 'storage'), 'a file in its place');
    await assert.rejects(file.append('one'));
    await assert.rejects(file.rewrite(everything));
  });

  test('a directory in place of the file is an error, and no empty history', async (context) => {
    const { file, path } = scene(context);
    mkdirSync(path, { recursive: true });
    await assert.rejects(file.bytes());
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
          if (index % 10 === writer) {
            await file.rewrite(everything).catch(() => {});
          }
        }),
      ),
    );
    const { distinct, torn } = countLines(lines());
    assert.deepEqual({ distinct, torn }, { distinct: 90, torn: 0 });
  });

  /** Does something once in the middle of a rewrite, and then keeps all but 'one'. */
  const meanwhile = (act: () => void): LineFilter => {
    let isDone = false;
    return {
      ...allBut('one'),
      observe: () => {
        if (!isDone) {
          act();
        }
        isDone = true;
      },
    };
  };

  test('a line that comes while the file is being replaced is in the new one', async (context) => {
    const { file, path, lines, others } = scene(context);
    await file.append('one');
    await file.append('two');
    await file.rewrite(meanwhile(() => appendFileSync(path, 'meanwhile\n')));
    assert.deepEqual([lines(), others()], [['two', 'meanwhile'], []]);
  });

  test('a file that another program replaced in the meantime is left as it is', async (context) => {
    const { file, folder, path, lines, others } = scene(context);
    await file.append('one');
    await assert.rejects(
      file.rewrite(
        meanwhile(() => {
          // Not removed: Windows keeps the name of a file that is open.
          renameSync(path, join(folder, 'earlier'));
          writeFileSync(path, 'of the other\n');
        }),
      ),
      /Another window changed the history/,
    );
    assert.deepEqual([lines(), others()], [['of the other'], []]);
  });

  test('a window whose lock was taken away replaces nothing', async (context) => {
    const { file, storage, lines, others } = scene(context);
    await file.append('one');
    await assert.rejects(
      file.rewrite(
        meanwhile(() => {
          for (const name of others()) {
            rmSync(join(storage, name));
          }
        }),
      ),
      /Another window changed the history/,
    );
    assert.deepEqual([lines(), others()], [['one'], []]);
  });

  for (const stage of ['link', 'rename'] as const) {
    // Before its link, it has the file open.
    const skip = stage === 'link' && notOnWindows('replaces no file that is open');
    test(`a window that is paused for hours before its ${stage} costs no line of those that went on`, {
      skip,
    }, async (context) => {
      const { open, path, storage, lines, others } = scene(context);
      await open().append('one');
      await open().append('two');
      const paused = open({
        fileSystem: {
          ...fs,
          [stage]: async (from: string, to: string) => {
            // The others find its lock to be old, rewrite the file, and write on.
            const longAgo = new Date(Date.now() - 3 * 3_600_000);
            for (const name of others().filter((other) => other.endsWith('.new'))) {
              utimesSync(join(storage, name), longAgo, longAgo);
            }
            await open().rewrite(allBut('one'));
            await open().append('three');
            await { link: fs.link, rename: fs.rename }[stage](from, to);
          },
        },
      });
      await assert.rejects(paused.rewrite(allBut('two')), /Another window changed the history/);
      assert.deepEqual([readFileSync(path, 'utf8'), others()], ['two\nthree\n', []]);
      assert.deepEqual(lines(), ['two', 'three']);
    });
  }

  test('what was appended just before a window was killed, which had replaced the file, is found by the next', async (context) => {
    const { open, lines, others, file, storage } = scene(context);
    await file.append('one');
    await file.append('two');
    let renamed = () => {};
    const isRenamed = new Promise<void>((resolve) => {
      renamed = resolve;
    });
    // It reads what to take over, and goes no further.
    const killed = open({
      fileSystem: {
        ...fs,
        rename: async (from, to) => {
          await file.append('three');
          await fs.rename(from, to);
          renamed();
          await new Promise(() => {});
        },
      },
    });
    void killed.rewrite(allBut('one'));
    await isRenamed;
    assert.deepEqual([lines(), others().length], [['two'], 1]);
    const { read } = reading(open());
    await read();
    assert.deepEqual([lines(), readdirSync(storage)], [['two', 'three'], ['history.jsonl']]);
  });

  test('a file is replaced on Windows too, where it may not be open, once other windows have closed it', async (context) => {
    const fileSystem = windowsFiles();
    const { file, path, open, lines, others } = scene(context, { fileSystem });
    await file.append('one');
    await file.append('two');
    await file.rewrite(allBut('one'));
    assert.deepEqual([lines(), others()], [['two'], []]);
    const other = await fileSystem.open(path, 'r');
    const waiting = open({
      fileSystem: patient(fileSystem, async (ms) => {
        if (ms > 5) {
          await other.close();
        }
      }),
    });
    await waiting.rewrite(allBut('two'));
    assert.deepEqual([lines(), others()], [[], []]);
  });

  test('a failed change leaves the file, and nothing beside it', async (context) => {
    const { file, lines, others } = scene(context);
    await file.append('one');
    const failing = meanwhile(() => {
      throw new Error('no');
    });
    await assert.rejects(file.rewrite(failing), /no/);
    assert.deepEqual([lines(), others()], [['one'], []]);
  });

  test('what windows left behind that crashed is removed, by the names that we give, and nothing else', async (context) => {
    const { open, path, storage, lines, others } = scene(context);
    await open().append('one');
    const id = '01234567-89ab-cdef-0123-456789abcdef';
    const ours = ['lock', `lock.${id}`, id, `${process.pid}-${id}.new`];
    const theirs = ['bak', 'lock.bak', `${id}.json`, 'new', `x${id}`];
    const longAgo = new Date(Date.now() - 10 * 60_000);
    for (const name of [...ours, ...theirs]) {
      writeFileSync(`${path}.${name}`, '');
      utimesSync(`${path}.${name}`, longAgo, longAgo);
    }
    // Its process has ended, so it needn't be old.
    writeFileSync(`${path}.${endedProcess()}-${id}.new`, '');
    await reading(open()).read();
    assert.deepEqual(others().sort(), theirs.map((name) => `history.jsonl.${name}`).sort());
    assert.deepEqual([lines(), statSync(storage).isDirectory()], [['one'], true]);
  });

  test('who clears waits for a window that is at work, and appending waits for nobody', async (context) => {
    const { file, path, lines } = scene(context);
    await file.append('one');
    const id = '01234567-89ab-cdef-0123-456789abcdef';
    writeFileSync(`${path}.${process.pid}-${id}.new`, '');
    const clearing = file.rewrite(allBut('one'));
    await file.append('two');
    assert.deepEqual(lines(), ['one', 'two']);
    rmSync(`${path}.${process.pid}-${id}.new`);
    await clearing;
    assert.deepEqual(lines(), ['two']);
  });

  test('bytes that are no text survive a rewrite as they are', async (context) => {
    const { file, path } = scene(context);
    const damaged = Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x0a]);
    await file.append('one');
    appendFileSync(path, damaged);
    await file.append('two');
    appendFileSync(path, 'cut o');
    await file.rewrite(allBut('one'));
    assert.deepEqual(readFileSync(path), Buffer.concat([damaged, Buffer.from('two\ncut o\n')]));
  });

  // Appending that fails

  const failures: readonly (readonly [string, (file: fs.FileHandle) => Partial<fs.FileHandle>])[] = [
    ['flush fails', () => ({ sync: () => Promise.reject(new Error('EIO')) })],
    ['write fails', () => ({ write: () => Promise.reject(new Error('EIO')) })],
    [
      'write is cut short',
      (file) => ({
        write: (async (bytes: Buffer) => file.write(bytes, 0, 40, null)) as typeof file.write,
      }),
    ],
    [
      'flush and close fail',
      (file) => ({
        sync: () => Promise.reject(new Error('EIO')),
        close: async () => {
          await file.close();
          throw new Error('EIO of close');
        },
      }),
    ],
  ];

  for (const [what, faulty] of failures) {
    test(`a line whose ${what} is not there`, async (context) => {
      const { open, lines } = scene(context);
      await open().append('one');
      await assert.rejects(open({ fileSystem: faultyFiles(faulty) }).append(lineOf('a', 1)), /EIO$|disk is full/);
      assert.deepEqual(
        lines().filter((line) => line.trim() !== ''),
        ['one'],
      );
      await open().append('two');
      assert.deepEqual(
        lines().filter((line) => line.trim() !== ''),
        ['one', 'two'],
      );
    });

    test(`a line whose ${what} takes none of another window with it`, async (context) => {
      const { open, lines, path } = scene(context);
      await open().append('one');
      const fileSystem = faultyFiles((file) => {
        const members = faulty(file);
        const between = async () => appendFileSync(path, `${lineOf('b', 1)}\n`);
        return {
          ...members,
          ...(members.sync && { sync: () => between().then(() => Promise.reject(new Error('EIO'))) }),
          ...(members.write && {
            write: (async (bytes: Buffer) => {
              await between();
              return what === 'write fails' ? Promise.reject(new Error('EIO')) : file.write(bytes, 0, 40, null);
            }) as typeof file.write,
          }),
        };
      });
      await assert.rejects(open({ fileSystem }).append(lineOf('a', 1)), /EIO$|disk is full/);
      const { whole, torn } = countLines(lines().filter((line) => line.trim() !== '' && line !== 'one'));
      // A part of a line that is not the last one could be the beginning of another one: it stays, and is no line.
      assert.deepEqual([whole, torn], [1, what === 'write is cut short' ? 1 : 0]);
      assert.equal(lines()[0], 'one');
    });
  }

  test('a line is written again when another window left half of one before it', async (context) => {
    const { open, lines, path } = scene(context);
    await open().append('one');
    let isFirst = true;
    const fileSystem = faultyFiles((file) => ({
      write: (async (bytes: Buffer) => {
        if (isFirst) {
          appendFileSync(path, '{"v":1,"id":"cut o');
        }
        isFirst = false;
        return file.write(bytes, 0, bytes.length, null);
      }) as typeof file.write,
    }));
    await open({ fileSystem }).append(lineOf('a', 1));
    assert.equal(lines().at(-1), lineOf('a', 1));
    assert.equal(lines().filter((line) => line.includes(lineOf('a', 1))).length, 1);
  });

  test('a close that fails after the line is on the disk is no failure', async (context) => {
    const { open, lines } = scene(context);
    const fileSystem = faultyFiles((file) => ({
      close: async () => {
        await file.close();
        throw new Error('EIO');
      },
    }));
    await open({ fileSystem }).append('one');
    assert.deepEqual(lines(), ['one']);
  });

  test('a change of which the flush failed is none: nothing is sent, no window believes it, and others keep theirs', async (context) => {
    const { open } = scene(context);
    const clock = new FakeClock();
    const theirs = new Journal(open(), clock);
    await theirs.ready();
    context.after(() => theirs.dispose());
    let isBroken = true;
    const fileSystem = faultyFiles((file) => ({
      sync: () => (isBroken ? Promise.reject(new Error('EIO')) : file.sync()),
    }));
    const ours = new Journal(open({ fileSystem }), clock);
    const entry = { kind: 'revoke', connection: profileRef, account: undefined, key: key() } as const;
    await assert.rejects(ours.add({ ...entry, grant: grant('g1') }), /Nothing was sent to KMS, .*: EIO/);
    assert.deepEqual(ours.records, []);
    isBroken = false;
    await ours.add({ ...entry, grant: grant('g2') });
    const next = new Journal(open(), clock);
    await next.ready();
    context.after(() => next.dispose());
    for (const { records, damagedCount } of [ours, next]) {
      assert.deepEqual([records.map((record) => record.grant.grantId), damagedCount], [['g2'], 0]);
    }
  });

  // Reading

  test('only what is new is read, in parts between which others have their turn', async (context) => {
    let longest = 0;
    let bytes = 0;
    let inTurn = 0;
    let turns = 0;
    const fileSystem = faultyFiles((file) => ({
      read: (async (...args: Parameters<typeof file.read>) => {
        const result = await file.read(...args);
        bytes += result.bytesRead;
        return result;
      }) as typeof file.read,
    }));
    const { open } = scene(context, { chunkBytes: 10_000 });
    const file = open();
    for (let index = 0; index < 200; index += 1) {
      await file.append(lineOf('a', index));
    }
    const size = (await file.bytes()).length;
    let isOver = false;
    const tick = () => {
      turns += 1;
      longest = Math.max(longest, inTurn);
      inTurn = 0;
      if (!isOver) {
        setImmediate(tick);
      }
    };
    tick();
    const { sink, read } = reading(open({ fileSystem }), (line) => {
      inTurn += line.length;
    });
    await read();
    assert.equal(sink.lines.length, 200);
    // A part, and the rest of a line from the one before.
    assert.ok(longest <= 10_000 + 2000, String(longest));
    assert.ok(turns >= size / 10_000);
    assert.ok(bytes <= size + 1000);
    bytes = 0;
    await file.append('one more');
    await read();
    isOver = true;
    assert.deepEqual([sink.lines.length, sink.lines.at(-1), sink.restarts], [201, 'one more', 1]);
    assert.ok(bytes < 1000, String(bytes));
  });

  test('a file that was replaced or cut is read from the first line on, and a line that is not whole once it is', async (context) => {
    const { open, path } = scene(context);
    const file = open();
    const { sink, read } = reading(open());
    await read();
    assert.deepEqual(sink, { lines: [], rests: [], restarts: 1 });
    await file.append('one');
    await file.append('two');
    appendFileSync(path, 'thr');
    await read();
    assert.deepEqual([sink.lines, sink.rests], [['one', 'two'], ['thr']]);
    appendFileSync(path, 'ee\n');
    await read();
    assert.deepEqual([sink.lines, sink.rests], [['one', 'two', 'three'], []]);
    await file.rewrite(allBut('one'));
    await read();
    assert.deepEqual(sink.lines, ['two', 'three']);
    // In place, and as long: the same file, by all that the system says of it.
    writeFileSync(path, 'other\nfour\n'.slice(0, statSync(path).size));
    await read();
    assert.deepEqual(sink.lines, ['other', 'fou'].slice(0, sink.lines.length));
    rmSync(path);
    await read();
    assert.deepEqual(sink.lines, []);
  });

  test('a line that is far too long is kept, but not read', async (context) => {
    const { open, path, file } = scene(context);
    await file.append('one');
    appendFileSync(path, `${'x'.repeat(2 ** 20 + 1)}\n`);
    const { sink, read } = reading(open());
    await read();
    assert.ok(sink.lines.every((line) => line.length < 1000));
    const { size } = statSync(path);
    await file.rewrite(allBut('one'));
    assert.equal(statSync(path).size, size - 'one\n'.length);
  });

  test('the file stays below its limit: the oldest go, what is not finished and the newest stay', async (context) => {
    const maxBytes = 20_000;
    const { open, path } = scene(context, { maxBytes });
    const clock = new FakeClock();
    const file = open();
    const journal = new Journal(file, clock);
    for (let index = 0; index < 100; index += 1) {
      clock.pass(1000);
      const entry = { kind: 'revoke', connection: profileRef, account: undefined, key: key() } as const;
      const { id } = await journal.add({ ...entry, grant: grant(`g${index}`) });
      if (index !== 0) {
        await journal.addOutcome(id, { kind: 'gone', afterMs: 1 });
      }
      await file.compacted;
      assert.ok(statSync(path).size <= maxBytes);
    }
    const { records, damaged } = parseJournal(readFileSync(path, 'utf8'));
    assert.deepEqual(
      [records[0], records[1], records.at(-1)].map((record) => record?.grant.grantId),
      ['g99', 'g98', 'g0'],
    );
    assert.equal(damaged, 0);
    assert.ok(records.length < 60 && records.length > 10);
  });

  test('a line does not wait until a large file is made smaller, and lines in the meantime begin no second attempt', async (context) => {
    const { open } = scene(context, { maxBytes: 10 });
    const file = open();
    let finish = () => {};
    const end = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let rewritten = 0;
    file.rewrite = async () => {
      rewritten += 1;
      await end;
    };
    await file.append('a line of more than ten bytes');
    await file.append('and another one');
    assert.equal(rewritten, 1);
    finish();
    await file.compacted;
    await file.append('and a third one, which makes the file a quarter larger');
    assert.equal(rewritten, 2);
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
      await file.compacted;
    }
    assert.equal(parseJournal(await textOf(file)).records.length, 40);
    assert.ok(rewritten > 0 && rewritten < 20, String(rewritten));
  });

  test('a window is notified of the lines of another', async (context) => {
    const { open } = scene(context);
    const [ours, theirs] = [open(), open()];
    const notified = new Promise<void>((resolve) => {
      const watch = ours.onDidChange(resolve);
      context.after(() => watch.dispose());
    });
    // The first look at the file may come before or after any one line.
    const written: Promise<void>[] = [];
    const writing = setInterval(() => written.push(theirs.append('one')), 50);
    context.after(() => clearInterval(writing));
    await notified;
    clearInterval(writing);
    await Promise.all(written);
    assert.match(await textOf(ours), /^one\n/);
  });

  test('clearing in one window is seen by the next read of another', async (context) => {
    const { open } = scene(context);
    const clock = new FakeClock();
    const [ours, theirs] = [new Journal(open(), clock), new Journal(open(), clock)];
    context.after(() => {
      for (const journal of [ours, theirs]) {
        journal.dispose();
      }
    });
    const entry = { kind: 'revoke', connection: profileRef, account: undefined, key: key() } as const;
    const { id } = await ours.add({ ...entry, grant: grant('g1') });
    await ours.addOutcome(id, { kind: 'gone', afterMs: 1 });
    await ours.add({ ...entry, grant: grant('g2') });
    await theirs.clear();
    assert.deepEqual(
      theirs.records.map((record) => record.grant.grantId),
      ['g2'],
    );
    assert.deepEqual(await theirs.bytes(), await ours.bytes());
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
