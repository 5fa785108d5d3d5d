import vscode = require('vscode');

import { contextKeys } from '../../manifest.ts';
import type { Needs } from '../context.ts';

/**
 * The first arrow key after a row went. Where that was the row with the focus, VS Code would go on from the first row of
 * all.
 * @param focused the row that has the focus by VS Code: none, or the removed one, where that was it
 */
export async function focusNeighbor(
  { focusNeighbor: focusIt }: Needs<'focusNeighbor'>,
  focused: unknown,
  direction: 'next' | 'previous',
): Promise<void> {
  await vscode.commands.executeCommand('setContext', contextKeys.rowGone, false);
  if (await focusIt(focused)) {
    return;
  }
  await vscode.commands.executeCommand(direction === 'next' ? 'list.focusDown' : 'list.focusUp');
}
