import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { UserError } from '../../core/words/userError.ts';
import type { ConnectionNode, KeyNode } from '../../views/shared/nodes.ts';
import { type Needs, sessionOf } from '../context.ts';

/** The AWS console's page of the Region's keys, or of one key. */
export async function openConsole(
  context: Needs<'aws' | 'connections'>,
  node: ConnectionNode | KeyNode,
): Promise<void> {
  const session = node.kind === 'key' ? sessionOf(context, node.connection) : await context.connections.open(node.ref);
  const { endpoint, region } = session.connection;
  if (endpoint.kind !== 'aws') {
    throw new UserError(l10n.t("This connection doesn't lead to AWS itself, so the AWS console has no page for it."));
  }
  const url = (await context.aws()).consoleUrl(region, node.kind === 'key' ? node.key.keyId : undefined);
  if (url === undefined) {
    throw new UserError(l10n.t('No AWS console is known for Region {0}.', region));
  }
  await vscode.env.openExternal(vscode.Uri.parse(url, true));
}
