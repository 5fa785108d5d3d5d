import { join } from 'node:path';

interface Leftover {
  readonly path: string;
  /** Of the rewrite: the window's process and a UUID. */
  readonly id: string;
  readonly pid: number | undefined;
  /** Of an earlier file: how many bytes of it were copied. */
  readonly size: number | undefined;
}

const uuid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';

/** Includes the names of the first version: `.lock`, `.lock.UUID` and `.UUID`. */
const leftoverName = new RegExp(`^(?:lock|(?:lock\\.)?${uuid}|((\\d+)-${uuid})\\.(?:new|(\\d+)\\.old))$`);

/** `undefined` if the file is none of ours. */
export function leftoverOf(folder: string, base: string, name: string): Leftover | undefined {
  const match = name.startsWith(`${base}.`) ? leftoverName.exec(name.slice(base.length + 1)) : null;
  if (match === null) {
    return undefined;
  }
  const [, id = '', pid, size] = match;
  const number = (digits: string | undefined) => (digits === undefined ? undefined : Number(digits));
  return { path: join(folder, name), id, pid: number(pid), size: number(size) };
}
