import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Connections, Session, SessionChange } from '../core/connections.ts';
import { isAwsManaged } from '../core/describe.ts';
import { explain, isAbort, isKmsError, isSignInProblem, type KmsError } from '../core/errors.ts';
import { compareGrants, type GrantListing } from '../core/inventory.ts';
import type { Connection, Grant, KmsKey } from '../core/model.ts';
import { connectionId } from '../core/model.ts';
import type { RevocationOutcome, RevocationRecord, Revocations } from '../core/revocation.ts';
import { grantFields } from './grantFields.ts';
import {
  awsManagedKeysId,
  type ConnectionNode,
  type GrantNode,
  grantNodeId,
  type KeyNode,
  keyNodeId,
  type MessageNode,
  type MoreNode,
  type Node,
  nodeId,
} from './nodes.ts';
import { tellOutcome } from './outcomes.ts';
import { tooltip } from './tooltip.ts';
import { type Known, toTreeItem } from './treeItem.ts';

/** Keys are shown in windows of this many. */
const keyWindow = 500;

/** The Keys view: connection → keys → grants → fields. It holds what is on screen, and nothing that KMS said. */
export class KeysView implements vscode.TreeDataProvider<Node> {
  readonly #connections: Connections;
  readonly #revocations: Revocations;
  readonly #changed = new vscode.EventEmitter<Node | Node[] | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  /** The nodes that VS Code holds, by ID: it refreshes a row only when told with the very object. */
  readonly #nodes = new Map<string, Node>();
  #shownKeys = keyWindow;

  constructor(connections: Connections, revocations: Revocations) {
    this.#connections = connections;
    this.#revocations = revocations;
  }

