import * as l10n from '@vscode/l10n';
import { raceAbort } from '../../core/base/abort.ts';
import { inRegion } from '../../core/connections/pinnedKeys.ts';
import type { Session } from '../../core/connections/session.ts';
import { partsOfArn } from '../../core/kms/keyArn.ts';
import type { ConnectionRef, Grant, KmsKey } from '../../core/kms/model.ts';
import { connectionName, grantName, keyName } from '../../core/words/describe.ts';
import { UserError } from '../../core/words/userError.ts';
import { withCancellableProgress } from '../../platform/progress.ts';
import { showInformation } from '../../platform/prompts.ts';
import { asHistoryEntry } from '../../views/history/historyNodes.ts';
import { asNode, type KeyNode } from '../../views/shared/nodes.ts';
import { listedKey } from '../connections/openKeyByArn.ts';
import { type Needs, sessionOf, whileOpen } from '../context.ts';
import { clearKeysFilter } from '../grants/filterView.ts';

type RevealContext = Needs<'connections' | 'journal' | 'pinnedKeys' | 'view'>;

interface Place {
  readonly ref: ConnectionRef;
  readonly key: KmsKey;
  readonly grant: Grant;
}

/** Selects the row that a grant of the other views has in the view of keys. */
export async function revealInKeys(context: RevealContext, argument: unknown): Promise<void> {
  const place = placeOf(context, argument);
  if (place === undefined) {
    return;
  }
  const { key, grant } = place;
  const found = await withCancellableProgress(l10n.t('Looking for the grant…'), (signal) =>
    raceAbort(find(context, place, signal), signal),
  );
  if (found === undefined) {
    void showInformation(l10n.t("KMS doesn't list grant {0} on {1}.", grantName(grant), keyName(key)));
    return;
  }
  // A filter may hide it.
  clearKeysFilter(context);
  await context.view.reveal(found);
}

function placeOf(context: RevealContext, argument: unknown): Place | undefined {
  const node = asNode(argument, 'grant');
  if (node !== undefined) {
    return { ref: sessionOf(context, node.connection).connection.ref, key: node.key, grant: node.grant };
  }
  const record = context.journal.record(asHistoryEntry(argument)?.id ?? '');
  return record && { ref: record.connection, key: record.key, grant: record.grant };
}

/** Its row, after its key's grants were read up to it. `undefined`: they were read to the end. */
async function find(context: RevealContext, { ref, key, grant }: Place, signal: AbortSignal) {
  const node = (await listedKey(context, ref, key.arn, signal)) ?? (await pinnedKey(context, key));
  if (node === undefined) {
    throw new UserError(l10n.t("The Keys view doesn't show key {0} of {1}.", keyName(key), connectionName(ref)));
  }
  const session = sessionOf(context, node.connection);
  const listed = await whileOpen(session, signal, (either) => readUpTo(session, key, grant.grantId, either));
  return listed && ({ ...node, kind: 'grant', grant: listed } as const);
}

/** The row of a key that was opened by ARN. */
async function pinnedKey({ connections, pinnedKeys }: RevealContext, key: KmsKey): Promise<KeyNode | undefined> {
  const pinnedTo = connections.shown.find((ref) => pinnedKeys.of(ref).includes(key.arn));
  if (pinnedTo === undefined) {
    return undefined;
  }
  const { region } = partsOfArn(key.arn);
  const { connection } = await connections.open(inRegion(pinnedTo, region));
  return { kind: 'key', connection, key, pinnedTo };
}

/** Where what is on screen does not have it, the list is read again: it may be older than the grant. */
async function readUpTo(
  { inventory }: Session,
  { arn }: KmsKey,
  grantId: string,
  signal: AbortSignal,
): Promise<Grant | undefined> {
  for (let isOld = true; ; ) {
    const { grants, state } = await inventory.grants(arn);
    signal.throwIfAborted();
    const found = grants.find((grant) => grant.grantId === grantId);
    if (found !== undefined) {
      return found;
    }
    if (state.kind === 'failed') {
      throw state.error;
    }
    if (state.kind === 'more') {
      await inventory.loadMoreGrants(arn);
    } else if (isOld) {
      isOld = false;
      inventory.forgetGrants(arn);
    } else {
      return undefined;
    }
  }
}
