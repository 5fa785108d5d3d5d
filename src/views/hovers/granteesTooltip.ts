import * as l10n from '@vscode/l10n';

import type vscode = require('vscode');

import type { ChangeKind } from '../../core/findings/grantChange.ts';
import { describePrincipal } from '../../core/kms/principal.ts';
import { explain } from '../../core/words/explain.ts';
import type { KnownOfGrantees } from '../grantees/granteeItem.ts';
import { type GranteesNode, unreadableName } from '../grantees/granteesNodes.ts';
import { grantTooltip } from './keysTooltip.ts';
import { evidenceTooltip, findingTooltip, plain } from './tooltipText.ts';

/** The tooltip of a row. Text from AWS is escaped, never used as Markdown. */
export function granteesTooltip(
  node: GranteesNode,
  known: KnownOfGrantees,
): vscode.MarkdownString | string | undefined {
  switch (node.kind) {
    case 'grant':
      return grantTooltip(node, known, node.held.change);
    case 'field':
      return plain(node.name, node.value);
    case 'evidence':
    case 'evidenceLine':
      return evidenceTooltip(node);
    case 'message':
      return plain(node.title, node.sentence);
    case 'group': {
      const { subject, title, grants, detail } = node.group;
      const [first] = grants;
      if (subject.kind === 'principal' && first !== undefined) {
        return plain(subject.principal.value, describePrincipal(subject.principal, first.grant));
      }
      if (subject.kind === 'change') {
        return plain(title, changeSentence(subject.change));
      }
      if (subject.kind === 'creator') {
        return plain(title, [detail, subject.creator.arn ?? '']);
      }
      if (subject.kind === 'finding') {
        return findingTooltip(title, subject.finding, grants.length);
      }
      return plain(subject.kind === 'key' ? subject.key.arn : title, detail);
    }
    case 'unreadable': {
      const { sentence, advice } = explain(node.unreadable.error.details);
      return plain(unreadableName(node.unreadable), `${sentence} ${advice}`, node.unreadable.error);
    }
    case 'unreadableGroup':
      return l10n.t("What couldn't be read completely, and why. Grants may be missing above.");
    case 'scanState':
    case 'moreGrants':
    case 'nothing':
      return undefined;
  }
}

function changeSentence(change: ChangeKind): string {
  switch (change) {
    case 'notCompared':
      return l10n.t('Grants that only one of the two searches could read count as neither gone nor appeared.');
    case 'appeared':
      return l10n.t('Listed now, but not in the baseline.');
    case 'gone':
      return l10n.t('In the baseline, but not listed by this search.');
    case 'changed':
      return l10n.t(
        'The same grant with different fields. KMS shows a unique ID instead of the ARN of a deleted principal.',
      );
    case 'unchanged':
      return l10n.t('The same in the baseline and now.');
  }
}
