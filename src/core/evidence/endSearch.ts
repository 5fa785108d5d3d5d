import type { EvidenceApi } from '../kms/evidenceApi.ts';
import type { Grant } from '../kms/model.ts';
import { eventHistoryMs } from './creator.ts';
import { EventSearch } from './eventSearch.ts';

/**
 * So long before it was seen last, and after it was seen to be gone: searches take time, and clocks differ. In
 * milliseconds.
 */
const marginsMs = { before: 60 * 60_000, after: 15 * 60_000 };

/** Between which times a grant ended, in milliseconds since the epoch. */
export interface EndTime {
  readonly since: number;
  readonly until: number;
}

/**
 * Looks for the event by which a grant ended: RevokeGrant, then RetireGrant.
 * @param now milliseconds since the epoch
 */
export function endSearch(
  api: EvidenceApi,
  { grantId }: Pick<Grant, 'grantId'>,
  { since, until }: EndTime,
  now: number,
): EventSearch<true> {
  const [from, to] = [since - marginsMs.before, until + marginsMs.after];
  const times = {
    ...(now - from < eventHistoryMs && from < to ? { since: new Date(from) } : {}),
    ...(to < now && to > now - eventHistoryMs ? { until: new Date(to) } : {}),
  };
  const queries = (['RevokeGrant', 'RetireGrant'] as const).map((value) => ({
    attribute: { key: 'EventName', value } as const,
    ...times,
  }));
  // A call that was denied, or a dry run, ended nothing.
  return new EventSearch(api, queries, (event) =>
    event.grantId === grantId && event.errorCode === undefined ? true : undefined,
  );
}
