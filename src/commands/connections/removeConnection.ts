import { connectionId } from '../../core/kms/model.ts';
import type { ConnectionNode } from '../../views/shared/nodes.ts';
import { type ShowContext, show, shownConnections } from './shownConnections.ts';

export async function removeConnection(context: ShowContext, { ref }: ConnectionNode): Promise<void> {
  if (ref.kind === 'sample') {
    await context.setShowsSample(false);
    context.connections.preferencesChanged();
    return;
  }
  const id = connectionId(ref);
  await show(
    context,
    (await shownConnections(context)).filter((other) => connectionId(other) !== id),
  );
}
