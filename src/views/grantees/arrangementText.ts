import * as l10n from '@vscode/l10n';
import type { Grouping, Sorting } from '../../core/findings/arrangement.ts';

export function groupingText(grouping: Grouping): string {
  switch (grouping) {
    case 'principal':
      return l10n.t('by grantee');
    case 'finding':
      return l10n.t('by finding');
    case 'operation':
      return l10n.t('by operation');
    case 'key':
      return l10n.t('by key');
    case 'creator':
      return l10n.t('by creator');
    case 'change':
      return l10n.t('by what changed');
  }
}

export function sortingText(sorting: Sorting): string {
  switch (sorting) {
    case 'name':
      return l10n.t('by name');
    case 'age':
      return l10n.t('oldest first');
    case 'count':
      return l10n.t('most grants first');
    case 'lastUse':
      return l10n.t('least recently used key first');
  }
}
