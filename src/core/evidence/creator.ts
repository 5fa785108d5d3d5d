import type { EvidenceApi, TrailEvent } from '../kms/evidenceApi.ts';
import type { Grant } from '../kms/model.ts';
import { type Answer, known, unanswered } from './answer.ts';
import { type KmsEvent, readKmsEvent } from './kmsEvent.ts';

/** The event history of CloudTrail goes back so far, in milliseconds. */
export const eventHistoryMs = 90 * 24 * 60 * 60_000;

/** Events can arrive so late (CloudTrail User Guide, "How CloudTrail works"). */
export const eventDelayMs = 15 * 60_000;

/** The date of a grant and that of its event differ by seconds. The second window is for the odd one that doesn't. */
const windowsMs = [60_000, 15 * 60_000] as const;

/** Of 50 events each, for one grant. */
const mostRequests = 20;

/** Who made a grant, or how far it was looked for that. */
export type Creator =
  | { readonly kind: 'found'; readonly event: KmsEvent; readonly source: TrailEvent }
  /** The grant is older than the event history. */
  | { readonly kind: 'tooOld' }
  /** KMS gave no date to look by. */
  | { readonly kind: 'noDate' }
  | {
      readonly kind: 'notFound';
      readonly since: Date;
      readonly until: Date;
      /** CreateGrant events that were looked at. */
      readonly events: number;
      /** There are more events in this time than were looked at. */
      readonly isPartial: boolean;
      /** The grant is so young that its event may be missing still. */
      readonly mayArrive: boolean;
    };

/**
 * Looks for the CreateGrant event of a grant, by the grant's date.
 * @param now milliseconds since the epoch
 * @param requests how many may be sent at most; with few, an event may not be found
 */
export async function findCreator(
  api: EvidenceApi,
  { grantId, creationDate }: Pick<Grant, 'grantId' | 'creationDate'>,
  now: number,
  signal: AbortSignal,
  requests = mostRequests,
): Promise<Answer<Creator>> {
  if (creationDate === undefined) {
    return known({ kind: 'noDate' }, now);
  }
  const age = now - creationDate.getTime();
  if (age > eventHistoryMs) {
    return known({ kind: 'tooOld' }, now);
  }
  let [sent, events] = [0, 0];
  let looked: Creator = { kind: 'noDate' };
  try {
    for (const windowMs of windowsMs) {
      const since = new Date(creationDate.getTime() - windowMs);
      const until = new Date(creationDate.getTime() + windowMs);
      const query = { attribute: { key: 'EventName', value: 'CreateGrant' }, since, until } as const;
      let marker: string | undefined;
      events = 0;
      do {
        if (sent === requests) {
          return known(looked, now);
        }
        sent += 1;
        const page = await api.lookupEvents(query, marker, signal);
        const creator = page.items.map((item) => creatorOf(item, grantId)).find((one) => one !== undefined);
        if (creator !== undefined) {
          return known(creator, now);
        }
        events += page.items.length;
        marker = page.nextMarker;
        const isPartial = marker !== undefined;
        looked = { kind: 'notFound', since, until, events, isPartial, mayArrive: age < eventDelayMs };
      } while (marker !== undefined);
    }
  } catch (error) {
    return unanswered(error, 'cloudtrail:LookupEvents');
  }
  return known(looked, now);
}

/** @returns `undefined` when the event is of another grant */
export function creatorOf(source: TrailEvent, grantId: string): Creator | undefined {
  const event = readKmsEvent(source.json);
  return event?.name === 'CreateGrant' && event.grantId === grantId ? { kind: 'found', event, source } : undefined;
}
