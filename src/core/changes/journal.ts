import * as l10n from '@vscode/l10n';
import type { Clock } from '../base/clock.ts';
import { Emitter, type Subscription } from '../base/emitter.ts';
import { type GrantLocator, grantIdentity } from '../kms/model.ts';
import { UserError } from '../words/userError.ts';
import type { JournalFile, JournalReader } from './journalFile.ts';
import {
  addLine,
  addPartialLine,
  emptyContent,
  type JournalContent,
  type LineFilter,
  unfinishedOnly,
  withoutDamaged,
  writeLine,
} from './journalLines.ts';
import {
  entryId,
  isFinished,
  JournalState,
  type Line,
  mayFollow,
  newRecord,
  type OutcomeLine,
} from './journalOutcomes.ts';
import {
  endsGrant,
  errorText,
  type JournalOutcome,
  type JournalRecord,
  keptEvidence,
  type NewEntry,
  newestFirst,
  type Owner,
} from './journalRecord.ts';
import { PendingLines } from './pendingLines.ts';

/**
 * The journal of everything that changes grants: JSON Lines, append-only. An entry is written before its call, and its
 * outcomes follow in lines of their own. Several windows write to the same file.
 */

/** Where this window runs, and which other windows do. */
export interface WindowProcess {
  readonly pid: number;
  readonly isRunning: (window: Owner) => boolean;
}

/** The journal as this window knows it: the lines of all windows, and those of sample data, which are never written. */
export class Journal {
  /** This window. */
  readonly owner: Owner;
  readonly #file: JournalFile;
  readonly #clock: Clock;
  readonly #isRunning: WindowProcess['isRunning'];
  readonly #reader: JournalReader;
  readonly #changed = new Emitter();
  /** A record was added, changed or removed. */
  readonly onDidChange = this.#changed.event;
  readonly #fileRead = new Emitter();
  /** The file was read, so there may be news of other windows. */
  readonly onDidRead = this.#fileRead.event;
  /** The records in the file. */
  #fromFile: JournalContent = emptyContent();
  readonly #sample = new JournalState();
  readonly #pending = new PendingLines();
  /** The IDs of the entries that were ever to end a grant, by {@link grantIdentity}. */
  readonly #endings = new Map<string, Set<string>>();
  /** Lines that could not be written. Each later write tries them again. */
  readonly #unwritten = new Set<OutcomeLine>();
  /** Entries of this window that KMS has not answered yet. */
  readonly #inFlight = new Set<string>();
  /** By the ID of an entry: when {@link mayFollow} was first called for it, and the time of its state then. */
  readonly #firstSeen = new Map<string, { readonly since: number; readonly monotonic: number }>();
  #lastNumber = 0;
  /** Reads and writes, one after the other. */
  #queue: Promise<unknown> = Promise.resolve();
  #loading: Promise<void> | undefined;
  #watch: Subscription | undefined;
  #isDisposed = false;
  #sorted: readonly JournalRecord[] | undefined;

  /** Without `isRunning`, all other windows count as ended. */
  constructor(file: JournalFile, clock: Clock, { pid = 0, isRunning = () => false }: Partial<WindowProcess> = {}) {
    this.#file = file;
    this.#clock = clock;
    this.#isRunning = isRunning;
    this.#reader = file.reader();
    this.owner = { id: crypto.randomUUID().slice(0, 13), pid };
  }

