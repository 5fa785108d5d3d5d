import type { EvidenceApi, TrailEvent } from '../kms/evidenceApi.ts';
import type { Grant } from '../kms/model.ts';
import { type Answer, known, unanswered } from './answer.ts';
import { type KmsEvent, readKmsEvent } from './kmsEvent.ts';

/** The event history of CloudTrail goes back so far, in milliseconds. */
export const eventHistoryMs = 90 * 24 * 60 * 60_000;

/** Events can arrive so late (CloudTrail User Guide, "How CloudTrail works"). */
const eventDelayMs = 15 * 60_000;

/** The date of a grant and that of its event differ by seconds. The second margin is for the odd one that doesn't. */
const marginsMs = [60_000, 15 * 60_000] as const;

/** Of 50 events each, for one grant. */
const mostRequests = 20;

/** A page with fewer events than this, though more follow, was ended early. */
const fullPage = 50;

/** So many grants, of those wanted first, are looked for before the others. */
const firstGrants = 100;

/** Who made a grant, or how far it was looked for that. */
export type Creator =
  | { readonly kind: 'found'; readonly event: KmsEvent; readonly source: TrailEvent }
  /** The grant is older than the event history. */
  | { readonly kind: 'tooOld' }
  /** KMS gave no date to look by. */
  | { readonly kind: 'noDate' }
  | NotFound;

interface NotFound {
  readonly kind: 'notFound';
  readonly since: Date;
  readonly until: Date;
  /** CreateGrant events that were looked at. */
  readonly events: number;
  /** There are more events in this time than were looked at. */
  readonly isPartial: boolean;
  /** The grant is so young that its event may be missing still. */
  readonly mayArrive: boolean;
}

type Wanted = Pick<Grant, 'grantId' | 'creationDate'>;

export interface CreatorSearch<G extends Wanted> {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly signal: AbortSignal;
  /** How many may be sent at most for the sake of one grant; with few, an event may not be found. Default: 20. */
  readonly requests?: number;
  /** Called before each request. */
  readonly onRequest?: () => void;
  /** Called once for each grant, as soon as its answer is known. */
  readonly onAnswer: (grant: G, creator: Creator) => void;
}

/** @param now milliseconds since the epoch */
export async function findCreator(
  api: EvidenceApi,
  grant: Wanted,
  now: number,
  signal: AbortSignal,
  requests = mostRequests,
): Promise<Answer<Creator>> {
  let creator: Creator = { kind: 'noDate' };
  try {
    const onAnswer = (_: Wanted, found: Creator) => {
      creator = found;
    };
    await findCreators(api, [grant], { now, signal, requests, onAnswer });
  } catch (error) {
    return unanswered(error, 'cloudtrail:LookupEvents');
  }
  return known(creator, now);
}

/**
 * Looks for the CreateGrant events of grants, by their dates. Those of neighboring dates are read page by page, so this
 * takes no more requests than to ask for each grant, and far fewer where grants were made close together.
 * @param grants those that are wanted first, first
 * @throws KmsError, and AbortError: then some have no answer
 */
export async function findCreators<G extends Wanted>(
  api: EvidenceApi,
  grants: readonly G[],
  { now, signal, requests = mostRequests, onRequest, onAnswer }: CreatorSearch<G>,
): Promise<void> {
  const sought: Sought<G>[] = [];
  for (const grant of grants) {
    const at = grant.creationDate?.getTime();
    if (at === undefined || !isInHistory(grant, now)) {
      onAnswer(grant, { kind: at === undefined ? 'noDate' : 'tooOld' });
    } else {
      sought.push({ grant, at, requests, isFound: false, looked: undefined });
    }
  }
  const byId = new Map(sought.map((one) => [one.grant.grantId, one]));
  const see = (item: TrailEvent, marginMs: number) => {
    const event = readKmsEvent(item.json);
    const one = event?.name === 'CreateGrant' ? byId.get(event.grantId ?? '') : undefined;
    // KMS answers a request that is repeated under the same name with the ID of the grant that there is.
    const isOfItsTime = one !== undefined && Math.abs(item.time.getTime() - one.at) <= marginMs;
    if (event !== undefined && isOfItsTime && !one.isFound) {
      one.isFound = true;
      onAnswer(one.grant, { kind: 'found', event, source: item });
    }
  };
  const ask: EvidenceApi['lookupEvents'] = (...input) => {
    onRequest?.();
    return api.lookupEvents(...input);
  };
  for (const part of [sought.slice(0, firstGrants), sought.slice(firstGrants)]) {
    const newestFirst = part.toSorted((left, right) => right.at - left.at);
    for (const marginMs of marginsMs) {
      const missing = newestFirst.filter(({ isFound, looked }) => !isFound && looked?.isPartial !== true);
      await lookThrough(ask, missing, { marginMs, now, signal, see: (item) => see(item, marginMs) });
    }
    for (const { grant, isFound, looked } of part) {
      if (!isFound && looked !== undefined) {
        onAnswer(grant, looked);
      }
    }
  }
}

