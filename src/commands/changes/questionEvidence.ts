import { inTime } from '../../core/base/inTime.ts';
import type { KeyUses } from '../../core/evidence/beforeRevoke.ts';
import type { EvidencePlace } from '../../core/evidence/evidence.ts';
import type { EvidenceBundle } from '../../core/evidence/lazyEvidence.ts';
import type { Grant } from '../../core/kms/model.ts';
import { showsEvidence } from '../../platform/settings.ts';
import type { GrantNode } from '../../views/shared/nodes.ts';
import type { Needs } from '../context.ts';

const noUses: KeyUses = { summary: () => [], line: () => [] };

/** What the question about a grant shows of its evidence, in lines. Never rejects, and takes three seconds at most. */
export async function evidenceOf(
  context: Needs<'clock' | 'evidence' | 'terraform'>,
  place: EvidencePlace,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const [mayReturn, known] = await Promise.all([
    mayReturnOf(context, signal),
    ifShown(context, ({ evidence, beforeRevoke }) => beforeRevoke(evidence, context.clock, place, signal), []),
  ]);
  return [...mayReturn([place.grant]), ...known];
}

/** In lines: which of these grants Terraform may create again. */
export type MayReturn = (grants: readonly Grant[]) => readonly string[];

/** As {@link evidenceOf}, of the Terraform files of the workspace. It asks nothing of AWS, so no setting turns it off. */
export async function mayReturnOf(
  { clock, terraform }: Needs<'clock' | 'terraform'>,
  signal: AbortSignal,
): Promise<MayReturn> {
  if (!terraform.hasFolder()) {
    return () => [];
  }
  try {
    const loaded = await terraform.load();
    await inTime(loaded.read(), clock, signal);
    return (grants) => loaded.beforeEnd(grants);
  } catch {
    // A question can do without.
    return () => [];
  }
}

/** As {@link evidenceOf}, for several grants: when their keys were last used. */
export function keyUsesOf(
  context: Needs<'clock' | 'connections' | 'evidence'>,
  nodes: readonly GrantNode[],
  signal: AbortSignal,
): Promise<KeyUses> {
  const places = nodes.flatMap(({ connection, key, grant }) => {
    const session = context.connections.find(connection);
    return session === undefined ? [] : [{ session, key, grant }];
  });
  return ifShown(
    context,
    ({ evidence, beforeSeveral }) => beforeSeveral(evidence, context.clock, places, signal),
    noUses,
  );
}

async function ifShown<T>(
  { evidence }: Needs<'evidence'>,
  ask: (bundle: EvidenceBundle) => Promise<T>,
  otherwise: T,
): Promise<T> {
  if (!showsEvidence()) {
    return otherwise;
  }
  try {
    return await ask(await evidence.load());
  } catch {
    // A question can do without.
    return otherwise;
  }
}
