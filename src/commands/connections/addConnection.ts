import * as l10n from '@vscode/l10n';
import { preferredRegion } from '../../core/connections/chooseConnections.ts';
import { type ConnectionRef, connectionId } from '../../core/kms/model.ts';
import { connectionName } from '../../core/words/describe.ts';
import type { ConnectionNode } from '../../views/shared/nodes.ts';
import type { Needs } from '../context.ts';
import { pickSignIn } from './pickProfile.ts';
import { pickRegions } from './pickRegions.ts';
import { type PickContext, show, shownConnections } from './shownConnections.ts';

/** Asks for a profile, or the environment's own credentials, and for Regions. They are shown besides the others. */
export async function addConnection(context: PickContext & Needs<'view'>): Promise<void> {
  const picked = await pickSignIn(context, l10n.t('Add Connection: Profile'));
  if (picked === undefined) {
    return;
  }
  const proposed = preferredRegion(context.preferences(), picked === 'environment' ? undefined : picked);
  const region = '';
  const ref =
    picked === 'environment' ? { kind: picked, region } : { kind: 'profile' as const, profile: picked.name, region };
  await add(context, ref, proposed);
}

/** Adds Regions of the connection's profile. */
export async function addRegion(context: PickContext & Needs<'view'>, { ref }: ConnectionNode): Promise<void> {
  if (ref.kind !== 'sample') {
    await add(context, ref, undefined);
  }
}

async function add(
  context: PickContext & Needs<'view'>,
  ref: Exclude<ConnectionRef, { kind: 'sample' }>,
  proposed: string | undefined,
): Promise<void> {
  const inRegion = (region: string): ConnectionRef => ({ ...ref, region });
  const ids = new Set((await shownConnections(context)).map(connectionId));
  const taken = (await context.aws()).regions().filter(({ name }) => ids.has(connectionId(inRegion(name))));
  const free = proposed !== undefined && ids.has(connectionId(inRegion(proposed))) ? undefined : proposed;
  const names = taken.map(({ name }) => name);
  const regions = await pickRegions(context.aws, connectionName(ref), free, names);
  if (regions.length === 0) {
    return;
  }
  // Read again: the list may have changed while the question was open.
  const shown = await shownConnections(context);
  const shownIds = new Set(shown.map(connectionId));
  const added = regions.map(inRegion).filter((one) => !shownIds.has(connectionId(one)));
  // After the last one of the same profile, so that its Regions are together.
  const same = shown.findLastIndex((other) => connectionName(other) === connectionName(ref) && other.kind === ref.kind);
  const at = same === -1 ? shown.length : same + 1;
  for (const one of added) {
    context.connections.allowPrompts(one);
  }
  await show(context, shown.toSpliced(at, 0, ...added));
  const [first] = added;
  if (first !== undefined) {
    await context.view.reveal({ kind: 'connection', ref: first });
  }
}
