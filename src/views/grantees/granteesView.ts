import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import type { Clock } from '../../core/base/clock.ts';
import type { EndedWait, RevocationRecord } from '../../core/changes/revocationRecord.ts';
import type { Revocations } from '../../core/changes/revocations.ts';
import type { Connections } from '../../core/connections/connections.ts';
import type { FindingOptions } from '../../core/findings/finding.ts';
import type { Arrangement, Grouping, HeldGrant, Sorting } from '../../core/findings/grantGroups.ts';
import type { ScanResult } from '../../core/findings/scan.ts';
import { connectionId, grantIdentity } from '../../core/kms/model.ts';
import { textFilter } from '../../core/words/filter.ts';
import type { Setting } from '../../platform/settings.ts';
import type { Kept } from '../../platform/store.ts';
import { grantFields } from '../keys/grantFields.ts';
import { findingFields } from '../shared/findingText.ts';
import { namedRow, type RowLookup } from '../shared/nodes.ts';
import { ArrangedGrants } from './arrangedGrants.ts';
import {
  type GranteesNode,
  type GroupedGrantNode,
  type GroupNode,
  granteesItem,
  granteesNodeId,
  granteesTooltip,
  isGrouped,
  type KnownOfGrantees,
  type MoreGrantsNode,
} from './granteeItem.ts';
import { LastSearch, type ScanRun } from './lastSearch.ts';

/** Groups, and the grants of each, are shown in windows of this many. */
const rowWindow = 500;
export interface GranteesViewOptions {
  readonly connections: Pick<Connections, 'onDidChangeAccount'>;
  readonly revocations: Revocations;
  readonly findings: Setting<FindingOptions>;
  /** How the grants were last arranged. */
  readonly arrangement: Kept<Arrangement>;
  readonly clock: Pick<Clock, 'now'>;
  /** The view that shows the rows; its description and message say how they are arranged and filtered. */
  readonly tree: Pick<vscode.TreeView<GranteesNode>, 'description' | 'message' | 'reveal'>;
}

/** The Grantees view: what the last search found, by who holds it, by finding, by operation or by key. */
export class GranteesView implements vscode.TreeDataProvider<GranteesNode>, RowLookup {
  readonly #revocations: Revocations;
  readonly #changed = new vscode.EventEmitter<GranteesNode | GranteesNode[] | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #known: KnownOfGrantees;
  readonly #tree: GranteesViewOptions['tree'];
  readonly #subscriptions: vscode.Disposable;
  readonly #search: LastSearch;
  readonly #grants: ArrangedGrants;
  readonly #arrangement: Kept<Arrangement>;
  #groups: readonly GroupNode[] | undefined;
  /** The result is of more than one connection. */
  #showsPlace = false;
  /** How many grants of a group are shown, or groups of a grouping, where that is more than one window. */
  readonly #shown = new Map<string, number>();
  /** The rows of a grant that VS Code holds, one in each group. */
  readonly #rows = new Map<string, Map<string, GroupedGrantNode>>();
  /** All rows that were ever given out. */
  readonly #given = new WeakSet<object>();
  #refreshing: NodeJS.Timeout | undefined;

