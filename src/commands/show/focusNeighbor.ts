import vscode = require('vscode');

import { contextKeys } from '../../manifest.ts';
import type { Needs } from '../context.ts';

/**
 * The first arrow key after a row went. Where that was the row with the focus, VS Code has left none with it, and would go
 * on from the first row of all.
 * @param focused the row that has the focus
 */
export async function focusNeighbor(
  { focusNeighbor: focusIt }: Needs<'focusNeighbor'>,
  focused: unknown,
  direction: 'next' | 'previous',
): Promise<void> {
  await vscode.commands.executeCommand('setContext', contextKeys.rowGone, false);
  if ((focused === undefined || focused === null) && (await focusIt())) {
    return;
  }
  await vscode.commands.executeCommand(direction === 'next' ? 'list.focusDown' : 'list.focusUp');
}
