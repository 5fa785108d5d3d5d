import { readFileSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Env } from './env.ts';

export interface ExpandedPath {
  /** Absolute. */
  readonly path: string;
  /** The user whose home folder is unknown, if the path begins with it; `path` then still has the `~`. */
  readonly homelessUser?: string;
}

/**
 * Expands variables and then `~` or `~user`, as Python's `expandvars` and `expanduser` do. A variable that is not set
 * stays as it is.
 */
export function expandPath(path: string, env: Env): ExpandedPath {
  const variables = isWindows ? /\$(\w+)|\$\{([^}]*)\}|%([^%]+)%/g : /\$(\w+)|\$\{([^}]*)\}/g;
  const known = path.replace(variables, (whole, ...names: readonly unknown[]) => {
    const name = names.find((candidate) => typeof candidate === 'string');
    return typeof name === 'string' && Object.hasOwn(env, name) ? (env[name] ?? whole) : whole;
  });
  const [, user, rest = ''] = (isWindows ? /^~([^\\/]*)(.*)$/s : /^~([^/]*)(.*)$/s).exec(known) ?? [];
  if (user === undefined) {
    return { path: resolve(known) };
  }
  const home = user === '' ? homedir() : homeOf(user, env);
  return home === undefined ? { path: resolve(known), homelessUser: user } : { path: resolve(join(home, rest)) };
}

const isWindows = process.platform === 'win32';

/** Known without starting a program: for the user who runs this, and for those in `/etc/passwd`. */
function homeOf(user: string, env: Env): string | undefined {
  if (isWindows) {
    // Windows has no such file. Like Python, this expects them beside the user's own home folder.
    const own = homedir();
    return own === join(dirname(own), env['USERNAME'] ?? '') ? join(dirname(own), user) : undefined;
  }
  try {
    const own = userInfo();
    if (own.username === user) {
      return own.homedir;
    }
    const entries = readFileSync('/etc/passwd', 'utf8').split('\n');
    return entries.map((line) => line.split(':')).find(([name]) => name === user)?.[5];
  } catch {
    return undefined;
  }
}
