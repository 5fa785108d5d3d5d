import {
  endsGrant,
  type JournalEntry,
  type JournalOutcome,
  type JournalRecord,
  type Owner,
  type RecordedOutcome,
} from './journalRecord.ts';

/** One line of the journal. */
export type Line = EntryLine | OutcomeLine;

export interface EntryLine {
  readonly kind: 'entry';
  readonly entry: JournalEntry;
}

export interface OutcomeLine {
  readonly kind: 'outcome';
  /** Of its entry. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly outcome: JournalOutcome;
  /** The window that wrote it, and its number among the lines of that window. Lines of the first version have neither. */
  readonly by?: Owner | undefined;
  readonly number?: number | undefined;
}

/** The outcome of a record; `none` before the first. */
export type OutcomeKind = RecordedOutcome['kind'] | 'none';

/** A wait is active, or is to begin. */
const waiting: readonly OutcomeKind[] = ['none', 'unknown', 'notFound', 'accepted', 'followed', 'reappeared'];
/** A wait ended without a confirmation. In order: a longer wait with more reads knows more. */
const unconfirmed: readonly OutcomeKind[] = ['stopped', 'unread', 'stillListed'];
const confirmed: readonly OutcomeKind[] = ['dismissed', 'gone'];
const created: readonly OutcomeKind[] = ['listed', 'notListed'];

/**
 * The outcomes that a new outcome may replace. Windows write at the same time and with different knowledge, so the
 * outcome that is based on more knowledge wins, not the one that is written last.
 */
export const replaces: Readonly<Record<RecordedOutcome['kind'], readonly OutcomeKind[]>> = {
  // The answer to the call, by the window that sent it. An answer that comes late replaces nothing that was read since.
  unknown: ['none'],
  notFound: ['none', 'unknown'],
  accepted: ['none', 'unknown', 'notFound'],
  // Final: nothing was done, whatever others concluded from their reads. Who accepted it, see `withOutcome`.
  refused: [...waiting, ...unconfirmed, ...confirmed, ...created],
  // A new wait, after one that ended without a confirmation, or with its window. It takes back no confirmation.
  followed: [...waiting, ...unconfirmed],
  // What alone takes back a confirmation: KMS was read since, and lists the grant.
  reappeared: [...waiting, ...unconfirmed, ...confirmed],
  // The ends of a wait without a confirmation, each over those that know less.
  stopped: [...waiting, 'stopped'],
  unread: [...waiting, 'stopped', 'unread'],
  stillListed: [...waiting, 'stopped', 'unread', 'stillListed'],
  // The confirmations, by other lists and by the reads of a wait. The first of a kind counts.
  dismissed: [...waiting, ...unconfirmed],
  gone: [...waiting, ...unconfirmed, 'dismissed'],
  // New grants: one that was listed once is there.
  notListed: ['none', 'unknown', 'accepted', 'unread', 'notListed'],
  listed: ['none', 'unknown', 'accepted', 'unread', 'notListed'],
};

const noOutcome = { accepted: false, outcome: undefined, outcomeAt: undefined, recreatedAs: undefined } as const;

export function newRecord(entry: JournalEntry): JournalRecord {
  return { ...entry, ...noOutcome };
}

/** @returns the record with this line applied; `undefined` when the change was withdrawn */
export function withOutcome(record: JournalRecord, { at, by, outcome }: OutcomeLine): JournalRecord | undefined {
  if (outcome.kind === 'withdrawn') {
    return undefined;
  }
  if (outcome.kind === 'recreatedAs') {
    return { ...record, recreatedAs: outcome.grantId };
  }
  const isReplaced = replaces[outcome.kind].includes(record.outcome?.kind ?? 'none');
  const next = isReplaced ? { ...record, outcome, outcomeAt: at } : record;
  switch (outcome.kind) {
    case 'accepted':
      return record.outcome?.kind === 'refused' ? record : withAccepted(next, outcome.grantId, isSender(record, by));
    case 'refused':
      // What a window accepted for the sender was a guess: another grant on the same terms.
      return record.isAnswered === true || !isReplaced ? record : withRefused(next);
    case 'followed':
    case 'reappeared':
      return isReplaced ? { ...next, follower: by } : record;
    default:
      return next;
  }
}

function isSender({ owner }: JournalRecord, by: Owner | undefined): boolean {
  return owner === undefined || by === undefined || owner.id === by.id;
}

/** The sender's answer is known for sure; what others found does not change the grant that it names. */
function withAccepted(record: JournalRecord, grantId: string | undefined, isAnswer: boolean): JournalRecord {
  const keepsGrant = grantId === undefined || (record.isAnswered === true && !isAnswer);
  return {
    ...record,
    accepted: true,
    grant: keepsGrant ? record.grant : { ...record.grant, grantId },
    ...(isAnswer ? { isAnswered: true } : {}),
  };
}

function withRefused(record: JournalRecord): JournalRecord {
  const { grant } = record;
  return { ...record, accepted: false, grant: endsGrant(record) ? grant : { ...grant, grantId: '' } };
}

