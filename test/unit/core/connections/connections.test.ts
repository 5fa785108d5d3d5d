import assert from 'node:assert/strict';
import test from 'node:test';
import type { Preferences } from '../../../../src/core/connections/chooseConnections.ts';
import { Connections } from '../../../../src/core/connections/connections.ts';
import type { Session } from '../../../../src/core/connections/session.ts';
import { PromptPermissions } from '../../../../src/core/connections/signIn.ts';
import { isKmsError, type KmsErrorKind } from '../../../../src/core/kms/errors.ts';
import type { Aws, OpenedConnection, Profile, SignInNeed } from '../../../../src/core/kms/kmsApi.ts';
import { type ConnectionRef, connectionId } from '../../../../src/core/kms/model.ts';
import { RequestLimiter } from '../../../../src/core/pacing/limiter.ts';
import { FakeClock, FakeKms, gate, keyArnOf, kmsError, profileRef, settle } from '../fakes.ts';

const profiles: readonly Profile[] = [
  { name: 'default', region: 'eu-central-1', signIn: 'access key' },
  { name: 'dev', region: 'eu-west-1', signIn: 'SSO' },
  { name: 'no-region', region: undefined, signIn: 'SSO' },
];

const ofProfile = (profile: string, region: string): ConnectionRef => ({ kind: 'profile', profile, region });
const ofEnvironment = (region: string): ConnectionRef => ({ kind: 'environment', region });
const sample: ConnectionRef = { kind: 'sample' };
const standard = ofProfile('default', 'eu-central-1');
const dev = profileRef;
const devInUs = ofProfile('dev', 'us-east-1');
const prod = ofProfile('prod', 'eu-west-1');

function preferences(fields: Partial<Preferences> = {}): Preferences {
  return { connections: undefined, sample: false, profile: '', region: '', env: {}, ...fields };
}

