import type { HelpfulAction, KmsError } from '../core/errors.ts';
import type { Connection, Grant, KmsKey } from '../core/model.ts';

/** The rows of the Keys view: readonly data, mapped to a TreeItem in treeItem.ts. */
export type Node = ConnectionNode | AwsManagedKeysNode | KeyNode | GrantNode | FieldNode | MoreNode | MessageNode;

export interface ConnectionNode {
  readonly kind: 'connection';
  readonly connection: Connection;
}

/** The group of the AWS managed keys of a connection. */
export interface AwsManagedKeysNode {
  readonly kind: 'awsManagedKeys';
  readonly connection: Connection;
  readonly keys: readonly KmsKey[];
}

export interface KeyNode {
  readonly kind: 'key';
  readonly connection: Connection;
  readonly key: KmsKey;
}

export interface GrantNode {
  readonly kind: 'grant';
  readonly connection: Connection;
  readonly key: KmsKey;
  readonly grant: Grant;
}

/** One field of a grant. */
export interface FieldNode {
  readonly kind: 'field';
  readonly parent: GrantNode;
  readonly name: string;
  readonly value: string;
}

/** "Load more…" at the end of a list. */
export interface MoreNode {
  readonly kind: 'more';
  readonly parent: ConnectionNode | KeyNode;
  readonly shown: number;
  /** `undefined` while KMS has not told. */
  readonly total: number | undefined;
}

/** A row that says something in place of, or next to, what a list holds. */
export interface MessageNode {
  readonly kind: 'message';
  readonly tone: 'info' | 'warning' | 'error' | 'loading';
  /** Where it stands; `undefined` at the root. */
  readonly parent: ConnectionNode | KeyNode | undefined;
  /** Tells rows of the same parent apart. */
  readonly slot: string;
  readonly title: string;
  readonly sentence: string;
  readonly actions: readonly HelpfulAction[];
  /** What it tells of. */
  readonly error?: KmsError;
}

/** Stable over refreshes, reloads and reconnects, so that expansion and selection are kept. */
export function nodeId(node: Node): string {
  switch (node.kind) {
    case 'connection':
      return node.connection.id;
    case 'awsManagedKeys':
      return awsManagedKeysId(node.connection);
    case 'key':
      return keyNodeId(node.connection, node.key.arn);
    case 'grant':
      return grantNodeId(node.connection, node.key.arn, node.grant.grantId);
    case 'field':
      return `${nodeId(node.parent)}|field|${node.name}`;
    case 'more':
      return `${nodeId(node.parent)}|more`;
    case 'message':
      return `${node.parent === undefined ? '' : nodeId(node.parent)}|message|${node.slot}`;
  }
}

export function awsManagedKeysId(connection: Connection): string {
  return `${connection.id}|awsManagedKeys`;
}

export function keyNodeId(connection: Connection, keyArn: string): string {
  return `${connection.id}|${keyArn}`;
}

export function grantNodeId(connection: Connection, keyArn: string, grantId: string): string {
  return `${keyNodeId(connection, keyArn)}|${grantId}`;
}

/** The node that a command was called with, if it is one of `kinds`: menus pass nodes, keybindings and others anything. */
export function asNode<K extends Node['kind']>(
  argument: unknown,
  ...kinds: readonly K[]
): Extract<Node, { kind: K }> | undefined {
  if (typeof argument !== 'object' || argument === null || !('kind' in argument)) return undefined;
  return kinds.some((kind) => kind === argument.kind) ? (argument as Extract<Node, { kind: K }>) : undefined;
}
