import { fold, isFinished, type Line } from './journalOutcomes.ts';
import {
  type JournalEntry,
  type JournalKind,
  type JournalOutcome,
  type JournalRecord,
  newestFirst,
} from './journalRecord.ts';
import type { ConnectionRef, Grant, KmsKey } from './model.ts';
import type { LastRead } from './propagation.ts';

/** In every line. Lines of a later version are left alone. */
const version = 1;

/** Records by the ID of their entry, in the order of the entries; `damaged`: lines that could not be read. */
export interface Folded {
  readonly records: Map<string, JournalRecord>;
  damaged: number;
}

export function readJournal(text: string): { readonly records: readonly JournalRecord[]; readonly damaged: number } {
  const { records, damaged } = foldText(text);
  return { records: newestFirst(records.values()), damaged };
}

export function foldText(text: string): Folded {
  const folded: Folded = { records: new Map(), damaged: 0 };
  for (const raw of text.split('\n')) {
    if (raw.trim() === '') continue;
    const line = readLine(raw);
    if (line === undefined) folded.damaged += 1;
    else fold(folded.records, line);
  }
  return folded;
}

/** The lines of the entries that are not finished, and of those that only a later version can read. */
export function cleared(text: string): string {
  return keptLines(text, ({ records }) => new Set([...records.values()].filter((record) => !isFinished(record))));
}

/** What is not finished, and as many of the newest as fit into `maxBytes`. */
export function compacted(text: string, maxBytes: number): string {
  return keptLines(text, ({ records }, sizes) => {
    const kept = new Set<JournalRecord>();
    let size = 0;
    for (const record of newestFirst(records.values())) {
      size += sizes.get(record.id) ?? 0;
      if (!isFinished(record) || size <= maxBytes) kept.add(record);
    }
    return kept;
  });
}

function keptLines(
  text: string,
  choose: (folded: Folded, sizes: ReadonlyMap<string, number>) => ReadonlySet<JournalRecord>,
): string {
  const lines = text
    .split('\n')
    .filter((raw) => raw.trim() !== '')
    .map((raw) => ({ raw, id: idOf(raw) }));
  const sizes = new Map<string, number>();
  for (const { raw, id } of lines) {
    if (id !== undefined) sizes.set(id, (sizes.get(id) ?? 0) + Buffer.byteLength(raw) + 1);
  }
  const ids = new Set([...choose(foldText(text), sizes)].map(({ id }) => id));
  return lines
    .filter(({ raw, id }) => (id === undefined ? isLaterVersion(raw) : ids.has(id)))
    .map(({ raw }) => `${raw}\n`)
    .join('');
}

function idOf(raw: string): string | undefined {
  const line = readLine(raw);
  return line?.kind === 'entry' ? line.entry.id : line?.id;
}

