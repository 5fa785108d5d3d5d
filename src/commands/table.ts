import * as vscode from 'vscode';
import { type CommandId, commands } from '../manifest.ts';
import { asNode, type Node } from '../views/nodes.ts';
import {
  addConnection,
  addRegion,
  copyAccountId,
  openSampleData,
  removeConnection,
  selectProfile,
  selectRegion,
  sortConnections,
} from './connectionCommands.ts';
import type { CommandContext } from './context.ts';
import { copyAlias, copyGrantee, copyGrantId, copyKeyArn, copyKeyId, copySelection, copyValue } from './copy.ts';
import { tellFailure } from './errorBoundary.ts';
import { checkAgain, stopWaiting } from './followUp.ts';
import { openConsole } from './openConsole.ts';
import { openKeyByArn, removeKey } from './openKeyByArn.ts';
import { revokeGrant } from './revokeGrant.ts';
import { showAsJson } from './showAsJson.ts';
import { signIn } from './signIn.ts';

type Handler = (context: CommandContext, argument: unknown) => unknown;

/** A handler for rows of some kinds; called with anything else, it does nothing. */
function onNode<K extends Node['kind']>(
  kinds: readonly K[],
  handler: (context: CommandContext, node: Extract<Node, { kind: K }>) => unknown,
): Handler {
  return (context, argument) => {
    const node = asNode(argument, ...kinds);
    return node === undefined ? undefined : handler(context, node);
  };
}

/** Every command, by its ID. */
const table: Readonly<Record<CommandId, Handler>> = {
  [commands.selectProfile]: selectProfile,
  [commands.selectRegion]: selectRegion,
  [commands.addConnection]: addConnection,
  [commands.sortConnections]: sortConnections,
  [commands.openKeyByArn]: (context, argument) => openKeyByArn(context, asNode(argument, 'connection')),
  [commands.openSampleData]: openSampleData,
  [commands.signIn]: onNode(['connection', 'message'], signIn),
  [commands.addRegion]: onNode(['connection'], addRegion),
  [commands.removeConnection]: onNode(['connection'], removeConnection),
  [commands.removeKey]: onNode(['key'], removeKey),
  [commands.openConsole]: onNode(['connection', 'key'], openConsole),
  [commands.copyAccountId]: onNode(['connection'], copyAccountId),
  [commands.refresh]: ({ view }) => view.refreshAll(),
  [commands.refreshNode]: onNode(['connection', 'key'], ({ view }, node) => view.refresh(node)),
  [commands.revokeGrant]: (context, argument) => revokeGrant(context, asNode(argument, 'grant')),
  [commands.revokeSelectedGrant]: (context) => {
    const [selected] = context.tree.selection;
    return selected?.kind === 'grant' ? revokeGrant(context, selected) : undefined;
  },
  [commands.stopWaiting]: onNode(['grant'], stopWaiting),
  [commands.checkAgain]: onNode(['grant'], checkAgain),
  [commands.retry]: onNode(['message'], ({ view }, node) => view.retry(node)),
  [commands.loadMore]: onNode(['more'], ({ view }, node) => view.loadMore(node)),
  [commands.copyKeyArn]: onNode(['key', 'grant'], copyKeyArn),
  [commands.copyKeyId]: onNode(['key'], copyKeyId),
  [commands.copyAlias]: onNode(['key'], copyAlias),
  [commands.copyGrantId]: onNode(['grant'], copyGrantId),
  [commands.copyGrantee]: onNode(['grant'], copyGrantee),
  [commands.copyValue]: onNode(['field'], copyValue),
  [commands.copySelection]: copySelection,
  [commands.showAsJson]: onNode(['key', 'grant'], showAsJson),
  [commands.showLog]: ({ log }) => log.show(),
};

export function registerCommands(context: CommandContext): vscode.Disposable {
  const registered = Object.entries(table).map(([id, handler]) => {
    const run = async (argument?: unknown): Promise<void> => {
      try {
        await handler(context, argument);
      } catch (error) {
        await tellFailure(error, context.log, () => run(argument));
      }
    };
    return vscode.commands.registerCommand(id, run);
  });
  return vscode.Disposable.from(...registered);
}
