import assert from 'node:assert/strict';
import test from 'node:test';
import {
  mapResult,
  runWizard,
  type StepResult,
  singleSelection,
  type WizardStep,
} from '../../../../src/core/base/wizard.ts';

interface Answers {
  readonly letters: string;
  readonly isLong: boolean;
}

/** What the user does at each question, in order. */
type Act = 'back' | 'close' | string;

function run(acts: readonly Act[], start: 'first' | 'last' = 'first') {
  const left = [...acts];
  const shown: string[] = [];
  const step = (name: string, shouldPrompt = (_: Answers) => true): WizardStep<Answers> => ({
    shouldPrompt,
    prompt: async (answers, { step, totalSteps }): Promise<StepResult<Answers> | undefined> => {
      shown.push(`${name} ${step}/${totalSteps}`);
      const act = left.shift();
      if (act === undefined || act === 'close') {
        return undefined;
      }
      if (act === 'back') {
        return { kind: 'back' };
      }
      if (act.startsWith('back with ')) {
        return { kind: 'back', value: { ...answers, letters: answers.letters + act.slice('back with '.length) } };
      }
      return { kind: 'next', value: { letters: answers.letters + act, isLong: answers.isLong || act === 'long' } };
    },
  });
  const steps = [
    step('one'),
    step('two'),
    { ...step('extra', ({ isLong }) => isLong), goesOn: true },
    step('rare', ({ letters }) => letters.includes('rare')),
    step('last'),
  ];
  return { shown, done: runWizard(() => 'Title', steps, { letters: '', isLong: false }, start) };
}

test('every question is asked in order, with its number, and the answers are kept', async () => {
  const { shown, done } = run(['a', 'b', 'c']);
  assert.equal((await done)?.letters, 'abc');
  assert.deepEqual(shown, ['one 1/4', 'two 2/4', 'last 4/4']);
});

test('an answer can add a question, and no number changes', async () => {
  const { shown, done } = run(['a', 'long', 'c', 'd']);
  assert.equal((await done)?.letters, 'alongcd');
  assert.deepEqual(shown, ['one 1/4', 'two 2/4', 'extra 2/4', 'last 4/4']);
});

test('Back goes to the question before, past those that are not asked, and keeps what was answered', async () => {
  const { shown, done } = run(['a', 'b', 'back', 'back', 'c', 'd', 'e']);
  assert.equal((await done)?.letters, 'abcde');
  assert.deepEqual(shown, ['one 1/4', 'two 2/4', 'last 4/4', 'two 2/4', 'one 1/4', 'two 2/4', 'last 4/4']);
});

test('Back keeps what was entered at the question that it leaves', async () => {
  const { shown, done } = run(['a', 'back with x', 'b', 'c', 'd']);
  assert.equal((await done)?.letters, 'axbcd');
  assert.deepEqual(shown, ['one 1/4', 'two 2/4', 'one 1/4', 'two 2/4', 'last 4/4']);
});

test('closing one question ends them all without an answer', async () => {
  const { shown, done } = run(['a', 'close', 'never']);
  assert.equal(await done, undefined);
  assert.deepEqual(shown, ['one 1/4', 'two 2/4']);
});

test('the questions can be taken up at the last one, with the way back open', async () => {
  const { shown, done } = run(['back', 'x', 'y'], 'last');
  assert.equal((await done)?.letters, 'xy');
  assert.deepEqual(shown, ['last 4/4', 'two 2/4', 'last 4/4']);
});

test('an answer is kept as something else, and Back and closing pass through', () => {
  assert.deepEqual(
    mapResult({ kind: 'next', value: 2 }, (value) => value * 2),
    { kind: 'next', value: 4 },
  );
  assert.deepEqual(
    mapResult<number, number>({ kind: 'back' }, (value) => value),
    { kind: 'back' },
  );
  assert.equal(
    mapResult<number, number>(undefined, (value) => value),
    undefined,
  );
  assert.deepEqual(
    mapResult({ kind: 'back', value: 2 }, (value) => value * 2),
    { kind: 'back', value: 4 },
  );
  assert.deepEqual(
    mapResult<undefined, string>({ kind: 'next', value: undefined }, () => 'none'),
    { kind: 'next', value: 'none' },
  );
  assert.deepEqual(singleSelection({ kind: 'back', value: ['a'] }), { kind: 'back', value: 'a' });
  assert.deepEqual(singleSelection({ kind: 'back', value: [] }), { kind: 'back' });
  assert.deepEqual(singleSelection({ kind: 'next', value: ['a'] }), { kind: 'next', value: 'a' });
  assert.deepEqual(singleSelection({ kind: 'back' }), { kind: 'back' });
  assert.equal(singleSelection({ kind: 'next', value: [] }), undefined);
});
