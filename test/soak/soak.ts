import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import type { TestContext } from 'node:test';
import { recreateGrant } from '../../src/commands/changes/recreateGrant/recreateGrant.ts';
import { retireGrant } from '../../src/commands/changes/retireGrant.ts';
import { revokeGrant } from '../../src/commands/changes/revokeGrant.ts';
import { revokeSeveral } from '../../src/commands/changes/revokeSeveral/revokeSeveral.ts';
import type { CommandContext } from '../../src/commands/context.ts';
import { isAbort } from '../../src/core/base/abort.ts';
import { readJournal } from '../../src/core/changes/journalLines.ts';
import type { JournalRecord } from '../../src/core/changes/journalRecord.ts';
import { scanGrants } from '../../src/core/findings/scan.ts';
import { isSamePrincipal } from '../../src/core/kms/actor.ts';
import { isKmsError } from '../../src/core/kms/errors.ts';
import { accountOfArn, type ConnectionRef, connectionId } from '../../src/core/kms/model.ts';
import { findGrant } from '../../src/core/kms/readGrant.ts';
import { isUserError } from '../../src/core/words/userError.ts';
import { createRandom, type Random } from '../../src/emulator/random.ts';
import type { GrantNode, KeyNode, MessageNode, MoreNode, Node } from '../../src/views/shared/nodes.ts';
import type { Emulator } from '../aws/emulator.ts';
import type { Fault, FaultKind } from '../aws/faults.ts';
import { contextOf } from '../faults/context.ts';
import { dialogs } from '../faults/vscode.ts';
import {
  addGrants,
  ana,
  anasOtherRef,
  anasRef,
  assertJournalTrue,
  bensRef,
  configOf,
  createTestWorld,
  grantIdsOf,
  isMessage,
  roleRef,
  type Window,
  type World,
} from '../faults/world.ts';

export interface SoakOptions {
  readonly seed: number;
  /** How many acts of the user, of others and of the network there are. */
  readonly actions: number;
}

/** What a person pressed the button for, by what the question said. */
interface Confirmed {
  readonly operation: 'CreateGrant' | 'RevokeGrant' | 'RetireGrant';
  readonly keyArn: string;
  readonly grantId: string;
  /** Whom the question named as the one who acts; `undefined` when it said that STS gave no answer. */
  readonly principal: string | undefined;
}

/** An act may take so long, in real time: far more than any does. */
const longestMs = 60_000;
const readers = [`arn:aws:iam::${ana}:role/app/Reader`, `arn:aws:iam::${ana}:user/ana`] as const;
const noConstraints = { encryptionContextEquals: undefined, encryptionContextSubset: undefined, sourceArn: undefined };

/**
 * A random run of the whole product, but for VS Code: real files, real SDK, real HTTP; time is moved by hand.
 * @throws with the seed, the number of the act and what came before it, as soon as something is not true
 */
