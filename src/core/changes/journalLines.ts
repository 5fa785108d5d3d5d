import { kmsErrorKinds } from '../kms/errors.ts';
import type { ConnectionRef, Grant, KmsKey } from '../kms/model.ts';
import { entryId, isFinished, JournalState, type Line } from './journalOutcomes.ts';
import {
  type JournalEntry,
  type JournalKind,
  type JournalOutcome,
  type JournalRecord,
  keptEvidence,
  newestFirst,
  type Owner,
} from './journalRecord.ts';
import type { LastRead } from './propagation.ts';

/** The version in every line. Lines of a later version are not touched. */
const version = 1;

/** Everything that was read so far. */
export interface JournalContent {
  readonly state: JournalState;
  /** Lines that could not be read. */
  damaged: number;
  /** Lines that only a later version can read. */
  later: number;
}

export function emptyContent(): JournalContent {
  return { state: new JournalState(), damaged: 0, later: 0 };
}

export function parseJournal(text: string): {
  readonly records: readonly JournalRecord[];
  readonly damaged: number;
  readonly later: number;
} {
  const folded = emptyContent();
  for (const raw of text.split('\n')) {
    addLine(folded, raw);
  }
  return { records: newestFirst(folded.state.records.values()), damaged: folded.damaged, later: folded.later };
}

/** @returns the line, if it could be read */
export function addLine(folded: JournalContent, raw: string): Line | undefined {
  const line = parseLine(raw);
  switch (line) {
    case 'empty':
      return undefined;
    case 'damaged':
      folded.damaged += 1;
      return undefined;
    case 'later':
      folded.later += 1;
      return undefined;
    default:
      folded.state.add(line);
      return line;
  }
}

/** Reads a line whose end is still missing, if it is complete otherwise. */
export function addPartialLine({ state }: JournalContent, raw: string): void {
  const line = parseLine(raw);
  if (typeof line !== 'string') {
    state.add(line);
  }
}

/** Decides which lines stay when the file is rewritten. It gets every line in order, then decides on each. */
export interface LineFilter {
  observe(raw: string): void;
  keeps(raw: string): boolean;
}

/** Keeps unfinished records, and lines that could not be read. */
export function unfinishedOnly(): LineFilter {
  return recordFilter((records) => records.filter((record) => !isFinished(record)));
}

/** Keeps unfinished records, and as many of the newest as fit into `maxBytes`. */
export function newestWithin(maxBytes: number): LineFilter {
  return recordFilter((records, sizes) => {
    let size = 0;
    return records.filter((record) => {
      size += sizes.get(record.id) ?? 0;
      return !isFinished(record) || size <= maxBytes;
    });
  });
}

/** Removes the lines that neither this nor a later version can read. */
export function withoutDamaged(): LineFilter {
  return { observe: () => {}, keeps: (raw) => !['damaged', 'empty'].includes(String(parseLine(raw))) };
}

/** @param choose from the records, newest first, and the sizes of their lines in bytes */
function recordFilter(
  choose: (records: readonly JournalRecord[], sizes: ReadonlyMap<string, number>) => readonly JournalRecord[],
): LineFilter {
  const folded = emptyContent();
  const sizes = new Map<string, number>();
  let kept: ReadonlySet<string> | undefined;
  return {
    observe: (raw) => {
      const line = addLine(folded, raw);
      if (line !== undefined) {
        const id = entryId(line);
        sizes.set(id, (sizes.get(id) ?? 0) + Buffer.byteLength(raw) + 1);
      }
    },
    keeps: (raw) => {
      kept ??= new Set(choose(newestFirst(folded.state.records.values()), sizes).map(({ id }) => id));
      const line = parseLine(raw);
      return typeof line === 'string' ? line !== 'empty' : kept.has(entryId(line));
    },
  };
}

export function writeLine(line: Line): string {
  const content =
    line.kind === 'entry'
      ? { v: version, ...line.entry }
      : { v: version, id: line.id, at: line.at, by: line.by, n: line.number, outcome: line.outcome };
  return JSON.stringify(content);
}

type Fields = Readonly<Record<string, unknown>>;

function parseObject(raw: string): Fields | undefined {
  try {
    const parsed: unknown = JSON.parse(raw);
    return asFields(parsed);
  } catch {
    return undefined;
  }
}

/** A line; `later`: one that a later version wrote. */
function parseLine(raw: string): Line | 'empty' | 'damaged' | 'later' {
  if (raw.trim() === '') {
    return 'empty';
  }
  const fields = parseObject(raw);
  const written = fields?.['v'];
  if (typeof written === 'number' && written > version) {
    return 'later';
  }
  return (fields !== undefined && written === version ? parseFields(fields) : undefined) ?? 'damaged';
}

