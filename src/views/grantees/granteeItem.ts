import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { formatCount, printable, timeOfDay } from '../../core/base/text.ts';
import type { Grouping } from '../../core/findings/arrangement.ts';
import { type FindingKind, isWarningKind } from '../../core/findings/finding.ts';
import type { ChangeKind } from '../../core/findings/grantChange.ts';
import { type GrantGroup, grantLabel, type HeldGrant, regionAndAccount } from '../../core/findings/grantGroups.ts';
import type { ScanCounts, Unreadable } from '../../core/findings/scan.ts';
import { keyLabel } from '../../core/kms/model.ts';
import { connectionName, grantCountText } from '../../core/words/describe.ts';
import { explain } from '../../core/words/explain.ts';
import { rows } from '../../manifest.ts';
import { type GrantRowText, grantItem, principalIcons } from '../keys/grantItem.ts';
import type { Known } from '../keys/known.ts';
import { evidenceItem } from '../shared/evidenceItem.ts';
import { fieldItem, moreItem, shownText } from '../shared/items.ts';
import { messageItem } from '../shared/messageItem.ts';
import { icon, row } from '../shared/row.ts';
import {
  type GranteesNode,
  type GroupedGrantNode,
  granteesNodeId,
  type ScanState,
  unreadableName,
} from './granteesNodes.ts';

/** What rows show besides their own data. */
export interface KnownOfGrantees
  extends Pick<Known, 'revocation' | 'findings' | 'mayRetire' | 'isInTerraform' | 'now'> {
  readonly grouping: Grouping;
  /** Grants of more than one connection are shown, so each says where it is. */
  readonly showsPlace: boolean;
}

const { Collapsed } = vscode.TreeItemCollapsibleState;

/** The row of a node, without its tooltip: that is built on demand. */
export function granteesItem(node: GranteesNode, known: KnownOfGrantees): vscode.TreeItem {
  const item = build(node, known);
  item.id = granteesNodeId(node);
  return item;
}

function build(node: GranteesNode, known: KnownOfGrantees): vscode.TreeItem {
  switch (node.kind) {
    case 'scanState':
      return stateItem(node.state);
    case 'group':
      return groupItem(node.group, known);
    case 'grant':
      return grantItem(node, known, textOf(node, known));
    case 'field':
      return fieldItem(node);
    case 'evidence':
    case 'evidenceLine':
      return evidenceItem(node);
    case 'message':
      return messageItem(node);
    case 'moreGrants':
      return moreItem(node, shownText(node.shown, node.total));
    case 'unreadableGroup':
      return row(l10n.t('Not readable'), {
        collapsibleState: Collapsed,
        description: formatCount(node.unreadable.length),
        iconPath: icon('warning', 'warning'),
      });
    case 'unreadable':
      return unreadableItem(node.unreadable);
    case 'nothing':
      return row(node.isFiltered ? l10n.t('No grant matches the filter') : l10n.t('No grants'), {
        iconPath: icon('info'),
      });
  }
}

function stateItem(state: ScanState): vscode.TreeItem {
  if (state.kind === 'running') {
    return row(l10n.t('Searching…'), {
      description: state.counts === undefined ? '' : countsText(state.counts),
      iconPath: icon('loading~spin'),
    });
  }
  const { counts, wasCancelled, endedAt, unreadable } = state.result;
  const at = timeOfDay(new Date(endedAt));
  const isWhole = !wasCancelled && unreadable.length === 0;
  return row(wasCancelled ? l10n.t('Canceled, incomplete') : isWhole ? l10n.t('Complete') : l10n.t('Incomplete'), {
    description: `${countsText(counts)} · ${l10n.t('as of {0}', at)}`,
    iconPath: isWhole ? icon('check') : icon('warning', 'warning'),
  });
}

