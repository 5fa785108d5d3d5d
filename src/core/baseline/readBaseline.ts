import * as l10n from '@vscode/l10n';
import type { ConnectionRef, Grant, PrincipalRef } from '../kms/model.ts';
import { UserError } from '../words/userError.ts';
import { fileFormat, fileVersion, largestFile, longestLine } from './baselineFile.ts';
import {
  inOrder,
  keyIdentity,
  type Snapshot,
  type SnapshotConnection,
  type SnapshotKey,
  type UnreadPlace,
} from './snapshot.ts';

export interface ReadBaseline {
  readonly snapshot: Snapshot;
  /** Sentences about what of the file was not read. */
  readonly problems: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads any bytes. What is damaged is left out and named; a key that may have lost grants by it is not complete.
 * @throws UserError when it is not a baseline that this version reads
 */
export function readBaseline(bytes: Uint8Array): ReadBaseline {
  refuseTooLarge(bytes.length);
  const lines = jsonLines(bytes);
  const file = new BaselineLines(readHeader(lines.next().value));
  for (const line of lines) {
    file.add(line);
  }
  return file.end();
}

/** @throws UserError for a file of more bytes than a baseline can have */
export function refuseTooLarge(size: number): void {
  if (size > largestFile) {
    throw new UserError(l10n.t("The file wasn't read, because it is larger than {0} MB.", largestFile / 2 ** 20));
  }
}

/** Each line that is not empty; `undefined` for one that is too long, or no JSON object in UTF-8. */
function* jsonLines(bytes: Uint8Array): Generator<Json | undefined, undefined> {
  const newline = 10;
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  for (let start = 0; start < bytes.length; ) {
    const next = bytes.indexOf(newline, start);
    const end = next === -1 ? bytes.length : next;
    const line = bytes.subarray(start, end);
    start = end + 1;
    if (line.length > longestLine) {
      yield undefined;
      continue;
    }
    let value: unknown;
    try {
      const text = utf8.decode(line);
      if (text.trim() === '') {
        continue;
      }
      value = JSON.parse(text);
    } catch {
      // Counted by the reader.
    }
    yield isObject(value) ? value : undefined;
  }
}

interface Header {
  readonly readAt: number;
  readonly wasCancelled: boolean;
  /** By their place in the file; `undefined` where one can't be read. */
  readonly connections: readonly (SnapshotConnection | undefined)[];
  /** How many lines of each kind were written. */
  readonly lines: Json;
}

function readHeader(header: Json | undefined): Header {
  if (header?.['Format'] !== fileFormat) {
    throw new UserError(l10n.t("The file isn't a KMS Grants baseline: its first line doesn't say so."));
  }
  const version = header['Version'];
  if (version !== fileVersion) {
    throw new UserError(
      l10n.t(
        'The baseline has format version {0}. This version of KMS Grants reads version {1}.',
        typeof version === 'number' ? version : '?',
        fileVersion,
      ),
    );
  }
  const readAt = dateOf(header['ReadAt'])?.getTime();
  const { Connections: connections, Lines: lines } = header;
  if (readAt === undefined || !Array.isArray(connections) || !isObject(lines)) {
    throw new UserError(l10n.t("The first line of the baseline is damaged, so the file can't be compared."));
  }
  return {
    readAt,
    // What does not say that it is whole may not be.
    wasCancelled: header['WasCancelled'] !== false,
    connections: connections.map(readConnection),
    lines,
  };
}

/** A key while its lines are read. */
interface KeyLines {
  readonly connection: SnapshotConnection;
  readonly arn: string;
  readonly aliases: readonly string[];
  /** As the key's line has it; `undefined` where that line was not read. */
  readonly count: number | undefined;
  readonly isComplete: boolean;
  readonly grants: Map<string, Grant>;
}

class BaselineLines {
  readonly #header: Header;
  readonly #unread: UnreadPlace[] = [];
  readonly #keys = new Map<string, KeyLines>();
  #damaged = 0;
  #repeated = 0;

  constructor(header: Header) {
    this.#header = header;
    this.#damaged = header.connections.filter((connection) => connection === undefined).length;
  }

  add(line: Json | undefined): void {
    const isRead =
      line !== undefined &&
      (line['Unread'] === undefined
        ? line['Key'] === undefined
          ? this.#addGrant(line)
          : this.#addKey(line)
        : this.#addUnread(line['Unread']));
    if (!isRead) {
      this.#damaged += 1;
    }
  }

  #addUnread(value: unknown): boolean {
    const place = isObject(value) ? value : {};
    const ref = readRef(place);
    const { Region: region, KeyArn: keyArn, Reason: reason } = place;
    if (ref === undefined || typeof reason !== 'string' || !isOptionalText(region) || !isOptionalText(keyArn)) {
      return false;
    }
    this.#unread.push({ ref, region, keyArn, reason });
    return true;
  }

  #addKey(line: Json): boolean {
    const { Key: arn, Aliases: aliases, Grants: count } = line;
    const connection = this.#connectionOf(line);
    if (connection === undefined || typeof arn !== 'string' || !isTexts(aliases) || typeof count !== 'number') {
      return false;
    }
    const id = keyIdentity({ connection, arn });
    const known = this.#keys.get(id);
    if (known?.count !== undefined) {
      this.#repeated += 1;
      return true;
    }
    const grants = known?.grants ?? new Map<string, Grant>();
    this.#keys.set(id, { connection, arn, aliases, count, isComplete: line['IsComplete'] === true, grants });
    return true;
  }

