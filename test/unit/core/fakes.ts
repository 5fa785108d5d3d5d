import { abortError } from '../../../src/core/base/abort.ts';
import type { Clock } from '../../../src/core/base/clock.ts';
import { Emitter } from '../../../src/core/base/emitter.ts';
import type { JournalFile, JournalReader } from '../../../src/core/changes/journalFile.ts';
import { type LineFilter, parseJournal } from '../../../src/core/changes/journalLines.ts';
import type { JournalRecord } from '../../../src/core/changes/journalRecord.ts';
import { Inventory } from '../../../src/core/connections/inventory.ts';
import type { ActingSession, Session } from '../../../src/core/connections/session.ts';
import type { Actor } from '../../../src/core/kms/actor.ts';
import { KmsError, type KmsErrorDetails, type KmsErrorKind } from '../../../src/core/kms/errors.ts';
import type { CreatedGrant, GrantRef, KeyPolicyName, KmsApi } from '../../../src/core/kms/kmsApi.ts';
import type { Page } from '../../../src/core/kms/model.ts';
import {
  type AliasListEntry,
  type CallerIdentity,
  type ConnectionRef,
  type CreateGrantInput,
  connectionId,
  type Endpoint,
  type Grant,
  type GrantConstraints,
  type KeyLastUsage,
  type KeyListEntry,
  type KeyMetadata,
  type KeyRotation,
  type KeyTag,
  type KmsKey,
} from '../../../src/core/kms/model.ts';
import { ana, verified } from '../actors.ts';

/** Lets everything that is ready to run do so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Time that only tests move: by `advance`, or (`auto`) by each sleep at once. */
export class FakeClock implements Clock {
  /** How long each sleep was asked to be. */
  readonly sleeps: number[] = [];
  readonly #auto: boolean;
  #now: number;
  /** How far somebody has moved the hands of the wall clock. */
  #moved = 0;
  #sleepers: { readonly at: number; readonly wake: () => void }[] = [];

  constructor({ auto = false, now = Date.UTC(2026, 10, 24) } = {}) {
    this.#auto = auto;
    this.#now = now;
  }

  now(): number {
    return this.#now + this.#moved;
  }

  monotonic(): number {
    return this.#now;
  }

  /** The wall clock is set forward, or with a negative number back; no time passes. */
  setWall(byMs: number): void {
    this.#moved += byMs;
  }

  /** How many sleep at the moment. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  /** Time passes without anybody waking: a read that takes long, a computer that sleeps. */
  pass(ms: number): void {
    this.#now += ms;
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    this.sleeps.push(ms);
    if (signal.aborted) {
      throw abortError();
    }
    if (this.#auto) {
      this.#now += ms;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const onAbort = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(abortError());
      };
      const wake = () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const sleeper = { at: this.#now + ms, wake };
      this.#sleepers.push(sleeper);
      signal.addEventListener('abort', onAbort);
    });
  }

  /** Wakes all who sleep until then, in order of time. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (;;) {
      const [next] = this.#sleepers.filter(({ at }) => at <= end).sort((left, right) => left.at - right.at);
      if (next === undefined) {
        break;
      }
      this.#sleepers = this.#sleepers.filter((other) => other !== next);
      this.#now = Math.max(this.#now, next.at);
      next.wake();
      await settle();
    }
    this.#now = end;
  }
}

/** The greatest number below one: with it, full jitter waits as long as it may. */
export const longest = () => 1 - 2 ** -53;

