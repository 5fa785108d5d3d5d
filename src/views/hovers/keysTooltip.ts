import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { duration, localTime } from '../../core/base/text.ts';
import type { RevocationState } from '../../core/changes/revocationRecord.ts';
import type { GrantChange } from '../../core/findings/grantChange.ts';
import { keyLabel } from '../../core/kms/model.ts';
import { describePrincipal, grantee } from '../../core/kms/principal.ts';
import { connectionName, pairs } from '../../core/words/describe.ts';
import { explain } from '../../core/words/explain.ts';
import { impactOfRevoke } from '../../core/words/impact.ts';
import { accountText } from '../keys/connectionItem.ts';
import { keyStateText } from '../keys/keyItem.ts';
import type { Known } from '../keys/known.ts';
import type { ConnectionNode, GrantNode, KeyNode, Node } from '../shared/nodes.ts';
import { errorLines, evidenceTooltip, type Lines, plain, table, verdict, verdictTable } from './tooltipText.ts';

/**
 * The tooltip of a row. Text from AWS is escaped, never used as Markdown; the tooltip allows no commands and no HTML.
 */
export function keysTooltip(node: Node, known: Known): vscode.MarkdownString | string | undefined {
  switch (node.kind) {
    case 'connection':
      return connectionTooltip(node, known);
    case 'awsManagedKeys':
      return l10n.t('Keys that AWS services created in this account. Their grants belong to the services.');
    case 'pinnedKeys':
      return l10n.t('Keys that you opened by ARN. To open more, run Open Key by ARN.');
    case 'key':
      return keyTooltip(node, known);
    case 'grant':
      return grantTooltip(node, known);
    case 'field':
      return plain(node.name, node.value);
    case 'evidence':
    case 'evidenceLine':
      return evidenceTooltip(node);
    case 'message':
      return plain(node.title, node.sentence, node.error);
    case 'more':
      return undefined;
  }
}

function connectionTooltip(node: ConnectionNode, known: Known): vscode.MarkdownString {
  const { ref } = node;
  const state = known.connection(node);
  const { identity, endpoint, failure } = state;
  return table(
    connectionName(ref),
    [
      [l10n.t('Region'), state.region],
      [l10n.t('Account'), accountText(state)],
      [l10n.t('Signed in as'), identity?.arn],
      [l10n.t('Custom endpoint'), endpoint?.kind === 'custom' ? endpoint.url : undefined],
      ...(failure === undefined ? [] : errorLines(failure)),
    ],
    failure === undefined ? undefined : explain(failure.details).sentence,
  );
}

function keyTooltip(node: KeyNode, known: Known): vscode.MarkdownString {
  const { key } = node;
  const metadata = known.metadata(node);
  const lines: Lines = [
    [l10n.t('Description'), metadata?.description],
    [l10n.t('Aliases'), key.aliases.length > 1 ? key.aliases.join(', ') : undefined],
    [l10n.t('Key state'), metadata === undefined ? undefined : (keyStateText(metadata) ?? l10n.t('Enabled'))],
    [l10n.t('Deletion date'), metadata?.deletionDate === undefined ? undefined : localTime(metadata.deletionDate)],
    [
      l10n.t('Managed by'),
      metadata === undefined ? undefined : { AWS: l10n.t('AWS'), CUSTOMER: l10n.t('Customer') }[metadata.manager],
    ],
    [
      l10n.t('Type'),
      [
        metadata?.spec,
        metadata?.usage,
        metadata?.origin,
        metadata?.multiRegion === true ? l10n.t('Multi-Region') : undefined,
      ]
        .filter((part) => part !== undefined)
        .join(' · '),
    ],
    [l10n.t('Created'), metadata?.creationDate === undefined ? undefined : localTime(metadata.creationDate)],
    [l10n.t('Key ARN'), key.arn],
  ];
  return verdictTable(keyLabel(key), verdict(known.findings(node), undefined), lines);
}

export function grantTooltip(
  node: GrantNode,
  known: Pick<Known, 'revocation' | 'findings' | 'now'>,
  change?: GrantChange,
): vscode.MarkdownString {
  const { grant, key } = node;
  const { encryptionContextEquals, encryptionContextSubset, sourceArn } = grant.constraints;
  const who = grantee(grant);
  const revocation = known.revocation(node);
  const lines: Lines = [
    [l10n.t('Grantee'), describePrincipal(who, grant)],
    [l10n.t('Operations'), grant.operations.join(', ')],
    [l10n.t('Encryption context equals'), pairs(encryptionContextEquals)],
    [l10n.t('Encryption context includes'), pairs(encryptionContextSubset)],
    [l10n.t('Source ARN'), sourceArn],
    [l10n.t('Created'), grant.creationDate === undefined ? undefined : localTime(grant.creationDate)],
    [l10n.t('Key'), `${keyLabel(key)} (${key.arn})`],
  ];
  const title = grant.name ?? who.shortName;
  if (revocation !== undefined) {
    return table(title, [...progressLines(revocation, known.now()), ...lines]);
  }
  const changes: Lines = (change?.fields ?? []).map(({ name, value }) => [name, value]);
  return change?.kind === 'gone'
    ? table(title, [...changes, ...lines])
    : verdictTable(title, verdict(known.findings(node), impactOfRevoke(grant)), [...changes, ...lines]);
}

function progressLines(revocation: RevocationState, now: number): Lines {
  switch (revocation.kind) {
    case 'revoking':
      return [];
    case 'confirming': {
      if (revocation.progress === undefined) {
        return [];
      }
      const { absences, lastRead, trouble, nextCheckAt } = revocation.progress;
      const seen = {
        listed: l10n.t('still listed'),
        absent: l10n.t('not listed (consecutive checks: {0})', absences),
        none: l10n.t('none yet'),
      }[lastRead];
      return [
        [l10n.t('Last successful check'), trouble === undefined ? seen : l10n.t('{0} (latest check failed)', seen)],
        [l10n.t('Next check'), l10n.t('in {0}', duration(nextCheckAt - now))],
      ];
    }
    case 'unconfirmed': {
      const { kind, requestedAt } = revocation.record;
      const asked = kind === 'revoke' ? l10n.t('Revoke requested') : l10n.t('Retirement requested');
      return [[asked, localTime(new Date(requestedAt))]];
    }
  }
}
