import type { GrantGroup, HeldGrant } from '../../core/findings/grantGroups.ts';
import type { ScanCounts, ScanResult, Unreadable } from '../../core/findings/scan.ts';
import { keyLabel } from '../../core/kms/model.ts';
import { connectionName } from '../../core/words/describe.ts';
import {
  type EvidenceLineNode,
  type EvidenceNode,
  type FieldNode,
  type GrantNode,
  type MessageNode,
  nodeId,
} from '../shared/nodes.ts';
import { kindOf } from '../shared/rowLookup.ts';

/** The rows of the Grants view: groups → grants → fields, below a row with the state of the search. */
export type GranteesNode =
  | ScanStateNode
  | GroupNode
  | GroupedGrantNode
  | FieldNode
  | EvidenceNode
  | EvidenceLineNode
  | MessageNode
  | MoreGrantsNode
  | UnreadableGroupNode
  | UnreadableNode
  | NothingNode;

export type ScanState =
  | { readonly kind: 'running'; readonly counts: ScanCounts | undefined }
  | { readonly kind: 'ended'; readonly result: ScanResult };

export interface ScanStateNode {
  readonly kind: 'scanState';
  readonly state: ScanState;
}

export interface GroupNode {
  readonly kind: 'group';
  readonly group: GrantGroup;
}

/** A grant in one group. For commands it is the grant of the Keys view; it also has its group. */
export interface GroupedGrantNode extends GrantNode {
  readonly group: GroupNode;
  readonly held: HeldGrant;
}

export interface MoreGrantsNode {
  readonly kind: 'moreGrants';
  /** `undefined` at the end of the groups. */
  readonly group: GroupNode | undefined;
  readonly shown: number;
  readonly total: number;
}

export interface UnreadableGroupNode {
  readonly kind: 'unreadableGroup';
  readonly unreadable: readonly Unreadable[];
}

export interface UnreadableNode {
  readonly kind: 'unreadable';
  /** Unique among those of the same key. */
  readonly index: number;
  readonly parent: UnreadableGroupNode;
  readonly unreadable: Unreadable;
}

/** In place of groups, where there are none. */
export interface NothingNode {
  readonly kind: 'nothing';
  readonly isFiltered: boolean;
}

/** The key that could not be read, or the connection. */
export function unreadableName({ key, ref, region }: Unreadable): string {
  if (key !== undefined) {
    return keyLabel(key);
  }
  return [connectionName(ref), region].filter((part) => part !== undefined).join(' · ');
}

/** Whether a command was called with the row at the end of a long group. */
export function isMoreGrants(argument: unknown): argument is MoreGrantsNode {
  return kindOf(argument) === 'moreGrants';
}

export function isGroup(argument: unknown): argument is GroupNode {
  return kindOf(argument) === 'group';
}

/** Unique in the view, where a grant is in several groups. Stable over refreshes, so that expansion and selection stay. */
export function granteesNodeId(node: GranteesNode): string {
  switch (node.kind) {
    case 'scanState':
    case 'nothing':
    case 'unreadableGroup':
      return node.kind;
    case 'group':
      return node.group.id;
    case 'grant':
      return `${node.group.group.id}|${nodeId(node)}`;
    case 'field':
      return isGrouped(node.parent) ? `${granteesNodeId(node.parent)}|field|${node.name}` : nodeId(node);
    case 'evidence':
      return `${isGrouped(node.parent) ? granteesNodeId(node.parent) : nodeId(node.parent)}|evidence`;
    case 'evidenceLine':
      return `${granteesNodeId(node.parent)}|${node.index}`;
    case 'message':
      return `${node.parent?.kind === 'evidence' ? granteesNodeId(node.parent) : ''}|message|${node.slot}`;
    case 'moreGrants':
      return `${node.group?.group.id ?? ''}|more`;
    case 'unreadable':
      return `unreadable|${node.index}`;
  }
}

/** It is in the baseline, and not listed by the search. */
export function isGone(node: GrantNode): boolean {
  return isGrouped(node) && node.held.change?.kind === 'gone';
}

export function isGrouped(node: GrantNode): node is GroupedGrantNode {
  return 'group' in node;
}
