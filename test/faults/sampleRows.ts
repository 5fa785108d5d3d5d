import type { TestContext } from 'node:test';
import type { ScannedKey } from '../../src/core/findings/scan.ts';
import type { GranteesNode } from '../../src/views/grantees/granteesNodes.ts';
import type { GranteesView } from '../../src/views/grantees/granteesView.ts';
import type { Node } from '../../src/views/shared/nodes.ts';
import { createTestWorld, type Window, type World } from './world.ts';

/** A window on the whole sample data: every kind of key, grant and principal that it has. */
export async function openSample(t: TestContext): Promise<{ readonly world: World; readonly window: Window }> {
  const world = await createTestWorld(t, { sample: { keys: 20, grantsPerKey: 12, awsManagedKeys: true } });
  return { world, window: world.openWindow() };
}

/** All rows of the Keys view, each after the one that it is below. `opens`: whether the rows below one are read. */
export async function keysRows(window: Window, opens: (node: Node) => boolean = () => true): Promise<readonly Node[]> {
  const below = async (parent?: Node): Promise<readonly Node[]> => {
    const nodes: Node[] = [];
    for (const node of await window.rows(parent)) {
      nodes.push(node, ...(opens(node) ? await below(node) : []));
    }
    return nodes;
  };
  return below();
}

/** A search of all keys, as its view is given it. */
export async function search({ window, rows }: { readonly window: Window; readonly rows: readonly Node[] }) {
  const keys = rows.flatMap((row): ScannedKey[] => {
    if (row.kind !== 'key') {
      return [];
    }
    const { connection, key } = row;
    const metadata = window.connections.find(connection)?.inventory.metadata(key.arn);
    const grants = rows.flatMap((one) => (one.kind === 'grant' && one.key.arn === key.arn ? [one.grant] : []));
    return [{ connection, key, metadata, grants, isComplete: true }];
  });
  const counts = { keysDone: keys.length, keysTotal: keys.length, grants: 0, unreadable: 0 };
  const result = { searched: [], keys, unreadable: [], counts, wasCancelled: false, startedAt: 0, endedAt: 0 };
  window.grantees.start().finish(result);
  return result;
}

/** All rows of the Grantees view, each after the one that it is below, without evidence. */
export function granteesRows(view: GranteesView): readonly GranteesNode[] {
  const below = (parent?: GranteesNode): readonly GranteesNode[] =>
    parent?.kind === 'evidence' ? [] : view.getChildren(parent).flatMap((node) => [node, ...below(node)]);
  return below();
}
