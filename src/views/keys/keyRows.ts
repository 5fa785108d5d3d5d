import * as l10n from '@vscode/l10n';
import { isAbort } from '../../core/base/abort.ts';
import type { Clock } from '../../core/base/clock.ts';
import { Emitter } from '../../core/base/emitter.ts';
import type { Revocations } from '../../core/changes/revocations.ts';
import type { Connections } from '../../core/connections/connections.ts';
import { compareGrants, type GrantListing } from '../../core/connections/grantLoad.ts';
import { inRegion, type PinnedKeys } from '../../core/connections/pinnedKeys.ts';
import type { Session } from '../../core/connections/session.ts';
import type { LazyEvidence } from '../../core/evidence/lazyEvidence.ts';
import { type FindingOptions, findingsOfKey, type KeyFindings, noFindings } from '../../core/findings/findings.ts';
import { isKmsError, isSignInProblem, type KmsError } from '../../core/kms/errors.ts';
import { keyOfArn, parseKeyArn } from '../../core/kms/keyArn.ts';
import {
  type Connection,
  type ConnectionRef,
  connectionId,
  type Grant,
  isAwsManaged,
  type KmsKey,
} from '../../core/kms/model.ts';
import { retirePermission } from '../../core/kms/retirement.ts';
import { shownIndexes, showsGrant, type TextFilter } from '../../core/words/filter.ts';
import type { Setting } from '../../platform/settings.ts';
import { findingFields } from '../shared/findingText.ts';
import {
  type ConnectionNode,
  type FieldNode,
  type GrantNode,
  type KeyNode,
  keyNodeId,
  type MessageNode,
  type Node,
  nodeId,
  type OtherAccountsNode,
} from '../shared/nodes.ts';
import { EvidenceRows } from './evidenceRows.ts';
import { grantFields } from './grantFields.ts';
import { failure, message } from './messages.ts';
import { formatCount, type Known } from './treeItem.ts';

/** Keys are shown in windows of this many. */
const keyWindow = 500;

/** The findings of a key, with what they were made from: a filter asks for the same ones at each keypress. */
interface KnownFindings {
  readonly from: readonly unknown[];
  readonly found: KeyFindings;
}

export interface KeyRowsOptions {
  readonly connections: Connections;
  readonly revocations: Revocations;
  readonly pinnedKeys: PinnedKeys;
  readonly accountName: (account: string) => string | undefined;
  readonly evidence: LazyEvidence;
  readonly findings: Setting<FindingOptions>;
  readonly clock: Pick<Clock, 'now'>;
}

/** What stands below each row of the Keys view: connections → keys → grants → fields. It holds nothing that KMS said. */
export class KeyRows {
  readonly #connections: Connections;
  readonly #revocations: Revocations;
  readonly #pinnedKeys: PinnedKeys;
  readonly #findingSettings: Setting<FindingOptions>;
  readonly #clock: KeyRowsOptions['clock'];
  readonly known: Known;
  readonly #changed = new Emitter<string>();
  /** What is below the row with this ID is to be read again. */
  readonly onDidChange = this.#changed.event;
  filter: TextFilter | undefined;
  /** No key is described for a row that the next keypress may take away. */
  isTyping = false;
  /** How many keys of a connection are shown, where that is more than one window. */
  readonly #shownKeys = new Map<string, number>();
  /** Connections whose rows must go before others come in their place. */
  readonly #emptying = new Set<string>();
  /** Of the keys whose grants were listed, by node. */
  readonly #findings = new Map<string, KnownFindings>();
  readonly evidence: EvidenceRows;

  constructor({ connections, revocations, pinnedKeys, accountName, evidence, findings, clock }: KeyRowsOptions) {
    this.#connections = connections;
    this.#revocations = revocations;
    this.#pinnedKeys = pinnedKeys;
    this.#findingSettings = findings;
    this.#clock = clock;
    this.evidence = new EvidenceRows(connections, evidence);
    this.evidence.onDidChange((id) => this.#changed.fire(id));
    this.known = {
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
        return caller !== undefined && retirePermission(caller.arn, grant) !== 'no';
      },
      findings: (node) => {
        const found = this.#findings.get(keyNodeId(node.connection, node.key.arn, node.pinnedTo))?.found ?? noFindings;
        return node.kind === 'key' ? found.key : found.of(node.grant.grantId);
      },
    };
  }

