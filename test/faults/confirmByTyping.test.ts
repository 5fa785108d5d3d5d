import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { confirmByTyping } from '../../src/platform/prompts.ts';
import { InputBox, window } from './vscode.ts';

/** The box of a question, which nobody answers by itself. */
function ask(t: TestContext) {
  const box = new InputBox();
  box.show = () => {};
  const { createInputBox } = window;
  window.createInputBox = () => box;
  t.after(() => Object.assign(window, { createInputBox }));
  return { box, answer: confirmByTyping('Revoke', 'Type orders-db to revoke.', ['orders-db', 'alias/orders-db']) };
}

test('what can still become right is not marked as wrong, and what can not is', async (t) => {
  const { box } = ask(t);
  const marks = ['o', 'orders', 'orders-db', 'alias/o', 'orders-dbx', 'x', ''].map((text) => {
    box.type(text);
    return box.validationMessage !== undefined;
  });
  assert.deepEqual(marks, [false, false, false, false, true, true, false]);
});

test('Enter takes nothing but one of the texts, as it is', async (t) => {
  const { box, answer } = ask(t);
  for (const text of ['', 'orders', 'Orders-db', ' orders-db']) {
    box.type(text);
    box.enter();
    assert.match(box.validationMessage ?? '', /Type orders-db/, text);
  }
  box.type('alias/orders-db');
  box.enter();
  assert.equal(await answer, true);
});

test('Escape and losing the focus mean no, also with the right text in the box', async (t) => {
  const { box, answer } = ask(t);
  box.type('orders-db');
  box.hide();
  assert.equal(await answer, false);
});
