import * as l10n from '@vscode/l10n';
import type { GrantNode } from '../../views/shared/nodes.ts';
import { type EndAnswer, type EndContext, endGrant } from './endGrant/endGrant.ts';
import { pickGrant } from './pickGrant.ts';

/** Revokes the grant of a row; from the palette, it asks for key and grant. */
export async function revokeGrant(context: EndContext, node?: GrantNode): Promise<EndAnswer> {
  const target = node ?? (await pickGrant(context, l10n.t('Revoke Grant')));
  return target === undefined ? 'declined' : endGrant('revoke', context, target);
}
