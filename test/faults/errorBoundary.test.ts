import assert from 'node:assert/strict';
import { test } from 'node:test';
import { showFailure } from '../../src/commands/errorBoundary.ts';
import { abortError, notSentError, signInCancelledError } from '../../src/core/base/abort.ts';
import { watchDialogs } from './context.ts';

const log = { error: () => {} };

test('who closes the question for an MFA code hears that nothing was sent; who cancels the command, nothing', async (t) => {
  const { said } = watchDialogs(t, { isYes: false });
  for (const cancelled of [abortError(), notSentError()]) {
    await showFailure(cancelled, log);
  }
  assert.deepEqual(said, []);
  await showFailure(signInCancelledError(), log);
  assert.deepEqual(said, ['Nothing was sent, because the sign-in was canceled.']);
});
