import type { GrantNode } from '../../views/shared/nodes.ts';
import { type EndAnswer, type EndContext, endGrant } from './endGrant/endGrant.ts';
import { pickGrant } from './pickGrant.ts';

/** Revokes the grant of a row; from the palette, it asks for key and grant. */
export async function revokeGrant(context: EndContext, node?: GrantNode): Promise<EndAnswer> {
  const target = node ?? (await pickGrant(context));
  return target === undefined ? 'declined' : endGrant('revoke', context, target);
}
