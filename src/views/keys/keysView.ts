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
import { type Connection, connectionId } from '../../core/kms/model.ts';
import { shownIndexes, textFilter } from '../../core/words/filter.ts';
import type { Tooltip } from '../shared/lateRows.ts';
import { message } from '../shared/messages.ts';
import {
  type ConnectionNode,
  type EvidenceLineNode,
  type GrantNode,
  grantNodeId,
  type KeyNode,
  keyNodeId,
  type MessageNode,
  type MoreNode,
  type Node,
  nodeId,
  pinnedKeysId,
} from '../shared/nodes.ts';
import type { RowLookup } from '../shared/rowLookup.ts';
import { KeysViewRows, type KeysViewRowsOptions } from './keysViewRows.ts';
import type { Known } from './known.ts';
import { ShownNodes } from './shownNodes.ts';
import { toTreeItem } from './treeItem.ts';

/** A filter that has not changed for this long is final: its rows stay. */
const filterSettlesMs = 500;

export interface KeysViewOptions extends KeysViewRowsOptions {
  readonly clock: Pick<Clock, 'now' | 'sleep' | 'monotonic'>;
  readonly tooltip: (node: Node, known: Known) => Promise<Tooltip>;
  /** The view that shows the rows; its message names the filter. */
  readonly tree: Pick<vscode.TreeView<Node>, 'message' | 'reveal' | 'visible'>;
  /**
   * VS Code draws no other change of a view while it waits for the rows below one. After this long, in milliseconds, it
   * gets a row that says what is waited for, such as a code that the user has to enter. 2,000 unless given.
   */
  readonly longestWaitMs?: number;
}

/** How long evidence is collected before the findings that it changes are drawn, in milliseconds. */
const evidenceMs = 500;

/** The Keys view: the rows that are on screen, and when they are read again. */
export class KeysView implements vscode.TreeDataProvider<Node>, RowLookup<Node> {
  readonly #connections: Connections;
  readonly #rows: KeysViewRows;
  readonly #clock: KeysViewOptions['clock'];
  readonly #tree: KeysViewOptions['tree'];
  readonly #subscriptions: vscode.Disposable;
  readonly #longestWaitMs: number;
  readonly #tooltip: KeysViewOptions['tooltip'];
  readonly #changed = new vscode.EventEmitter<Node | Node[] | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #nodes: ShownNodes;
  /** While somebody types in the filter. */
  #typing: AbortController | undefined;
  readonly #disposed = new AbortController();
  readonly #evidence: Bundled<EvidenceChange>;

