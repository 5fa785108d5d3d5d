import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { type ErrorText, readErrorText } from '../../core/errorText/errorText.ts';
import { editorSelection } from '../../platform/editorSelection.ts';
import { askText } from '../../platform/prompts.ts';

/** The error in what is selected in the editor, else in the clipboard, else in what is typed. */
export async function findErrorText(): Promise<ErrorText | undefined> {
  return readErrorText(editorSelection()) ?? readErrorText(await vscode.env.clipboard.readText()) ?? askForText();
}

/** The error in what is selected in the terminal. VS Code gives it by the clipboard alone, which is left as it was. */
export async function findInTerminal(): Promise<ErrorText | undefined> {
  const { clipboard } = vscode.env;
  const before = await clipboard.readText();
  await vscode.commands.executeCommand('workbench.action.terminal.copySelection');
  const selected = await clipboard.readText();
  if (selected !== before) {
    await clipboard.writeText(before);
  }
  return readErrorText(selected) ?? askForText();
}

async function askForText(): Promise<ErrorText | undefined> {
  const text = await askText(
    l10n.t('Explain KMS Error'),
    l10n.t('Paste an AWS KMS error message or a CloudTrail event'),
    'AccessDeniedException: User: … is not authorized to perform: kms:Decrypt on resource: …',
    (typed) => (readErrorText(typed) === undefined ? l10n.t('No KMS error found in this text.') : undefined),
  );
  return text === undefined ? undefined : readErrorText(text);
}