export async function soak(t: TestContext, { seed, actions }: SoakOptions): Promise<void> {
  const resources = process.getActiveResourcesInfo();
  const world = await createTestWorld(t, {
    seed,
    emulator: { propagation: { minMs: 0, maxMs: 120_000 } },
    sample: { keys: 3, grantsPerKey: 4 },
  });
  const run = new Run(world);
  const { clock } = world;
  try {
    for (let number = 1; number <= actions; number += 1) {
      try {
        await run.act();
      } catch (error) {
        const last = run.acts.slice(-20).join('\n  ');
        throw new Error(`--seed=${seed}, act ${number}: ${String(error)}\n  ${last}`, { cause: error });
      }
    }
    await run.end();
    t.diagnostic(run.summary());
  } finally {
    await world.dispose();
  }
  assert.equal(clock.sleeping, 0, 'Something sleeps after the end.');
  assert.equal(world.journalListeners, 0);
  const count = (all: readonly string[], kind: string) => all.filter((one) => one === kind).length;
  // Sockets that were closed need a moment of the event loop.
  for (let turn = 0; turn < 50; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (const kind of ['Timeout', 'StatWatcher', 'FSReqPromise']) {
    assert.equal(count(process.getActiveResourcesInfo(), kind), count(resources, kind), `${kind} after the end.`);
  }
}

class Run {
  /** What was done, for a person to read. */
  readonly acts: string[] = [];
  readonly #world: World;
  readonly #random: Random;
  readonly #confirmed: Confirmed[] = [];
  readonly #entries = new Map<string, JournalRecord>();
  /** What each window has on screen, old rows too: they can still be pressed. */
  readonly #screens = new WeakMap<Window, Node[]>();
  readonly #pending = new Set<Promise<unknown>>();
  #lastQuestion = '';
  #journalSize = -1;
  #checkedWrites = 0;
  #config: Parameters<typeof configOf>[0] = { ana: 'ana', ben: 'ben' };

  constructor(world: World) {
    this.#world = world;
    this.#random = createRandom(world.seed, 'acts');
    const [key] = world.keys;
    if (key !== undefined) {
      addGrants(world.emulator().account, key.id, 230);
    }
    this.#openWindow();
  }

  /** One act, and what must be true after it. */
  async act(): Promise<void> {
    const total = table.reduce((sum, { weight }) => sum + weight, 0);
    let at = this.#random.below(total);
    const entry = table.find(({ weight }) => {
      at -= weight;
      return at < 0;
    });
    assert.ok(entry !== undefined);
    this.acts.push(entry.name);
    const isAlone = this.#pending.size === 0;
    const before = this.#world.writes.length;
    const act = entry.run(this.#world, this.#hand());
    if (entry.mayGoOn === true && this.#chance(0.3)) {
      this.#goOn(act);
    } else {
      const failure = await this.#settled(act);
      const claims = failure !== undefined && /nothing was (sent|done|changed)/i.test(failure.message);
      // Of several acts at once it is not known whose change it was.
      if (claims && isAlone) {
        assert.equal(this.#world.writes.length, before, `After a change: ${failure.message}`);
      }
    }
    if (this.#chance(0.5)) {
      this.#world.tellJournal();
    }
    if (this.#chance(0.1)) {
      await this.#quiet();
    }
    await this.#check();
  }

  /** All faults end, time passes, and all is as it should be. */
  async end(): Promise<void> {
    for (const emulator of this.#world.emulators) {
      emulator.setFaults([]);
    }
    await this.#quiet();
    await this.#world.writeConfig(configOf({ ana: 'ana', ben: 'ben' }));
    for (const window of this.#world.windows) {
      window.chosen = [anasRef, anasOtherRef, bensRef, roleRef];
      window.view.setFilter('');
      await this.#settled(window.view.refreshAll());
      await this.#settled(this.#readTree(window));
    }
    for (let minutes = 0; minutes < 20; minutes += 1) {
      await this.#world.pass(60_000);
    }
    for (const window of [...this.#world.windows]) {
      this.#world.tellJournal();
      await this.#world.outside.idle();
      await this.#settled(this.#readTree(window));
      for (const ref of [anasRef, anasOtherRef, bensRef, roleRef]) {
        const session = window.connections.session(ref);
        assert.ok(session !== undefined, `${connectionId(ref)} does not open: ${window.connections.failure(ref)}`);
        for (const { key } of await window.keyRows(ref)) {
          for (const record of window.revocations.ofKey(ref, key.arn)) {
            // After the longest wait nothing turns any more: it is gone, or said to be listed.
            const state = window.revocations.state(ref, key, record.grant.grantId);
            assert.equal(state?.kind, 'unconfirmed');
          }
        }
      }
    }
    await this.#check();
    for (const window of [...this.#world.windows]) {
      window.dispose();
    }
    await this.#quiet();
    await this.#check();
  }

  /** How much happened: a run in which nothing does finds nothing. */
  summary(): string {
    const counted = (all: readonly (string | undefined)[]) =>
      [...new Set(all)].map((one) => `${one} ${all.filter((other) => other === one).length}`).join(', ');
    const requests = this.#world.emulators.reduce((sum, { requests: { length } }) => sum + length, 0);
    const outcomes = [...this.#entries.values()].map(({ kind, outcome }) => `${kind} ${outcome?.kind}`);
    return `${requests} requests; ${counted(this.#world.writes.map(({ operation }) => operation))}; ${counted(outcomes)}`;
  }

  #hand(): Hand {
    // Its own, so that what one act draws is the same, whatever goes on beside it.
    const random = createRandom(this.#world.seed, `act ${this.acts.length}`);
    const window = random.pick(this.#world.windows as [Window, ...Window[]]);
    const screen = this.#screens.get(window) ?? [];
    const note = (text: string) => {
      this.acts[this.acts.length - 1] += ` ${text}`;
    };
    return {
      random,
      window,
      note,
      chance: (probability) => random.next() < probability,
      rows: async (parent) => {
        const rows = await window.rows(parent);
        // Drawn, as VS Code does.
        for (const row of rows) {
          window.view.resolveTreeItem(window.view.getTreeItem(row), row);
        }
        screen.push(...rows.filter(({ kind }) => kind !== 'field'));
        screen.splice(0, Math.max(0, screen.length - 500));
        return rows;
      },
      onScreen: <K extends Node['kind']>(kind: K) =>
        screen.filter((node): node is Extract<Node, { kind: K }> => node.kind === kind),
      context: { ...contextOf(window), selection: () => screen },
      answer: (isYes, meanwhile) => this.#answer(isYes, meanwhile, note),
      select: (nodes) => this.#select(nodes),
      confirm: (confirmed) => this.#confirmed.push(confirmed),
      openWindow: () => this.#openWindow(),
      writeConfig: (profiles) => this.#writeConfig(profiles),
    };
  }

  #openWindow(): void {
    const maxAttempts = this.#chance(0.2) ? 2 : 1;
    const connections = this.#random.pick([[anasRef], [anasRef, bensRef], [anasRef, anasOtherRef, bensRef, roleRef]]);
    const window = this.#world.openWindow({
      maxAttempts,
      connections,
      timeouts: { connectMs: 500, requestMs: 40 },
      endpoint: this.#chance(0.8) ? { kind: 'aws' } : { kind: 'custom', url: 'http://127.0.0.1' },
    });
    this.#screens.set(window, []);
  }

  async #writeConfig(profiles: Parameters<typeof configOf>[0]): Promise<void> {
    this.#config = profiles;
    await this.#world.outside.during(this.#world.writeConfig(configOf(this.#config)));
    await Promise.all(this.#world.windows.map((window) => window.connections.filesChanged()));
  }

  /** Answers the questions of one command; what is confirmed is what the question says. */
  #answer(isYes: boolean, meanwhile: () => Promise<void>, note: (text: string) => void): void {
    dialogs.press = async (message, buttons, detail) => {
      if (detail === undefined) {
        return undefined;
      }
      await meanwhile();
      this.#lastQuestion = `${isYes ? 'yes' : 'no'}: ${message}\n${detail}`;
      if (!isYes) {
        return undefined;
      }
      const value = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(detail)?.[1];
      const signIns = [...detail.matchAll(/signed in as:? (arn:[^\s,]+)/gi)].map(([, arn]) => arn);
      // With several connections the grants have no one principal, and some may not be verified.
      const [, connections = ''] = /Connections:\n((?:.+\n?)+)/.exec(detail) ?? [];
      const places = connections.match(/^• /gm)?.length ?? 1;
      const principal = signIns.length === 1 && places === 1 ? signIns[0] : undefined;
      const keyArn = value('Key ARN');
      const grantId = value('Grant ID') ?? '';
      if (keyArn !== undefined) {
        const operation = { Rev: 'RevokeGrant', Ret: 'RetireGrant', Rec: 'CreateGrant' } as const;
        const kind = message.slice(0, 3);
        assert.ok(kind === 'Rev' || kind === 'Ret' || kind === 'Rec', message);
        this.#confirmed.push({ operation: operation[kind], keyArn, grantId, principal });
      } else {
        // A list that does not fit is in an editor behind the question, and then all that is selected may be in it.
        const [, list] = /To be revoked:\n((?:.+\n)+)/.exec(detail) ?? [];
        const starts =
          list === undefined ? [''] : [...list.matchAll(/ · ([0-9a-f]{8})$/gm)].map(([, start = '']) => start);
        for (const start of starts) {
          for (const { key, grant } of this.#selected) {
            if (!grant.grantId.startsWith(start)) {
              continue;
            }
            this.#confirmed.push({ operation: 'RevokeGrant', keyArn: key.arn, grantId: grant.grantId, principal });
          }
        }
      }
      note('confirmed');
      return buttons[0];
    };
    dialogs.type = async (_, expected) => (isYes ? expected : undefined);
  }

  /** The grants of a bulk revoke, whose question has only the beginnings of their IDs. */
  #selected: readonly GrantNode[] = [];

  #select(nodes: readonly GrantNode[]): void {
    this.#selected = [...this.#selected, ...nodes].slice(-100);
  }

  /** It goes on while others act. */
  #goOn(act: Promise<unknown>): void {
    this.acts[this.acts.length - 1] += ' (goes on)';
    const settled: Promise<unknown> = this.#settled(act, false).finally(() => this.#pending.delete(settled));
    this.#pending.add(settled);
    settled.catch(() => {});
  }

  async #quiet(): Promise<void> {
    await this.#settled(Promise.all(this.#pending));
    await this.#world.outside.idle();
  }

  /** @param moves time passes for it, if it waits for that */
  /** @returns what a person was told that it failed with */
  async #settled(act: Promise<unknown>, moves = true): Promise<Error | undefined> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new assert.AssertionError({ message: 'It never settles.' })), longestMs);
    });
    try {
      await Promise.race([moves ? this.#world.finish(act) : act, late]);
      return undefined;
    } catch (error) {
      // What a person is told; everything else is a mistake of ours.
      if (!isKmsError(error) && !isUserError(error) && !isAbort(error)) {
        throw error;
      }
      return error instanceof Error ? error : undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  #chance(probability: number): boolean {
    return this.#random.next() < probability;
  }

  async #check(): Promise<void> {
    const { writes, journalPath } = this.#world;
    for (const write of writes.slice(this.#checkedWrites)) {
      const isConfirmed = this.#confirmed.some(
        ({ operation, keyArn, grantId, principal }) =>
          operation === write.operation &&
          keyArn === write.keyArn &&
          grantId === write.grantId &&
          (principal === undefined || isSame(principal, write.principalArn)),
      );
      const asked = this.#confirmed.filter(({ grantId }) => grantId === write.grantId || write.grantId === '');
      const questions = asked.map((one) => JSON.stringify(one)).slice(-5);
      assert.ok(
        isConfirmed,
        `Nobody confirmed ${JSON.stringify(write)}; of this grant was confirmed: ${questions.join(', ')}; the last question: ${this.#lastQuestion}`,
      );
    }
    this.#checkedWrites = writes.length;
    const { size } = await stat(journalPath).catch(() => ({ size: 0 }));
    if (size !== this.#journalSize) {
      this.#journalSize = size;
      const { records, damaged } = readJournal(await readFile(journalPath, 'utf8').catch(() => ''));
      assert.equal(damaged, 0);
      // What is cleared was true as well.
      for (const record of records) {
        this.#entries.set(record.id, record);
      }
      await assertJournalTrue(this.#world, [...this.#entries.values()]);
    }
    for (const window of this.#world.windows) {
      for (const warning of window.warnings.splice(0)) {
        const isTold = typeof warning === 'string' || isKmsError(warning) || isUserError(warning) || isAbort(warning);
        assert.ok(isTold, String(warning));
      }
      for (const ref of window.connections.known) {
        const closed = window.connections.session(ref)?.closed;
        const listeners = closed === undefined ? 0 : getEventListeners(closed, 'abort').length;
        // Of pollers, and of calls that go on.
        assert.ok(listeners < 20, `${listeners} listeners wait for the end of ${connectionId(ref)}.`);
      }
    }
    const { windows } = this.#world;
    const window = windows[this.#random.below(Math.max(1, windows.length))];
    if (window !== undefined && this.#chance(0.1)) {
      await this.#settled(this.#readTree(window));
    }
  }

  /** Reads a whole tree anew, and holds it against the server. */
  async #readTree(window: Window): Promise<void> {
    await window.view.refreshAll();
    const before = this.#world.serverNow();
    const shown: (readonly [KeyNode, readonly Node[]])[] = [];
    for (const row of await window.rows()) {
      if (row.kind !== 'connection') {
        continue;
      }
      const session = window.connections.session(row.ref);
      let rows = await window.rows(row);
      for (let tries = 0; tries < 20 && rows.some((one) => isMessage(one) && one.tone === 'loading'); tries += 1) {
        await this.#world.outside.idle();
        rows = await window.rows(row);
      }
      const keys = rows.filter((one) => one.kind === 'key');
      for (const key of keys) {
        assert.equal(key.connection.id, connectionId(row.ref));
        shown.push([key, await window.rows(key)]);
      }
      const now = window.connections.session(row.ref);
      if (now === undefined || (session !== undefined && now !== session)) {
        continue;
      }
      const account = now.knownIdentity?.account;
      const isOpen = keys.every(({ connection }) => connection.opening === now.connection.opening);
      if (!isOpen) {
        continue;
      }
      for (const { key } of keys) {
        assert.equal(accountOfArn(key.arn), account ?? accountOfArn(key.arn), 'A key of another account.');
        assert.equal(key.arn.split(':')[3], now.connection.region);
      }
      const isAll = rows.every(({ kind }) => kind === 'key') && window.view.filter === '';
      if (isAll && account !== undefined) {
        const all = this.#world.emulator(account, now.connection.region).account.keys;
        for (const { arn } of all.values()) {
          assert.ok(
            keys.some(({ key }) => key.arn === arn),
            `${arn} has no row.`,
          );
        }
      }
    }
    // Time stood still, or what KMS surely had is not sure any more.
    if (this.#world.serverNow() !== before) {
      return;
    }
    for (const [node, rows] of shown) {
      this.#checkGrants(window, node, rows);
    }
  }

  #checkGrants(window: Window, node: KeyNode, rows: readonly Node[]): void {
    const { key, connection } = node;
    if (window.connections.find(connection) === undefined) {
      return;
    }
    const { account } = this.#world.emulator(accountOfArn(key.arn) ?? '', connection.region);
    const now = this.#world.serverNow();
    const known = [...account.grantsOf(key.keyId).values()];
    const grants = rows.filter((row) => row.kind === 'grant');
    for (const row of grants) {
      const stored = known.find(({ grant }) => grant.id === row.grant.grantId);
      assert.equal(row.grant.keyArn, key.arn);
      const isRevoked = window.revocations.state(connection.ref, key, row.grant.grantId) !== undefined;
      assert.ok(stored !== undefined || isRevoked, `${row.grant.grantId} is shown, and KMS has no such grant.`);
    }
    if (window.view.filter !== '' || !rows.every(({ kind }) => kind === 'grant')) {
      return;
    }
    const ids = new Set(grants.map(({ grant }) => grant.grantId));
    for (const { grant, knownFrom = [], removedFrom = [] } of known) {
      const isOnAll = knownFrom.every((at) => at <= now) && removedFrom.every((at) => at > now);
      assert.ok(!isOnAll || ids.has(grant.id), `${grant.id} on ${key.arn} has vanished, and all of KMS lists it.`);
    }
  }
}

