import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { type Grouping, type Sorting, sortings } from '../../core/findings/arrangement.ts';
import type { Needs } from '../context.ts';

export async function groupBy({ grantees }: Needs<'grantees'>): Promise<void> {
  const { grouping, groupings } = grantees;
  const picked = await pickOne(l10n.t('Group Grants By'), groupings, grouping, groupingName);
  if (picked !== undefined) {
    grantees.setGrouping(picked);
  }
}

export async function sortBy({ grantees }: Needs<'grantees'>): Promise<void> {
  const { sorting } = grantees.arrangement;
  const picked = await pickOne(l10n.t('Sort Grants By'), sortings, sorting, sortingName);
  if (picked !== undefined) {
    grantees.setSorting(picked);
  }
}

function groupingName(grouping: Grouping): string {
  return {
    principal: l10n.t('Grantee'),
    finding: l10n.t('Finding'),
    operation: l10n.t('Operation'),
    key: l10n.t('Key'),
    creator: l10n.t('Creator'),
    change: l10n.t('What changed'),
  }[grouping];
}

function sortingName(sorting: Sorting): string {
  return {
    name: l10n.t('Name'),
    age: l10n.t('Oldest first'),
    count: l10n.t('Most grants first'),
    lastUse: l10n.t('Least recently used key first'),
  }[sorting];
}

async function pickOne<T>(
  title: string,
  values: readonly T[],
  current: T,
  text: (value: T) => string,
): Promise<T | undefined> {
  const items = values.map((value) => ({
    label: text(value),
    description: value === current ? l10n.t('(current)') : '',
    value,
  }));
  return (await vscode.window.showQuickPick(items, { title }))?.value;
}
