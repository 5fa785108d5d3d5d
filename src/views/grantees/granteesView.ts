import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { Bundled } from '../../core/base/bundled.ts';
import type { Clock } from '../../core/base/clock.ts';
import { formatCount } from '../../core/base/text.ts';
import type { EndedWait, RevocationRecord } from '../../core/changes/revocationRecord.ts';
import type { Revocations } from '../../core/changes/revocations.ts';
import type { Connections } from '../../core/connections/connections.ts';
import type { EvidenceChange } from '../../core/evidence/evidence.ts';
import { changeId, type LazyEvidence } from '../../core/evidence/lazyEvidence.ts';
import type { ListedGrants } from '../../core/evidence/remains.ts';
import { type Arrangement, type Grouping, groupings, type Sorting } from '../../core/findings/arrangement.ts';
import type { Changes, ChangesSince } from '../../core/findings/changes.ts';
import type { FindingOptions } from '../../core/findings/finding.ts';
import type { ChangeText } from '../../core/findings/grantChange.ts';
import type { HeldGrant } from '../../core/findings/grantGroups.ts';
import type { ScanResult } from '../../core/findings/scan.ts';
import { type Connection, connectionId, type GrantLocator, grantIdentity } from '../../core/kms/model.ts';
import type { LazyTerraform } from '../../core/terraform/lazyTerraform.ts';
import { grantCountText } from '../../core/words/describe.ts';
import { textFilter } from '../../core/words/filter.ts';
import { views } from '../../manifest.ts';
import { readOnly, type Setting } from '../../platform/settings.ts';
import type { Kept } from '../../platform/store.ts';
import { EvidenceRows } from '../shared/evidenceRows.ts';
import type { Tooltip } from '../shared/lateRows.ts';
import type { EvidenceNode } from '../shared/nodes.ts';
import { withReadOnlyNote } from '../shared/readOnlyNote.ts';
import { namedRow, type RowLookup } from '../shared/rowLookup.ts';
import { ArrangedGrants } from './arrangedGrants.ts';
import { groupingText, sortingText } from './arrangementText.ts';
import { granteesItem, type KnownOfGrantees } from './granteeItem.ts';
import { type GranteesNode, granteesNodeId, isGone, isGrouped, type MoreGrantsNode } from './granteesNodes.ts';
import { GranteesRows } from './granteesRows.ts';
import { LastSearch, type ScanRun } from './lastSearch.ts';

/** How long evidence is collected before the grants are arranged by it, in milliseconds. */
const evidenceMs = 1000;

export interface GranteesViewOptions {
  readonly connections: Pick<Connections, 'onDidChangeAccount' | 'find'>;
  readonly revocations: Revocations;
  readonly evidence: LazyEvidence;
  readonly terraform: LazyTerraform;
  readonly findings: Setting<FindingOptions>;
  /** How the grants were last arranged. */
  readonly arrangement: Kept<Arrangement>;
  readonly clock: Pick<Clock, 'now' | 'sleep' | 'monotonic'>;
  readonly tooltip: (node: GranteesNode, known: KnownOfGrantees) => Promise<Tooltip>;
  /** The view that shows the rows; its description and message say how they are arranged and filtered. */
  readonly tree: Pick<vscode.TreeView<GranteesNode>, 'description' | 'message' | 'reveal'>;
}

/** The Grants view: what the last search found, by who holds it, by finding, by operation or by key. */
export class GranteesView implements vscode.TreeDataProvider<GranteesNode>, RowLookup<GranteesNode> {
  readonly #revocations: Revocations;
  readonly #changed = new vscode.EventEmitter<GranteesNode | GranteesNode[] | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #known: KnownOfGrantees;
  readonly #tooltip: GranteesViewOptions['tooltip'];
  readonly #tree: GranteesViewOptions['tree'];
  readonly #subscriptions: vscode.Disposable;
  readonly #search: LastSearch;
  readonly #grants: ArrangedGrants;
  readonly #arrangement: Kept<Arrangement>;
  readonly #evidenceRows: EvidenceRows;
  readonly #rows: GranteesRows;
  readonly #newEvidence: Bundled<EvidenceChange>;
  /** The comparison with a baseline, once there was one. */
  #changesSince: ChangesSince | undefined;
  /** The grants are grouped by it. */
  #showsChanges = false;
  /** What CloudTrail says of who ended a grant, by {@link grantIdentity}. */
  readonly #ends = new Map<string, ChangeText>();
  /** The result is of more than one connection. */
  #showsPlace = false;
  /** All rows that were ever returned to VS Code. */
  readonly #given = new WeakSet<object>();
  #refreshing: NodeJS.Timeout | undefined;