/** The same principal; sessions of a role have another name after each sign-in. */
function isSame(shown: string, acted: string): boolean {
  return isSamePrincipal(
    { account: accountOfArn(shown) ?? '', arn: shown },
    { account: accountOfArn(acted) ?? '', arn: acted },
  );
}

/** What an act has to work with. */
interface Hand {
  readonly random: Random;
  readonly window: Window;
  readonly context: CommandContext;
  note(text: string): void;
  chance(probability: number): boolean;
  /** The rows below a row; they stay on screen. */
  rows(parent?: Node): Promise<Node[]>;
  onScreen<K extends Node['kind']>(kind: K): readonly Extract<Node, { kind: K }>[];
  /** How the questions that follow are answered, and what happens while they are open. */
  answer(isYes: boolean, meanwhile: () => Promise<void>): void;
  /** What is selected when several grants are revoked. */
  select(nodes: readonly GrantNode[]): void;
  /** Of what is not asked by a command. */
  confirm(confirmed: Confirmed): void;
  openWindow(): void;
  writeConfig(profiles: Parameters<typeof configOf>[0]): Promise<void>;
}

interface Act {
  readonly name: string;
  readonly weight: number;
  /** Others may act before it has ended. */
  readonly mayGoOn?: boolean;
  run(world: World, hand: Hand): Promise<unknown>;
}

