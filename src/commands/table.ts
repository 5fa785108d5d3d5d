import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { keyArnProblem } from '../core/kms/keyArn.ts';
import { grantIdentity } from '../core/kms/model.ts';
import { UserError } from '../core/words/userError.ts';
import { type CommandId, changingCommands, commands } from '../manifest.ts';
import { type GroupedGrantNode, isGroup, isMoreGrants } from '../views/grantees/granteesNodes.ts';
import { isHistoryMore } from '../views/history/historyNodes.ts';
import { asNode, type GrantNode, type Node } from '../views/shared/nodes.ts';
import { baselineBundle } from './baselineBundle.ts';
import { createGrant } from './changes/createGrant/createGrant.ts';
import { endGrant } from './changes/endGrant/endGrant.ts';
import { checkAgain, stopWaiting } from './changes/followUp.ts';
import { clearHistory, exportHistory, showHistory } from './changes/history.ts';
import { refuseIfReadOnly } from './changes/readOnly.ts';
import { recreateGrant } from './changes/recreateGrant/recreateGrant.ts';
import { retireGrant, showRetirableGrants } from './changes/retireGrant.ts';
import { revokeSeveral } from './changes/revokeSeveral/revokeSeveral.ts';
import { addConnection, addRegion } from './connections/addConnection.ts';
import { openConfigFile } from './connections/openConfigFile.ts';
import { openConnections, openSampleData } from './connections/openConnections.ts';
import { openKeyByArn, removeKey } from './connections/openKeyByArn.ts';
import { removeConnection } from './connections/removeConnection.ts';
import { selectProfile } from './connections/selectProfile.ts';
import { selectRegion } from './connections/selectRegion.ts';
import { signIn } from './connections/signIn.ts';
import { sortConnections } from './connections/sortConnections.ts';
import type { CommandContext } from './context.ts';
import { showFailure } from './errorBoundary.ts';
import { nextSteps } from './explainNext.ts';
import { groupBy, sortBy } from './grants/arrangeGrantees.ts';
import { clearGranteesFilter, clearKeysFilter, filterGrantees, filterKeys } from './grants/filterView.ts';
import { findGrants } from './grants/findGrants.ts';
import { loadEvidence } from './grants/loadEvidence.ts';
import { pagesBundle } from './pagesBundle.ts';
import { isOnlyForRows, paletteTarget, type Target } from './pickRow/pickRow.ts';
import {
  copyAccountId,
  copyAlias,
  copyGrantee,
  copyGrantId,
  copyKeyArn,
  copyKeyId,
  copySelection,
  copyValue,
} from './show/copy.ts';
import { copyAsCli, copyAsTerraform, copyRevokeAsCli } from './show/copyAsCommand.ts';
import { copyIamPolicy } from './show/copyIamPolicy.ts';
import { focusNeighbor } from './show/focusNeighbor.ts';
import { lookForEnd } from './show/lookForEnd.ts';
import { lookForUses } from './show/lookForUses.ts';
import { openConsole } from './show/openConsole.ts';
import { openWalkthrough } from './show/openWalkthrough.ts';
import { revealInKeys } from './show/revealInKeys.ts';
import { showAsJson } from './show/showAsJson.ts';
import { showInCloudTrail } from './show/showInCloudTrail.ts';
import { shownRow } from './shownRow.ts';
import { terraformBundle } from './terraformBundle.ts';

/** @param selected Menus pass all selected rows besides the one that was clicked. */
type Handler = (context: CommandContext, argument: unknown, selected: unknown) => unknown;

