import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { Bundled } from '../../core/base/bundled.ts';
import type { Clock } from '../../core/base/clock.ts';
import { printable } from '../../core/base/text.ts';
import type { EndedWait, RevocationRecord } from '../../core/changes/revocationRecord.ts';
import type { Connections } from '../../core/connections/connections.ts';
import type { Session, SessionChange } from '../../core/connections/session.ts';
import type { EvidenceChange } from '../../core/evidence/evidence.ts';
import { changeId } from '../../core/evidence/lazyEvidence.ts';
import type { Finding } from '../../core/findings/finding.ts';
import { isSignInProblem } from '../../core/kms/errors.ts';
import { type Connection, connectionId, isAwsManaged } from '../../core/kms/model.ts';
import { shownIndexes, textFilter } from '../../core/words/filter.ts';
import {
  awsManagedKeysId,
  type ConnectionNode,
  type EvidenceLineNode,
  type GrantNode,
  grantNodeId,
  HeldNodes,
  type KeyNode,
  keyNodeId,
  type MessageNode,
  type MoreNode,
  type Node,
  namedRow,
  nodeId,
  otherAccountsId,
  type RowLookup,
} from '../shared/nodes.ts';
import { KeysViewRows, type KeysViewRowsOptions } from './keysViewRows.ts';
import { message } from './messages.ts';
import { tooltip } from './tooltip.ts';
import { toTreeItem } from './treeItem.ts';

/** A filter that nobody has changed for this long is done: its rows stay. */
const filterSettlesMs = 500;

export interface KeysViewOptions extends KeysViewRowsOptions {
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  /** The view that shows the rows; its message names the filter. */
  readonly tree: Pick<vscode.TreeView<Node>, 'message' | 'reveal'>;
  /**
   * VS Code draws no other change of a view while it waits for the rows below one. After this long, in milliseconds, it
   * gets a row that says what is waited for, such as a code that the user has to enter. 2,000 unless given.
   */
  readonly longestWaitMs?: number;
}

/** How long evidence is collected before the findings that it changes are drawn, in milliseconds. */
const evidenceMs = 500;

/** The Keys view: what is on screen of its rows, and when it is read again. */
export class KeysView implements vscode.TreeDataProvider<Node>, RowLookup {
  readonly #connections: Connections;
  readonly #rows: KeysViewRows;
  readonly #clock: KeysViewOptions['clock'];
  readonly #tree: KeysViewOptions['tree'];
  readonly #subscriptions: vscode.Disposable;
  readonly #longestWaitMs: number;
  readonly #changed = new vscode.EventEmitter<Node | Node[] | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  /** The nodes that VS Code holds, by ID: it refreshes a row only when told with the very object. */
  readonly #nodes = new HeldNodes();
  /** All that were ever given out, also those that VS Code holds no longer. */
  readonly #given = new WeakSet<object>();
  /** While somebody types in the filter. */
  #typing: AbortController | undefined;
  readonly #disposed = new AbortController();
  readonly #evidence: Bundled<EvidenceChange>;

