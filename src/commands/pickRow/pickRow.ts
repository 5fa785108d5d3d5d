import * as l10n from '@vscode/l10n';
import { printable } from '../../core/base/text.ts';
import { holdsForRow } from '../../core/base/whenClause.ts';
import { isRecreatable } from '../../core/changes/journalOutcomes.ts';
import type { ConnectionRef } from '../../core/kms/model.ts';
import { connectionName } from '../../core/words/describe.ts';
import { type CommandId, commands } from '../../manifest.ts';
import type { PickItem } from '../../platform/pick.ts';
import { type GroupNode, isGroup } from '../../views/grantees/granteesNodes.ts';
import type { HistoryEntryNode } from '../../views/history/historyNodes.ts';
import type { ConnectionNode } from '../../views/shared/nodes.ts';
import type { RowLookup } from '../../views/shared/rowLookup.ts';
import { pickConnection } from '../connections/pickConnection.ts';
import { pickWaiting } from '../connections/signIn.ts';
import type { CommandContext, Needs } from '../context.ts';
import { viewItemOf } from '../shownRow.ts';
import { oneOf } from './oneOf.ts';
import { pickEnding, pickGrant } from './pickGrant.ts';
import { pickKey } from './pickKey.ts';

/** Asks for a row; `undefined` when the question was closed. */
type AskForRow = (context: CommandContext, command: string) => Promise<object | undefined>;

const isOfAws = (ref: ConnectionRef) => ref.kind !== 'sample';
const askForKey: AskForRow = (context, command) => pickKey(context, command);
const askForGrant: AskForRow = pickGrant;

/** The commands of rows that the palette has too, and how each asks for a row; `itself`: it asks in its own way. */
const asks: Partial<Readonly<Record<CommandId, AskForRow | 'itself'>>> = {
  [commands.signIn]: (context) => asNode(pickWaiting(context)),
  [commands.addRegion]: (context) => asNode(pickConnection(context, isOfAws)),
  [commands.removeConnection]: pickToRemove,
  [commands.removeKey]: 'itself',
  [commands.showRetirableGrants]: (context) => asNode(pickConnection(context)),
  [commands.copyAccountId]: (context) => asNode(pickConnection(context)),
  [commands.openConsole]: (context, command) => pickKey(context, command, { isConnection: isOfAws }),
  [commands.createGrant]: 'itself',
  [commands.showKeyDetails]: askForKey,
  [commands.showAsJson]: askForKey,
  [commands.showInCloudTrail]: (context, command) => pickKey(context, command, { isConnection: isOfAws }),
  [commands.copyKeyArn]: askForKey,
  [commands.copyKeyId]: askForKey,
  [commands.copyAlias]: (context, command) => pickKey(context, command, { isKey: ({ aliases }) => aliases.length > 0 }),
  [commands.revokeGrant]: askForGrant,
  [commands.revokeTheseGrants]: pickFinding,
  [commands.revealInKeys]: askForGrant,
  [commands.retireGrant]: 'itself',
  [commands.showGrantDetails]: askForGrant,
  [commands.lookForUses]: askForGrant,
  [commands.goToTerraformResource]: 'itself',
  [commands.copyGrantId]: askForGrant,
  [commands.copyGrantee]: askForGrant,
  [commands.copyAsCli]: askForGrant,
  [commands.copyAsTerraform]: askForGrant,
  [commands.copyRevokeAsCli]: askForGrant,
  [commands.stopWaiting]: (context, command) =>
    pickEnding(context, command, 'confirming', l10n.t('No revoke or retirement is being confirmed.')),
  [commands.checkAgain]: (context, command) =>
    pickEnding(context, command, 'unconfirmed', l10n.t('No revoke or retirement is left unconfirmed.')),
  [commands.recreateGrant]: pickEnded,
};

/** What a command of the palette is for: `rows` are all that are selected, where they are several. */
export interface Target {
  readonly row: unknown;
  readonly rows?: readonly unknown[] | undefined;
}

/**
 * What a command is for that was called without a row: what is selected in the view that was used last, if the menu of
 * that row has the command; otherwise what the user picks.
 * @returns `undefined` when the question was closed
 */
export async function paletteTarget(context: CommandContext, id: CommandId): Promise<Target | undefined> {
  const ask = asks[id];
  if (ask === undefined) {
    return { row: undefined };
  }
  const rows = context.selected().filter((row) => typeof row === 'object' && row !== null);
  const [selected, ...others] = rows;
  const fits = rows.every((row) => isOnMenu(context, id, row));
  if (selected !== undefined && fits && (others.length === 0 || isForSeveral(id))) {
    return { row: selected, rows };
  }
  if (ask === 'itself') {
    return { row: undefined };
  }
  const row = await ask(context, titleOf(context, id));
  return row && { row };
}

/** Whether menus have this command for rows alone, and not for a whole view. */
export function isOnlyForRows({ contributes }: Needs<'contributes'>, id: CommandId): boolean {
  const ofViews = contributes.menus['view/title'] ?? [];
  return asks[id] !== undefined && !ofViews.some(({ command }) => command === id);
}

function isForSeveral(id: CommandId): boolean {
  return id === commands.revokeGrant || id === commands.revokeTheseGrants;
}

function isOnMenu(context: CommandContext, id: CommandId, row: object): boolean {
  const viewItem = viewItemOf(context, row) ?? '';
  const items = Object.values(context.contributes.menus).flat();
  return items.some(({ command, when = '' }) => command === id && holdsForRow(when, viewItem));
}

/** Without the ellipsis. */
function titleOf({ contributes }: Needs<'contributes'>, id: CommandId): string {
  return contributes.commands.find(({ command }) => command === id)?.title.replace(/…$/, '') ?? '';
}

async function asNode(picking: Promise<ConnectionRef | undefined>): Promise<ConnectionNode | undefined> {
  const ref = await picking;
  return ref && { kind: 'connection', ref };
}

function pickToRemove({ connections }: Needs<'connections'>, command: string): Promise<ConnectionNode | undefined> {
  const items = connections.shown.map((ref) => ({
    label: connectionName(ref),
    ...(ref.kind === 'sample' ? {} : { description: printable(ref.region) }),
    value: { kind: 'connection', ref } as const,
  }));
  return oneOf(command, l10n.t('Connection to remove'), items, l10n.t('No connection is shown.'));
}

/** A grant of the history that can be recreated. */
async function pickEnded(
  { journal, history }: Needs<'journal' | 'history'>,
  command: string,
): Promise<HistoryEntryNode | undefined> {
  await journal.ready();
  const ended = journal.records.filter(isRecreatable).map(({ id }) => ({ kind: 'historyEntry', id }) as const);
  const none = l10n.t('The history has no grant that can be recreated.');
  return oneOf(command, l10n.t('Grant to recreate'), asShown(history, ended), none);
}

/** A group of the last search. */
function pickFinding({ grantees }: Needs<'grantees'>, command: string): Promise<GroupNode | undefined> {
  const groups = grantees
    .getChildren()
    .filter(isGroup)
    .filter(({ group: { subject } }) => subject.kind === 'finding' && subject.finding !== 'none');
  const none = l10n.t('The Grants view shows no findings. Find grants, then group them by finding.');
  return oneOf(command, l10n.t('Finding'), asShown(grantees, groups), none);
}

/** With the texts that their view shows. */
function asShown<T extends object, Row extends T>(view: RowLookup<T>, rows: readonly Row[]): readonly PickItem<Row>[] {
  return rows.map((value) => {
    const { label, description } = view.getTreeItem(value);
    return { label: String(label), description: String(description), value };
  });
}
