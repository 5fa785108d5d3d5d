import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { run } from '../../src/commands/table.ts';
import { commands } from '../../src/manifest.ts';
import { pickSeveral } from '../../src/platform/pick.ts';
import { contextOf } from './context.ts';
import { dialogs, QuickPick, window as vscodeWindow } from './vscode.ts';
import { ana, createTestWorld } from './world.ts';

const items = ['Decrypt', 'ReEncryptTo', 'Encrypt'].map((label) => ({
  label,
  value: label,
  picked: label === 'Decrypt',
}));

/** What is picked by what is done at the keyboard. */
async function picked(
  t: TestContext,
  drive: (quickPick: QuickPick) => void,
  enter?: 'tick' | 'accept',
): Promise<readonly string[] | undefined> {
  const { answer } = dialogs;
  t.after(() => Object.assign(dialogs, { answer }));
  dialogs.answer = drive;
  return pickSeveral('Operations', 'Choose', items, enter);
}

test('typing and Enter ticks the first match, and the next Enter goes on', async (t) => {
  const values = await picked(t, (quickPick) => {
    quickPick.value = 'encrypt';
    quickPick.enter();
    assert.deepEqual([quickPick.isShown, quickPick.value], [true, '']);
    quickPick.value = 'to';
    quickPick.enter();
    assert.equal(quickPick.isShown, true);
    quickPick.enter();
  });
  assert.deepEqual(values, ['Decrypt', 'Encrypt', 'ReEncryptTo']);
});

test('what is typed and matches nothing is kept in the box', async (t) => {
  const values = await picked(t, (quickPick) => {
    quickPick.value = 'retire';
    quickPick.enter();
    assert.deepEqual([quickPick.isShown, quickPick.value], [true, 'retire']);
    quickPick.hide();
  });
  assert.equal(values, undefined);
});

test('after a tick by hand Enter goes on, also with a text in the box', async (t) => {
  const values = await picked(t, (quickPick) => {
    quickPick.value = 're';
    quickPick.selectedItems = quickPick.items.filter(({ label }) => label === 'ReEncryptTo');
    quickPick.enter();
  });
  assert.deepEqual(values, ['ReEncryptTo']);
});

test('where Enter is not to tick, it goes on with what is ticked', async (t) => {
  const values = await picked(
    t,
    (quickPick) => {
      quickPick.value = 'ReEncryptTo';
      quickPick.enter();
    },
    'accept',
  );
  assert.deepEqual(values, ['Decrypt']);
});

test('a long list of grants to retire is not handed over again with each page', async (t) => {
  const world = await createTestWorld(t, { sample: { keys: 1, grantsPerKey: 0 } });
  const { account } = world.emulator();
  const [key] = world.keys;
  const grants = 2000;
  for (let number = 0; number < grants; number += 1) {
    account.addGrant({
      id: String(number).padStart(64, 'a'),
      keyId: key?.id ?? '',
      createdAt: world.serverNow(),
      granteePrincipal: account.iamArn('role/app/Reader'),
      retiringPrincipal: `arn:aws:iam::${ana}:user/ana`,
      issuingAccount: account.rootArn,
      operations: ['Decrypt'],
    });
  }
  const lengths: number[] = [];
  /** Closed once it is filled. */
  class Watched extends QuickPick {
    override get items() {
      return super.items;
    }
    override set items(items) {
      lengths.push(items.length);
      super.items = items;
    }
    set busy(isBusy: boolean) {
      if (!isBusy) {
        this.hide();
      }
    }
  }
  const { createQuickPick } = vscodeWindow;
  vscodeWindow.createQuickPick = () => new Watched();
  t.after(() => Object.assign(vscodeWindow, { createQuickPick }));
  const window = world.openWindow();
  await world.finish(run(contextOf(window), commands.showRetirableGrants, await window.connectionRow(), undefined));
  assert.equal(lengths.at(-1), grants + 1);
  const handedOver = lengths.reduce((sum, length) => sum + length, 0);
  assert.ok(handedOver < 4 * grants, lengths.join());
});