/** The event history may have its event, so that a request is needed. */
export function isInHistory({ creationDate }: Wanted, now: number): boolean {
  return creationDate !== undefined && now - creationDate.getTime() <= eventHistoryMs;
}

/** Its event may not have arrived yet. */
export function isYoung({ creationDate }: Wanted, now: number): boolean {
  return creationDate !== undefined && now - creationDate.getTime() < eventDelayMs;
}

interface Sought<G extends Wanted> {
  readonly grant: G;
  /** The date of the grant, in milliseconds since the epoch. */
  readonly at: number;
  /** How many may still be sent for its sake. */
  requests: number;
  isFound: boolean;
  /** How far it was looked for. */
  looked: NotFound | undefined;
}

interface Look {
  /** So long before and after the date of a grant its event is looked for. */
  readonly marginMs: number;
  readonly now: number;
  readonly signal: AbortSignal;
  /** Gets each event that was read. */
  readonly see: (item: TrailEvent) => void;
}

/**
 * Reads the events around the dates of grants. A page begins where one grant's time ends and goes back as far as it has
 * events, so it may hold those of older grants, too; the time between grants is left out where a page ends in it.
 */
async function lookThrough(
  ask: EvidenceApi['lookupEvents'],
  newestFirst: readonly Sought<Wanted>[],
  { marginMs, now, signal, see }: Look,
): Promise<void> {
  const oldest = (newestFirst.at(-1)?.at ?? 0) - marginMs;
  const times: number[] = [];
  const partial: Sought<Wanted>[] = [];
  const whole: Sought<Wanted>[] = [];
  /** The list that is being read, and its next page. */
  let list: { readonly since: number; readonly until: number; readonly marker: string | undefined } | undefined;
  /** All events from here to the end of the newest grant's time were read, or are of no grant's time. */
  let readTo = Number.POSITIVE_INFINITY;
  /** CloudTrail ends pages early, so a list of much time would take more of them. */
  let isNarrow = false;
  for (const one of newestFirst) {
    const [since, until] = [one.at - marginMs, one.at + marginMs];
    let isAsked = false;
    while (!one.isFound && readTo >= since && one.requests > 0) {
      if (list === undefined || until < readTo) {
        list = { since: isNarrow ? since : oldest, until: Math.min(until, readTo), marker: undefined };
      }
      one.requests -= 1;
      isAsked = true;
      const query = {
        attribute: { key: 'EventName', value: 'CreateGrant' },
        since: new Date(list.since),
        until: new Date(list.until),
      } as const;
      const { items, nextMarker } = await ask(query, list.marker, signal);
      // The oldest first: others of the same grant are repetitions.
      for (const item of items.toReversed()) {
        times.push(item.time.getTime());
        see(item);
      }
      if (nextMarker === undefined) {
        // The next list begins below this one.
        readTo = list.since - 1;
        list = undefined;
      } else {
        readTo = items.at(-1)?.time.getTime() ?? Math.min(readTo, list.until);
        list = { ...list, marker: nextMarker };
        const isShort = items.length < fullPage && readTo >= since;
        if (isShort && list.since < since) {
          isNarrow = true;
          list = undefined;
        }
      }
    }
    if (readTo < since) {
      whole.push(one);
    } else if (isAsked) {
      partial.push(one);
    }
  }
  times.sort((left, right) => left - right);
  const looked = (one: Sought<Wanted>, isPartial: boolean): NotFound => {
    const [since, until] = [one.at - marginMs, one.at + marginMs];
    return {
      kind: 'notFound',
      since: new Date(since),
      until: new Date(until),
      events: countBelow(times, until + 1) - countBelow(times, since),
      isPartial,
      mayArrive: isYoung(one.grant, now),
    };
  };
  for (const one of whole.filter(({ isFound }) => !isFound)) {
    one.looked = looked(one, false);
  }
  for (const one of partial.filter(({ isFound }) => !isFound)) {
    one.looked = looked(one, true);
  }
}

/** How many of these are less, by halving. */
function countBelow(ascending: readonly number[], limit: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ascending[middle] ?? limit) < limit) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}
