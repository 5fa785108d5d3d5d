import type { Event } from '../base/emitter.ts';
import type { LineFilter } from './journalLines.ts';

/** Where the lines are kept. */
export interface JournalFile {
  /**
   * Adds one line, without its end, in one write; resolves when it is on the disk. When that is not sure, it rejects; then
   * the line may be in the file nevertheless.
   */
  append(line: string): Promise<void>;
  /** Reads the lines from the first one on. */
  reader(): JournalReader;
  /** All of the file as it is; empty when nothing was written yet. */
  bytes(): Promise<Uint8Array>;
  /** Drops the lines that `choice` does not keep, and no line that somebody appends in the meantime. */
  rewrite(choice: LineFilter): Promise<void>;
  /** After a change, by this window or another. */
  readonly onDidChange: Event<void>;
}

export interface JournalReader {
  /** Passes on what was added since the last call. In parts: between them, other events have their turn. */
  readNew(sink: LineSink): Promise<void>;
}

export interface LineSink {
  /** The file is another one. Its lines follow from the first one on. */
  restart(): void;
  lines(lines: readonly string[]): void;
  /** What follows the last end of a line. It is passed on again once it has an end. */
  rest(text: string): void;
}