/** A random source that gives the same numbers for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function kmsError(kind: KmsErrorKind, details: Partial<KmsErrorDetails> = {}): KmsError {
  return new KmsError({ kind, operation: 'ListGrants', awsName: kind, message: kind, ...details });
}

const everyKind: Readonly<Record<KmsErrorKind, true>> = {
  grantNotFound: true,
  keyNotFound: true,
  wrongRegion: true,
  invalidGrantId: true,
  invalidArn: true,
  invalidPrincipal: true,
  invalidMarker: true,
  invalidState: true,
  dependencyTimeout: true,
  internal: true,
  dryRun: true,
  accessDenied: true,
  throttled: true,
  limitExceeded: true,
  validation: true,
  expiredToken: true,
  unrecognizedClient: true,
  invalidSignature: true,
  regionNotEnabled: true,
  credentialsMissing: true,
  signInDenied: true,
  profileInvalid: true,
  ssoExpired: true,
  signInNeeded: true,
  notConfirmed: true,
  profileMissing: true,
  filesUnreadable: true,
  regionMissing: true,
  regionInvalid: true,
  invalidEndpoint: true,
  mfaRefused: true,
  processFailed: true,
  untrustedWorkspace: true,
  accountChanged: true,
  principalChanged: true,
  timeout: true,
  network: true,
  hostNotFound: true,
  certificateNotTrusted: true,
  notJson: true,
  tooLarge: true,
  endlessList: true,
  notSupported: true,
  unknown: true,
};

/** Every kind of failure that there is. */
export const errorKinds = Object.keys(everyKind) as readonly KmsErrorKind[];

export interface Call {
  readonly operation: keyof KmsApi;
  readonly keyArn?: string | undefined;
  readonly grantId?: string | undefined;
  readonly marker?: string | undefined;
  readonly input?: CreateGrantInput | undefined;
  readonly principalArn?: string | undefined;
  readonly actor?: Actor | undefined;
}

type Hook = (call: Call, signal: AbortSignal) => unknown;

/** A KMS in memory, behind our port. A hook before each answer delays it or, by throwing, replaces it. */
export class FakeKms implements KmsApi {
  readonly calls: Call[] = [];
  readonly keys: KeyListEntry[] = [];
  readonly aliases: AliasListEntry[] = [];
  readonly grants = new Map<string, Grant[]>();
  readonly pageSize = { keys: 1000, aliases: 100, grants: 100 };
  identity: CallerIdentity = ana;
  /** AWS's own time; `undefined` where no answer gave it. */
  awsNow: number | undefined;
  dryRunAnswer: 'allowed' | 'revoked' = 'allowed';
  dryRunCreateAnswer: 'allowed' | 'created' = 'allowed';
  dryRunRetireAnswer: 'allowed' | 'retired' = 'allowed';
  /** A created grant is not listed by itself: `list` does. */
  createsSlowly = false;
  policy = '{"Version":"2012-10-17","Statement":[]}';
  /** Set on a key that AWS RAM shares. */
  sharingPolicy: string | undefined;
  tags: readonly KeyTag[] = [];
  rotation: KeyRotation = {
    enabled: false,
    periodInDays: undefined,
    nextRotationDate: undefined,
    onDemandRotationStartDate: undefined,
  };
  lastUsage: KeyLastUsage = { last: undefined, trackingStartDate: undefined, keyCreationDate: undefined };
  #created = 0;
  /** A revoked grant stays listed until `unlist`. */
  revokesSlowly = false;
  /** Answers ListGrants in place of `grants`. */
  grantPages: ((call: Call) => Page<Grant>) | undefined;
  before: Hook = () => {};
  readonly #inFlight = new Map<string, number>();
  /** The most calls of an operation that were ever under way at once. */
  readonly peak = new Map<string, number>();

  count(operation: keyof KmsApi): number {
    return this.calls.filter((call) => call.operation === operation).length;
  }

  addGrants(keyArn: string, ...grantIds: readonly string[]): void {
    this.grants.set(keyArn, [...(this.grants.get(keyArn) ?? []), ...grantIds.map((id) => grant(id, { keyArn }))]);
  }

  unlist(keyArn: string, grantId: string): void {
    this.grants.set(
      keyArn,
      (this.grants.get(keyArn) ?? []).filter((listed) => listed.grantId !== grantId),
    );
  }

  listKeys(marker: string | undefined, signal: AbortSignal): Promise<Page<KeyListEntry>> {
    return this.#call({ operation: 'listKeys', marker }, signal, () => page(this.keys, marker, this.pageSize.keys));
  }

