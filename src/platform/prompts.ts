import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { printable, withoutIcons, withoutLinks } from '../core/base/text.ts';

/** A notification. As the others, it resolves to the button that was pressed, and shows links in its message as text. */
export function showInformation<T extends string>(message: string, ...buttons: readonly T[]) {
  return vscode.window.showInformationMessage(asNotification(message), ...buttons);
}

export function showWarning<T extends string>(message: string, ...buttons: readonly T[]) {
  return vscode.window.showWarningMessage(asNotification(message), ...buttons);
}

export function showError<T extends string>(message: string, ...buttons: readonly T[]) {
  return vscode.window.showErrorMessage(asNotification(message), ...buttons);
}

/** VS Code has no room for more, and would cut it anywhere. */
function asNotification(message: string): string {
  return withoutLinks(printable(message, 900));
}

export interface Confirmation {
  readonly question: string;
  readonly detail: string;
  /** The verb on the button. */
  readonly button: string;
}

/** A modal warning. Escape and closing it mean no. */
export async function confirm({ question, detail, button }: Confirmation): Promise<boolean> {
  return (await vscode.window.showWarningMessage(question, { modal: true, detail }, button)) === button;
}

/**
 * Asks for one of `accepted` to be typed, letter by letter. Escape means no, and so does losing focus unless told
 * otherwise, as where something in an editor is to be read meanwhile.
 * @returns whether it was typed and entered
 */
export async function confirmByTyping(
  title: string,
  prompt: string,
  accepted: readonly string[],
  { ignoreFocusOut = false }: { readonly ignoreFocusOut?: boolean } = {},
): Promise<boolean> {
  const text = asPrompt(prompt);
  const typed = await vscode.window.showInputBox({
    title,
    ignoreFocusOut,
    prompt: text,
    placeHolder: accepted[0] ?? '',
    // The prompt stays readable while something else is in the box, which Enter then does not take.
    validateInput: (value) => (value === '' || accepted.includes(value) ? undefined : text),
  });
  return typed !== undefined && accepted.includes(typed);
}

/** VS Code takes icons and links in the prompts of input boxes for such. */
function asPrompt(text: string): string {
  return withoutLinks(withoutIcons(text));
}

/** One line of text; `undefined` when the question was closed. `problem` says what is wrong with it, if anything. */
export async function askText(
  title: string,
  prompt: string,
  placeHolder: string,
  problem: (text: string) => string | undefined,
): Promise<string | undefined> {
  const text = await vscode.window.showInputBox({
    title,
    prompt,
    placeHolder,
    ignoreFocusOut: true,
    validateInput: (value) => (value.trim() === '' ? undefined : problem(value.trim())),
  });
  return text?.trim() || undefined;
}

/** The code that an MFA device shows; `undefined` when the question was closed, or `signal` aborted. */
export async function askMfaCode(serial: string, profile: string, signal: AbortSignal): Promise<string | undefined> {
  const cancel = new vscode.CancellationTokenSource();
  const onAbort = () => cancel.cancel();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const code = await vscode.window.showInputBox(
      {
        title: l10n.t('Sign in: {0}', printable(profile)),
        prompt: asPrompt(l10n.t('Code of the MFA device {0}', printable(serial))),
        ignoreFocusOut: true,
        validateInput: (value) => (value === '' || /^\d{6}$/.test(value.trim()) ? undefined : l10n.t('Six digits')),
      },
      cancel.token,
    );
    return code?.trim() || undefined;
  } finally {
    signal.removeEventListener('abort', onAbort);
    cancel.dispose();
  }
}
