import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { connectionName, isAwsManaged } from '../core/describe.ts';
import { type HelpfulAction, isSignInProblem, type KmsError } from '../core/errors.ts';
import {
  accountOfArn,
  type CallerIdentity,
  type ConnectionRef,
  type Endpoint,
  type KeyMetadata,
  type KmsKey,
  keyLabel,
} from '../core/model.ts';
import { grantee, type PrincipalKind, principalKindName } from '../core/principal.ts';
import type { RevocationState } from '../core/revocation.ts';
import { localTime, printable, timeOfDay } from '../core/text.ts';
import { commands, rows } from '../manifest.ts';
import { shortOperations } from './grantFields.ts';
import {
  type ConnectionNode,
  type GrantNode,
  type KeyNode,
  type MessageNode,
  type MoreNode,
  type Node,
  nodeId,
} from './nodes.ts';

/** What is known of a connection at the moment. */
export interface KnownConnection {
  readonly identity: CallerIdentity | undefined;
  readonly region: string | undefined;
  /** The name that the user gave the account. */
  readonly accountName: string | undefined;
  readonly endpoint: Endpoint | undefined;
  readonly failure: KmsError | undefined;
}

/** What rows show besides their own data: it changes while the row stays. */
export interface Known {
  connection(node: ConnectionNode): KnownConnection;
  metadata(node: KeyNode): KeyMetadata | undefined;
  revocation(node: GrantNode): RevocationState | undefined;
}

const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState;

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
        description: String(node.keys.length),
        iconPath: new vscode.ThemeIcon('lock'),
        contextValue: rows.awsManagedKeys,
      });
    case 'otherAccounts':
      return row(l10n.t('Other accounts'), {
        collapsibleState: Expanded,
        description: String(node.keyArns.length),
        iconPath: new vscode.ThemeIcon('references'),
        contextValue: rows.otherAccounts,
      });
    case 'key':
      return keyItem(node, known.metadata(node));
    case 'grant':
      return grantItem(node, known.revocation(node));
    case 'field':
      return row(node.name, { description: printable(node.value), contextValue: rows.field });
    case 'more':
      return moreItem(node);
    case 'message':
      return messageItem(node);
  }
}

function row(label: string, properties: Partial<vscode.TreeItem>): vscode.TreeItem {
  return Object.assign(new vscode.TreeItem(printable(label), properties.collapsibleState ?? None), properties);
}

function connectionItem({ ref }: ConnectionNode, known: KnownConnection): vscode.TreeItem {
  const parts = [known.region, accountText(known)];
  if (known.endpoint?.kind === 'custom') parts.push(l10n.t('custom endpoint'));
  return row(connectionName(ref), {
    collapsibleState: Expanded,
    description: parts.filter((part) => part !== undefined).join(' · '),
    iconPath: connectionIcon(ref, known),
    contextValue: ref.kind === 'sample' ? rows.connectionSample : rows.connection,
  });
}

/** `Production (111122223333)`, or the ID alone. */
export function accountText({ identity, accountName }: KnownConnection): string | undefined {
  if (identity === undefined) return undefined;
  return accountName === undefined ? identity.account : `${printable(accountName)} (${identity.account})`;
}

function connectionIcon(ref: ConnectionRef, { failure }: KnownConnection): vscode.ThemeIcon {
  if (isSignInProblem(failure)) {
    return new vscode.ThemeIcon('sign-in', new vscode.ThemeColor('problemsWarningIcon.foreground'));
  }
  return new vscode.ThemeIcon(ref.kind === 'sample' ? 'beaker' : 'account');
}

