import type { EvidenceApi } from '../kms/evidenceApi.ts';
import type { Grant } from '../kms/model.ts';
import { eventHistoryMs } from './creator.ts';
import { EventSearch } from './eventSearch.ts';
import type { KeyUse } from './kmsEvent.ts';
import { allowedUse, wholeSecond } from './uses.ts';

/**
 * Looks for uses of a key that a grant would allow, back to its creation.
 * @param now milliseconds since the epoch
 */
export function useSearch(api: EvidenceApi, grant: Grant, keyArn: string, now: number): EventSearch<KeyUse> {
  const { creationDate } = grant;
  const isInHistory = creationDate !== undefined && now - creationDate.getTime() < eventHistoryMs;
  const query = {
    attribute: { key: 'ResourceName', value: keyArn },
    ...(isInHistory ? { since: wholeSecond(creationDate) } : {}),
  } as const;
  return new EventSearch(api, [query], (event) => allowedUse(grant, keyArn, event));
}