  listAliases(marker: string | undefined, signal: AbortSignal): Promise<Page<AliasListEntry>> {
    return this.#call({ operation: 'listAliases', marker }, signal, () =>
      page(this.aliases, marker, this.pageSize.aliases),
    );
  }

  describeKey(keyArn: string, signal: AbortSignal): Promise<KeyMetadata> {
    return this.#call({ operation: 'describeKey', keyArn }, signal, () => metadata(keyArn));
  }

  listGrants(query: GrantRef | { keyArn: string; grantId?: string; marker?: string }, signal: AbortSignal) {
    const call: Call = { operation: 'listGrants', ...query };
    return this.#call(call, signal, () => {
      if (this.grantPages !== undefined) {
        return this.grantPages(call);
      }
      const all = this.grants.get(query.keyArn) ?? [];
      const wanted = call.grantId === undefined ? all : all.filter(({ grantId }) => grantId === call.grantId);
      return page(wanted, call.marker, this.pageSize.grants);
    });
  }

  revokeGrant({ keyArn, grantId }: GrantRef, actor: Actor, signal: AbortSignal): Promise<void> {
    return this.#call({ operation: 'revokeGrant', keyArn, grantId, actor }, signal, () => {
      if (!this.revokesSlowly) {
        this.unlist(keyArn, grantId);
      }
    });
  }

  dryRunRevokeGrant({ keyArn, grantId }: GrantRef, signal: AbortSignal): Promise<'allowed' | 'revoked'> {
    return this.#call({ operation: 'dryRunRevokeGrant', keyArn, grantId }, signal, () => this.dryRunAnswer);
  }

  createGrant(input: CreateGrantInput, actor: Actor, signal: AbortSignal): Promise<CreatedGrant> {
    const { keyArn } = input;
    return this.#call({ operation: 'createGrant', keyArn, input, actor }, signal, () => {
      const listed = this.grants.get(keyArn) ?? [];
      const same = input.name === undefined ? undefined : listed.find(({ name }) => name === input.name);
      this.#created += 1;
      const grantId = same?.grantId ?? `created-${this.#created}`;
      if (same === undefined && !this.createsSlowly) {
        this.list(input, grantId);
      }
      return { grantId, grantToken: `token-${this.#created}` };
    });
  }

  /** Lists what was created from `input`. */
  list({ keyArn, ...fields }: CreateGrantInput, grantId: string): void {
    const made = grant(grantId, {
      ...fields,
      keyArn,
      name: fields.name,
      retiringPrincipal: fields.retiringPrincipal,
    });
    this.grants.set(keyArn, [...(this.grants.get(keyArn) ?? []), made]);
  }

  dryRunCreateGrant(input: CreateGrantInput, signal: AbortSignal): Promise<'allowed' | 'created'> {
    const call: Call = { operation: 'dryRunCreateGrant', keyArn: input.keyArn, input };
    return this.#call(call, signal, () => this.dryRunCreateAnswer);
  }

  retireGrant({ keyArn, grantId }: GrantRef, actor: Actor, signal: AbortSignal): Promise<void> {
    return this.#call({ operation: 'retireGrant', keyArn, grantId, actor }, signal, () => {
      if (!this.revokesSlowly) {
        this.unlist(keyArn, grantId);
      }
    });
  }

  dryRunRetireGrant({ keyArn, grantId }: GrantRef, signal: AbortSignal): Promise<'allowed' | 'retired'> {
    return this.#call({ operation: 'dryRunRetireGrant', keyArn, grantId }, signal, () => this.dryRunRetireAnswer);
  }

  listRetirableGrants(principalArn: string, marker: string | undefined, signal: AbortSignal): Promise<Page<Grant>> {
    return this.#call({ operation: 'listRetirableGrants', principalArn, marker }, signal, () => {
      const all = [...this.grants.values()].flat();
      const retirable = all.filter(({ retiringPrincipal }) => retiringPrincipal?.value === principalArn);
      return page(retirable, marker, this.pageSize.grants);
    });
  }

  getKeyPolicy(keyArn: string, policyName: KeyPolicyName, signal: AbortSignal): Promise<string> {
    return this.#call({ operation: 'getKeyPolicy', keyArn }, signal, () => {
      const policy = policyName === 'default' ? this.policy : this.sharingPolicy;
      if (policy === undefined) {
        throw kmsError('keyNotFound', { operation: 'GetKeyPolicy', awsName: 'NotFoundException' });
      }
      return policy;
    });
  }

  listResourceTags(keyArn: string, signal: AbortSignal): Promise<readonly KeyTag[]> {
    return this.#call({ operation: 'listResourceTags', keyArn }, signal, () => this.tags);
  }

  getKeyRotationStatus(keyArn: string, signal: AbortSignal): Promise<KeyRotation> {
    return this.#call({ operation: 'getKeyRotationStatus', keyArn }, signal, () => this.rotation);
  }

  getKeyLastUsage(keyArn: string, signal: AbortSignal): Promise<KeyLastUsage> {
    return this.#call({ operation: 'getKeyLastUsage', keyArn }, signal, () => this.lastUsage);
  }

  listAliasesOf(keyArn: string, signal: AbortSignal): Promise<readonly string[]> {
    const keyId = keyArn.slice(keyArn.lastIndexOf('/') + 1);
    return this.#call({ operation: 'listAliasesOf', keyArn }, signal, () =>
      this.aliases.filter(({ targetKeyId }) => targetKeyId === keyId).map(({ aliasName }) => aliasName),
    );
  }

  callerIdentity(signal: AbortSignal): Promise<CallerIdentity> {
    return this.#call({ operation: 'callerIdentity' }, signal, () => this.identity);
  }

  async #call<T>(call: Call, signal: AbortSignal, answer: () => T): Promise<T> {
    const { operation } = call;
    this.calls.push(call);
    const inFlight = (this.#inFlight.get(operation) ?? 0) + 1;
    this.#inFlight.set(operation, inFlight);
    this.peak.set(operation, Math.max(inFlight, this.peak.get(operation) ?? 0));
    try {
      await unlessAborted(this.before(call, signal), signal);
      return answer();
    } finally {
      this.#inFlight.set(operation, (this.#inFlight.get(operation) ?? 0) - 1);
    }
  }
}

