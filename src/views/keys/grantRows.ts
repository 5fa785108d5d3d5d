import * as l10n from '@vscode/l10n';
import type { Clock } from '../../core/base/clock.ts';
import { formatCount } from '../../core/base/text.ts';
import type { Revocations } from '../../core/changes/revocations.ts';
import type { Connections } from '../../core/connections/connections.ts';
import { compareGrants, type GrantListing } from '../../core/connections/grantLoad.ts';
import type { Session } from '../../core/connections/session.ts';
import type { EvidenceChange } from '../../core/evidence/evidence.ts';
import type { LazyEvidence } from '../../core/evidence/lazyEvidence.ts';
import type { Finding, FindingOptions } from '../../core/findings/finding.ts';
import { findingsOfKey, type KeyFindings, noFindings } from '../../core/findings/findings.ts';
import type { Connection, Grant, KmsKey } from '../../core/kms/model.ts';
import { showsGrant } from '../../core/words/filter.ts';
import type { Setting } from '../../platform/settings.ts';
import { failureIn, message } from '../shared/messages.ts';
import { type GrantNode, type KeyNode, keyNodeId, type Node, nodeId } from '../shared/nodes.ts';
import type { Filtering } from './keyRows.ts';

/** The findings of a key, with what they were made from: a filter asks for the same ones at each keypress. */
interface KnownFindings {
  readonly node: KeyNode;
  readonly from: readonly unknown[];
  /** Those that are looked at. */
  readonly grants: readonly Grant[];
  readonly found: KeyFindings;
}

export interface GrantRowsOptions {
  readonly connections: Connections;
  readonly revocations: Revocations;
  readonly evidence: LazyEvidence;
  readonly findings: Setting<FindingOptions>;
  readonly clock: Pick<Clock, 'now'>;
}

/** The rows below a key: its grants, with what is remarkable about them. */
export class GrantRows {
  readonly #connections: Connections;
  readonly #revocations: Revocations;
  readonly #evidence: LazyEvidence;
  readonly #findingSettings: Setting<FindingOptions>;
  readonly #clock: GrantRowsOptions['clock'];
  /** Of the keys whose grants were listed, by node. */
  readonly #findings = new Map<string, KnownFindings>();

  constructor({ connections, revocations, evidence, findings, clock }: GrantRowsOptions) {
    this.#connections = connections;
    this.#revocations = revocations;
    this.#evidence = evidence;
    this.#findingSettings = findings;
    this.#clock = clock;
  }

  /** Of a grant, or of the key itself, once its grants are loaded. */
  findings(node: GrantNode | KeyNode): readonly Finding[] {
    const found = this.#findings.get(keyNodeId(node.connection, node.key.arn, node.pinnedTo))?.found ?? noFindings;
    return node.kind === 'key' ? found.key : found.of(node.grant.grantId);
  }

  /** @returns the IDs of the rows of this key whose grants have other findings now, by what was loaded about them */
  refreshFindings({ session, keyArn }: EvidenceChange): readonly string[] {
    const changed: string[] = [];
    for (const [id, before] of this.#findings) {
      const { node, grants } = before;
      if (node.connection.opening !== session.connection.opening || node.key.arn !== keyArn) {
        continue;
      }
      const found = this.#findingsOf(node, grants, session);
      if (grants.some(({ grantId }) => textOf(found.of(grantId)) !== textOf(before.found.of(grantId)))) {
        this.#findings.set(id, { ...before, found });
        changed.push(id);
      }
    }
    return changed;
  }

  forgetFindings(): void {
    this.#findings.clear();
  }

  /** Forgets the findings of rows that are no longer shown. */
  keepFindings(isShown: (id: string) => boolean): void {
    for (const id of this.#findings.keys()) {
      if (!isShown(id)) {
        this.#findings.delete(id);
      }
    }
  }

  async below(parent: KeyNode, filtering: Pick<Filtering, 'filter'>): Promise<Node[]> {
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
    this.#updateFindings(parent, listing, session);
    const { filter } = filtering;
    const all = this.#withRevoked(listing, connection, key);
    const grants = all.filter((grant) => showsGrant(filter, key, metadata, grant));
    const nodes: Node[] = grants.map((grant): GrantNode => ({ kind: 'grant', connection, key, grant, pinnedTo }));
    if (all.length > 0 && grants.length === 0) {
      const sentence =
        state.kind === 'complete'
          ? l10n.t('No grant matches the filter.')
          : l10n.t('No grant loaded so far matches the filter. Loaded: {0}.', formatCount(all.length));
      nodes.push(message(parent, 'filtered', 'info', l10n.t('Nothing matches'), sentence));
    }
    if (state.kind === 'more') {
      const isFiltered = filter !== undefined;
      nodes.push({ kind: 'more', parent, shown: listing.grants.length, total: undefined, isFiltered });
    }
    if (state.kind === 'failed') {
      nodes.push(failureIn(this.#connections, session, parent, 'failed', state.error));
    }
    if (state.kind === 'complete' && nodes.length === 0) {
      const empty = message(parent, 'empty', 'info', l10n.t('No grants'), elsewhere());
      nodes.push({ ...empty, actions: ['retry'] });
    }
    return nodes;
  }

  #updateFindings(node: KeyNode, listing: GrantListing, session: Session): void {
    const { connection, key } = node;
    // A grant that is being revoked makes no other grant a duplicate.
    const ending = new Set(this.#revocations.ofKey(connection.ref, key.arn).map(({ grant }) => grant.grantId));
    const id = nodeId(node);
    const { off, ...days } = this.#findingSettings.get();
    // The list has a new state object with each window of grants.
    const from = [
      listing.state,
      session.inventory.metadata(key.arn),
      JSON.stringify([...ending]),
      JSON.stringify(days),
      [...off].join(),
    ];
    if (!isSame(from, this.#findings.get(id)?.from)) {
      const grants = listing.grants.filter(({ grantId }) => !ending.has(grantId));
      this.#findings.set(id, { node, from, grants, found: this.#findingsOf(node, grants, session) });
    }
  }

  #findingsOf({ key }: KeyNode, grants: readonly Grant[], session: Session): KeyFindings {
    return findingsOfKey(grants, {
      options: this.#findingSettings.get(),
      key,
      metadata: session.inventory.metadata(key.arn),
      now: this.#clock.now(),
      evidenceOf: (grant) => this.#evidence.of({ session, key, grant }),
    });
  }

  /** Keeps grants in the list whose revoke is being followed, also when KMS no longer lists them. */
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

function elsewhere(): string {
  return l10n.t('Access to this key may come from its key policy, or from IAM policies that it delegates to.');
}

function textOf(findings: readonly Finding[]): string {
  return findings.map(({ kind, reason }) => `${kind} ${reason}`).join();
}

function isSame(left: readonly unknown[], right: readonly unknown[] | undefined): boolean {
  return left.every((one, index) => one === right?.[index]);
}
