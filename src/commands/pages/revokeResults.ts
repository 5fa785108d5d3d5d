import * as l10n from '@vscode/l10n';
import { grantName, keyName } from '../../core/words/describe.ts';
import { errorSentence } from '../../core/words/explain.ts';
import type { Page, PageLine, PageSection } from '../../core/words/page.ts';
import type { GrantNode } from '../../views/shared/nodes.ts';
import type { Needs } from '../context.ts';
import { showPage } from './showPage.ts';

/** Grants by what became of their revoke. */
export interface RevokeResults {
  readonly failed: readonly BrokenRevoke[];
  readonly unanswered: readonly BrokenRevoke[];
  readonly notBegun: readonly GrantNode[];
  /** By a server that does not know dry runs. */
  readonly byCheck: readonly GrantNode[];
  readonly revoked: readonly GrantNode[];
  /** KMS did not know the grant when it was revoked. */
  readonly notFound: readonly GrantNode[];
  readonly gone: readonly GrantNode[];
  readonly sentEarlier: readonly GrantNode[];
}

export interface BrokenRevoke {
  readonly node: GrantNode;
  readonly error: unknown;
}

export async function showRevokeResults(context: Needs<'documents'>, results: RevokeResults): Promise<void> {
  await showPage(context, l10n.t('Revoke Results'), resultsPage(results), resultsAsJson(results));
}

/** What failed first, then what may have failed, then the rest. */
export function resultsPage(results: RevokeResults): Page {
  const { failed, unanswered, notBegun, byCheck, revoked, notFound, gone, sentEarlier } = results;
  const broken = ({ node, error }: BrokenRevoke) => resultLine(node, errorSentence(error));
  const plain = (node: GrantNode) => resultLine(node);
  const sections: readonly PageSection[] = [
    { title: l10n.t('Failed'), lines: failed.map(broken) },
    {
      title: l10n.t('Outcome Unknown'),
      text: l10n.t('Possibly revoked. The row of each grant shows what KMS lists.'),
      lines: unanswered.map(broken),
    },
    { title: l10n.t('Not Started'), lines: notBegun.map(plain) },
    {
      title: l10n.t('Revoked by the Dry Run'),
      text: l10n.t('The server ignored the dry run and carried out the revoke.'),
      lines: byCheck.map(plain),
    },
    { title: l10n.t('Revoked'), lines: revoked.map(plain) },
    { title: l10n.t('Not Found by KMS'), lines: notFound.map(plain) },
    { title: l10n.t('No Longer Listed'), lines: gone.map(plain) },
    { title: l10n.t('Revoke or Retirement Sent Earlier'), lines: sentEarlier.map(plain) },
  ];
  const shown = sections.filter(({ lines }) => lines.length > 0);
  return {
    title: l10n.t('Revoke Results'),
    sections: shown.map((section) => ({ ...section, title: `${section.title}: ${section.lines.length}` })),
  };
}

function resultLine({ key, grant, connection }: GrantNode, reason?: string): PageLine {
  const identity = [
    [l10n.t('Grant ID'), grant.grantId],
    [l10n.t('Key ARN'), key.arn],
    [l10n.t('Connection'), connection.id],
  ].map((named) => named.join(': '));
  return { name: grantName(grant), text: keyName(key), more: [...(reason === undefined ? [] : [reason]), ...identity] };
}

function resultsAsJson({ failed, unanswered, notBegun, byCheck, revoked, notFound, gone, sentEarlier }: RevokeResults) {
  const broken = ({ node, error }: BrokenRevoke) => ({ ...asJson(node), reason: errorSentence(error) });
  return {
    failed: failed.map(broken),
    outcomeUnknown: unanswered.map(broken),
    notBegun: notBegun.map(asJson),
    revokedByCheck: byCheck.map(asJson),
    revoked: revoked.map(asJson),
    notFound: notFound.map(asJson),
    noLongerListed: gone.map(asJson),
    sentEarlier: sentEarlier.map(asJson),
  };
}

function asJson({ key, grant, connection }: GrantNode) {
  return { grantId: grant.grantId, name: grant.name, keyArn: key.arn, connection: connection.id };
}
