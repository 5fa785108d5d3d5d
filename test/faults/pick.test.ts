import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { pickSeveral } from '../../src/platform/pick.ts';
import { dialogs, type QuickPick } from './vscode.ts';

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
