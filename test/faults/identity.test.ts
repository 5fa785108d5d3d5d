import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { run } from '../../src/commands/table.ts';
import { isRecreatable } from '../../src/core/changes/journalOutcomes.ts';
import { commands, settings } from '../../src/manifest.ts';
import { contextOf, duringQuestion, type SeenDialogs, settingsOnDisk, watchDialogs } from './context.ts';
import { dialogs } from './vscode.ts';
import {
  ana,
  anasOtherRef,
  anasRef,
  assertJournalTrue,
  ben,
  bensRef,
  configOf,
  createTestWorld,
  roleRef,
  type Window,
  type World,
} from './world.ts';

const anasArn = `arn:aws:iam::${ana}:user/ana`;
const glassArn = `arn:aws:iam::${ana}:user/break-glass`;
const stsIsDown = {
  operation: 'GetCallerIdentity',
  fault: { kind: 'error', code: 'InternalFailure', status: 500 },
} as const;

/** From now on, the profile of ana signs in as somebody else, and what was signed in before is refused. */
async function becomes(world: World, who: 'break-glass' | 'ben'): Promise<void> {
  const keys = who === 'ben' ? ['AKIABEN', 'secret-of-ben'] : ['AKIAGLASS', 'secret-of-glass'];
  if (who === 'break-glass') {
    world.cloud.addAccessKey('AKIAGLASS', { secretAccessKey: 'secret-of-glass', principalArn: glassArn });
  }
  const config = `[profile ana]\naws_access_key_id = ${keys[0]}\naws_secret_access_key = ${keys[1]}\n`;
  await world.writeConfig(config);
  world.cloud.rotate('AKIAANA');
}

/** How often something was typed. */
function countTyped(): { count: number } {
  const typed = { count: 0 };
  const { type } = dialogs;
  dialogs.type = (prompt, expected) => {
    typed.count += 1;
    return type(prompt, expected);
  };
  return typed;
}

async function aRow(world: World, window: Window, index = 0) {
  const { arn, grantIds } = world.keys.find((key) => key.grantIds.length > 2) ?? assert.fail();
  return window.grantRow(arn, grantIds[index] ?? assert.fail());
}

/** Who sent the changes, as the server knows them. */
const senders = (world: World, operation: string) =>
  world.emulators.flatMap(({ requests }) =>
    requests.filter((one) => one.operation === operation && one.done).map(({ principalArn }) => principalArn),
  );

async function setUp(t: TestContext) {
  const world = await createTestWorld(t);
  const window = world.openWindow();
  const seen: SeenDialogs = watchDialogs(t, { isYes: true });
  const typed = countTyped();
  const press = (id: Parameters<typeof run>[1], argument: unknown, selected?: unknown) =>
    world.finish(run(contextOf(window), id, argument, selected));
  return { world, window, seen, typed, press };
}

type Press = Awaited<ReturnType<typeof setUp>>['press'];

test('another principal between question and call: nothing is sent, and the question is asked again with that one', async (t) => {
  const { world, window, seen, typed, press } = await setUp(t);
  const row = await aRow(world, window);
  duringQuestion(() => becomes(world, 'break-glass'));
  await press(commands.revokeGrant, row);
  assert.equal(seen.asked.length, 2);
  assert.ok(seen.asked[0]?.includes(`Signed in as: ${anasArn}`), seen.asked[0]);
  assert.ok(seen.asked[1]?.includes(`Signed in as: ${glassArn}`), seen.asked[1]);
  assert.match(
    seen.asked[1] ?? '',
    /Nothing was sent, because the signed-in principal may have changed\. It was: .*user\/ana/,
  );
  assert.equal(typed.count, 0);
  assert.deepEqual(senders(world, 'RevokeGrant'), [glassArn]);
  const journal = await world.journal();
  assert.deepEqual(
    journal.map(({ principal, unverified }) => [principal, unverified]),
    [[glassArn, undefined]],
  );
  await assertJournalTrue(world);
});

