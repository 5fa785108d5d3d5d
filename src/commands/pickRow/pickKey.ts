import * as l10n from '@vscode/l10n';
import { printable } from '../../core/base/text.ts';
import { type ConnectionRef, type KmsKey, keyLabel } from '../../core/kms/model.ts';
import { pick } from '../../platform/pick.ts';
import type { KeyNode } from '../../views/shared/nodes.ts';
import { pickConnection } from '../connections/pickConnection.ts';
import { type Needs, whileOpen } from '../context.ts';

export interface KeyChoice {
  readonly isConnection?: (ref: ConnectionRef) => boolean;
  readonly isKey?: (key: KmsKey) => boolean;
}

/**
 * Asks for the connection if there are several, then for the key; `undefined` when a list was closed.
 * @param command its title
 */
export async function pickKey(
  context: Needs<'connections'>,
  command: string,
  { isConnection, isKey }: KeyChoice = {},
): Promise<KeyNode | undefined> {
  const ref = await pickConnection(context, isConnection);
  if (ref === undefined) {
    return undefined;
  }
  const session = await context.connections.open(ref);
  const { connection, inventory } = session;
  const where = connection.region;
  const key = await pick<KmsKey>({
    title: l10n.t('{0}: Key', command),
    placeholder: l10n.t('Key in {0}', where),
    empty: isKey === undefined ? l10n.t('{0} has no keys.', where) : l10n.t('No key in {0} matches.', where),
    load: (show, closed) =>
      whileOpen(session, closed, async () => {
        for await (const { keys, state } of inventory.allKeys()) {
          if (state.kind === 'failed') {
            throw state.error;
          }
          show(
            keys
              .filter((one) => isKey?.(one) ?? true)
              .map((value) => ({ label: printable(keyLabel(value)), description: value.keyId, value })),
          );
        }
      }),
  });
  return key && { kind: 'key', connection, key };
}
