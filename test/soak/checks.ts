import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { parseJournal } from '../../src/core/changes/journalLines.ts';
import type { JournalRecord } from '../../src/core/changes/journalRecord.ts';
import { accountOfArn, connectionId } from '../../src/core/kms/model.ts';
import type { Random } from '../../src/emulator/random.ts';
import type { KeyNode, Node } from '../../src/views/shared/nodes.ts';
import { assertJournalTrue, isMessage, type Window, type World } from '../faults/world.ts';
import type { Answers } from './answers.ts';
import { isForPeople, settled } from './settled.ts';

/** What must be true, whatever happened. */
export class Checks {
  readonly #world: World;
  readonly #random: Random;
  readonly #answers: Answers;
  readonly #entries = new Map<string, JournalRecord>();
  #journalSize = -1;
  #checkedWrites = 0;

  constructor(world: World, random: Random, answers: Answers) {
    this.#world = world;
    this.#random = random;
    this.#answers = answers;
  }

  /** All that the history has ever held. */
  get entries(): readonly JournalRecord[] {
    return [...this.#entries.values()];
  }

  /** After an act. */
  async check(): Promise<void> {
    const { writes, journalPath } = this.#world;
    for (const write of writes.slice(this.#checkedWrites)) {
      this.#answers.assertConfirmed(write);
    }
    this.#checkedWrites = writes.length;
    const { size } = await stat(journalPath).catch(() => ({ size: 0 }));
    if (size !== this.#journalSize) {
      this.#journalSize = size;
      const { records, damaged } = parseJournal(await readFile(journalPath, 'utf8').catch(() => ''));
      assert.equal(damaged, 0);
      // What is cleared was true as well.
      for (const record of records) {
        this.#entries.set(record.id, record);
      }
      await assertJournalTrue(this.#world, this.entries);
    }
    for (const window of this.#world.windows) {
      for (const warning of window.warnings.splice(0)) {
        assert.ok(typeof warning === 'string' || isForPeople(warning), String(warning));
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
    if (window !== undefined && this.#random.next() < 0.1) {
      await settled(this.#world, this.readTree(window));
    }
  }

  /** Reads a whole tree again, and holds it against the server. */
  async readTree(window: Window): Promise<void> {
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
