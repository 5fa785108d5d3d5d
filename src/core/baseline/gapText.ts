import * as l10n from '@vscode/l10n';
import type { ConnectionRef } from '../kms/model.ts';
import { connectionName } from '../words/describe.ts';
import type { Gap, KeyGap } from './compare.ts';
import type { SnapshotConnection, UnreadPlace } from './snapshot.ts';

/** Why something was not compared, in one sentence. It can hold text of the baseline: not printable, not escaped. */
export function gapText(gap: Gap): string {
  const isNow = 'in' in gap && gap.in === 'now';
  switch (gap.kind) {
    case 'otherPlace':
      return l10n.t(
        '{0} led to {1} when the grants of the baseline were read, and leads to {2} now.',
        refText(gap.now.ref, gap.now.region),
        placeText(gap.before),
        placeText(gap.now),
      );
    case 'connectionMissing':
      return isNow
        ? l10n.t('{0} is in the baseline, but not in this search.', connectionText(gap.connection))
        : l10n.t('{0} is in this search, but not in the baseline.', connectionText(gap.connection));
    case 'connectionUnread': {
      const { ref, region, reason } = gap.place;
      return isNow
        ? l10n.t("This search didn't read {0} completely: {1}", refText(ref, region), reason)
        : l10n.t("The search of the baseline didn't read {0} completely: {1}", refText(ref, region), reason);
    }
    case 'cancelled':
      return isNow
        ? l10n.t('This search was canceled before all keys were read.')
        : l10n.t('The search of the baseline was canceled before all keys were read.');
    case 'keyUnread':
    case 'keyIncomplete':
    case 'keyMissing':
      return keyGapText(gap, isNow);
  }
}

function keyGapText({ kind, reason = '' }: KeyGap, isNow: boolean): string {
  switch (kind) {
    case 'keyUnread':
      return isNow
        ? l10n.t('Not read completely by this search: {0}', reason)
        : l10n.t('Not read completely for the baseline: {0}', reason);
    case 'keyIncomplete':
      return isNow ? l10n.t('Not read completely by this search') : l10n.t('Incomplete in the baseline');
    case 'keyMissing':
      return isNow
        ? l10n.t('Not in this search: not searched, not listed, or deleted')
        : l10n.t('Not in the baseline: not searched, not listed, or created since');
  }
}

/** `prod, eu-west-1, 111122223333`. */
function connectionText({ ref, region, account }: SnapshotConnection): string {
  return [refText(ref, region), account].filter((part) => part !== undefined).join(', ');
}

function refText(ref: ConnectionRef, region: string | undefined): string {
  return [connectionName(ref), region].filter((part) => part !== undefined).join(', ');
}

function placeText({ account, endpoint }: SnapshotConnection): string {
  const name = account === undefined ? l10n.t('an unknown account') : l10n.t('account {0}', account);
  return endpoint === 'aws' ? name : `${name} (${endpoint})`;
}

/** The connection that a gap is about, if it is about one. */
export function gapConnection(gap: Gap): Pick<UnreadPlace, 'ref' | 'region'> | undefined {
  switch (gap.kind) {
    case 'otherPlace':
      return gap.now;
    case 'connectionMissing':
      return gap.connection;
    case 'connectionUnread':
      return gap.place;
    case 'cancelled':
    case 'keyUnread':
    case 'keyIncomplete':
    case 'keyMissing':
      return undefined;
  }
}
