import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { CommandContext } from '../../src/commands/context.ts';
import { clearKeysFilter } from '../../src/commands/grants/filterView.ts';
import { run } from '../../src/commands/table.ts';
import { runTool } from '../../src/commands/tools/tools.ts';
import { parseJournal } from '../../src/core/changes/journalLines.ts';
import { isRecreatable } from '../../src/core/changes/journalOutcomes.ts';
import { type CommandId, changingCommands, commands, languageModelTools, settings } from '../../src/manifest.ts';
import { type GroupNode, isGroup } from '../../src/views/grantees/granteesNodes.ts';
import type { ConnectionNode, GrantNode, KeyNode } from '../../src/views/shared/nodes.ts';
import { contextOf, duringQuestion, questionsInTurn, settingsOnDisk, watchDialogs } from './context.ts';
import { CancellationTokenSource, dialogs } from './vscode.ts';
import { ana, createTestWorld, type Window, type World, type Write } from './world.ts';

const anasArn = `arn:aws:iam::${ana}:user/ana`;

/** A row of each kind that a change begins with. Ana may revoke and retire the grants, and recreate that of the entry. */
interface Rows {
  readonly connection: ConnectionNode;
  readonly key: KeyNode;
  readonly grant: GrantNode;
  readonly other: GrantNode;
  readonly entry: object;
  readonly group: GroupNode;
}

async function setUp(t: TestContext) {
  const world = await createTestWorld(t, { sample: { keys: 1, grantsPerKey: 0 } });
  const window = world.openWindow();
  const seen = watchDialogs(t, { isYes: true });
  const [key] = world.keys;
  assert.ok(key !== undefined);
  const { account } = world.emulator();
  const ids = ['a', 'b', 'c'].map((letter) => letter.repeat(64));
  for (const id of ids) {
    account.addGrant({
      id,
      keyId: key.id,
      createdAt: Date.UTC(2026, 0, 1),
      granteePrincipal: `arn:aws:iam::${ana}:role/app/Reader`,
      retiringPrincipal: anasArn,
      issuingAccount: account.rootArn,
      operations: ['Decrypt'],
    });
  }
  const [first = '', second = '', ended = ''] = ids;
  await window.revoke(await window.grantRow(key.arn, ended));
  await world.pass(20 * 60_000);
  const entry = window.journal.records.find(isRecreatable) ?? assert.fail();
  const readRows = async (): Promise<Rows> => {
    const rows = {
      connection: await window.connectionRow(),
      key: await window.keyRow(key.arn),
      grant: await window.grantRow(key.arn, first),
      other: await window.grantRow(key.arn, second),
      entry: { kind: 'historyEntry', id: entry.id },
    };
    return { ...rows, group: groupOf(window, rows) };
  };
  world.writes.splice(0);
  return { world, window, seen, rows: await readRows(), readRows, context: contextOf(window) };
}

/** The group of both grants, after a search that found them. */
function groupOf({ grantees }: Window, { key, grant, other }: Pick<Rows, 'key' | 'grant' | 'other'>): GroupNode {
  const scanned = { ...key, metadata: undefined, grants: [grant.grant, other.grant], isComplete: true };
  const counts = { keysDone: 1, keysTotal: 1, grants: 2, unreadable: 0 };
  const result = { searched: [], unreadable: [], counts, wasCancelled: false, startedAt: 0, endedAt: 0 };
  grantees.setGrouping('finding');
  grantees.start().finish({ ...result, keys: [scanned] });
  const group = grantees.getChildren().find((row) => isGroup(row) && row.group.grants.length === 2);
  assert.ok(isGroup(group));
  return group;
}

/** How a change begins. */
interface Way {
  readonly what: string;
  readonly id: CommandId;
  readonly press: (context: CommandContext, rows: Rows) => Promise<unknown>;
}

const way = (
  what: string,
  id: CommandId,
  argument: (rows: Rows) => unknown,
  selected: (rows: Rows) => unknown = () => undefined,
): Way => ({ what, id, press: (context, rows) => run(context, id, argument(rows), selected(rows)) });

const ways: readonly Way[] = [
  way('Revoke Grant on a row', commands.revokeGrant, ({ grant }) => grant),
  way('Revoke Grant from the palette', commands.revokeGrant, () => undefined),
  way(
    'Revoke Grant on several rows',
    commands.revokeGrant,
    ({ grant }) => grant,
    ({ grant, other }) => [grant, other],
  ),
  {
    what: 'the key that revokes, on several rows',
    id: commands.revokeGrant,
    press: (context, { key, grant, other }) =>
      run({ ...context, selection: () => [key, grant, other] }, commands.revokeGrant, key, undefined),
  },
  way('Revoke These Grants on a finding', commands.revokeTheseGrants, ({ group }) => group),
  way('Create Grant on a row', commands.createGrant, ({ key }) => key),
  way('Create Grant from the palette', commands.createGrant, () => undefined),
  way('Retire Grant', commands.retireGrant, ({ grant }) => grant),
  way('Grants I Can Retire', commands.showRetirableGrants, ({ connection }) => connection),
  way('Recreate Grant', commands.recreateGrant, ({ entry }) => entry),
  {
    what: 'the tool that revokes',
    id: commands.revokeGrant,
    press: (context, { key, grant }) => {
      const input = { key: key.key.arn, grantId: grant.grant.grantId };
      return runTool(context, languageModelTools.revokeGrant, input, new CancellationTokenSource().token);
    },
  },
];