/** Lines of one entry that were read, for as long as the journal is. */
interface EntryLines {
  /** By {@link lineKey}: a line can be in the file twice, and after others that build on it. */
  readonly seen: string[];
  /** Outcomes that were read before their entry. Mostly, the entry was cleared. */
  pendingOutcomes?: OutcomeLine[];
  isWithdrawn?: boolean;
}

/** The records of all lines so far. A line that is read twice counts once. */
export class JournalState {
  /** By the ID of their entry, in the order of the entries. */
  readonly records = new Map<string, JournalRecord>();
  readonly #known = new Map<string, EntryLines>();

  add(line: Line): void {
    const id = entryId(line);
    const known = this.#known.get(id) ?? { seen: [] };
    this.#known.set(id, known);
    const key = lineKey(line);
    if (known.seen.includes(key)) {
      return;
    }
    known.seen.push(key);
    if (line.kind === 'outcome') {
      this.#addOutcome(known, line);
    } else if (known.isWithdrawn !== true) {
      this.records.set(id, newRecord(line.entry));
      const { pendingOutcomes: early = [] } = known;
      delete known.pendingOutcomes;
      for (const outcome of early) {
        this.#addOutcome(known, outcome);
      }
    }
  }

  /** Whether it has a line of the entry, which may have been cleared since. */
  knows(id: string): boolean {
    return this.#known.has(id);
  }

  #addOutcome(known: EntryLines, line: OutcomeLine): void {
    const record = this.records.get(line.id);
    if (line.outcome.kind === 'withdrawn') {
      known.isWithdrawn = true;
      this.records.delete(line.id);
    } else if (record === undefined) {
      known.pendingOutcomes = [...(known.pendingOutcomes ?? []), line];
    } else {
      this.records.set(line.id, withOutcome(record, line) ?? record);
    }
  }
}

/** The ID of the entry that a line is, or is about. */
export function entryId(line: Line): string {
  return line.kind === 'entry' ? line.entry.id : line.id;
}

/** Identifies a line among those of its entry, so that a repeated one is recognized. */
export function lineKey(line: Line): string {
  if (line.kind === 'entry') {
    return 'entry';
  }
  const { by, number, at, outcome } = line;
  return by === undefined ? `${at} ${outcome.kind}` : `${by.id} ${number}`;
}

/** Whether its outcome can still change. Clearing keeps such entries. */
export function isFinished(record: JournalRecord): boolean {
  switch (record.outcome?.kind) {
    case undefined:
    case 'unknown':
    case 'notFound':
      return false;
    case 'refused':
    case 'gone':
    case 'dismissed':
    case 'listed':
    case 'notListed':
      return true;
    case 'unread':
      return !endsGrant(record) && record.accepted;
    case 'accepted':
    case 'followed':
    case 'reappeared':
    case 'stillListed':
    case 'stopped':
      return !endsGrant(record);
  }
}

/** The grant was ended, and can be created again. */
export function isRecreatable(record: JournalRecord): boolean {
  const { outcome, grant } = record;
  return (
    endsGrant(record) && outcome !== undefined && outcome.kind !== 'refused' && grant.granteePrincipal !== undefined
  );
}

/** Whether KMS may still list its grant, by all that is recorded of it. */
export function mayBeListed(record: JournalRecord): boolean {
  if (!endsGrant(record)) {
    return record.accepted && record.grant.grantId !== '';
  }
  const confirmed: readonly (string | undefined)[] = ['gone', 'dismissed', 'notFound'];
  return !confirmed.includes(record.outcome?.kind);
}

/** The longest that a call to KMS takes, with its retries: after that, its window will not write an answer. */
const maxCallMs = 2 * 60_000;

/** How long after its limit a wait still counts as active. */
const graceMs = 60_000;

/** What decides, besides the entry, whether a window may follow it. */
export interface FollowContext {
  /** This window. */
  readonly owner: Owner;
  /** Whether the window with this ID and process still runs. */
  readonly isRunning: (owner: Owner) => boolean;
  /** For how long the entry has been without what is expected next, in milliseconds. */
  readonly waitedMs: number;
  /** How long a wait for the end of a grant lasts at most, in milliseconds. */
  readonly limitMs: number;
}

/**
 * Whether a window may follow an entry: its own, or one whose window has ended or is overdue. Never one that was refused,
 * confirmed, or is finished otherwise.
 */
export function mayFollow(record: JournalRecord, { owner, isRunning, waitedMs, limitMs }: FollowContext): boolean {
  if (isFinished(record)) {
    return false;
  }
  const holder = record.follower ?? record.owner;
  if (holder === undefined || holder.id === owner.id || !isRunning(holder)) {
    return true;
  }
  switch (record.outcome?.kind) {
    case undefined:
      return waitedMs > maxCallMs;
    case 'unknown':
      // Only the end of a grant is followed by the window that lost the answer.
      return !endsGrant(record) || waitedMs > limitMs + graceMs;
    case 'stopped':
    case 'unread':
    case 'stillListed':
      return true;
    default:
      return waitedMs > limitMs + graceMs;
  }
}
