import type { Clock } from '../base/clock.ts';
import { inTime } from '../base/inTime.ts';
import type { Evidence, EvidencePlace } from './evidence.ts';
import { evidenceSummary } from './evidenceSummary.ts';
import { type KeyUse, keyUseLine, keyUseSummary } from './keyUses.ts';

/** A question shows no answer about a key that is older, in milliseconds. */
const longestAgeMs = 60_000;

/** Keys that are asked for at once. The quota lets some seven be answered in time. */
const keysAtOnce = 4;

/**
 * What a question about the end of a grant shows of it, in lines. What one request each answers is asked for, and what is
 * known already is shown. Never rejects. An answer that comes late is kept for the grant's row.
 */
export async function beforeRevoke(
  evidence: Evidence,
  clock: Clock,
  place: EvidencePlace,
  signal: AbortSignal,
): Promise<readonly string[]> {
  evidence.forgetStale(place, longestAgeMs);
  const asked = evidence.load(place, ['keyLastUsed', 'remains', 'creator'], { creatorRequests: 1 });
  await inTime(asked, clock, signal);
  return evidenceSummary(place.grant, evidence.of(place));
}

/** When keys were last used, for a question about several grants. */
export interface KeyUses {
  /** The keys with these ARNs, in a line or none. */
  summary(keyArns: readonly string[]): readonly string[];
  /** One key, in a line or none. */
  line(keyArn: string): readonly string[];
}

/** As {@link beforeRevoke}: when the keys of these grants were last used, and nothing else. */
export async function beforeSeveral(
  evidence: Evidence,
  clock: Clock,
  places: readonly EvidencePlace[],
  signal: AbortSignal,
): Promise<KeyUses> {
  const keys = [...new Map(places.map((place) => [place.key.arn, place])).values()];
  const waiting = keys.values();
  let isOver = false;
  const worker = async () => {
    for (let next = waiting.next(); !isOver && next.done !== true; next = waiting.next()) {
      evidence.forgetStale(next.value, longestAgeMs);
      await evidence.load(next.value, ['keyLastUsed']);
    }
  };
  await inTime(Promise.allSettled(Array.from({ length: keysAtOnce }, worker)), clock, signal);
  isOver = true;
  const uses = new Map(
    keys.map((place): [string, KeyUse] => {
      const { keyLastUsed } = evidence.of(place);
      const now = place.session.awsTime() ?? clock.now();
      return [place.key.arn, { grant: place.grant, answer: keyLastUsed, now }];
    }),
  );
  const usesOf = (keyArns: readonly string[]) =>
    [...new Set(keyArns)].map((arn) => uses.get(arn)).filter((use) => use !== undefined);
  return {
    summary: (keyArns) => keyUseSummary(usesOf(keyArns)),
    line: (keyArn) => usesOf([keyArn]).flatMap(keyUseLine),
  };
}
