import vscode = require('vscode');

import type { Journal } from '../../core/changes/journal.ts';
import type { GrantGroup } from '../../core/findings/grantGroups.ts';
import { connectionName } from '../../core/words/describe.ts';
import { isGroup } from '../../views/grantees/granteesNodes.ts';
import { asHistoryEntry } from '../../views/history/historyNodes.ts';
import {
  asNode,
  type ConnectionNode,
  type EvidenceLineNode,
  type FieldNode,
  type GrantNode,
  type KeyNode,
  type MessageNode,
} from '../../views/shared/nodes.ts';
import type { Needs } from '../context.ts';

export async function copyAccountId(context: Needs<'connections'>, { ref }: ConnectionNode): Promise<void> {
  const session = await context.connections.open(ref);
  await vscode.env.clipboard.writeText((await session.identity()).account);
}

export function copyKeyArn(_: unknown, { key }: KeyNode | GrantNode) {
  return vscode.env.clipboard.writeText(key.arn);
}

export function copyKeyId(_: unknown, { key }: KeyNode) {
  return vscode.env.clipboard.writeText(key.keyId);
}

export function copyAlias(_: unknown, { key }: KeyNode) {
  return vscode.env.clipboard.writeText(key.aliases[0] ?? '');
}

export function copyGrantId(_: unknown, { grant }: GrantNode) {
  return vscode.env.clipboard.writeText(grant.grantId);
}

export function copyGrantee(_: unknown, { grant }: GrantNode) {
  return vscode.env.clipboard.writeText(grant.granteePrincipal?.value ?? '');
}

export function copyValue(_: unknown, node: FieldNode | EvidenceLineNode) {
  return vscode.env.clipboard.writeText(mainText(node));
}

/** For the copy key: the name, ARN or ID of each row. */
export async function copySelection(
  { selection, journal }: Needs<'selection' | 'journal'>,
  focused: unknown,
): Promise<void> {
  const texts = selection(focused).map((row) => rowText(row, journal) ?? '');
  const known = [...new Set(texts)].filter((text) => text !== '');
  if (known.length > 0) {
    await vscode.env.clipboard.writeText(known.join('\n'));
  }
}

/** The text to copy for a row of any view, if it has one. */
function rowText(row: unknown, journal: Pick<Journal, 'record'>): string | undefined {
  const node = asNode(row, 'connection', 'key', 'grant', 'field', 'evidenceLine', 'message');
  if (node !== undefined) {
    return mainText(node);
  }
  const entry = asHistoryEntry(row);
  if (entry !== undefined) {
    return journal.record(entry.id)?.grant.grantId;
  }
  return isGroup(row) ? groupText(row.group) : undefined;
}

function mainText(node: ConnectionNode | KeyNode | GrantNode | FieldNode | EvidenceLineNode | MessageNode): string {
  switch (node.kind) {
    case 'connection':
      return connectionName(node.ref);
    case 'key':
      return node.key.arn;
    case 'grant':
      return node.grant.grantId;
    case 'field':
      return node.value;
    case 'evidenceLine':
      return node.line.text;
    case 'message':
      return `${node.title}. ${node.sentence}`;
  }
}

function groupText({ subject, title }: GrantGroup): string {
  switch (subject.kind) {
    case 'principal':
      return subject.principal.value;
    case 'key':
      return subject.key.arn;
    case 'creator':
      return subject.creator.arn ?? title;
    case 'finding':
    case 'operation':
    case 'change':
      return title;
  }
}
