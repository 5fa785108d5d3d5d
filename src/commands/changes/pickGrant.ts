import * as l10n from '@vscode/l10n';
import { localTime, printable } from '../../core/base/text.ts';
import type { GrantListing } from '../../core/connections/grantLoad.ts';
import { type Grant, type KmsKey, keyLabel } from '../../core/kms/model.ts';
import { grantee } from '../../core/kms/principal.ts';
import { pick } from '../../platform/pick.ts';
import { shortOperations } from '../../views/shared/grantFields.ts';
import type { GrantNode } from '../../views/shared/nodes.ts';
import { pickConnection } from '../connections/pickConnection.ts';
import type { Needs } from '../context.ts';

/**
 * Asks for the connection if there are several, the key, then the grant; `undefined` when a list was closed.
 * @param command its title
 */
export async function pickGrant(context: Needs<'connections'>, command: string): Promise<GrantNode | undefined> {
  const ref = await pickConnection(context);
  if (ref === undefined) {
    return undefined;
  }
  const { connection, inventory } = await context.connections.open(ref);
  const where = connection.region;

  const key = await pick<KmsKey>({
    title: l10n.t('{0}: Key', command),
    placeholder: l10n.t('Key in {0}', where),
    empty: l10n.t('There are no keys in {0}.', where),
    load: async (show) => {
      for await (const { keys, state } of inventory.allKeys()) {
        if (state.kind === 'failed') {
          throw state.error;
        }
        show(keys.map((value) => ({ label: printable(keyLabel(value)), description: value.keyId, value })));
      }
    },
  });
  if (key === undefined) {
    return undefined;
  }

  const grant = await pick<Grant>({
    title: l10n.t('{0}: Grant on {1}', command, printable(keyLabel(key))),
    placeholder: l10n.t('Grant'),
    empty: l10n.t('This key has no grants.'),
    load: async (show, signal) => {
      let listing: GrantListing;
      do {
        listing = await inventory.grants(key.arn);
        if (listing.state.kind === 'failed') {
          throw listing.state.error;
        }
        show(listing.grants.map(grantItem));
        if (listing.state.kind === 'more') {
          await inventory.loadMoreGrants(key.arn);
        }
      } while (listing.state.kind === 'more' && !signal.aborted);
    },
  });
  return grant && { kind: 'grant', connection, key, grant };
}

function grantItem(grant: Grant) {
  const who = grantee(grant);
  const created = grant.creationDate;
  return {
    label: printable(grant.name ?? who.shortName),
    description: shortOperations(grant.operations, 3),
    detail: [printable(who.value), ...(created === undefined ? [] : [localTime(created)]), grant.grantId].join(' · '),
    value: grant,
  };
}
