import type { GrantNode } from '../../../views/shared/nodes.ts';
import type { Needs } from '../../context.ts';

export interface FollowUp {
  /** Before it is sent. */
  add(node: GrantNode): void;
  /** It was not carried out. */
  drop(node: GrantNode): void;
  /** All is sent. */
  close(): void;
}

/** One notification about all revokes that are sent. */
export function followUpOf({ followUps }: Needs<'followUps'>): FollowUp & Disposable {
  const batch = followUps.batch();
  const placeOfNode = ({ connection: { ref }, key, grant }: GrantNode) => ({ connection: ref, key, grant });
  return {
    add: (node) => batch.add(placeOfNode(node)),
    drop: (node) => batch.drop(placeOfNode(node)),
    close: () => batch.close(),
    [Symbol.dispose]: () => batch.close(),
  };
}