const minute = 60_000;

const somewhere = ({ random }: Hand, { emulators }: World): Emulator =>
  random.pick(emulators as [Emulator, ...Emulator[]]);

/** A grant on screen, mostly one of a connection that is open; some of before. */
function grantOf(hand: Hand): GrantNode | undefined {
  const all = hand.onScreen('grant');
  const open = all.filter(({ connection }) => hand.window.connections.find(connection) !== undefined);
  return one(hand, hand.chance(0.1) ? all : open);
}

function one<T>({ random }: Hand, items: readonly T[]): T | undefined {
  return items[random.below(Math.max(1, items.length))];
}

/** What may come in between, while a question is open. */
function meanwhile(world: World, hand: Hand): () => Promise<void> {
  const { random } = hand;
  return random.pick<() => Promise<void>>([
    async () => {},
    async () => {},
    () => world.pass(random.below(minute)),
    () => hand.writeConfig(random.pick(configs)),
    async () => endOneElsewhere(world, hand),
    async () => {
      const stage = random.pick(['before', 'after'] as const);
      for (const emulator of world.emulators) {
        emulator.setFaults([{ operation: '*Grant', times: 1, stage, fault: { kind: 'drop' } }]);
      }
    },
    async () => hand.window.connections.reconnect(anasRef),
  ]);
}

