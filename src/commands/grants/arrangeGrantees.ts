import * as l10n from '@vscode/l10n';

import vscode = require('vscode');

import { sortings } from '../../core/findings/arrangement.ts';
import { groupingText, sortingText } from '../../views/grantees/arrangementText.ts';
import type { Needs } from '../context.ts';

export async function groupBy({ grantees }: Needs<'grantees'>): Promise<void> {
  const { grouping, groupings } = grantees;
  const picked = await pickOne(l10n.t('Group Grants'), groupings, grouping, groupingText);
  if (picked !== undefined) {
    grantees.setGrouping(picked);
  }
}

export async function sortBy({ grantees }: Needs<'grantees'>): Promise<void> {
  const { sorting } = grantees.arrangement;
  const picked = await pickOne(l10n.t('Sort Grants'), sortings, sorting, sortingText);
  if (picked !== undefined) {
    grantees.setSorting(picked);
  }
}

async function pickOne<T>(
  title: string,
  values: readonly T[],
  current: T,
  text: (value: T) => string,
): Promise<T | undefined> {
  const items = values.map((value) => ({
    label: text(value),
    description: value === current ? l10n.t('current') : '',
    value,
  }));
  return (await vscode.window.showQuickPick(items, { title }))?.value;
}