  /** Nothing of the account that a connection led to may be seen under the one that it leads to now. */
  empty(id: string): void {
    this.#shownKeys.delete(id);
    this.#findings.clear();
    this.#emptying.add(id);
  }

  showMoreKeys(id: string): void {
    this.#shownKeys.set(id, (this.#shownKeys.get(id) ?? keyWindow) + keyWindow);
  }

  /** So many keys are shown that this one is among them. */
  async showKeysUpTo({ connection, key }: KeyNode): Promise<void> {
    const keys = (await this.#connections.find(connection)?.inventory.keys())?.keys ?? [];
    const place = keys.findIndex(({ arn }) => arn === key.arn);
    if (place >= (this.#shownKeys.get(connection.id) ?? keyWindow)) {
      this.#shownKeys.set(connection.id, Math.ceil((place + 1) / keyWindow) * keyWindow);
      this.#changed.fire(connection.id);
    }
  }

  /** The findings of rows that are gone need not be kept. */
  keepFindings(isShown: (id: string) => boolean): void {
    for (const id of this.#findings.keys()) {
      if (!isShown(id)) {
        this.#findings.delete(id);
      }
    }
  }

  /** @param node `undefined`: the view itself */
  async below(node: Node | undefined): Promise<Node[]> {
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
        return [{ kind: 'evidence', parent: node }, ...this.#fields(node)];
      case 'evidence':
        return this.evidence.below(node);
      case 'field':
      case 'evidenceLine':
      case 'more':
      case 'message':
        return [];
    }
  }

  #fields(parent: GrantNode): readonly FieldNode[] {
    const fields = [...findingFields(this.known.findings(parent)), ...grantFields(parent.grant)];
    return fields.map(({ name, value }) => ({ kind: 'field', parent, name, value }));
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
      setTimeout(() => this.#changed.fire(id));
      return [message(parent, 'loading', 'loading', l10n.t('Loading…'), l10n.t('The account has changed.'))];
    }
    const session = await this.#openOr(parent, ref);
    if ('kind' in session) {
      return [session];
    }
    const { inventory, connection } = session;
    const { keys, state, stableCount, aliasError } = await inventory.keys();
    if (session.closed.aborted) {
      return [];
    }
    const customer: KmsKey[] = [];
    const managed: KmsKey[] = [];
    let staying = 0;
    for (const place of shownIndexes(this.filter, keys, inventory.loadedDetails())) {
      const key = keys[place];
      if (key === undefined) {
        continue;
      }
      (isAwsManaged(key, inventory.metadata(key.arn)) ? managed : customer).push(key);
      if (place < stableCount) {
        staying = customer.length;
      }
    }
    const shown = customer.slice(0, this.#shownKeys.get(id) ?? keyWindow);
    // A request for a row that more keys and aliases may still push out of the window would be one for nothing.
    const described = this.isTyping ? [] : shown.slice(0, staying);
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
    const read = parseKeyArn(arn);
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

  /** The session of a connection, or the row that says why it can't be opened. */
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
    const grants = all.filter((grant) => showsGrant(this.filter, key, metadata, grant));
    const nodes: Node[] = grants.map((grant): GrantNode => ({ kind: 'grant', connection, key, grant, pinnedTo }));
    if (all.length > 0 && grants.length === 0) {
      const sentence =
        state.kind === 'complete'
          ? l10n.t('The filter leaves no grant.')
          : l10n.t('The filter leaves none of the {0} grants that are loaded.', formatCount(all.length));
      nodes.push(message(parent, 'filtered', 'info', l10n.t('Nothing matches'), sentence));
    }
    if (state.kind === 'more') {
      const isFiltered = this.filter !== undefined;
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
      this.#connections.reportSignInProblem(session.connection, error);
    }
    return { ...failure(parent, slot, error), ref: session.connection.ref };
  }
}

function isSame(left: readonly unknown[], right: readonly unknown[] | undefined): boolean {
  return left.every((one, index) => one === right?.[index]);
}
