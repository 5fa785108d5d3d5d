import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { localTime, printable, timeOfDay } from '../../core/base/text.ts';
import type { RevocationState } from '../../core/changes/revocationRecord.ts';
import { type Finding, managerText } from '../../core/findings/findings.ts';
import {
  accountOfArn,
  type ConnectionRef,
  isAwsManaged,
  type KeyMetadata,
  type KmsKey,
  keyLabel,
} from '../../core/kms/model.ts';
import { grantee, type PrincipalKind, principalKindName } from '../../core/kms/principal.ts';
import { connectionName } from '../../core/words/describe.ts';
import { needsSignIn } from '../../core/words/explain.ts';
import type { HelpfulAction } from '../../core/words/userError.ts';
import { commands, rows } from '../../manifest.ts';
import { shortFindings, spokenFindings } from '../shared/findingText.ts';
import {
  type ConnectionNode,
  type EvidenceLineNode,
  type GrantNode,
  type KeyNode,
  type MessageNode,
  type MoreNode,
  type Node,
  nodeId,
} from '../shared/nodes.ts';
import { icon, row } from '../shared/row.ts';
import { shortOperations } from './grantFields.ts';
import type { Known, KnownConnection } from './known.ts';

const { Collapsed, Expanded } = vscode.TreeItemCollapsibleState;

/** The row of a node, without its tooltip: that is built on demand, in tooltip.ts. */
export function toTreeItem(node: Node, known: Known): vscode.TreeItem {
  const item = build(node, known);
  item.id = nodeId(node);
  return item;
}

function build(node: Node, known: Known): vscode.TreeItem {
  switch (node.kind) {
    case 'connection':
      return connectionItem(node, known.connection(node));
    case 'awsManagedKeys':
      return row(l10n.t('AWS managed keys'), {
        collapsibleState: Collapsed,
        description: formatCount(node.keys.length),
        iconPath: icon('lock'),
        contextValue: rows.awsManagedKeys,
      });
    case 'otherAccounts':
      return row(l10n.t('Other accounts'), {
        collapsibleState: Expanded,
        description: String(node.keyArns.length),
        iconPath: icon('references'),
        contextValue: rows.otherAccounts,
      });
    case 'key':
      return keyItem(node, known.metadata(node), known.findings(node));
    case 'grant':
      return grantItem(node, known);
    case 'field':
      return row(node.name, { description: printable(node.value), contextValue: rows.field });
    case 'evidence':
      return row(l10n.t('Evidence'), {
        collapsibleState: Collapsed,
        iconPath: icon('search'),
        contextValue: rows.evidence,
      });
    case 'evidenceLine':
      return evidenceItem(node);
    case 'more':
      return moreItem(node);
    case 'message':
      return messageItem(node);
  }
}

function connectionItem({ ref }: ConnectionNode, known: KnownConnection): vscode.TreeItem {
  const parts = [known.region, accountText(known)];
  if (known.endpoint?.kind === 'custom') {
    parts.push(l10n.t('custom endpoint'));
  }
  return row(connectionName(ref), {
    collapsibleState: Expanded,
    description: parts.filter((part) => part !== undefined).join(' · '),
    iconPath: connectionIcon(ref, known),
    contextValue: ref.kind === 'sample' ? rows.connectionSample : rows.connection,
  });
}

/** `Production (111122223333)`, or the ID alone. */
export function accountText({ identity, accountName }: KnownConnection): string | undefined {
  if (identity === undefined) {
    return undefined;
  }
  return accountName === undefined ? identity.account : `${printable(accountName)} (${identity.account})`;
}

function connectionIcon(ref: ConnectionRef, { failure }: KnownConnection): vscode.ThemeIcon {
  if (failure !== undefined) {
    return icon(needsSignIn(failure) ? 'sign-in' : 'warning', 'warning');
  }
  return icon(ref.kind === 'sample' ? 'beaker' : 'account');
}

