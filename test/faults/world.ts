import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createAws } from '../../src/aws/index.ts';
import type { Timeouts } from '../../src/aws/transport.ts';
import { abortError } from '../../src/core/base/abort.ts';
import type { Clock } from '../../src/core/base/clock.ts';
import { Emitter } from '../../src/core/base/emitter.ts';
import { FollowUps } from '../../src/core/changes/followUps.ts';
import { createGrant } from '../../src/core/changes/grantChanges.ts';
import { Journal } from '../../src/core/changes/journal.ts';
import type { JournalFile } from '../../src/core/changes/journalFile.ts';
import { parseJournal } from '../../src/core/changes/journalLines.ts';
import type { JournalRecord } from '../../src/core/changes/journalRecord.ts';
import { defaultPolicy, type PropagationPolicy } from '../../src/core/changes/propagation.ts';
import type { EndedWait, RevocationOutcome, RevocationRecord } from '../../src/core/changes/revocationRecord.ts';
import { Revocations, type RevokeResult } from '../../src/core/changes/revocations.ts';
import { checkUnanswered } from '../../src/core/changes/unanswered.ts';
import type { Preferences } from '../../src/core/connections/chooseConnections.ts';
import { Connections } from '../../src/core/connections/connections.ts';
import type { PinnedKeys } from '../../src/core/connections/pinnedKeys.ts';
import type { ActingSession, Session } from '../../src/core/connections/session.ts';
import { mfaPrompt, PromptPermissions } from '../../src/core/connections/signIn.ts';
import { evidenceBundle } from '../../src/core/evidence/evidenceBundle.ts';
import { LazyEvidence } from '../../src/core/evidence/lazyEvidence.ts';
import type { Arrangement } from '../../src/core/findings/arrangement.ts';
import { defaultFindingOptions } from '../../src/core/findings/finding.ts';
import { keyOfArn, parseKeyArn } from '../../src/core/kms/keyArn.ts';
import type { Aws, CallRecord, CreatedGrant, OpenedConnection } from '../../src/core/kms/kmsApi.ts';
import {
  accountOfArn,
  type ConnectionRef,
  type CreateGrantInput,
  connectionId,
  type Endpoint,
} from '../../src/core/kms/model.ts';
import { RequestLimiter } from '../../src/core/pacing/limiter.ts';
import { LazyTerraform } from '../../src/core/terraform/lazyTerraform.ts';
import { Random } from '../../src/emulator/random.ts';
import { createAccount } from '../../src/emulator/sampleData.ts';
import type { WireRequest } from '../../src/emulator/wire.ts';
import { JournalFileOnDisk } from '../../src/platform/journalFile.ts';
import type { Kept } from '../../src/platform/store.ts';
import { TerraformFiles } from '../../src/platform/terraformFiles.ts';
import { GranteesView } from '../../src/views/grantees/granteesView.ts';
import type { HistoryNode } from '../../src/views/history/historyNodes.ts';
import { HistoryView } from '../../src/views/history/historyView.ts';
import { granteesTooltip } from '../../src/views/hovers/granteesTooltip.ts';
import { historyTooltip } from '../../src/views/hovers/historyTooltip.ts';
import { keysTooltip } from '../../src/views/hovers/keysTooltip.ts';
import { KeysView } from '../../src/views/keys/keysView.ts';
import type { ConnectionNode, GrantNode, KeyNode, MessageNode, Node } from '../../src/views/shared/nodes.ts';
import { type Cloud, createCloud } from '../aws/cloud.ts';
import { createEmulator, type EmulatorOptions } from '../aws/emulator.ts';
import { type RunningServer, startServer } from '../aws/server.ts';
import { createWorld } from '../unit/aws/support.ts';
import { dialogs, workspace } from './vscode.ts';

/** Time that only a test moves. */
export class VirtualClock implements Clock {
  readonly #sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();
  readonly #moved: (now: number) => void;
  #now: number;
  #wallMoved = 0;
  /** By how much the wall clock was ever set back, in all. */
  setBackMs = 0;

  /** @param moved gets each new time */
  constructor(now: number, moved: (now: number) => void = () => {}) {
    this.#now = now;
    this.#moved = moved;
    moved(now);
  }

