import { entryId, isFinished, type Line, lineKey, newRecord, withOutcome } from './journalOutcomes.ts';
import type { JournalRecord } from './journalRecord.ts';

/** Lines that this window wrote and has not read back from the file yet. They count already. */
export class PendingLines {
  /** By the ID of their entry. */
  readonly #lines = new Map<string, readonly Line[]>();
  /** What became of the entry as it is in the file by these lines: for each new line, all records are asked for. */
  readonly #applied = new WeakMap<
    readonly Line[],
    { readonly read: JournalRecord | undefined; readonly record: JournalRecord | undefined }
  >();

  /** The IDs of the entries that they are about. */
  get ids(): Iterable<string> {
    return this.#lines.keys();
  }

  has(id: string): boolean {
    return this.#lines.has(id);
  }

  add(line: Line): void {
    const id = entryId(line);
    // Of a withdrawn entry no other line counts: it may never come back from the file.
    const earlier = isWithdrawal(line) ? [] : (this.#lines.get(id) ?? []);
    this.#lines.set(id, [...earlier, line]);
  }

  drop(line: Line): void {
    const id = entryId(line);
    const rest = this.#lines.get(id)?.filter((other) => lineKey(other) !== lineKey(line)) ?? [];
    if (rest.length === 0) {
      this.#lines.delete(id);
    } else {
      this.#lines.set(id, rest);
    }
  }

  /** Another window can clear a finished entry before this one has read it: its lines never come back from the file. */
  dropCleared(read: ReadonlyMap<string, JournalRecord>): void {
    for (const id of this.#lines.keys()) {
      const record = read.has(id) ? undefined : this.record(id, undefined);
      if (record !== undefined && isFinished(record)) {
        this.#lines.delete(id);
      }
    }
  }

  /** @param read the entry as it is in the file */
  record(id: string, read: JournalRecord | undefined): JournalRecord | undefined {
    const lines = this.#lines.get(id);
    if (lines === undefined) {
      return read;
    }
    const applied = this.#applied.get(lines);
    if (applied !== undefined && applied.read === read) {
      return applied.record;
    }
    let record = read;
    for (const line of lines) {
      if (line.kind === 'entry') {
        record ??= newRecord(line.entry);
      } else {
        record = record && withOutcome(record, line);
      }
    }
    this.#applied.set(lines, { read, record });
    return record;
  }
}

function isWithdrawal(line: Line): boolean {
  return line.kind === 'outcome' && line.outcome.kind === 'withdrawn';
}
