import assert from 'node:assert/strict';
import type { Preferences } from '../../../../src/core/connections/chooseConnections.ts';
import { Connections } from '../../../../src/core/connections/connections.ts';
import type { Session } from '../../../../src/core/connections/session.ts';
import { PromptPermissions } from '../../../../src/core/connections/signIn.ts';
import { isKmsError, type KmsErrorKind } from '../../../../src/core/kms/errors.ts';
import type { Aws, OpenedConnection, Profile, SignInNeed } from '../../../../src/core/kms/kmsApi.ts';
import { type ConnectionRef, connectionId } from '../../../../src/core/kms/model.ts';
import { RequestLimiter } from '../../../../src/core/pacing/limiter.ts';
import { FakeClock, FakeKms, gate, kmsError, profileRef } from '../fakes.ts';

export const profiles: readonly Profile[] = [
  { name: 'default', region: 'eu-central-1', signIn: 'access key' },
  { name: 'dev', region: 'eu-west-1', signIn: 'SSO' },
  { name: 'no-region', region: undefined, signIn: 'SSO' },
];

export const ofProfile = (profile: string, region: string): ConnectionRef => ({ kind: 'profile', profile, region });
export const ofEnvironment = (region: string): ConnectionRef => ({ kind: 'environment', region });
export const sample: ConnectionRef = { kind: 'sample' };
export const standard = ofProfile('default', 'eu-central-1');
export const dev = profileRef;
export const devInUs = ofProfile('dev', 'us-east-1');
export const prod = ofProfile('prod', 'eu-west-1');

function preferences(fields: Partial<Preferences> = {}): Preferences {
  return { connections: undefined, sample: false, profile: '', region: '', env: {}, ...fields };
}

/** What `aws` does, without AWS: keeps a record of what it is asked, and its files can be changed. */
export class FakeAws implements Aws {
  readonly log: string[] = [];
  profilesThere: readonly Profile[] = profiles;
  /** What a profile's sign-in takes; nothing unless given. */
  readonly needs = new Map<string, SignInNeed>();
  /** The account that a connection leads to, by ID. */
  readonly accounts = new Map<string, string>();
  /** What the files say of a profile. */
  readonly contents = new Map<string, string>();
  /** The KMS of each opening, the newest last. */
  readonly opened: {
    readonly id: string;
    readonly kms: FakeKms;
    readonly ended: AbortController;
    isClosed: boolean;
  }[] = [];
  /** Before each answer, with what was read for it: delays it or, by throwing, replaces it. */
  before: (step: string) => unknown = () => {};
  beforeCall: FakeKms['before'] = () => {};

  async profiles(): Promise<readonly Profile[]> {
    await this.#step('profiles');
    return this.profilesThere;
  }

  regions() {
    return [];
  }

  async open(ref: ConnectionRef): Promise<OpenedConnection> {
    const id = connectionId(ref);
    const kms = new FakeKms();
    kms.before = (call, signal) => this.beforeCall(call, signal);
    const account = this.accounts.get(id) ?? '111122223333';
    kms.identity = { account, arn: `arn:aws:iam::${account}:user/ana` };
    await this.#step(`open ${id}`);
    const entry = { id, kms, ended: new AbortController(), isClosed: false };
    this.opened.push(entry);
    return {
      api: kms,
      region: ref.kind === 'sample' ? 'eu-west-1' : ref.region,
      endpoint: { kind: ref.kind === 'sample' ? 'sample' : 'aws' },
      awsTime: () => undefined,
      evidence: () => Promise.reject(new Error('No evidence here.')),
      ended: entry.ended.signal,
      close: () => {
        assert.equal(entry.isClosed, false, 'closed twice');
        entry.isClosed = true;
      },
    };
  }

  async signInNeed(ref: ConnectionRef): Promise<SignInNeed> {
    const contents = this.#read(ref);
    await this.#step(`need ${connectionId(ref)}`);
    if (ref.kind !== 'profile') {
      return { kind: 'none' };
    }
    if (contents === 'removed') {
      throw kmsError('profileMissing', { profile: ref.profile });
    }
    return this.needs.get(ref.profile) ?? { kind: 'none' };
  }

  async files(refs: readonly ConnectionRef[]): Promise<readonly string[]> {
    const ids = refs.map(connectionId);
    await this.#step(`files ${ids.join(' ')}`.trim());
    return ['/aws/config', ...ids.map((id) => `/aws/${id}`)];
  }

  async fingerprint(ref: ConnectionRef): Promise<string> {
    const contents = this.#read(ref);
    await this.#step(`fingerprint ${connectionId(ref)}`);
    if (ref.kind === 'profile' && contents === 'removed') {
      throw kmsError('profileMissing', { profile: ref.profile });
    }
    return contents;
  }

  #read(ref: ConnectionRef): string {
    return (ref.kind === 'profile' ? this.contents.get(ref.profile) : undefined) ?? 'as it was';
  }

  consoleUrl() {
    return undefined;
  }

  cloudTrailUrl() {
    return undefined;
  }

  async #step(step: string): Promise<void> {
    this.log.push(step);
    await this.before(step);
  }
}

/** Connections over a fake AWS. `events` has what they say, in order. */
export function world(fields: Partial<Preferences> = {}, limiter = new RequestLimiter(new FakeClock({ auto: true }))) {
  const aws = new FakeAws();
  const events: string[] = [];
  const sessions: Session[] = [];
  const watched: (readonly string[])[] = [];
  const current = { ...preferences(fields) };
  const permissions = new PromptPermissions();
  const connections = new Connections({
    aws: async () => aws,
    limiter,
    clock: new FakeClock(),
    preferences: () => current,
    permissions,
    watch: (paths) => watched.push(paths),
  });
  connections.onDidChangeList(() => events.push('list'));
  connections.onDidChangeState((id) => events.push(`state ${id}`));
  connections.onDidChangeAccount((id) => events.push(`account ${id}`));
  connections.onDidOpen((session) => {
    events.push(`opened ${session.connection.id}`);
    sessions.push(session);
  });
  connections.onDidChangeSession(({ session: { connection }, change }) => {
    events.push(`${change.kind}${change.kind === 'key' ? ` ${change.keyArn}` : ''} ${connection.id}`);
  });
  const asked = (step: string) => aws.log.filter((line) => line.startsWith(step));
  const isOpen = () => aws.opened.filter(({ isClosed }) => !isClosed).map(({ id }) => id);
  const forgetEvents = () => events.splice(0);
  return {
    aws,
    connections,
    permissions,
    preferences: current as Mutable<Preferences>,
    events,
    sessions,
    watched,
    asked,
    isOpen,
    forgetEvents,
  };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Makes one step of the fake wait for the gate that is returned. */
export function hold(aws: FakeAws, step: string) {
  const held = gate();
  aws.before = (asked) => (asked === step ? held.passed : undefined);
  return held;
}

export async function failure(opening: Promise<unknown>): Promise<KmsErrorKind | 'abort'> {
  try {
    await opening;
  } catch (error) {
    if (isKmsError(error)) {
      return error.details.kind;
    }
    if (error instanceof Error && error.name === 'AbortError') {
      return 'abort';
    }
    throw error;
  }
  assert.fail('It opened.');
}

/** The steps of an opening. */
export const steps = ['fingerprint', 'need', 'open'].map((step) => `${step} profile/dev/eu-west-1`);

export const ids = (refs: readonly ConnectionRef[]) => refs.map(connectionId);