/** As the port promises: an AbortError as soon as the signal is aborted. */
async function unlessAborted(pending: unknown, signal: AbortSignal): Promise<void> {
  if (signal.aborted) {
    throw abortError();
  }
  await new Promise<void>((resolve, reject) => {
    const onAbort = () => reject(abortError());
    signal.addEventListener('abort', onAbort);
    Promise.resolve(pending)
      .then(() => resolve(), reject)
      .finally(() => signal.removeEventListener('abort', onAbort));
  });
}

function page<T>(all: readonly T[], marker: string | undefined, size: number): Page<T> {
  const start = marker === undefined ? 0 : Number(marker.replace('after ', ''));
  const end = start + size;
  return { items: all.slice(start, end), nextMarker: end < all.length ? `after ${end}` : undefined };
}

/** A promise that a test settles. */
export function gate(): { readonly passed: Promise<void>; open(): void } {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open: () => open() };
}

export function keyArnOf(keyId: string): string {
  return `arn:aws:kms:eu-west-1:111122223333:key/${keyId}`;
}

export function key(keyId = 'k1', ...aliases: readonly string[]): KmsKey {
  return { keyId, arn: keyArnOf(keyId), aliases };
}

/** Of a grant that is for anything. */
export const noConstraints: GrantConstraints = {
  encryptionContextEquals: undefined,
  encryptionContextSubset: undefined,
  sourceArn: undefined,
};

/** A request for a grant on the key `k1`. */
export const createInput = (fields: Partial<CreateGrantInput> = {}): CreateGrantInput => ({
  keyArn: keyArnOf('k1'),
  operations: ['Decrypt'],
  granteePrincipal: { kind: 'principal', value: 'arn:aws:iam::111122223333:role/Reader' },
  constraints: noConstraints,
  ...fields,
});

export function grant(grantId = 'g1', fields: Partial<Grant> = {}): Grant {
  return {
    grantId,
    keyArn: keyArnOf('k1'),
    name: undefined,
    creationDate: new Date(Date.UTC(2026, 0, 1)),
    granteePrincipal: { kind: 'principal', value: 'arn:aws:iam::111122223333:role/app/Reader' },
    retiringPrincipal: undefined,
    issuingAccount: 'arn:aws:iam::111122223333:root',
    operations: ['Decrypt'],
    constraints: noConstraints,
    ...fields,
  };
}

