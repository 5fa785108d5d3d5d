import { kindOf } from '../shared/rowLookup.ts';

/** The rows of the History view: readonly data. The record of an entry is looked up when its row is drawn. */
export type HistoryNode = HistoryDayNode | HistoryEntryNode | HistoryFieldNode | HistoryMoreNode | HistoryMessageNode;

/** The changes of one day, in local time. */
export interface HistoryDayNode {
  readonly kind: 'historyDay';
  /** `2026-11-24`. */
  readonly day: string;
}

export interface HistoryEntryNode {
  readonly kind: 'historyEntry';
  /** Of the entry in the journal. */
  readonly id: string;
}

/** One field of an entry. Its kind and value are those of the fields of a grant, so that they are copied alike. */
export interface HistoryFieldNode {
  readonly kind: 'field';
  readonly parent: HistoryEntryNode;
  readonly name: string;
  readonly value: string;
}

/** "Load more…" at the end. */
export interface HistoryMoreNode {
  readonly kind: 'historyMore';
  readonly shown: number;
  readonly total: number;
}

export interface HistoryMessageNode {
  readonly kind: 'historyMessage';
  readonly tone: 'warning' | 'error';
  readonly title: string;
  readonly sentence: string;
}

export function historyNodeId(node: HistoryNode): string {
  switch (node.kind) {
    case 'historyDay':
      return `day|${node.day}`;
    case 'historyEntry':
      return node.id;
    case 'field':
      return `${node.parent.id}|${node.name}`;
    case 'historyMore':
      return 'more';
    case 'historyMessage':
      return `message|${node.sentence}`;
  }
}

/** The entry that a command was called with: a row, or the button of a notification. */
export function asHistoryEntry(argument: unknown): HistoryEntryNode | undefined {
  const isEntry =
    typeof argument === 'object' &&
    argument !== null &&
    kindOf(argument) === 'historyEntry' &&
    'id' in argument &&
    typeof argument.id === 'string';
  return isEntry ? (argument as HistoryEntryNode) : undefined;
}

export function isHistoryMore(argument: unknown): argument is HistoryMoreNode {
  return kindOf(argument) === 'historyMore';
}
