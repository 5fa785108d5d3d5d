import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JournalFile } from '../core/journal.ts';
import { compacted } from '../core/journalLines.ts';
import { FileWatch } from './fileWatch.ts';

interface JournalFileOptions {
  /** Above this size, in bytes, the oldest finished entries go, down to half of it. 4 MB unless given. */
  readonly maxBytes?: number;
  /** As of FileWatch. */
  readonly watch?: ConstructorParameters<typeof FileWatch>[1];
}

/** Only the user may read it: it names principals, keys and accounts. */
const mode = 0o600;

/** How old a lock is that a window left behind which crashed. */
const staleLockMs = 30_000;

const newline = '\n'.charCodeAt(0);

/**
 * The journal in a file that all windows append to, each line in one write at the end of the file, which the system
 * keeps whole. Nobody waits to append; only rewriting takes a lock, and both look for what the other did:
 * - Who appended looks whether the file is still the one under that name. If not, it was being replaced, and the line is
 *   written once more: twice is as good as once.
 * - Who replaced the file takes over what was appended to the old one until then.
 */
export class JournalFileOnDisk implements JournalFile {
  readonly #path: string;
  readonly #maxBytes: number;
  readonly #watchOptions: ConstructorParameters<typeof FileWatch>[1];
  /** The size above which compacting is tried next. */
  #limit: number;

  constructor(path: string, { maxBytes = 4 * 2 ** 20, watch }: JournalFileOptions = {}) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#limit = maxBytes;
    this.#watchOptions = watch;
  }

  async append(line: string): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true });
    const size = await this.#append(line);
    if (size > this.#limit) await this.#compact();
  }

  async read(): Promise<string> {
    try {
      return await readFile(this.#path, 'utf8');
    } catch (error) {
      if (isCode(error, 'ENOENT')) return '';
      throw error;
    }
  }

  async rewrite(change: (text: string) => string): Promise<void> {
    await mkdir(dirname(this.#path), { recursive: true });
    const isOurs = await this.#lock();
    const temporary = `${this.#path}.${randomUUID()}`;
    try {
      const old = await open(this.#path, constants.O_RDONLY | constants.O_CREAT, mode);
      try {
        const before = await old.readFile();
        // What follows may be a line that is being written at this moment.
        const whole = before.lastIndexOf(newline) + 1;
        const text = change(before.subarray(0, whole).toString('utf8'));
        await writeSynced(temporary, text);
        if (!(await this.#isCurrent(old)) || !(await isOurs())) throw new Error('Another window replaced the file.');
        await rename(temporary, this.#path);
        const { size } = await old.stat();
        const rest = Buffer.alloc(size - whole);
        await old.read(rest, 0, rest.length, whole);
        // A line that is not whole by now is written once more by who writes it.
        const added = rest.subarray(0, Math.max(0, rest.lastIndexOf(newline))).toString('utf8');
        if (added !== '') await this.#append(added);
      } finally {
        await old.close();
      }
    } finally {
      await rm(temporary, { force: true });
      if (await isOurs()) await rm(this.#lockPath, { force: true });
    }
  }

  onChanged(listener: () => void): { dispose(): void } {
    const watch = new FileWatch(listener, this.#watchOptions);
    watch.watch([this.#path]);
    return watch;
  }

  get #lockPath(): string {
    return `${this.#path}.lock`;
  }

  /** @returns the size of the file after it */
  async #append(line: string): Promise<number> {
    for (;;) {
      const file = await open(this.#path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT, mode);
      try {
        const size = await appendTo(file, line);
        if (await this.#isCurrent(file)) return size;
      } finally {
        await file.close();
      }
    }
  }

  /** A file that can't be made smaller is no reason to lose a line. */
  async #compact(): Promise<void> {
    try {
      await this.rewrite((text) => compacted(text, this.#maxBytes / 2));
    } catch {
      // Another window is at it, or the disk is full: the next line tries again.
    }
    // What is not finished may be larger than the limit by itself.
    const { size } = await stat(this.#path);
    this.#limit = Math.max(this.#maxBytes, Math.round(size * 1.25));
  }

  async #isCurrent(file: FileHandle): Promise<boolean> {
    try {
      const [ours, named] = await Promise.all([file.stat({ bigint: true }), stat(this.#path, { bigint: true })]);
      return ours.ino === named.ino && ours.dev === named.dev;
    } catch (error) {
      if (isCode(error, 'ENOENT')) return false;
      throw error;
    }
  }

  /** @returns whether the lock is still the one that was taken */
  async #lock(): Promise<() => Promise<boolean>> {
    const owner = randomUUID();
    for (let tries = 0; ; tries += 1) {
      try {
        await writeFile(this.#lockPath, owner, { flag: 'wx', mode });
        break;
      } catch (error) {
        if (!isCode(error, 'EEXIST')) throw error;
        if (await this.#removeStaleLock()) continue;
        if (tries >= 100) throw new Error('Another window is working on the history.', { cause: error });
        await sleep(20);
      }
    }
    return async () => (await readFile(this.#lockPath, 'utf8').catch(() => '')) === owner;
  }

  async #removeStaleLock(): Promise<boolean> {
    try {
      if (Date.now() - (await stat(this.#lockPath)).mtimeMs < staleLockMs) return false;
      // Renamed first, so that only one window takes it away. Who loses a lock in between sees it before replacing anything.
      const taken = `${this.#lockPath}.${randomUUID()}`;
      await rename(this.#lockPath, taken);
      await rm(taken, { force: true });
      return true;
    } catch (error) {
      if (isCode(error, 'ENOENT')) return true;
      throw error;
    }
  }
}

async function appendTo(file: FileHandle, line: string): Promise<number> {
  const { size } = await file.stat();
  const last = Buffer.alloc(1);
  if (size > 0) await file.read(last, 0, 1, size - 1);
  // A line that a full disk cut off must not take this one with it.
  const bytes = Buffer.from(`${size > 0 && last[0] !== newline ? '\n' : ''}${line}\n`, 'utf8');
  const { bytesWritten } = await file.write(bytes, 0, bytes.length, null);
  if (bytesWritten < bytes.length) throw new Error('The disk is full.');
  await file.sync();
  return size + bytes.length;
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', mode);
  try {
    await file.writeFile(text, 'utf8');
    await file.sync();
  } finally {
    await file.close();
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
