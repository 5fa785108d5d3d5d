import vscode = require('vscode');

import type { Answer, StepFrame } from '../core/base/steps.ts';
import { withoutIcons } from '../core/base/text.ts';
import { onEnter, type PickItem } from './prompts.ts';

interface QuickPickOptions<T> {
  readonly placeholder: string;
  /** The items for what is typed; called when that changes, and after {@link QuickPickControls.redraw}. */
  readonly items: (typed: string) => readonly PickItem<T>[];
  readonly selected?: (value: T) => boolean;
  readonly canSelectMany?: boolean;
  /** What begins in the box. */
  readonly typed?: string;
  /** What the way back keeps of what was entered here; without it, what is ticked. */
  readonly left?: (typed: string) => readonly T[];
  /** Fetches what the items need; the list is drawn again when it is done. A failure closes the question and rejects. */
  readonly load?: (redraw: () => void, signal: AbortSignal) => Promise<void>;
  /**
   * Decides what happens with what was picked: `accept` ends the question; a text is why it can't be, and is shown;
   * `stay` draws the list again, with an empty box.
   */
  readonly decide: (picked: readonly T[]) => 'accept' | 'stay' | { readonly problem: string };
}

/** A quick pick as one step: with Back from the second on, and its items made anew for what is typed. */
export function askPick<T>(frame: StepFrame, options: QuickPickOptions<T>): Promise<Answer<readonly T[]> | undefined> {
  return new Promise((resolve, reject) => {
    const controller = new AbortController();
    const quickPick = vscode.window.createQuickPick<PickItem<T>>();
    const settle = (answer: Answer<readonly T[]> | undefined) => {
      resolve(answer);
      quickPick.hide();
    };
    const redraw = () => {
      if (controller.signal.aborted) {
        return;
      }
      quickPick.keepScrollPosition = true;
      const items = options.items(quickPick.value.trim()).map(withoutIconsInText);
      const isChosen = quickPick.items.length === 0 ? options.selected : undefined;
      const chosen = new Set(quickPick.selectedItems.map(({ value }) => value));
      quickPick.items = items;
      if (options.canSelectMany === true) {
        quickPick.selectedItems = items.filter(({ value }) => isChosen?.(value) ?? chosen.has(value));
      } else if (isChosen !== undefined) {
        quickPick.activeItems = items.filter(({ value }) => isChosen(value)).slice(0, 1);
      }
    };
    dress(quickPick, frame);
    quickPick.placeholder = options.placeholder;
    quickPick.canSelectMany = options.canSelectMany ?? false;
    quickPick.matchOnDescription = true;
    quickPick.matchOnDetail = true;
    quickPick.value = options.typed ?? '';
    quickPick.onDidTriggerButton(() => {
      const isTicked = options.canSelectMany === true && quickPick.items.length > 0;
      const ticked = isTicked ? quickPick.selectedItems.map(({ value }) => value) : undefined;
      const entered = options.left?.(quickPick.value.trim()) ?? ticked;
      settle({ kind: 'back', ...(entered && { value: entered }) });
    });
    if (options.canSelectMany !== true) {
      quickPick.onDidChangeValue(redraw);
    }
    quickPick.onDidChangeSelection(() => {
      quickPick.placeholder = options.placeholder;
    });
    const accept = () => {
      const picked = quickPick.selectedItems.map(({ value }) => value);
      if (picked.length === 0 && options.canSelectMany !== true) {
        return;
      }
      const decision = options.decide(picked);
      if (decision === 'accept') {
        settle({ kind: 'next', value: picked });
      } else if (decision === 'stay') {
        quickPick.value = '';
        redraw();
      } else {
        quickPick.value = options.canSelectMany === true ? '' : quickPick.value;
        quickPick.placeholder = decision.problem;
      }
    };
    if (options.canSelectMany === true) {
      onEnter(quickPick, accept);
    } else {
      quickPick.onDidAccept(accept);
    }
    quickPick.onDidHide(() => {
      controller.abort();
      quickPick.dispose();
      resolve(undefined);
    });
    quickPick.busy = options.load !== undefined;
    if (options.load === undefined) {
      redraw();
    }
    quickPick.show();
    options
      .load?.(redraw, controller.signal)
      .then(() => {
        quickPick.busy = false;
        redraw();
      })
      .catch((error: unknown) => {
        if (controller.signal.aborted) {
          return;
        }
        reject(error instanceof Error ? error : new Error(String(error)));
        quickPick.hide();
      });
  });
}

export interface LineOptions {
  readonly prompt: string;
  readonly placeholder: string;
  readonly value: string;
  /** Why the trimmed text can't be taken; `undefined` when it can. */
  readonly problem: (text: string) => string | undefined;
}

/** One line of text as one step; an empty line is an answer if `problem` takes it. */
export function askLineStep(
  frame: StepFrame,
  { prompt, placeholder, value, problem }: LineOptions,
): Promise<Answer<string> | undefined> {
  return new Promise((resolve) => {
    const input = vscode.window.createInputBox();
    const settle = (answer: Answer<string> | undefined) => {
      resolve(answer);
      input.hide();
    };
    dress(input, frame);
    input.prompt = prompt;
    input.placeholder = placeholder;
    input.value = value;
    // An empty box is not yet wrong.
    input.onDidChangeValue((text) => {
      input.validationMessage = text.trim() === '' ? undefined : problem(text.trim());
    });
    input.onDidAccept(() => {
      const text = input.value.trim();
      input.validationMessage = problem(text);
      if (input.validationMessage === undefined) {
        settle({ kind: 'next', value: text });
      }
    });
    input.onDidTriggerButton(() => settle({ kind: 'back', value: input.value.trim() }));
    input.onDidHide(() => {
      input.dispose();
      resolve(undefined);
    });
    input.show();
  });
}

function dress(input: vscode.QuickPick<vscode.QuickPickItem> | vscode.InputBox, frame: StepFrame): void {
  input.title = frame.title;
  input.step = frame.step;
  input.totalSteps = frame.totalSteps;
  // What was answered so far is not lost by a look at another window.
  input.ignoreFocusOut = true;
  if (frame.step > 1) {
    input.buttons = [vscode.QuickInputButtons.Back];
  }
}

/** Names from AWS and from the keyboard are data; icons stand in `iconPath`. */
function withoutIconsInText<T>(item: PickItem<T>): PickItem<T> {
  return {
    ...item,
    label: withoutIcons(item.label),
    ...(item.description === undefined ? {} : { description: withoutIcons(item.description) }),
    ...(item.detail === undefined ? {} : { detail: withoutIcons(item.detail) }),
  };
}
