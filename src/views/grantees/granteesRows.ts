import * as l10n from '@vscode/l10n';
import type { Connections } from '../../core/connections/connections.ts';
import type { Grouping } from '../../core/findings/arrangement.ts';
import type { Changes } from '../../core/findings/changes.ts';
import type { ChangeNote } from '../../core/findings/grantChange.ts';
import { grantIdentity } from '../../core/kms/model.ts';
import type { EvidenceRows } from '../shared/evidenceRows.ts';
import { findingFields } from '../shared/findingText.ts';
import { grantFields } from '../shared/grantFields.ts';
import { message } from '../shared/messages.ts';
import type { EvidenceNode } from '../shared/nodes.ts';
import type { ArrangedGrants } from './arrangedGrants.ts';
import {
  type GranteesNode,
  type GroupedGrantNode,
  type GroupNode,
  granteesNodeId,
  isGone,
  isGrouped,
} from './granteesNodes.ts';
import type { LastSearch } from './lastSearch.ts';

/** Groups, and the grants of each, are shown in windows of this many. */
const rowWindow = 500;

export interface GranteesRowsOptions {
  readonly connections: Pick<Connections, 'find'>;
  readonly search: LastSearch;
  readonly grants: ArrangedGrants;
  readonly evidence: EvidenceRows;
  readonly grouping: () => Grouping;
  readonly changes: () => Changes | undefined;
}

/** The rows below each row of the Grants view: groups → grants → fields. */
export class GranteesRows {
  readonly #options: GranteesRowsOptions;
  #groups: readonly GroupNode[] | undefined;
  /** How many grants of a group are shown, or groups of a grouping, where that is more than one window. */
  readonly #shown = new Map<string, number>();
  /** The rows of a grant that VS Code holds, one in each group. */
  readonly #grants = new Map<string, Map<string, GroupedGrantNode>>();

  constructor(options: GranteesRowsOptions) {
    this.#options = options;
  }

  /** The rows of a grant that VS Code holds. */
  ofGrant(identity: string): readonly GroupedGrantNode[] {
    return [...(this.#grants.get(identity)?.values() ?? [])];
  }

  /** The grants are arranged in another way: none of the rows stays. */
  forget(): void {
    this.#groups = undefined;
    this.#grants.clear();
    this.#options.evidence.forgetRows();
  }

  /** Each list begins with one window again. */
  forgetShown(): void {
    this.#shown.clear();
  }

  /** @returns the first of the rows that are shown besides */
  showMore(group: GroupNode | undefined): GranteesNode | undefined {
    const id = group?.group.id ?? this.#options.grouping();
    const before = this.#shownOf(id);
    this.#shown.set(id, before + rowWindow);
    return group === undefined ? this.#allGroups()[before] : this.#ofGroup(group)[before];
  }

  /** @param node `undefined`: the view itself */
  below(node: Exclude<GranteesNode, EvidenceNode> | undefined): GranteesNode[];
  below(node: GranteesNode | undefined): GranteesNode[] | Promise<GranteesNode[]>;
  below(node: GranteesNode | undefined): GranteesNode[] | Promise<GranteesNode[]> {
    if (node === undefined) {
      return this.#roots();
    }
    switch (node.kind) {
      case 'group':
        return this.#ofGroup(node);
      case 'grant':
        return this.#ofGrant(node);
      case 'evidence':
        return this.#ofEvidence(node);
      case 'unreadableGroup':
        return node.unreadable.map((unreadable, index) => ({ kind: 'unreadable', parent: node, index, unreadable }));
      case 'scanState':
      case 'field':
      case 'evidenceLine':
      case 'message':
      case 'moreGrants':
      case 'unreadable':
      case 'nothing':
        return [];
    }
  }

  parentOf(node: GranteesNode): GranteesNode | undefined {
    switch (node.kind) {
      case 'grant':
      case 'moreGrants':
        return node.group;
      case 'field':
      case 'evidence':
        return isGrouped(node.parent) ? node.parent : undefined;
      case 'evidenceLine':
      case 'unreadable':
        return node.parent;
      case 'message':
        return node.parent?.kind === 'evidence' ? node.parent : undefined;
      case 'scanState':
      case 'group':
      case 'unreadableGroup':
      case 'nothing':
        return undefined;
    }
  }

  #roots(): GranteesNode[] {
    const { search, grants, grouping, changes } = this.#options;
    const { state } = search;
    if (state === undefined) {
      return [];
    }
    if (state.kind === 'running') {
      return [{ kind: 'scanState', state }];
    }
    const { unreadable } = state.result;
    const groups = this.#allGroups();
    const shown = groups.slice(0, this.#shownOf(grouping()));
    const more = { kind: 'moreGrants', group: undefined, shown: shown.length, total: groups.length } as const;
    return [
      { kind: 'scanState', state },
      ...notesOf(grouping(), changes()?.notes),
      ...shown,
      ...(shown.length < groups.length ? [more] : []),
      ...(groups.length === 0 ? [{ kind: 'nothing' as const, isFiltered: grants.all.length > 0 }] : []),
      ...(unreadable.length > 0 ? [{ kind: 'unreadableGroup' as const, unreadable }] : []),
    ];
  }

  #ofGroup(node: GroupNode): GranteesNode[] {
    const { grants, notes } = node.group;
    const shown = grants.slice(0, this.#shownOf(node.group.id));
    const nodes = shown.map((held): GranteesNode => {
      const { connection, key, grant } = held;
      const row: GroupedGrantNode = { kind: 'grant', connection, key, grant, group: node, held };
      this.#remember(row);
      return row;
    });
    if (shown.length < grants.length) {
      nodes.push({ kind: 'moreGrants', group: node, shown: shown.length, total: grants.length });
    }
    return [...notesOf(node.group.id, notes), ...nodes];
  }

  #ofGrant(parent: GroupedGrantNode): GranteesNode[] {
    const { findings, change } = parent.held;
    const fields = [...(change?.fields ?? []), ...findingFields(findings), ...grantFields(parent.grant)];
    return [
      ...(isGone(parent) ? [] : [{ kind: 'evidence', parent } as const]),
      ...fields.map(({ name, value }): GranteesNode => ({ kind: 'field', parent, name, value })),
    ];
  }

  async #ofEvidence(node: EvidenceNode): Promise<GranteesNode[]> {
    const { connections, evidence } = this.#options;
    if (connections.find(node.parent.connection) === undefined) {
      const sentence = l10n.t('The connection was closed or reopened after the search. Run Find Grants again.');
      return [message(node, 'closed', 'info', l10n.t('Not available'), sentence)];
    }
    return evidence.below(node);
  }

  #shownOf(id: string): number {
    return this.#shown.get(id) ?? rowWindow;
  }

  #remember(row: GroupedGrantNode): void {
    const id = grantIdentity(row);
    const rows = this.#grants.get(id) ?? new Map<string, GroupedGrantNode>();
    this.#grants.set(id, rows.set(granteesNodeId(row), row));
  }

  #allGroups(): readonly GroupNode[] {
    this.#groups ??= this.#options.grants.groups().map((group) => ({ kind: 'group', group }));
    return this.#groups;
  }
}

function notesOf(place: string, notes: readonly ChangeNote[] = []): GranteesNode[] {
  return notes.map(({ title, sentence }, index) => message(undefined, `${place}|${index}`, 'warning', title, sentence));
}
