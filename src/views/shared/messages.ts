import type { Connections } from '../../core/connections/connections.ts';
import type { Session } from '../../core/connections/session.ts';
import { isSignInProblem, type KmsError } from '../../core/kms/errors.ts';
import { explain } from '../../core/words/explain.ts';
import type { MessageNode } from './nodes.ts';

/** A message in place of the rows of a list, or next to them. */
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

/** A failure in an open connection. If the sign-in is no longer valid, the row of the connection shows that, too. */
export function failureIn(
  connections: Connections,
  { connection }: Session,
  parent: MessageNode['parent'],
  slot: string,
  error: KmsError,
): MessageNode {
  if (isSignInProblem(error)) {
    connections.reportSignInProblem(connection, error);
  }
  return { ...failure(parent, slot, error), ref: connection.ref };
}
