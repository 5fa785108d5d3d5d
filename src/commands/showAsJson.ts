import { keyLabel } from '../core/model.ts';
import { grantee } from '../core/principal.ts';
import { printable } from '../core/text.ts';
import type { GrantNode, KeyNode } from '../views/nodes.ts';
import { type CommandContext, sessionOf } from './context.ts';

/** A grant as it is on screen; or a key with its metadata and the grants that are loaded. */
export async function showAsJson(context: CommandContext, node: KeyNode | GrantNode): Promise<void> {
  const { connection, key } = node;
  if (node.kind === 'grant') {
    await context.documents.show(printable(node.grant.name ?? grantee(node.grant).shortName, 60), node.grant);
    return;
  }
  const { inventory } = sessionOf(context, connection);
  const { grants, state } = await inventory.grants(key.arn);
  await context.documents.show(printable(keyLabel(key), 60), {
    ...key,
    metadata: inventory.metadata(key.arn),
    grants,
    ...(state.kind === 'complete' ? {} : { grantsComplete: false }),
  });
}
