import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { duration, localTime, printable, timeOfDay } from '../../core/base/text.ts';
import { isRecreatable, mayBeListed } from '../../core/changes/journalOutcomes.ts';
import { endsGrant, type JournalKind, type JournalRecord } from '../../core/changes/journalRecord.ts';
import type { LastRead } from '../../core/changes/propagation.ts';
import type { KmsErrorKind } from '../../core/kms/errors.ts';
import { keyLabel } from '../../core/kms/model.ts';
import { grantee } from '../../core/kms/principal.ts';
import { connectionName } from '../../core/words/describe.ts';
import { explain } from '../../core/words/explain.ts';
import { commands, rows } from '../../manifest.ts';
import { type GrantField, grantFields } from '../shared/grantFields.ts';
import { fieldItem, moreItem, shownText } from '../shared/items.ts';
import { icon, row } from '../shared/row.ts';
import { type HistoryNode, historyNodeId } from './historyNodes.ts';

/** What rows show besides their own data. */
export interface KnownHistory {
  record(id: string): JournalRecord | undefined;
  isUnderWay(id: string): boolean;
  count(day: string): number;
}

const { Collapsed, Expanded } = vscode.TreeItemCollapsibleState;

/** The row of a node, without its tooltip. */
export function historyItem(node: HistoryNode, known: KnownHistory): vscode.TreeItem {
  const item = build(node, known);
  item.id = historyNodeId(node);
  return item;
}

function build(node: HistoryNode, known: KnownHistory): vscode.TreeItem {
  switch (node.kind) {
    case 'historyDay':
      return row(node.day, {
        collapsibleState: Expanded,
        description: String(known.count(node.day)),
        iconPath: icon('calendar'),
        contextValue: rows.historyDay,
      });
    case 'historyEntry': {
      const record = known.record(node.id);
      // Another window cleared it just now: the next refresh removes the row.
      return record === undefined ? row('', {}) : entryItem(record, known.isUnderWay(node.id));
    }
    case 'field':
      return fieldItem(node);
    case 'historyMore':
      return moreItem(node, shownText(node.shown, node.total));
    case 'historyMessage':
      return row(node.title, {
        description: printable(node.sentence),
        iconPath: node.tone === 'error' ? icon('error', 'error') : icon('warning', 'warning'),
        contextValue: rows.message,
        spoken: [node.title, printable(node.sentence)],
        // Showing the history again reads it again.
        ...(node.tone === 'error'
          ? { command: { command: commands.showHistory, title: l10n.t('Retry'), arguments: [] } }
          : {}),
      });
  }
}

function entryItem(record: JournalRecord, isUnderWay: boolean): vscode.TreeItem {
  const name = entryName(record);
  const what = `${changeText(record)} ${timeOfDay(new Date(record.at)).slice(0, 5)}`;
  const state = stateText(record, isUnderWay);
  const key = printable(keyLabel(record.key));
  return row(name, {
    collapsibleState: Collapsed,
    description: `${what} · ${key} · ${state}`,
    iconPath: stateIcon(record, isUnderWay),
    contextValue: contextOf(record),
    spoken: [l10n.t('Grant {0} on {1}, {2}, {3}', name, key, what, state)],
  });
}

export function entryName({ grant }: JournalRecord): string {
  return printable(grant.name ?? grantee(grant).shortName);
}

function contextOf(record: JournalRecord): string {
  if (isRecreatable(record)) {
    return mayBeListed(record) ? rows.historyRecreatableListed : rows.historyRecreatable;
  }
  return mayBeListed(record) ? rows.historyEntryListed : rows.historyEntry;
}

/** The change, or only the request for it. */
export function changeText({ kind, accepted }: JournalRecord): string {
  const texts: Readonly<Record<JournalKind, readonly [string, string]>> = {
    revoke: [l10n.t('revoked'), l10n.t('revoke')],
    retire: [l10n.t('retired'), l10n.t('retire')],
    create: [l10n.t('created'), l10n.t('create')],
    recreate: [l10n.t('recreated'), l10n.t('recreate')],
  };
  return texts[kind][accepted ? 0 : 1];
}

