import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as l10n from '@vscode/l10n';
import type { JournalFile, JournalReader, LineSink } from '../core/changes/journalFile.ts';
import { compacting, type LineChoice } from '../core/changes/journalLines.ts';
import { FileWatch } from './fileWatch.ts';
import { isProcessRunning } from './processes.ts';

/** What is used of the file system. */
export type FileSystem = Pick<
  typeof fs,
  'link' | 'mkdir' | 'open' | 'readdir' | 'readFile' | 'rename' | 'rm' | 'stat' | 'utimes'
>;

interface JournalFileOptions {
  /** Above this size, in bytes, the oldest finished entries go, down to half of it. 4 MB unless given. */
  readonly maxBytes?: number;
  /** How much is read before other events have their turn, in bytes. 64 KB unless given. */
  readonly chunkBytes?: number;
  /** As of FileWatch. */
  readonly watch?: ConstructorParameters<typeof FileWatch>[0];
  readonly fileSystem?: FileSystem;
}

/** Only the user may read it: it names principals, keys and accounts. */
const mode = 0o600;

/** How old a file is that a window left behind which crashed, at least, unless its process is known to have ended. */
const abandonedMs = 2 * 60_000;

/** No line that we write is so long. A longer one is kept, but not read. */
const longestLine = 2 ** 20;

/** How much of what was read must still be there for a file to be the same one, in bytes. */
const knownTail = 512;

const newline = '\n'.charCodeAt(0);
const space = ' '.charCodeAt(0);

/**
 * The journal in a file that all windows append to, each line in one write at the end of the file, which the system
 * keeps whole. Nobody waits to append. Who rewrites the file follows a protocol in which a process that is paused, however
 * long and wherever, or killed, costs no line:
 * - The new file is written beside the old one, under a name of its own, and that name is the lock: whoever finds another
 *   one waits. Who takes a lock away removes the new file itself, so the rename of the one who lost it fails.
 * - Before the rename, the old file gets a second name that says how much of it was taken into account. What was appended
 *   later is taken over from it: by the one who renamed, or by the next who finds that name.
 * - Who appended checks whether the file is still the current one, and otherwise appends again.
 * So a line can be in the file twice, which says the same as once.
 */
export class JournalFileOnDisk implements JournalFile {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #chunkBytes: number;
  readonly #watchOptions: ConstructorParameters<typeof FileWatch>[0];
  readonly #fs: FileSystem;
  /** The size above which compacting is tried next. */
  #limit: number;
  #isCompacting = false;
  /** Resolves when the file is as small as it gets. A line that is on the disk doesn't wait for that. Never rejects. */
  compacted: Promise<void> = Promise.resolve();