function keyItem(
  { key, connection, pinnedTo }: KeyNode,
  metadata: KeyMetadata | undefined,
  findings: readonly Finding[],
): vscode.TreeItem {
  const state = metadata === undefined ? undefined : keyStateText(metadata);
  const description = printable(metadata?.description ?? '');
  const place = pinnedTo === undefined ? undefined : `${accountOfArn(key.arn)} · ${connection.region}`;
  // The state has its own words.
  const quota = findings.find(({ kind }) => kind === 'nearQuota')?.title;
  const context = [
    pinnedTo === undefined ? (key.aliases.length > 0 ? rows.keyWithAlias : rows.key) : rows.keyPinned,
    ...(isAwsManaged(key, metadata) ? ['awsManaged'] : []),
    ...(connection.endpoint.kind === 'sample' ? ['sample'] : []),
  ];
  return row(keyLabel(key), {
    collapsibleState: Collapsed,
    description: [place, state, quota, description].filter(Boolean).join(' · '),
    iconPath: keyIcon(key, metadata),
    contextValue: context.join('.'),
    accessibilityInformation: {
      label: [l10n.t('Key {0}', printable(keyLabel(key))), place, state, quota, description].filter(Boolean).join(', '),
    },
  });
}

/** The state in words; `undefined` for an enabled key, which needs none. */
export function keyStateText({ state, deletionDate }: KeyMetadata): string | undefined {
  switch (state) {
    case 'Enabled':
      return undefined;
    case 'Disabled':
      return l10n.t('Disabled');
    case 'PendingDeletion':
      return deletionDate === undefined
        ? l10n.t('Pending deletion')
        : l10n.t('Pending deletion until {0}', localTime(deletionDate).slice(0, 10));
    case 'PendingReplicaDeletion':
      return l10n.t('Pending replica deletion');
    case 'PendingImport':
      return l10n.t('Pending import');
    case 'Unavailable':
      return l10n.t('Unavailable');
    case 'Creating':
      return l10n.t('Creating');
    case 'Updating':
      return l10n.t('Updating');
    default:
      return printable(state);
  }
}

function keyIcon(key: KmsKey, metadata: KeyMetadata | undefined): vscode.ThemeIcon {
  switch (metadata?.state) {
    case undefined:
    case 'Enabled':
      return icon(isAwsManaged(key, metadata) ? 'lock' : 'key');
    case 'Disabled':
      return icon('circle-slash', 'disabled');
    case 'PendingDeletion':
    case 'PendingReplicaDeletion':
      return icon('trash', 'warning');
    case 'PendingImport':
      return icon('cloud-upload', 'warning');
    case 'Unavailable':
      return icon('debug-disconnect', 'error');
    default:
      return icon('history');
  }
}

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
  /** Before all else in the description; those that are `undefined` are left out. */
  readonly lead: readonly (string | undefined)[];
}

