import { printable } from '../../core/base/text.ts';
import { grantAsAwsJson, keyAsAwsJson } from '../../core/kms/awsJson.ts';
import { keyLabel } from '../../core/kms/model.ts';
import { grantee } from '../../core/kms/principal.ts';
import type { GrantNode, KeyNode } from '../../views/shared/nodes.ts';
import { type Needs, sessionOf } from '../context.ts';

/** A grant, or a key with the grants that are loaded, as the AWS CLI would print it. */
export async function showAsJson(
  context: Needs<'connections' | 'documents'>,
  node: KeyNode | GrantNode,
): Promise<void> {
  const { connection, key } = node;
  if (node.kind === 'grant') {
    await context.documents.show(
      printable(node.grant.name ?? grantee(node.grant).shortName, 60),
      grantAsAwsJson(node.grant),
    );
    return;
  }
  const { inventory } = sessionOf(context, connection);
  const { grants, state } = await inventory.grants(key.arn);
  await context.documents.show(printable(keyLabel(key), 60), {
    ...keyAsAwsJson(key, inventory.metadata(key.arn)),
    Grants: grants.map(grantAsAwsJson),
    Truncated: state.kind !== 'complete',
  });
}