  constructor({ clock, tree, tooltip, longestWaitMs = 2000, ...options }: KeysViewOptions) {
    const { connections, revocations, pinnedKeys, evidence, terraform, findings } = options;
    this.#longestWaitMs = longestWaitMs;
    this.#tooltip = tooltip;
    this.#connections = connections;
    this.#nodes = new ShownNodes(connections);
    this.#clock = clock;
    this.#tree = tree;
    this.#rows = new KeysViewRows({ ...options, clock });
    this.#evidence = new Bundled(clock, evidenceMs, (changes) => {
      for (const id of changes.flatMap((change) => this.#rows.grants.refreshFindings(change))) {
        this.#redraw(id);
      }
    });
    this.#subscriptions = vscode.Disposable.from(
      this.#rows.evidence,
      this.#evidence,
      evidence.onDidChange((change) => this.#evidence.add(changeId(change), change)),
      connections.onDidChangeList(() => this.#redrawAll()),
      connections.onDidChangeState((id) => this.#redrawConnection(id)),
      connections.onDidChangeAccount((id) => this.#empty(id)),
      connections.onDidChangeSession(({ session, change }) => this.#redrawSession(session, change)),
      revocations.onDidChange((record) => this.#redrawGrant(record)),
      revocations.onDidEnd((ended) => this.#reloadGrants(ended)),
      pinnedKeys.onDidChange((ref) => this.#redraw(connectionId(ref))),
      findings.onDidChange(() => this.#redrawAll()),
      terraform.onDidChange(() => this.#redrawAll()),
      this.#rows.onDidChange((id) => this.#redraw(id)),
    );
  }

  /** Chooses the connections, and draws again what differs from the rows on screen by now. */
  async adopt(rows: readonly Node[]): Promise<void> {
    this.#nodes.replaceChildren(undefined, rows);
    const roots = await this.#rows.below(undefined).catch(() => []);
    const ids = roots.map(nodeId);
    if (ids.join('\n') !== rows.map(nodeId).join('\n')) {
      this.#redrawAll();
      return;
    }
    for (const ref of this.#connections.shown) {
      if (this.#connections.session(ref) !== undefined || this.#connections.failure(ref) !== undefined) {
        this.#redraw(connectionId(ref));
      }
    }
  }

  /** As it was typed; empty while all is shown. */
  get filter(): string {
    return this.#rows.filter?.text ?? '';
  }

  /** Selects and focuses the row of a connection on screen, of a key that it lists, or of a grant that is loaded. */
  async reveal(node: ConnectionNode | KeyNode | GrantNode): Promise<void> {
    if (node.kind !== 'connection') {
      await this.#rows.keys.showUpTo(node);
    }
    await this.#tree.reveal(this.#nodes.get(nodeId(node)) ?? node, { select: true, focus: true });
  }

  /**
   * Selects the row of a grant that was made a while ago, where its key is on screen. Whoever works elsewhere by now keeps
   * the focus.
   */
  async selectNew(connection: Connection, keyArn: string, grantId: string): Promise<void> {
    const ids = [undefined, ...this.#connections.known].map((pinnedTo) => keyNodeId(connection, keyArn, pinnedTo));
    const key = ids.map((id) => this.#nodes.get(id)).find((node) => node?.kind === 'key');
    const listing = await this.#connections.find(connection)?.inventory.grants(keyArn);
    const grant = listing?.grants.find((one) => one.grantId === grantId);
    if (this.#tree.visible && key?.kind === 'key' && grant !== undefined) {
      await this.#tree.reveal({ ...key, kind: 'grant', grant }, { select: true, focus: false });
    }
  }

  /** The findings of a grant or a key; none before the grants of its key are loaded. */
  findings(node: GrantNode | KeyNode): readonly Finding[] {
    return this.#rows.known.findings(node);
  }

  async prepareFilter(): Promise<void> {
    for (const ref of this.#connections.shown) {
      const inventory = this.#connections.session(ref)?.inventory;
      if (inventory === undefined) {
        continue;
      }
      const { keys } = await inventory.keys();
      // Prepares the texts, so that the first keypress is fast.
      shownIndexes(textFilter('…'), keys, inventory.loadedDetails());
    }
  }

  setFilter(text: string): void {
    this.#whileTyping();
    const filter = textFilter(text);
    this.#rows.filter = filter;
    this.#tree.message = filter === undefined ? '' : l10n.t('Filter: {0}', printable(filter.text));
    this.#redrawAll();
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
          this.#redraw(connectionId(ref));
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

  tooltip(node: Node): Promise<Tooltip> {
    return this.#tooltip(node, this.#rows.known);
  }

  getParent(node: Node): Node | undefined {
    return this.#nodes.parentOf(node);
  }

  async getChildren(node?: Node): Promise<Node[]> {
    const count = this.#grantCount(node);
    const children = await this.#inTime(node);
    this.#nodes.replaceChildren(node, children);
    this.#rows.grants.keepFindings((id) => this.#nodes.get(id) !== undefined);
    // The row of the key says how many there are.
    if (node !== undefined && this.#grantCount(node) !== count) {
      this.#redraw(nodeId(node));
    }
    return children;
  }

  #grantCount(node: Node | undefined): number | undefined {
    return node?.kind === 'key' ? this.#rows.known.grantCount(node) : undefined;
  }

  /** The rows below a row. After {@link KeysViewOptions.longestWaitMs}: the old rows, or a message; the rows follow. */
  async #inTime(node: Node | undefined): Promise<Node[]> {
    const reading = this.#rows.below(node);
    const isRead = node?.kind === 'connection' || node?.kind === 'key' || node?.kind === 'pinnedKeys';
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
    const redraw = () => this.#redraw(nodeId(node));
    reading.then(redraw, redraw);
    const grants = node.kind === 'key' ? this.#nodes.grantsBelow(node) : [];
    if (grants.length > 0) {
      return [...grants];
    }
    const isSignedIn = node.kind === 'key' || this.#connections.session(node.ref)?.knownIdentity !== undefined;
    const title = isSignedIn ? l10n.t('Waiting for AWS…') : l10n.t('Signing in…');
    return [message(node, 'waiting', 'loading', title, '')];
  }

  row(argument: object): Node | undefined {
    return this.#nodes.row(argument);
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
    this.#redraw(nodeId(node));
  }

  /** Reloads all connections on screen, and reopens those that failed or whose files changed. */
  async refreshAll(): Promise<void> {
    await this.#connections.filesChanged();
    for (const ref of this.#connections.known) {
      if (this.#connections.failure(ref) !== undefined) {
        this.#connections.reconnect(ref);
      } else {
        this.#connections.session(ref)?.inventory.forgetAll();
      }
    }
    this.#redrawAll();
  }

  /**
   * Reloads the grants of a key after a change to them. Where rows show them they are read first: the row of the key, which
   * counts them, is then redrawn once, and VS Code keeps the focus.
   */
  refreshGrants(connection: Connection, keyArn: string): void {
    const inventory = this.#connections.find(connection)?.inventory;
    inventory?.forgetGrants(keyArn);
    const redraw = () => this.#redrawKey(connection, keyArn);
    const keys = this.#keyIds(connection, keyArn).map((id) => this.#nodes.get(id));
    const isShown = keys.some((key) => key?.kind === 'key' && this.#nodes.grantsBelow(key).length > 0);
    if (inventory !== undefined && isShown) {
      inventory.grants(keyArn).then(redraw, redraw);
    } else {
      redraw();
    }
  }

  #redrawAll(): void {
    this.#changed.fire(undefined);
  }

  #redrawConnection(id: string): void {
    this.#redraw(id);
    // A pinned key of another Region is below a connection that it does not belong to.
    for (const ref of this.#connections.known) {
      if (connectionId(ref) !== id) {
        this.#redraw(pinnedKeysId(ref));
      }
    }
  }

  #empty(id: string): void {
    this.#rows.empty(id);
    this.#redraw(id);
  }

  /** Focuses the first new row: it is at the place of the "Load more…" row. */
  async loadMore({ parent }: MoreNode): Promise<void> {
    const before = this.#nodes.childrenOf(nodeId(parent));
    if (parent.kind === 'connection') {
      this.#rows.keys.showMore(connectionId(parent.ref));
    } else {
      await this.#connections.find(parent.connection)?.inventory.loadMoreGrants(parent.key.arn);
    }
    this.#redraw(nodeId(parent));
    const rows = await this.#rows.below(parent);
    const first = rows.find((row) => (row.kind === 'key' || row.kind === 'grant') && !before.has(nodeId(row)));
    if (first !== undefined) {
      await this.#tree.reveal(first, { select: true, focus: true });
    }
  }

  /** Repeats what failed. A failed sign-in starts again with the files. */
  async retry({ parent, error, ref }: MessageNode): Promise<void> {
    if (ref !== undefined && (isSignInProblem(error) || this.#connections.session(ref) === undefined)) {
      this.#connections.reconnect(ref);
      return;
    }
    if (parent === undefined || parent.kind === 'pinnedKeys') {
      await this.refreshAll();
      return;
    }
    if (parent.kind === 'evidence') {
      this.#redraw(nodeId(parent));
      return;
    }
    const inventory = parent.kind === 'key' ? this.#connections.find(parent.connection)?.inventory : undefined;
    // A list that failed in the middle continues from there; one without any grants starts again.
    if (
      parent.kind === 'key' &&
      inventory !== undefined &&
      (await inventory.grants(parent.key.arn)).grants.length > 0
    ) {
      await inventory.loadMoreGrants(parent.key.arn);
      this.#redraw(nodeId(parent));
    } else {
      this.refresh(parent);
    }
  }

  retryEvidence(node: EvidenceLineNode): Promise<void> {
    return this.#rows.evidence.retry(node);
  }

  #redrawSession({ connection }: Session, change: SessionChange): void {
    if (change.kind === 'key') {
      this.#redrawKey(connection, change.keyArn);
    } else {
      this.#redraw(connection.id);
    }
  }

  #redrawGrant(record: RevocationRecord): void {
    const connection = this.#connections.session(record.connection)?.connection;
    if (connection === undefined) {
      return;
    }
    for (const pinnedTo of [undefined, ...this.#connections.known]) {
      this.#redraw(grantNodeId(connection, record.key.arn, record.grant.grantId, pinnedTo));
    }
  }

  /** After a wait, loads only the key of the grant again. */
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

  #redraw(id: string): void {
    const node = this.#nodes.get(id);
    if (node !== undefined) {
      this.#changed.fire(node);
    }
  }

  /** The key's row, and its rows in connections that it is pinned to. */
  #redrawKey(connection: Connection, keyArn: string): void {
    for (const id of this.#keyIds(connection, keyArn)) {
      this.#redraw(id);
    }
  }

  #keyIds(connection: Connection, keyArn: string): readonly string[] {
    return [undefined, ...this.#connections.known].map((pinnedTo) => keyNodeId(connection, keyArn, pinnedTo));
  }
}
