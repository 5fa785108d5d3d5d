import type { Session } from '../connections/session.ts';
import { grantee } from '../kms/principal.ts';
import type { EvidenceKind } from './answer.ts';
import { lookUpOf } from './holder.ts';
import { accountOfHolder, creatorId, type EvidencePlace, holderId } from './sessionEvidence.ts';

/** One question, and the grants that its answer is about: at least one. */
export interface Piece {
  readonly first: EvidencePlace;
  readonly places: readonly EvidencePlace[];
}

/** What there is to ask about many grants, each question once, those of the first grants first. */
export interface LoadPlan {
  readonly sessions: readonly SessionPlan[];
  readonly accounts: readonly AccountPlan[];
}

interface SessionPlan {
  readonly session: Session;
  /** One for each grant. */
  readonly creators: readonly Piece[];
  /** One for each key. */
  readonly usages: readonly Piece[];
  readonly policies: readonly Piece[];
}

/** Holders that are looked up by one sign-in in one account. */
export interface AccountPlan {
  /** `undefined`: no request answers these. */
  readonly leading: Session | undefined;
  readonly byName: readonly Piece[];
  readonly byId: readonly Piece[];
}

/**
 * @param isMissing whether AWS is to be asked for this piece of evidence
 * @param leadingTo the session by which IAM of an account is asked, if any
 */
export function planLoads(
  places: readonly EvidencePlace[],
  isMissing: (place: EvidencePlace, kind: EvidenceKind) => boolean,
  leadingTo: (account: string | undefined, session: Session) => Session | undefined,
): LoadPlan {
  const sessions = new Map<Session, Record<'creators' | 'usages' | 'policies', Pieces>>();
  const accounts = new Map<string, { leading: Session | undefined; byName: Pieces; byId: Pieces }>();
  for (const place of places) {
    const { session, key, grant } = place;
    const ofSession = entryOf(sessions, session, () => ({
      creators: new Pieces(),
      usages: new Pieces(),
      policies: new Pieces(),
    }));
    if (isMissing(place, 'creator')) {
      ofSession.creators.add(creatorId(key, grant), place);
    }
    if (isMissing(place, 'keyLastUsed')) {
      ofSession.usages.add(key.arn, place);
    }
    if (isMissing(place, 'remains')) {
      ofSession.policies.add(key.arn, place);
    }
    if (isMissing(place, 'holder')) {
      const lookUp = lookUpOf(grantee(grant));
      const account = accountOfHolder(key, grant);
      const leading = lookUp && leadingTo(account, session);
      const id = leading === undefined ? '' : `${account} ${signInOf(leading)}`;
      const ofAccount = entryOf(accounts, id, () => ({ leading, byName: new Pieces(), byId: new Pieces() }));
      (leading !== undefined && lookUp?.by === 'id' ? ofAccount.byId : ofAccount.byName).add(
        holderId(key, grant),
        place,
      );
    }
  }
  return {
    sessions: [...sessions].map(([session, { creators, usages, policies }]) => ({
      session,
      creators: creators.all,
      usages: usages.all,
      policies: policies.all,
    })),
    accounts: [...accounts.values()].map(({ leading, byName, byId }) => ({
      leading,
      byName: byName.all,
      byId: byId.all,
    })),
  };
}

/** Questions by what they ask, in the order of their first grants. */
class Pieces {
  readonly #byId = new Map<string, { readonly first: EvidencePlace; readonly places: EvidencePlace[] }>();

  add(id: string, place: EvidencePlace): void {
    entryOf(this.#byId, id, () => ({ first: place, places: [] })).places.push(place);
  }

  get all(): readonly Piece[] {
    return [...this.#byId.values()];
  }
}

/** The Regions of a profile have one sign-in, and IAM is the same from each. */
function signInOf({ connection: { ref } }: Session): string {
  return ref.kind === 'profile' ? `profile ${ref.profile}` : ref.kind;
}

function entryOf<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) {
    return known;
  }
  const made = make();
  map.set(key, made);
  return made;
}