const configs = [
  { ana: 'ana', ben: 'ben' },
  { ana: 'ana', ben: 'ben' },
  { ana: 'ben', ben: 'ben' },
  { ana: 'eve', ben: 'ben' },
  { ana: 'eve', ben: 'ben' },
  { ana: 'ana', ben: 'ana' },
] satisfies readonly [Parameters<typeof configOf>[0], ...Parameters<typeof configOf>[0][]];

function makeOneElsewhere(world: World, hand: Hand, keyId?: string): void {
  const accounts = keyId === undefined ? [somewhere(hand, world)] : world.emulators;
  const found = accounts.find(({ account }) => keyId === undefined || account.keys.has(keyId));
  if (found === undefined) {
    return;
  }
  const { account } = found;
  const key = keyId === undefined ? one(hand, [...account.keys.values()]) : account.keys.get(keyId);
  if (key === undefined) {
    return;
  }
  account.addGrant({
    id: hand.random.hex(32),
    keyId: key.id,
    createdAt: world.serverNow(),
    granteePrincipal: hand.random.pick(readers),
    retiringPrincipal: `arn:aws:iam::${ana}:user/ana`,
    issuingAccount: account.rootArn,
    operations: ['Decrypt'],
  });
}

/** Somebody else revokes a grant: the change reaches each part of KMS after a while of its own. */
function endOneElsewhere(world: World, hand: Hand): void {
  const { account } = somewhere(hand, world);
  const key = one(hand, [...account.keys.values()]);
  const stored = one(hand, [...account.grantsOf(key?.id ?? '').values()]);
  if (stored === undefined || stored.removedFrom !== undefined) {
    return;
  }
  stored.removedFrom = [0, 1, 2].map(() => world.serverNow() + hand.random.below(2 * minute));
  hand.note(`others end ${stored.grant.id.slice(0, 8)}`);
}

