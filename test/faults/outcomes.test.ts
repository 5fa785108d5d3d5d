import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { showOutcomes } from '../../src/commands/changes/outcomes.ts';
import type { RevocationRecord } from '../../src/core/changes/revocationRecord.ts';
import type { Holder } from '../../src/core/evidence/holder.ts';
import type { Grant } from '../../src/core/kms/model.ts';
import { commands } from '../../src/manifest.ts';
import { noConstraints } from '../unit/core/fakes.ts';
import { contextOf } from './context.ts';
import { commands as vscodeCommands, window as vscodeWindow } from './vscode.ts';
import { ana, anasRef, createTestWorld } from './world.ts';

async function setUp(t: TestContext, state: 'Enabled' | 'Disabled' | 'PendingDeletion' = 'Enabled') {
  const world = await createTestWorld(t, { sample: { keys: 2, grantsPerKey: 1 } });
  const window = world.openWindow();
  const [key] = world.keys;
  assert.ok(key !== undefined);
  const { account } = world.emulator();
  const stored = account.keys.get(key.id) ?? assert.fail();
  account.keys.set(key.id, { ...stored, state });
  const row = await window.keyRow(key.arn);
  const { inventory } = await window.session();
  inventory.describe([key.arn], 'a test');
  await world.pass(1000);
  assert.equal(inventory.metadata(key.arn)?.state, state);
  const grant: Grant = {
    grantId: 'a'.repeat(64),
    keyArn: key.arn,
    name: undefined,
    creationDate: undefined,
    granteePrincipal: { kind: 'principal', value: `arn:aws:iam::${ana}:role/app/Reader` },
    retiringPrincipal: undefined,
    issuingAccount: undefined,
    operations: ['Decrypt'],
    constraints: noConstraints,
  };
  const executed: (readonly unknown[])[] = [];
  let buttons: readonly unknown[] = [];
  let said = '';
  let press: string | undefined;
  const before = { ...vscodeWindow, ...vscodeCommands };
  vscodeWindow.showInformationMessage = async (text, ...rest) => {
    said = text;
    buttons = rest;
    return press;
  };
  vscodeCommands.executeCommand = async (...call) => void executed.push(call);
  t.after(() => {
    vscodeWindow.showInformationMessage = before.showInformationMessage;
    vscodeCommands.executeCommand = before.executeCommand;
  });
  /** The buttons of the notification that the grant is gone. */
  const gone = async (
    changes: {
      readonly grant?: Partial<Grant>;
      readonly id?: string;
      readonly holder?: Holder;
      readonly afterMs?: number;
    } = {},
  ) => {
    const record: RevocationRecord = {
      id: changes.id ?? 'entry',
      kind: 'revoke',
      connection: anasRef,
      account: ana,
      key: row.key,
      grant: { ...grant, ...changes.grant },
      requestedAt: 0,
      accepted: true,
    };
    const holder = changes.holder && ({ kind: 'known', value: changes.holder, at: 0 } as const);
    const evidence = { of: () => ({ creator: undefined, keyLastUsed: undefined, holder, remains: undefined }) };
    await showOutcomes({ ...contextOf(window), evidence }, [
      { record, outcome: { kind: 'gone', afterMs: changes.afterMs ?? 1000 } },
    ]);
    return buttons;
  };
  return {
    gone,
    executed,
    said: () => said,
    pressing: (button: string) => {
      press = button;
    },
  };
}

const both = ['Show History', 'Recreate Grant…'];
const history = ['Show History'];

test('when a grant is gone, the history comes first, then what makes it again', async (t) => {
  const { gone, executed, pressing } = await setUp(t);
  assert.deepEqual(await gone(), both);
  pressing('Show History');
  await gone();
  pressing('Recreate Grant…');
  await gone();
  assert.deepEqual(executed, [[commands.showHistory], [commands.recreateGrant, { kind: 'historyEntry', id: 'entry' }]]);
});

test('when a grant is gone after a night, nothing is said of when KMS stopped listing it', async (t) => {
  const { gone, said } = await setUp(t);
  await gone();
  assert.match(said(), /after 1 s/);
  await gone({ afterMs: 9 * 60 * 60_000 });
  assert.match(said(), /^KMS no longer lists grant Reader on /);
  assert.doesNotMatch(said(), /540 min/);
});

test('it is not offered to recreate what KMS would probably refuse', async (t) => {
  const { gone } = await setUp(t);
  const account = ana;
  assert.deepEqual(await gone({ id: '' }), history, 'there is no entry');
  assert.deepEqual(await gone({ holder: { kind: 'noSuchName', what: 'role', name: 'Reader', account } }), history);
  const id = 'AROAEXAMPLEEXAMPLE12';
  assert.deepEqual(
    await gone({ holder: { kind: 'noSuchId', what: 'role', id, account, successor: undefined } }),
    history,
  );
  assert.deepEqual(await gone({ holder: { kind: 'otherAccount', account } }), both);
  const unresolved = { granteePrincipal: { kind: 'principal', value: id } } as const;
  assert.deepEqual(await gone({ grant: unresolved }), history, 'the grantee is a unique ID');
  const service = { granteePrincipal: { kind: 'servicePrincipal', value: 'dynamodb.amazonaws.com' } } as const;
  assert.deepEqual(await gone({ grant: service }), history, 'a service makes its own grants');
});

for (const state of ['Disabled', 'PendingDeletion'] as const) {
  test(`on a key in the state ${state}, recreating is not offered`, async (t) => {
    const { gone } = await setUp(t, state);
    assert.deepEqual(await gone(), history);
  });
}

test('Check Again opens the connection where a change of its files has closed it', async (t) => {
  const world = await createTestWorld(t, { sample: { keys: 1, grantsPerKey: 1 } });
  const window = world.openWindow();
  const [key] = world.keys;
  assert.ok(key !== undefined);
  const rows = await window.rows(await window.keyRow(key.arn));
  const row = rows.find((one) => one.kind === 'grant') ?? assert.fail();
  await window.revoke(row);
  const place = [anasRef, row.key, row.grant.grantId] as const;
  window.revocations.stopWaiting(...place);
  await world.pass(100);
  const [record] = window.revocations.ofConnection(anasRef);
  assert.ok(record !== undefined);
  assert.equal(window.revocations.state(...place)?.kind, 'unconfirmed');
  window.connections.reconnect(anasRef);
  const before = vscodeWindow.showWarningMessage;
  t.after(() => {
    vscodeWindow.showWarningMessage = before;
  });
  vscodeWindow.showWarningMessage = async () => 'Check Again';
  const outcome = { kind: 'timedOut', afterMs: 1000 } as const;
  await world.finish(showOutcomes(contextOf(window), [{ record, outcome }]));
  assert.equal(window.revocations.state(...place)?.kind, 'confirming');
});