  constructor(
    path: string,
    { maxBytes = 4 * 2 ** 20, chunkBytes = 2 ** 16, watch, fileSystem = fs }: JournalFileOptions = {},
  ) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#chunkBytes = chunkBytes;
    this.#limit = maxBytes;
    this.#watchOptions = watch;
    this.#fs = fileSystem;
  }

  async append(line: string): Promise<void> {
    await this.#fs.mkdir(dirname(this.#path), { recursive: true });
    const size = await this.#append(line);
    if (size > this.#limit && !this.#isCompacting) {
      this.#isCompacting = true;
      this.compacted = this.#compact().finally(() => {
        this.#isCompacting = false;
      });
    }
  }

  async bytes(): Promise<Uint8Array> {
    return (await ifThere(this.#fs.readFile(this.#path))) ?? new Uint8Array();
  }

  reader(): JournalReader {
    let place: Place | undefined;
    let isTidy = false;
    return {
      readNew: async (sink) => {
        const before = place;
        // A read that fails midway begins again.
        place = undefined;
        if (!isTidy) {
          isTidy = await this.#tidyQuietly();
        }
        const file = await ifThere(this.#fs.open(this.#path, 'r'));
        if (file === undefined) {
          sink.restart();
          return;
        }
        try {
          const isContinued = before !== undefined && (await isSamePlace(file, before));
          if (!isContinued) {
            sink.restart();
            // Who replaced the file may have been killed before it took over what was appended to the old one.
            if (before !== undefined) {
              isTidy = false;
            }
          }
          place = await this.#passOn(file, isContinued ? before : undefined, sink);
        } finally {
          await closeQuietly(file);
        }
        if (!isTidy) {
          isTidy = await this.#tidyQuietly();
        }
      },
    };
  }

  async rewrite(choice: LineChoice): Promise<void> {
    await this.#fs.mkdir(dirname(this.#path), { recursive: true });
    const { id, path: temporary } = await this.#lock();
    try {
      await this.#replace(id, temporary, choice);
    } catch (error) {
      const isLost = (await ifThere(this.#fs.stat(temporary))) === undefined;
      throw isLost ? new Error(changedByAnother(), { cause: error }) : error;
    } finally {
      await this.#fs.rm(temporary, { force: true });
    }
  }

  readonly onDidChange: JournalFile['onDidChange'] = (listener) => {
    const watch = new FileWatch(this.#watchOptions);
    watch.onDidChange(listener);
    watch.watch([this.#path]);
    return watch;
  };

  /** @returns the size of the file after it */
  async #append(text: string): Promise<number> {
    for (let tries = 0; ; tries += 1) {
      const file = await this.#fs.open(this.#path, 'a+', mode);
      try {
        const size = await this.#appendTo(file, text);
        if (size !== undefined && (await this.#isCurrent(file))) {
          return size;
        }
      } finally {
        // The line is on the disk, or what went wrong before says more.
        await closeQuietly(file);
      }
      if (tries >= 100) {
        throw new Error(changedByAnother());
      }
    }
  }

  /** @returns the size of the file after it; `undefined` when the line was torn by another one, and does not count */
  async #appendTo(file: fs.FileHandle, text: string): Promise<number | undefined> {
    const { size } = await file.stat();
    // A line that a full disk cut off must not take this one with it.
    const bytes = Buffer.from(`${(await endsLine(file, size)) ? '' : '\n'}${text}\n`, 'utf8');
    let written = 0;
    try {
      ({ bytesWritten: written } = await file.write(bytes, 0, bytes.length, null));
      if (written < bytes.length) {
        throw new Error(l10n.t('The disk is full.'));
      }
      if (!(await standsAlone(file, size, bytes))) {
        await this.#erase(file, size, bytes);
        return undefined;
      }
      await file.sync();
      if (size === 0) {
        await this.#syncFolder();
      }
      return size + bytes.length;
    } catch (error) {
      await this.#erase(file, size, bytes.subarray(0, written === 0 ? bytes.length : written), written < bytes.length);
      throw error;
    }
  }

  /**
   * Writes spaces over what was appended after `from` and must not be believed. It is not cut off: that could take a line
   * of another window with it. As far as the disk lets: it never rejects.
   */
  async #erase(file: fs.FileHandle, from: number, bytes: Buffer, isPart = false): Promise<void> {
    try {
      // A handle that appends can't write elsewhere.
      const writable = await this.#fs.open(this.#path, 'r+');
      try {
        if (!(await isSameFile(writable, file))) {
          return;
        }
        const rest = await readFrom(writable, from);
        const at = rest.indexOf(bytes);
        // A part of a line could be the beginning of another one.
        if (at === -1 || (isPart && rest.length !== bytes.length)) {
          return;
        }
        const blank = bytes.map((byte) => (byte === newline ? newline : space));
        await writable.write(blank, 0, blank.length, from + at);
        await writable.sync();
      } finally {
        await closeQuietly(writable);
      }
    } catch {
      // Whoever wanted the line to be written takes it back by another one.
    }
  }

  /** @throws as soon as `temporary`, which is the lock, is gone */
  async #replace(id: string, temporary: string, choice: LineChoice): Promise<void> {
    const old = await this.#fs.open(this.#path, 'a+', mode);
    try {
      const size = await endLastLine(old);
      await this.#copy(old, size, temporary, choice);
      const earlier = `${this.#path}.${id}.${size}.old`;
      await this.#fs.link(this.#path, earlier);
      try {
        if (!(await this.#isCurrent(old))) {
          throw new Error(changedByAnother());
        }
        await this.#fs.rename(temporary, this.#path);
      } catch (error) {
        await this.#fs.rm(earlier, { force: true });
        throw error;
      }
      await this.#syncFolder();
      // What fails here is done by the next who finds the earlier file.
      await this.#takeOver(earlier, size).catch(() => {});
    } finally {
      await closeQuietly(old);
    }
  }

  /** A file that can't be made smaller is no reason to lose a line. */
  async #compact(): Promise<void> {
    try {
      await this.rewrite(compacting(this.#maxBytes / 2));
    } catch {
      // Another window is at it, or the disk is full: the next line tries again.
    }
    // What is not finished may be larger than the limit by itself.
    const size = (await this.#fs.stat(this.#path).catch(() => undefined))?.size ?? 0;
    this.#limit = Math.max(this.#maxBytes, Math.round(size * 1.25));
  }

  /** Passes on the lines from `place` on. @returns where the last one ends */
  async #passOn(file: fs.FileHandle, place: Place | undefined, sink: LineSink): Promise<Place> {
    const { dev, ino } = await file.stat({ bigint: true });
    let { offset, tail } = place ?? { offset: 0, tail: Buffer.alloc(0) };
    for await (const { lines, end, rest } of linesOf(file, offset, Number.POSITIVE_INFINITY, this.#chunkBytes)) {
      sink.lines(lines.map(textOf));
      const last = lines.at(-1);
      if (last !== undefined) {
        tail = Buffer.from(last.subarray(-knownTail));
        offset = end;
      }
      if (rest.length > 0) {
        sink.rest(textOf(rest));
      }
    }
    return { dev, ino, offset, tail };
  }

  /** Writes the lines of the first `size` bytes that `choice` keeps, byte for byte. */
  async #copy(old: fs.FileHandle, size: number, temporary: string, choice: LineChoice): Promise<void> {
    const alive = () => this.#fs.utimes(temporary, new Date(), new Date());
    for await (const { lines } of linesOf(old, 0, size, this.#chunkBytes)) {
      for (const line of lines) {
        choice.see(textOf(line));
      }
      await alive();
    }
    const file = await this.#fs.open(temporary, 'r+');
    try {
      for await (const { lines } of linesOf(old, 0, size, this.#chunkBytes)) {
        const kept = lines.filter((line) => choice.keeps(textOf(line)));
        await file.writeFile(Buffer.concat(kept.flatMap((line) => [line, Buffer.of(newline)])));
        await alive();
      }
      await file.sync();
    } finally {
      await file.close();
    }
  }

  /** Appends what came to the earlier file after its first `size` bytes, unless it is still the current one. */
  async #takeOver(earlier: string, size: number): Promise<void> {
    const file = await this.#fs.open(earlier, 'r');
    try {
      if (!(await this.#isCurrent(file))) {
        const rest = await readFrom(file, size);
        // A line that is not whole by now is appended again by the one who writes it.
        const added = rest.subarray(0, Math.max(0, rest.lastIndexOf(newline))).toString('utf8');
        if (added !== '') {
          await this.#append(added);
        }
      }
    } finally {
      await closeQuietly(file);
    }
    await this.#fs.rm(earlier, { force: true });
  }

  /** Waits until no other window rewrites the file, and then holds all of them off. */
  async #lock(): Promise<{ readonly id: string; readonly path: string }> {
    for (let tries = 0; ; tries += 1) {
      const id = `${process.pid}-${randomUUID()}`;
      const path = `${this.#path}.${id}.new`;
      const file = await this.#fs.open(path, 'wx', mode);
      await file.close();
      try {
        if (!(await this.#tidy(path))) {
          return { id, path };
        }
      } catch (error) {
        await this.#fs.rm(path, { force: true });
        throw error;
      }
      await this.#fs.rm(path, { force: true });
      if (tries >= 100) {
        throw new Error(l10n.t('Another window is working on the history.'));
      }
      await sleep(10 + 20 * Math.random());
    }
  }

  /**
   * Removes what crashed windows left behind, and takes over the lines in it.
   * @returns whether another window is rewriting the file
   */
  async #tidy(own?: string): Promise<boolean> {
    const folder = dirname(this.#path);
    const names = (await ifThere(this.#fs.readdir(folder))) ?? [];
    const found = names.flatMap((name) => leftoverOf(folder, basename(this.#path), name) ?? []);
    let isBusy = false;
    for (const { path, pid } of found.filter((one) => one.size === undefined && one.path !== own)) {
      const age = Date.now() - ((await ifThere(this.#fs.stat(path)))?.mtimeMs ?? 0);
      // From the future: the clock was set back.
      if (Math.abs(age) > abandonedMs || (pid !== undefined && !isProcessRunning(pid))) {
        await this.#fs.rm(path, { force: true });
      } else {
        isBusy = true;
      }
    }
    for (const { path, id, size } of found) {
      // As long as its new file is there, the earlier one is still the current one.
      if (size === undefined || (await ifThere(this.#fs.stat(`${this.#path}.${id}.new`))) !== undefined) {
        continue;
      }
      await ifThere(this.#takeOver(path, size));
    }
    return isBusy;
  }

  /** @returns whether it was possible */
  async #tidyQuietly(): Promise<boolean> {
    return this.#tidy().then(
      () => true,
      () => false,
    );
  }

  async #isCurrent(file: fs.FileHandle): Promise<boolean> {
    const [ours, named] = await Promise.all([
      file.stat({ bigint: true }),
      ifThere(this.#fs.stat(this.#path, { bigint: true })),
    ]);
    return ours.ino === named?.ino && ours.dev === named.dev;
  }

  /** So that the name of a new file survives a power failure too. Windows can't, and needn't. */
  async #syncFolder(): Promise<void> {
    try {
      const folder = await this.#fs.open(dirname(this.#path), 'r');
      try {
        await folder.sync();
      } finally {
        await closeQuietly(folder);
      }
    } catch {
      // The lines themselves are on the disk.
    }
  }
}

function changedByAnother(): string {
  return l10n.t('Another window changed the history at the same time.');
}

/** How far a file was read. */
interface Place {
  readonly dev: bigint;
  readonly ino: bigint;
  /** Where the last line ends. */
  readonly offset: number;
  /** The end of that line. */
  readonly tail: Buffer;
}

/** A system may give a new file the number of an old one: the last line that was read has to be there too. */
async function isSamePlace(file: fs.FileHandle, { dev, ino, offset, tail }: Place): Promise<boolean> {
  const stats = await file.stat({ bigint: true });
  if (stats.dev !== dev || stats.ino !== ino || stats.size < offset) {
    return false;
  }
  const length = offset === 0 ? 0 : tail.length + 1;
  const found = await readFrom(file, offset - length, length);
  return length === 0 || (found.at(-1) === newline && found.subarray(0, -1).equals(tail));
}

interface Leftover {
  readonly path: string;
  /** Of the window and its new file. */
  readonly id: string;
  readonly pid: number | undefined;
  /** Of an earlier file: how much of it was taken into account. */
  readonly size: number | undefined;
}

const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
/** Also the names that the first version gave: `.lock`, `.lock.UUID` and `.UUID`. */
const leftoverName = new RegExp(`^(?:lock|(?:lock\\.)?${uuid}|((\\d+)-${uuid})\\.(?:new|(\\d+)\\.old))$`);

/** `undefined` for a file that is not one of ours. */
function leftoverOf(folder: string, base: string, name: string): Leftover | undefined {
  const match = name.startsWith(`${base}.`) ? leftoverName.exec(name.slice(base.length + 1)) : null;
  if (match === null) {
    return undefined;
  }
  const [, id = '', pid, size] = match;
  const number = (digits: string | undefined) => (digits === undefined ? undefined : Number(digits));
  return { path: join(folder, name), id, pid: number(pid), size: number(size) };
}

/** Lines without their ends, from one read. */
interface Chunk {
  readonly lines: readonly Buffer[];
  /** Where the last line ends in the file, with its end. */
  readonly end: number;
  /** At the end of the file: what follows the last line. */
  readonly rest: Buffer;
}

/** Reads the lines between two places in parts; each read lets other events have their turn. */
async function* linesOf(file: fs.FileHandle, from: number, to: number, chunkBytes: number): AsyncGenerator<Chunk> {
  let parts: Buffer[] = [];
  let position = from;
  let end = from;
  while (position < to) {
    const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, to - position));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) {
      break;
    }
    const lines: Buffer[] = [];
    let start = 0;
    for (let at = buffer.indexOf(newline); at !== -1 && at < bytesRead; at = buffer.indexOf(newline, start)) {
      lines.push(Buffer.concat([...parts, buffer.subarray(start, at)]));
      parts = [];
      start = at + 1;
      end = position + start;
    }
    parts.push(buffer.subarray(start, bytesRead));
    position += bytesRead;
    yield { lines, end, rest: Buffer.alloc(0) };
  }
  yield { lines: [], end, rest: Buffer.concat(parts) };
}

/** Of a line that is too long, only as much that it is seen to be one. */
function textOf(line: Buffer): string {
  return line.length > longestLine ? line.toString('utf8', 0, knownTail) : line.toString('utf8');
}

async function readFrom(file: fs.FileHandle, from: number, length?: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length ?? Math.max(0, (await file.stat()).size - from));
  let read = 0;
  while (read < buffer.length) {
    const { bytesRead } = await file.read(buffer, read, buffer.length - read, from + read);
    if (bytesRead === 0) {
      break;
    }
    read += bytesRead;
  }
  return buffer.subarray(0, read);
}

async function endsLine(file: fs.FileHandle, size: number): Promise<boolean> {
  return size === 0 || (await readFrom(file, size - 1, 1))[0] === newline;
}

/** Ends a line that was cut off, so that it is one. @returns the size of the file */
async function endLastLine(file: fs.FileHandle): Promise<number> {
  const { size } = await file.stat();
  if (await endsLine(file, size)) {
    return size;
  }
  await file.write('\n');
  return (await file.stat()).size;
}

/** Whether what was appended after `from` is there, and begins a line: another window may have left half of one. */
async function standsAlone(file: fs.FileHandle, from: number, bytes: Buffer): Promise<boolean> {
  const start = Math.max(0, from - 1);
  const found = await readFrom(file, start);
  const at = found.indexOf(bytes, from - start);
  return at !== -1 && (start + at === 0 || bytes[0] === newline || found[at - 1] === newline);
}

async function isSameFile(one: fs.FileHandle, other: fs.FileHandle): Promise<boolean> {
  const [left, right] = await Promise.all([one.stat({ bigint: true }), other.stat({ bigint: true })]);
  return left.ino === right.ino && left.dev === right.dev;
}

async function closeQuietly(file: fs.FileHandle): Promise<void> {
  await file.close().catch(() => {});
}

/** `undefined` when there is no such file. */
async function ifThere<T>(task: Promise<T>): Promise<T | undefined> {
  try {
    return await task;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}
