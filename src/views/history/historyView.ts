import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import type { Subscription } from '../../core/base/emitter.ts';
import { localTime } from '../../core/base/text.ts';
import type { Journal } from '../../core/changes/journal.ts';
import type { JournalRecord } from '../../core/changes/journalRecord.ts';
import { isUserError } from '../../core/words/userError.ts';
import type { EntryText } from '../hovers/historyTooltip.ts';
import type { Tooltip } from '../shared/lateRows.ts';
import type { RowLookup } from '../shared/rowLookup.ts';
import { entryName, historyFields, historyItem, type KnownHistory } from './historyItem.ts';
import {
  asHistoryEntry,
  type HistoryDayNode,
  type HistoryEntryNode,
  type HistoryMoreNode,
  type HistoryNode,
  historyNodeId,
} from './historyNodes.ts';

/** Entries are shown in windows of this many. */
const entryWindow = 200;

export interface HistoryViewOptions {
  readonly journal: Journal;
  readonly tree: Pick<vscode.TreeView<HistoryNode>, 'reveal'>;
  readonly tooltip: (node: HistoryNode, entry: (id: string) => EntryText | undefined) => Promise<Tooltip>;
}

/** The History view: days → changes → fields, newest first. */
export class HistoryView implements vscode.TreeDataProvider<HistoryNode>, RowLookup<HistoryNode> {
  readonly #journal: Journal;
  readonly #known: KnownHistory;
  readonly #changed = new vscode.EventEmitter<HistoryNode | undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #tree: HistoryViewOptions['tree'];
  readonly #tooltip: HistoryViewOptions['tooltip'];
  readonly #subscription: Subscription;
  /** All rows that were ever returned to VS Code. */
  readonly #given = new WeakSet<object>();
  #shown = entryWindow;
  /** The entries on screen by day, in order. */
  #days = new Map<string, readonly HistoryEntryNode[]>();

  constructor({ journal, tree, tooltip }: HistoryViewOptions) {
    this.#journal = journal;
    this.#tree = tree;
    this.#tooltip = tooltip;
    this.#known = {
      record: (id) => journal.record(id),
      isUnderWay: (id) => journal.isInFlight(id),
      count: (day) => this.#days.get(day)?.length ?? 0,
    };
    this.#subscription = journal.onDidChange(() => this.#changed.fire(undefined));
  }

  getTreeItem(node: HistoryNode): vscode.TreeItem {
    return historyItem(node, this.#known);
  }

  idOf(node: HistoryNode): string {
    return historyNodeId(node);
  }

  tooltip(node: HistoryNode): Promise<Tooltip> {
    return this.#tooltip(node, (id) => {
      const record = this.#journal.record(id);
      return record && { name: entryName(record), fields: historyFields(record) };
    });
  }

  getParent(node: HistoryNode): HistoryNode | undefined {
    if (node.kind === 'field') {
      return node.parent;
    }
    if (node.kind !== 'historyEntry') {
      return undefined;
    }
    const record = this.#journal.record(node.id);
    return record && { kind: 'historyDay', day: dayOf(record) };
  }

  async getChildren(node?: HistoryNode): Promise<HistoryNode[]> {
    const children = await this.#children(node);
    for (const child of children) {
      this.#given.add(child);
    }
    return children;
  }

  async #children(node: HistoryNode | undefined): Promise<HistoryNode[]> {
    switch (node?.kind) {
      case undefined:
        return this.#roots();
      case 'historyDay':
        return [...(this.#days.get(node.day) ?? [])];
      case 'historyEntry': {
        const record = this.#journal.record(node.id);
        return record === undefined
          ? []
          : historyFields(record).map(({ name, value }) => ({ kind: 'field', parent: node, name, value }));
      }
      case 'field':
      case 'historyMore':
      case 'historyMessage':
        return [];
    }
  }

  /** An entry is only an ID, which is looked up when it is used. */
  row(argument: object): HistoryNode | undefined {
    if (this.#given.has(argument)) {
      return argument as HistoryNode;
    }
    const entry = asHistoryEntry(argument);
    return entry === undefined ? undefined : { kind: entry.kind, id: entry.id };
  }

  /** Focuses the first new entry: it is at the place of the "Load more…" row. */
  async loadMore({ shown }: HistoryMoreNode): Promise<void> {
    this.#shown = shown + entryWindow;
    this.#changed.fire(undefined);
    await this.#roots();
    const first = [...this.#days.values()].flat()[shown];
    if (first !== undefined) {
      await this.#tree.reveal(first, { select: true, focus: true });
    }
  }

  /** Draws the view again, and reads the history again if it could not be read. */
  refresh(): void {
    this.#changed.fire(undefined);
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
  }

  async #roots(): Promise<HistoryNode[]> {
    let failure: HistoryNode | undefined;
    try {
      await this.#journal.ready();
    } catch (error) {
      if (!isUserError(error)) {
        throw error;
      }
      failure = { kind: 'historyMessage', tone: 'error', title: l10n.t('Not readable'), sentence: error.message };
    }
    const { records, damagedCount, laterVersionCount } = this.#journal;
    const shown = records.slice(0, this.#shown);
    // An entry that stays keeps its object.
    const before = new Map([...this.#days.values()].flat().map((node) => [node.id, node]));
    this.#days = new Map();
    for (const record of shown) {
      const { id } = record;
      const day = dayOf(record);
      const node = before.get(id) ?? { kind: 'historyEntry', id };
      this.#days.set(day, [...(this.#days.get(day) ?? []), node]);
    }
    const nodes: HistoryNode[] = failure === undefined ? [] : [failure];
    if (damagedCount > 0) {
      nodes.push({
        kind: 'historyMessage',
        tone: 'warning',
        title: l10n.t('Incomplete'),
        sentence: l10n.t(
          "History lines that can't be read, but are kept: {0}. Export History includes every line unchanged.",
          damagedCount,
        ),
      });
    }
    if (laterVersionCount > 0) {
      nodes.push({
        kind: 'historyMessage',
        tone: 'warning',
        title: l10n.t('Incomplete'),
        sentence: l10n.t(
          'History lines from a later version of KMS Grants, kept but not shown: {0}.',
          laterVersionCount,
        ),
      });
    }
    nodes.push(...[...this.#days.keys()].map((day): HistoryDayNode => ({ kind: 'historyDay', day })));
    if (shown.length < records.length) {
      nodes.push({ kind: 'historyMore', shown: shown.length, total: records.length });
    }
    return nodes;
  }
}

function dayOf({ at }: JournalRecord): string {
  return localTime(new Date(at)).slice(0, 10);
}
