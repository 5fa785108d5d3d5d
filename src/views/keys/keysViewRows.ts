import { isAbort } from '../../core/base/abort.ts';
import type { Clock } from '../../core/base/clock.ts';
import { Emitter } from '../../core/base/emitter.ts';
import type { Revocations } from '../../core/changes/revocations.ts';
import type { Connections } from '../../core/connections/connections.ts';
import type { PinnedKeys } from '../../core/connections/pinnedKeys.ts';
import type { LazyEvidence } from '../../core/evidence/lazyEvidence.ts';
import type { FindingOptions } from '../../core/findings/finding.ts';
import { isKmsError } from '../../core/kms/errors.ts';
import type { LazyTerraform } from '../../core/terraform/lazyTerraform.ts';
import type { TextFilter } from '../../core/words/filter.ts';
import type { Setting } from '../../platform/settings.ts';
import { EvidenceRows } from '../shared/evidenceRows.ts';
import { findingFields } from '../shared/findingText.ts';
import { grantFields } from '../shared/grantFields.ts';
import { failure } from '../shared/messages.ts';
import { type FieldNode, type GrantNode, type Node, nodeId } from '../shared/nodes.ts';
import { GrantRows } from './grantRows.ts';
import { KeyRows } from './keyRows.ts';
import { type Known, knownFrom } from './known.ts';

export interface KeysViewRowsOptions {
  readonly connections: Connections;
  readonly revocations: Revocations;
  readonly pinnedKeys: PinnedKeys;
  readonly accountName: (account: string) => string | undefined;
  readonly evidence: LazyEvidence;
  readonly terraform: LazyTerraform;
  readonly findings: Setting<FindingOptions>;
  readonly clock: Pick<Clock, 'now'>;
}

/** The rows below each row of the Keys view: connections → keys → grants → fields. It caches no answers of KMS. */
export class KeysViewRows {
  readonly #connections: Connections;
  readonly #changed = new Emitter<string>();
  /** The children of the row with this ID must be read again. */
  readonly onDidChange = this.#changed.event;
  readonly known: Known;
  readonly keys: KeyRows;
  readonly grants: GrantRows;
  readonly evidence: EvidenceRows;
  filter: TextFilter | undefined;
  isTyping = false;

  constructor(options: KeysViewRowsOptions) {
    const { connections, pinnedKeys } = options;
    this.#connections = connections;
    this.keys = new KeyRows(connections, pinnedKeys);
    this.grants = new GrantRows(options);
    this.evidence = new EvidenceRows(options, nodeId);
    this.known = knownFrom(options, (node) => this.grants.findings(node));
    this.keys.onDidChange((id) => this.#changed.fire(id));
    this.evidence.onDidChange((node) => this.#changed.fire(nodeId(node)));
  }

  /** Removes everything of a connection that may now belong to another account. */
  empty(id: string): void {
    this.keys.empty(id);
    this.grants.forgetFindings();
  }

  /** @param node `undefined`: the view itself */
  async below(node: Node | undefined): Promise<Node[]> {
    if (node === undefined) {
      return this.#roots();
    }
    switch (node.kind) {
      case 'connection':
        return this.keys.below(node, this);
      case 'awsManagedKeys':
        return this.keys.awsManaged(node);
      case 'pinnedKeys':
        return this.keys.pinned(node);
      case 'key':
        return this.grants.below(node, this);
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
}