  now(): number {
    return this.#now + this.#wallMoved;
  }

  monotonic(): number {
    return this.#now;
  }

  /** The wall clock is set forward, or with a negative number back; no time passes. */
  setWall(byMs: number): void {
    this.#wallMoved += byMs;
    this.setBackMs += Math.max(0, -byMs);
    this.#moved(this.now());
  }

  /** How many sleep at the moment. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) {
      return Promise.reject(abortError());
    }
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#sleepers.delete(sleeper);
        signal.removeEventListener('abort', onAbort);
      };
      const sleeper = {
        at: this.#now + ms,
        wake: () => {
          leave();
          resolve();
        },
      };
      const onAbort = () => {
        leave();
        reject(abortError());
      };
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** The computer sleeps: time passes, and those who should have woken do so afterwards. */
  suspend(ms: number): void {
    this.#move(this.#now + ms);
  }

  /** Goes on to the next who wakes, or to `end` if nobody does before it. @returns whether somebody woke */
  step(end = Number.POSITIVE_INFINITY): boolean {
    const [next] = [...this.#sleepers].sort((left, right) => left.at - right.at);
    const wakes = next !== undefined && next.at <= end;
    const to = wakes ? next.at : end;
    if (Number.isFinite(to)) {
      this.#move(Math.max(this.#now, to));
    }
    if (wakes) {
      next.wake();
    }
    return wakes;
  }

  #move(to: number): void {
    this.#now = to;
    this.#moved(this.now());
  }
}

/** Counts what is under way outside of our own code: calls to AWS, and files. */
class Outside {
  #underWay = 0;
  #ended: () => void = () => {};

  during<T>(task: Promise<T>): Promise<T> {
    this.#underWay += 1;
    const done = () => {
      this.#underWay -= 1;
      const ended = this.#ended;
      this.#ended = () => {};
      ended();
    };
    task.then(done, done);
    return task;
  }

