import { randomUUID } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as l10n from '@vscode/l10n';
import type { JournalFile, JournalReader, LineSink } from '../core/changes/journalFile.ts';
import { type LineFilter, newestWithin } from '../core/changes/journalLines.ts';
import {
  closeQuietly,
  endLastLine,
  endsLine,
  ifThere,
  isSameFile,
  knownTail,
  linesOf,
  newline,
  readFrom,
  standsAlone,
  textOf,
} from './fileLines.ts';
import { FileWatch } from './fileWatch.ts';
import { leftoverOf } from './journalLeftovers.ts';
import { patient } from './patientFiles.ts';
import { isProcessRunning } from './processes.ts';

/** The functions of `node:fs/promises` that are used. */
export type FileSystem = Pick<
  typeof fs,
  'link' | 'mkdir' | 'open' | 'readdir' | 'readFile' | 'rename' | 'rm' | 'stat' | 'utimes'
>;

interface JournalFileOptions {
  /** In bytes. Above it, the oldest finished entries are removed, down to half of it. Default: 4 MB. */
  readonly maxBytes?: number;
  /** Bytes to read before other events have their turn. Default: 64 KB. */
  readonly chunkBytes?: number;
  /** Options of FileWatch. */
  readonly watch?: ConstructorParameters<typeof FileWatch>[0];
  readonly fileSystem?: FileSystem;
}

const systemFiles: FileSystem = process.platform === 'win32' ? patient(fs) : fs;

/** Only the user may read it: it names principals, keys and accounts. */
const mode = 0o600;

/** After this time, the temporary file of another window is a leftover of a crash, even if its process may be running. */
const abandonedMs = 2 * 60_000;

const space = ' '.charCodeAt(0);

/**
 * The journal in a file that all windows append to. Each line is one write at the end of the file, which the system keeps
 * whole; no window waits to append. A window that rewrites the file loses no line, even if it is paused or killed at any
 * point:
 * - It writes a new file beside the old one, under a name of its own. That name is the lock: a window that finds another
 *   such file waits. A lock is broken by removing the new file, so that the rename of its owner fails.
 * - Before the rename, it gives the old file a second name, which says how many bytes of it were copied. What was appended
 *   later is copied by the window that renamed, or by the next one that finds that name.
 * - A window that has appended checks whether the file is still the current one. If not, it appends again.
 * So a line can be in the file twice, which means the same as once.
 */
export class JournalFileOnDisk implements JournalFile {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #chunkBytes: number;
  readonly #watchOptions: ConstructorParameters<typeof FileWatch>[0];
  readonly #fs: FileSystem;
  /** The size above which the file is compacted next, in bytes. */
  #limit: number;
  #isCompacting = false;
  /** Resolves when the file is compacted. Appending does not wait for it. Never rejects. */
  compacted: Promise<void> = Promise.resolve();