/** In lists, the first item is taken; in lists of several, the first is ticked unless something is. */
function takesFirst(t: TestContext): void {
  const { answer } = dialogs;
  dialogs.answer = (quickPick) => {
    const picked = quickPick.items.filter((item) => item.picked === true);
    quickPick.selectedItems = picked.length > 0 ? picked : quickPick.items.slice(0, 1);
    quickPick.enter();
  };
  t.after(() => Object.assign(dialogs, { answer }));
}

/** Before this is answered next, the connection is replaced by one with other access keys of ana. */
function closesBeforeAnswer(world: World, window: Window, operation = 'GetCallerIdentity'): void {
  world.emulator().setFaults([{ operation, stage: 'after', times: 1, fault: { kind: 'hang' } }]);
  const replace = async () => {
    world.cloud.addAccessKey('AKIAANA2', { secretAccessKey: 'second-of-ana', principalArn: anasArn });
    const config = '[profile ana]\naws_access_key_id = AKIAANA2\naws_secret_access_key = second-of-ana\n';
    await world.writeConfig(config);
    await window.connections.filesChanged();
  };
  world.onServed = (served) => {
    if (served === operation) {
      world.onServed = () => {};
      void world.outside.during(replace());
    }
  };
}

test('every command that changes something is tried here', () => {
  assert.deepEqual(new Set(ways.map(({ id }) => id)), changingCommands);
});

for (const { what, press } of ways) {
  const begin = async (t: TestContext) => {
    takesFirst(t);
    return setUp(t);
  };

  test(`${what}: after the question STS is asked who acts, and the intent is on the disk before KMS is asked`, async (t) => {
    const { world, seen, rows, context } = await begin(t);
    const events: string[] = [];
    const onDisk: (readonly [Write['operation'], boolean])[] = [];
    duringQuestion(async () => void events.push('question'));
    world.onServed = (operation) => {
      const write = world.writes.at(-1);
      if (write === undefined || world.writes.length === onDisk.length) {
        events.push(operation);
        return;
      }
      events.push('change');
      const { records } = parseJournal(readFileSync(world.journalPath, 'utf8'));
      const intent = records.find(({ outcome }) => outcome === undefined);
      const isIntended = intent?.key.arn === write.keyArn && intent.grant.grantId === write.grantId;
      onDisk.push([write.operation, isIntended]);
    };
    await world.finish(press(context, rows));
    assert.ok(world.writes.length > 0, seen.said.join('\n'));
    assert.deepEqual(
      onDisk,
      world.writes.map(({ operation }) => [operation, true]),
    );
    const between = events.slice(events.indexOf('question'), events.indexOf('change'));
    assert.ok(between.includes('GetCallerIdentity'), events.join());
    const { length } = world.writes;
    const outcomes = (await world.journal()).slice(-length).map(({ accepted }) => accepted);
    assert.deepEqual(outcomes, Array(length).fill(true));
  });

  test(`${what}: nothing is sent where the intent can't be written`, async (t) => {
    const { world, seen, rows, context } = await begin(t);
    duringQuestion(async () => {
      world.journalFault = () => new Error('The disk is full.');
    });
    await world.finish(press(context, rows));
    assert.equal(seen.asked.length, 1);
    assert.deepEqual(world.writes, []);
  });

  test(`${what}: nothing is sent in read-only mode that begins during the question`, async (t) => {
    const values = settingsOnDisk(t);
    const { world, seen, rows, context } = await begin(t);
    duringQuestion(async () => void values.set(settings.readOnly, true));
    await world.finish(press(context, rows));
    assert.equal(seen.asked.length, 1);
    assert.deepEqual(world.writes, []);
    seen.asked.splice(0);
    await world.finish(press(context, rows));
    assert.deepEqual([seen.asked, world.writes], [[], []]);
  });

  test(`${what}: nothing is sent by a connection that came after the one in the question`, async (t) => {
    const { world, window, seen, rows, context } = await begin(t);
    const before = await window.session();
    duringQuestion(async () => {
      world.cloud.addAccessKey('AKIAANA2', { secretAccessKey: 'second-of-ana', principalArn: anasArn });
      const config = '[profile ana]\naws_access_key_id = AKIAANA2\naws_secret_access_key = second-of-ana\n';
      await world.writeConfig(config);
      await window.connections.filesChanged();
      await window.connections.open(before.connection.ref);
    });
    await world.finish(press(context, rows));
    assert.equal(seen.asked.length, 1);
    assert.equal(window.connections.find(before.connection), undefined);
    assert.deepEqual(world.writes, []);
  });

  for (const isAsked of [false, true]) {
    const when = isAsked ? 'after' : 'before';
    test(`${what}: where the connection closes ${when} the question, it isn't silent`, async (t) => {
      const { world, window, seen, rows, context } = await begin(t);
      if (isAsked) {
        duringQuestion(async () => closesBeforeAnswer(world, window));
      } else {
        closesBeforeAnswer(world, window);
      }
      const answer = await world.finish(press(context, rows));
      assert.equal(seen.asked.length, isAsked ? 1 : 0);
      assert.deepEqual(world.writes, []);
      const said = [answer, ...seen.said].join('\n');
      assert.match(said, /Nothing was done, because the connection changed\.|^\s*Revoked 0 of 2 grants\. Failed: 2\.$/);
    });
  }

  test(`${what}: nothing is sent as another principal than the question showed`, async (t) => {
    const { world, seen, rows, context } = await begin(t);
    duringQuestion(async () => {
      world.cloud.addAccessKey('AKIAGLASS', {
        secretAccessKey: 'secret-of-glass',
        principalArn: `arn:aws:iam::${ana}:user/break-glass`,
      });
      const config = '[profile ana]\naws_access_key_id = AKIAGLASS\naws_secret_access_key = secret-of-glass\n';
      await world.writeConfig(config);
      world.cloud.rotate('AKIAANA');
      // No to the question about that one.
      dialogs.press = async (message, _, detail) => {
        if (detail !== undefined) {
          seen.asked.push(`${message}\n${detail}`);
        }
        return undefined;
      };
    });
    await world.finish(press(context, rows));
    assert.deepEqual(world.writes, []);
    assert.match(seen.asked[1] ?? '', /break-glass/);
  });
}

