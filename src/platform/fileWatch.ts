import { type Stats, unwatchFile, watchFile } from 'node:fs';
import { Emitter } from '../core/base/emitter.ts';

interface FileWatchOptions {
  /** How often a watched file is checked. Default: 1 s. */
  readonly intervalMs?: number;
  /**
   * How long the files must be unchanged before a change is reported: a sign-in writes several files, some in steps.
   * Default: 250 ms.
   */
  readonly settleMs?: number;
}

/**
 * Reports when files change, appear or are deleted, by polling their time and size. The watchers of VS Code and of the
 * system miss files in folders that do not exist yet, and files that are written in place.
 */
export class FileWatch {
  readonly #changed = new Emitter();
  readonly onDidChange = this.#changed.event;
  readonly #intervalMs: number;
  readonly #settleMs: number;
  readonly #paths = new Set<string>();
  #settling: NodeJS.Timeout | undefined;

  constructor({ intervalMs = 1000, settleMs = 250 }: FileWatchOptions = {}) {
    this.#intervalMs = intervalMs;
    this.#settleMs = settleMs;
  }

  /** From now on, watches these files only. */
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
      watchFile(path, { interval: this.#intervalMs, persistent: false }, this.#look);
    }
  }

  dispose(): void {
    clearTimeout(this.#settling);
    for (const path of [...this.#paths]) {
      this.#stop(path);
    }
    this.#changed.dispose();
  }

  readonly #look = (now: Stats, before: Stats) => {
    // A file that does not exist is reported once at the start.
    if (now.mtimeMs === before.mtimeMs && now.size === before.size && now.ino === before.ino) {
      return;
    }
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.#changed.fire(), this.#settleMs);
  };

  #stop(path: string): void {
    this.#paths.delete(path);
    unwatchFile(path, this.#look);
  }
}
