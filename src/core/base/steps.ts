/** Where a question stands in a row of questions. */
export interface StepFrame {
  readonly title: string;
  /** From 1. */
  readonly step: number;
  readonly totalSteps: number;
}

/** What came of one question; on the way back, what was entered so far, if anything. */
export type Answer<T> = { readonly kind: 'next'; readonly value: T } | { readonly kind: 'back'; readonly value?: T };

/** A question; `undefined` when it was closed, which ends the whole row. */
type Question<State> = (state: State, frame: StepFrame) => Promise<Answer<State> | undefined>;

export interface Step<State> {
  /** Whether it is asked at all, given the answers so far. */
  readonly isAsked: (state: State) => boolean;
  readonly ask: Question<State>;
}

/**
 * Asks one after the other, with a way back; each answer is kept in the state, so that going back shows it again. From
 * the last question on `start`, when that is given, else from the first.
 * @returns the state with all answers; `undefined` when a question was closed
 */
export async function askInSteps<State>(
  title: (state: State) => string,
  steps: readonly Step<State>[],
  initial: State,
  start: 'first' | 'last' = 'first',
): Promise<State | undefined> {
  let state = initial;
  const asked = () => steps.filter((step) => step.isAsked(state));
  let current = start === 'first' ? asked()[0] : asked().at(-1);
  while (current !== undefined) {
    const shown = asked();
    const index = shown.indexOf(current);
    const answer = await current.ask(state, { title: title(state), step: index + 1, totalSteps: shown.length });
    if (answer === undefined) {
      return undefined;
    }
    if (answer.kind === 'back') {
      state = answer.value ?? state;
      current = shown[index - 1] ?? current;
    } else {
      state = answer.value;
      // What is asked next can depend on what was just answered.
      const position = steps.indexOf(current);
      current = steps.find((step, other) => other > position && step.isAsked(state));
    }
  }
  return state;
}

/** The one that was picked, as an answer of its own. */
export function only<T>(answer: Answer<readonly T[]> | undefined): Answer<T> | undefined {
  const value = answer?.value?.[0];
  if (answer !== undefined && value !== undefined) {
    return { kind: answer.kind, value };
  }
  return answer?.kind === 'back' ? { kind: 'back' } : undefined;
}

/** The same answer, of which something else is kept. */
export function keep<T, State>(answer: Answer<T> | undefined, into: (value: T) => State): Answer<State> | undefined {
  if (answer?.kind === 'next') {
    return { kind: 'next', value: into(answer.value) };
  }
  if (answer?.value === undefined) {
    return answer && { kind: 'back' };
  }
  return { kind: 'back', value: into(answer.value) };
}
