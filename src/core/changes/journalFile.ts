import type { Event } from '../base/emitter.ts';
import type { LineFilter } from './journalLines.ts';

/** The file with the lines. */
export interface JournalFile {
  /**
   * Appends one line, given without its line break, in one write; resolves when it is on the disk. When that is not sure,
   * it rejects, and the line may be in the file all the same.
   */
  append(line: string): Promise<void>;
  /** Reads the lines from the first one on. */
  reader(): JournalReader;
  /** The content of the file; empty when nothing was written yet. */
  bytes(): Promise<Uint8Array>;
  /** Removes the lines that `choice` does not keep. Lines that are appended in the meantime stay. */
  rewrite(choice: LineFilter): Promise<void>;
  /** After a change, by this window or another. */
  readonly onDidChange: Event<void>;
}

export interface JournalReader {
  /** Passes on what was added since the last call, in parts, so that other events can run between them. */
  readNew(sink: LineSink): Promise<void>;
}

export interface LineSink {
  /** The file was replaced. Its lines follow from the first one on. */
  restart(): void;
  lines(lines: readonly string[]): void;
  /** The text after the last line break. It is passed on again once its line is complete. */
  rest(text: string): void;
}
