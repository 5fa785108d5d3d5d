import { homedir } from 'node:os';
import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { escapeIcons, isPrintable } from '../../core/base/text.ts';
import type { ConnectionRef } from '../../core/kms/model.ts';
import { connectionName } from '../../core/words/describe.ts';
import { needsSignIn } from '../../core/words/explain.ts';
import { withDeviceCode } from '../../core/words/signInCommand.ts';
import { UserError } from '../../core/words/userError.ts';
import { programPath } from '../../platform/programPath.ts';
import { showError, showInformation } from '../../platform/prompts.ts';
import type { ConnectionNode, MessageNode } from '../../views/shared/nodes.ts';
import type { Needs } from '../context.ts';
import { pickShown } from './pickConnection.ts';

const cliInstallPage = 'https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html';

/**
 * Signs in, as only the user may start it: lets the connection ask for its MFA code or start its credential_process, or
 * runs the AWS CLI in a terminal. The connection opens when the CLI has written its token.
 */
export async function signIn(
  context: Needs<'aws' | 'connections'>,
  node: Pick<ConnectionNode | MessageNode, 'ref'>,
): Promise<void> {
  const { connections } = context;
  const { ref } = node;
  if (ref === undefined || ref.kind === 'sample') {
    return;
  }
  const need = await (await context.aws()).signInNeed(ref);
  connections.allowPrompts(ref);
  if (need.kind === 'cli') {
    await runCli(ref.kind === 'profile' ? ref.profile : undefined, need.args);
  } else {
    connections.signIn(ref);
  }
}

/** The connection that waits for a sign-in. Asks if there are several. */
export async function pickWaiting({ connections }: Needs<'connections'>): Promise<ConnectionRef | undefined> {
  const waiting = connections.known.filter((ref) => needsSignIn(connections.failure(ref)));
  if (waiting.length === 0) {
    void showInformation(l10n.t('No connection needs a sign-in.'));
  }
  return pickShown(waiting);
}

/** Starts the AWS CLI with an argument list, so that no shell reads the name of the profile. */
async function runCli(profile: string | undefined, args: readonly string[]): Promise<void> {
  const name = connectionName({ kind: 'profile', profile: profile ?? 'default', region: '' });
  // VS Code replaces `${…}` in arguments, and a NUL ends one: it would sign in to another profile.
  if (!args.every((argument) => isPrintable(argument) && !argument.includes('${'))) {
    throw new UserError(
      l10n.t(
        "Can't pass the name of profile {0} to a VS Code terminal unchanged. Sign in to it in another terminal.",
        name,
      ),
    );
  }
  const folders = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
  const program = await programPath('aws', process.env['PATH'] ?? '', folders);
  if (program === undefined) {
    const open = l10n.t('How to Install');
    const picked = await showError(
      l10n.t(
        'Signing in needs the AWS CLI, but "aws" wasn\'t found on the PATH of this computer. Programs in the workspace don\'t count.',
      ),
      open,
    );
    if (picked === open) {
      await vscode.env.openExternal(vscode.Uri.parse(cliInstallPage));
    }
    return;
  }
  const terminal = vscode.window.createTerminal({
    name: escapeIcons(l10n.t('Sign In: {0}', name)),
    // Absolute, and from the home folder: a workspace must not choose what runs.
    shellPath: program,
    shellArgs: [...(vscode.env.remoteName === undefined ? args : withDeviceCode(args))],
    cwd: homedir(),
    isTransient: true,
  });
  terminal.show();
}
