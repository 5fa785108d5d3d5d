import type { ConnectionRef } from '../../core/kms/model.ts';
import { connectionName } from '../../core/words/describe.ts';
import { type ShowContext, show, shownConnections } from './shownConnections.ts';

export async function sortConnections(context: ShowContext): Promise<void> {
  const name = (ref: ConnectionRef) => `${connectionName(ref)} ${ref.kind === 'sample' ? '' : ref.region}`;
  const shown = (await shownConnections(context)).filter(({ kind }) => kind !== 'sample');
  // A single one is in order, and may be the default, which nobody chose.
  if (shown.length < 2) {
    return;
  }
  await show(
    context,
    shown.toSorted((left, right) => name(left).localeCompare(name(right))),
  );
}
