import type { Clock } from '../base/clock.ts';
import { Emitter } from '../base/emitter.ts';
import { memoize } from '../base/memoize.ts';
import type { Session } from '../connections/session.ts';
import type { KeyLastUsage } from '../kms/model.ts';
import { type Answer, type EvidenceKind, evidenceKinds } from './answer.ts';
import type { Creator } from './creator.ts';
import { findHolder, type Holder } from './holder.ts';
import type { LoadedMany } from './loadedMany.ts';
import { type LoadManyOptions, loadMany } from './loadMany.ts';
import { grantsByHolder, type ListedGrants, type Remains, remainsWithout } from './remains.ts';
import { creatorId, type EvidencePlace, holderId, iamThrough, identify, SessionEvidence } from './sessionEvidence.ts';

export type { EvidencePlace } from './sessionEvidence.ts';

/** What was loaded; `undefined` where nothing was asked yet. */
export interface GrantEvidence {
  readonly creator: Answer<Creator> | undefined;
  readonly keyLastUsed: Answer<KeyLastUsage> | undefined;
  readonly holder: Answer<Holder> | undefined;
  readonly remains: Remains | undefined;
}

/** What became known: of a grant, or of all grants of a key. */
export interface EvidenceChange {
  readonly session: Session;
  readonly keyArn: string;
}

export interface EvidenceOptions {
  readonly clock: Clock;
  /** The open sessions that lead to an account. */
  readonly sessionsOf: (account: string) => readonly Session[];
  /** The grants of a key that the last search found, if it read the key through this session. */
  readonly found: (session: Session, keyArn: string) => ListedGrants | undefined;
}

/**
 * The evidence on the grants of all open connections. Nothing is asked before it is loaded, and each question once; what
 * is denied is remembered for the connection, so that it isn't asked again for each grant.
 */
export class Evidence {
  readonly #options: EvidenceOptions;
  readonly #sessions = new WeakMap<Session, SessionEvidence>();
  readonly #changed = new Emitter<EvidenceChange>();
  readonly onDidChange = this.#changed.event;
  #many: AbortController | undefined;

  constructor(options: EvidenceOptions) {
    this.#options = options;
  }

  of({ session, key, grant }: EvidencePlace): GrantEvidence {
    const loaded = this.#of(session);
    const holder = loaded.holders.value(holderId(key, grant));
    const listed = () => this.#listed(session, key.arn);
    return {
      creator: loaded.creators.value(creatorId(key, grant)),
      keyLastUsed: loaded.usages.value(key.arn),
      holder,
      // It takes a look at all grants of the key: not for those who don't want it.
      get remains() {
        const policy = loaded.policies.value(key.arn);
        return policy && remainsWithout(grant, listed(), policy, key.arn, absentFrom(holder));
      },
    };
  }

  isLoaded(place: EvidencePlace): boolean {
    return Object.values(this.of(place)).every((piece) => piece !== undefined);
  }

