import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { escapeIcons, escapeLinks, printable } from '../core/base/text.ts';

/** A notification. It resolves to the button that was pressed. Links in the message are shown as text. */
export function showInformation<T extends string>(message: string, ...buttons: readonly T[]) {
  return vscode.window.showInformationMessage(asNotification(message), ...buttons);
}

export function showWarning<T extends string>(message: string, ...buttons: readonly T[]) {
  return vscode.window.showWarningMessage(asNotification(message), ...buttons);
}

export function showError<T extends string>(message: string, ...buttons: readonly T[]) {
  return vscode.window.showErrorMessage(asNotification(message), ...buttons);
}

/** VS Code cuts longer messages anywhere. */
function asNotification(message: string): string {
  return escapeLinks(printable(message, 900));
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
 * Asks the user to type one of `accepted`, exactly. Escape means no; so does losing focus, unless `ignoreFocusOut` is set,
 * for a question whose text is in an editor. Enter takes no other text, and what can still become right is not marked.
 * @returns whether it was typed and entered
 */
export function confirmByTyping(
  title: string,
  prompt: string,
  accepted: readonly string[],
  { ignoreFocusOut = false }: { readonly ignoreFocusOut?: boolean } = {},
): Promise<boolean> {
  return new Promise((resolve) => {
    const text = asPrompt(prompt);
    const box = vscode.window.createInputBox();
    box.title = title;
    box.prompt = text;
    box.placeholder = accepted[0] ?? '';
    box.ignoreFocusOut = ignoreFocusOut;
    box.onDidChangeValue((value) => {
      const canBecomeRight = accepted.some((one) => one.startsWith(value));
      // The prompt stays in sight, as the message.
      box.validationMessage = canBecomeRight ? undefined : text;
    });
    box.onDidAccept(() => {
      if (accepted.includes(box.value)) {
        resolve(true);
        box.hide();
      } else {
        box.validationMessage = text;
      }
    });
    box.onDidHide(() => {
      resolve(false);
      box.dispose();
    });
    box.show();
  });
}

/** VS Code renders icons and links in the prompts of input boxes. */
export function asPrompt(text: string): string {
  return escapeLinks(escapeIcons(text));
}

/**
 * One line of text; `undefined` when the question was closed. `problem`: what is wrong with the text, if anything.
 * `value`: what it begins with, selected.
 */
export async function askText(
  title: string,
  prompt: string,
  placeHolder: string,
  problem: (text: string) => string | undefined,
  value = '',
): Promise<string | undefined> {
  const text = await vscode.window.showInputBox({
    title,
    value,
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
        title: l10n.t('Sign In: {0}', printable(profile)),
        prompt: asPrompt(l10n.t('Code from the MFA device {0}', printable(serial))),
        ignoreFocusOut: true,
        validateInput: (value) =>
          value === '' || /^\d{6}$/.test(value.trim()) ? undefined : l10n.t('Enter six digits.'),
      },
      cancel.token,
    );
    return code?.trim() || undefined;
  } finally {
    signal.removeEventListener('abort', onAbort);
    cancel.dispose();
  }
}