test('who says no to the other principal has sent nothing', async (t) => {
  const { world, window, seen, press } = await setUp(t);
  const row = await aRow(world, window);
  duringQuestion(async () => {
    await becomes(world, 'break-glass');
    dialogs.press = async (message, _, detail) => {
      if (detail !== undefined) {
        seen.asked.push(message);
      }
      return undefined;
    };
  });
  await press(commands.revokeGrant, row);
  assert.equal(seen.asked.length, 2);
  assert.deepEqual(senders(world, 'RevokeGrant'), []);
  assert.deepEqual(await world.journal(), []);
});

test('a role whose session is renewed under another generated name is still the same', async (t) => {
  const { world, window, seen, press } = await setUp(t);
  window.chosen = [roleRef];
  const { arn, grantIds } = world.keys.find((key) => key.grantIds.length > 0) ?? assert.fail();
  const row = await window.grantRow(arn, grantIds[0] ?? assert.fail(), roleRef);
  duringQuestion(async () => {
    world.clock.step(world.clock.now() + 60_000);
    world.cloud.expire();
  });
  await press(commands.revokeGrant, row);
  assert.equal(seen.asked.length, 1);
  assert.equal(senders(world, 'RevokeGrant').length, 1);
});

for (const [what, command] of [
  ['revoke', commands.revokeGrant],
  ['retirement', commands.retireGrant],
] as const) {
  test(`while STS gives no answer, a ${what} says so, takes one typed word, and the history keeps it`, async (t) => {
    const { world, window, seen, typed, press } = await setUp(t);
    world.emulator().setFaults([stsIsDown]);
    const { arn, id } = world.keys[0] ?? assert.fail();
    world.emulator().account.addGrant({
      id: 'c'.repeat(64),
      keyId: id,
      createdAt: Date.UTC(2026, 0, 1),
      granteePrincipal: `arn:aws:iam::${ana}:role/app/Reader`,
      retiringPrincipal: anasArn,
      issuingAccount: world.emulator().account.rootArn,
      operations: ['Decrypt'],
    });
    await press(command, await window.grantRow(arn, 'c'.repeat(64)));
    assert.equal(seen.asked.length, 1);
    assert.match(seen.asked[0] ?? '', /Couldn't verify who is signed in\. .*\n/);
    assert.match(seen.asked[0] ?? '', /Signed in as: not verified$/m);
    assert.equal(typed.count, 1);
    assert.equal(world.isLive(arn, 'c'.repeat(64)), false);
    const [entry] = await world.journal();
    assert.equal(entry?.principal, undefined);
    assert.match(entry?.unverified ?? '', /\S/);
  });
}

test('several revokes while STS gives no answer take the one typed number, and the history keeps why', async (t) => {
  const { world, window, seen, typed, press } = await setUp(t);
  world.emulator().setFaults([stsIsDown]);
  const rows = [await aRow(world, window, 0), await aRow(world, window, 1)];
  await press(commands.revokeGrant, undefined, rows);
  assert.match(seen.asked[0] ?? '', /Couldn't verify/);
  assert.equal(typed.count, 1);
  assert.deepEqual(
    (await world.journal()).map(({ unverified, accepted }) => [unverified !== undefined, accepted]),
    [
      [true, true],
      [true, true],
    ],
  );
});

test('where STS answers by the time of the call and nobody knew who it was, the question is asked again', async (t) => {
  const { world, window, seen, typed, press } = await setUp(t);
  world.emulator().setFaults([stsIsDown]);
  const row = await aRow(world, window);
  duringQuestion(async () => world.emulator().setFaults([]));
  await press(commands.revokeGrant, row);
  assert.equal(seen.asked.length, 2);
  assert.ok(seen.asked[1]?.includes(`Signed in as: ${anasArn}`), seen.asked[1]);
  assert.equal(typed.count, 1);
  assert.equal((await world.journal())[0]?.principal, anasArn);
});

test('where STS answers again, and it is who the connection was known for, the typed word stands', async (t) => {
  const { world, window, seen, typed, press } = await setUp(t);
  const row = await aRow(world, window);
  world.emulator().setFaults([stsIsDown]);
  duringQuestion(async () => world.emulator().setFaults([]));
  await press(commands.revokeGrant, row);
  assert.equal(seen.asked.length, 1);
  assert.match(seen.asked[0] ?? '', /not verified, last known as .*user\/ana/);
  assert.equal(typed.count, 1);
  assert.deepEqual(senders(world, 'RevokeGrant'), [anasArn]);
  assert.match((await world.journal())[0]?.unverified ?? '', /\S/);
});

test('where STS answers again with another than the connection was known for, the question is asked again', async (t) => {
  const { world, window, seen, press } = await setUp(t);
  const row = await aRow(world, window);
  world.emulator().setFaults([stsIsDown]);
  duringQuestion(async () => {
    world.emulator().setFaults([]);
    await becomes(world, 'break-glass');
  });
  await press(commands.revokeGrant, row);
  assert.equal(seen.asked.length, 2);
  assert.deepEqual(senders(world, 'RevokeGrant'), [glassArn]);
  assert.equal((await world.journal())[0]?.principal, glassArn);
});

test('STS that fails between question and call is asked about, too', async (t) => {
  const { world, window, seen, typed, press } = await setUp(t);
  const row = await aRow(world, window);
  duringQuestion(async () => world.emulator().setFaults([stsIsDown]));
  await press(commands.revokeGrant, row);
  assert.equal(seen.asked.length, 2);
  assert.match(seen.asked[1] ?? '', /Couldn't verify/);
  assert.equal(typed.count, 1);
});

/** Three grants are revoked; after the first one, somebody else is signed in. */
async function changesMidway(world: World, window: Window, seen: SeenDialogs, press: Press): Promise<void> {
  const rows = [await aRow(world, window, 0), await aRow(world, window, 1), await aRow(world, window, 2)];
  let isRenewed = false;
  const renewed: Promise<void>[] = [];
  world.onServed = (operation) => {
    if (operation === 'RevokeGrant' && seen.isConfirmed && !isRenewed) {
      isRenewed = true;
      renewed.push(world.outside.during(becomes(world, 'break-glass')));
    }
  };
  await press(commands.revokeGrant, undefined, rows);
  await Promise.all(renewed);
  assert.equal(seen.asked.length, 2);
}

test('another principal in the middle of several revokes: the rest is asked about again', async (t) => {
  const { world, window, seen, press } = await setUp(t);
  await changesMidway(world, window, seen, press);
  assert.match(seen.asked[1] ?? '', /Revoke 2 grants\?/);
  assert.ok(seen.asked[1]?.includes(`signed in as ${glassArn}`), seen.asked[1]);
  assert.deepEqual(senders(world, 'RevokeGrant'), [anasArn, glassArn, glassArn]);
  assert.match(seen.said.at(-1) ?? '', /^Revoked 3 grants\./);
});

test('read-only mode that begins during the second question of several revokes: the first ones are reported', async (t) => {
  const values = settingsOnDisk(t);
  const { world, window, seen, press } = await setUp(t);
  const { type } = dialogs;
  dialogs.type = (prompt, expected) => {
    values.set(settings.readOnly, seen.asked.length === 2);
    return type(prompt, expected);
  };
  await changesMidway(world, window, seen, press);
  assert.deepEqual(senders(world, 'RevokeGrant'), [anasArn]);
  assert.match(seen.said.at(-1) ?? '', /^Revoked 1 of 3 grants\. .*Failed: 1\. Not started: 1\.$/);
});

/** A grant of ben's, revoked by the profile of ana while that signed in as ben. */
async function anEntryOfBen(world: World, window: Window, press: Awaited<ReturnType<typeof setUp>>['press']) {
  await world.writeConfig(configOf({ ana: 'ben', ben: 'ben' }));
  const [key] = await window.keyRows();
  const row = (await window.rows(key)).find(({ kind }) => kind === 'grant');
  await press(commands.revokeGrant, row ?? assert.fail());
  await world.pass(20 * 60_000);
  await world.writeConfig(configOf({ ana: 'ana', ben: 'ben' }));
  await window.connections.filesChanged();
  assert.equal((await (await window.session()).identity()).account, ana);
  const entry = window.journal.records.find(isRecreatable) ?? assert.fail();
  assert.equal(entry.account, ben);
  return entry;
}

test('an opening has one account for life: a Recreate for another one ends it, and passes on a new opening alone', async (t) => {
  const { world, window, seen, press } = await setUp(t);
  const entry = await anEntryOfBen(world, window, press);
  const before = await window.session();
  seen.asked.splice(0);
  await press(commands.recreateGrant, { kind: 'historyEntry', id: entry.id });
  assert.deepEqual([seen.asked, senders(world, 'CreateGrant')], [[], []]);
  assert.match(seen.said.at(-1) ?? '', new RegExp(`^Nothing was sent: .* account ${ben} .* ${ana}`));
  assert.equal(before.closed.aborted, false);

  await becomes(world, 'ben');
  await press(commands.recreateGrant, { kind: 'historyEntry', id: entry.id });
  await world.outside.idle();
  assert.deepEqual(senders(world, 'CreateGrant'), []);
  assert.equal(before.closed.aborted, true);
  assert.equal(window.connections.find(before.connection), undefined);
  for (const { key, connection } of await window.keyRows()) {
    assert.notEqual(connection.opening, before.connection.opening);
    assert.ok(key.arn.includes(ben));
  }
  await press(commands.recreateGrant, { kind: 'historyEntry', id: entry.id });
  assert.equal(senders(world, 'CreateGrant').length, 1);
});

test('other credentials that any read finds end the opening', async (t) => {
  const { world, window } = await setUp(t);
  const session = await window.session();
  await session.identity();
  await becomes(world, 'ben');
  const { arn } = world.keys[0] ?? assert.fail();
  await assert.rejects(
    world.finish(session.api.listGrants({ keyArn: arn }, session.closed)),
    /current ones belong to 444455556666/,
  );
  await world.outside.idle();
  assert.equal(session.closed.aborted, true);
});

test('a connection that is removed while a revoke is asked about stays open until it has ended', async (t) => {
  const { world, window, seen, press } = await setUp(t);
  window.chosen = [anasRef, bensRef];
  const row = await aRow(world, window);
  const session = await window.session();
  duringQuestion(async () => {
    window.chosen = [bensRef];
    await window.rows();
    assert.equal(session.closed.aborted, false);
    assert.ok(!window.connections.shown.includes(row.connection.ref));
  });
  await press(commands.revokeGrant, row);
  assert.equal(senders(world, 'RevokeGrant').length, 1);
  assert.match(seen.said.at(-1) ?? '', /whose connection is no longer shown/);
  assert.equal(session.closed.aborted, true);
});

test('a list of connections that changes while a grant is recreated costs neither the grant nor what is said of it', async (t) => {
  const { world, window, seen, press } = await setUp(t);
  window.chosen = [anasRef, anasOtherRef];
  const row = await aRow(world, window);
  await press(commands.revokeGrant, row);
  await world.pass(20 * 60_000);
  const entry = window.journal.records.find(isRecreatable) ?? assert.fail();
  world.onServed = (operation) => {
    if (operation !== 'CreateGrant' || seen.asked.length < 2) {
      return;
    }
    window.chosen = [anasOtherRef];
    void window.connections.list();
  };
  await press(commands.recreateGrant, { kind: 'historyEntry', id: entry.id });
  assert.equal(senders(world, 'CreateGrant').length, 1);
  assert.match(seen.said.at(-1) ?? '', /^Grant card-tokenizer on .* is recreated as /);
});

test('a grant whose answer was lost may have been created: no Retry, and the next question names the first attempt', async (t) => {
  const { world, window, seen, press } = await setUp(t);
  const row = await aRow(world, window);
  await press(commands.revokeGrant, row);
  await world.pass(20 * 60_000);
  const entry = window.journal.records.find(isRecreatable) ?? assert.fail();
  duringQuestion(async () =>
    world.emulator().setFaults([{ operation: 'CreateGrant', stage: 'after', fault: { kind: 'drop' } }]),
  );
  await press(commands.recreateGrant, { kind: 'historyEntry', id: entry.id });
  assert.match(seen.said.at(-1) ?? '', /may have been recreated/);
  assert.doesNotMatch(seen.said.at(-1) ?? '', /Can't reach/);
  world.emulator().setFaults([]);
  await press(commands.recreateGrant, { kind: 'historyEntry', id: entry.id });
  assert.match(seen.asked.at(-1) ?? '', /The same grant was requested on .* the outcome is unknown/);
});
