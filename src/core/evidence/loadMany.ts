import { setMaxListeners } from 'node:events';
import { isAbort, raceAbort } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import { lazy } from '../base/lazy.ts';
import type { Session } from '../connections/session.ts';
import { isSignInProblem, isTransient, type KmsError } from '../kms/errors.ts';
import { grantee } from '../kms/principal.ts';
import { type Answer, type EvidenceKind, known, unanswered } from './answer.ts';
import { type Creator, findCreators, isInHistory, isYoung } from './creator.ts';
import { findHolder, type Holder, type Iam, lookUpOf } from './holder.ts';
import { iamForMany } from './iamListing.ts';
import { knownOfMany, type LoadedMany, type LoadFailure } from './loadedMany.ts';
import type { LoadedOnce } from './loadedOnce.ts';
import { type AccountPlan, type Piece, planLoads } from './loadPlan.ts';
import { type LoadProgress, LoadState } from './loadState.ts';
import {
  accountOfHolder,
  creatorId,
  type EvidencePlace,
  holderId,
  iamThrough,
  identify,
  type SessionEvidence,
} from './sessionEvidence.ts';

export interface LoadManyOptions {
  /** Aborted: nothing more is asked, and what came is kept. */
  readonly signal: AbortSignal;
  /** Called at most every quarter of a second. */
  readonly progress: (progress: LoadProgress) => void;
}

/** Where answers are kept, and who is notified of them. */
export interface ManyEvidence {
  readonly clock: Clock;
  readonly of: (session: Session) => SessionEvidence;
  /** The session by which IAM of an account is asked. */
  readonly leadingTo: (account: string | undefined, session: Session) => Session | undefined;
  readonly changed: (session: Session, keyArn: string) => void;
}

/** Requests that are under way at once: the limiter decides how fast they are sent. */
const concurrency = { keyLastUsed: 2, remains: 4, holder: 4 };

/** After so many requests in a row without an answer, or denied keys and none that is known, the others aren't asked. */
const mostRefusals = 3;

/** Loads evidence on many grants, in the fewest requests, in their order. Never rejects for what AWS or the user does. */
export function loadMany(
  evidence: ManyEvidence,
  places: readonly EvidencePlace[],
  options: LoadManyOptions,
): Promise<LoadedMany> {
  return new Load(evidence, places, options).run();
}

class Load {
  readonly #evidence: ManyEvidence;
  readonly #places: readonly EvidencePlace[];
  readonly #options: LoadManyOptions;
  readonly #state: LoadState;
  readonly #failures = new Map<string, LoadFailure>();
  /** Ends what is asked through a session, also where each further question would fail in the same way. */
  readonly #ends = new Map<Session, { readonly signal: AbortSignal; abort(): void }>();