// The questions of a new grant end when they are asked once more.
for (const { what, press } of ways.filter(({ id }) => id !== commands.createGrant)) {
  test(`${what}, begun twice and confirmed twice: each change is sent once`, async (t) => {
    takesFirst(t);
    const { world, seen, rows, context } = await setUp(t);
    questionsInTurn(2);
    const earlier = (await world.journal()).length;
    await world.finish(Promise.all([press(context, rows), press(context, rows)]));
    assert.equal(seen.asked.length, 2);
    assert.ok(world.writes.length > 0);
    assert.equal((await world.journal()).length - earlier, world.writes.length, seen.said.join('\n'));
    const changed = new Set(world.writes.map(({ operation, grantId }) => `${operation} ${grantId}`));
    assert.equal(changed.size, world.writes.length);
  });
}

for (const operation of ['ListKeys', 'ListGrants']) {
  test(`a list to pick from whose connection closes before ${operation} is answered says so`, async (t) => {
    takesFirst(t);
    const { world, window, seen, context } = await setUp(t);
    (await window.session()).inventory.forgetAll();
    closesBeforeAnswer(world, window, operation);
    await world.finish(run(context, commands.revokeGrant, undefined, undefined));
    assert.deepEqual(seen.said, ['Nothing was done, because the connection changed.']);
  });
}

test('a Recreate that is sent while another one is checked is named by its question', async (t) => {
  const { world, seen, rows, context } = await setUp(t);
  const press = () => run(context, commands.recreateGrant, rows.entry, undefined);
  await world.finish(Promise.all([press(), press()]));
  assert.equal(seen.asked.length, 2);
  assert.match(seen.asked[1] ?? '', /was already recreated, as|was requested on/);
});

test('no other command and no other tool sends a change, whatever row it is called with', async (t) => {
  settingsOnDisk(t);
  takesFirst(t);
  const { world, window, readRows, context } = await setUp(t);
  const errors: string[] = [];
  const logged = { ...context, log: { ...context.log, error: (text: string) => errors.push(text) } };
  for (const id of Object.values(commands).filter((one) => !changingCommands.has(one))) {
    // The command before may have filtered or replaced them.
    clearKeysFilter(context);
    const rows = await readRows();
    const [field] = await window.rows(rows.grant);
    const [day] = (await window.history.getChildren()) ?? [];
    for (const row of [undefined, ...Object.values(rows), field, day]) {
      await world.finish(run(logged, id, row, row === undefined ? undefined : [row]));
      assert.deepEqual(world.writes, [], id);
    }
  }
  const { key, grant } = await readRows();
  const input = { key: key.key.arn, grantId: grant.grant.grantId };
  for (const name of Object.values(languageModelTools).filter((one) => one !== languageModelTools.revokeGrant)) {
    await world.finish(runTool(context, name, input, new CancellationTokenSource().token));
  }
  await world.pass(20 * 60_000);
  assert.deepEqual(world.writes, []);
  // Each did what it does: none failed for something that VS Code has, and these tests have not.
  assert.deepEqual(
    errors.filter((text) => text.startsWith('TypeError')),
    [],
  );
});
