import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { connectionId } from '../../src/core/kms/model.ts';
import { Random } from '../../src/emulator/random.ts';
import type { Node } from '../../src/views/shared/nodes.ts';
import { contextOf } from '../faults/context.ts';
import {
  addGrants,
  anasOtherRef,
  anasRef,
  bensRef,
  configOf,
  createTestWorld,
  roleRef,
  type Window,
  type World,
} from '../faults/world.ts';
import type { Hand } from './acts/hand.ts';
import { table } from './acts/table.ts';
import { Answers } from './answers.ts';
import { Checks } from './checks.ts';
import { settled } from './settled.ts';

export interface SoakOptions {
  readonly seed: number;
  /** How many acts of the user, of others and of the network there are. */
  readonly actions: number;
}

/**
 * A random run of the whole product, but for VS Code: real files, real SDK, real HTTP; time is moved by hand.
 * @throws with the seed, the number of the act and what came before it, as soon as something is not true
 */
export async function soak(t: TestContext, options: SoakOptions): Promise<void> {
  const resources = process.getActiveResourcesInfo();
  const world = await endedWorld(t, options);
  assert.equal(world.clock.sleeping, 0, 'Something sleeps after the end.');
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

/** The world of a whole run, which has ended. */
async function endedWorld(t: TestContext, { seed, actions }: SoakOptions): Promise<World> {
  await using world = await createTestWorld(t, {
    seed,
    emulator: { propagation: { minMs: 0, maxMs: 120_000 } },
    sample: { keys: 3, grantsPerKey: 4 },
  });
  const run = new Run(world);
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
  return world;
}

class Run {
  /** What was done, for a person to read. */
  readonly acts: string[] = [];
  readonly #world: World;
  readonly #random: Random;
  readonly #answers = new Answers();
  readonly #checks: Checks;
  /** What each window has on screen, old rows too: they can still be pressed. */
  readonly #screens = new WeakMap<Window, Node[]>();
  readonly #pending = new Set<Promise<unknown>>();

  constructor(world: World) {
    this.#world = world;
    this.#random = new Random(world.seed, 'acts');
    this.#checks = new Checks(world, this.#random, this.#answers);
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
      const failure = await settled(this.#world, act);
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
    await this.#checks.check();
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
      await settled(this.#world, window.view.refreshAll());
      await settled(this.#world, this.#checks.readTree(window));
    }
    await this.#passLongestWait();
    for (const window of this.#world.windows) {
      this.#world.tellJournal();
      await this.#world.outside.idle();
      await settled(this.#world, this.#checks.readTree(window));
    }
    // What was not read before, such as for want of a sign-in, is followed again as soon as a list answers.
    await this.#passLongestWait();
    for (const window of this.#world.windows) {
      for (const ref of [anasRef, anasOtherRef, bensRef, roleRef]) {
        const session = window.connections.session(ref);
        assert.ok(session !== undefined, `${connectionId(ref)} does not open: ${window.connections.failure(ref)}`);
        for (const { key } of await window.keyRows(ref)) {
          for (const record of window.revocations.ofKey(ref, key.arn)) {
            // After the longest wait nothing turns any more: it is gone, or said to be listed.
            const state = window.revocations.state(ref, key, record.grant.grantId);
            assert.equal(state?.kind, 'unconfirmed', `${connectionId(ref)}: ${JSON.stringify(state)}`);
          }
        }
      }
    }
    await this.#checks.check();
    for (const window of [...this.#world.windows]) {
      window.dispose();
    }
    await this.#quiet();
    await this.#checks.check();
  }

  async #passLongestWait(): Promise<void> {
    for (let minutes = 0; minutes < 20; minutes += 1) {
      await this.#world.pass(60_000);
    }
  }

  /** How much happened: a run in which nothing does finds nothing. */
  summary(): string {
    const counted = (all: readonly (string | undefined)[]) =>
      [...new Set(all)].map((one) => `${one} ${all.filter((other) => other === one).length}`).join(', ');
    const requests = this.#world.emulators.reduce((sum, { requests: { length } }) => sum + length, 0);
    const outcomes = this.#checks.entries.map(({ kind, outcome }) => `${kind} ${outcome?.kind}`);
    return `${requests} requests; ${counted(this.#world.writes.map(({ operation }) => operation))}; ${counted(outcomes)}`;
  }

  #hand(): Hand {
    // Its own, so that what one act draws is the same, whatever goes on beside it.
    const random = new Random(this.#world.seed, `act ${this.acts.length}`);
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
          window.view.getTreeItem(row);
          await window.view.tooltip(row);
        }
        screen.push(...rows.filter(({ kind }) => kind !== 'field'));
        screen.splice(0, Math.max(0, screen.length - 500));
        return rows;
      },
      onScreen: <K extends Node['kind']>(kind: K) =>
        screen.filter((node): node is Extract<Node, { kind: K }> => node.kind === kind),
      context: { ...contextOf(window), selection: () => screen },
      answer: (isYes, meanwhile) => this.#answers.answer(isYes, meanwhile, note),
      select: (nodes) => this.#answers.select(nodes),
      confirm: (confirmed) => this.#answers.confirm(confirmed),
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
      // Below two seconds, the SDK forgets its timer of a connection that is abandoned before it has a socket.
      timeouts: { connectMs: 2_000, requestMs: 40 },
      endpoint: this.#chance(0.8) ? { kind: 'aws' } : { kind: 'custom', url: 'http://127.0.0.1' },
    });
    this.#screens.set(window, []);
  }

  async #writeConfig(profiles: Parameters<typeof configOf>[0]): Promise<void> {
    await this.#world.writeConfig(configOf(profiles));
    await Promise.all(this.#world.windows.map((window) => window.connections.filesChanged()));
  }

  /** It goes on while others act. */
  #goOn(act: Promise<unknown>): void {
    this.acts[this.acts.length - 1] += ' (goes on)';
    const going: Promise<unknown> = settled(this.#world, act, false).finally(() => this.#pending.delete(going));
    this.#pending.add(going);
    going.catch(() => {});
  }

  async #quiet(): Promise<void> {
    await settled(this.#world, Promise.all(this.#pending));
    await this.#world.outside.idle();
  }

  #chance(probability: number): boolean {
    return this.#random.next() < probability;
  }
}
