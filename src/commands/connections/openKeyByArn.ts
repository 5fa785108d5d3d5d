import * as l10n from '@vscode/l10n';
import { raceAbort } from '../../core/base/abort.ts';
import { inRegion } from '../../core/connections/pinnedKeys.ts';
import { keyArnProblem, parseKeyArn } from '../../core/kms/keyArn.ts';
import { type ConnectionRef, connectionId } from '../../core/kms/model.ts';
import { withCancellableProgress } from '../../platform/progress.ts';
import { askText } from '../../platform/prompts.ts';
import type { ConnectionNode, KeyNode } from '../../views/shared/nodes.ts';
import type { Needs } from '../context.ts';
import { clearKeysFilter } from '../grants/filterView.ts';
import { pickConnection } from './pickConnection.ts';

/** Reveals the key if a connection lists it. A key of any other account or Region is pinned below the connection. */
export async function openKeyByArn(
  context: Needs<'connections' | 'pinnedKeys' | 'view'>,
  node?: ConnectionNode,
): Promise<void> {
  const ref = node?.ref ?? (await pickConnection(context));
  if (ref === undefined) {
    return;
  }
  const arn = await askText(
    l10n.t('Open Key by ARN'),
    l10n.t('ARN of a key of any account and Region that this connection may use'),
    'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    keyArnProblem,
  );
  if (arn === undefined) {
    return;
  }
  await openKey(context, ref, arn);
}

/** As {@link openKeyByArn}, of a key whose ARN is known. */
export async function openKey(
  context: Needs<'connections' | 'pinnedKeys' | 'view'>,
  ref: ConnectionRef,
  arn: string,
): Promise<void> {
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
 * @throws KmsError when that connection can't be opened: whether it lists the key is then not known
 */
async function listedKey(
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
  for await (const { keys } of session.inventory.allKeys()) {
    signal.throwIfAborted();
    const key = keys.find((one) => one.arn === arn);
    if (key !== undefined) {
      return { kind: 'key', connection: session.connection, key };
    }
  }
  return undefined;
}

export async function removeKey(context: Needs<'pinnedKeys'>, { key, pinnedTo }: KeyNode): Promise<void> {
  if (pinnedTo === undefined) {
    return;
  }
  await context.pinnedKeys.remove(pinnedTo, key.arn);
}