export function writeLine(line: Line): string {
  const content =
    line.kind === 'entry'
      ? { v: version, ...line.entry }
      : { v: version, id: line.id, at: line.at, outcome: line.outcome };
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

function isLaterVersion(raw: string): boolean {
  const written = parseObject(raw)?.['v'];
  return typeof written === 'number' && written > version;
}

/** `undefined` for a line that is damaged, or of another version. */
function readLine(raw: string): Line | undefined {
  const fields = parseObject(raw);
  if (fields?.['v'] !== version) return undefined;
  const { id, at } = fields;
  if (typeof id !== 'string' || id === '' || typeof at !== 'number') return undefined;
  if ('outcome' in fields) {
    const outcome = readOutcome(asFields(fields['outcome']));
    return outcome && { kind: 'outcome', id, at, outcome };
  }
  const kind = kinds.find((known) => known === fields['kind']);
  const connection = readConnection(asFields(fields['connection']));
  const key = readKey(asFields(fields['key']));
  const grant = readGrant(asFields(fields['grant']));
  if (kind === undefined || connection === undefined || key === undefined || grant === undefined) return undefined;
  const entry: JournalEntry = { id, kind, at, connection, account: text(fields['account']), key, grant };
  const optional = {
    principal: text(fields['principal']),
    unverified: text(fields['unverified']),
    of: text(fields['of']),
    awsAt: typeof fields['awsAt'] === 'number' ? fields['awsAt'] : undefined,
  };
  const present = Object.entries(optional).filter(([, value]) => value !== undefined);
  return { kind: 'entry', entry: { ...entry, ...Object.fromEntries(present) } };
}

const kinds: readonly JournalKind[] = ['revoke', 'retire', 'create', 'recreate'];
const lastReads: readonly LastRead[] = ['listed', 'absent', 'none'];

function readOutcome(fields: Fields | undefined): JournalOutcome | undefined {
  if (fields === undefined) return undefined;
  const afterMs = typeof fields['afterMs'] === 'number' ? fields['afterMs'] : 0;
  const lastRead = lastReads.find((known) => known === fields['lastRead']) ?? 'none';
  const grantId = text(fields['grantId']);
  switch (fields['kind']) {
    case 'accepted':
      return { kind: 'accepted', grantId };
    case 'refused':
      return { kind: 'refused', error: text(fields['error']) ?? 'unknown', message: text(fields['message']) ?? '' };
    case 'unknown':
    case 'notFound':
    case 'followed':
    case 'reappeared':
    case 'dismissed':
      return { kind: fields['kind'] };
    case 'gone':
    case 'listed':
    case 'notListed':
      return { kind: fields['kind'], afterMs };
    case 'stillListed':
      return { kind: 'stillListed', afterMs, lastRead };
    case 'unread':
      return { kind: 'unread', afterMs, lastRead };
    case 'stopped':
      return { kind: 'stopped', lastRead };
    case 'recreatedAs':
      return grantId === undefined ? undefined : { kind: 'recreatedAs', grantId };
    default:
      return undefined;
  }
}

function readConnection(fields: Fields | undefined): ConnectionRef | undefined {
  const profile = text(fields?.['profile']);
  const region = text(fields?.['region']);
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

function readKey(fields: Fields | undefined): KmsKey | undefined {
  const keyId = text(fields?.['keyId']);
  const arn = text(fields?.['arn']);
  return keyId === undefined || arn === undefined ? undefined : { keyId, arn, aliases: texts(fields?.['aliases']) };
}

function readGrant(fields: Fields | undefined): Grant | undefined {
  const grantId = text(fields?.['grantId']);
  const keyArn = text(fields?.['keyArn']);
  if (fields === undefined || grantId === undefined || keyArn === undefined) return undefined;
  const created = text(fields['creationDate']);
  const creationDate = created === undefined ? undefined : new Date(created);
  const constraints = asFields(fields['constraints']);
  return {
    grantId,
    keyArn,
    name: text(fields['name']),
    creationDate: creationDate === undefined || Number.isNaN(creationDate.getTime()) ? undefined : creationDate,
    granteePrincipal: readPrincipalRef(asFields(fields['granteePrincipal'])),
    retiringPrincipal: readPrincipalRef(asFields(fields['retiringPrincipal'])),
    issuingAccount: text(fields['issuingAccount']),
    operations: texts(fields['operations']),
    constraints: {
      encryptionContextEquals: readContext(asFields(constraints?.['encryptionContextEquals'])),
      encryptionContextSubset: readContext(asFields(constraints?.['encryptionContextSubset'])),
      sourceArn: text(constraints?.['sourceArn']),
    },
  };
}

function readPrincipalRef(fields: Fields | undefined): Grant['granteePrincipal'] {
  const value = text(fields?.['value']);
  const kind = fields?.['kind'];
  if (value === undefined || (kind !== 'principal' && kind !== 'servicePrincipal')) return undefined;
  return { kind, value };
}

function readContext(fields: Fields | undefined): Readonly<Record<string, string>> | undefined {
  if (fields === undefined) return undefined;
  const pairs = Object.entries(fields).filter((pair): pair is [string, string] => typeof pair[1] === 'string');
  return Object.fromEntries(pairs);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function asFields(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}