function keyItem({ key, connection, pinnedTo }: KeyNode, metadata: KeyMetadata | undefined): vscode.TreeItem {
  const state = metadata === undefined ? undefined : keyStateText(metadata);
  const description = printable(metadata?.description ?? '');
  const place = pinnedTo === undefined ? undefined : `${accountOfArn(key.arn)} · ${connection.region}`;
  const context = key.aliases.length > 0 ? rows.keyWithAlias : rows.key;
  return row(keyLabel(key), {
    collapsibleState: Collapsed,
    description: [place, state, description].filter(Boolean).join(' · '),
    iconPath: keyIcon(key, metadata),
    contextValue: pinnedTo === undefined ? context : rows.keyPinned,
    accessibilityInformation: {
      label: [l10n.t('Key {0}', printable(keyLabel(key))), place, state, description].filter(Boolean).join(', '),
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
      return new vscode.ThemeIcon(isAwsManaged(key, metadata) ? 'lock' : 'key');
    case 'Disabled':
      return new vscode.ThemeIcon('circle-slash', new vscode.ThemeColor('disabledForeground'));
    case 'PendingDeletion':
    case 'PendingReplicaDeletion':
      return new vscode.ThemeIcon('trash', new vscode.ThemeColor('problemsWarningIcon.foreground'));
    case 'PendingImport':
      return new vscode.ThemeIcon('cloud-upload', new vscode.ThemeColor('problemsWarningIcon.foreground'));
    case 'Unavailable':
      return new vscode.ThemeIcon('debug-disconnect', new vscode.ThemeColor('problemsErrorIcon.foreground'));
    default:
      return new vscode.ThemeIcon('history');
  }
}

const principalIcons: Readonly<Record<PrincipalKind, string>> = {
  role: 'shield',
  serviceLinkedRole: 'server-process',
  user: 'person',
  assumedRole: 'shield',
  ec2Instance: 'server',
  awsServiceSession: 'server-process',
  federatedUser: 'globe',
  accountRoot: 'organization',
  service: 'server-process',
  unresolvedRole: 'question',
  unresolvedUser: 'question',
  other: 'circle-outline',
};

function grantItem({ grant }: GrantNode, revocation: RevocationState | undefined): vscode.TreeItem {
  const who = grantee(grant);
  const label = grant.name ?? who.shortName;
  const properties: Partial<vscode.TreeItem> = { collapsibleState: Collapsed };
  if (revocation === undefined) {
    const operations = shortOperations(grant.operations);
    return row(label, {
      ...properties,
      description: grant.name === undefined ? operations : `${who.shortName} · ${operations}`,
      iconPath: new vscode.ThemeIcon(principalIcons[who.kind]),
      contextValue: rows.grant,
      accessibilityInformation: {
        label: l10n.t(
          'Grant {0}, held by {1} {2}, for {3}',
          printable(label),
          principalKindName(who.kind),
          who.shortName,
          grant.operations.join(', '),
        ),
      },
    });
  }
  const text = revocationText(revocation);
  return row(label, {
    ...properties,
    description: text,
    iconPath:
      revocation.kind === 'unconfirmed'
        ? new vscode.ThemeIcon('warning', new vscode.ThemeColor('problemsWarningIcon.foreground'))
        : new vscode.ThemeIcon('loading~spin'),
    contextValue: {
      revoking: rows.grantRevoking,
      confirming: rows.grantConfirming,
      unconfirmed: rows.grantUnconfirmed,
    }[revocation.kind],
    accessibilityInformation: { label: l10n.t('Grant {0}, {1}', printable(label), text) },
  });
}

function revocationText(revocation: RevocationState): string {
  switch (revocation.kind) {
    case 'revoking':
      return l10n.t('Revoking…');
    case 'confirming': {
      const state = revocation.accepted ? l10n.t('Revoked · confirming') : l10n.t('Revoke sent, no answer · checking');
      const { progress } = revocation;
      if (progress === undefined) return state;
      return `${state} · ${l10n.t('next check {0}', timeOfDay(new Date(progress.nextCheckAt)))}`;
    }
    case 'unconfirmed': {
      const { unconfirmed, accepted } = revocation.record;
      const state = accepted ? l10n.t('Revoked') : l10n.t('Revoke sent, no answer');
      const last = unconfirmed?.lastRead === 'listed' ? l10n.t('still listed') : l10n.t('not confirmed');
      return `${state} · ${last}`;
    }
  }
}

function moreItem(node: MoreNode): vscode.TreeItem {
  const format = (count: number) => count.toLocaleString('en');
  return row(l10n.t('Load more…'), {
    description:
      node.total === undefined
        ? l10n.t('{0} shown', format(node.shown))
        : l10n.t('{0} of {1} shown', format(node.shown), format(node.total)),
    iconPath: new vscode.ThemeIcon('ellipsis'),
    contextValue: rows.more,
    command: { command: commands.loadMore, title: l10n.t('Load more…'), arguments: [node] },
  });
}

const toneIcons = {
  info: new vscode.ThemeIcon('info'),
  warning: new vscode.ThemeIcon('warning', new vscode.ThemeColor('problemsWarningIcon.foreground')),
  error: new vscode.ThemeIcon('error', new vscode.ThemeColor('problemsErrorIcon.foreground')),
  loading: new vscode.ThemeIcon('loading~spin'),
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
  retry: commands.retry,
  selectProfile: commands.selectProfile,
  selectRegion: commands.selectRegion,
  showLog: commands.showLog,
};

export function actionTitle(action: HelpfulAction): string {
  switch (action) {
    case 'signIn':
      return l10n.t('Sign In');
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
