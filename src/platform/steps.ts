import vscode = require('vscode');

import type { StepPosition, StepResult } from '../core/base/wizard.ts';
import { type List, onEnter, openList, type PickItem, setItems } from './pick.ts';
import { asPrompt } from './prompts.ts';

interface QuickPickOptions<T> {
  readonly placeholder: string;
  /** The items for the typed text; called when that changes, and when `load` redraws. */
  readonly items: (typed: string) => readonly PickItem<T>[];
  readonly selected?: (value: T) => boolean;
  readonly canSelectMany?: boolean;
  /** The text that the box begins with. */
  readonly typed?: string;
  /** What Back keeps of the typed text; unless given, what is ticked. */
  readonly left?: (typed: string) => readonly T[];
  /** Fetches what the items need; then the list is redrawn. A failure closes the question and rejects. */
  readonly load?: (redraw: () => void, signal: AbortSignal) => Promise<void>;
  /**
   * What happens with what was picked: `accept` ends the question, `stay` redraws the list with an empty box, and a
   * `problem` is shown.
   */
  readonly decide: (picked: readonly T[]) => 'accept' | 'stay' | { readonly problem: string };
}

/** A list as one step: with Back from the second step on. Its items depend on what is typed. */
export function pickStep<T>(
  frame: StepPosition,
  options: QuickPickOptions<T>,
): Promise<StepResult<readonly T[]> | undefined> {
  return openList<T, StepResult<readonly T[]>>((list, settle, closed) => {
    const { placeholder, items, selected, canSelectMany = false, typed = '', left, load, decide } = options;
    const values = () => list.selectedItems.map(({ value }) => value);
    const redraw = () => {
      if (closed.aborted) {
        return;
      }
      const isChosen = list.items.length === 0 ? selected : undefined;
      const chosen = new Set(values());
      setItems(list, items(list.value.trim()));
      if (canSelectMany) {
        list.selectedItems = list.items.filter(({ value }) => isChosen?.(value) ?? chosen.has(value));
      } else if (isChosen !== undefined) {
        list.activeItems = list.items.filter(({ value }) => isChosen(value)).slice(0, 1);
      }
    };
    applyFrame(list, frame);
    list.placeholder = placeholder;
    list.canSelectMany = canSelectMany;
    list.value = typed;
    list.onDidTriggerButton(() => {
      const ticked = canSelectMany && list.items.length > 0 ? values() : undefined;
      const entered = left?.(list.value.trim()) ?? ticked;
      settle({ kind: 'back', ...(entered && { value: entered }) });
    });
    if (!canSelectMany) {
      list.onDidChangeValue(() => {
        sayBelow(list, placeholder, undefined);
        redraw();
      });
    }
    const say = (problem: string | undefined) => sayBelow(list, placeholder, problem);
    list.onDidChangeSelection(() => say(undefined));
    const accept = () => {
      const picked = values();
      if (picked.length === 0 && !canSelectMany) {
        return;
      }
      const decision = decide(picked);
      if (decision === 'accept') {
        settle({ kind: 'next', value: picked });
      } else if (decision === 'stay') {
        list.value = '';
        redraw();
      } else {
        // The text of a single choice stays, and isn't set again: somebody may be typing on.
        if (canSelectMany) {
          list.value = '';
        }
        say(decision.problem);
      }
    };
    if (canSelectMany) {
      onEnter(list, accept);
    } else {
      list.onDidAccept(accept);
    }
    if (load === undefined) {
      redraw();
      return undefined;
    }
    return async () => {
      await load(redraw, closed);
      redraw();
    };
  });
}

/** Says what is wrong below the field; a VS Code before 1.108 shows nothing there, and it stands in the empty field. */
function sayBelow<T>(list: List<T>, placeholder: string, problem: string | undefined): void {
  if ('prompt' in list) {
    list.prompt = problem === undefined ? undefined : asPrompt(problem);
  } else {
    list.placeholder = problem ?? placeholder;
  }
}

export interface LineOptions {
  readonly prompt: string;
  readonly placeholder: string;
  readonly value: string;
  /** What is wrong with the trimmed text, if anything. */
  readonly problem: (text: string) => string | undefined;
}

/** One line of text as one step. An empty line is an answer if `problem` accepts it. */
export function lineStep(
  frame: StepPosition,
  { prompt, placeholder, value, problem }: LineOptions,
): Promise<StepResult<string> | undefined> {
  return new Promise((resolve) => {
    const input = vscode.window.createInputBox();
    const settle = (answer: StepResult<string> | undefined) => {
      resolve(answer);
      input.hide();
    };
    applyFrame(input, frame);
    input.prompt = prompt;
    input.placeholder = placeholder;
    input.value = value;
    // An empty box is no mistake yet.
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

function applyFrame(input: vscode.QuickPick<vscode.QuickPickItem> | vscode.InputBox, frame: StepPosition): void {
  input.title = frame.title;
  input.step = frame.step;
  input.totalSteps = frame.totalSteps;
  // Looking at another window must not lose the answers.
  input.ignoreFocusOut = true;
  if (frame.step > 1) {
    input.buttons = [vscode.QuickInputButtons.Back];
  }
}