/** A handler for rows of these kinds. Called with anything else, it does nothing. */
function forNode<K extends Node['kind']>(
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
  [commands.openKeyByArn]: (context, argument) =>
    openKeyByArn(context, asNode(argument, 'connection', 'message'), asKeyArn(argument)),
  [commands.explainKmsError]: async (context) => (await pagesBundle()).explainKmsError(context, nextSteps(context)),
  [commands.explainTerminalSelection]: async (context) =>
    (await pagesBundle()).explainTerminalSelection(context, nextSteps(context)),
  [commands.openConnections]: openConnections,
  [commands.manageTrust]: () => vscode.commands.executeCommand('workbench.trust.manage'),
  [commands.openSampleData]: openSampleData,
  [commands.signIn]: forNode(['connection', 'message'], signIn),
  [commands.addRegion]: forNode(['connection'], addRegion),
  [commands.removeConnection]: forNode(['connection'], removeConnection),
  [commands.removeKey]: (context, argument) => removeKey(context, asNode(argument, 'key')),
  [commands.openConsole]: forNode(['connection', 'key'], openConsole),
  [commands.copyAccountId]: forNode(['connection'], copyAccountId),
  [commands.refresh]: ({ view }) => view.refreshAll(),
  [commands.refreshNode]: forNode(['connection', 'key'], ({ view }, node) => view.refresh(node)),
  [commands.revokeGrant]: (context, argument, selected) => revokeThese(context, grantsOf(context, argument, selected)),
  [commands.revokeTheseGrants]: (context, argument, selected) =>
    revokeThese(context, grantsOfGroups(argument, selected)),
  [commands.findGrants]: findGrants,
  [commands.exportGrants]: async (context) => (await baselineBundle()).exportGrants(context),
  [commands.saveBaseline]: async (context) => (await baselineBundle()).saveBaseline(context),
  [commands.compareWithBaseline]: async (context) => (await baselineBundle()).compareWithBaseline(context),
  [commands.loadEvidence]: loadEvidence,
  [commands.groupBy]: groupBy,
  [commands.sortBy]: sortBy,
  [commands.filterKeys]: filterKeys,
  [commands.clearKeysFilter]: clearKeysFilter,
  [commands.filterGrantees]: filterGrantees,
  [commands.clearGranteesFilter]: clearGranteesFilter,
  [commands.createGrant]: (context, argument) => createGrant(context, asNode(argument, 'key')),
  [commands.retireGrant]: (context, argument) => retireGrant(context, asNode(argument, 'grant')),
  [commands.showRetirableGrants]: (context, argument) => showRetirableGrants(context, asNode(argument, 'connection')),
  [commands.showKeyDetails]: forNode(['key'], async (context, node) => (await pagesBundle()).keyDetails(context, node)),
  [commands.showGrantDetails]: forNode(['grant'], async (context, node) =>
    (await pagesBundle()).grantDetails(context, node),
  ),
  [commands.showInCloudTrail]: forNode(['key', 'grant'], showInCloudTrail),
  [commands.lookForUses]: forNode(['grant'], lookForUses),
  [commands.lookForEnd]: forNode(['grant'], lookForEnd),
  [commands.recreateGrant]: recreateGrant,
  [commands.revealInKeys]: revealInKeys,
  [commands.copyAsCli]: copyAsCli,
  [commands.copyRevokeAsCli]: copyRevokeAsCli,
  [commands.copyAsTerraform]: copyAsTerraform,
  [commands.goToTerraformResource]: async (context, argument) =>
    (await terraformBundle()).goToTerraformResource(context, asNode(argument, 'grant', 'evidenceLine')),
  [commands.openGrantOfResource]: async (context, argument) =>
    typeof argument === 'string' ? (await terraformBundle()).openGrantOfResource(context, argument) : undefined,
  [commands.showHistory]: showHistory,
  [commands.clearHistory]: clearHistory,
  [commands.exportHistory]: exportHistory,
  [commands.stopWaiting]: forNode(['grant'], stopWaiting),
  [commands.checkAgain]: forNode(['grant'], checkAgain),
  [commands.retry]: forNode(['message', 'evidenceLine'], ({ view }, node) =>
    node.kind === 'message' ? view.retry(node) : view.retryEvidence(node),
  ),
  [commands.loadMore]: ({ view, grantees, history }, argument) => {
    const node = asNode(argument, 'more');
    if (node !== undefined) {
      return view.loadMore(node);
    }
    if (isHistoryMore(argument)) {
      return history.loadMore(argument);
    }
    return isMoreGrants(argument) ? grantees.loadMore(argument) : undefined;
  },
  [commands.copyKeyArn]: forNode(['key', 'grant'], copyKeyArn),
  [commands.copyKeyId]: forNode(['key'], copyKeyId),
  [commands.copyAlias]: forNode(['key'], copyAlias),
  [commands.copyGrantId]: forNode(['grant'], copyGrantId),
  [commands.copyGrantee]: forNode(['grant'], copyGrantee),
  [commands.copyValue]: forNode(['field', 'evidenceLine'], copyValue),
  [commands.copySelection]: copySelection,
  [commands.focusNext]: (context, focused) => focusNeighbor(context, focused, 'next'),
  [commands.focusPrevious]: (context, focused) => focusNeighbor(context, focused, 'previous'),
  [commands.showAsJson]: forNode(['key', 'grant'], showAsJson),
  [commands.openConfigFile]: openConfigFile,
  [commands.openWalkthrough]: openWalkthrough,
  [commands.copyIamPolicy]: copyIamPolicy,
  [commands.showLog]: ({ log }) => log.show(),
};

