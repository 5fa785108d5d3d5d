import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { printable } from '../../../core/base/text.ts';
import { keyLabel } from '../../../core/kms/model.ts';
import { grantee } from '../../../core/kms/principal.ts';
import { serviceOfGrant, usedBySentence } from '../../../core/kms/serviceGrant.ts';
import { grantCountText, grantName } from '../../../core/words/describe.ts';
import { pickSeveral } from '../../../platform/pick.ts';
import { shortOperations } from '../../../views/shared/grantFields.ts';
import type { GrantNode } from '../../../views/shared/nodes.ts';
import type { Needs } from '../../context.ts';
import { isOfService, marksOf } from './marks.ts';

/** Asks which of them to revoke. Grants of AWS services begin without a tick, and with a warning. */
export async function chooseGrants(
  context: Needs<'connections' | 'view'>,
  nodes: readonly GrantNode[],
): Promise<readonly GrantNode[]> {
  const items = nodes.map((node) => {
    const { key, grant } = node;
    const isService = isOfService(context, node);
    return {
      label: grantName(node.grant),
      description: `${printable(keyLabel(key))} · ${shortOperations(grant.operations)}`,
      detail: [
        ...(isService ? [cautionOf(node)] : []),
        printable(grantee(grant).value),
        ...marksOf(context, node),
      ].join(' · '),
      picked: !isService,
      ...(isService ? { iconPath: new vscode.ThemeIcon('warning') } : {}),
      value: node,
    };
  });
  const picked = await pickSeveral(
    l10n.t('Revoke Grants: Choose from {0}', grantCountText(nodes.length)),
    l10n.t("Grants to revoke. Those of AWS services aren't selected."),
    items,
    // Typing searches here, and ticks nothing.
    'accept',
  );
  return picked ?? [];
}

function cautionOf({ grant }: GrantNode): string {
  const used = serviceOfGrant(grant);
  return used === undefined
    ? l10n.t('An AWS service uses this grant. Revoking it can break a resource. Select it only if you are sure.')
    : l10n.t('{0} Revoking it can break a resource. Select it only if you are sure.', usedBySentence(used));
}