/** `3 of 20 keys · 120 grants · 2 not readable`. */
export function countsText({ keysDone, keysTotal, grants, unreadable }: ScanCounts): string {
  const keys =
    keysTotal === 1
      ? l10n.t('{0} of 1 key', keysDone)
      : l10n.t('{0} of {1} keys', formatCount(keysDone), formatCount(keysTotal));
  const parts = [keys, grantCountText(grants)];
  if (unreadable > 0) {
    parts.push(l10n.t('{0} not readable', formatCount(unreadable)));
  }
  return parts.join(' · ');
}

function groupItem({ subject, title, detail, grants, ...group }: GrantGroup, known: KnownOfGrantees): vscode.TreeItem {
  const number = group.count ?? grants.length;
  const count = formatCount(number);
  const place = subject.kind === 'key' && !known.showsPlace ? '' : detail;
  return row(title, {
    collapsibleState: Collapsed,
    description: [count, place].filter((part) => part !== '').join(' · '),
    iconPath: groupIcon(subject, grants),
    ...(subject.kind === 'finding' && subject.finding !== 'none' ? { contextValue: rows.groupOfFinding } : {}),
    spoken: [[title, place, grantCountText(number)].filter((part) => part !== '').join(', ')],
  });
}

const changeIcons: Readonly<Record<ChangeKind, string>> = {
  notCompared: 'warning',
  appeared: 'diff-added',
  gone: 'diff-removed',
  changed: 'diff-modified',
  unchanged: 'pass',
};

function groupIcon(subject: GrantGroup['subject'], grants: readonly HeldGrant[]): vscode.ThemeIcon {
  switch (subject.kind) {
    case 'principal':
      return icon(principalIcons[subject.principal.kind]);
    case 'finding':
      return findingIcon(subject.finding, grants);
    case 'operation':
      return icon('symbol-method');
    case 'key':
      return icon('key');
    case 'change':
      return icon(changeIcons[subject.change]);
    case 'creator': {
      const { kind } = subject.creator;
      return icon(kind === undefined ? 'question' : principalIcons[kind]);
    }
  }
}

/** Those of AWS services have notes alone, whatever the finding. */
function findingIcon(finding: FindingKind | 'none', grants: readonly HeldGrant[]): vscode.ThemeIcon {
  if (finding === 'none') {
    return icon('pass');
  }
  const isWarning = ({ findings }: HeldGrant) =>
    findings.some(({ kind, severity }) => kind === finding && severity === 'warning');
  return isWarningKind(finding) && grants.some(isWarning) ? icon('warning', 'warning') : icon('info', 'info');
}

/** The text of a grant's row, without what its group already says. */
function textOf({ held, group }: GroupedGrantNode, { grouping, showsPlace }: KnownOfGrantees): GrantRowText {
  const key = printable(keyLabel(held.key));
  const name = held.grant.name === undefined ? undefined : printable(held.grant.name);
  const place = showsPlace ? `${connectionName(held.connection.ref)} · ${regionAndAccount(held)}` : undefined;
  const who = held.grant.name === undefined ? undefined : held.grantee.shortName;
  switch (grouping) {
    case 'principal':
      return { label: key, lead: [place, name] };
    case 'key':
      return { label: grantLabel(held), lead: [who] };
    case 'finding': {
      const { subject } = group.group;
      const saidByGroup = subject.kind === 'finding' && subject.finding !== 'none' ? subject.finding : undefined;
      return { label: grantLabel(held), lead: [key, place, who], saidByGroup };
    }
    case 'operation':
    case 'creator':
    case 'change':
      return { label: grantLabel(held), lead: [key, place, who], change: held.change };
  }
}

function unreadableItem(unreadable: Unreadable): vscode.TreeItem {
  const { title, sentence } = explain(unreadable.error.details);
  const name = unreadableName(unreadable);
  const place = [connectionName(unreadable.ref), unreadable.region].filter((part) => part !== undefined).join(' · ');
  const parts = [title, unreadable.key === undefined ? undefined : place, printable(sentence)];
  return row(name, {
    description: parts.filter((part) => part !== undefined).join(' · '),
    iconPath: icon('error', 'error'),
    spoken: [`${printable(name)}, ${title}`, printable(sentence)],
  });
}
