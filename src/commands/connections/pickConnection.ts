import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { escapeIcons } from '../../core/base/text.ts';
import type { ConnectionRef } from '../../core/kms/model.ts';
import { connectionName } from '../../core/words/describe.ts';
import { UserError } from '../../core/words/userError.ts';
import { pickSeveral } from '../../platform/pick.ts';
import type { Needs } from '../context.ts';

/** Asks for one of these, if there are several. */
export async function pickShown<T extends ConnectionRef>(shown: readonly T[]): Promise<T | undefined> {
  if (shown.length < 2) {
    return shown[0];
  }
  const items = shown.map((value) => ({
    label: escapeIcons(connectionName(value)),
    description: value.kind === 'sample' ? '' : value.region,
    value,
  }));
  const picked = await vscode.window.showQuickPick(items, { title: l10n.t('Connection'), matchOnDescription: true });
  return picked?.value;
}

/** Asks for one of the connections on screen, if there are several. */
export async function pickConnection(context: Needs<'connections'>): Promise<ConnectionRef | undefined> {
  return pickShown(await someShown(context));
}

/** As {@link pickConnection}, for several at once; all begin as ticked. None when the list was closed. */
export async function pickConnections(
  context: Needs<'connections'>,
  title: string,
  placeholder: string,
): Promise<readonly ConnectionRef[]> {
  const shown = await someShown(context);
  if (shown.length === 1) {
    return shown;
  }
  const items = shown.map((value) => ({
    label: connectionName(value),
    description: value.kind === 'sample' ? '' : value.region,
    picked: true,
    value,
  }));
  return (await pickSeveral(title, placeholder, items)) ?? [];
}

/** @throws UserError when none is shown */
async function someShown({ connections }: Needs<'connections'>): Promise<readonly ConnectionRef[]> {
  const shown = await connections.list();
  if (shown.length === 0) {
    throw new UserError(l10n.t('No AWS profile is selected.'), ['selectProfile']);
  }
  return shown;
}