export function metadata(keyArn: string, fields: Partial<KeyMetadata> = {}): KeyMetadata {
  return {
    keyId: keyArn.slice(keyArn.lastIndexOf('/') + 1),
    arn: keyArn,
    account: '111122223333',
    description: '',
    state: 'Enabled',
    manager: 'CUSTOMER',
    origin: 'AWS_KMS',
    usage: 'ENCRYPT_DECRYPT',
    spec: 'SYMMETRIC_DEFAULT',
    multiRegion: false,
    creationDate: undefined,
    deletionDate: undefined,
    otherFields: {},
    ...fields,
  };
}

/** A session by which ana acts, as a question showed her. */
export function acting(session: Session, actor: Actor = verified()): ActingSession {
  return { session, actor };
}

export const profileRef: ConnectionRef = { kind: 'profile', profile: 'dev', region: 'eu-west-1' };

export interface FakeSession extends Session {
  close(): void;
}

let openings = 0;

/** A session as Connections makes one, on `api`. */
export function openSession(
  api: KmsApi,
  ref: ConnectionRef = profileRef,
  endpoint: Endpoint = { kind: 'aws' },
  clock: Clock = new FakeClock(),
): FakeSession {
  const controller = new AbortController();
  openings += 1;
  return {
    connection: { id: connectionId(ref), opening: openings, ref, region: 'eu-west-1', endpoint },
    api,
    background: api,
    inventory: new Inventory(api, controller.signal, clock),
    closed: controller.signal,
    identity: () => api.callerIdentity(controller.signal),
    knownIdentity: undefined,
    awsTime: () => (api instanceof FakeKms ? api.awsNow : undefined),
    confirmIdentity: (signal) => api.callerIdentity(signal),
    evidence: () => Promise.reject(new Error('No evidence here.')),
    close: () => controller.abort(),
  };
}

/** The journal's file in memory, which outlives windows and is shared by them. */
export class FakeJournalFile implements JournalFile {
  lines: string[] = [];
  readonly #changed = new Emitter();
  readonly onDidChange = this.#changed.event;
  /** A hook before each append delays it or, by throwing, makes it fail. */
  before: (line: string) => unknown = () => {};
  /** A hook before each read, alike. */
  beforeRead: () => unknown = () => {};

  async append(line: string): Promise<void> {
    await this.before(line);
    this.lines.push(line);
  }

  reader(): JournalReader {
    let before: readonly string[] = [];
    return {
      readNew: async (sink) => {
        await this.beforeRead();
        const { lines } = this;
        const isContinued = before.every((line, index) => line === lines[index]);
        if (!isContinued) {
          sink.restart();
        }
        sink.lines(lines.slice(isContinued ? before.length : 0));
        before = [...lines];
      },
    };
  }

  get text(): string {
    return this.lines.map((line) => `${line}\n`).join('');
  }

  async bytes(): Promise<Uint8Array> {
    return Buffer.from(this.text);
  }

  async rewrite({ observe, keeps }: LineFilter): Promise<void> {
    for (const line of this.lines) {
      observe(line);
    }
    this.lines = this.lines.filter(keeps);
  }

  /** Notifies all windows that something was written. */
  async notify(): Promise<void> {
    this.#changed.fire();
    await settle();
  }

  /** What a new window would read, newest first. */
  get records(): readonly JournalRecord[] {
    return parseJournal(this.lines.join('\n')).records;
  }

  /** The outcomes of all entries, oldest line first; `entry` for an entry itself. */
  get history(): readonly string[] {
    return this.lines.map((line) => JSON.parse(line).outcome?.kind ?? 'entry');
  }
}

/** Makes `operation` fail with each of `kinds` in turn, and from then on with the last. */
export function failing(kms: FakeKms, operation: string, ...kinds: readonly KmsErrorKind[]): void {
  const left = [...kinds];
  const { before } = kms;
  kms.before = (call, signal) => {
    if (call.operation === operation) {
      const kind = left.length > 1 ? left.shift() : left[0];
      if (kind !== undefined) {
        throw kmsError(kind);
      }
    }
    return before(call, signal);
  };
}