/** The outcome in words, claiming no more than is known. */
export function stateText(record: JournalRecord, isUnderWay: boolean): string {
  const { outcome, recreatedAs } = record;
  if (recreatedAs !== undefined) {
    return l10n.t('recreated as {0}', printable(recreatedAs, 12));
  }
  if (isUnderWay) {
    return l10n.t('waiting for KMS');
  }
  switch (outcome?.kind) {
    case undefined:
    case 'unknown':
      return l10n.t('outcome unknown');
    case 'accepted':
      return endsGrant(record) ? l10n.t('not confirmed yet') : l10n.t('accepted');
    case 'followed':
      return l10n.t('not confirmed yet');
    case 'reappeared':
      return l10n.t('listed again, not confirmed yet');
    case 'notFound':
      return l10n.t('not found by KMS, not confirmed yet');
    case 'refused':
      return isNotSent(outcome) ? l10n.t('not sent') : l10n.t('rejected: {0}', failureTitle(outcome.error));
    case 'gone':
      return l10n.t('confirmed after {0}', duration(outcome.afterMs));
    case 'stillListed':
      return outcome.lastRead === 'listed' ? l10n.t('still listed') : l10n.t('not confirmed');
    case 'unread':
      return outcome.trouble === undefined
        ? l10n.t('not confirmed')
        : l10n.t('not confirmed: {0}', failureTitle(outcome.trouble));
    case 'stopped':
      return l10n.t('not confirmed');
    case 'dismissed':
      return l10n.t('no longer listed');
    case 'listed':
      return l10n.t('listed after {0}', duration(outcome.afterMs));
    case 'notListed':
      return l10n.t('not listed yet after {0}', duration(outcome.afterMs));
  }
}

/** Canceled, say, or the sign-in failed, or KMS could not be reached. */
function isNotSent(outcome: JournalRecord['outcome']): boolean {
  return outcome?.kind === 'refused' && outcome.isNotSent === true;
}

function failureTitle(kind: string): string {
  return explain({ kind: kind as KmsErrorKind, operation: '', awsName: kind, message: '' }).title;
}

function stateIcon(record: JournalRecord, isUnderWay: boolean): vscode.ThemeIcon {
  const { outcome, recreatedAs } = record;
  if (recreatedAs !== undefined) {
    return icon('discard');
  }
  if (isUnderWay) {
    return icon('loading~spin');
  }
  switch (outcome?.kind) {
    case undefined:
    case 'unknown':
      return icon('question', 'warning');
    case 'refused':
      return icon('error', 'error');
    case 'accepted':
      return endsGrant(record) ? icon('sync') : icon('check');
    case 'notFound':
    case 'followed':
    case 'reappeared':
      return icon('sync');
    case 'gone':
    case 'dismissed':
    case 'listed':
      return icon('check');
    case 'stillListed':
    case 'unread':
    case 'stopped':
    case 'notListed':
      return icon('warning', 'warning');
  }
}

/** The fields below the row of an entry. */
export function historyFields(record: JournalRecord): readonly GrantField[] {
  const { outcome, outcomeAt, account, key, recreatedAs } = record;
  const fields: readonly (readonly [string, string | undefined])[] = [
    [l10n.t('Outcome'), stateText({ ...record, recreatedAs: undefined }, false)],
    [l10n.t('Outcome known'), outcomeAt === undefined ? undefined : localTime(new Date(outcomeAt))],
    [
      l10n.t('Last successful check'),
      outcome !== undefined && 'lastRead' in outcome ? lastReadText(outcome.lastRead) : undefined,
    ],
    [
      isNotSent(outcome) ? l10n.t('Reason') : l10n.t('Message from KMS'),
      outcome?.kind === 'refused' ? outcome.message : undefined,
    ],
    [l10n.t('Recreated as'), recreatedAs],
    [l10n.t('Requested'), localTime(new Date(record.at))],
    [l10n.t('Key'), key.aliases.join(', ')],
    [l10n.t('Key ARN'), key.arn],
    [l10n.t('Connection'), placeOf(record)],
    [l10n.t('Signed in to account'), account],
    [l10n.t('Signed in as'), record.principal],
    [l10n.t('Identity not verified'), record.unverified],
    ...(record.evidence ?? []).map((line, index) => [l10n.t('Evidence shown {0}', index + 1), line] as const),
  ];
  return [
    ...fields.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [{ name, value }])),
    ...grantFields(record.grant),
  ];
}

/** The result of the last check that succeeded: a denied one says nothing about the grant. */
function lastReadText(lastRead: LastRead): string {
  const texts: Readonly<Record<LastRead, string>> = {
    listed: l10n.t('Grant listed'),
    absent: l10n.t('Grant not listed'),
    none: l10n.t('none'),
  };
  return texts[lastRead];
}

function placeOf({ connection }: JournalRecord): string {
  const name = connectionName(connection);
  return connection.kind === 'sample' ? name : `${name} · ${connection.region}`;
}
