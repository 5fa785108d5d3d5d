import vscode = require('vscode');

import { type CommandTarget, createGrantCommand, grantAsTerraform, revokeGrantCommand } from '../core/commandText.ts';
import type { Connections } from '../core/connections.ts';
import type { Journal } from '../core/journal.ts';
import type { Grant } from '../core/model.ts';
import { asHistoryEntry } from '../views/historyItem.ts';
import { asNode } from '../views/nodes.ts';

interface CopyContext {
  readonly connections: Connections;
  readonly journal: Journal;
}

/** `aws kms create-grant …` for a grant of the Keys view, or of the history. */
export async function copyAsCli(context: CopyContext, argument: unknown): Promise<void> {
  const subject = subjectOf(context, argument);
  if (subject !== undefined) await vscode.env.clipboard.writeText(createGrantCommand(subject.target, subject.grant));
}

export async function copyRevokeAsCli(context: CopyContext, argument: unknown): Promise<void> {
  const subject = subjectOf(context, argument);
  if (subject !== undefined) await vscode.env.clipboard.writeText(revokeGrantCommand(subject.target, subject.grant));
}

export async function copyAsTerraform(context: CopyContext, argument: unknown): Promise<void> {
  const subject = subjectOf(context, argument);
  if (subject !== undefined) await vscode.env.clipboard.writeText(grantAsTerraform(subject.grant));
}

function subjectOf(
  { connections, journal }: CopyContext,
  argument: unknown,
): { readonly target: CommandTarget; readonly grant: Grant } | undefined {
  const node = asNode(argument, 'grant');
  if (node !== undefined) {
    const { ref, endpoint } = node.connection;
    return { target: { ref, endpoint }, grant: node.grant };
  }
  const record = journal.record(asHistoryEntry(argument)?.id ?? '');
  if (record === undefined) return undefined;
  const endpoint = connections.session(record.connection)?.connection.endpoint;
  return { target: { ref: record.connection, endpoint }, grant: record.grant };
}
