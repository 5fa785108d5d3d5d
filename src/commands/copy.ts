import vscode = require('vscode');

import { connectionName } from '../core/describe.ts';
import {
  asNode,
  type ConnectionNode,
  type FieldNode,
  type GrantNode,
  type KeyNode,
  type MessageNode,
} from '../views/nodes.ts';
import type { CommandContext } from './context.ts';

export function copyKeyArn(_: CommandContext, { key }: KeyNode | GrantNode) {
  return vscode.env.clipboard.writeText(key.arn);
}

export function copyKeyId(_: CommandContext, { key }: KeyNode) {
  return vscode.env.clipboard.writeText(key.keyId);
}

export function copyAlias(_: CommandContext, { key }: KeyNode) {
  return vscode.env.clipboard.writeText(key.aliases[0] ?? '');
}

export function copyGrantId(_: CommandContext, { grant }: GrantNode) {
  return vscode.env.clipboard.writeText(grant.grantId);
}

export function copyGrantee(_: CommandContext, { grant }: GrantNode) {
  return vscode.env.clipboard.writeText(grant.granteePrincipal?.value ?? '');
}

export function copyValue(_: CommandContext, { value }: FieldNode) {
  return vscode.env.clipboard.writeText(value);
}

/** The copy key on selected rows: of each, what it is known by. */
export async function copySelection({ selection }: CommandContext, view: unknown): Promise<void> {
  const texts = selection(view)
    .flatMap((row) => asNode(row, 'connection', 'key', 'grant', 'field', 'message') ?? [])
    .map(mainText)
    .filter((text) => text !== '');
  if (texts.length > 0) await vscode.env.clipboard.writeText(texts.join('\n'));
}

function mainText(node: ConnectionNode | KeyNode | GrantNode | FieldNode | MessageNode): string {
  switch (node.kind) {
    case 'connection':
      return connectionName(node.ref);
    case 'key':
      return node.key.arn;
    case 'grant':
      return node.grant.grantId;
    case 'field':
      return node.value;
    case 'message':
      return `${node.title}. ${node.sentence}`;
  }
}