/** An AWS room that tells what it is asked, whose files tests change. */
class FakeAws implements Aws {
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

/** Connections over a fake AWS room. `told` has what they say, in order. */
function world(fields: Partial<Preferences> = {}, limiter = new RequestLimiter(new FakeClock({ auto: true }))) {
  const aws = new FakeAws();
  const told: string[] = [];
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
  connections.onDidChangeList(() => told.push('list'));
  connections.onDidChangeState((id) => told.push(`state ${id}`));
  connections.onDidChangeAccount((id) => told.push(`account ${id}`));
  connections.onDidOpen((session) => {
    told.push(`opened ${session.connection.id}`);
    sessions.push(session);
  });
  connections.onDidChangeSession(({ session: { connection }, change }) => {
    told.push(`${change.kind}${change.kind === 'key' ? ` ${change.keyArn}` : ''} ${connection.id}`);
  });
  const asked = (step: string) => aws.log.filter((line) => line.startsWith(step));
  const isOpen = () => aws.opened.filter(({ isClosed }) => !isClosed).map(({ id }) => id);
  const forgetTold = () => told.splice(0);
  return {
    aws,
    connections,
    permissions,
    preferences: current as Mutable<Preferences>,
    told,
    sessions,
    watched,
    asked,
    isOpen,
    forgetTold,
  };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Makes one step of the AWS room wait for the gate that is returned. */
function hold(aws: FakeAws, step: string) {
  const held = gate();
  aws.before = (asked) => (asked === step ? held.passed : undefined);
  return held;
}

async function failure(opening: Promise<unknown>): Promise<KmsErrorKind | 'abort'> {
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

const ids = (refs: readonly ConnectionRef[]) => refs.map(connectionId);

// Listing

test('what the user has not agreed to is neither listed nor opened, and named', async () => {
  const { connections, preferences, asked, isOpen } = world({
    connections: [dev, prod],
    sample: true,
    isUnconfirmed: true,
  });
  for (const fields of [{}, { connections: undefined, profile: 'dev' }]) {
    Object.assign(preferences, fields);
    const error = await connections.list().catch((reason: unknown) => reason);
    assert.ok(isKmsError(error) && error.details.kind === 'notConfirmed');
    assert.match(
      error.details.message,
      'profile' in fields ? /^dev \(eu-west-1\)$/ : /^dev \(eu-west-1\), prod \(eu-west-1\)$/,
    );
    assert.deepEqual([connections.shown, isOpen(), asked('open')], [[], [], []]);
  }
  preferences.isUnconfirmed = false;
  assert.deepEqual(await connections.list(), [dev, sample]);
});

test('connections that were open are closed when their settings become those of somebody else', async () => {
  const { connections, preferences, isOpen } = world({ connections: [dev] });
  await connections.list();
  await connections.open(dev);
  assert.equal(isOpen().length, 1);
  Object.assign(preferences, { connections: [prod], isUnconfirmed: true });
  assert.equal(await failure(connections.list()), 'notConfirmed');
  assert.deepEqual(isOpen(), []);
});

test('a profile that is named and in no file is reported with the files that were read', async () => {
  const { connections } = world({ profile: 'gone' });
  const error = await connections.list().catch((reason: unknown) => reason);
  assert.ok(isKmsError(error) && error.details.kind === 'profileMissing');
  assert.deepEqual([error.details.profile, error.details.files], ['gone', ['/aws/config']]);
});

test('listing opens nothing', async () => {
  const { connections, told, asked } = world({ connections: [dev, prod], sample: true });
  assert.deepEqual(await connections.list(), [dev, prod, sample]);
  await settle();
  assert.deepEqual([asked('open'), asked('need'), asked('fingerprint'), told], [[], [], [], []]);
  assert.equal(connections.session(dev), undefined);
});

test('the files are read for the default alone, and anew each time', async () => {
  const { connections, preferences, asked } = world({ connections: [dev] });
  await connections.list();
  assert.deepEqual(asked('profiles'), []);
  preferences.connections = undefined;
  assert.deepEqual(await connections.list(), [standard]);
  await connections.list();
  assert.equal(asked('profiles').length, 2);
});

test('a connection that is chosen twice is shown once', async () => {
  const { connections } = world({ connections: [dev, prod, { ...dev }] });
  assert.deepEqual(await connections.list(), [dev, prod]);
  assert.deepEqual(connections.shown, [dev, prod]);
});

test('what is shown is in the order in which it was listed last', async () => {
  const { connections, preferences } = world({ connections: [dev, prod] });
  await connections.list();
  preferences.connections = [prod, standard, dev];
  await connections.list();
  assert.deepEqual(connections.shown, [prod, standard, dev]);
});

test('what is no longer shown is closed; the rest stays open', async () => {
  const { connections, preferences, isOpen } = world({ connections: [dev, prod], sample: true });
  await connections.list();
  const [removed, kept, sampled] = await Promise.all([dev, prod, sample].map((ref) => connections.open(ref)));
  preferences.connections = [prod];
  preferences.sample = false;
  assert.deepEqual(await connections.list(), [prod]);
  assert.deepEqual(
    [removed, kept, sampled].map((session) => session?.closed.aborted),
    [true, false, true],
  );
  assert.deepEqual(isOpen(), ['profile/prod/eu-west-1']);
  assert.equal(await connections.open(prod), kept);
  assert.deepEqual(connections.known, [prod]);
});

test('another Region of a sign-in that is shown stays open as long as one of its Regions is shown', async () => {
  const { connections, preferences, isOpen } = world({ connections: [dev, prod, ofEnvironment('eu-west-1')] });
  await connections.list();
  await Promise.all([devInUs, ofEnvironment('us-east-1'), dev].map((ref) => connections.open(ref)));
  await connections.list();
  assert.deepEqual(isOpen().sort(), ['environment/us-east-1', 'profile/dev/eu-west-1', 'profile/dev/us-east-1']);
  assert.deepEqual(ids(connections.shown), [
    'profile/dev/eu-west-1',
    'profile/prod/eu-west-1',
    'environment/eu-west-1',
  ]);
  assert.deepEqual(new Set(connections.known), new Set([...connections.shown, devInUs, ofEnvironment('us-east-1')]));
  preferences.connections = [prod];
  await connections.list();
  assert.deepEqual([isOpen(), connections.known], [[], [prod]]);
});

test('a Region that stood behind keys alone and is chosen is shown, still open; when removed, it is closed', async () => {
  const { connections, preferences } = world({ connections: [dev] });
  await connections.list();
  const session = await connections.open(devInUs);
  preferences.connections = [dev, devInUs];
  await connections.list();
  assert.deepEqual(connections.shown, [dev, devInUs]);
  assert.equal(await connections.open(devInUs), session);
  preferences.connections = [dev];
  await connections.list();
  assert.equal(session.closed.aborted, true);
  assert.deepEqual(connections.known, [dev]);
});

for (const [what, change] of [
  ['is gone', { profile: 'gone' }],
  ['has no Region', { profile: 'no-region' }],
] as const) {
  test(`when the profile of the default connection ${what}, everything is closed`, async () => {
    const { connections, preferences, isOpen } = world({ profile: 'dev' });
    await connections.list();
    const session = await connections.open(dev);
    await connections.open(devInUs);
    Object.assign(preferences, change);
    await assert.rejects(connections.list());
    assert.deepEqual([session.closed.aborted, isOpen(), connections.known], [true, [], []]);
    preferences.profile = 'dev';
    assert.deepEqual(await connections.list(), [dev]);
    assert.notEqual(await connections.open(dev), session);
  });
}

test('a choice made while the files are read counts at once, and costs no connection', async () => {
  const { aws, connections, preferences } = world({ profile: 'gone' });
  const reading = hold(aws, 'profiles');
  const first = connections.list();
  await settle();
  preferences.connections = [dev];
  await connections.list();
  const session = await connections.open(dev);
  reading.open();
  assert.deepEqual(await first, [dev]);
  assert.equal(session.closed.aborted, false);
});

test('changed preferences are told as another list', () => {
  const { connections, told } = world();
  connections.preferencesChanged();
  assert.deepEqual(told, ['list']);
});

// Opening

test('a connection is opened once for all who ask', async () => {
  const { connections, aws, asked, sessions } = world({ connections: [dev] });
  await connections.list();
  const [first, second] = await Promise.all([connections.open(dev), connections.open({ ...dev })]);
  assert.ok(first === second && first === (await connections.open(dev)) && first === connections.session(dev));
  assert.deepEqual([asked('open'), sessions], [['open profile/dev/eu-west-1'], [first]]);
  assert.equal(aws.opened.length, 1);
});

test('each connection is opened on its own, with an opening of its own', async () => {
  const { aws, connections, isOpen } = world({ connections: [dev, devInUs] });
  const slow = hold(aws, 'open profile/dev/eu-west-1');
  const slowly = connections.open(dev);
  const session = await connections.open(devInUs);
  assert.deepEqual(isOpen(), ['profile/dev/us-east-1']);
  slow.open();
  assert.notEqual((await slowly).connection.opening, session.connection.opening);
});

test('a session knows its connection, where it leads and who is signed in', async () => {
  const { aws, connections, told } = world({ connections: [dev] });
  const session = await connections.open(dev);
  const { id, ref, region, endpoint } = session.connection;
  assert.deepEqual([id, ref, region, endpoint], ['profile/dev/eu-west-1', dev, 'eu-west-1', { kind: 'aws' }]);
  assert.equal(session.knownIdentity, undefined);
  await settle();
  assert.deepEqual(session.knownIdentity, aws.opened[0]?.kms.identity);
  assert.deepEqual(told, [
    'opened profile/dev/eu-west-1',
    'state profile/dev/eu-west-1',
    'identity profile/dev/eu-west-1',
  ]);
});

test('of sample data neither the files nor the sign-in are asked', async () => {
  const { aws, connections, watched } = world({ connections: [], sample: true });
  await connections.list();
  const session = await connections.open(sample);
  await connections.filesChanged();
  await settle();
  assert.equal(session.closed.aborted, false);
  assert.deepEqual([...new Set(aws.log)], ['files', 'open sample']);
  assert.deepEqual(watched.at(-1), ['/aws/config']);
});

// Signing in

const signIns: readonly SignInNeed[] = [
  { kind: 'mfa', serial: 'arn:aws:iam::111122223333:mfa/ana' },
  { kind: 'process' },
];

for (const need of signIns) {
  test(`what takes ${need.kind} is not opened before the user asks for it, in one Region for all of them`, async () => {
    const { aws, connections, asked } = world({ connections: [dev, devInUs, prod] });
    aws.needs.set('dev', need);
    aws.needs.set('prod', need);
    await connections.list();
    for (const ref of [dev, devInUs, prod]) {
      assert.equal(await failure(connections.open(ref)), 'signInNeeded');
    }
    assert.deepEqual(asked('open'), []);
    assert.equal(connections.failure(dev)?.details.awsName, need.kind);
    assert.equal(connections.failure(dev)?.details.profile, 'dev');
    connections.allowToAsk(dev);
    connections.reconnect(dev);
    connections.reconnect(devInUs);
    connections.reconnect(prod);
    await Promise.all([connections.open(dev), connections.open(devInUs)]);
    assert.equal(await failure(connections.open(prod)), 'signInNeeded', 'another profile');
    assert.equal(
      (await connections.open(ofProfile('dev', 'ap-south-1'))).closed.aborted,
      false,
      'a Region that is new',
    );
  });
}

test('what the user allowed is forgotten when the files of the connection change', async () => {
  const { aws, connections } = world({ connections: [dev] });
  aws.needs.set('dev', { kind: 'process' });
  await connections.list();
  connections.allowToAsk(dev);
  await connections.open(dev);
  aws.contents.set('dev', 'another program');
  await connections.filesChanged();
  assert.equal(await failure(connections.open(dev)), 'signInNeeded');
});

test('a sign-in may be allowed before its connection is shown', async () => {
  const { aws, connections, preferences } = world({ connections: [prod] });
  aws.needs.set('dev', { kind: 'process' });
  await connections.list();
  connections.allowToAsk(dev);
  preferences.connections = [prod, devInUs];
  await connections.list();
  await connections.open(devInUs);
});

test('a sign-in that was allowed is allowed no more once none of its Regions is shown', async () => {
  const { aws, connections, preferences } = world({ connections: [dev, devInUs] });
  aws.needs.set('dev', { kind: 'process' });
  connections.allowToAsk(dev);
  await connections.list();
  preferences.connections = [devInUs];
  await connections.list();
  await connections.open(devInUs);
  preferences.connections = [];
  await connections.list();
  preferences.connections = [devInUs];
  await connections.list();
  assert.equal(await failure(connections.open(devInUs)), 'signInNeeded');
});

test('each act of the user allows its profile one prompt', async () => {
  const { connections, permissions, preferences } = world({ connections: [dev, devInUs, prod] });
  const consume = (profile: string) => permissions.consumePromptPermission(profile);
  await connections.list();
  assert.equal(consume('dev'), false);
  connections.allowToAsk(dev);
  connections.allowToAsk(devInUs);
  assert.equal(consume('prod'), false);
  assert.deepEqual([consume('dev'), consume('dev')], [true, false]);
  connections.signIn(devInUs);
  assert.deepEqual([consume('dev'), consume('dev')], [true, false]);
  connections.allowToAsk(dev);
  preferences.connections = [prod];
  await connections.list();
  assert.equal(consume('dev'), false, 'it is shown no more');
});

test('signing in opens anew the connection and those of its sign-in that wait, each once, and no other', async () => {
  const { aws, connections, told, forgetTold } = world({ connections: [dev, devInUs, prod] });
  const healthy = ofProfile('dev', 'ap-south-1');
  await connections.list();
  const session = await connections.open(healthy);
  for (const profile of ['dev', 'prod']) {
    aws.needs.set(profile, { kind: 'process' });
  }
  for (const ref of [dev, devInUs, prod]) {
    await failure(connections.open(ref));
  }
  await settle();
  forgetTold();
  connections.signIn({ ...dev });
  assert.deepEqual(told, ['state profile/dev/eu-west-1', 'state profile/dev/us-east-1']);
  assert.equal(session.closed.aborted, false);
  await Promise.all([connections.open(dev), connections.open(devInUs)]);
  assert.equal(await failure(connections.open(prod)), 'signInNeeded');
  await settle();
  forgetTold();
  connections.signIn({ ...dev });
  assert.deepEqual(told, ['state profile/dev/eu-west-1'], 'also when it is open');
});

test('what the AWS CLI signs in waits for the CLI, also when the user asks for it', async () => {
  const { aws, connections, asked } = world({ connections: [dev] });
  aws.needs.set('dev', { kind: 'cli', args: ['sso', 'login', '--profile', 'dev'] });
  connections.allowToAsk(dev);
  assert.equal(await failure(connections.open(dev)), 'signInNeeded');
  connections.reconnect(dev);
  assert.equal(await failure(connections.open(dev)), 'signInNeeded');
  assert.deepEqual(asked('open'), []);
  aws.needs.delete('dev');
  await connections.filesChanged();
  assert.equal((await connections.open(dev)).closed.aborted, false);
});

test('a failure stays until the next reconnect, and is told once', async () => {
  const { aws, connections, told, asked, forgetTold } = world({ connections: [dev] });
  aws.before = (step) => (step.startsWith('open') ? Promise.reject(kmsError('invalidEndpoint')) : undefined);
  assert.deepEqual(await Promise.all([failure(connections.open(dev)), failure(connections.open(dev))]), [
    'invalidEndpoint',
    'invalidEndpoint',
  ]);
  assert.equal(await failure(connections.open(dev)), 'invalidEndpoint');
  assert.equal(connections.failure(dev)?.details.kind, 'invalidEndpoint');
  assert.deepEqual([asked('open').length, told], [1, ['state profile/dev/eu-west-1']]);
  forgetTold();
  aws.before = () => {};
  connections.reconnect(dev);
  assert.equal(connections.failure(dev), undefined);
  await connections.open(dev);
  assert.deepEqual(told, [
    'state profile/dev/eu-west-1',
    'opened profile/dev/eu-west-1',
    'state profile/dev/eu-west-1',
  ]);
});

test('what fails for a reason that is no failure of AWS is tried again by the next who asks', async () => {
  const { aws, connections } = world({ connections: [dev] });
  aws.before = (step) => (step.startsWith('need') ? Promise.reject(AbortSignal.abort().reason) : undefined);
  assert.equal(await failure(connections.open(dev)), 'abort');
  assert.equal(connections.failure(dev), undefined);
  aws.before = () => {};
  await connections.open(dev);
});

test('one connection that fails leaves the others alone', async () => {
  const { aws, connections } = world({ connections: [dev, prod] });
  const healthy = await connections.open(prod);
  aws.contents.set('dev', 'removed');
  assert.equal(await failure(connections.open(dev)), 'profileMissing');
  assert.equal(healthy.closed.aborted, false);
  assert.equal(connections.failure(prod), undefined);
});

test('a sign-in that no longer holds is a failure of the open connection, told once', async () => {
  const { connections, told, forgetTold } = world({ connections: [dev, prod] });
  const session = await connections.open(dev);
  await connections.open(prod);
  await settle();
  forgetTold();
  connections.noteSignInProblem(session.connection, kmsError('expiredToken'));
  connections.noteSignInProblem(session.connection, kmsError('ssoExpired'));
  assert.equal(connections.failure(dev)?.details.kind, 'expiredToken');
  assert.equal(connections.failure(prod), undefined);
  assert.deepEqual(told, ['state profile/dev/eu-west-1']);
  assert.equal(await connections.open(dev), session, 'what is loaded stays on screen');
  connections.reconnect(dev);
  await connections.open(dev);
  connections.noteSignInProblem(session.connection, kmsError('expiredToken'));
  assert.equal(connections.failure(dev), undefined, 'a problem of the session before');
});

// Reconnecting

test('a sign-in that fails when a connection is opened again is the failure of the connection, and is not tried twice', async () => {
  const { aws, connections } = world({ connections: [dev] });
  await connections.list();
  await connections.open(dev);
  connections.reconnect(dev);
  aws.beforeCall = () => {
    throw kmsError('mfaRefused', { operation: 'AssumeRole' });
  };
  await assert.rejects(connections.open(dev), (error) => isKmsError(error) && error.details.kind === 'mfaRefused');
  assert.equal(connections.failure(dev)?.details.kind, 'mfaRefused');
  assert.equal(aws.opened.at(-1)?.isClosed, true);
  assert.deepEqual(
    aws.opened.at(-1)?.kms.calls.map(({ operation }) => operation),
    ['callerIdentity'],
  );
});

test('reconnecting closes the session, says so, and the next question opens it anew', async () => {
  const { connections, told, forgetTold, isOpen } = world({ connections: [dev, prod] });
  const [before, other] = await Promise.all([connections.open(dev), connections.open(prod)]);
  await settle();
  forgetTold();
  connections.reconnect(dev);
  assert.deepEqual([before.closed.aborted, connections.session(dev)], [true, undefined]);
  assert.deepEqual([told, isOpen()], [['state profile/dev/eu-west-1'], ['profile/prod/eu-west-1']]);
  const after = await connections.open(dev);
  assert.deepEqual([after.closed.aborted, after === before], [false, false]);
  assert.equal(other.closed.aborted, false);
});

test('a connection that is not known is not reconnected', () => {
  const { connections, told } = world();
  connections.reconnect(dev);
  assert.deepEqual([told, connections.known], [[], []]);
});

test('a session is found by a node of its own opening, and by no other', async () => {
  const { connections, preferences } = world({ connections: [dev, prod] });
  await connections.list();
  const first = await connections.open(dev);
  assert.equal(connections.find(first.connection), first);
  connections.reconnect(dev);
  assert.equal(connections.find(first.connection), undefined, 'nothing is open');
  const second = await connections.open(dev);
  assert.equal(second.connection.id, first.connection.id);
  assert.equal(connections.find(first.connection), undefined, 'a node from before the reconnect');
  assert.equal(connections.find(second.connection), second);
  preferences.connections = [prod];
  await connections.list();
  assert.equal(connections.find(second.connection), undefined, 'a node of a connection that was removed');
  preferences.connections = [dev];
  await connections.list();
  await connections.open(dev);
  assert.equal(connections.find(second.connection), undefined, 'a node from before the removal');
});

const steps = ['fingerprint', 'need', 'open'].map((step) => `${step} profile/dev/eu-west-1`);

for (const step of steps) {
  test(`an opening that a reconnect overtakes at "${step}" leaks nothing, and whoever waits gets the new one`, async () => {
    const { aws, connections, sessions, isOpen, told } = world({ connections: [dev] });
    await connections.list();
    const slow = hold(aws, step);
    const waiting = connections.open(dev);
    await settle();
    aws.before = () => {};
    connections.reconnect(dev);
    const session = await connections.open(dev);
    slow.open();
    assert.equal(await waiting, session);
    assert.deepEqual([sessions, isOpen()], [[session], ['profile/dev/eu-west-1']]);
    assert.equal(aws.opened.length, step.startsWith('open') ? 2 : 1);
    assert.equal(connections.session(dev), session);
    assert.equal(told.filter((line) => line.startsWith('opened')).length, 1);
  });

  test(`an opening that a removal overtakes at "${step}" leaks nothing`, async () => {
    const { aws, connections, preferences, sessions, isOpen } = world({ connections: [dev] });
    await connections.list();
    const slow = hold(aws, step);
    const waiting = failure(connections.open(dev));
    await settle();
    preferences.connections = [];
    await connections.list();
    slow.open();
    assert.equal(await waiting, 'abort');
    assert.deepEqual([sessions, isOpen(), connections.known], [[], [], []]);
  });

  test(`an opening that was overtaken at "${step}" and then fails is no failure of the new one`, async () => {
    const { aws, connections, told } = world({ connections: [dev] });
    await connections.list();
    const slow = gate();
    aws.before = async (asked) => {
      if (asked !== step) {
        return;
      }
      await slow.passed;
      throw kmsError('network');
    };
    const waiting = connections.open(dev);
    await settle();
    aws.before = () => {};
    connections.reconnect(dev);
    const session = await connections.open(dev);
    slow.open();
    assert.equal(await waiting, session);
    assert.equal(connections.failure(dev), undefined);
    assert.equal(told.filter((line) => line.startsWith('state')).length, 2);
  });
}

test('an opening whose files can not be read leaks nothing', async () => {
  const { aws, connections, isOpen } = world({ connections: [dev] });
  aws.before = (step) => (step.startsWith('fingerprint') ? Promise.reject(kmsError('unknown')) : undefined);
  assert.equal(await failure(connections.open(dev)), 'unknown');
  assert.deepEqual(isOpen(), []);
});

// Whose account

test('another account behind a connection that opens anew is told before anything of it is given out', async () => {
  const { aws, connections, told, forgetTold } = world({ connections: [dev] });
  await connections.open(dev);
  await settle();
  aws.accounts.set('profile/dev/eu-west-1', '999988887777');
  connections.reconnect(dev);
  forgetTold();
  const slow = gate();
  aws.beforeCall = () => slow.passed;
  let isGivenOut = false;
  const opening = connections.open(dev).then((session) => {
    isGivenOut = true;
    return session;
  });
  await settle();
  assert.deepEqual([told, isGivenOut, connections.session(dev)], [[], false, undefined]);
  slow.open();
  const session = await opening;
  const id = 'profile/dev/eu-west-1';
  assert.deepEqual(told, [`account ${id}`, `opened ${id}`, `state ${id}`]);
  assert.equal(session.knownIdentity?.account, '999988887777');
  assert.equal(connections.session(dev), session);
});

test('the same account behind a connection that opens anew is no change', async () => {
  const { connections, told } = world({ connections: [dev] });
  await connections.open(dev);
  for (let round = 0; round < 3; round += 1) {
    await settle();
    connections.reconnect(dev);
    await connections.open(dev);
  }
  assert.deepEqual(
    told.filter((line) => line.startsWith('account')),
    [],
  );
});

test('the account is compared with the last one that was known, over failures in between', async () => {
  const { aws, connections, told } = world({ connections: [dev] });
  await connections.open(dev);
  await settle();
  aws.contents.set('dev', 'removed');
  connections.reconnect(dev);
  assert.equal(await failure(connections.open(dev)), 'profileMissing');
  connections.reconnect(dev);
  aws.contents.delete('dev');
  aws.accounts.set('profile/dev/eu-west-1', '999988887777');
  await connections.open(dev);
  assert.ok(told.includes('account profile/dev/eu-west-1'));
});

test('where nobody can say whose account it is now, it counts as another', async () => {
  const { aws, connections, told } = world({ connections: [dev] });
  await connections.open(dev);
  await settle();
  connections.reconnect(dev);
  aws.beforeCall = () => Promise.reject(kmsError('network'));
  const session = await connections.open(dev);
  assert.deepEqual([session.knownIdentity, session.closed.aborted], [undefined, false]);
  assert.ok(told.includes('account profile/dev/eu-west-1'));
});

test('a change of account is a matter of one connection', async () => {
  const { aws, connections, told } = world({ connections: [dev, prod] });
  await Promise.all([connections.open(dev), connections.open(prod)]);
  await settle();
  aws.accounts.set('profile/dev/eu-west-1', '999988887777');
  for (const ref of [dev, prod]) {
    connections.reconnect(ref);
  }
  await Promise.all([connections.open(dev), connections.open(prod)]);
  assert.deepEqual(
    told.filter((line) => line.startsWith('account')),
    ['account profile/dev/eu-west-1'],
  );
});

test('an opening that is overtaken while its account is asked for is closed at once', async () => {
  const { aws, connections, preferences, isOpen, sessions } = world({ connections: [dev] });
  await connections.list();
  await connections.open(dev);
  await settle();
  connections.reconnect(dev);
  const never = gate();
  aws.beforeCall = () => never.passed;
  const waiting = failure(connections.open(dev));
  await settle();
  assert.deepEqual(isOpen(), ['profile/dev/eu-west-1']);
  preferences.connections = [];
  await connections.list();
  assert.deepEqual(isOpen(), []);
  assert.equal(await waiting, 'abort');
  assert.equal(sessions.length, 1);
});

test('who is signed in is asked once for all who want to know', async () => {
  const { aws, connections } = world({ connections: [dev] });
  const session = await connections.open(dev);
  const [first, second] = await Promise.all([session.identity(), session.identity()]);
  assert.ok(first === second && first === (await session.identity()));
  assert.equal(aws.opened[0]?.kms.count('callerIdentity'), 1);
});

test('who is signed in is asked again after a failure, which leaves the session open', async () => {
  const { aws, connections, told } = world({ connections: [dev] });
  aws.beforeCall = () => Promise.reject(kmsError('accessDenied'));
  const session = await connections.open(dev);
  await assert.rejects(session.identity(), kmsError('accessDenied'));
  assert.deepEqual([session.knownIdentity, session.closed.aborted], [undefined, false]);
  assert.ok(!told.includes('identity profile/dev/eu-west-1'));
  aws.beforeCall = () => {};
  assert.equal((await session.identity()).account, '111122223333');
  assert.equal(told.at(-1), 'identity profile/dev/eu-west-1');
});

test('who is signed in is confirmed by asking again, and then known to be who it is now', async () => {
  const { aws, connections, told } = world({ connections: [dev] });
  const session = await connections.open(dev);
  const { signal } = new AbortController();
  await session.identity();
  const [opened] = aws.opened;
  assert.ok(opened !== undefined);
  opened.kms.identity = { account: '111122223333', arn: 'arn:aws:iam::111122223333:user/break-glass' };
  assert.equal((await session.identity()).arn, 'arn:aws:iam::111122223333:user/ana');
  assert.equal((await session.confirmIdentity(signal)).arn, 'arn:aws:iam::111122223333:user/break-glass');
  assert.equal((await session.identity()).arn, 'arn:aws:iam::111122223333:user/break-glass');
  assert.equal(session.knownIdentity?.arn, 'arn:aws:iam::111122223333:user/break-glass');
  assert.equal(told.at(-1), 'identity profile/dev/eu-west-1');
  assert.equal(await failure(session.confirmIdentity(AbortSignal.abort())), 'abort');
});

test('an opening whose credentials lead to another account ends, whoever asked, and the next question opens anew', async () => {
  const { aws, connections, told, isOpen, forgetTold } = world({ connections: [dev] });
  const session = await connections.open(dev);
  await settle();
  forgetTold();
  const id = 'profile/dev/eu-west-1';
  aws.accounts.set(id, '999988887777');
  aws.opened[0]?.ended.abort(kmsError('accountChanged'));
  // Who asked is told the reason, and not that it was aborted.
  assert.equal(session.closed.aborted, false);
  await settle();
  assert.deepEqual([session.closed.aborted, connections.find(session.connection), isOpen()], [true, undefined, []]);
  assert.deepEqual(told, [`account ${id}`, `state ${id}`]);
  const next = await connections.open(dev);
  assert.equal(next.knownIdentity?.account, '999988887777');
  aws.opened[0]?.ended.abort();
  await settle();
  assert.equal(next.closed.aborted, false);
});

test('of a connection whose account nobody knew, nothing stays on screen when it opens anew', async () => {
  const { aws, connections, told } = world({ connections: [dev] });
  aws.beforeCall = () => Promise.reject(kmsError('network'));
  await connections.open(dev);
  await settle();
  connections.reconnect(dev);
  assert.ok(!told.includes('account profile/dev/eu-west-1'));
  aws.beforeCall = () => {};
  await connections.open(dev);
  assert.ok(told.includes('account profile/dev/eu-west-1'));
});

test('closing a session aborts what it asked, and it tells no more', async () => {
  const { aws, connections, told } = world({ connections: [dev] });
  const slow = gate();
  aws.beforeCall = () => slow.passed;
  const session = await connections.open(dev);
  const asked = session.identity();
  connections.reconnect(dev);
  assert.equal(await failure(asked), 'abort');
  slow.open();
  await settle();
  assert.equal(session.knownIdentity, undefined);
  assert.ok(!told.includes('identity profile/dev/eu-west-1'));
});

test('an answer that comes all the same after its session closed is not told', async () => {
  const { aws, connections, told, forgetTold } = world({ connections: [dev] });
  const session = await connections.open(dev);
  await settle();
  const late = gate();
  const kms = aws.opened[0]?.kms ?? assert.fail();
  kms.describeKey = async () => {
    await late.passed;
    return { keyId: 'k1', arn: 'arn' } as Awaited<ReturnType<FakeKms['describeKey']>>;
  };
  session.inventory.describe(['arn']);
  connections.reconnect(dev);
  await connections.open(dev);
  await settle();
  forgetTold();
  late.open();
  await settle();
  assert.deepEqual(told, []);
});

test('what the inventory learns is told as a change of its session', async () => {
  const { connections, told, forgetTold } = world({ connections: [dev] });
  const session = await connections.open(dev);
  await settle();
  forgetTold();
  session.inventory.describe(['arn']);
  await settle();
  assert.deepEqual(told, ['key arn profile/dev/eu-west-1']);
});

// Files

test('changed files reconnect what they change, and leave the healthy ones alone', async () => {
  const { aws, connections, told, forgetTold } = world({
    connections: [dev, devInUs, prod, ofEnvironment('eu-west-1')],
  });
  const sessions = await Promise.all((await connections.list()).map((ref) => connections.open(ref)));
  await settle();
  forgetTold();
  aws.contents.set('dev', 'another role');
  await connections.filesChanged();
  assert.deepEqual(
    sessions.map(({ closed }) => closed.aborted),
    [true, true, false, false],
  );
  assert.deepEqual(told, ['list', 'state profile/dev/eu-west-1', 'state profile/dev/us-east-1']);
  const anew = await connections.open(dev);
  await connections.filesChanged();
  assert.equal(anew.closed.aborted, false, 'the second time nothing has changed');
});

test('changed files reconnect what failed to sign in, and nothing that failed otherwise or was never opened', async () => {
  const { aws, connections, told, forgetTold } = world({ connections: [dev, devInUs, prod, standard] });
  await connections.list();
  aws.needs.set('dev', { kind: 'cli', args: [] });
  aws.before = (step) => (step.startsWith('open profile/prod') ? Promise.reject(kmsError('network')) : undefined);
  const noted = await connections.open(standard);
  connections.noteSignInProblem(noted.connection, kmsError('ssoExpired'));
  await failure(connections.open(dev));
  await failure(connections.open(prod));
  await settle();
  forgetTold();
  await connections.filesChanged();
  assert.deepEqual(told, ['list', 'state profile/dev/eu-west-1', 'state profile/default/eu-central-1']);
  assert.equal(connections.failure(prod)?.details.kind, 'network');
  assert.equal(noted.closed.aborted, true);
});

test('changed files reconnect what failed in another way, where they change it', async () => {
  const { aws, connections } = world({ connections: [dev] });
  aws.before = (step) => (step.startsWith('open') ? Promise.reject(kmsError('regionMissing')) : undefined);
  await failure(connections.open(dev));
  aws.before = () => {};
  aws.contents.set('dev', 'with a Region');
  await connections.filesChanged();
  await connections.open(dev);
});

for (const step of steps) {
  test(`files that change while a connection opens, at "${step}", are not missed`, async () => {
    const { aws, connections, isOpen } = world({ connections: [dev] });
    await connections.list();
    const slow = hold(aws, step);
    const waiting = connections.open(dev);
    await settle();
    aws.before = () => {};
    aws.accounts.set('profile/dev/eu-west-1', '999988887777');
    aws.contents.set('dev', 'another role');
    await connections.filesChanged();
    slow.open();
    const session = await waiting;
    assert.equal((await session.identity()).account, '999988887777');
    assert.equal(isOpen().length, 1);
  });
}

for (const step of steps) {
  test(`files that change at "${step}" and are told of once the connection is open are not missed`, async () => {
    const { aws, connections } = world({ connections: [dev] });
    await connections.list();
    const slow = hold(aws, step);
    const opening = connections.open(dev);
    await settle();
    aws.before = () => {};
    aws.contents.set('dev', 'another role');
    slow.open();
    const session = await opening;
    await connections.filesChanged();
    assert.equal(session.closed.aborted, true);
  });
}

test('what an opening that was overtaken read of the files does not count', async () => {
  const { aws, connections } = world({ connections: [dev] });
  await connections.list();
  const slow = hold(aws, 'fingerprint profile/dev/eu-west-1');
  const overtaken = connections.open(dev);
  await settle();
  aws.before = () => {};
  aws.contents.set('dev', 'another role');
  connections.reconnect(dev);
  const session = await connections.open(dev);
  slow.open();
  await overtaken;
  await connections.filesChanged();
  assert.equal(session.closed.aborted, false);
});

test('a profile that is removed from the files is a failure, and comes alive when it returns', async () => {
  const { aws, connections } = world({ connections: [dev] });
  await connections.list();
  const session = await connections.open(dev);
  aws.contents.set('dev', 'removed');
  await connections.filesChanged();
  assert.equal(session.closed.aborted, true);
  assert.equal(await failure(connections.open(dev)), 'profileMissing');
  assert.equal(connections.failure(dev)?.details.kind, 'profileMissing');
  assert.deepEqual(connections.shown, [dev]);
  aws.contents.delete('dev');
  await connections.filesChanged();
  assert.equal((await connections.open(dev)).closed.aborted, false);
});

test('what was opened anew while the files were compared is not compared with what they said before', async () => {
  const { aws, connections } = world({ connections: [dev] });
  await connections.open(dev);
  const slow = hold(aws, 'fingerprint profile/dev/eu-west-1');
  const comparing = connections.filesChanged();
  await settle();
  aws.before = () => {};
  aws.contents.set('dev', 'another role');
  connections.reconnect(dev);
  const session = await connections.open(dev);
  slow.open();
  await comparing;
  assert.equal(session.closed.aborted, false);
});

test('the files of all connections are watched, also of those behind keys of other Regions, and not of removed ones', async () => {
  const { connections, preferences, watched } = world({ connections: [dev, prod], sample: true });
  await connections.list();
  await settle();
  assert.deepEqual(watched.at(-1), ['/aws/config', '/aws/profile/dev/eu-west-1', '/aws/profile/prod/eu-west-1']);
  await connections.open(devInUs);
  await settle();
  assert.deepEqual(
    new Set(watched.at(-1)),
    new Set(['/aws/config', '/aws/profile/dev/eu-west-1', '/aws/profile/prod/eu-west-1', '/aws/profile/dev/us-east-1']),
  );
  preferences.connections = [prod];
  await connections.list();
  await settle();
  assert.deepEqual(watched.at(-1), ['/aws/config', '/aws/profile/prod/eu-west-1']);
});

test('files that change may name other files, which are watched from then on', async () => {
  const { aws, connections, watched } = world({ connections: [dev] });
  await connections.list();
  await settle();
  aws.files = async () => ['/aws/sso/token'];
  await connections.filesChanged();
  await settle();
  assert.deepEqual(watched.at(-1), ['/aws/sso/token']);
});

test('where there is no connection yet, or its profile is missing, the files are watched all the same', async () => {
  for (const fields of [{}, { profile: 'gone' }]) {
    const { aws, connections, watched } = world(fields);
    aws.profilesThere = [];
    await connections.list().catch(() => {});
    await settle();
    assert.deepEqual(watched, [['/aws/config']]);
  }
});

test('of two questions for the files the newer one counts, whichever is answered first', async () => {
  const { aws, connections, preferences, watched } = world({ connections: [dev] });
  const slow = hold(aws, 'files profile/dev/eu-west-1');
  await connections.list();
  await settle();
  preferences.connections = [prod];
  await connections.list();
  await settle();
  slow.open();
  await settle();
  assert.deepEqual(watched, [['/aws/config', '/aws/profile/prod/eu-west-1']]);
});

test('files that can not be read leave what is watched as it is', async () => {
  const { aws, connections, watched } = world({ connections: [dev] });
  aws.before = (step) => (step.startsWith('files') ? Promise.reject(kmsError('unknown')) : undefined);
  await connections.list();
  await connections.open(dev);
  await settle();
  assert.deepEqual(watched, []);
});

// The end

test('disposing closes all sessions, and nothing is opened, listed or watched any more', async () => {
  const { connections, isOpen, asked, watched } = world({ connections: [dev, prod] });
  await connections.list();
  const sessions = await Promise.all([dev, prod, devInUs].map((ref) => connections.open(ref)));
  await settle();
  watched.splice(0);
  connections.dispose();
  assert.ok(sessions.every(({ closed }) => closed.aborted));
  assert.deepEqual([isOpen(), await connections.list(), await failure(connections.open(dev))], [[], [], 'abort']);
  await settle();
  assert.deepEqual([watched, asked('open').length], [[], 3]);
});

for (const step of steps) {
  test(`disposing while a connection opens, at "${step}", leaves none open`, async () => {
    const { aws, connections, isOpen, sessions } = world({ connections: [dev] });
    await connections.list();
    const slow = hold(aws, step);
    const waiting = failure(connections.open(dev));
    await settle();
    connections.dispose();
    slow.open();
    assert.equal(await waiting, 'abort');
    assert.deepEqual([isOpen(), sessions], [[], []]);
  });
}

test('files that were asked for before the end are not watched after it', async () => {
  const { aws, connections, watched } = world({ connections: [dev] });
  const slow = hold(aws, 'files profile/dev/eu-west-1');
  await connections.list();
  await settle();
  connections.dispose();
  slow.open();
  await settle();
  assert.deepEqual(watched, []);
});

// The pace

/** Sessions of these, on a clock that the test moves, with one request of ListGrants a second. */
async function slowly(...refs: readonly ConnectionRef[]) {
  const clock = new FakeClock();
  const all = world({ connections: refs }, new RequestLimiter(clock, 1));
  await all.connections.list();
  const sessions = await Promise.all(refs.map((ref) => all.connections.open(ref)));
  await settle();
  const listed = () =>
    all.aws.opened.flatMap(({ kms }) => kms.calls).filter(({ operation }) => operation === 'listGrants');
  return { ...all, clock, sessions, listed };
}

const never = new AbortController().signal;

for (const [what, refs, atOnce] of [
  ['two profiles of one account in one Region share its quota', [dev, prod], 1],
  ['two Regions of an account have a quota each', [dev, devInUs], 2],
] as const) {
  test(what, async () => {
    const { clock, sessions, listed } = await slowly(...refs);
    const all = Promise.all(sessions.map(({ api }) => api.listGrants({ keyArn: keyArnOf('k1') }, never)));
    await settle();
    assert.equal(listed().length, atOnce);
    await clock.advance(1000);
    await all;
    assert.equal(listed().length, 2);
  });
}

test('two accounts have a quota each, and so have sample data and a connection whose account is not known', async () => {
  const { aws, clock, connections, listed } = await slowly();
  aws.accounts.set(connectionId(prod), '444455556666');
  aws.beforeCall = ({ operation }) => {
    if (operation === 'callerIdentity' && aws.opened.length === 4) {
      throw kmsError('accessDenied');
    }
  };
  const sessions: Session[] = [];
  for (const ref of [dev, prod, sample, ofEnvironment('eu-west-1')]) {
    sessions.push(await connections.open(ref));
    await settle();
  }
  const all = Promise.all(sessions.map(({ api }) => api.listGrants({ keyArn: keyArnOf('k1') }, never)));
  await settle();
  assert.equal(listed().length, 4);
  await clock.advance(1000);
  await all;
});

test('of one session the inventory, those who wait and the background have one pace, in this order of importance', async () => {
  const { clock, sessions, listed } = await slowly(dev);
  const [session = assert.fail()] = sessions;
  const { api, background, inventory } = session;
  const all = Promise.all([
    background.listGrants({ keyArn: keyArnOf('first') }, never),
    background.listGrants({ keyArn: keyArnOf('background') }, never),
    inventory.grants(keyArnOf('inventory')),
    api.listGrants({ keyArn: keyArnOf('waited for') }, never),
  ]);
  await clock.advance(5000);
  await all;
  assert.deepEqual(
    listed().map(({ keyArn }) => keyArn),
    ['first', 'inventory', 'waited for', 'background'].map(keyArnOf),
  );
});

test('a refresh is not answered by a request that a search sent before it', async () => {
  const { aws, connections } = world({ connections: [dev] });
  await connections.list();
  const { background, inventory } = await connections.open(dev);
  const [{ kms } = assert.fail()] = aws.opened;
  const held = gate();
  aws.beforeCall = ({ operation }) => (operation === 'listGrants' ? held.passed : undefined);
  const search = background.listGrants({ keyArn: keyArnOf('k1') }, never);
  await settle();
  aws.beforeCall = () => undefined;
  kms.addGrants(keyArnOf('k1'), 'made elsewhere');
  inventory.forgetGrants(keyArnOf('k1'));
  assert.equal((await inventory.grants(keyArnOf('k1'))).grants.length, 1);
  held.open();
  await search;
});

// Held by a command

test('a connection that a command holds is closed by no change of the list before the command lets go', async () => {
  const { connections, preferences, isOpen } = world({ connections: [dev, prod] });
  await connections.list();
  const session = await connections.open(dev);
  const [one, other] = [connections.hold(session.connection), connections.hold(session.connection)];
  preferences.connections = [prod];
  assert.deepEqual(await connections.list(), [prod]);
  assert.deepEqual([connections.shown, connections.find(session.connection)], [[prod], session]);
  one[Symbol.dispose]();
  one[Symbol.dispose]();
  assert.equal(session.closed.aborted, false);
  other[Symbol.dispose]();
  assert.equal(session.closed.aborted, true);
  assert.deepEqual(isOpen(), []);
  assert.ok(!connections.known.includes(dev));
});

test('a connection that was removed and shown again while it is held stays open', async () => {
  const { connections, preferences } = world({ connections: [dev] });
  await connections.list();
  const session = await connections.open(dev);
  const held = connections.hold(session.connection);
  preferences.connections = [];
  await connections.list();
  preferences.connections = [dev];
  await connections.list();
  held[Symbol.dispose]();
  assert.deepEqual([session.closed.aborted, connections.shown], [false, [dev]]);
});

test('a Region that is held and removed is closed afterwards, also when another of its sign-in is shown', async () => {
  const { connections, preferences } = world({ connections: [dev, devInUs] });
  await connections.list();
  const session = await connections.open(dev);
  const held = connections.hold(session.connection);
  preferences.connections = [devInUs];
  await connections.list();
  assert.equal(session.closed.aborted, false);
  held[Symbol.dispose]();
  assert.equal(session.closed.aborted, true);
});

test('a change of the files, or of the account, closes a connection that is held', async () => {
  const { aws, connections } = world({ connections: [dev] });
  await connections.list();
  const session = await connections.open(dev);
  connections.hold(session.connection);
  aws.contents.set('dev', 'other');
  await connections.filesChanged();
  assert.equal(session.closed.aborted, true);
  const next = await connections.open(dev);
  connections.hold(next.connection);
  aws.opened[1]?.ended.abort(kmsError('accountChanged'));
  await settle();
  assert.equal(next.closed.aborted, true);
});