  /** Each method of `target` that takes time counts. */
  counted<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (_, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') {
          return member;
        }
        return (...args: unknown[]) => {
          const result: unknown = member.apply(target, args);
          return result instanceof Promise ? this.during(result) : result;
        };
      },
    });
  }

  /** Several may wait for it. */
  #nextEnd(): Promise<void> {
    const others = this.#ended;
    return new Promise((resolve) => {
      this.#ended = () => {
        others();
        resolve();
      };
    });
  }

  /** Resolves when nothing more happens unless time passes. */
  async idle(): Promise<void> {
    for (let quiet = 0; quiet < 3; quiet = this.#underWay === 0 ? quiet + 1 : 0) {
      while (this.#underWay > 0) {
        await this.#nextEnd();
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

export const ana = '111122223333';
export const ben = '444455556666';
export const anasRef: ConnectionRef = { kind: 'profile', profile: 'ana', region: 'eu-west-1' };
export const anasOtherRef: ConnectionRef = { kind: 'profile', profile: 'ana', region: 'us-east-2' };
export const bensRef: ConnectionRef = { kind: 'profile', profile: 'ben', region: 'eu-west-1' };
/** A role of ana's account, whose credentials expire. */
export const roleRef: ConnectionRef = { kind: 'profile', profile: 'role', region: 'eu-west-1' };

export const keysOf = {
  ana: ['AKIAANA', 'secret-of-ana'],
  ben: ['AKIABEN', 'secret-of-ben'],
  /** Another user of ana's account. */
  eve: ['AKIAEVE', 'secret-of-eve'],
} as const;

/** The config file: whose access keys each profile has. */
export const configOf = (profiles: Readonly<Record<string, keyof typeof keysOf>>): string => {
  const sections = Object.entries(profiles).map(([name, owner]) => {
    const [id, secret] = keysOf[owner];
    return `[profile ${name}]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`;
  });
  return `${sections.join('')}[profile role]\nrole_arn = arn:aws:iam::${ana}:role/Admin\nsource_profile = ana\n`;
};

/** A change to grants that our own requests made on the server. */
export interface Write {
  readonly at: number;
  readonly operation: 'CreateGrant' | 'RevokeGrant' | 'RetireGrant';
  readonly keyArn: string;
  /** Empty of CreateGrant. */
  readonly grantId: string;
  /** Who made it, as the server knows them. */
  readonly principalArn: string;
  readonly account: string | undefined;
}

export interface WorldOptions {
  /** Of ana's account in eu-west-1. */
  readonly sample?: { readonly keys: number; readonly grantsPerKey: number; readonly awsManagedKeys?: boolean };
  readonly emulator?: Partial<EmulatorOptions>;
  /** How much the server's clock is ahead of ours, in milliseconds. */
  readonly aheadMs?: number;
  readonly seed?: number;
}

export interface WindowOptions {
  readonly timeouts?: Partial<Timeouts>;
  readonly maxAttempts?: number;
  readonly connections?: readonly ConnectionRef[];
  /** The workspace; unless given, it is trusted. */
  readonly isTrusted?: boolean;
  readonly policy?: PropagationPolicy;
  /** What the endpoint is taken for; unless given, AWS itself, which knows dry runs. */
  readonly endpoint?: Endpoint;
  /** As of the Keys view; unless given, rows are waited for however long it takes. */
  readonly longestWaitMs?: number;
}

/** A cloud on loopback, with the files and the journal of a machine whose windows use it. All of it ends with the test. */
export class World {
  readonly clock: VirtualClock;
  readonly outside = new Outside();
  readonly cloud: Cloud;
  readonly windows: Window[] = [];
  readonly writes: Write[] = [];
  /** The time of the server, which nobody sets. Milliseconds since the epoch. */
  readonly serverNow: () => number;
  /** While set, the history can't be written: by another reason each time. */
  journalFault: (() => Error | undefined) | undefined;
  readonly seed: number;
  readonly #listeners = new Set<() => void>();
  readonly #folder: string;
  #server: RunningServer | undefined;
  /** Called after each request was served, before its answer. */
  onServed: (operation: string, request: WireRequest) => void = () => {};
  writeConfig: (text: string) => Promise<void> = async () => {};

  constructor(folder: string, clock: VirtualClock, { sample, emulator, aheadMs = 0, seed = 1 }: WorldOptions) {
    this.#folder = folder;
    this.seed = seed;
    this.clock = clock;
    const now = () => this.clock.monotonic() + aheadMs;
    this.serverNow = now;
    const place = (id: string, region: string, keys: number, grantsPerKey: number, awsManagedKeys = false) =>
      createEmulator({
        data: createAccount({ account: id, region, keys, grantsPerKey, awsManagedKeys, now: now(), seed }),
        now,
        seed,
        ...emulator,
      });
    this.cloud = createCloud({
      accounts: [
        {
          id: ana,
          regions: {
            'eu-west-1': place(ana, 'eu-west-1', sample?.keys ?? 3, sample?.grantsPerKey ?? 4, sample?.awsManagedKeys),
            'us-east-2': place(ana, 'us-east-2', 2, 3),
          },
        },
        { id: ben, regions: { 'eu-west-1': place(ben, 'eu-west-1', 2, 3) } },
      ],
      accessKeys: {
        AKIAANA: { secretAccessKey: 'secret-of-ana', principalArn: `arn:aws:iam::${ana}:user/ana` },
        AKIAEVE: { secretAccessKey: 'secret-of-eve', principalArn: `arn:aws:iam::${ana}:user/eve` },
        AKIABEN: { secretAccessKey: 'secret-of-ben', principalArn: `arn:aws:iam::${ben}:user/ben` },
      },
      roles: { [`arn:aws:iam::${ana}:role/Admin`]: { trusts: [`arn:aws:iam::${ana}:user/ana`] } },
      mfaCodes: { [`arn:aws:iam::${ana}:mfa/ana`]: '123456' },
      now,
      seed,
    });
  }

  /** By default, of ana in eu-west-1. */
  emulator(account = ana, region = 'eu-west-1') {
    return this.cloud.emulator(account, region);
  }

  get emulators() {
    return [this.emulator(), this.emulator(ana, 'us-east-2'), this.emulator(ben)];
  }

  /** The server answers no more: its port is closed. */
  async down(): Promise<void> {
    await this.#server?.close();
  }

  /** The server listens, on the same port as before. */
  async up(): Promise<string> {
    const port = this.#server === undefined ? 0 : Number(new URL(this.#server.url).port);
    this.#server = await startServer({ ...this.cloud, handle: (request) => this.#serve(request) }, { port });
    return this.#server.url;
  }

  #serve(request: WireRequest) {
    const before = this.emulators.map(({ requests }) => requests.at(-1));
    const reply = this.cloud.handle(request);
    for (const [index, emulator] of this.emulators.entries()) {
      const record = emulator.requests.at(-1);
      if (record === undefined || record === before[index]) {
        continue;
      }
      const { operation, input, done, principalArn } = record;
      if (done && (operation === 'CreateGrant' || operation === 'RevokeGrant' || operation === 'RetireGrant')) {
        const keyArn = String(input['KeyId']);
        const grantId = String(input['GrantId'] ?? '');
        const at = this.clock.now();
        this.writes.push({ at, operation, keyArn, grantId, principalArn, account: accountOfArn(principalArn) });
      }
      this.onServed(operation, request);
    }
    return reply;
  }

  /** The grant is neither revoked nor retired, as the newest state of the server has it. */
  isLive(keyArn: string, grantId: string): boolean {
    const { account } = this.emulator(accountOfArn(keyArn) ?? '', keyArn.split(':')[3] ?? '');
    const stored = account.grantsOf(keyArn.slice(keyArn.lastIndexOf('/') + 1)).get(grantId);
    return stored !== undefined && stored.removedFrom === undefined;
  }

  /** Keys of ana in eu-west-1 that can be granted, with the IDs of their grants. */
  get keys(): readonly { readonly arn: string; readonly id: string; readonly grantIds: readonly string[] }[] {
    const { account } = this.emulator();
    return [...account.keys.values()].map(({ id, arn }) => ({ id, arn, grantIds: grantIdsOf(account, id) }));
  }

  async journal(): Promise<readonly JournalRecord[]> {
    const { records, damaged } = parseJournal(await readFile(this.journalPath, 'utf8').catch(() => ''));
    assert.equal(damaged, 0);
    return records;
  }

  get journalPath(): string {
    return join(this.#folder, 'history.jsonl');
  }

  /** What one window wrote to the journal is seen by all. */
  tellJournal(): void {
    for (const listener of [...this.#listeners]) {
      listener();
    }
  }

  get journalListeners(): number {
    return this.#listeners.size;
  }

  openWindow(options: WindowOptions = {}): Window {
    const disk = new JournalFileOnDisk(this.journalPath);
    const file: JournalFile = {
      append: async (line) => {
        const error = this.journalFault?.();
        if (error !== undefined) {
          throw error;
        }
        await disk.append(line);
      },
      reader: () => this.outside.counted(disk.reader()),
      bytes: () => disk.bytes(),
      rewrite: (choice) => disk.rewrite(choice),
      onDidChange: (listener) => {
        this.#listeners.add(listener);
        return { dispose: () => this.#listeners.delete(listener) };
      },
    };
    const window = new Window(this, this.outside.counted(file), options);
    this.windows.push(window);
    return window;
  }

  /** Time passes, with all that happens in it. */
  async pass(ms: number): Promise<void> {
    const end = this.clock.monotonic() + ms;
    await this.outside.idle();
    while (this.clock.step(end)) {
      await this.outside.idle();
    }
  }

  /** Lets time pass until the task has ended. @throws what the task throws */
  async finish<T>(task: Promise<T>): Promise<T> {
    const state = { isOver: false };
    const over = () => {
      state.isOver = true;
    };
    const ended = task.then(over, over);
    for (let stuck = 0; !state.isOver; stuck = this.clock.step() ? 0 : stuck + 1) {
      assert.ok(stuck < 100, 'It waits for nothing that could come.');
      // Something else that gets no answer must not keep it.
      await Promise.race([ended, this.outside.idle()]);
    }
    return task;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const window of [...this.windows]) {
      window.dispose();
    }
    await this.down();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

export async function createTestWorld(t: TestContext, options: WorldOptions = {}): Promise<World> {
  // The SDK signs by the system's clock, which it can't be given: it goes with the other one.
  const { timers } = t.mock;
  timers.enable({ apis: ['Date'], now: Date.now() });
  const clock = new VirtualClock(Date.now(), (now) => timers.setTime(now));
  const world = new World(await mkdtemp(join(tmpdir(), 'kms-grants-faults-')), clock, options);
  t.after(() => world[Symbol.asyncDispose]());
  const url = await world.up();
  const config = configOf({ ana: 'ana', ben: 'ben' });
  const { writeConfig } = await createWorld(t, { config, env: { AWS_ENDPOINT_URL: url } });
  world.writeConfig = (text) => world.outside.during(writeConfig(text));
  return world;
}

const never = new Emitter<never>().event;
export const defaultFindings = { get: () => defaultFindingOptions, onDidChange: never };
export const noPinnedKeys: PinnedKeys = {
  of: () => [],
  add: async () => {},
  remove: async () => {},
  onDidChange: never,
};

/** A value that is kept as long as the window. */
function kept<T>(value: T): Kept<T> {
  return {
    get: () => value,
    set: (next) => {
      value = next;
    },
  };
}

/** What a window of VS Code has of us: `product.ts`, with a clock to move and without what only VS Code has. */
export class Window {
  readonly world: World;
  readonly journal: Journal;
  readonly evidence: LazyEvidence;
  readonly limiter: RequestLimiter;
  readonly revocations: Revocations;
  readonly connections: Connections;
  readonly view: KeysView;
  readonly grantees: GranteesView;
  readonly history: HistoryView;
  /** The view that shows its rows. */
  readonly tree = { message: '', visible: true, reveal: async (_: Node) => {} };
  readonly granteesTree = { description: '', message: '', reveal: async () => {} };
  readonly historyTree = { reveal: async (_: HistoryNode) => {} };
  readonly aws: Aws;
  readonly options: WindowOptions;
  /** One line a call, as in the log. */
  readonly calls: CallRecord[] = [];
  readonly outcomes: (readonly [RevocationRecord, RevocationOutcome])[] = [];
  readonly followUps: FollowUps;
  /** What one notification says of, each. */
  readonly reports: (readonly EndedWait[])[] = [];
  /** As the workspace keeps it. */
  readonly lastBaseline: Kept<string | undefined>;
  /** What went to the log as a warning. */
  readonly warnings: unknown[] = [];
  readonly terraform: LazyTerraform;
  /** The user has not agreed to {@link chosen}. */
  isUnconfirmed = () => false;
  /** The connections to show. */
  chosen: readonly ConnectionRef[];
  readonly preferences = (): Preferences => ({
    connections: this.chosen,
    sample: false,
    profile: '',
    region: '',
    isUnconfirmed: this.isUnconfirmed(),
    env: {},
  });

  constructor(world: World, file: JournalFile, options: WindowOptions) {
    const { clock, outside } = world;
    const {
      timeouts = { connectMs: 10_000, requestMs: 20_000 },
      maxAttempts = 1,
      endpoint = { kind: 'aws' },
    } = options;
    this.world = world;
    this.options = options;
    this.chosen = options.connections ?? [anasRef];
    const permissions = new PromptPermissions();
    const aws = createAws({
      env: process.env,
      log: (call) => this.calls.push(call),
      sample: () => Promise.reject(new Error('No sample here.')),
      mfaCode: mfaPrompt(permissions, (serial, profile) => dialogs.type(`${serial} ${profile}`, '')),
      mayRunProcesses: () => options.isTrusted ?? true,
      timeouts,
      maxAttempts,
    });
    const open = async (ref: ConnectionRef): Promise<OpenedConnection> => {
      const opened = await aws.open(ref);
      const evidence = async () => outside.counted(await outside.during(opened.evidence()));
      return { ...opened, api: outside.counted(opened.api), evidence, endpoint };
    };
    this.aws = outside.counted({ ...aws, open });
    this.journal = new Journal(file, clock, {
      isRunning: ({ id }) => world.windows.some(({ journal }) => journal.owner.id === id),
    });
    this.limiter = new RequestLimiter(clock);
    const jitter = new Random(world.seed, 'jitter');
    this.revocations = new Revocations({
      journal: this.journal,
      clock,
      random: () => jitter.next(),
      policy: () => options.policy ?? defaultPolicy,
      warn: (error) => this.warnings.push(error),
    });
    this.revocations.onDidEnd(({ record, outcome }) => this.outcomes.push([record, outcome]));
    this.followUps = new FollowUps(clock, this.revocations);
    this.followUps.onDidReport((ended) => this.reports.push(ended));
    this.connections = new Connections({
      limiter: this.limiter,
      clock,
      aws: async () => this.aws,
      preferences: this.preferences,
      permissions,
      watch: () => {},
    });
    this.connections.onDidOpen((session) => {
      this.#logged(this.revocations.resume(session));
      this.#logged(checkUnanswered(this.journal, session, clock));
    });
    this.evidence = new LazyEvidence(async () =>
      evidenceBundle({
        clock,
        sessionsOf: () => [],
        found: ({ connection }, keyArn) => this.grantees.listed(connection, keyArn),
      }),
    );
    this.terraform = new LazyTerraform(
      () => workspace.workspaceFolders.length > 0,
      async () => new TerraformFiles(clock),
    );
    this.view = new KeysView({
      connections: this.connections,
      revocations: this.revocations,
      pinnedKeys: noPinnedKeys,
      accountName: () => undefined,
      evidence: this.evidence,
      terraform: this.terraform,
      findings: defaultFindings,
      clock,
      tree: this.tree,
      tooltip: async (node, known) => keysTooltip(node, known),
      longestWaitMs: options.longestWaitMs ?? Number.POSITIVE_INFINITY,
    });
    this.lastBaseline = kept<string | undefined>(undefined);
    this.grantees = new GranteesView({
      connections: this.connections,
      revocations: this.revocations,
      evidence: this.evidence,
      terraform: this.terraform,
      findings: defaultFindings,
      arrangement: kept<Arrangement>({ grouping: 'principal', sorting: 'name' }),
      clock,
      tree: this.granteesTree,
      tooltip: async (node, known) => granteesTooltip(node, known),
    });
    this.history = new HistoryView({
      journal: this.journal,
      tree: this.historyTree,
      tooltip: async (node, entry) => historyTooltip(node, entry),
    });
  }

  #logged(task: Promise<void>): void {
    void task.catch((error: unknown) => this.warnings.push(error));
  }

  // Requests wait for their turn, and before they are sent again: for all that is asked here, time passes.

  session(ref: ConnectionRef = anasRef): Promise<Session> {
    return this.world.finish(this.connections.open(ref));
  }

  dispose(): void {
    const at = this.world.windows.indexOf(this);
    if (at !== -1) {
      this.world.windows.splice(at, 1);
    }
    const { connections, revocations, followUps, journal, view, grantees, history } = this;
    for (const owned of [connections, revocations, followUps, journal, view, grantees, history]) {
      owned.dispose();
    }
  }

  /** The rows below a row, or the first ones. */
  rows(parent?: Node): Promise<Node[]> {
    return this.world.finish(this.view.getChildren(parent));
  }

  async connectionRow(ref: ConnectionRef = anasRef): Promise<ConnectionNode> {
    const row = (await this.rows()).find(
      (node) => node.kind === 'connection' && connectionId(node.ref) === connectionId(ref),
    );
    assert.ok(row?.kind === 'connection');
    return row;
  }

  async keyRows(ref: ConnectionRef = anasRef): Promise<readonly KeyNode[]> {
    return (await this.rows(await this.connectionRow(ref))).filter((node) => node.kind === 'key');
  }

  async keyRow(keyArn: string, ref: ConnectionRef = anasRef): Promise<KeyNode> {
    const row = (await this.keyRows(ref)).find(({ key }) => key.arn === keyArn);
    assert.ok(row !== undefined, 'The key has no row.');
    return row;
  }

  async grantRow(keyArn: string, grantId: string, ref: ConnectionRef = anasRef): Promise<GrantNode> {
    const row = (await this.rows(await this.keyRow(keyArn, ref))).find(
      (node) => node.kind === 'grant' && node.grant.grantId === grantId,
    );
    assert.ok(row?.kind === 'grant', 'The grant has no row.');
    return row;
  }

  // What commands do once the user has confirmed.

  async revoke({ connection, key, grant }: GrantNode): Promise<RevokeResult> {
    return this.world.finish(this.revocations.revoke(await this.#acting(connection.ref), key, grant));
  }

  async retire({ connection, key, grant }: GrantNode): Promise<unknown> {
    return this.world.finish(this.revocations.retire(await this.#acting(connection.ref), key, grant));
  }

  async create(input: CreateGrantInput, ref: ConnectionRef = anasRef): Promise<CreatedGrant> {
    const key = keyOfArn(parseKeyArn(input.keyArn) ?? assert.fail());
    const warn = (error: unknown) => this.warnings.push(error);
    return this.world.finish(createGrant({ journal: this.journal, warn }, await this.#acting(ref), { key, input }));
  }

  async #acting(ref: ConnectionRef): Promise<ActingSession> {
    const session = await this.session(ref);
    return { session, actor: { kind: 'verified', identity: await session.identity() } };
  }

  /** What the description of a row says. */
  text(node: Node): string {
    const { label, description } = this.view.getTreeItem(node);
    return `${label} · ${description}`;
  }
}

export const isMessage = (node: Node): node is MessageNode => node.kind === 'message';

type Account = ReturnType<World['emulator']>['account'];

/** Those that are neither revoked nor retired. */
export function grantIdsOf(account: Account, keyId: string): readonly string[] {
  return [...account.grantsOf(keyId).values()]
    .filter(({ removedFrom }) => removedFrom === undefined)
    .map(({ grant }) => grant.id);
}

/** Adds grants to a key that everybody knows at once. */
export function addGrants(account: Account, keyId: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => {
    const id = String(index).padStart(64, 'a');
    account.addGrant({
      id,
      keyId,
      createdAt: Date.UTC(2026, 0, 1) + index,
      granteePrincipal: `arn:aws:iam::${account.id}:role/app/Reader`,
      issuingAccount: account.rootArn,
      operations: ['Decrypt'],
    });
    return id;
  });
}

/**
 * The journal holds against what the server did.
 * @param records unless given, what is on the disk
 */
export async function assertJournalTrue(world: World, records?: readonly JournalRecord[]): Promise<void> {
  assertTrue(world, records ?? (await world.journal()));
}

function assertTrue(world: World, records: readonly JournalRecord[]): void {
  for (const write of world.writes) {
    const entry = records.find(
      ({ kind, at, key, grant, account }) =>
        (write.operation === 'CreateGrant' ? kind === 'create' || kind === 'recreate' : kind === kindOf(write)) &&
        at <= write.at + world.clock.setBackMs &&
        key.arn === write.keyArn &&
        (write.operation === 'CreateGrant' || grant.grantId === write.grantId) &&
        (account === undefined || account === accountOfArn(write.keyArn)),
    );
    assert.ok(entry !== undefined, `No intent was written before ${write.operation} ${write.keyArn} ${write.grantId}.`);
  }
  const ended = records.filter(({ kind }) => kind === 'revoke' || kind === 'retire');
  for (const { key, grant, kind, outcome, accepted } of ended) {
    const isLive = world.isLive(key.arn, grant.grantId);
    const claims = accepted || outcome?.kind === 'gone' || outcome?.kind === 'dismissed';
    assert.ok(
      !(claims && isLive),
      `The ${kind} of ${grant.grantId} is called ${outcome?.kind}, and the grant is live.`,
    );
    const ours = world.writes.some(({ grantId, keyArn }) => grantId === grant.grantId && keyArn === key.arn);
    const others = ended.filter((other) => other.grant.grantId === grant.grantId && other.key.arn === key.arn);
    const refused = others.every((other) => other.outcome?.kind === 'refused');
    assert.ok(!(ours && refused), `The ${kind} of ${grant.grantId} is called refused, and was carried out.`);
  }
}

const kindOf = ({ operation }: Write) => (operation === 'RevokeGrant' ? 'revoke' : 'retire');
