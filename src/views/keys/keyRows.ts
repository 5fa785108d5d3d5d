import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { isAbort } from '../../core/base/abort.ts';
import type { Clock } from '../../core/base/clock.ts';
import { printable } from '../../core/base/text.ts';
import type { EndedWait, RevocationRecord } from '../../core/changes/revocationRecord.ts';
import type { Revocations } from '../../core/changes/revocations.ts';
import type { Connections } from '../../core/connections/connections.ts';
import { compareGrants, type GrantListing } from '../../core/connections/grantLoad.ts';
import { inRegion, type PinnedKeys } from '../../core/connections/pinnedKeys.ts';
import type { Session, SessionChange } from '../../core/connections/session.ts';
import {
  type Finding,
  type FindingOptions,
  findingsOfKey,
  type KeyFindings,
  noFindings,
} from '../../core/findings/findings.ts';
import { isKmsError, isSignInProblem, type KmsError } from '../../core/kms/errors.ts';
import { keyOfArn, readKeyArn } from '../../core/kms/keyArn.ts';
import {
  type Connection,
  type ConnectionRef,
  connectionId,
  type Grant,
  isAwsManaged,
  type KmsKey,
} from '../../core/kms/model.ts';
import { retireRight } from '../../core/kms/retirement.ts';
import { explain } from '../../core/words/explain.ts';
import { placesShown, showsGrant, type TextFilter, textFilter } from '../../core/words/filter.ts';
import type { Setting } from '../../platform/settings.ts';
import { findingFields } from '../shared/findingText.ts';
import {
  awsManagedKeysId,
  type ConnectionNode,
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
  type OtherAccountsNode,
  otherAccountsId,
  type RowLookup,
} from '../shared/nodes.ts';
import { grantFields } from './grantFields.ts';
import { tooltip } from './tooltip.ts';
import { formatCount, type Known, toTreeItem } from './treeItem.ts';

/** Keys are shown in windows of this many. */
const keyWindow = 500;
/** A filter that nobody has changed for this long is done: its rows stay. */
const filterSettlesMs = 500;

/** The findings of a key, with what they were made from: a filter asks for the same ones at each keypress. */
interface KnownFindings {
  readonly from: readonly unknown[];
  readonly found: KeyFindings;
}

export interface KeysViewOptions {
  readonly connections: Connections;
  readonly revocations: Revocations;
  readonly pinnedKeys: PinnedKeys;
  readonly accountName: (account: string) => string | undefined;
  readonly findings: Setting<FindingOptions>;
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  /** The view that shows the rows; its message names the filter. */
  readonly tree: Pick<vscode.TreeView<Node>, 'message' | 'reveal'>;
  /**
   * VS Code draws no other change of a view while it waits for the rows below one. After this long, in milliseconds, it
   * gets a row that says what is waited for, such as a code that the user has to enter. 2,000 unless given.
   */
  readonly longestWaitMs?: number;
}

/** The Keys view: connections → keys → grants → fields. It holds what is on screen, and nothing that KMS said. */
export class KeysView implements vscode.TreeDataProvider<Node>, RowLookup {
  readonly #connections: Connections;
  readonly #revocations: Revocations;
  readonly #pinnedKeys: PinnedKeys;
  readonly #findingSettings: Setting<FindingOptions>;
  readonly #clock: KeysViewOptions['clock'];
  readonly #tree: KeysViewOptions['tree'];
  readonly #subscriptions: vscode.Disposable;
  readonly #longestWaitMs: number;
  readonly #known: Known;
  readonly #changed = new vscode.EventEmitter<Node | Node[] | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  /** The nodes that VS Code holds, by ID: it refreshes a row only when told with the very object. */
  readonly #nodes = new HeldNodes();
  /** All that were ever given out, also those that VS Code holds no longer. */
  readonly #given = new WeakSet<object>();
  /** How many keys of a connection are shown, where that is more than one window. */
  readonly #shownKeys = new Map<string, number>();
  /** Connections whose rows must go before others come in their place. */
  readonly #emptying = new Set<string>();
  /** Of the keys whose grants were listed, by node. */
  readonly #findings = new Map<string, KnownFindings>();
  #filter: TextFilter | undefined;
  /** While somebody types in the filter. */
  #typing: AbortController | undefined;
  readonly #disposed = new AbortController();