  #addGrant(line: Json): boolean {
    const connection = this.#connectionOf(line);
    const grant = readGrant(line);
    if (connection === undefined || grant === undefined) {
      return false;
    }
    const id = keyIdentity({ connection, arn: grant.keyArn });
    let key = this.#keys.get(id);
    if (key === undefined) {
      key = { connection, arn: grant.keyArn, aliases: [], count: undefined, isComplete: false, grants: new Map() };
      this.#keys.set(id, key);
    }
    if (key.grants.has(grant.grantId)) {
      this.#repeated += 1;
    } else {
      key.grants.set(grant.grantId, grant);
    }
    return true;
  }

  #connectionOf(line: Json): SnapshotConnection | undefined {
    const place = line['Connection'];
    return typeof place === 'number' ? this.#header.connections[place] : undefined;
  }

  end(): ReadBaseline {
    const { readAt, wasCancelled, connections, lines } = this.#header;
    const keys = [...this.#keys.values()].map(
      ({ count, grants, isComplete, ...key }): SnapshotKey => ({
        ...key,
        grants: [...grants.values()],
        isComplete: isComplete && grants.size === count,
      }),
    );
    const snapshot = inOrder({
      readAt,
      wasCancelled,
      connections: connections.filter((connection) => connection !== undefined),
      unread: this.#unread,
      keys,
    });
    const read = {
      Unread: this.#unread.length,
      Keys: keys.filter(({ arn, connection }) => this.#keys.get(keyIdentity({ arn, connection }))?.count !== undefined)
        .length,
      Grants: keys.reduce((sum, { grants }) => sum + grants.length, 0),
    };
    return { snapshot, problems: [...this.#lineProblems(), ...countProblems(read, lines)] };
  }

  #lineProblems(): readonly string[] {
    return [
      this.#damaged > 0 && l10n.t("Lines of the baseline that can't be read, and are left out: {0}.", this.#damaged),
      this.#repeated > 0 &&
        l10n.t('Lines of the baseline that repeat a key or a grant: {0}. The first of each counts.', this.#repeated),
    ].filter((sentence) => sentence !== false);
  }
}

/** A file that was cut off has fewer lines than its header says. */
function countProblems(read: Readonly<Record<string, number>>, written: Json): readonly string[] {
  return Object.entries(read).flatMap(([name, count]) => {
    const expected = written[name];
    if (count === expected) {
      return [];
    }
    const total = typeof expected === 'number' ? expected : '?';
    return [l10n.t('Lines of the kind "{2}" in the baseline: {0}. When it was saved: {1}.', count, total, name)];
  });
}

function readConnection(value: unknown): SnapshotConnection | undefined {
  const connection = isObject(value) ? value : {};
  const ref = readRef(connection);
  const { Region: region, Account: account, Endpoint: endpoint } = connection;
  if (ref === undefined || typeof region !== 'string' || !isOptionalText(account) || typeof endpoint !== 'string') {
    return undefined;
  }
  return { ref, region, account, endpoint };
}

function readRef({ Kind: kind, Profile: profile, Region: region }: Json): ConnectionRef | undefined {
  if (kind === 'sample') {
    return { kind };
  }
  if (typeof region !== 'string') {
    return undefined;
  }
  if (kind === 'environment') {
    return { kind, region };
  }
  return kind === 'profile' && typeof profile === 'string' ? { kind, profile, region } : undefined;
}

/** A line as `grantAsAwsJson` makes it. */
function readGrant(line: Json): Grant | undefined {
  const { KeyId: keyArn, GrantId: grantId, Name: name, IssuingAccount: issuingAccount, Operations: operations } = line;
  const constraints = isObject(line['Constraints']) ? line['Constraints'] : {};
  const { EncryptionContextEquals: equals, EncryptionContextSubset: subset, SourceArn: sourceArn } = constraints;
  const grantee = readPrincipal(line['GranteePrincipal'], line['GranteeServicePrincipal']);
  const retiring = readPrincipal(line['RetiringPrincipal'], line['RetiringServicePrincipal']);
  const creationDate = dateOf(line['CreationDate']);
  if (
    typeof keyArn !== 'string' ||
    typeof grantId !== 'string' ||
    !isOptionalText(name) ||
    !isOptionalText(issuingAccount) ||
    !isOptionalText(sourceArn) ||
    !isTexts(operations) ||
    !isOptionalPairs(equals) ||
    !isOptionalPairs(subset) ||
    grantee === 'damaged' ||
    retiring === 'damaged' ||
    (line['Constraints'] !== undefined && !isObject(line['Constraints'])) ||
    (line['CreationDate'] !== undefined && creationDate === undefined)
  ) {
    return undefined;
  }
  return {
    grantId,
    keyArn,
    name,
    creationDate,
    granteePrincipal: grantee,
    retiringPrincipal: retiring,
    issuingAccount,
    operations,
    constraints: { encryptionContextEquals: equals, encryptionContextSubset: subset, sourceArn },
  };
}

function readPrincipal(principal: unknown, service: unknown): PrincipalRef | undefined | 'damaged' {
  if (principal === undefined && service === undefined) {
    return undefined;
  }
  if (typeof principal === 'string' && service === undefined) {
    return { kind: 'principal', value: principal };
  }
  return typeof service === 'string' && principal === undefined
    ? { kind: 'servicePrincipal', value: service }
    : 'damaged';
}

function dateOf(value: unknown): Date | undefined {
  const date = typeof value === 'string' ? new Date(value) : undefined;
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : date;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isOptionalText(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function isOptionalPairs(value: unknown): value is Readonly<Record<string, string>> | undefined {
  return value === undefined || (isObject(value) && Object.values(value).every((one) => typeof one === 'string'));
}
