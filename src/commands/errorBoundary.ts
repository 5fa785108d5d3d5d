import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { isAbort, isSignInCancelled } from '../core/base/abort.ts';
import { printable } from '../core/base/text.ts';
import { isKmsError } from '../core/kms/errors.ts';
import { explain } from '../core/words/explain.ts';
import { type HelpfulAction, isUserError } from '../core/words/userError.ts';
import { describeError } from '../platform/log.ts';
import { showError, showInformation } from '../platform/prompts.ts';
import { actionCommands, actionTitle } from '../views/shared/actions.ts';

/**
 * Shows why a command failed, with the actions that help. Cancelling is not a failure.
 * @param again retries the command; without it, no Retry is offered
 */
export async function showFailure(
  error: unknown,
  log: Pick<vscode.LogOutputChannel, 'error'>,
  again?: () => Promise<unknown>,
): Promise<void> {
  if (isSignInCancelled(error)) {
    void showInformation(l10n.t('Nothing was sent, because the sign-in was canceled.'));
    return;
  }
  if (isAbort(error)) {
    return;
  }
  log.error(describeError(error));
  const { sentence, actions } = describe(error);
  const offered = actions.filter((action) => action !== 'retry' || again !== undefined);
  const pressed = await showError(sentence, ...offered.map(actionTitle));
  const picked = offered.find((action) => actionTitle(action) === pressed);
  if (picked === undefined) {
    return;
  }
  if (picked === 'retry') {
    await again?.();
  } else {
    await vscode.commands.executeCommand(actionCommands[picked]);
  }
}

function describe(error: unknown): { sentence: string; actions: readonly HelpfulAction[] } {
  if (isUserError(error)) {
    return { sentence: error.message, actions: error.actions };
  }
  if (isKmsError(error)) {
    const { sentence, advice, actions } = explain(error.details);
    return { sentence: printable(`${sentence} ${advice}`, 600), actions };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { sentence: l10n.t('Something went wrong: {0}', printable(message)), actions: ['retry', 'showLog'] };
}
