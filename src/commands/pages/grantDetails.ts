import * as l10n from '@vscode/l10n';
import { printable } from '../../core/base/text.ts';
import { grantAsAwsJson } from '../../core/kms/awsJson.ts';
import { grantName } from '../../core/words/describe.ts';
import { isGrouped } from '../../views/grantees/granteesNodes.ts';
import type { GrantNode } from '../../views/shared/nodes.ts';
import type { Needs } from '../context.ts';
import { grantPage } from './grantPage.ts';
import { showPage } from './showPage.ts';

type GrantContext = Needs<'connections' | 'documents' | 'evidence' | 'journal' | 'view'>;

/** All that is known of one grant, as a read-only page. AWS is asked for nothing. */
export async function grantDetails(context: GrantContext, node: GrantNode): Promise<void> {
  const { connections, evidence, journal, view } = context;
  const { connection, key, grant } = node;
  const session = connections.find(connection);
  const known = session && evidence.of({ session, key, grant });
  const held = isGrouped(node) ? node.held : undefined;
  const page = grantPage({
    connection,
    key,
    grant,
    findings: held?.findings ?? view.findings(node),
    evidence: known === undefined ? [] : (evidence.loaded?.lines(grant, known) ?? []),
    changes: journal.records
      .filter((record) => record.key.arn === key.arn && record.grant.grantId === grant.grantId)
      .map((record) => ({ record, isUnderWay: journal.isInFlight(record.id) })),
    gone: held?.change?.kind === 'gone' ? held.change.fields : undefined,
  });
  await showPage(context, l10n.t('{0} – grant', printable(grantName(grant), 60)), page, grantAsAwsJson(grant));
}