export function grantItem(
  node: GrantNode,
  known: Pick<Known, 'revocation' | 'findings' | 'mayRetire'>,
  begins?: GrantRowText,
): vscode.TreeItem {
  const { grant, key } = node;
  const who = grantee(grant);
  const label = begins?.label ?? grant.name ?? who.shortName;
  const lead = begins?.lead ?? [grant.name === undefined ? undefined : who.shortName];
  const revocation = known.revocation(node);
  const properties: Partial<vscode.TreeItem> = { collapsibleState: Collapsed };
  if (revocation === undefined) {
    const findings = known.findings(node);
    const managed = managerText(grant, key, undefined);
    const parts = [...lead, managed, shortOperations(grant.operations), shortFindings(findings)];
    const isWarned = findings.some(({ severity }) => severity === 'warning');
    const held = l10n.t(
      'Grant {0}, held by {1} {2}, for {3}',
      printable(label),
      principalKindName(who.kind),
      who.shortName,
      printable(grant.operations.join(', '), 400),
    );
    return row(label, {
      ...properties,
      description: parts.filter((part) => part !== undefined).join(' · '),
      // The icon goes on telling who holds it; its colour is never all that tells of a finding.
      iconPath: icon(principalIcons[who.kind], isWarned ? 'warning' : undefined),
      contextValue: known.mayRetire(node) ? rows.grantRetirable : rows.grant,
      accessibilityInformation: {
        label: [held, managed, spokenFindings(findings)].filter((part) => part !== undefined).join('. '),
      },
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
    accessibilityInformation: { label: l10n.t('Grant {0}, {1}', printable(label), text) },
  });
}

function revocationText({ record, ...revocation }: RevocationState): string {
  const words = {
    revoke: {
      under: l10n.t('Revoking…'),
      done: l10n.t('Revoked'),
      confirming: l10n.t('Revoked · confirming'),
      lost: l10n.t('Revoke sent, no answer'),
      checking: l10n.t('Revoke sent, no answer · checking'),
    },
    retire: {
      under: l10n.t('Retiring…'),
      done: l10n.t('Retired'),
      confirming: l10n.t('Retired · confirming'),
      lost: l10n.t('Retirement sent, no answer'),
      checking: l10n.t('Retirement sent, no answer · checking'),
    },
  }[record.kind];
  switch (revocation.kind) {
    case 'revoking':
      return words.under;
    case 'confirming': {
      const state = record.accepted
        ? words.confirming
        : record.notFound === true
          ? l10n.t('Not found by KMS · confirming')
          : words.checking;
      const { progress } = revocation;
      if (progress === undefined) {
        return state;
      }
      return `${state} · ${l10n.t('next check {0}', timeOfDay(new Date(progress.nextCheckAt)))}`;
    }
    case 'unconfirmed': {
      const { unconfirmed } = record;
      const isListed = unconfirmed?.lastRead === 'listed' && unconfirmed.reason !== 'unread';
      const last = isListed ? l10n.t('still listed') : l10n.t('not confirmed');
      const state = record.accepted ? words.done : record.notFound === true ? l10n.t('Not found by KMS') : words.lost;
      return `${state} · ${last}`;
    }
  }
}

function evidenceItem({ line: { title, text, tone } }: EvidenceLineNode): vscode.TreeItem {
  return row(title, {
    description: text,
    ...(tone === 'failed' ? { iconPath: icon('warning', 'warning') } : {}),
    contextValue: rows.evidenceLine,
    accessibilityInformation: { label: `${title}. ${text}` },
  });
}

export function formatCount(count: number): string {
  return count.toLocaleString('en');
}

function moreText({ shown, total, isFiltered }: MoreNode): string {
  if (isFiltered === true) {
    return l10n.t('{0} searched so far', formatCount(shown));
  }
  if (total === undefined) {
    return l10n.t('{0} shown', formatCount(shown));
  }
  return l10n.t('{0} of {1} shown', formatCount(shown), formatCount(total));
}

function moreItem(node: MoreNode): vscode.TreeItem {
  return row(l10n.t('Load more…'), {
    description: moreText(node),
    iconPath: icon('ellipsis'),
    contextValue: rows.more,
    command: { command: commands.loadMore, title: l10n.t('Load more…'), arguments: [node] },
  });
}

const toneIcons = {
  info: icon('info'),
  warning: icon('warning', 'warning'),
  error: icon('error', 'error'),
  loading: icon('loading~spin'),
};

/** Enter or a click on a message does the first thing that helps. */
function messageItem(node: MessageNode): vscode.TreeItem {
  const [first] = node.actions;
  const item = row(node.title, {
    description: printable(node.sentence),
    iconPath: toneIcons[node.tone],
    contextValue: [rows.message, ...node.actions].join('.'),
    accessibilityInformation: { label: `${node.title}. ${printable(node.sentence)}` },
  });
  if (first !== undefined) {
    item.command = { command: actionCommands[first], title: actionTitle(first), arguments: [node] };
  }
  return item;
}

export const actionCommands: Readonly<Record<HelpfulAction, string>> = {
  signIn: commands.signIn,
  openConnections: commands.openConnections,
  retry: commands.retry,
  selectProfile: commands.selectProfile,
  selectRegion: commands.selectRegion,
  showLog: commands.showLog,
};

export function actionTitle(action: HelpfulAction): string {
  switch (action) {
    case 'signIn':
      return l10n.t('Sign In');
    case 'openConnections':
      return l10n.t('Open…');
    case 'retry':
      return l10n.t('Retry');
    case 'selectProfile':
      return l10n.t('Select Profile…');
    case 'selectRegion':
      return l10n.t('Select Region…');
    case 'showLog':
      return l10n.t('Show Log');
  }
}