  readonly #known: Known = {
    identity: ({ connection }) => this.#connections.find(connection)?.knownIdentity,
    metadata: ({ connection, key }) => this.#connections.find(connection)?.inventory.metadata(key.arn),
    revocation: ({ connection, key, grant }) => this.#revocations.state(connection.ref, key, grant.grantId),
  };

  getTreeItem(node: Node): vscode.TreeItem {
    return toTreeItem(node, this.#known);
  }

  resolveTreeItem(item: vscode.TreeItem, node: Node): vscode.TreeItem {
    item.tooltip = tooltip(node, this.#known);
    return item;
  }

  getParent(node: Node): Node | undefined {
    switch (node.kind) {
      case 'connection':
        return undefined;
      case 'awsManagedKeys':
        return this.#nodes.get(node.connection.id);
      case 'key': {
        const managed = isAwsManaged(node.key, this.#known.metadata(node));
        return this.#nodes.get(managed ? awsManagedKeysId(node.connection) : node.connection.id);
      }
      case 'grant':
        return this.#nodes.get(keyNodeId(node.connection, node.key.arn));
      case 'field':
      case 'more':
      case 'message':
        return node.parent;
    }
  }

  async getChildren(node?: Node): Promise<Node[]> {
    const children = await this.#children(node);
    for (const child of children) this.#nodes.set(nodeId(child), child);
    return children;
  }

  /** Reloads a key, or the whole connection; the rest of the tree stays as it is. */
  refresh(node: ConnectionNode | KeyNode): void {
    const session = this.#connections.find(node.connection);
    if (session === undefined) {
      this.reset();
      return;
    }
    if (node.kind === 'key') session.inventory.forgetKey(node.key.arn);
    else session.inventory.forgetAll();
    this.#tell(nodeId(node));
  }

  /** Reloads what is on screen, or opens the connection anew when that failed. */
  refreshAll(): void {
    const { open } = this.#connections;
    if (open === undefined) this.#connections.reconnect();
    else this.refresh({ kind: 'connection', connection: open.connection });
  }

  /** Reloads the grants of a key after a change to them. */
  refreshGrants(connection: Connection, keyArn: string): void {
    this.#connections.find(connection)?.inventory.forgetGrants(keyArn);
    this.#tell(keyNodeId(connection, keyArn));
  }

  /** Another connection is on screen. */
  reset(): void {
    this.#nodes.clear();
    this.#shownKeys = keyWindow;
    this.#changed.fire(undefined);
  }

  async loadMore({ parent }: MoreNode): Promise<void> {
    if (parent.kind === 'connection') this.#shownKeys += keyWindow;
    else await this.#connections.find(parent.connection)?.inventory.moreGrants(parent.key.arn);
    this.#tell(nodeId(parent));
  }

  /** Does what failed once more. A failed sign-in is done anew, from the files on. */
  async retry({ parent, error }: MessageNode): Promise<void> {
    if (parent === undefined || isSignInProblem(error)) {
      this.#connections.reconnect();
      return;
    }
    const inventory = this.#connections.find(parent.connection)?.inventory;
    // A list that broke in the middle goes on from there; one that never began starts anew.
    if (
      parent.kind === 'key' &&
      inventory !== undefined &&
      (await inventory.grants(parent.key.arn)).grants.length > 0
    ) {
      await inventory.moreGrants(parent.key.arn);
      this.#tell(nodeId(parent));
    } else {
      this.refresh(parent);
    }
  }

  onSessionChange(session: Session, change: SessionChange): void {
    const { connection } = session;
    this.#tell(change.kind === 'key' ? keyNodeId(connection, change.keyArn) : connection.id);
  }

  onRevocationChange(record: RevocationRecord): void {
    const connection = this.#connections.open?.connection;
    if (connection === undefined || connection.id !== connectionId(record.connection)) return;
    this.#tell(grantNodeId(connection, record.key.arn, record.grant.grantId));
  }

  /** A wait ended: only the grant's key is loaded again. */
  onRevocationOutcome(record: RevocationRecord, outcome: RevocationOutcome): void {
    const session = this.#connections.open;
    const isOpen = session !== undefined && session.connection.id === connectionId(record.connection);
    if (isOpen && outcome.kind === 'gone') this.refreshGrants(session.connection, record.key.arn);
    void tellOutcome(record, outcome, () => {
      const current = this.#connections.open;
      if (current?.connection.id === connectionId(record.connection)) {
        this.#revocations.checkAgain(current, record.key, record.grant.grantId);
      }
    });
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #tell(id: string): void {
    const node = this.#nodes.get(id);
    if (node !== undefined) this.#changed.fire(node);
  }

  async #children(node: Node | undefined): Promise<Node[]> {
    if (node === undefined) return this.#roots();
    switch (node.kind) {
      case 'connection':
        return this.#keys(node);
      case 'awsManagedKeys':
        this.#connections.find(node.connection)?.inventory.describe(node.keys.map(({ arn }) => arn));
        return node.keys.map((key): KeyNode => ({ kind: 'key', connection: node.connection, key }));
      case 'key':
        return this.#grants(node);
      case 'grant':
        return grantFields(node.grant).map(({ name, value }) => ({ kind: 'field', parent: node, name, value }));
      case 'field':
      case 'more':
      case 'message':
        return [];
    }
  }

  async #roots(): Promise<Node[]> {
    try {
      const session = await this.#connections.current();
      return session === undefined ? [] : [{ kind: 'connection', connection: session.connection }];
    } catch (error) {
      if (isAbort(error)) return [];
      if (!isKmsError(error)) throw error;
      return [failure(undefined, 'failed', error)];
    }
  }

  async #keys(parent: ConnectionNode): Promise<Node[]> {
    const { connection } = parent;
    const session = this.#connections.find(connection);
    if (session === undefined) return [];
    const { inventory } = session;
    const { keys, state, aliasError } = await inventory.keys();
    if (session.closed.aborted) return [];
    const customer: KmsKey[] = [];
    const managed: KmsKey[] = [];
    for (const key of keys) (isAwsManaged(key, inventory.metadata(key.arn)) ? managed : customer).push(key);
    const shown = customer.slice(0, this.#shownKeys);
    inventory.describe(shown.map(({ arn }) => arn));

    const nodes: Node[] = [];
    if (aliasError !== undefined) nodes.push({ ...failure(parent, 'aliases', aliasError), tone: 'warning' });
    nodes.push(...shown.map((key): KeyNode => ({ kind: 'key', connection, key })));
    if (shown.length < customer.length) {
      nodes.push({ kind: 'more', parent, shown: shown.length, total: customer.length });
    }
    if (state.kind === 'failed') nodes.push(failure(parent, 'failed', state.error));
    if (state.kind === 'loading') {
      nodes.push(
        message(parent, 'loading', 'loading', l10n.t('Loading more keys…'), l10n.t('{0} so far', keys.length)),
      );
    }
    if (managed.length > 0) nodes.push({ kind: 'awsManagedKeys', connection, keys: managed });
    if (state.kind === 'complete' && keys.length === 0) {
      const sentence = l10n.t('This account has no KMS keys in {0}.', connection.region);
      nodes.push({
        ...message(parent, 'empty', 'info', l10n.t('No keys'), sentence),
        actions: ['selectRegion', 'retry'],
      });
    }
    return nodes;
  }

  async #grants(parent: KeyNode): Promise<Node[]> {
    const { connection, key } = parent;
    const session = this.#connections.find(connection);
    if (session === undefined) return [];
    const listing = await session.inventory.grants(key.arn);
    if (session.closed.aborted) return [];
    const { state } = listing;
    const listed = new Set(listing.grants.map(({ grantId }) => grantId));
    await this.#revocations.reconcile(session, key.arn, listed, state.kind === 'complete');
    const grants = this.#withRevoked(listing, connection, key);
    const nodes: Node[] = grants.map((grant): GrantNode => ({ kind: 'grant', connection, key, grant }));
    if (state.kind === 'more') nodes.push({ kind: 'more', parent, shown: listing.grants.length, total: undefined });
    if (state.kind === 'failed') nodes.push(failure(parent, 'failed', state.error));
    if (state.kind === 'complete' && nodes.length === 0) {
      nodes.push({
        ...message(parent, 'empty', 'info', l10n.t('No grants'), l10n.t('This key has none.')),
        actions: ['retry'],
      });
    }
    return nodes;
  }

  /** Grants whose revoke is being followed stay in the list, even where KMS has stopped listing them. */
  #withRevoked({ grants }: GrantListing, connection: Connection, key: KmsKey): readonly Grant[] {
    const listed = new Set(grants.map(({ grantId }) => grantId));
    const missing = this.#revocations
      .ofKey(connection.ref, key.arn)
      .map(({ grant }) => grant)
      .filter(({ grantId }) => !listed.has(grantId));
    const all = [...grants];
    for (const grant of missing) {
      const next = all.findIndex((other) => compareGrants(grant, other) < 0);
      all.splice(next === -1 ? all.length : next, 0, grant);
    }
    return all;
  }
}

function message(
  parent: MessageNode['parent'],
  slot: string,
  tone: MessageNode['tone'],
  title: string,
  sentence: string,
): MessageNode {
  return { kind: 'message', parent, slot, tone, title, sentence, actions: [] };
}

function failure(parent: MessageNode['parent'], slot: string, error: KmsError): MessageNode {
  const { title, sentence, advice, actions } = explain(error.details);
  return { ...message(parent, slot, 'error', title, `${sentence} ${advice}`), actions, error };
}