  constructor({ connections, revocations, findings, arrangement, clock, tree }: GranteesViewOptions) {
    this.#revocations = revocations;
    this.#arrangement = arrangement;
    this.#tree = tree;
    this.#search = new LastSearch(clock);
    this.#grants = new ArrangedGrants({
      keys: () => this.#search.result?.keys ?? [],
      arrangement: () => this.arrangement,
      revocations,
      findings,
      clock,
    });
    const view = this;
    this.#known = {
      revocation: ({ connection, key, grant }) => revocations.state(connection.ref, key, grant.grantId),
      now: () => clock.now(),
      // Who asks is known to the Keys view only.
      mayRetire: () => false,
      findings: (node) => (node.kind === 'grant' && isGrouped(node) ? node.held.findings : []),
      get grouping() {
        return view.arrangement.grouping;
      },
      get showsPlace() {
        return view.#showsPlace;
      },
    };
    this.#subscriptions = vscode.Disposable.from(
      connections.onDidChangeAccount((id) => this.#forgetConnection(id)),
      revocations.onDidChange((record) => this.#tellRevocation(record)),
      revocations.onDidEnd((ended) => this.#forgetGone(ended)),
      findings.onDidChange(() => this.#recompute()),
      this.#search.onDidChange((what) => this.#searched(what)),
    );
    this.#describe();
  }

  getTreeItem(node: GranteesNode): vscode.TreeItem {
    return granteesItem(node, this.#known);
  }

  idOf(node: GranteesNode): string | undefined {
    return granteesNodeId(node);
  }

  resolveTreeItem(item: vscode.TreeItem, node: GranteesNode): vscode.TreeItem {
    item.tooltip = granteesTooltip(node, this.#known);
    return item;
  }

  getParent(node: GranteesNode): GranteesNode | undefined {
    switch (node.kind) {
      case 'grant':
      case 'moreGrants':
        return node.group;
      case 'field':
        return isGrouped(node.parent) ? node.parent : undefined;
      case 'unreadable':
        return node.parent;
      case 'scanState':
      case 'group':
      case 'unreadableGroup':
      case 'nothing':
        return undefined;
    }
  }

  getChildren(node?: GranteesNode): GranteesNode[] {
    const children = this.#children(node);
    for (const child of children) {
      this.#given.add(child);
    }
    return children;
  }

  row(argument: object): object | undefined {
    if (this.#given.has(argument)) {
      return argument;
    }
    const { kind, connection, keyArn, grantId } = namedRow(argument);
    if (kind !== 'grant' || connection === undefined || keyArn === undefined || grantId === undefined) {
      return undefined;
    }
    const rows = this.#rows.get(grantIdentity({ connection, key: { arn: keyArn }, grant: { grantId } }));
    return [...(rows?.values() ?? [])].find((row) => row.connection.opening === connection.opening);
  }

  #children(node: GranteesNode | undefined): GranteesNode[] {
    if (node === undefined) {
      return this.#roots();
    }
    switch (node.kind) {
      case 'group':
        return this.#rowsOf(node);
      case 'grant':
        return [...findingFields(this.#known.findings(node)), ...grantFields(node.grant)].map(({ name, value }) => ({
          kind: 'field',
          parent: node,
          name,
          value,
        }));
      case 'unreadableGroup':
        return node.unreadable.map((unreadable, index) => ({ kind: 'unreadable', parent: node, index, unreadable }));
      case 'scanState':
      case 'field':
      case 'moreGrants':
      case 'unreadable':
      case 'nothing':
        return [];
    }
  }

  /** Begins a search, in place of one that is under way. */
  start(): ScanRun {
    return this.#search.start();
  }

  get arrangement(): Arrangement {
    return this.#arrangement.get();
  }

  get filter(): string {
    return this.#grants.filter?.text ?? '';
  }

  prepareFilter(): void {
    this.#grants.prepareFilter();
  }

  setFilter(text: string): void {
    this.#grants.filter = textFilter(text);
    this.#regroup();
  }

  setGrouping(grouping: Grouping): void {
    this.#arrange({ grouping });
  }

  setSorting(sorting: Sorting): void {
    this.#arrange({ sorting });
  }

  /** The grants that the filter leaves, each once; and why some may be missing, if so. */
  shownGrants(): { readonly held: readonly HeldGrant[]; readonly result: ScanResult | undefined } {
    return { held: this.#grants.filtered, result: this.#search.result };
  }

  /** The first of the new rows gets the focus: it is where the row that was pressed has been. */
  async loadMore({ group }: MoreGrantsNode): Promise<void> {
    const id = group?.group.id ?? this.arrangement.grouping;
    const before = this.#shownOf(id);
    this.#shown.set(id, before + rowWindow);
    this.#changed.fire(group);
    const first = group === undefined ? this.#allGroups()[before] : this.#rowsOf(group)[before];
    if (first !== undefined) {
      await this.#tree.reveal(first, { select: true, focus: true });
    }
  }

  #tellRevocation(record: RevocationRecord): void {
    const { connection, key, grant } = record;
    const isEnding = this.#revocations.state(connection, key, grant.grantId) !== undefined;
    const id = grantIdentity(record);
    // Whether another grant is a duplicate depends on those that stay.
    const wasEnding = this.#grants.wasEnding(id);
    if (wasEnding !== undefined && isEnding !== wasEnding) {
      this.#recomputeSoon();
    }
    const rows = [...(this.#rows.get(id)?.values() ?? [])];
    if (rows.length > 0) {
      this.#changed.fire(rows);
    }
  }

  /** A grant that KMS no longer lists is none that anybody holds. */
  #forgetGone({ record: { connection, key, grant }, outcome }: EndedWait): void {
    if (outcome.kind !== 'gone') {
      return;
    }
    const id = connectionId(connection);
    this.#search.keep((scanned) => {
      if (scanned.connection.id !== id || scanned.key.arn !== key.arn) {
        return scanned;
      }
      return { ...scanned, grants: scanned.grants.filter(({ grantId }) => grantId !== grant.grantId) };
    });
    this.#recomputeSoon();
  }

  /** Nothing of the account that a connection led to may be seen under the one that it leads to now. */
  #forgetConnection(id: string): void {
    this.#search.keep((scanned) => (scanned.connection.id === id ? undefined : scanned));
    this.#recompute();
  }

  dispose(): void {
    this.#subscriptions.dispose();
    this.#search.dispose();
    clearTimeout(this.#refreshing);
    this.#changed.dispose();
  }

  #searched(what: 'progress' | 'state'): void {
    if (what === 'progress') {
      this.#changed.fire(undefined);
      return;
    }
    this.#shown.clear();
    this.#recompute();
  }

  #arrange(changes: Partial<Arrangement>): void {
    this.#arrangement.set({ ...this.arrangement, ...changes });
    this.#regroup();
  }

  #recompute(): void {
    this.#grants.recompute();
    const keys = this.#search.result?.keys ?? [];
    this.#showsPlace = new Set(keys.map(({ connection }) => connection.id)).size > 1;
    this.#regroup();
  }

  /** Once for many revokes. */
  #recomputeSoon(): void {
    this.#refreshing ??= setTimeout(() => {
      this.#refreshing = undefined;
      this.#recompute();
    });
  }

  #regroup(): void {
    this.#grants.regroup();
    this.#groups = undefined;
    this.#rows.clear();
    this.#changed.fire(undefined);
    this.#describe();
  }

  #roots(): GranteesNode[] {
    const { state } = this.#search;
    if (state === undefined) {
      return [];
    }
    if (state.kind === 'running') {
      return [{ kind: 'scanState', state }];
    }
    const { unreadable } = state.result;
    const groups = this.#allGroups();
    const shown = groups.slice(0, this.#shownOf(this.arrangement.grouping));
    const more = { kind: 'moreGrants', group: undefined, shown: shown.length, total: groups.length } as const;
    return [
      { kind: 'scanState', state },
      ...shown,
      ...(shown.length < groups.length ? [more] : []),
      ...(groups.length === 0 ? [{ kind: 'nothing' as const, isFiltered: this.#grants.all.length > 0 }] : []),
      ...(unreadable.length > 0 ? [{ kind: 'unreadableGroup' as const, unreadable }] : []),
    ];
  }

  #rowsOf(node: GroupNode): GranteesNode[] {
    const { grants } = node.group;
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
    return nodes;
  }

  #shownOf(id: string): number {
    return this.#shown.get(id) ?? rowWindow;
  }

  #remember(row: GroupedGrantNode): void {
    const id = grantIdentity(row);
    const rows = this.#rows.get(id) ?? new Map<string, GroupedGrantNode>();
    this.#rows.set(id, rows.set(granteesNodeId(row), row));
  }

  #allGroups(): readonly GroupNode[] {
    this.#groups ??= this.#grants.groups.map((group) => ({ kind: 'group', group }));
    return this.#groups;
  }

  /** Grouping, order and filter, in words. */
  #describe(): void {
    const { grouping, sorting } = this.arrangement;
    this.#tree.description = `${groupingText(grouping)} · ${sortingText(sorting)}`;
    const { filter } = this.#grants;
    this.#tree.message =
      filter === undefined
        ? ''
        : l10n.t('Filter "{0}": {1} of {2} grants', filter.text, this.#grants.filtered.length, this.#grants.all.length);
  }
}

export function groupingText(grouping: Grouping): string {
  switch (grouping) {
    case 'principal':
      return l10n.t('by grantee');
    case 'finding':
      return l10n.t('by finding');
    case 'operation':
      return l10n.t('by operation');
    case 'key':
      return l10n.t('by key');
  }
}

export function sortingText(sorting: Sorting): string {
  switch (sorting) {
    case 'name':
      return l10n.t('by name');
    case 'age':
      return l10n.t('oldest first');
    case 'count':
      return l10n.t('most grants first');
  }
}
