import type * as fs from 'node:fs/promises';

/** In bytes. We write no longer line; one from elsewhere is kept, but not read. */
const longestLine = 2 ** 20;

/** Bytes of the last line by which a file is identified. */
export const knownTail = 512;

export const newline = '\n'.charCodeAt(0);

/** Lines of one read, without line breaks. */
interface Chunk {
  readonly lines: readonly Buffer[];
  /** The offset in the file after the last line break. */
  readonly end: number;
  /** What follows the last line break, at the end of the file only. */
  readonly rest: Buffer;
}

/** Reads the lines between two offsets in chunks. Other events have their turn between reads. */
export async function* linesOf(
  file: fs.FileHandle,
  from: number,
  to: number,
  chunkBytes: number,
): AsyncGenerator<Chunk> {
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

/** Only the beginning of a line that is too long, which no parser accepts. */
export function textOf(line: Buffer): string {
  return line.length > longestLine ? line.toString('utf8', 0, knownTail) : line.toString('utf8');
}

export async function readFrom(file: fs.FileHandle, from: number, length?: number): Promise<Buffer> {
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

export async function endsLine(file: fs.FileHandle, size: number): Promise<boolean> {
  return size === 0 || (await readFrom(file, size - 1, 1))[0] === newline;
}

/** Adds the line break that the last line may lack. @returns the size of the file */
export async function endLastLine(file: fs.FileHandle): Promise<number> {
  const { size } = await file.stat();
  if (await endsLine(file, size)) {
    return size;
  }
  await file.write('\n');
  return (await file.stat()).size;
}

/** Whether `bytes` are in the file after `from`, and begin a line: another window may have written half of one. */
export async function standsAlone(file: fs.FileHandle, from: number, bytes: Buffer): Promise<boolean> {
  const start = Math.max(0, from - 1);
  const found = await readFrom(file, start);
  const at = found.indexOf(bytes, from - start);
  return at !== -1 && (start + at === 0 || bytes[0] === newline || found[at - 1] === newline);
}

export async function isSameFile(one: fs.FileHandle, other: fs.FileHandle): Promise<boolean> {
  const [left, right] = await Promise.all([one.stat({ bigint: true }), other.stat({ bigint: true })]);
  return left.ino === right.ino && left.dev === right.dev;
}

export async function closeQuietly(file: fs.FileHandle): Promise<void> {
  await file.close().catch(() => {});
}

/** `undefined` when there is no such file. */
export async function ifThere<T>(task: Promise<T>): Promise<T | undefined> {
  try {
    return await task;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}
