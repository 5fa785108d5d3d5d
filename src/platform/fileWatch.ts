import { type Stats, unwatchFile, watchFile } from 'node:fs';
import { Emitter } from '../core/base/emitter.ts';

interface FileWatchOptions {
  /** How often a watched file is looked at. 1 s unless given. */
  readonly intervalMs?: number;
  /**
   * How long nothing more may change before a change counts: a program that signs in writes several files, some of them
   * in steps. 250 ms unless given.
   */
  readonly settleMs?: number;
}

/**
 * Watches files, which change, appear or go. They are looked at by time and size: VS Code's and the system's own watchers
 * miss files in folders that do not exist yet, and those that are written in place.
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
    // A file that is not there is told of once at the start.
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
