import { preflight } from '../../../core/changes/preflight.ts';
import type { Actor } from '../../../core/kms/actor.ts';
import type { Connection } from '../../../core/kms/model.ts';
import type { GrantNode } from '../../../views/shared/nodes.ts';
import { type Needs, whileOpen } from '../../context.ts';
import { changeableSession, whoActs } from '../actingSession.ts';
import { isUnderWay } from '../endGrant/target.ts';
import type { FollowUp } from './followUp.ts';

const checksAtOnce = 4;

export type Outcome =
  | 'ready'
  | 'gone'
  /** A revoke of it was sent before. */
  | 'underWay'
  /** The server ignored the dry run. */
  | 'doneByDryRun'
  | { readonly error: unknown };

export interface Checked {
  readonly node: GrantNode;
  readonly outcome: Outcome;
  readonly actor: Actor | undefined;
}

/** A grant that KMS would revoke, and who acts there. */
export interface Ready {
  readonly node: GrantNode;
  readonly actor: Actor;
  /** What the history keeps of its evidence. */
  readonly evidence: readonly string[];
}

/** A grant to ask about. */
export interface Asked extends Ready {
  /** The principal of the last question, if it is asked again. */
  readonly earlier?: Actor;
}

export async function checkAll(
  context: Needs<'connections' | 'revocations'>,
  nodes: readonly GrantNode[],
  followUp: FollowUp,
  signal: AbortSignal,
): Promise<Checked[]> {
  const checked: Checked[] = [];
  const waiting = nodes.entries();
  // Asked once for each opening.
  const actors = new Map<string, Promise<Actor>>();
  const worker = async () => {
    for (const [index, node] of waiting) {
      signal.throwIfAborted();
      checked[index] = await checkOne(context, node, actors, followUp, signal);
    }
  };
  await Promise.all(Array.from({ length: checksAtOnce }, worker));
  return checked;
}

/** Reads the grant again, and asks by dry run where that is safe. */
async function checkOne(
  context: Needs<'connections' | 'revocations'>,
  node: GrantNode,
  actors: Map<string, Promise<Actor>>,
  followUp: FollowUp,
  signal: AbortSignal,
): Promise<Checked> {
  const { connection, key, grant } = node;
  if (isUnderWay(context, node)) {
    return { node, outcome: 'underWay', actor: undefined };
  }
  try {
    const session = changeableSession(context, connection);
    const { actor, result } = await whileOpen(session, signal, async (either) => ({
      actor: await once(actors, openingOf(connection), () => whoActs(session, either)),
      result: await preflight(session, key.arn, grant, either),
    }));
    if (result.kind === 'doneByDryRun') {
      followUp.add(node);
      await context.revocations.followCompleted('revoke', { session, actor }, key, result.grant);
    }
    return { node, outcome: result.kind, actor };
  } catch (error) {
    if (signal.aborted) {
      throw error;
    }
    return { node, outcome: { error }, actor: undefined };
  }
}

export function openingOf({ id, opening }: Connection): string {
  return `${id}#${opening}`;
}

export function once<T>(known: Map<string, Promise<T>>, key: string, ask: () => Promise<T>): Promise<T> {
  const asked = known.get(key) ?? ask();
  known.set(key, asked);
  return asked;
}