  /**
   * Reads the file on the first call.
   * @throws UserError when it can't be read; the next call tries again
   */
  ready(): Promise<void> {
    this.#loading ??= this.#load().catch((error: unknown) => {
      this.#loading = undefined;
      throw new UserError(l10n.t("Couldn't read the history: {0}", errorText(error)), ['showLog'], error);
    });
    return this.#loading;
  }

  /** All records so far, newest first. */
  get records(): readonly JournalRecord[] {
    if (this.#sorted === undefined) {
      const records = new Map(this.#fromFile.state.records);
      for (const id of this.#pending.ids) {
        const record = this.#pending.record(id, records.get(id));
        if (record === undefined) {
          records.delete(id);
        } else {
          records.set(id, record);
        }
      }
      this.#sorted = newestFirst([...records.values(), ...this.#sample.records.values()]);
    }
    return this.#sorted;
  }

  record(id: string): JournalRecord | undefined {
    return this.#sample.records.get(id) ?? this.#pending.record(id, this.#fromFile.state.records.get(id));
  }

  /** The records of all attempts to end a grant. */
  endingsOf(place: GrantLocator): readonly JournalRecord[] {
    return [...(this.#endings.get(grantIdentity(place)) ?? [])].flatMap((id) => this.record(id) ?? []);
  }

  /** The number of lines that could not be read. */
  get damagedCount(): number {
    return this.#fromFile.damaged;
  }

  /** Lines that only a later version can read. */
  get laterVersionCount(): number {
    return this.#fromFile.later;
  }

  /** This window waits for KMS's answer. */
  isInFlight(id: string): boolean {
    return this.#inFlight.has(id);
  }

  /**
   * Whether this window may follow `record`, or ask KMS for its outcome.
   * @param limitMs how long a wait for the end of a grant lasts at most, in milliseconds; a new grant needs none
   */
  mayFollow(record: JournalRecord, limitMs = 0): boolean {
    const { owner } = this;
    const waitedMs = this.#waitedMs(record);
    return (
      !this.#inFlight.has(record.id) && mayFollow(record, { owner, isRunning: this.#isRunning, waitedMs, limitMs })
    );
  }

  /**
   * Writes a request before it is sent to KMS; resolves when it is on the disk.
   * @throws UserError when that is not sure: then nothing may be sent, and the entry is withdrawn
   */
  async add({ evidence = [], ...entry }: NewEntry): Promise<JournalRecord> {
    const { owner } = this;
    const kept = keptEvidence(evidence);
    const made = {
      ...entry,
      ...(kept && { evidence: kept }),
      id: crypto.randomUUID(),
      at: this.#clock.now(),
      owner,
    };
    const { id } = made;
    this.#inFlight.add(id);
    try {
      await this.#write({ kind: 'entry', entry: made }, entry.connection.kind === 'sample');
    } catch (error) {
      this.#inFlight.delete(id);
      await this.#withdraw(id);
      throw new UserError(
        l10n.t("Nothing was sent to KMS, because the history couldn't be written: {0}", errorText(error)),
        ['retry', 'showLog'],
        error,
      );
    }
    return this.record(id) ?? newRecord(made);
  }

  /**
   * Writes the outcome of an entry. This window has it at once, whether or not it can be written.
   * @throws UserError when it can't be written yet; later writes try again
   */
  async addOutcome(id: string, outcome: JournalOutcome): Promise<void> {
    if (outcome.kind !== 'recreatedAs') {
      this.#inFlight.delete(id);
    }
    const line = this.#outcomeLine(id, outcome);
    try {
      await this.#write(line, this.#sample.knows(id));
    } catch (error) {
      this.#unwritten.add(line);
      throw new UserError(
        l10n.t("Couldn't write the outcome of the change to the history: {0}", errorText(error)),
        ['showLog'],
        error,
      );
    }
  }

  /**
   * Removes the finished records, for all windows.
   * @throws UserError when the file can't be written
   */
  async clear(): Promise<void> {
    for (const [id, record] of this.#sample.records) {
      if (isFinished(record)) {
        this.#sample.records.delete(id);
      }
    }
    await this.#rewrite(unfinishedOnly());
  }

  /**
   * Removes the lines that can't be read, for all windows; not those of a later version.
   * @throws UserError when the file can't be written
   */
  removeDamaged(): Promise<void> {
    return this.#rewrite(withoutDamaged());
  }

  /** The file as it is, without sample data. */
  bytes(): Promise<Uint8Array> {
    return this.#enqueue(() => this.#file.bytes());
  }

  /** Stops watching and notifying. Writes under way are completed. */
  dispose(): void {
    this.#isDisposed = true;
    this.#watch?.dispose();
    this.#changed.dispose();
    this.#fileRead.dispose();
  }

  async #load(): Promise<void> {
    if (!this.#isDisposed) {
      // From before the read, so that no change after it is missed. If one can't be read, the known records stay.
      this.#watch ??= this.#file.onDidChange(() => void this.#reload().catch(() => {}));
    }
    await this.#reload();
  }

  #reload(): Promise<void> {
    return this.#enqueue(async () => {
      await this.#read();
      await this.#retryUnwritten();
    });
  }

  async #read(): Promise<void> {
    let read = this.#fromFile;
    const ours: Line[] = [];
    await this.#reader.readNew({
      restart: () => {
        read = emptyContent();
      },
      lines: (lines) => {
        for (const raw of lines) {
          const line = addLine(read, raw);
          this.#noteEnding(line);
          if (line !== undefined && this.#pending.has(entryId(line))) {
            ours.push(line);
          }
        }
      },
      rest: (text) => addPartialLine(read, text),
    });
    this.#fromFile = read;
    for (const line of ours) {
      this.#pending.drop(line);
    }
    this.#pending.dropCleared(read.state.records);
    this.#notify();
    this.#fileRead.fire();
  }

  async #rewrite(choice: LineFilter): Promise<void> {
    try {
      await this.#enqueue(async () => {
        // Lines of this window must be recognized as written, or they would stay after they are removed from the file.
        await this.#read();
        await this.#file.rewrite(choice);
        await this.#read();
      });
    } catch (error) {
      throw new UserError(l10n.t("Couldn't clear the history: {0}", errorText(error)), ['showLog'], error);
    }
  }

  #noteEnding(line: Line | undefined): void {
    if (line?.kind === 'entry' && endsGrant(line.entry)) {
      const identity = grantIdentity(line.entry);
      this.#endings.set(identity, (this.#endings.get(identity) ?? new Set()).add(line.entry.id));
    }
  }

  async #write(line: Line, isSample: boolean): Promise<void> {
    this.#noteEnding(line);
    if (isSample) {
      this.#sample.add(line);
      this.#notify();
      return;
    }
    this.#pending.add(line);
    this.#notify();
    await this.#enqueue(async () => {
      await this.#retryUnwritten();
      await this.#file.append(writeLine(line));
    });
  }

  /** The line of the entry may still get into the file: another line withdraws it, as soon as that can be written. */
  async #withdraw(id: string): Promise<void> {
    const line = this.#outcomeLine(id, { kind: 'withdrawn' });
    this.#unwritten.add(line);
    this.#pending.add(line);
    this.#notify();
    await this.#enqueue(() => this.#retryUnwritten());
  }

  /** Never rejects: lines that can't be written now are tried again later. */
  async #retryUnwritten(): Promise<void> {
    try {
      for (const line of this.#unwritten) {
        await this.#file.append(writeLine(line));
        this.#unwritten.delete(line);
      }
    } catch {
      // The user was notified when the line was first written.
    }
  }

  #outcomeLine(id: string, outcome: JournalOutcome): OutcomeLine {
    this.#lastNumber += 1;
    return { kind: 'outcome', id, at: this.#clock.now(), outcome, by: this.owner, number: this.#lastNumber };
  }

  /**
   * How long a record has been unchanged at least, in milliseconds. Wall time can jump, so that a written time lies in the
   * future: then it counts from when this window first saw it.
   */
  #waitedMs({ id, at, outcomeAt }: JournalRecord): number {
    const since = outcomeAt ?? at;
    const monotonic = this.#clock.monotonic();
    let asked = this.#firstSeen.get(id);
    if (asked?.since !== since) {
      asked = { since, monotonic };
      this.#firstSeen.set(id, asked);
    }
    return Math.max(monotonic - asked.monotonic, this.#clock.now() - since);
  }

  #enqueue<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(task);
    this.#queue = result.catch(() => {});
    return result;
  }

  #notify(): void {
    this.#sorted = undefined;
    this.#changed.fire();
  }
}
