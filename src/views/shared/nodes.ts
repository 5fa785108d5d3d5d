import type { EvidenceLine } from '../../core/evidence/evidenceText.ts';
import type { KmsError } from '../../core/kms/errors.ts';
import { type Connection, type ConnectionRef, connectionId, type Grant, type KmsKey } from '../../core/kms/model.ts';
import type { TerraformLine } from '../../core/terraform/terraformText.ts';
import type { HelpfulAction } from '../../core/words/userError.ts';
import { kindOf } from './rowLookup.ts';

/** The rows of the Keys view: readonly data, mapped to a TreeItem in treeItem.ts. */
export type Node =
  | ConnectionNode
  | AwsManagedKeysNode
  | PinnedKeysNode
  | KeyNode
  | GrantNode
  | FieldNode
  | EvidenceNode
  | EvidenceLineNode
  | MoreNode
  | MessageNode;

/** A connection, open or not. */
export interface ConnectionNode {
  readonly kind: 'connection';
  readonly ref: ConnectionRef;
}

/** The group of the AWS managed keys of a connection. */
export interface AwsManagedKeysNode {
  readonly kind: 'awsManagedKeys';
  readonly connection: Connection;
  readonly keys: readonly KmsKey[];
}

/** The group of the keys of a connection that were opened by ARN. */
export interface PinnedKeysNode {
  readonly kind: 'pinnedKeys';
  readonly ref: ConnectionRef;
  readonly keyArns: readonly string[];
}

export interface KeyNode {
  readonly kind: 'key';
  /** The connection in the key's own Region. */
  readonly connection: Connection;
  readonly key: KmsKey;
  /** The connection below which the key is pinned, when it was opened by ARN. */
  readonly pinnedTo?: ConnectionRef | undefined;
}

export interface GrantNode {
  readonly kind: 'grant';
  readonly connection: Connection;
  readonly key: KmsKey;
  readonly grant: Grant;
  readonly pinnedTo?: ConnectionRef | undefined;
}

/** One field of a grant. */
export interface FieldNode {
  readonly kind: 'field';
  readonly parent: GrantNode;
  readonly name: string;
  readonly value: string;
}

/** The evidence on a grant: AWS is asked for it when it is opened. */
export interface EvidenceNode {
  readonly kind: 'evidence';
  readonly parent: GrantNode;
}

export interface EvidenceLineNode {
  readonly kind: 'evidenceLine';
  readonly parent: EvidenceNode;
  readonly line: EvidenceLine | TerraformLine;
  /** Its place among the lines. */
  readonly index: number;
}

/** "Load more…" at the end of a list. */
export interface MoreNode {
  readonly kind: 'more';
  readonly parent: ConnectionNode | KeyNode;
  readonly shown: number;
  /** `undefined` while KMS has more to list. */
  readonly total: number | undefined;
  /** A filter applies to the loaded ones only; others may match it, too. */
  readonly isFiltered?: boolean;
}

/** A message in place of the rows of a list, or next to them. */
export interface MessageNode {
  readonly kind: 'message';
  readonly tone: 'info' | 'warning' | 'error' | 'loading';
  /** The row that it is below; `undefined` at the root. */
  readonly parent: ConnectionNode | PinnedKeysNode | KeyNode | EvidenceNode | undefined;
  /** Unique among the messages below the same row. */
  readonly slot: string;
  readonly title: string;
  readonly sentence: string;
  readonly actions: readonly HelpfulAction[];
  /** The failure that it explains. */
  readonly error?: KmsError;
  /** The connection that it is about. */
  readonly ref?: ConnectionRef;
}

/** Stable over refreshes, reloads and reconnects, so that expansion and selection are kept. */
export function nodeId(node: Node): string {
  switch (node.kind) {
    case 'connection':
      return connectionId(node.ref);
    case 'awsManagedKeys':
      return awsManagedKeysId(node.connection);
    case 'pinnedKeys':
      return pinnedKeysId(node.ref);
    case 'key':
      return keyNodeId(node.connection, node.key.arn, node.pinnedTo);
    case 'grant':
      return grantNodeId(node.connection, node.key.arn, node.grant.grantId, node.pinnedTo);
    case 'field':
      return `${nodeId(node.parent)}|field|${node.name}`;
    case 'evidence':
      return `${nodeId(node.parent)}|evidence`;
    case 'evidenceLine':
      return `${nodeId(node.parent)}|${node.index}`;
    case 'more':
      return `${nodeId(node.parent)}|more`;
    case 'message':
      return `${node.parent === undefined ? '' : nodeId(node.parent)}|message|${node.slot}`;
  }
}

export function awsManagedKeysId(connection: Connection): string {
  return `${connection.id}|awsManagedKeys`;
}

export function pinnedKeysId(ref: ConnectionRef): string {
  return `${connectionId(ref)}|pinnedKeys`;
}

export function keyNodeId(connection: Connection, keyArn: string, pinnedTo?: ConnectionRef): string {
  return pinnedTo === undefined ? `${connection.id}|${keyArn}` : `${pinnedKeysId(pinnedTo)}|${keyArn}`;
}

export function grantNodeId(connection: Connection, keyArn: string, grantId: string, pinnedTo?: ConnectionRef): string {
  return `${keyNodeId(connection, keyArn, pinnedTo)}|${grantId}`;
}

/** The node that a command was called with, if it is one of `kinds`. It is one of ours: see `RowLookup`. */
export function asNode<K extends Node['kind']>(
  argument: unknown,
  ...kinds: readonly K[]
): Extract<Node, { kind: K }> | undefined {
  return kinds.some((kind) => kind === kindOf(argument)) ? (argument as Extract<Node, { kind: K }>) : undefined;
}