  constructor({ clock, tree, longestWaitMs = 2000, ...options }: KeysViewOptions) {
    const { connections, revocations, pinnedKeys, evidence, findings } = options;
    this.#longestWaitMs = longestWaitMs;
    this.#connections = connections;
    this.#clock = clock;
    this.#tree = tree;
    this.#rows = new KeysViewRows({ ...options, clock });
    this.#evidence = new Bundled(clock, evidenceMs, (changes) => {
      for (const id of changes.flatMap((change) => this.#rows.grants.refreshFindings(change))) {
        this.#tell(id);
      }
    });
    this.#subscriptions = vscode.Disposable.from(
      this.#rows.evidence,
      this.#evidence,
      evidence.onDidChange((change) => this.#evidence.add(changeId(change), change)),
      connections.onDidChangeList(() => this.#tellAll()),
      connections.onDidChangeState((id) => this.#tellState(id)),
      connections.onDidChangeAccount((id) => this.#empty(id)),
      connections.onDidChangeSession(({ session, change }) => this.#tellSession(session, change)),
      revocations.onDidChange((record) => this.#tellRevocation(record)),
      revocations.onDidEnd((ended) => this.#reloadGrants(ended)),
      pinnedKeys.onDidChange((ref) => this.#tell(connectionId(ref))),
      findings.onDidChange(() => this.#tellAll()),
      this.#rows.onDidChange((id) => this.#tell(id)),
    );
  }

  /** As it was typed; empty while all is shown. */
  get filter(): string {
    return this.#rows.filter?.text ?? '';
  }

  /** Selects the row of a connection on screen, or of a key that its connection lists, and gives it the focus. */
  async reveal(node: ConnectionNode | KeyNode): Promise<void> {
    if (node.kind === 'key') {
      await this.#rows.keys.showUpTo(node);
    }
    await this.#tree.reveal(this.#nodes.get(nodeId(node)) ?? node, { select: true, focus: true });
  }

  /** Those of a grant whose key's grants are loaded. */
  findings(node: GrantNode): readonly Finding[] {
    return this.#rows.known.findings(node);
  }

  async prepareFilter(): Promise<void> {
    for (const ref of this.#connections.shown) {
      const inventory = this.#connections.session(ref)?.inventory;
      if (inventory === undefined) {
        continue;
      }
      const { keys } = await inventory.keys();
      // As a keypress does: it makes the texts ready, and itself quick.
      shownIndexes(textFilter('…'), keys, inventory.loadedDetails());
    }
  }

  setFilter(text: string): void {
    this.#whileTyping();
    const filter = textFilter(text);
    this.#rows.filter = filter;
    this.#tree.message = filter === undefined ? '' : l10n.t('Filter: {0}', printable(filter.text));
    this.#tellAll();
  }

  /** No key is described for a row that the next keypress takes away. */
  #whileTyping(): void {
    this.#typing?.abort();
    const typing = new AbortController();
    this.#typing = typing;
    this.#rows.isTyping = true;
    for (const ref of this.#connections.shown) {
      this.#connections.session(ref)?.inventory.describe([], connectionId(ref));
    }
    this.#clock.sleep(filterSettlesMs, typing.signal).then(
      () => {
        this.#typing = undefined;
        this.#rows.isTyping = false;
        for (const ref of this.#connections.shown) {
          this.#tell(connectionId(ref));
        }
      },
      // Typed again, or the window closes.
      () => {},
    );
  }

  getTreeItem(node: Node): vscode.TreeItem {
    return toTreeItem(node, this.#rows.known);
  }

  idOf(node: Node): string | undefined {
    return node.kind === 'message' && node.tone === 'loading' ? undefined : nodeId(node);
  }

  tooltip(node: Node): vscode.MarkdownString | string | undefined {
    return tooltip(node, this.#rows.known);
  }

  getParent(node: Node): Node | undefined {
    switch (node.kind) {
      case 'connection':
        return undefined;
      case 'awsManagedKeys':
        return this.#nodes.get(node.connection.id) ?? { kind: 'connection', ref: node.connection.ref };
      case 'otherAccounts':
        return this.#nodes.get(connectionId(node.ref));
      case 'key': {
        if (node.pinnedTo !== undefined) {
          return this.#nodes.get(otherAccountsId(node.pinnedTo));
        }
        const managed = isAwsManaged(node.key, this.#rows.known.metadata(node));
        const { connection, key } = node;
        return managed
          ? (this.#nodes.get(awsManagedKeysId(connection)) ?? { kind: 'awsManagedKeys', connection, keys: [key] })
          : (this.#nodes.get(connection.id) ?? { kind: 'connection', ref: connection.ref });
      }
      case 'grant':
        return this.#nodes.get(keyNodeId(node.connection, node.key.arn, node.pinnedTo));
      case 'field':
      case 'evidence':
      case 'evidenceLine':
      case 'more':
      case 'message':
        return node.parent;
    }
  }

  async getChildren(node?: Node): Promise<Node[]> {
    const children = await this.#inTime(node);
    for (const child of children) {
      this.#given.add(child);
    }
    this.#nodes.replaceChildren(node, children);
    this.#rows.grants.keepFindings((id) => this.#nodes.get(id) !== undefined);
    return children;
  }

  /** The rows below a row; after a while what was there before, or a row that says what is waited for. They follow. */
  async #inTime(node: Node | undefined): Promise<Node[]> {
    const reading = this.#rows.below(node);
    const isRead = node?.kind === 'connection' || node?.kind === 'key' || node?.kind === 'otherAccounts';
    if (!isRead || this.#longestWaitMs === Number.POSITIVE_INFINITY) {
      return reading;
    }
    const inTime = new AbortController();
    const late = this.#clock.sleep(this.#longestWaitMs, AbortSignal.any([inTime.signal, this.#disposed.signal])).then(
      () => true,
      () => false,
    );
    const isLate = await Promise.race([late, reading.then(() => false)]).finally(() => inTime.abort());
    if (!isLate) {
      return reading;
    }
    const tell = () => this.#tell(nodeId(node));
    reading.then(tell, tell);
    const grants = node.kind === 'key' ? this.#heldGrants(node) : [];
    if (grants.length > 0) {
      return [...grants];
    }
    const isSignedIn = node.kind === 'key' || this.#connections.session(node.ref)?.knownIdentity !== undefined;
    const title = isSignedIn ? l10n.t('Waiting for AWS…') : l10n.t('Signing in…');
    return [message(node, 'waiting', 'loading', title, '')];
  }

  /** The grants that are on screen below a key: they stay there, with focus and selection, until they are read again. */
  #heldGrants(key: KeyNode): readonly Node[] {
    if (this.#connections.find(key.connection) === undefined) {
      return [];
    }
    return [...this.#nodes.childrenOf(nodeId(key))]
      .map((id) => this.#nodes.get(id))
      .filter((node) => node?.kind === 'grant' && node.connection.opening === key.connection.opening)
      .filter((node) => node !== undefined);
  }

  /** Connections, keys and grants are found by their identity; of other rows, only those that were given out. */
  row(argument: object): object | undefined {
    return this.#given.has(argument) ? argument : this.#named(namedRow(argument));
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
      const node = this.#nodes.get(id);
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

  /** Reloads a key, or a whole connection; the rest of the tree stays as it is. */
  refresh(node: ConnectionNode | KeyNode): void {
    const session = node.kind === 'key' ? this.#connections.find(node.connection) : this.#connections.session(node.ref);
    if (session === undefined) {
      this.#connections.reconnect(node.kind === 'key' ? node.connection.ref : node.ref);
      return;
    }
    if (node.kind === 'key') {
      session.inventory.forgetKey(node.key.arn);
      this.#rows.evidence.forget(session, node.key.arn);
    } else {
      session.inventory.forgetAll();
    }
    this.#tell(nodeId(node));
  }

  /** Reloads all connections on screen, and opens anew those that failed or whose files changed. */
  async refreshAll(): Promise<void> {
    await this.#connections.filesChanged();
    for (const ref of this.#connections.known) {
      if (this.#connections.failure(ref) !== undefined) {
        this.#connections.reconnect(ref);
      } else {
        this.#connections.session(ref)?.inventory.forgetAll();
      }
    }
    this.#tellAll();
  }

  /** Reloads the grants of a key after a change to them. */
  refreshGrants(connection: Connection, keyArn: string): void {
    this.#connections.find(connection)?.inventory.forgetGrants(keyArn);
    this.#tellKey(connection, keyArn);
  }

  #tellAll(): void {
    this.#changed.fire(undefined);
  }

  #tellState(id: string): void {
    this.#tell(id);
    // A key of another Region stands below a connection that it does not belong to.
    for (const ref of this.#connections.known) {
      if (connectionId(ref) !== id) {
        this.#tell(otherAccountsId(ref));
      }
    }
  }

  #empty(id: string): void {
    this.#rows.empty(id);
    this.#tell(id);
  }

  /** The first of the new rows gets the focus: it is where the row that was pressed has been. */
  async loadMore({ parent }: MoreNode): Promise<void> {
    const before = this.#nodes.childrenOf(nodeId(parent));
    if (parent.kind === 'connection') {
      this.#rows.keys.showMore(connectionId(parent.ref));
    } else {
      await this.#connections.find(parent.connection)?.inventory.loadMoreGrants(parent.key.arn);
    }
    this.#tell(nodeId(parent));
    const rows = await this.#rows.below(parent);
    const first = rows.find((row) => (row.kind === 'key' || row.kind === 'grant') && !before.has(nodeId(row)));
    if (first !== undefined) {
      await this.#tree.reveal(first, { select: true, focus: true });
    }
  }

  /** Does what failed once more. A failed sign-in is done anew, from the files on. */
  async retry({ parent, error, ref }: MessageNode): Promise<void> {
    if (ref !== undefined && (isSignInProblem(error) || this.#connections.session(ref) === undefined)) {
      this.#connections.reconnect(ref);
      return;
    }
    if (parent === undefined || parent.kind === 'otherAccounts') {
      await this.refreshAll();
      return;
    }
    if (parent.kind === 'evidence') {
      this.#tell(nodeId(parent));
      return;
    }
    const inventory = parent.kind === 'key' ? this.#connections.find(parent.connection)?.inventory : undefined;
    // A list that broke in the middle goes on from there; one that never began starts anew.
    if (
      parent.kind === 'key' &&
      inventory !== undefined &&
      (await inventory.grants(parent.key.arn)).grants.length > 0
    ) {
      await inventory.loadMoreGrants(parent.key.arn);
      this.#tell(nodeId(parent));
    } else {
      this.refresh(parent);
    }
  }

  retryEvidence(node: EvidenceLineNode): Promise<void> {
    return this.#rows.evidence.retry(node);
  }

  #tellSession({ connection }: Session, change: SessionChange): void {
    if (change.kind === 'key') {
      this.#tellKey(connection, change.keyArn);
    } else {
      this.#tell(connection.id);
    }
  }

  #tellRevocation(record: RevocationRecord): void {
    const connection = this.#connections.session(record.connection)?.connection;
    if (connection === undefined) {
      return;
    }
    for (const pinnedTo of [undefined, ...this.#connections.known]) {
      this.#tell(grantNodeId(connection, record.key.arn, record.grant.grantId, pinnedTo));
    }
  }

  /** A wait ended: only the grant's key is loaded again. */
  #reloadGrants({ record, outcome }: EndedWait): void {
    const session = this.#connections.session(record.connection);
    if (session !== undefined && outcome.kind === 'gone') {
      this.refreshGrants(session.connection, record.key.arn);
    }
  }

  dispose(): void {
    this.#subscriptions.dispose();
    this.#disposed.abort();
    this.#typing?.abort();
    this.#changed.dispose();
  }

  #tell(id: string): void {
    const node = this.#nodes.get(id);
    if (node !== undefined) {
      this.#changed.fire(node);
    }
  }

  /** The key's row, and those where it is pinned. */
  #tellKey(connection: Connection, keyArn: string): void {
    for (const pinnedTo of [undefined, ...this.#connections.known]) {
      this.#tell(keyNodeId(connection, keyArn, pinnedTo));
    }
  }
}