  constructor({
    connections,
    revocations,
    pinnedKeys,
    accountName,
    findings,
    clock,
    tree,
    longestWaitMs = 2000,
  }: KeysViewOptions) {
    this.#longestWaitMs = longestWaitMs;
    this.#connections = connections;
    this.#revocations = revocations;
    this.#pinnedKeys = pinnedKeys;
    this.#findingSettings = findings;
    this.#clock = clock;
    this.#tree = tree;
    this.#known = {
      connection: ({ ref }) => {
        const session = connections.session(ref);
        const identity = session?.knownIdentity;
        return {
          identity,
          region: ref.kind === 'sample' ? session?.connection.region : ref.region,
          accountName: identity === undefined ? undefined : accountName(identity.account),
          endpoint: session?.connection.endpoint,
          failure: connections.failure(ref),
        };
      },
      metadata: ({ connection, key }) => connections.find(connection)?.inventory.metadata(key.arn),
      revocation: ({ connection, key, grant }) => revocations.state(connection.ref, key, grant.grantId),
      now: () => clock.now(),
      mayRetire: ({ connection, grant }) => {
        const caller = connections.find(connection)?.knownIdentity;
        return caller !== undefined && retireRight(caller.arn, grant) !== 'no';
      },
      findings: (node) => {
        const found = this.#findings.get(keyNodeId(node.connection, node.key.arn, node.pinnedTo))?.found ?? noFindings;
        return node.kind === 'key' ? found.key : found.of(node.grant.grantId);
      },
    };
    this.#subscriptions = vscode.Disposable.from(
      connections.onDidChangeList(() => this.#tellAll()),
      connections.onDidChangeState((id) => this.#tellState(id)),
      connections.onDidChangeAccount((id) => this.#empty(id)),
      connections.onDidChangeSession(({ session, change }) => this.#tellSession(session, change)),
      revocations.onDidChange((record) => this.#tellRevocation(record)),
      revocations.onDidEnd((ended) => this.#reloadGrants(ended)),
      pinnedKeys.onDidChange((ref) => this.#tell(connectionId(ref))),
      findings.onDidChange(() => this.#tellAll()),
    );
  }

  /** As it was typed; empty while all is shown. */
  get filter(): string {
    return this.#filter?.text ?? '';
  }

  /** Selects the row of a connection on screen, or of a key that its connection lists, and gives it the focus. */
  async reveal(node: ConnectionNode | KeyNode): Promise<void> {
    if (node.kind === 'key') {
      await this.#showWindowOf(node);
    }
    await this.#tree.reveal(this.#nodes.get(nodeId(node)) ?? node, { select: true, focus: true });
  }

  async #showWindowOf({ connection, key }: KeyNode): Promise<void> {
    const keys = (await this.#connections.find(connection)?.inventory.keys())?.keys ?? [];
    const place = keys.findIndex(({ arn }) => arn === key.arn);
    const shown = this.#shownKeys.get(connection.id) ?? keyWindow;
    if (place >= shown) {
      this.#shownKeys.set(connection.id, Math.ceil((place + 1) / keyWindow) * keyWindow);
      this.#tell(connection.id);
    }
  }

  /** Those of a grant whose key's grants are loaded. */
  findings(node: GrantNode): readonly Finding[] {
    return this.#known.findings(node);
  }

  async prepareFilter(): Promise<void> {
    for (const ref of this.#connections.shown) {
      const inventory = this.#connections.session(ref)?.inventory;
      if (inventory === undefined) {
        continue;
      }
      const { keys } = await inventory.keys();
      // As a keypress does: it makes the texts ready, and itself quick.
      placesShown(textFilter('…'), keys, inventory.known());
    }
  }

  setFilter(text: string): void {
    this.#whileTyping();
    this.#filter = textFilter(text);
    this.#tree.message = this.#filter === undefined ? '' : l10n.t('Filter: {0}', printable(this.#filter.text));
    this.#tellAll();
  }

  /** No key is described for a row that the next keypress takes away. */
  #whileTyping(): void {
    this.#typing?.abort();
    const typing = new AbortController();
    this.#typing = typing;
    for (const ref of this.#connections.shown) {
      this.#connections.session(ref)?.inventory.describe([], connectionId(ref));
    }
    this.#clock.sleep(filterSettlesMs, typing.signal).then(
      () => {
        this.#typing = undefined;
        for (const ref of this.#connections.shown) {
          this.#tell(connectionId(ref));
        }
      },
      // Typed again, or the window closes.
      () => {},
    );
  }

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
        return this.#nodes.get(node.connection.id) ?? { kind: 'connection', ref: node.connection.ref };
      case 'otherAccounts':
        return this.#nodes.get(connectionId(node.ref));
      case 'key': {
        if (node.pinnedTo !== undefined) {
          return this.#nodes.get(otherAccountsId(node.pinnedTo));
        }
        const managed = isAwsManaged(node.key, this.#known.metadata(node));
        const { connection, key } = node;
        return managed
          ? (this.#nodes.get(awsManagedKeysId(connection)) ?? { kind: 'awsManagedKeys', connection, keys: [key] })
          : (this.#nodes.get(connection.id) ?? { kind: 'connection', ref: connection.ref });
      }
      case 'grant':
        return this.#nodes.get(keyNodeId(node.connection, node.key.arn, node.pinnedTo));
      case 'field':
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
    for (const id of this.#findings.keys()) {
      if (this.#nodes.get(id) === undefined) {
        this.#findings.delete(id);
      }
    }
    return children;
  }

  /** The rows below a row; after a while one that says that they are waited for, and they follow. */
  async #inTime(node: Node | undefined): Promise<Node[]> {
    const reading = this.#children(node);
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
    const isSignedIn = node.kind === 'key' || this.#connections.session(node.ref)?.knownIdentity !== undefined;
    const title = isSignedIn ? l10n.t('Waiting for AWS…') : l10n.t('Signing in…');
    return [message(node, 'waiting', 'loading', title, '')];
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

  /** Nothing of the account that a connection led to may be seen under the one that it leads to now. */
  #empty(id: string): void {
    this.#shownKeys.delete(id);
    this.#findings.clear();
    this.#emptying.add(id);
    this.#tell(id);
  }

  /** The first of the new rows gets the focus: it is where the row that was pressed has been. */
  async loadMore({ parent }: MoreNode): Promise<void> {
    const before = this.#nodes.childrenOf(nodeId(parent));
    if (parent.kind === 'connection') {
      const id = connectionId(parent.ref);
      this.#shownKeys.set(id, (this.#shownKeys.get(id) ?? keyWindow) + keyWindow);
    } else {
      await this.#connections.find(parent.connection)?.inventory.moreGrants(parent.key.arn);
    }
    this.#tell(nodeId(parent));
    const rows = await this.#children(parent);
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
    const inventory = parent.kind === 'key' ? this.#connections.find(parent.connection)?.inventory : undefined;
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

  async #children(node: Node | undefined): Promise<Node[]> {
    if (node === undefined) {
      return this.#roots();
    }
    switch (node.kind) {
      case 'connection':
        return this.#keys(node);
      case 'awsManagedKeys':
        this.#connections.find(node.connection)?.inventory.describe(
          node.keys.map(({ arn }) => arn),
          nodeId(node),
        );
        return node.keys.map((key): KeyNode => ({ kind: 'key', connection: node.connection, key }));
      case 'otherAccounts':
        return (await Promise.all(node.keyArns.map((arn) => this.#pinnedKey(node, arn)))).flat();
      case 'key':
        return this.#grants(node);
      case 'grant':
        return [...findingFields(this.#known.findings(node)), ...grantFields(node.grant)].map(({ name, value }) => ({
          kind: 'field',
          parent: node,
          name,
          value,
        }));
      case 'field':
      case 'more':
      case 'message':
        return [];
    }
  }

  async #roots(): Promise<Node[]> {
    try {
      return (await this.#connections.list()).map((ref) => ({ kind: 'connection', ref }));
    } catch (error) {
      if (isAbort(error)) {
        return [];
      }
      if (!isKmsError(error)) {
        throw error;
      }
      return [failure(undefined, 'failed', error)];
    }
  }

  async #keys(parent: ConnectionNode): Promise<Node[]> {
    const { ref } = parent;
    const id = connectionId(ref);
    if (this.#emptying.delete(id)) {
      setTimeout(() => this.#tell(id));
      return [message(parent, 'loading', 'loading', l10n.t('Loading…'), l10n.t('The account has changed.'))];
    }
    const session = await this.#openOr(parent, ref);
    if ('kind' in session) {
      return [session];
    }
    const { inventory, connection } = session;
    const { keys, state, settled, aliasError } = await inventory.keys();
    if (session.closed.aborted) {
      return [];
    }
    const customer: KmsKey[] = [];
    const managed: KmsKey[] = [];
    let staying = 0;
    for (const place of placesShown(this.#filter, keys, inventory.known())) {
      const key = keys[place];
      if (key === undefined) {
        continue;
      }
      (isAwsManaged(key, inventory.metadata(key.arn)) ? managed : customer).push(key);
      if (place < settled) {
        staying = customer.length;
      }
    }
    const shown = customer.slice(0, this.#shownKeys.get(id) ?? keyWindow);
    // A request for a row that more keys and aliases may still push out of the window would be one for nothing.
    const described = this.#typing === undefined ? shown.slice(0, staying) : [];
    inventory.describe(
      described.map(({ arn }) => arn),
      id,
    );

    const nodes: Node[] = [];
    // What keeps the keys away for the same reason says it already.
    const isTold = state.kind === 'failed' && state.error.details.kind === aliasError?.details.kind;
    if (aliasError !== undefined && !isTold) {
      nodes.push({ ...this.#failure(parent, session, 'aliases', aliasError), tone: 'warning' });
    }
    nodes.push(...shown.map((key): KeyNode => ({ kind: 'key', connection, key })));
    if (shown.length < customer.length) {
      nodes.push({ kind: 'more', parent, shown: shown.length, total: customer.length });
    }
    if (state.kind === 'failed') {
      nodes.push(this.#failure(parent, session, 'failed', state.error));
    }
    if (state.kind === 'loading') {
      const sofar = l10n.t('{0} so far', formatCount(keys.length));
      nodes.push(message(parent, 'loading', 'loading', l10n.t('Loading more keys…'), sofar));
    }
    if (managed.length > 0) {
      nodes.push({ kind: 'awsManagedKeys', connection, keys: managed });
    }
    const keyArns = this.#pinnedKeys.of(ref);
    if (keyArns.length > 0) {
      nodes.push({ kind: 'otherAccounts', ref, keyArns });
    }
    if (state.kind === 'complete' && keys.length > 0 && customer.length + managed.length === 0) {
      nodes.push(message(parent, 'filtered', 'info', l10n.t('Nothing matches'), l10n.t('The filter leaves no key.')));
    }
    if (state.kind === 'complete' && keys.length === 0) {
      const sentence = l10n.t('This account has no KMS keys in {0}.', connection.region);
      const empty = message(parent, 'empty', 'info', l10n.t('No keys'), sentence);
      nodes.push({ ...empty, actions: ['selectRegion', 'retry'] });
    }
    return nodes;
  }

  /** A key that was opened by ARN, in a connection of its own Region. */
  async #pinnedKey(parent: OtherAccountsNode, arn: string): Promise<Node[]> {
    const read = readKeyArn(arn);
    if (read === undefined) {
      return [];
    }
    const session = await this.#openOr(parent, inRegion(parent.ref, read.region), arn);
    if ('kind' in session) {
      return [session];
    }
    session.inventory.describe([arn], keyNodeId(session.connection, arn, parent.ref));
    return [{ kind: 'key', connection: session.connection, key: keyOfArn(read), pinnedTo: parent.ref }];
  }

  /** The session of a connection, or the row that says why there is none. */
  async #openOr(
    parent: ConnectionNode | OtherAccountsNode,
    ref: ConnectionRef,
    slot = 'failed',
  ): Promise<Session | MessageNode> {
    try {
      return await this.#connections.open(ref);
    } catch (error) {
      if (isKmsError(error)) {
        return { ...failure(parent, slot, error), ref };
      }
      if (isAbort(error)) {
        return message(parent, slot, 'loading', l10n.t('Loading…'), '');
      }
      throw error;
    }
  }

  async #grants(parent: KeyNode): Promise<Node[]> {
    const { connection, key, pinnedTo } = parent;
    const session = this.#connections.find(connection);
    if (session === undefined) {
      return [];
    }
    const listing = await session.inventory.grants(key.arn);
    if (session.closed.aborted) {
      return [];
    }
    const { state } = listing;
    const listed = new Set(listing.grants.map(({ grantId }) => grantId));
    await this.#revocations.reconcile(session, key.arn, {
      listed,
      isComplete: state.kind === 'complete',
      began: listing.began,
    });
    const metadata = session.inventory.metadata(key.arn);
    // Another grant is no duplicate of one that is about to go.
    const ending = new Set(this.#revocations.ofKey(connection.ref, key.arn).map(({ grant }) => grant.grantId));
    const id = nodeId(parent);
    const options = this.#findingSettings.get();
    // Each window of grants comes with a state of its own.
    const from = [state, metadata, JSON.stringify([...ending]), options.olderThanDays, [...options.off].join()];
    if (!isSame(from, this.#findings.get(id)?.from)) {
      const staying = listing.grants.filter(({ grantId }) => !ending.has(grantId));
      this.#findings.set(id, {
        from,
        found: findingsOfKey(staying, { options, key, metadata, now: this.#clock.now() }),
      });
    }
    const all = this.#withRevoked(listing, connection, key);
    const grants = all.filter((grant) => showsGrant(this.#filter, key, metadata, grant));
    const nodes: Node[] = grants.map((grant): GrantNode => ({ kind: 'grant', connection, key, grant, pinnedTo }));
    if (all.length > 0 && grants.length === 0) {
      const sentence =
        state.kind === 'complete'
          ? l10n.t('The filter leaves no grant.')
          : l10n.t('The filter leaves none of the {0} grants that are loaded.', formatCount(all.length));
      nodes.push(message(parent, 'filtered', 'info', l10n.t('Nothing matches'), sentence));
    }
    if (state.kind === 'more') {
      const isFiltered = this.#filter !== undefined;
      nodes.push({ kind: 'more', parent, shown: listing.grants.length, total: undefined, isFiltered });
    }
    if (state.kind === 'failed') {
      nodes.push(this.#failure(parent, session, 'failed', state.error));
    }
    if (state.kind === 'complete' && nodes.length === 0) {
      const empty = message(parent, 'empty', 'info', l10n.t('No grants'), l10n.t('This key has none.'));
      nodes.push({ ...empty, actions: ['retry'] });
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

  /** A failure in an open connection; when its sign-in no longer holds, the connection's own row says so too. */
  #failure(parent: ConnectionNode | KeyNode, session: Session, slot: string, error: KmsError): MessageNode {
    if (isSignInProblem(error)) {
      this.#connections.noteSignInProblem(session.connection, error);
    }
    return { ...failure(parent, slot, error), ref: session.connection.ref };
  }
}

function isSame(left: readonly unknown[], right: readonly unknown[] | undefined): boolean {
  return left.every((one, index) => one === right?.[index]);
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
  const tone = error.details.kind === 'signInNeeded' ? 'info' : 'error';
  return { ...message(parent, slot, tone, title, `${sentence} ${advice}`), actions, error };
}
