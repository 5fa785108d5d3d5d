import * as l10n from '@vscode/l10n';
import { printable } from '../../core/base/text.ts';
import type { Session } from '../../core/connections/session.ts';
import { principalProblem } from '../../core/kms/grantRules.ts';
import { keyOfArn, parseKeyArn } from '../../core/kms/keyArn.ts';
import { accountOfArn, type Grant, type KmsKey } from '../../core/kms/model.ts';
import { grantee } from '../../core/kms/principal.ts';
import { retirableGrants, retiringPrincipalsOf } from '../../core/kms/retirement.ts';
import { UserError } from '../../core/words/userError.ts';
import { type PickItem, pick } from '../../platform/pick.ts';
import { askText } from '../../platform/prompts.ts';
import { shortOperations } from '../../views/shared/grantFields.ts';
import type { ConnectionNode, GrantNode } from '../../views/shared/nodes.ts';
import { namedAccount } from '../ask.ts';
import { pickConnection } from '../connections/pickConnection.ts';
import { whileOpen } from '../context.ts';
import { type EndContext, endGrant } from './endGrant/endGrant.ts';

/** Retires the grant of a row; from the palette, one of those that the caller may retire. */
export async function retireGrant(context: EndContext, node?: GrantNode): Promise<void> {
  if (node === undefined) {
    await showRetirableGrants(context);
  } else {
    await endGrant('retire', context, node);
  }
}

/** Lists the grants in the connection's Region that the caller may retire, on keys of any account, to retire one. */
export async function showRetirableGrants(context: EndContext, node?: ConnectionNode): Promise<void> {
  const ref = node?.ref ?? (await pickConnection(context));
  if (ref === undefined) {
    return;
  }
  const session = await context.connections.open(ref);
  const { arn } = await whileOpen(session, undefined, () => session.identity());
  let principals = retiringPrincipalsOf(arn, session.connection.region);
  for (;;) {
    const picked = await pickRetirable(session, principals);
    if (picked === undefined) {
      return;
    }
    if (picked !== 'otherPrincipal') {
      await endGrant('retire', context, {
        connection: session.connection,
        key: keyOf(session, picked),
        grant: picked,
      });
      return;
    }
    const principal = await askText(
      l10n.t('Grants I Can Retire: Principal'),
      l10n.t('ARN of a role or user of your account, with the path that the ARN of a session omits'),
      'arn:aws:iam::111122223333:role/platform/grant-janitor',
      (text) => principalProblem(text, arn),
    );
    if (principal === undefined) {
      return;
    }
    principals = [principal];
  }
}

function pickRetirable(session: Session, principals: readonly string[]): Promise<Grant | 'otherPrincipal' | undefined> {
  const { connection, api } = session;
  const other: PickItem<Grant | 'otherPrincipal'> = {
    label: l10n.t('Of another principal…'),
    description: l10n.t('searched: {0}', principals.map((principal) => printable(principal)).join(', ')),
    alwaysShow: true,
    value: 'otherPrincipal',
  };
  return pick({
    title: l10n.t('Grants I Can Retire in {0}', connection.region),
    placeholder: l10n.t('Grant to retire'),
    empty: l10n.t('No grants found.'),
    load: (show, signal) =>
      whileOpen(session, signal, async (either) => {
        const items: PickItem<Grant | 'otherPrincipal'>[] = [];
        let shown = 0;
        for await (const grants of retirableGrants(api, principals, either)) {
          items.push(...grants.map(retirableItem));
          // As in the list of a key's grants, it gets all of them when they are twice as many.
          if (items.length >= 2 * shown) {
            shown = items.length;
            show(items);
          }
        }
        show([...items, other]);
      }),
  });
}

function retirableItem(grant: Grant): PickItem<Grant> {
  const who = grantee(grant);
  const account = accountOfArn(grant.keyArn);
  return {
    label: printable(grant.name ?? who.shortName),
    description: [
      ...(grant.name === undefined ? [] : [who.shortName]),
      shortOperations(grant.operations, 3),
      ...(account === undefined ? [] : [printable(namedAccount(account))]),
    ].join(' · '),
    detail: printable(grant.keyArn),
    value: grant,
  };
}

/** With its aliases if the view lists the key; a key of another account is known by its ARN alone. */
function keyOf({ inventory }: Session, { keyArn }: Grant): KmsKey {
  const read = parseKeyArn(keyArn);
  if (read === undefined) {
    throw new UserError(l10n.t("{0} isn't the ARN of a key.", printable(keyArn)));
  }
  return inventory.loadedKey(keyArn) ?? keyOfArn(read);
}
