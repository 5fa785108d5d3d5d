import type { KmsError } from '../../core/kms/errors.ts';
import { explain } from '../../core/words/explain.ts';
import type { MessageNode } from '../shared/nodes.ts';

/** A row that says something in place of, or next to, what a list holds. */
export function message(
  parent: MessageNode['parent'],
  slot: string,
  tone: MessageNode['tone'],
  title: string,
  sentence: string,
): MessageNode {
  return { kind: 'message', parent, slot, tone, title, sentence, actions: [] };
}

export function failure(parent: MessageNode['parent'], slot: string, error: KmsError): MessageNode {
  const { title, sentence, advice, actions } = explain(error.details);
  const tone = error.details.kind === 'signInNeeded' ? 'info' : 'error';
  return { ...message(parent, slot, tone, title, `${sentence} ${advice}`), actions, error };
}
