import vscode = require('vscode');

import { walkthrough } from '../../manifest.ts';

export async function openWalkthrough(): Promise<void> {
  await vscode.commands.executeCommand('workbench.action.openWalkthrough', walkthrough, false);
}