function parseFields(fields: Fields): Line | undefined {
  const { id, at } = fields;
  if (typeof id !== 'string' || id === '' || typeof at !== 'number') {
    return undefined;
  }
  if ('outcome' in fields) {
    const outcome = parseOutcome(asFields(fields['outcome']));
    const by = parseOwner(asFields(fields['by']));
    const number = fields['n'];
    const writer = by !== undefined && typeof number === 'number' ? { by, number } : {};
    return outcome && { kind: 'outcome', id, at, outcome, ...writer };
  }
  const kind = kinds.find((known) => known === fields['kind']);
  const connection = parseConnection(asFields(fields['connection']));
  const key = parseKey(asFields(fields['key']));
  const grant = parseGrant(asFields(fields['grant']));
  if (kind === undefined || connection === undefined || key === undefined || grant === undefined) {
    return undefined;
  }
  const entry: JournalEntry = { id, kind, at, connection, account: asString(fields['account']), key, grant };
  const optional = {
    principal: asString(fields['principal']),
    unverified: asString(fields['unverified']),
    evidence: keptEvidence(asStrings(fields['evidence'])),
    of: asString(fields['of']),
    awsAt: typeof fields['awsAt'] === 'number' ? fields['awsAt'] : undefined,
    owner: parseOwner(asFields(fields['owner'])),
  };
  const present = Object.entries(optional).filter(([, value]) => value !== undefined);
  return { kind: 'entry', entry: { ...entry, ...Object.fromEntries(present) } };
}

function parseOwner(fields: Fields | undefined): Owner | undefined {
  const id = asString(fields?.['id']);
  const pid = fields?.['pid'];
  return id === undefined || typeof pid !== 'number' ? undefined : { id, pid };
}

const kinds: readonly JournalKind[] = ['revoke', 'retire', 'create', 'recreate'];
const lastReads: readonly LastRead[] = ['listed', 'absent', 'none'];

function parseOutcome(fields: Fields | undefined): JournalOutcome | undefined {
  if (fields === undefined) {
    return undefined;
  }
  const afterMs = typeof fields['afterMs'] === 'number' ? fields['afterMs'] : 0;
  const lastRead = lastReads.find((known) => known === fields['lastRead']) ?? 'none';
  const grantId = asString(fields['grantId']);
  switch (fields['kind']) {
    case 'accepted':
      return { kind: 'accepted', grantId };
    case 'refused':
      return {
        kind: 'refused',
        error: asString(fields['error']) ?? 'unknown',
        message: asString(fields['message']) ?? '',
        ...(fields['isNotSent'] === true && { isNotSent: true }),
      };
    case 'unknown':
    case 'notFound':
    case 'followed':
    case 'reappeared':
    case 'dismissed':
    case 'withdrawn':
      return { kind: fields['kind'] };
    case 'gone':
    case 'listed':
    case 'notListed':
      return { kind: fields['kind'], afterMs };
    case 'stillListed':
      return { kind: 'stillListed', afterMs, lastRead };
    case 'unread': {
      const trouble = kmsErrorKinds.find((known) => known === fields['trouble']);
      return { kind: 'unread', afterMs, lastRead, ...(trouble && { trouble }) };
    }
    case 'stopped':
      return { kind: 'stopped', lastRead };
    case 'recreatedAs':
      return grantId === undefined ? undefined : { kind: 'recreatedAs', grantId };
    default:
      return undefined;
  }
}

function parseConnection(fields: Fields | undefined): ConnectionRef | undefined {
  const profile = asString(fields?.['profile']);
  const region = asString(fields?.['region']);
  switch (fields?.['kind']) {
    case 'profile':
      return profile === undefined || region === undefined ? undefined : { kind: 'profile', profile, region };
    case 'environment':
      return region === undefined ? undefined : { kind: 'environment', region };
    case 'sample':
      return { kind: 'sample' };
    default:
      return undefined;
  }
}

function parseKey(fields: Fields | undefined): KmsKey | undefined {
  const keyId = asString(fields?.['keyId']);
  const arn = asString(fields?.['arn']);
  return keyId === undefined || arn === undefined ? undefined : { keyId, arn, aliases: asStrings(fields?.['aliases']) };
}

function parseGrant(fields: Fields | undefined): Grant | undefined {
  const grantId = asString(fields?.['grantId']);
  const keyArn = asString(fields?.['keyArn']);
  if (fields === undefined || grantId === undefined || keyArn === undefined) {
    return undefined;
  }
  const created = asString(fields['creationDate']);
  const creationDate = created === undefined ? undefined : new Date(created);
  const constraints = asFields(fields['constraints']);
  return {
    grantId,
    keyArn,
    name: asString(fields['name']),
    creationDate: creationDate === undefined || Number.isNaN(creationDate.getTime()) ? undefined : creationDate,
    granteePrincipal: parsePrincipalRef(asFields(fields['granteePrincipal'])),
    retiringPrincipal: parsePrincipalRef(asFields(fields['retiringPrincipal'])),
    issuingAccount: asString(fields['issuingAccount']),
    operations: asStrings(fields['operations']),
    constraints: {
      encryptionContextEquals: parseContext(asFields(constraints?.['encryptionContextEquals'])),
      encryptionContextSubset: parseContext(asFields(constraints?.['encryptionContextSubset'])),
      sourceArn: asString(constraints?.['sourceArn']),
    },
  };
}

function parsePrincipalRef(fields: Fields | undefined): Grant['granteePrincipal'] {
  const value = asString(fields?.['value']);
  const kind = fields?.['kind'];
  if (value === undefined || (kind !== 'principal' && kind !== 'servicePrincipal')) {
    return undefined;
  }
  return { kind, value };
}

function parseContext(fields: Fields | undefined): Readonly<Record<string, string>> | undefined {
  if (fields === undefined) {
    return undefined;
  }
  const pairs = Object.entries(fields).filter((pair): pair is [string, string] => typeof pair[1] === 'string');
  return Object.fromEntries(pairs);
}

function asString(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function asStrings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function asFields(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}
