import * as l10n from '@vscode/l10n';
import { isAbort } from '../../core/base/abort.ts';
import { Emitter } from '../../core/base/emitter.ts';
import { formatCount } from '../../core/base/text.ts';
import type { Connections } from '../../core/connections/connections.ts';
import type { Inventory } from '../../core/connections/inventory.ts';
import type { KeyListing } from '../../core/connections/keyLoad.ts';
import { inRegion, type PinnedKeys } from '../../core/connections/pinnedKeys.ts';
import type { Session } from '../../core/connections/session.ts';
import { isKmsError } from '../../core/kms/errors.ts';
import { keyOfArn, parseKeyArn } from '../../core/kms/keyArn.ts';
import { type ConnectionRef, connectionId, isAwsManaged, type KmsKey } from '../../core/kms/model.ts';
import { shownIndexes, type TextFilter } from '../../core/words/filter.ts';
import { failure, failureIn, message } from '../shared/messages.ts';
import {
  type AwsManagedKeysNode,
  awsManagedKeysId,
  type ConnectionNode,
  type KeyNode,
  keyNodeId,
  type MessageNode,
  type Node,
  type PinnedKeysNode,
} from '../shared/nodes.ts';

/** Keys are shown in windows of this many. */
const keyWindow = 500;

/** The current filter. It can change while keys and grants are read. */
export interface Filtering {
  readonly filter: TextFilter | undefined;
  /** No key is described for a row that the next keypress may take away. */
  readonly isTyping: boolean;
}

/** The rows below a connection: its keys, and those that are pinned to it. */
export class KeyRows {
  readonly #connections: Connections;
  readonly #pinnedKeys: PinnedKeys;
  readonly #changed = new Emitter<string>();
  /** The children of the row with this ID must be read again. */
  readonly onDidChange = this.#changed.event;
  /** How many keys of a connection are shown, where that is more than one window. */
  readonly #shownKeys = new Map<string, number>();
  /** Connections whose rows are removed before new ones are shown. */
  readonly #emptying = new Set<string>();

  constructor(connections: Connections, pinnedKeys: PinnedKeys) {
    this.#connections = connections;
    this.#pinnedKeys = pinnedKeys;
  }

  /** Removes the rows of the connection with this ID before new ones are shown. */
  empty(id: string): void {
    this.#shownKeys.delete(id);
    this.#emptying.add(id);
  }

  showMore(id: string): void {
    this.#shownKeys.set(id, (this.#shownKeys.get(id) ?? keyWindow) + keyWindow);
  }

  /** Shows as many keys as it takes to include this one. */
  async showUpTo({ connection, key }: Pick<KeyNode, 'connection' | 'key'>): Promise<void> {
    const keys = (await this.#connections.find(connection)?.inventory.keys())?.keys ?? [];
    const place = keys.findIndex(({ arn }) => arn === key.arn);
    if (place >= (this.#shownKeys.get(connection.id) ?? keyWindow)) {
      this.#shownKeys.set(connection.id, Math.ceil((place + 1) / keyWindow) * keyWindow);
      this.#changed.fire(connection.id);
    }
  }

  async below(parent: ConnectionNode, filtering: Filtering): Promise<Node[]> {
    const { ref } = parent;
    const id = connectionId(ref);
    if (this.#emptying.delete(id)) {
      setTimeout(() => this.#changed.fire(id));
      return [message(parent, 'loading', 'loading', l10n.t('Loading…'), l10n.t('The account changed.'))];
    }
    const session = await this.#openOr(parent, ref);
    if ('kind' in session) {
      return [session];
    }
    const { inventory, connection } = session;
    const listing = await inventory.keys();
    if (session.closed.aborted) {
      return [];
    }
    const { filter, isTyping } = filtering;
    const { keys, state, aliasError } = listing;
    const { customer, managed, staying } = sorted(inventory, listing, filter);
    const shown = customer.slice(0, this.#shownKeys.get(id) ?? keyWindow);
    // Keys and aliases that are still to come may push a row out of the window: its request would be wasted.
    const described = isTyping ? [] : shown.slice(0, staying);
    inventory.describe(
      described.map(({ arn }) => arn),
      id,
    );

    const nodes: Node[] = [];
    // If the list of keys failed for the same reason, one message is enough.
    const isRepeated = state.kind === 'failed' && state.error.details.kind === aliasError?.details.kind;
    if (aliasError !== undefined && !isRepeated) {
      nodes.push({ ...failureIn(this.#connections, session, parent, 'aliases', aliasError), tone: 'warning' });
    }
    nodes.push(...shown.map((key): KeyNode => ({ kind: 'key', connection, key })));
    if (shown.length < customer.length) {
      nodes.push({ kind: 'more', parent, shown: shown.length, total: customer.length });
    }
    if (state.kind === 'failed') {
      nodes.push(failureIn(this.#connections, session, parent, 'failed', state.error));
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
      nodes.push({ kind: 'pinnedKeys', ref, keyArns });
    }
    if (state.kind === 'complete' && keys.length > 0 && customer.length + managed.length === 0) {
      nodes.push(message(parent, 'filtered', 'info', l10n.t('Nothing matches'), l10n.t('No key matches the filter.')));
    }
    if (state.kind === 'complete' && keys.length === 0) {
      const sentence = l10n.t('This account has no KMS keys in {0}.', connection.region);
      const empty = message(parent, 'empty', 'info', l10n.t('No keys'), sentence);
      nodes.push({ ...empty, actions: ['selectRegion', 'retry'] });
    }
    return nodes;
  }

  awsManaged({ connection, keys }: AwsManagedKeysNode): Node[] {
    this.#connections.find(connection)?.inventory.describe(
      keys.map(({ arn }) => arn),
      awsManagedKeysId(connection),
    );
    return keys.map((key): KeyNode => ({ kind: 'key', connection, key }));
  }

  async pinned(node: PinnedKeysNode): Promise<Node[]> {
    return (await Promise.all(node.keyArns.map((arn) => this.#pinnedKey(node, arn)))).flat();
  }

  /** A key that was opened by ARN, in a connection of its own Region. */
  async #pinnedKey(parent: PinnedKeysNode, arn: string): Promise<Node[]> {
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
    parent: ConnectionNode | PinnedKeysNode,
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
}

/** The keys that the filter leaves, customer managed and AWS managed ones apart. */
function sorted(inventory: Inventory, { keys, stableCount }: KeyListing, filter: TextFilter | undefined) {
  const customer: KmsKey[] = [];
  const managed: KmsKey[] = [];
  /** How many of the first customer managed keys keep their place. */
  let staying = 0;
  for (const place of shownIndexes(filter, keys, inventory.loadedDetails())) {
    const key = keys[place];
    if (key === undefined) {
      continue;
    }
    (isAwsManaged(key, inventory.metadata(key.arn)) ? managed : customer).push(key);
    if (place < stableCount) {
      staying = customer.length;
    }
  }
  return { customer, managed, staying };
}
