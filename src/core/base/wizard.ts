/** The title and step counter of one prompt in a multi-step input. */
export interface StepPosition {
  readonly title: string;
  /** From 1. It and the total stay the same, whatever is answered. */
  readonly step: number;
  readonly totalSteps: number;
}

/** The result of one step. Going back keeps what was entered so far, if anything. */
export type StepResult<T> =
  | { readonly kind: 'next'; readonly value: T }
  | { readonly kind: 'back'; readonly value?: T };

export interface WizardStep<State> {
  /** Whether the step applies, given the state so far. */
  readonly shouldPrompt: (state: State) => boolean;
  /** It asks for more about the answer of the step before, and has its number. */
  readonly goesOn?: boolean;
  /** Resolves with `undefined` if the user closed the prompt, which ends the wizard. */
  readonly prompt: (state: State, position: StepPosition) => Promise<StepResult<State> | undefined>;
}

/**
 * Runs the steps in order, with Back. Each result is kept in the state, so going back shows it again.
 * @param start the step to begin with
 * @returns the final state, or `undefined` if the user closed a prompt
 */
export async function runWizard<State>(
  title: (state: State) => string,
  steps: readonly WizardStep<State>[],
  initial: State,
  start: 'first' | 'last' = 'first',
): Promise<State | undefined> {
  let state = initial;
  const applicable = () => steps.filter((step) => step.shouldPrompt(state));
  let current = start === 'first' ? applicable()[0] : applicable().at(-1);
  while (current !== undefined) {
    const shown = applicable();
    const index = shown.indexOf(current);
    const result = await current.prompt(state, { title: title(state), ...positionOf(steps, current) });
    if (result === undefined) {
      return undefined;
    }
    if (result.kind === 'back') {
      state = result.value ?? state;
      current = shown[index - 1] ?? current;
    } else {
      state = result.value;
      // The new state can change which steps apply.
      const position = steps.indexOf(current);
      current = steps.find((step, other) => other > position && step.shouldPrompt(state));
    }
  }
  return state;
}

function positionOf<State>(steps: readonly WizardStep<State>[], current: WizardStep<State>) {
  const countOf = (some: readonly WizardStep<State>[]) => some.filter(({ goesOn }) => goesOn !== true).length;
  return { step: countOf(steps.slice(0, steps.indexOf(current) + 1)), totalSteps: countOf(steps) };
}

/** The first picked item as the step's result. Picking nothing counts as closing the prompt. */
export function singleSelection<T>(result: StepResult<readonly T[]> | undefined): StepResult<T> | undefined {
  const value = result?.value?.[0];
  if (result !== undefined && value !== undefined) {
    return { kind: result.kind, value };
  }
  return result?.kind === 'back' ? { kind: 'back' } : undefined;
}

/** The result with its value mapped to a wizard state. */
export function mapResult<T, State>(
  result: StepResult<T> | undefined,
  toState: (value: T) => State,
): StepResult<State> | undefined {
  if (result?.kind === 'next') {
    return { kind: 'next', value: toState(result.value) };
  }
  if (result?.value === undefined) {
    return result && { kind: 'back' };
  }
  return { kind: 'back', value: toState(result.value) };
}