  constructor(options: GranteesViewOptions) {
    const { connections, revocations, evidence, terraform, findings, arrangement, clock, tooltip, tree } = options;
    this.#revocations = revocations;
    this.#arrangement = arrangement;
    this.#tooltip = tooltip;
    this.#tree = tree;
    this.#search = new LastSearch(clock);
    this.#grants = new ArrangedGrants({
      keys: () => this.#search.result?.keys ?? [],
      arrangement: () => this.arrangement,
      changes: () => this.#changes,
      revocations,
      findings,
      evidenceOf: ({ connection, key }) => {
        const session = connections.find(connection);
        return session && ((grant) => evidence.of({ session, key, grant }));
      },
      clock,
    });
    this.#evidenceRows = new EvidenceRows(options, granteesNodeId);
    this.#rows = new GranteesRows({
      connections,
      search: this.#search,
      grants: this.#grants,
      evidence: this.#evidenceRows,
      grouping: () => this.grouping,
      changes: () => this.#changes,
    });
    this.#newEvidence = new Bundled(clock, evidenceMs, (changes) => this.#noteEvidence(changes));
    const view = this;
    this.#known = {
      revocation: (node) => {
        const { connection, key, grant } = node;
        // A grant that a comparison shows as gone was not read now.
        return isGone(node) ? undefined : revocations.state(connection.ref, key, grant.grantId);
      },
      now: () => clock.now(),
      // Only the Keys view knows the caller.
      mayRetire: () => false,
      isInTerraform: ({ grant }) => terraform.hasResourceFor(grant),
      findings: (node) => (node.kind === 'grant' && isGrouped(node) ? node.held.findings : []),
      get grouping() {
        return view.grouping;
      },
      get showsPlace() {
        return view.#showsPlace;
      },
    };
    this.#subscriptions = vscode.Disposable.from(
      this.#evidenceRows,
      this.#evidenceRows.onDidChange((node) => this.#changed.fire(node)),
      this.#newEvidence,
      evidence.onDidChange((change) => this.#newEvidence.add(changeId(change), change)),
      connections.onDidChangeAccount((id) => this.#forgetConnection(id)),
      revocations.onDidChange((record) => this.#redrawGrant(record)),
      revocations.onDidEnd((ended) => this.#forgetGone(ended)),
      findings.onDidChange(() => this.#recompute()),
      readOnly.onDidChange(() => this.#describe()),
      terraform.onDidChange(() => this.#changed.fire(undefined)),
      this.#search.onDidChange((what) => this.#searched(what)),
    );
    this.#describe();
  }

  getTreeItem(node: GranteesNode): vscode.TreeItem {
    return granteesItem(node, this.#known);
  }

  idOf(node: GranteesNode): string | undefined {
    return node.kind === 'message' && node.tone === 'loading' ? undefined : granteesNodeId(node);
  }

  tooltip(node: GranteesNode): Promise<Tooltip> {
    return this.#tooltip(node, this.#known);
  }

  getParent(node: GranteesNode): GranteesNode | undefined {
    return this.#rows.parentOf(node);
  }

  getChildren(node?: Exclude<GranteesNode, EvidenceNode>): GranteesNode[];
  getChildren(node?: GranteesNode): GranteesNode[] | Promise<GranteesNode[]>;
  getChildren(node?: GranteesNode): GranteesNode[] | Promise<GranteesNode[]> {
    const give = (children: GranteesNode[]) => {
      for (const child of children) {
        this.#given.add(child);
      }
      return children;
    };
    const children = this.#rows.below(node);
    return Array.isArray(children) ? give(children) : children.then(give);
  }

  row(argument: object): GranteesNode | undefined {
    if (this.#given.has(argument)) {
      return argument as GranteesNode;
    }
    const { kind, connection, keyArn, grantId } = namedRow(argument);
    if (kind !== 'grant' || connection === undefined || keyArn === undefined || grantId === undefined) {
      return undefined;
    }
    const rows = this.#rows.ofGrant(grantIdentity({ connection, key: { arn: keyArn }, grant: { grantId } }));
    return rows.find((row) => row.connection.opening === connection.opening);
  }

  /** Starts a search, and replaces one that is running. */
  start(): ScanRun {
    return this.#search.start();
  }

  get arrangement(): Arrangement {
    return this.#arrangement.get();
  }

  get grouping(): Grouping {
    return this.#showsChanges ? 'change' : this.arrangement.grouping;
  }

  /** Those that can be chosen. */
  get groupings(): readonly Grouping[] {
    return this.#changesSince === undefined ? groupings : [...groupings, 'change'];
  }

  /** `undefined` while they are not shown, and while a search runs. */
  get #changes(): Changes | undefined {
    const { result } = this.#search;
    return this.#showsChanges && result !== undefined ? this.#changesSince?.(result) : undefined;
  }

  get ends(): ReadonlyMap<string, ChangeText> {
    return this.#ends;
  }

  /** Between which times the changes on screen happened, in milliseconds since the epoch. */
  get changeTime(): Changes['time'] | undefined {
    return this.#changes?.time;
  }

  /** What was found out about the end of a grant that is gone. */
  noteEnd(gone: GrantLocator, text: ChangeText): void {
    this.#ends.set(grantIdentity(gone), text);
    this.#regroup();
  }

  /** Groups the grants of this and each later search by what changed since a baseline. */
  showChanges(since: ChangesSince): void {
    this.#changesSince = since;
    this.setGrouping('change');
    void vscode.commands.executeCommand(`${views.grantees}.focus`);
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
    this.#showsChanges = grouping === 'change';
    this.#arrange(grouping === 'change' ? {} : { grouping });
  }

  setSorting(sorting: Sorting): void {
    this.#arrange({ sorting });
  }

  /** The grants of a key that the last search read by this opening of a connection, without those that are gone since. */
  listed(connection: Connection, keyArn: string): ListedGrants | undefined {
    return this.#search.listed(connection, keyArn);
  }

  /** The grants that the filter leaves, each once; and why some may be missing, if so. */
  shownGrants(): { readonly held: readonly HeldGrant[]; readonly result: ScanResult | undefined } {
    return { held: this.#grants.filtered, result: this.#search.result };
  }

  /** Focuses the first new row: it is at the place of the "Load more…" row. */
  async loadMore({ group }: MoreGrantsNode): Promise<void> {
    const first = this.#rows.showMore(group);
    this.#changed.fire(group);
    if (first !== undefined) {
      await this.#tree.reveal(first, { select: true, focus: true });
    }
  }

  #redrawGrant(record: RevocationRecord): void {
    const { connection, key, grant } = record;
    const isEnding = this.#revocations.state(connection, key, grant.grantId) !== undefined;
    const id = grantIdentity(record);
    // Whether another grant is a duplicate depends on those that stay.
    const wasEnding = this.#grants.wasEnding(id);
    if (wasEnding !== undefined && isEnding !== wasEnding) {
      this.#recomputeSoon();
    }
    const rows = [...this.#rows.ofGrant(id)];
    if (rows.length > 0) {
      this.#changed.fire(rows);
    }
  }

  /** A grant that KMS no longer lists is removed from the result. */
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

  /** What was found may be arranged by evidence, and has other findings by it. */
  #noteEvidence(changes: readonly EvidenceChange[]): void {
    const changed = new Set(changes.map(changeId));
    const isFound = this.#search.result?.keys.some(({ connection, key }) => {
      return changed.has(changeId({ session: { connection }, keyArn: key.arn }));
    });
    if (isFound) {
      this.#recompute(this.#evidenceRows.grants());
      // Now, so that the next bundle waits for longer where that takes long.
      this.#grants.groups();
    }
  }

  /** Removes everything of a connection that may now belong to another account. */
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
    this.#rows.forgetShown();
    this.#recompute();
  }

  #arrange(changes: Partial<Arrangement>): void {
    this.#arrangement.set({ ...this.arrangement, ...changes });
    if (this.#grants.areSomeStaying) {
      this.#recompute();
    } else {
      this.#regroup();
    }
  }

  #recompute(staying?: ReadonlySet<string>): void {
    this.#grants.recompute(staying);
    const keys = this.#search.result?.keys ?? [];
    this.#showsPlace = new Set(keys.map(({ connection }) => connection.id)).size > 1;
    this.#regroup();
  }

  /** Once for many revokes. */
  #recomputeSoon(): void {
    this.#refreshing ??= setTimeout(() => {
      this.#refreshing = undefined;
      this.#recompute(this.#evidenceRows.grants());
    });
  }

  #regroup(): void {
    this.#grants.regroup();
    this.#rows.forget();
    this.#changed.fire(undefined);
    this.#describe();
  }

  /** Shows grouping, order and filter in the description and the message of the view. */
  #describe(): void {
    const changes = this.#changes;
    const by = changes?.period ?? groupingText(this.grouping);
    this.#tree.description = withReadOnlyNote(`${by} · ${sortingText(this.arrangement.sorting)}`);
    const { filter, filtered, all } = this.#grants;
    if (filter === undefined) {
      this.#tree.message = '';
      return;
    }
    // Those that are gone are in no list of grants.
    const gone = changes && this.#grants.groups().find(({ id }) => id === changes.goneId);
    const [shown, total] = [filtered.length + (gone?.grants.length ?? 0), all.length + (changes?.gone ?? 0)];
    this.#tree.message = l10n.t('Filter "{0}": {1} of {2}', filter.text, formatCount(shown), grantCountText(total));
  }
}
