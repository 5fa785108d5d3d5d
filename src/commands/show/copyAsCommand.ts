import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import type { CreateGrantInput, Grant } from '../../core/kms/model.ts';
import {
  type CommandTarget,
  createGrantCommand,
  grantAsTerraform,
  revokeGrantCommand,
  type Shell,
} from '../../core/words/commandText.ts';
import { isGone } from '../../views/grantees/granteesNodes.ts';
import { asHistoryEntry } from '../../views/history/historyNodes.ts';
import { asNode } from '../../views/shared/nodes.ts';
import type { Needs } from '../context.ts';

type CopyContext = Needs<'connections' | 'journal'>;

/** `aws kms create-grant …` for a grant of the Keys view, or of the history. */
export async function copyAsCli(context: CopyContext, argument: unknown): Promise<void> {
  await copyCommand(context, argument, createGrantCommand);
}

export async function copyRevokeAsCli(context: CopyContext, argument: unknown): Promise<void> {
  await copyCommand(context, argument, revokeGrantCommand);
}

async function copyCommand(
  context: CopyContext,
  argument: unknown,
  text: (target: CommandTarget, grant: Grant) => string,
): Promise<void> {
  const subject = subjectOf(context, argument);
  if (subject === undefined) {
    return;
  }
  await writeCommand(text(subject.target, subject.grant));
}

/** `aws kms create-grant …` for a grant that there is not yet. */
export async function copyCreateCommand(
  target: Pick<CommandTarget, 'ref' | 'endpoint'>,
  input: CreateGrantInput,
): Promise<void> {
  await writeCommand(createGrantCommand({ shell, ...target }, input));
}

async function writeCommand(text: string): Promise<void> {
  await vscode.env.clipboard.writeText(text);
  const copied =
    shell === 'powershell'
      ? l10n.t('Copied as a command for PowerShell')
      : l10n.t('Copied as a command for a POSIX shell');
  vscode.window.setStatusBarMessage(copied, shownMs);
}

/** How long the status bar shows what was copied. */
const shownMs = 5_000;

/** The default shell of the machine that has the profiles, where VS Code also opens terminals. */
const shell: Shell = process.platform === 'win32' ? 'powershell' : 'posix';

export async function copyAsTerraform(context: CopyContext, argument: unknown): Promise<void> {
  const subject = subjectOf(context, argument);
  if (subject !== undefined) {
    // Of a grant that is gone, as one of the history may be, there is nothing to import.
    const node = asNode(argument, 'grant');
    const imports = node !== undefined && !isGone(node);
    await vscode.env.clipboard.writeText(grantAsTerraform(subject.grant, { imports }));
  }
}

function subjectOf(
  { connections, journal }: CopyContext,
  argument: unknown,
): { readonly target: CommandTarget; readonly grant: Grant } | undefined {
  const node = asNode(argument, 'grant');
  if (node !== undefined) {
    const { ref, endpoint } = node.connection;
    return { target: { shell, ref, endpoint }, grant: node.grant };
  }
  const record = journal.record(asHistoryEntry(argument)?.id ?? '');
  if (record === undefined) {
    return undefined;
  }
  const endpoint = connections.session(record.connection)?.connection.endpoint;
  return { target: { shell, ref: record.connection, endpoint }, grant: record.grant };
}
