import * as l10n from '@vscode/l10n';
import { localTime } from '../base/text.ts';
import type { Grant, KeyLastUsage } from '../kms/model.ts';
import type { Answer } from './answer.ts';
import { evidenceSummary, keyUseLimits } from './evidenceSummary.ts';

const dayMs = 24 * 60 * 60_000;

/** When a key was last used, as far as AWS answered. */
export interface KeyUse {
  /** Any of its grants. */
  readonly grant: Grant;
  readonly answer: Answer<KeyLastUsage> | undefined;
  /** AWS's time, in milliseconds since the epoch. */
  readonly now: number;
}

/** The line of a single key; none unless AWS answered. */
export function keyUseLine({ grant, answer }: KeyUse): readonly string[] {
  return evidenceSummary(grant, { creator: undefined, holder: undefined, remains: undefined, keyLastUsed: answer });
}

/** Sums up when keys were last used, in one line; none unless AWS answered for one of them. */
export function keyUseSummary(uses: readonly KeyUse[]): readonly string[] {
  const [only] = uses;
  if (only === undefined || uses.length === 1) {
    return only === undefined ? [] : keyUseLine(only);
  }
  const known = uses.flatMap(({ answer, now }) => (answer?.kind === 'known' ? [{ ...answer.value, now }] : []));
  const used = known.flatMap(({ last, now }) => (last === undefined ? [] : [{ at: last.timestamp, now }]));
  const earlier = used.filter(({ at, now }) => now - at.getTime() > dayMs).map(({ at }) => at);
  // Without a beginning, that no use is recorded says nothing.
  const unrecorded = known.flatMap(({ last, trackingStartDate }) =>
    last === undefined && trackingStartDate !== undefined ? [trackingStartDate] : [],
  );
  const unknown = uses.length - used.length - unrecorded.length;
  if (unknown === uses.length) {
    return [];
  }
  const parts = [
    l10n.t('{0} used in the last 24 hours', used.length - earlier.length),
    ...(earlier.length === 0 ? [] : [l10n.t('{0} used earlier, most recently {1}', earlier.length, latest(earlier))]),
    // The shortest time that holds for all of them.
    ...(unrecorded.length === 0
      ? []
      : [l10n.t('{0} with no use recorded since {1}', unrecorded.length, latest(unrecorded))]),
    ...(unknown === 0 ? [] : [l10n.t('{0} unknown', unknown)]),
  ];
  return [`${l10n.t('Of {0} keys: {1}.', uses.length, parts.join(', '))} ${keyUseLimits()}`];
}

function latest(dates: readonly Date[]): string {
  return localTime(new Date(Math.max(...dates.map((date) => date.getTime()))));
}
