import { type Stats, unwatchFile, watchFile } from 'node:fs';

interface FileWatchOptions {
  /** How often a watched file is looked at. 1 s unless given. */
  readonly intervalMs?: number;
  /**
   * How long nothing more may change before a change is told: a program that signs in writes several files, some of them
   * in steps. 250 ms unless given.
   */
  readonly settleMs?: number;
}

/**
 * Calls back when one of the files changed, appeared or went. They are looked at by time and size: VS Code's and the
 * system's own watchers miss files in folders that do not exist yet, and those that are written in place.
 */
export class FileWatch {
  readonly #changed: () => void;
  readonly #intervalMs: number;
  readonly #settleMs: number;
  readonly #paths = new Set<string>();
  #settling: NodeJS.Timeout | undefined;

  constructor(changed: () => void, { intervalMs = 1000, settleMs = 250 }: FileWatchOptions = {}) {
    this.#changed = changed;
    this.#intervalMs = intervalMs;
    this.#settleMs = settleMs;
  }

  /** Watches these files, and no others any more. */
  watch(paths: readonly string[]): void {
    const wanted = new Set(paths);
    for (const path of [...this.#paths]) {
      if (!wanted.has(path)) {
        this.#stop(path);
      }
    }
    for (const path of wanted) {
      if (this.#paths.has(path)) {
        continue;
      }
      this.#paths.add(path);
      watchFile(path, { interval: this.#intervalMs, persistent: false }, this.#onChange);
    }
  }

  dispose(): void {
    clearTimeout(this.#settling);
    for (const path of [...this.#paths]) {
      this.#stop(path);
    }
  }

  readonly #onChange = (now: Stats, before: Stats) => {
    // A file that is not there is told of once at the start.
    if (now.mtimeMs === before.mtimeMs && now.size === before.size && now.ino === before.ino) {
      return;
    }
    clearTimeout(this.#settling);
    this.#settling = setTimeout(this.#changed, this.#settleMs);
  };

  #stop(path: string): void {
    this.#paths.delete(path);
    unwatchFile(path, this.#onChange);
  }
}
