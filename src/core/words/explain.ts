import { isKmsError, type KmsErrorDetails } from '../kms/errors.ts';
import { answerFailures } from './explainAnswer.ts';
import { serviceFailures } from './explainService.ts';
import { setupFailures } from './explainSetup.ts';
import { signInFailures } from './explainSignIn.ts';
import { type ExplainTable, type Explanation, failureOf } from './explanation.ts';

const table: Required<ExplainTable> = { ...serviceFailures, ...signInFailures, ...setupFailures, ...answerFailures };

/** The one place from a kind of failure to its sentence, its advice and the actions that help. */
export function explain(details: KmsErrorDetails): Explanation {
  const { kind } = details;
  // The journal can have a kind of an older or newer version.
  const explainKind = Object.hasOwn(table, kind) ? table[kind] : table.unknown;
  const { sentence, actions = ['retry'], ...rest } = explainKind(failureOf(details));
  // The log always helps: last, unless it is the first thing to look at.
  return { ...rest, sentence: withOneStop(sentence), actions: [...new Set([...actions, 'showLog' as const])] };
}

/** A sentence can end in AWS's own text, which has a stop or not. */
function withOneStop(sentence: string): string {
  return /[.?!…]$/.test(sentence) ? sentence.replace(/([.…])\.$/, '$1') : `${sentence}.`;
}

/** Whether signing in may fix the error. */
export function needsSignIn(error: unknown): boolean {
  return isKmsError(error) && explain(error.details).actions.includes('signIn');
}

/** What happened, in one sentence. */
export function errorSentence(error: unknown): string {
  if (isKmsError(error)) {
    return explain(error.details).sentence;
  }
  return error instanceof Error ? error.message : String(error);
}
