import * as l10n from '@vscode/l10n';
import type { Clock } from './clock.ts';
import { UserError } from './errors.ts';
import { cleared, type Folded, foldText, writeLine } from './journalLines.ts';
import { fold, isFinished, type Line, nothingYet } from './journalOutcomes.ts';
import { type JournalOutcome, type JournalRecord, type NewEntry, newestFirst, reasonOf } from './journalRecord.ts';

/**
 * The journal of everything that changes grants: JSON Lines, append-only. An entry is written before the call that it
 * tells of; what came of it follows in lines of their own. Several windows write to the same file.
 */

/** Where the lines are kept. */
export interface JournalFile {
  /** Adds one line, without its end, in one write; resolves when it is on the disk. */
  append(line: string): Promise<void>;
  /** All lines; empty when nothing was written yet. */
  read(): Promise<string>;
  /** Replaces the whole by what `change` makes of it, without losing a line that somebody appends meanwhile. */
  rewrite(change: (text: string) => string): Promise<void>;
  /** `listener` is called after a change, by this window or another, until it is disposed of. */
  onChanged(listener: () => void): { dispose(): void };
}

/** The journal of this window: what all windows wrote, and what concerns sample data, which is never written. */
export class Journal {
  readonly #file: JournalFile;
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  #written: Folded = { records: new Map(), damaged: 0 };
  readonly #sample = new Map<string, JournalRecord>();
  /** Lines that are not in the file yet, or could not be written to it. They are true all the same. */
  readonly #unwritten = new Set<Line>();
  /** Entries of this window that KMS has not answered yet. */
  readonly #underWay = new Set<string>();
  /** Reads and writes, one after the other. */
  #queue: Promise<unknown> = Promise.resolve();
  #loading: Promise<void> | undefined;
  #watch: { dispose(): void } | undefined;
  #isDisposed = false;
  #newest: readonly JournalRecord[] | undefined;

  constructor(file: JournalFile, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
  }

  /**
   * Reads the file, the first time that it is asked for.
   * @throws UserError when it can't be read; the next question tries again
   */
  ready(): Promise<void> {
    this.#loading ??= this.#load().catch((error: unknown) => {
      this.#loading = undefined;
      throw new UserError(l10n.t('The history could not be read: {0}', reasonOf(error)), ['showLog'], error);
    });
    return this.#loading;
  }

  /** What is known by now, newest first. */
  get records(): readonly JournalRecord[] {
    this.#newest ??= newestFirst([...this.#written.records.values(), ...this.#sample.values()]);
    return this.#newest;
  }

  record(id: string): JournalRecord | undefined {
    return this.#written.records.get(id) ?? this.#sample.get(id);
  }

  /** Lines that could not be read, and were left out. */
  get damaged(): number {
    return this.#written.damaged;
  }

  /** This window waits for KMS's answer. */
  isUnderWay(id: string): boolean {
    return this.#underWay.has(id);
  }

  /** `listener` is called whenever something became known. */
  onChange(listener: () => void): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }

  /**
   * Keeps what is about to be asked of KMS; resolves when it is on the disk.
   * @throws UserError when it can't be written: then nothing may be sent
   */
  async add(entry: NewEntry): Promise<JournalRecord> {
    const line: Line = { kind: 'entry', entry: { ...entry, id: crypto.randomUUID(), at: this.#clock.now() } };
    const { id } = line.entry;
    this.#underWay.add(id);
    try {
      await this.#keep(line, entry.connection.kind === 'sample');
    } catch (error) {
      this.#underWay.delete(id);
      this.#unwritten.delete(line);
      this.#written.records.delete(id);
      this.#changed();
      throw new UserError(
        l10n.t('The history could not be written, so nothing was sent to KMS: {0}', reasonOf(error)),
        ['retry', 'showLog'],
        error,
      );
    }
    return this.record(id) ?? { ...line.entry, ...nothingYet };
  }

  /**
   * Keeps what came of an entry. It is known in this window at once, whether or not it can be written.
   * @throws UserError when it can't be written
   */
  async note(id: string, outcome: JournalOutcome): Promise<void> {
    if (outcome.kind !== 'recreatedAs') this.#underWay.delete(id);
    try {
      await this.#keep({ kind: 'outcome', id, at: this.#clock.now(), outcome }, this.#sample.has(id));
    } catch (error) {
      throw new UserError(
        l10n.t('What came of the change could not be written to the history: {0}', reasonOf(error)),
        ['showLog'],
        error,
      );
    }
  }

  /**
   * Forgets what is finished, for all windows.
   * @throws UserError when the file can't be written
   */
  async clear(): Promise<void> {
    for (const [id, record] of this.#sample) if (isFinished(record)) this.#sample.delete(id);
    try {
      await this.#inTurn(() => this.#file.rewrite(cleared));
    } catch (error) {
      throw new UserError(l10n.t('The history could not be cleared: {0}', reasonOf(error)), ['showLog'], error);
    }
    await this.#reload();
  }

  /** The lines as they are kept; those about sample data are not. */
  text(): Promise<string> {
    return this.#inTurn(() => this.#file.read());
  }

  /** Watches and tells no more. What is being written is written. */
  dispose(): void {
    this.#isDisposed = true;
    this.#watch?.dispose();
    this.#listeners.clear();
  }

  async #load(): Promise<void> {
    await this.#reload();
    if (this.#isDisposed) return;
    // A read that fails leaves what is known; the next change reads again.
    this.#watch ??= this.#file.onChanged(() => void this.#reload().catch(() => {}));
  }

  #reload(): Promise<void> {
    return this.#inTurn(async () => {
      const folded = foldText(await this.#file.read());
      for (const line of this.#unwritten) fold(folded.records, line);
      this.#written = folded;
      this.#changed();
    });
  }

  async #keep(line: Line, isSample: boolean): Promise<void> {
    if (isSample) {
      fold(this.#sample, line);
      this.#changed();
      return;
    }
    this.#unwritten.add(line);
    fold(this.#written.records, line);
    this.#changed();
    await this.#inTurn(() => this.#file.append(writeLine(line)));
    this.#unwritten.delete(line);
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(task);
    this.#queue = result.catch(() => {});
    return result;
  }

  #changed(): void {
    this.#newest = undefined;
    for (const listener of [...this.#listeners]) listener();
  }
}
