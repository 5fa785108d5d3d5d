import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { raceAbort } from '../../core/base/abort.ts';
import { printable } from '../../core/base/text.ts';
import { inRegion } from '../../core/connections/pinnedKeys.ts';
import type { Session } from '../../core/connections/session.ts';
import { isKind, type KmsError } from '../../core/kms/errors.ts';
import { findKeyArns, isAliasArn, keyArnProblem, parseKeyArn, partsOfArn } from '../../core/kms/keyArn.ts';
import { type ConnectionRef, connectionId } from '../../core/kms/model.ts';
import { connectionName } from '../../core/words/describe.ts';
import { UserError } from '../../core/words/userError.ts';
import { editorSelection } from '../../platform/editorSelection.ts';
import { withCancellableProgress } from '../../platform/progress.ts';
import { askText } from '../../platform/prompts.ts';
import type { ConnectionNode, KeyNode, MessageNode } from '../../views/shared/nodes.ts';
import { type Needs, whileOpen } from '../context.ts';
import { clearKeysFilter } from '../grants/filterView.ts';
import { oneOf } from '../pickRow/oneOf.ts';
import { pickConnectionFor } from './pickConnection.ts';

type OpenContext = Needs<'connections' | 'pinnedKeys' | 'view'>;

/**
 * Reveals the key if a connection lists it. A key of any other account or Region is pinned below the connection.
 * @param given the ARN of a link. Anybody can call a command: it is used as it is where an open connection is of its
 * account and Region, and else waits for Enter.
 */
export async function openKeyByArn(
  context: OpenContext,
  node?: ConnectionNode | MessageNode,
  given?: string,
): Promise<void> {
  const arn =
    given !== undefined && sessionsOf(context, given).length > 0
      ? given
      : await askText(
          l10n.t('Open Key by ARN'),
          l10n.t('ARN of a key in any account and Region, or of an alias in an open connection'),
          'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
          keyArnProblem,
          given ?? (await suggestion()),
        );
  if (arn === undefined) {
    return;
  }
  const keyArn = isAliasArn(arn) ? await keyOfAlias(context, arn) : arn;
  const ref = node?.ref ?? (await pickConnectionFor(context, keyArn));
  if (ref !== undefined) {
    await openKey(context, ref, keyArn);
  }
}

/** The ARN in the selection of the editor, else the one that is all of the clipboard. */
async function suggestion(): Promise<string> {
  const [selected] = findKeyArns(editorSelection());
  if (selected !== undefined) {
    return selected.arn;
  }
  const copied = (await vscode.env.clipboard.readText()).trim();
  return keyArnProblem(copied) === undefined ? copied : '';
}

/** The open connections of the account and Region of an ARN. */
function sessionsOf({ connections }: Needs<'connections'>, arn: string): readonly Session[] {
  const { account, region } = partsOfArn(arn);
  return connections.sessions.filter(
    ({ connection, knownIdentity }) => connection.region === region && knownIdentity?.account === account,
  );
}

/**
 * The ARN of the key that has the alias. It is looked up in the lists of keys and aliases: DescribeKey would make the
 * key of a reserved alias that has none.
 * @throws UserError when no open connection can say
 * @throws KmsError when the list can't be read
 */
async function keyOfAlias(context: Needs<'connections'>, aliasArn: string): Promise<string> {
  const { account, region, resource: alias } = partsOfArn(aliasArn);
  const [session] = sessionsOf(context, aliasArn);
  if (session === undefined) {
    throw new UserError(
      l10n.t(
        'The alias is in account {0} in {1}, and no open connection is known to lead there. Open one, or use the ARN of the key.',
        account,
        region,
      ),
    );
  }
  return withCancellableProgress(l10n.t('Looking for the key…'), async (signal) => {
    let error: KmsError | undefined;
    for await (const { keys, state, aliasError } of session.inventory.allKeys()) {
      signal.throwIfAborted();
      const key = keys.find(({ aliases }) => aliases.includes(alias));
      if (key !== undefined) {
        return key.arn;
      }
      error = state.kind === 'failed' ? state.error : aliasError;
    }
    throw (
      error ??
      new UserError(
        l10n.t(
          '{0} lists no key with the alias {1}. If it is new, refresh, then retry.',
          printable(connectionName(session.connection.ref)),
          printable(alias),
        ),
      )
    );
  });
}

/** As {@link openKeyByArn}, of a key whose ARN is known. */
export async function openKey(context: OpenContext, ref: ConnectionRef, arn: string): Promise<void> {
  const listed = await withCancellableProgress(l10n.t('Looking for the key…'), (signal) =>
    listedKey(context, ref, arn, signal),
  );
  if (listed !== undefined) {
    // A filter may hide it.
    clearKeysFilter(context);
    await context.view.reveal(listed);
    return;
  }
  await context.pinnedKeys.add(ref, arn);
}

/**
 * The row of the key, if a connection on screen lists it.
 * @throws KmsError when that connection can't be opened, or its list was cut off: whether it lists the key is then not known
 */
export async function listedKey(
  { connections }: Needs<'connections'>,
  ref: ConnectionRef,
  arn: string,
  signal: AbortSignal,
): Promise<KeyNode | undefined> {
  const read = parseKeyArn(arn);
  if (read === undefined) {
    return undefined;
  }
  const own = inRegion(ref, read.region);
  if (!connections.shown.some((one) => connectionId(one) === connectionId(own))) {
    return undefined;
  }
  const session = await raceAbort(connections.open(own), signal);
  const account = session.knownIdentity?.account ?? read.account;
  if (account !== read.account) {
    return undefined;
  }
  return whileOpen(session, signal, async () => {
    for await (const { keys, state } of session.inventory.allKeys()) {
      signal.throwIfAborted();
      const key = keys.find((one) => one.arn === arn);
      if (key !== undefined) {
        return { kind: 'key', connection: session.connection, key };
      }
      // Somebody who may list no keys can open each by its ARN.
      if (state.kind === 'failed' && !isKind(state.error, 'accessDenied')) {
        throw state.error;
      }
    }
    return undefined;
  });
}

/** Removes a key that was opened by ARN; from the palette, it asks for one. */
export async function removeKey(context: Needs<'connections' | 'pinnedKeys'>, node?: KeyNode): Promise<void> {
  const pinned = node === undefined ? await pickPinned(context) : { ref: node.pinnedTo, arn: node.key.arn };
  if (pinned?.ref !== undefined) {
    await context.pinnedKeys.remove(pinned.ref, pinned.arn);
  }
}

/** Also of a connection that can't be opened. */
function pickPinned({ connections, pinnedKeys }: Needs<'connections' | 'pinnedKeys'>) {
  const items = connections.known.flatMap((ref) =>
    pinnedKeys.of(ref).map((arn) => ({ label: printable(arn), description: connectionName(ref), value: { ref, arn } })),
  );
  return oneOf(
    l10n.t('Remove Key from View'),
    l10n.t('Key to remove'),
    items,
    l10n.t('No key was added to the view by ARN.'),
  );
}
