import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { printable } from '../../core/base/text.ts';
import type { RevocationState } from '../../core/changes/revocationRecord.ts';
import type { FindingKind } from '../../core/findings/finding.ts';
import { managerText } from '../../core/findings/findings.ts';
import type { GrantChange } from '../../core/findings/grantChange.ts';
import type { Grant } from '../../core/kms/model.ts';
import { grantee, type Principal, type PrincipalKind, principalKindName } from '../../core/kms/principal.ts';
import { rows } from '../../manifest.ts';
import { shortFindings, spokenFindings } from '../shared/findingText.ts';
import { shortOperations } from '../shared/grantFields.ts';
import type { GrantNode } from '../shared/nodes.ts';
import { icon, type RowProperties, row } from '../shared/row.ts';
import type { Known } from './known.ts';

/** The icon of each kind of principal. */
export const principalIcons: Readonly<Record<PrincipalKind, string>> = {
  role: 'shield',
  serviceLinkedRole: 'server-process',
  user: 'person',
  assumedRole: 'shield',
  ec2Instance: 'server',
  awsServiceSession: 'server-process',
  federatedUser: 'globe',
  accountRoot: 'organization',
  service: 'server-process',
  awsInternal: 'server-process',
  unresolvedRole: 'question',
  unresolvedUser: 'question',
  other: 'circle-outline',
};

/** What a grant's row begins with, where that is not its name or grantee. */
export interface GrantRowText {
  readonly label: string;
  /** Before the operations in the description; those that are `undefined` are left out. */
  readonly lead: readonly (string | undefined)[];
  /** Its group says that it has this finding. */
  readonly saidByGroup?: FindingKind | undefined;
  /** What changed since a baseline. */
  readonly change?: GrantChange | undefined;
}

export function grantItem(
  node: GrantNode,
  known: Pick<Known, 'revocation' | 'findings' | 'mayRetire' | 'isInTerraform'>,
  begins?: GrantRowText,
): vscode.TreeItem {
  const { grant, key } = node;
  const who = grantee(grant);
  const label = begins?.label ?? grant.name ?? who.shortName;
  const lead = begins?.lead ?? [grant.name === undefined ? undefined : who.shortName];
  const revocation = known.revocation(node);
  const properties: RowProperties = { collapsibleState: vscode.TreeItemCollapsibleState.Collapsed };
  if (revocation === undefined) {
    const findings = known.findings(node);
    const managed = managerText(grant, key, undefined);
    const own = findings.filter(({ kind }) => kind !== begins?.saidByGroup);
    // In a narrow view only the beginning is seen: what to make of the grant comes first.
    const change = begins?.change;
    const isGone = change?.kind === 'gone';
    const parts = [change?.short, managed, shortFindings(own), ...lead, shortOperations(grant.operations)];
    const isWarned = findings.some(({ severity }) => severity === 'warning');
    const what = [l10n.t('Grant {0}', printable(label)), change?.short, managed, ...lead];
    const operations = printable(grant.operations.join(', '), 400);
    return row(label, {
      ...properties,
      description: parts.filter((part) => part !== undefined).join(' · '),
      // The icon still shows the kind of grantee. The color alone never marks a finding: the description or the group names it.
      iconPath: icon(principalIcons[who.kind], isGone ? 'disabled' : isWarned ? 'warning' : undefined),
      contextValue: isGone ? goneContext(grant) : contextOf(node, known),
      spoken: [
        what.filter((part) => part !== undefined && part !== who.shortName).join(', '),
        spokenFindings(findings),
        l10n.t('Held by {0}, for {1}', holderText(grant, who), operations),
      ],
    });
  }
  const text = revocationText(revocation);
  return row(label, {
    ...properties,
    description: text,
    iconPath: revocation.kind === 'unconfirmed' ? icon('warning', 'warning') : icon('loading~spin'),
    contextValue: {
      revoking: rows.grantRevoking,
      confirming: rows.grantConfirming,
      unconfirmed: rows.grantUnconfirmed,
    }[revocation.kind],
    spoken: [`${l10n.t('Grant {0}', printable(label))}, ${text}`],
  });
}

function holderText({ granteePrincipal }: Grant, { kind, shortName }: Principal): string {
  if (granteePrincipal === undefined) {
    return shortName;
  }
  return kind === 'accountRoot' ? l10n.t('the whole {0}', shortName) : `${principalKindName(kind)} ${shortName}`;
}

function goneContext({ granteePrincipal }: Grant): string {
  return granteePrincipal === undefined ? rows.grantGone : rows.grantGoneRecreatable;
}

function contextOf(node: GrantNode, known: Pick<Known, 'mayRetire' | 'isInTerraform'>): string {
  if (known.isInTerraform(node)) {
    return known.mayRetire(node) ? rows.grantRetirableTerraform : rows.grantTerraform;
  }
  return known.mayRetire(node) ? rows.grantRetirable : rows.grant;
}

function revocationText({ record, ...revocation }: RevocationState): string {
  const words = {
    revoke: {
      under: l10n.t('Revoking…'),
      done: l10n.t('Revoked'),
      confirming: l10n.t('Revoked, waiting for KMS'),
      lost: l10n.t('Revoke outcome unknown'),
    },
    retire: {
      under: l10n.t('Retiring…'),
      done: l10n.t('Retired'),
      confirming: l10n.t('Retired, waiting for KMS'),
      lost: l10n.t('Retirement outcome unknown'),
    },
  }[record.kind];
  const state = record.accepted ? words.done : record.notFound === true ? l10n.t('Not found by KMS') : words.lost;
  switch (revocation.kind) {
    case 'revoking':
      return words.under;
    case 'confirming':
      return record.accepted ? words.confirming : `${state} · ${l10n.t('checking')}`;
    case 'unconfirmed': {
      const { unconfirmed } = record;
      const isListed = unconfirmed?.lastRead === 'listed' && unconfirmed.reason !== 'unread';
      const last = isListed ? l10n.t('still listed') : l10n.t('not confirmed');
      return `${state} · ${last}`;
    }
  }
}
