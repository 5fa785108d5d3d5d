import { entryId, type Line, lineKey, newRecord, withOutcome } from './journalOutcomes.ts';
import type { JournalRecord } from './journalRecord.ts';

/** Lines that this window wrote and has not read back from the file yet. They count already. */
export class PendingLines {
  /** By the ID of their entry. */
  readonly #lines = new Map<string, Line[]>();

  /** The IDs of the entries that they are about. */
  get ids(): Iterable<string> {
    return this.#lines.keys();
  }

  has(id: string): boolean {
    return this.#lines.has(id);
  }

  add(line: Line): void {
    const id = entryId(line);
    this.#lines.set(id, [...(this.#lines.get(id) ?? []), line]);
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

  /** @param read the entry as it is in the file */
  record(id: string, read: JournalRecord | undefined): JournalRecord | undefined {
    let record = read;
    for (const line of this.#lines.get(id) ?? []) {
      if (line.kind === 'entry') {
        record ??= newRecord(line.entry);
      } else {
        record = record && withOutcome(record, line);
      }
    }
    return record;
  }
}
