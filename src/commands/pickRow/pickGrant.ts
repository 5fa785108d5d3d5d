import * as l10n from '@vscode/l10n';
import { localTime, printable } from '../../core/base/text.ts';
import type { RevocationState } from '../../core/changes/revocationRecord.ts';
import type { GrantListing } from '../../core/connections/grantLoad.ts';
import { type Grant, keyLabel } from '../../core/kms/model.ts';
import { grantee } from '../../core/kms/principal.ts';
import { type PickItem, pick } from '../../platform/pick.ts';
import { shortOperations } from '../../views/shared/grantFields.ts';
import type { GrantNode } from '../../views/shared/nodes.ts';
import { type Needs, sessionOf, whileOpen } from '../context.ts';
import { oneOf } from './oneOf.ts';
import { pickKey } from './pickKey.ts';

/**
 * Asks for the connection if there are several, the key, then the grant; `undefined` when a list was closed.
 * @param command its title
 */
export async function pickGrant(context: Needs<'connections'>, command: string): Promise<GrantNode | undefined> {
  const node = await pickKey(context, command);
  if (node === undefined) {
    return undefined;
  }
  const { connection, key } = node;
  const session = sessionOf(context, connection);
  const { inventory } = session;
  return pick<GrantNode>({
    title: l10n.t('{0}: Grant on {1}', command, printable(keyLabel(key))),
    placeholder: l10n.t('Grant'),
    empty: l10n.t('This key has no grants.'),
    load: (show, closed) =>
      whileOpen(session, closed, async (signal) => {
        let listing: GrantListing;
        let shown = 0;
        do {
          listing = await inventory.grants(key.arn);
          if (listing.state.kind === 'failed') {
            throw listing.state.error;
          }
          // The list takes all of them each time, so it gets them when they are twice as many.
          if (listing.state.kind !== 'more' || listing.grants.length >= 2 * shown) {
            shown = listing.grants.length;
            show(
              listing.grants.map((grant) => ({
                ...grantText(grant),
                value: { kind: 'grant', connection, key, grant },
              })),
            );
          }
          if (listing.state.kind === 'more') {
            await inventory.loadMoreGrants(key.arn);
          }
        } while (listing.state.kind === 'more' && !signal.aborted);
      }),
  });
}

/**
 * Asks for a grant whose revoke or retirement is in this state.
 * @param none what to say where no grant is
 */
export function pickEnding(
  { connections, revocations }: Needs<'connections' | 'revocations'>,
  command: string,
  kind: RevocationState['kind'],
  none: string,
): Promise<GrantNode | undefined> {
  const items = connections.sessions.flatMap(({ connection }) =>
    revocations
      .ofConnection(connection.ref)
      .filter(({ key, grant }) => revocations.state(connection.ref, key, grant.grantId)?.kind === kind)
      .map(({ key, grant }): PickItem<GrantNode> => {
        const text = grantText(grant);
        const description = `${printable(keyLabel(key))} · ${text.description}`;
        return { ...text, description, value: { kind: 'grant', connection, key, grant } };
      }),
  );
  return oneOf(command, l10n.t('Grant'), items, none);
}

function grantText(grant: Grant) {
  const who = grantee(grant);
  const created = grant.creationDate;
  return {
    label: printable(grant.name ?? who.shortName),
    description: shortOperations(grant.operations, 3),
    detail: [printable(who.value), ...(created === undefined ? [] : [localTime(created)]), grant.grantId].join(' · '),
  };
}
