import type { Connections } from '../../core/connections/connections.ts';
import { connectionId, isAwsManaged } from '../../core/kms/model.ts';
import {
  awsManagedKeysId,
  type GrantNode,
  grantNodeId,
  type KeyNode,
  keyNodeId,
  type Node,
  nodeId,
  pinnedKeysId,
} from '../shared/nodes.ts';
import { namedRow } from '../shared/rowLookup.ts';
import { HeldNodes } from './heldNodes.ts';

/** The nodes that the Keys view returned to VS Code, and how they are found again. */
export class ShownNodes {
  readonly #connections: Connections;
  /** Those that VS Code holds now. To refresh a row, it must be notified with the same object. */
  readonly #held = new HeldNodes();
  /** All that were ever returned, also those that VS Code no longer holds. */
  readonly #given = new WeakSet<object>();

  constructor(connections: Connections) {
    this.#connections = connections;
  }

  get(id: string): Node | undefined {
    return this.#held.get(id);
  }

  /** As {@link HeldNodes.childrenOf}. */
  childrenOf(id: string): ReadonlySet<string> {
    return this.#held.childrenOf(id);
  }

  /** @param parent `undefined`: the view itself */
  replaceChildren(parent: Node | undefined, children: readonly Node[]): void {
    for (const child of children) {
      this.#given.add(child);
    }
    this.#held.replaceChildren(parent, children);
  }

  parentOf(node: Node): Node | undefined {
    switch (node.kind) {
      case 'connection':
        return undefined;
      case 'awsManagedKeys':
        return this.#held.get(node.connection.id) ?? { kind: 'connection', ref: node.connection.ref };
      case 'pinnedKeys':
        return this.#held.get(connectionId(node.ref));
      case 'key': {
        const { connection, key, pinnedTo } = node;
        if (pinnedTo !== undefined) {
          return this.#held.get(pinnedKeysId(pinnedTo));
        }
        const metadata = this.#connections.find(connection)?.inventory.metadata(key.arn);
        return isAwsManaged(key, metadata)
          ? (this.#held.get(awsManagedKeysId(connection)) ?? { kind: 'awsManagedKeys', connection, keys: [key] })
          : (this.#held.get(connection.id) ?? { kind: 'connection', ref: connection.ref });
      }
      case 'grant': {
        const { connection, key, pinnedTo } = node;
        return this.#held.get(keyNodeId(connection, key.arn, pinnedTo)) ?? { kind: 'key', connection, key, pinnedTo };
      }
      case 'field':
      case 'evidence':
      case 'evidenceLine':
      case 'more':
      case 'message':
        return node.parent;
    }
  }

  /** The grants that are on screen below a key. They stay, with focus and selection, until they are read again. */
  grantsBelow(key: KeyNode): readonly Node[] {
    if (this.#connections.find(key.connection) === undefined) {
      return [];
    }
    return [...this.#held.childrenOf(nodeId(key))]
      .map((id) => this.#held.get(id))
      .filter((node) => node?.kind === 'grant' && node.connection.opening === key.connection.opening)
      .filter((node) => node !== undefined);
  }

  /** Finds connections, keys and grants by their identity; other rows only if they were returned to VS Code. */
  row(argument: object): Node | undefined {
    return this.#given.has(argument) ? (argument as Node) : this.#named(namedRow(argument));
  }

  #named({ kind, ref, connection: named, keyArn, grantId, pinnedTo }: ReturnType<typeof namedRow>): Node | undefined {
    if (kind === 'connection') {
      const known = ref && this.#connections.known.find((one) => connectionId(one) === connectionId(ref));
      return known && { kind, ref: known };
    }
    const session = named && this.#connections.find(named);
    if (session === undefined || keyArn === undefined) {
      return undefined;
    }
    const { connection, inventory } = session;
    const held = (id: string) => {
      const node = this.#held.get(id);
      return node !== undefined && 'connection' in node && node.connection.opening === connection.opening
        ? node
        : undefined;
    };
    const key = inventory.loadedKey(keyArn);
    if (kind === 'key') {
      return held(keyNodeId(connection, keyArn, pinnedTo)) ?? (key && { kind, connection, key });
    }
    if (kind !== 'grant' || grantId === undefined) {
      return undefined;
    }
    const grant = inventory.loadedGrant(keyArn, grantId);
    const loaded: GrantNode | undefined = key && grant && { kind, connection, key, grant };
    return held(grantNodeId(connection, keyArn, grantId, pinnedTo)) ?? loaded;
  }
}