/** A key is made, or deleted with its grants. */
function changeKeys(world: World, hand: Hand): void {
  const { account } = somewhere(hand, world);
  const key = one(hand, [...account.keys.values()]);
  if (key === undefined) {
    return;
  }
  if (account.keys.size > 2) {
    account.removeKey(key.id);
  } else {
    const id = hand.random.uuid();
    account.keys.set(id, { ...key, id, arn: account.kmsArn(`key/${id}`) });
  }
}

const operations = [
  '*',
  'List*',
  'ListGrants',
  'ListKeys',
  '*Grant',
  'RevokeGrant',
  'RetireGrant',
  'CreateGrant',
  'GetCallerIdentity',
  'DescribeKey',
] as const;

function anyFault({ random }: Hand): Fault {
  const fault = random.pick<FaultKind>([
    { kind: 'error', code: 'KMSInternalException', status: 500 },
    { kind: 'error', code: 'ThrottlingException' },
    { kind: 'error', code: 'AccessDeniedException' },
    { kind: 'notJson', status: 503 },
    { kind: 'notJson', status: 200 },
    { kind: 'drop' },
    { kind: 'hang' },
    { kind: 'expiredToken' },
    { kind: 'latency', ms: 10 },
    { kind: 'latency', ms: 60 },
    { kind: 'slowBody', ms: 60 },
    { kind: 'cutBody' },
    { kind: 'cutHead' },
    { kind: 'halfBody' },
  ]);
  const stages = fault.kind === 'drop' ? (['unread', 'before', 'after'] as const) : (['before', 'after'] as const);
  // What is refused is not carried out; what fails otherwise may be.
  const isLost = fault.kind === 'hang' || fault.kind === 'drop' || fault.kind === 'notJson' || 'status' in fault;
  const stage = isLost ? random.pick([...stages]) : 'before';
  return {
    operation: random.pick(operations),
    probability: random.pick([0.1, 0.3, 1]),
    times: 1 + random.below(6),
    stage,
    fault,
  };
}

/** The session of the very opening that the row is of, as commands take it. */
function sessionOf({ window }: Hand, { connection }: KeyNode | GrantNode) {
  return window.connections.find(connection);
}

/** Ends one grant by a command. */
function ending(
  name: string,
  weight: number,
  command: (context: CommandContext, node: GrantNode) => Promise<unknown>,
): Act {
  return {
    name,
    weight,
    mayGoOn: true,
    run: async (world, hand) => {
      const node = grantOf(hand);
      if (node === undefined) {
        return;
      }
      hand.note(node.grant.grantId.slice(0, 8));
      hand.answer(hand.chance(0.8), meanwhile(world, hand));
      await command(hand.context, node);
    },
  };
}