  /**
   * Asks for what was not asked yet. Why something is not known is part of the evidence.
   * @param options.creatorRequests the most that are sent to find the creator; one that they don't find stays unknown
   * @throws AbortError when the session is closed
   */
  async load(
    place: EvidencePlace,
    kinds: readonly EvidenceKind[] = evidenceKinds,
    options: { readonly creatorRequests?: number } = {},
  ): Promise<void> {
    // The creator's event has the name that a deleted holder had.
    await Promise.all(kinds.filter((kind) => kind !== 'holder').map((kind) => this.#load(place, kind, options)));
    if (kinds.includes('holder')) {
      await this.#load(place, 'holder', options);
    }
  }

  /** What failed is asked for again, and what AWS said of the key longer ago than so many milliseconds. */
  forgetStale({ session, key, grant }: EvidencePlace, longestAgeMs: number): void {
    this.#of(session).forgetStale({ key, grant }, this.#options.clock.now(), longestAgeMs);
  }

  /**
   * Asks for what was not asked yet about many grants, in the fewest requests and in their order, and again for what was
   * denied or failed. One that is under way ends with it.
   * @returns `undefined` when another one has begun since
   */
  async loadMany(places: readonly EvidencePlace[], options: LoadManyOptions): Promise<LoadedMany | undefined> {
    const run = new AbortController();
    this.#many?.abort();
    this.#many = run;
    const evidence = {
      clock: this.#options.clock,
      of: (session: Session) => this.#of(session),
      leadingTo: (account: string | undefined, session: Session) => this.#leadingTo(account, session),
      changed: (session: Session, keyArn: string) => this.#changed.fire({ session, keyArn }),
    };
    const signal = AbortSignal.any([options.signal, run.signal]);
    const loaded = await loadMany(evidence, places, { ...options, signal });
    return this.#many === run ? loaded : undefined;
  }

  /** Asks again for one piece, also when it was denied. */
  async retry(place: EvidencePlace, kind: EvidenceKind): Promise<void> {
    const { session, key, grant } = place;
    const loaded = this.#of(session);
    loaded.forgetDenials();
    switch (kind) {
      case 'creator':
        loaded.creators.forget(creatorId(key, grant));
        break;
      case 'keyLastUsed':
        loaded.usages.forget(key.arn);
        break;
      case 'holder':
        loaded.holders.forget(holderId(key, grant));
        this.#forgetIam(loaded.holderQuestion(place).account, session);
        break;
      case 'remains':
        loaded.policies.forget(key.arn);
        break;
    }
    await this.#load(place, kind);
  }

  /** The next question about the key goes to AWS. */
  forgetKey(session: Session, keyArn: string): void {
    this.#of(session).forgetKey(keyArn);
    this.#changed.fire({ session, keyArn });
  }

  async #load(
    place: EvidencePlace,
    kind: EvidenceKind,
    { creatorRequests }: { readonly creatorRequests?: number } = {},
  ): Promise<void> {
    const { session, key, grant } = place;
    const loaded = this.#of(session);
    const { clock } = this.#options;
    switch (kind) {
      case 'creator':
        await loaded.creator(place, () => clock.now(), creatorRequests);
        break;
      case 'keyLastUsed':
        await loaded.keyLastUsed(key.arn, () => clock.now());
        break;
      case 'holder':
        await loaded.holders.load(holderId(key, grant), () => this.#findHolder(place));
        break;
      case 'remains':
        await Promise.all([session.inventory.grants(key.arn), loaded.keyPolicy(key.arn, () => clock.now())]);
        break;
    }
    this.#changed.fire({ session, keyArn: key.arn });
  }

  #findHolder(place: EvidencePlace): Promise<Answer<Holder>> {
    const { session } = place;
    const iamOf = async (account: string) => {
      await identify(session);
      const leading = this.#leadingTo(account, session);
      return leading && iamThrough(leading, session, await this.#of(leading).iam());
    };
    return findHolder(iamOf, this.#of(session).holderQuestion(place), this.#options.clock.now(), session.closed);
  }

  #forgetIam(account: string | undefined, session: Session): void {
    const leading = this.#leadingTo(account, session);
    if (leading !== undefined) {
      this.#of(leading).forgetIam();
    }
  }

  /** By which IAM of an account is asked: the session itself where it leads there, else another one that is open. */
  #leadingTo(account: string | undefined, session: Session): Session | undefined {
    if (account === undefined) {
      return undefined;
    }
    return session.knownIdentity?.account === account ? session : this.#options.sessionsOf(account)[0];
  }

  /** The grants of the key as its row lists them, or else as the last search did. */
  #listed(session: Session, keyArn: string): ListedGrants {
    const { clock, found: findListed } = this.#options;
    const own = session.inventory.loadedGrants(keyArn);
    const isComplete = own?.state.kind === 'complete';
    const found = isComplete ? undefined : findListed(session, keyArn);
    if (found !== undefined) {
      return { ...found, byHolder: byHolder(found.grants) };
    }
    const began = own?.began ?? clock.monotonic();
    const grants = own?.grants ?? [];
    return {
      grants,
      isComplete,
      at: clock.now() - (clock.monotonic() - began),
      // A list that is not complete still grows.
      ...(isComplete && { byHolder: byHolder(grants) }),
    };
  }

  #of(session: Session): SessionEvidence {
    let known = this.#sessions.get(session);
    if (known === undefined) {
      known = new SessionEvidence(session);
      this.#sessions.set(session, known);
    }
    return known;
  }
}

function absentFrom(holder: Answer<Holder> | undefined): string | undefined {
  return holder?.kind === 'known' && holder.value.kind === 'noSuchId' ? holder.value.account : undefined;
}

const byHolder = memoize(grantsByHolder);