/** The ARN that a link names: of a key or an alias. */
function asKeyArn(argument: unknown): string | undefined {
  return typeof argument === 'string' && keyArnProblem(argument) === undefined ? argument : undefined;
}

/**
 * The grants among the selected rows, each once: the Grants view can show one in several groups. A key passes only the row
 * that has the focus.
 */
function grantsOf(context: CommandContext, argument: unknown, selected: unknown): readonly GrantNode[] {
  const pressed = asNode(argument, 'grant');
  const rows: readonly unknown[] = Array.isArray(selected) ? selected : context.selection(argument);
  const all = rows.flatMap((row) => asNode(row, 'grant') ?? []);
  const nodes = pressed === undefined || all.includes(pressed) ? all : [pressed];
  return eachOnce(nodes);
}

/** The grants of the groups that are pressed or selected. */
function grantsOfGroups(argument: unknown, selected: unknown): readonly GrantNode[] {
  const rows: readonly unknown[] = Array.isArray(selected) ? selected : [argument];
  const nodes = rows.filter(isGroup).flatMap((group) =>
    group.group.grants.map((held): GroupedGrantNode => {
      const { connection, key, grant } = held;
      return { kind: 'grant', connection, key, grant, group, held };
    }),
  );
  return eachOnce(nodes);
}

function eachOnce(nodes: readonly GrantNode[]): readonly GrantNode[] {
  return [...new Map(nodes.map((node) => [grantIdentity(node), node])).values()];
}

function revokeThese(context: CommandContext, nodes: readonly GrantNode[]): Promise<unknown> | undefined {
  const [only, ...others] = nodes;
  return only && (others.length > 0 ? revokeSeveral(context, nodes) : endGrant('revoke', context, only));
}

/** Text is passed on. Any object is replaced by the row of ours that it names, since anybody can call a command. */
function lookUp(context: CommandContext, argument: unknown): unknown {
  if (typeof argument !== 'object' || argument === null) {
    return argument;
  }
  if (!('kind' in argument)) {
    return undefined;
  }
  const row = shownRow(context, argument);
  if (row !== undefined) {
    return row;
  }
  throw new UserError(rowIsGone());
}

const rowIsGone = () => l10n.t('Nothing was done, because no view shows this row any longer.');

/**
 * Runs a command. Its failure is shown to the user here and nowhere else.
 * @param argument the row of a menu, or the row that has the focus; `undefined` if VS Code no longer has it
 * @param selected the rows that are selected with it
 * @param count how many arguments VS Code passed: none from the palette, one for a key, two from a menu
 */
export async function run(
  context: CommandContext,
  id: CommandId,
  argument: unknown,
  selected: unknown,
  count = argument === undefined && selected === undefined ? 0 : 2,
): Promise<void> {
  let target: Target | undefined;
  const act = async (): Promise<void> => {
    try {
      if (changingCommands.has(id)) {
        refuseIfReadOnly();
      }
      target ??= await targetOf(context, id, argument, selected, count);
      if (target !== undefined) {
        await table[id](context, target.row, target.rows);
      }
    } catch (error) {
      await showFailure(error, context.log, act);
    }
  };
  await act();
}

async function targetOf(
  context: CommandContext,
  id: CommandId,
  argument: unknown,
  selected: unknown,
  count: number,
): Promise<Target | undefined> {
  if ((argument ?? undefined) !== undefined || Array.isArray(selected)) {
    const rows = Array.isArray(selected) ? selected.map((row: unknown) => lookUp(context, row)) : undefined;
    return { row: lookUp(context, argument), rows };
  }
  if (count === 0 || !isOnlyForRows(context, id)) {
    return paletteTarget(context, id);
  }
  // The menu of a row that VS Code has drawn again since. The command must not act on another row, such as a selected one.
  if (count > 1) {
    throw new UserError(rowIsGone());
  }
  return undefined;
}