const table: readonly Act[] = [
  {
    name: 'expand',
    weight: 36,
    mayGoOn: true,
    run: async (_, hand) => {
      for (let node = one(hand, await hand.rows()); node !== undefined; node = one(hand, await hand.rows(node))) {}
    },
  },
  {
    name: 'expand again',
    weight: 6,
    run: async (_, hand) => {
      const node = one(hand, hand.onScreen('key'));
      if (node !== undefined) {
        await hand.rows(node);
      }
    },
  },
  {
    name: 'refresh',
    weight: 4,
    run: async (_, hand) => {
      const node = one(hand, [...hand.onScreen('key'), ...hand.onScreen('connection')]);
      if (node !== undefined) {
        hand.window.view.refresh(node);
      }
    },
  },
  { name: 'refresh all', weight: 2, mayGoOn: true, run: (_, { window }) => window.view.refreshAll() },
  {
    name: 'retry',
    weight: 5,
    mayGoOn: true,
    run: async (_, hand) => {
      const node: MessageNode | undefined = one(hand, hand.onScreen('message'));
      if (node !== undefined) {
        await hand.window.view.retry(node);
      }
    },
  },
  {
    name: 'load more',
    weight: 4,
    mayGoOn: true,
    run: async (_, hand) => {
      const node: MoreNode | undefined = one(hand, hand.onScreen('more'));
      if (node !== undefined) {
        await hand.window.view.loadMore(node);
      }
    },
  },
  {
    name: 'filter',
    weight: 2,
    run: async (_, { window, random }) =>
      window.view.setFilter(random.pick(['', '', 'reader', 'a', 'nothing has this'])),
  },
  {
    name: 'choose connections',
    weight: 3,
    run: async (_, hand) => {
      const all: readonly ConnectionRef[] = [anasRef, anasOtherRef, bensRef, roleRef];
      const { window } = hand;
      window.chosen = all.filter(() => hand.chance(0.6));
      hand.note(window.chosen.map(connectionId).join(', '));
      window.connections.preferencesChanged();
      await hand.rows();
    },
  },
  {
    name: 'change files',
    weight: 3,
    run: (_, hand) => {
      const config = hand.random.pick(configs);
      hand.note(JSON.stringify(config));
      return hand.writeConfig(config);
    },
  },
  ending('revoke', 24, revokeGrant),
  {
    name: 'revoke several',
    weight: 4,
    mayGoOn: true,
    run: async (world, hand) => {
      const nodes = Array.from({ length: 5 }, () => grantOf(hand)).filter((node) => node !== undefined);
      const selected = [...new Map(nodes.map((node) => [node.grant.grantId, node])).values()];
      if (selected.length === 0) {
        return;
      }
      hand.note(selected.map(({ grant }) => grant.grantId.slice(0, 8)).join(', '));
      hand.select(selected);
      hand.answer(hand.chance(0.8), meanwhile(world, hand));
      await revokeSeveral(hand.context, selected);
    },
  },
  ending('retire', 10, retireGrant),
  {
    name: 'recreate',
    weight: 4,
    mayGoOn: true,
    run: async (world, hand) => {
      const record = one(hand, hand.window.journal.records);
      if (record === undefined) {
        return;
      }
      hand.note(record.grant.grantId.slice(0, 8));
      hand.answer(hand.chance(0.8), meanwhile(world, hand));
      await recreateGrant(hand.context, { kind: 'historyEntry', id: record.id });
    },
  },
  {
    name: 'create',
    weight: 5,
    mayGoOn: true,
    run: async (_, hand) => {
      const node = one(hand, hand.onScreen('key'));
      const session = node === undefined ? undefined : sessionOf(hand, node);
      if (node === undefined || session === undefined) {
        return;
      }
      const { arn: principal } = await session.identity();
      hand.confirm({ operation: 'CreateGrant', keyArn: node.key.arn, grantId: '', principal });
      const input = {
        keyArn: node.key.arn,
        operations: ['Decrypt'],
        granteePrincipal: { kind: 'principal', value: hand.random.pick(readers) },
        retiringPrincipal: { kind: 'principal', value: `arn:aws:iam::${ana}:user/ana` },
        constraints: noConstraints,
        ...(hand.chance(0.5) ? { name: `grant-${hand.random.below(20)}` } : {}),
      } as const;
      await hand.window.create(input, node.connection.ref);
    },
  },
  {
    name: 'stop waiting',
    weight: 3,
    run: async (_, hand) => {
      const node = grantOf(hand);
      if (node !== undefined) {
        hand.window.revocations.stopWaiting(node.connection.ref, node.key, node.grant.grantId);
      }
    },
  },
  {
    name: 'check again',
    weight: 4,
    run: async (_, hand) => {
      const node = grantOf(hand);
      const session = node === undefined ? undefined : hand.window.connections.session(node.connection.ref);
      if (node !== undefined && session !== undefined) {
        hand.window.revocations.checkAgain(session, node.key, node.grant.grantId);
      }
    },
  },
  {
    name: 'scan',
    weight: 4,
    mayGoOn: true,
    run: async (world, hand) => {
      const { window } = hand;
      const sessions = window.connections.shown.flatMap((ref) => window.connections.session(ref) ?? []);
      const controller = new AbortController();
      const last = hand.chance(0.5) ? hand.random.below(12) : Number.POSITIVE_INFINITY;
      let told = 0;
      const before = world.serverNow();
      const result = await scanGrants({
        sessions,
        signal: controller.signal,
        clock: world.clock,
        progress: () => {
          told += 1;
          if (told > last) {
            controller.abort();
          }
        },
      });
      // No time passed, so that what all of KMS lists now it listed then.
      if (world.serverNow() !== before) {
        return;
      }
      for (const { key, connection, grants, isComplete } of result.keys) {
        assert.ok(sessions.some((session) => session.connection === connection));
        if (!isComplete) {
          continue;
        }
        const { account } = world.emulator(accountOfArn(key.arn) ?? '', connection.region);
        const ids = new Set(grants.map(({ grantId }) => grantId));
        for (const { grant, knownFrom = [], removedFrom } of account.grantsOf(key.keyId).values()) {
          const isSure = removedFrom === undefined && knownFrom.every((at) => at <= before) && grant.createdAt < before;
          assert.ok(!isSure || ids.has(grant.id), `The scan called ${key.arn} complete without ${grant.id}.`);
        }
      }
    },
  },
  { name: 'others make a grant', weight: 8, run: async (world, hand) => makeOneElsewhere(world, hand) },
  { name: 'others end a grant', weight: 3, run: async (world, hand) => endOneElsewhere(world, hand) },
  { name: 'others change keys', weight: 1, run: async (world, hand) => changeKeys(world, hand) },
  {
    name: 'faults',
    weight: 8,
    run: async (world, hand) => {
      const faults = Array.from({ length: 1 + hand.random.below(3) }, () => anyFault(hand));
      hand.note(JSON.stringify(faults));
      somewhere(hand, world).setFaults(faults);
    },
  },
  {
    name: 'no faults',
    weight: 8,
    run: async (world) => {
      for (const emulator of world.emulators) {
        emulator.setFaults([]);
      }
    },
  },
  {
    name: 'the network goes and returns',
    weight: 1,
    run: async (world, hand) => {
      await world.outside.during(world.down());
      await hand.rows();
      await world.pass(hand.random.below(minute));
      await world.outside.during(world.up());
    },
  },
  {
    name: 'time passes',
    weight: 12,
    run: (world, hand) => world.pass(hand.random.below(hand.chance(0.1) ? 20 * minute : minute)),
  },
  {
    name: 'the clock is set',
    weight: 1,
    run: async (world, hand) => {
      const byMs = (hand.random.below(240) - 120) * minute;
      hand.note(`by ${byMs / minute} minutes`);
      world.clock.setWall(byMs);
    },
  },
  {
    name: 'the computer sleeps',
    weight: 1,
    run: async (world, hand) => {
      world.clock.suspend(hand.random.below(8 * 60) * minute);
      // Often the network comes back later than the computer.
      const fault: Fault = { operation: '*', times: hand.random.below(6), stage: 'unread', fault: { kind: 'drop' } };
      for (const emulator of world.emulators) {
        emulator.setFaults([fault]);
      }
      await world.pass(hand.random.below(minute));
    },
  },
  {
    name: 'the history can not be written for a while',
    weight: 1,
    run: async (world, hand) => {
      let left = 1 + hand.random.below(3);
      world.journalFault = () => {
        left -= 1;
        return left < 0 ? undefined : new Error('ENOSPC: no space left on device');
      };
    },
  },
  {
    name: 'revoke what no row has',
    weight: 4,
    mayGoOn: true,
    run: async (world, hand) => {
      // As a language model does, or another view: the list of the key may be older than the grant.
      const known = one(hand, hand.onScreen('key'));
      const session = known === undefined ? undefined : sessionOf(hand, known);
      if (known === undefined || session === undefined) {
        return;
      }
      makeOneElsewhere(world, hand, known.key.keyId);
      const { account } = world.emulator(accountOfArn(known.key.arn) ?? ana, session.connection.region);
      const grantId = one(hand, grantIdsOf(account, known.key.keyId));
      if (grantId === undefined) {
        return;
      }
      const grant = await findGrant(session.api, { keyArn: known.key.arn, grantId }, session.closed);
      if (grant === undefined) {
        return;
      }
      hand.note(grantId.slice(0, 8));
      const node: GrantNode = { kind: 'grant', connection: session.connection, key: known.key, grant };
      hand.answer(hand.chance(0.8), meanwhile(world, hand));
      await revokeGrant(hand.context, node);
    },
  },
  { name: 'credentials expire', weight: 1, run: async ({ cloud }) => cloud.expire() },
  {
    name: 'reload',
    weight: 2,
    run: async (_, hand) => {
      hand.window.dispose();
      hand.openWindow();
    },
  },
  {
    name: 'another window',
    weight: 2,
    run: async (world, hand) => {
      if (world.windows.length > 1) {
        hand.window.dispose();
      } else {
        hand.openWindow();
      }
    },
  },
  { name: 'clear the history', weight: 1, mayGoOn: true, run: (_, { window }) => window.journal.clear() },
];