  constructor(
    path: string,
    { maxBytes = 4 * 2 ** 20, chunkBytes = 2 ** 16, watch, fileSystem = systemFiles }: JournalFileOptions = {},
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
        // After a read that fails midway, the next one starts at the beginning.
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
            // The window that replaced the file may have been killed before it copied the last lines of the old one.
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

  async rewrite(choice: LineFilter): Promise<void> {
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
        // The line is on the disk, or an earlier error says more.
        await closeQuietly(file);
      }
      if (tries >= 100) {
        throw new Error(changedByAnother());
      }
    }
  }

  /** @returns the size of the file after it; `undefined` if a line of another window is in the middle of this one */
  async #appendTo(file: fs.FileHandle, text: string): Promise<number | undefined> {
    const { size } = await file.stat();
    // A line that a full disk cut off must not become one with this one.
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
   * Overwrites an invalid line after `from` with spaces. Truncating could remove a line of another window. Never rejects:
   * if the disk fails, a `withdrawn` line says so later.
   */
  async #erase(file: fs.FileHandle, from: number, bytes: Buffer, isPart = false): Promise<void> {
    try {
      // A handle for appending writes at the end only.
      const writable = await this.#fs.open(this.#path, 'r+');
      try {
        if (!(await isSameFile(writable, file))) {
          return;
        }
        const rest = await readFrom(writable, from);
        const at = rest.indexOf(bytes);
        // A part of a line could be the beginning of another one: it has to be all that follows.
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
      // The journal withdraws the entry by another line.
    }
  }

  /** @throws when `temporary`, which is the lock, was removed */
  async #replace(id: string, temporary: string, choice: LineFilter): Promise<void> {
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
        // Windows replaces no file that is open.
        await closeQuietly(old);
        await this.#fs.rename(temporary, this.#path);
      } catch (error) {
        await this.#fs.rm(earlier, { force: true });
        throw error;
      }
      await this.#syncFolder();
      // If it fails, the next window that finds the earlier file does it.
      await this.#takeOver(earlier, size).catch(() => {});
    } finally {
      await closeQuietly(old);
    }
  }

  /** Never rejects: the journal works with a large file too. */
  async #compact(): Promise<void> {
    try {
      await this.rewrite(newestWithin(this.#maxBytes / 2));
    } catch {
      // Another window does it, or the disk is full: the next line tries again.
    }
    // Entries that are not finished can exceed the limit by themselves.
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
  async #copy(old: fs.FileHandle, size: number, temporary: string, choice: LineFilter): Promise<void> {
    const alive = () => this.#fs.utimes(temporary, new Date(), new Date());
    for await (const { lines } of linesOf(old, 0, size, this.#chunkBytes)) {
      for (const line of lines) {
        choice.observe(textOf(line));
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

  /** Appends what the earlier file has after its first `size` bytes, unless it is still the current one. */
  async #takeOver(earlier: string, size: number): Promise<void> {
    const file = await this.#fs.open(earlier, 'r');
    try {
      if (!(await this.#isCurrent(file))) {
        const rest = await readFrom(file, size);
        // A line that is not whole yet is appended again by its writer.
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

  /** Waits until no other window rewrites the file, and keeps the others from it. */
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
   * Removes the leftovers of crashed windows, after copying their lines.
   * @returns whether another window is rewriting the file
   */
  async #tidy(own?: string): Promise<boolean> {
    const folder = dirname(this.#path);
    const names = (await ifThere(this.#fs.readdir(folder))) ?? [];
    const found = names.flatMap((name) => leftoverOf(folder, basename(this.#path), name) ?? []);
    let isBusy = false;
    for (const { path, pid } of found.filter((one) => one.size === undefined && one.path !== own)) {
      const age = Date.now() - ((await ifThere(this.#fs.stat(path)))?.mtimeMs ?? 0);
      // An age below zero: the clock was set back.
      if (Math.abs(age) > abandonedMs || (pid !== undefined && !isProcessRunning(pid))) {
        await this.#fs.rm(path, { force: true });
      } else {
        isBusy = true;
      }
    }
    for (const { path, id, size } of found) {
      // While its new file exists, the earlier file is still the current one.
      if (size === undefined || (await ifThere(this.#fs.stat(`${this.#path}.${id}.new`))) !== undefined) {
        continue;
      }
      await ifThere(this.#takeOver(path, size));
    }
    return isBusy;
  }

  /** @returns whether it succeeded */
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

  /** So that the name of a new file survives a power failure. On Windows it is neither possible nor needed. */
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

/** How far a file was read, and which file. */
interface Place {
  readonly dev: bigint;
  readonly ino: bigint;
  /** Where the last line ends. */
  readonly offset: number;
  /** The end of that line. */
  readonly tail: Buffer;
}

/** A system can reuse the number of a file, so the last line that was read has to be there too. */
async function isSamePlace(file: fs.FileHandle, { dev, ino, offset, tail }: Place): Promise<boolean> {
  const stats = await file.stat({ bigint: true });
  if (stats.dev !== dev || stats.ino !== ino || stats.size < offset) {
    return false;
  }
  const length = offset === 0 ? 0 : tail.length + 1;
  const found = await readFrom(file, offset - length, length);
  return length === 0 || (found.at(-1) === newline && found.subarray(0, -1).equals(tail));
}
