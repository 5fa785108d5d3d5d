import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join, relative } from 'node:path';

/**
 * The absolute path of a program on the PATH, if there is one. Programs in one of `folders`, and relative entries of the
 * PATH, do not count: a workspace must not choose what runs.
 */
export async function programPath(
  program: string,
  path: string,
  folders: readonly string[],
  platform: NodeJS.Platform = process.platform,
): Promise<string | undefined> {
  const names = platform === 'win32' ? [`${program}.exe`, `${program}.cmd`] : [program];
  for (const folder of path.split(delimiter).filter(isAbsolute)) {
    if (folders.some((workspace) => isWithin(workspace, folder))) {
      continue;
    }
    for (const name of names) {
      const file = join(folder, name);
      if (await isProgram(file)) {
        return file;
      }
    }
  }
  return undefined;
}

function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return !isAbsolute(way) && way.split(/[\\/]/)[0] !== '..';
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
