import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { escapeIcons } from '../../core/base/text.ts';
import type { Connections } from '../../core/connections/connections.ts';
import { signInId } from '../../core/connections/signIn.ts';
import { partsOfArn } from '../../core/kms/keyArn.ts';
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

/** Asks for one of the connections on screen that fit, if there are several. */
export async function pickConnection(
  context: Needs<'connections'>,
  fits: (ref: ConnectionRef) => boolean = () => true,
): Promise<ConnectionRef | undefined> {
  const fitting = (await someShown(context)).filter(fits);
  if (fitting.length === 0) {
    throw new UserError(l10n.t('Only sample data is shown. Add a connection to AWS first.'), ['selectProfile']);
  }
  return pickShown(fitting);
}

/**
 * The connection for a key: the one of its account and Region, or else the user's choice among those on screen, best
 * ones first. Connections to other accounts are among them, since a key can allow other accounts to use it.
 */
export async function pickConnectionFor(
  context: Needs<'connections'>,
  keyArn: string,
): Promise<ConnectionRef | undefined> {
  const fits = (await someShown(context))
    .map((ref) => ({ ref, misfit: misfit(context.connections, ref, keyArn) }))
    .filter(({ ref, misfit }) => ref.kind !== 'sample' || misfit === 0)
    .toSorted((left, right) => left.misfit - right.misfit);
  if (fits.length === 0) {
    throw noConnection();
  }
  const own = fits.filter(({ misfit }) => misfit === 0);
  return pickShown((own.length === 1 ? own : fits).map(({ ref }) => ref));
}

/** 0 where the connection is of the account and Region. The account counts more, which all Regions of a sign-in have. */
function misfit(connections: Connections, ref: ConnectionRef, keyArn: string): number {
  const { account, region } = partsOfArn(keyArn);
  const known = connections.sessions.find(
    ({ connection, knownIdentity }) => knownIdentity !== undefined && signInId(connection.ref) === signInId(ref),
  )?.knownIdentity?.account;
  const own = ref.kind === 'sample' ? connections.session(ref)?.connection.region : ref.region;
  return (known === undefined ? 2 : known === account ? 0 : 4) + (own === region ? 0 : 1);
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
    throw noConnection();
  }
  return shown;
}

function noConnection(): UserError {
  return new UserError(l10n.t('No AWS profile is selected.'), ['selectProfile']);
}
