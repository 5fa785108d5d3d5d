import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** Variables of the child; `undefined` takes one of ours away. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Environment;
  /** Is given each line of output; without it, the output is passed on to ours. */
  readonly onLine?: (line: string) => void;
}

/** Runs a program to its end and resolves to its exit code (1 when a signal ended it). */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<number> {
  const output = options.onLine ? 'pipe' : 'inherit';
  const settings: SpawnOptions = {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', output, output],
  };
  // In Windows, npm and the programs of node_modules are batch files, which a shell alone starts.
  const child =
    process.platform === 'win32'
      ? spawn([command, ...args].map((word) => `"${word}"`).join(' '), { ...settings, shell: true })
      : spawn(command, args, settings);
  eachLine(child, options.onLine);
  const [code] = await once(child, 'close');
  return typeof code === 'number' ? code : 1;
}

export interface OwnedProcess {
  /** Resolves to the exit code once the process has ended, by itself or by `stop`. */
  readonly exited: Promise<number | undefined>;
  /** Resolves with the first line of output, past or future, that matches. Rejects when the process ends before. */
  line(pattern: RegExp, timeoutMs: number): Promise<RegExpExecArray>;
  /** The last lines of output, for an error message. */
  tail(): string;
  /** Ends the process and all its descendants; resolves when they are gone. */
  stop(): Promise<void>;
}

/**
 * Ends the process group $1 when its own input closes: that is, when we ask for it, and also when we crash or are
 * killed. It runs in a session of its own, so that Ctrl+C in a terminal doesn't reach it.
 */
const guardian = `
read -r _
kill -s TERM -- "-$1" 2>/dev/null || exit 0
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
  kill -s 0 -- "-$1" 2>/dev/null || exit 0
  sleep 0.1
done
kill -s KILL -- "-$1" 2>/dev/null
exit 0`;

/** Starts a program that can't outlive us, nor leave descendants behind. Linux and macOS only. */
export async function startOwned(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<OwnedProcess> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  await once(child, 'spawn');
  const guard = spawn('/bin/sh', ['-c', guardian, 'guardian', String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  const guardExited = once(guard, 'exit');

  const lines: string[] = [];
  const listeners = new Set<(line: string) => void>();
  eachLine(child, (line) => {
    lines.push(line);
    if (lines.length > 400) {
      lines.shift();
    }
    options.onLine?.(line);
    for (const listener of listeners) {
      listener(line);
    }
  });
  const exited = once(child, 'close').then(([code]) => {
    guard.stdin.end();
    return typeof code === 'number' ? code : undefined;
  });
  const tail = () => lines.slice(-20).join('\n');

  return {
    exited,
    tail,
    line: (pattern, timeoutMs) =>
      new Promise((resolve, reject) => {
        const finish = (settle: () => void) => {
          clearTimeout(timer);
          listeners.delete(listener);
          settle();
        };
        const listener = (line: string) => {
          const match = pattern.exec(line);
          if (match) {
            finish(() => resolve(match));
          }
        };
        const fail = (reason: string) =>
          finish(() => reject(new Error(`${command} ${reason} before it printed ${pattern}.\n${tail()}`)));
        const timer = setTimeout(() => fail(`took ${timeoutMs / 1000} s`), timeoutMs);
        listeners.add(listener);
        void exited.then((code) => fail(`ended with ${code ?? 'a signal'}`));
        lines.forEach(listener);
      }),
    stop: async () => {
      guard.stdin.end();
      await Promise.all([exited, guardExited]);
    },
  };
}

function eachLine(child: ChildProcess, onLine: ((line: string) => void) | undefined): void {
  if (!onLine) {
    return;
  }
  const streams: (Readable | null)[] = [child.stdout, child.stderr];
  for (const input of streams) {
    if (input) {
      createInterface({ input }).on('line', onLine);
    }
  }
}