  constructor(evidence: ManyEvidence, places: readonly EvidencePlace[], options: LoadManyOptions) {
    this.#evidence = evidence;
    this.#places = places;
    this.#options = options;
    this.#state = new LoadState({
      clock: evidence.clock,
      grants: places.length,
      progress: options.progress,
      changed: evidence.changed,
    });
  }

  async run(): Promise<LoadedMany> {
    const { of, clock, leadingTo } = this.#evidence;
    const sessions = new Set(this.#places.map(({ session }) => session));
    const identities = Promise.all([...sessions].map(identify));
    await raceAbort(identities, this.#options.signal).catch(unlessAborted);
    const plan = planLoads(this.#places, (place, kind) => this.#isMissing(place, kind), leadingTo);
    const now = clock.now();
    for (const { creators, usages, policies } of plan.sessions) {
      for (const piece of creators) {
        this.#state.add([piece], isInHistory(piece.first.grant, now) ? 'creator' : 'nothing');
      }
      this.#state.add([...usages, ...policies], 'single');
    }
    for (const { leading, byName, byId } of plan.accounts) {
      this.#state.add([...byName, ...byId], leading === undefined ? 'nothing' : 'single');
    }
    this.#state.report();
    const leading = plan.accounts.flatMap((account) => account.leading ?? []);
    this.#begin(new Set([...plan.sessions.map(({ session }) => session), ...leading]));
    const creators = Promise.all(plan.sessions.map((part) => this.#findCreators(part.session, part.creators)));
    await Promise.all([
      ...plan.sessions.map(({ session, usages }) => this.#askKeys(session, 'keyLastUsed', usages)),
      ...plan.sessions.map(({ session, policies }) => this.#askKeys(session, 'remains', policies)),
      ...plan.accounts.map((account) => this.#findHolders(account, creators)),
      creators,
    ]);
    this.#state.announce();
    return {
      ...knownOfMany(this.#places, of),
      wasCancelled: this.#options.signal.aborted,
      failures: [...this.#failures.values()],
    };
  }

  #begin(sessions: ReadonlySet<Session>): void {
    for (const session of sessions) {
      const end = new AbortController();
      const signal = AbortSignal.any([this.#options.signal, session.closed, end.signal]);
      // Several requests at once listen to it.
      setMaxListeners(0, signal);
      this.#ends.set(session, { signal, abort: () => end.abort() });
      this.#evidence.of(session).forgetDenials();
    }
  }

  /** What failed, was denied or may be answered otherwise by now is forgotten, and so asked again. */
  #isMissing({ session, key, grant }: EvidencePlace, kind: EvidenceKind): boolean {
    const { of, clock, leadingTo } = this.#evidence;
    const loaded = of(session);
    const isMissing = <T>(answers: LoadedOnce<Answer<T>>, id: string, isOutdated: (value: T) => boolean) => {
      const answer = answers.value(id);
      if (answer?.kind === 'notSupported' || (answer?.kind === 'known' && !isOutdated(answer.value))) {
        return false;
      }
      if (answer !== undefined) {
        answers.forget(id);
      }
      return true;
    };
    switch (kind) {
      case 'creator': {
        const hasArrived = !isYoung(grant, clock.now());
        const id = creatorId(key, grant);
        return isMissing(loaded.creators, id, (one) => one.kind === 'notFound' && one.mayArrive && hasArrived);
      }
      case 'keyLastUsed':
        return isMissing(loaded.usages, key.arn, () => false);
      case 'holder': {
        const isOpen = (account: string) => leadingTo(account, session) !== undefined;
        const id = holderId(key, grant);
        return isMissing(loaded.holders, id, (one) => one.kind === 'otherAccount' && isOpen(one.account));
      }
      case 'remains':
        return isMissing(loaded.policies, key.arn, () => false);
    }
  }

  /** Aborted when nothing more is to be asked through the session. */
  #signalOf(session: Session | undefined): AbortSignal {
    return (session && this.#ends.get(session)?.signal) ?? this.#options.signal;
  }

  async #findCreators(session: Session, pieces: readonly Piece[]): Promise<void> {
    if (pieces.length === 0) {
      return;
    }
    const { clock } = this.#evidence;
    const loaded = this.#evidence.of(session);
    const signal = this.#signalOf(session);
    const open = new Map(pieces.map((piece) => [piece.first.grant, piece]));
    const answer = ({ grant, key }: EvidencePlace, creator: Answer<Creator>) => {
      loaded.creators.set(creatorId(key, grant), creator);
      const piece = open.get(grant);
      if (piece !== undefined) {
        open.delete(grant);
        this.#state.finish(piece);
      }
    };
    try {
      const api = await raceAbort(loaded.api(), signal);
      await findCreators(
        api,
        pieces.map(({ first }) => ({ ...first.grant, place: first })),
        {
          now: clock.now(),
          signal,
          onRequest: () => this.#state.countPage(),
          onAnswer: ({ place }, creator) => answer(place, known(creator, clock.now())),
        },
      );
    } catch (error) {
      this.#endCreators(session, [...open.values()], error, answer);
    }
  }

  /** The search for creators has ended before these were found. */
  #endCreators(
    session: Session,
    open: readonly Piece[],
    error: unknown,
    answer: (place: EvidencePlace, creator: Answer<Creator>) => void,
  ): void {
    const reason = isAbort(error) ? undefined : unanswered(error, 'cloudtrail:LookupEvents');
    if (reason?.kind === 'denied' || reason?.kind === 'notSupported') {
      // The permission and the endpoint are the same for all of them.
      for (const { first } of open) {
        answer(first, reason);
      }
      return;
    }
    if (reason?.kind === 'failed') {
      this.#fail(session, reason.error);
    }
    this.#state.giveUp(open);
  }

  async #askKeys(session: Session, kind: 'keyLastUsed' | 'remains', pieces: readonly Piece[]): Promise<void> {
    const { of, clock } = this.#evidence;
    const loaded = of(session);
    const now = () => clock.now();
    const ask = (keyArn: string): Promise<Answer<unknown>> =>
      kind === 'keyLastUsed'
        ? loaded.keyLastUsed(keyArn, now, session.background)
        : loaded.keyPolicy(keyArn, now, session.background);
    // A key's own policy may deny what others allow: only while none is known, that may be so of all.
    await this.#each(session, pieces, concurrency[kind], mostRefusals, ({ first }) => ask(first.key.arn));
  }

  async #findHolders({ leading, byName, byId }: AccountPlan, creators: Promise<unknown>): Promise<void> {
    const lookUps = [...byName, ...byId].flatMap(({ first }) => lookUpOf(grantee(first.grant)) ?? []);
    const iam = lazy(async () => {
      const loaded = leading && this.#evidence.of(leading);
      return loaded && iamForMany(await loaded.iam(), await loaded.api(), lookUps, this.#signalOf(leading));
    });
    const find = (piece: Piece) => this.#findHolder(piece, iam, leading ?? piece.first.session);
    // A denial is remembered, so it costs no more.
    const each = (pieces: readonly Piece[]) =>
      this.#each(leading, pieces, concurrency.holder, Number.POSITIVE_INFINITY, find);
    await each(byName);
    if (byId.length > 0) {
      // The creator's event has the name that a deleted holder had.
      await raceAbort(creators, this.#signalOf(leading)).catch(unlessAborted);
      await each(byId);
    }
  }

  /** The answer holds for all sessions that have grants of this holder. */
  async #findHolder(
    { first, places }: Piece,
    iam: () => Promise<Iam | undefined>,
    session: Session,
  ): Promise<Answer<Holder>> {
    const { of, clock, leadingTo } = this.#evidence;
    const id = holderId(first.key, first.grant);
    const questions = places.map((place) => of(place.session).holderQuestion(place));
    const question =
      questions.find(({ nameThen }) => nameThen !== undefined) ?? of(first.session).holderQuestion(first);
    const iamOf = async (account: string) => {
      // The creator's event may have named another account since.
      const isPlanned = account === accountOfHolder(first.key, first.grant);
      const leading = isPlanned ? session : leadingTo(account, first.session);
      const asked = isPlanned ? await iam() : await (leading && of(leading).iam());
      return leading && asked && iamThrough(leading, first.session, asked);
    };
    const answer = await of(first.session).holders.load(id, () =>
      findHolder(iamOf, question, clock.now(), session.closed),
    );
    for (const other of new Set(places.map((place) => place.session))) {
      of(other).holders.set(id, answer);
    }
    return answer;
  }

  /**
   * Asks a few at once, in order, as long as there are answers. What is under way when nothing more is to be asked goes
   * on, and is kept when it comes.
   * @param session whose end ends it
   * @param mostDenials after so many, and before anything is known, the others aren't asked
   */
  async #each(
    session: Session | undefined,
    pieces: readonly Piece[],
    atOnce: number,
    mostDenials: number,
    ask: (piece: Piece) => Promise<Answer<unknown>>,
  ): Promise<void> {
    const signal = this.#signalOf(session);
    let [next, denials, failures, isAnyKnown] = [0, 0, 0, false];
    const goesOn = () => !signal.aborted && failures < mostRefusals && (isAnyKnown || denials < mostDenials);
    const work = async () => {
      for (let piece = pieces[next]; piece !== undefined && goesOn(); piece = pieces[next]) {
        next += 1;
        const answer = await raceAbort(ask(piece), signal).catch(unlessAborted);
        if (answer?.kind === 'failed') {
          failures = isTransient(answer.error) ? failures + 1 : failures;
          this.#fail(session ?? piece.first.session, answer.error);
        } else {
          failures = 0;
          isAnyKnown ||= answer?.kind === 'known';
          denials += answer?.kind === 'known' ? 0 : 1;
        }
        this.#state.finish(piece);
      }
    };
    // The last of several answers may show that it is worth going on.
    while (next < pieces.length && goesOn()) {
      await Promise.all(Array.from({ length: atOnce }, work));
    }
    this.#state.giveUp(pieces.slice(next));
  }

  #fail(session: Session, error: KmsError): void {
    const { connection } = session;
    const { operation, kind } = error.details;
    const id = `${connection.id} ${operation} ${kind}`;
    if (!this.#failures.has(id)) {
      this.#failures.set(id, { connection, error });
    }
    if (isSignInProblem(error)) {
      this.#ends.get(session)?.abort();
    }
  }
}

/** @throws what is no AbortError */
function unlessAborted(error: unknown): undefined {
  if (!isAbort(error)) {
    throw error;
  }
}
