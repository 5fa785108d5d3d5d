import { setMaxListeners } from 'node:events';
import { isAbort, raceAbort } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import { lazy } from '../base/lazy.ts';
import type { Session } from '../connections/session.ts';
import { isSignInProblem, isTransient, type KmsError } from '../kms/errors.ts';
import type { Connection } from '../kms/model.ts';
import { grantee } from '../kms/principal.ts';
import { type Answer, type EvidenceKind, type EvidencePermission, evidenceKinds, known, unanswered } from './answer.ts';
import { type Creator, findCreators } from './creator.ts';
import { findHolder, type Holder, type Iam, lookUpOf } from './holder.ts';
import { iamForMany } from './iamListing.ts';
import { type AccountPlan, type Piece, planLoads } from './loadPlan.ts';
import { creatorId, type EvidencePlace, holderId, type SessionEvidence } from './sessionEvidence.ts';

/** How far a load of many grants is. */
export interface LoadProgress {
  /** Grants about which there is nothing left to ask. */
  readonly done: number;
  readonly grants: number;
  /** About so many requests are left: how many events there are shows only when they are read. */
  readonly requests: number;
}

/** What came of a load of many grants. */
export interface LoadedMany {
  readonly grants: number;
  readonly wasCancelled: boolean;
  /** Of how many grants each piece is known. */
  readonly known: Readonly<Record<EvidenceKind, number>>;
  /** Grants that are older than the event history. */
  readonly tooOld: number;
  /** Grants whose event is not among those that were read. */
  readonly notFound: number;
  /** Grants whose holder is of no account that a connection leads to, or nothing that IAM lists. */
  readonly notInIam: number;
  /** Grants of which some piece was not asked. */
  readonly notAsked: number;
  readonly denied: ReadonlySet<EvidencePermission>;
  /** What the endpoints don't have. */
  readonly notSupported: ReadonlySet<EvidenceKind>;
  /** One for each connection and kind of failure. */
  readonly failures: readonly LoadFailure[];
}

export interface LoadFailure {
  readonly connection: Connection;
  readonly error: KmsError;
}

export interface LoadManyOptions {
  /** Aborted: nothing more is asked, and what came is kept. */
  readonly signal: AbortSignal;
  /** Called at most every quarter of a second. */
  readonly progress: (progress: LoadProgress) => void;
}

/** Where answers are kept, and who is notified of them. */
export interface ManyEvidence {
  readonly clock: Clock;
  of(session: Session): SessionEvidence;
  leadingTo(account: string | undefined, session: Session): Session | undefined;
  changed(session: Session, keyArn: string): void;
}

/** Requests that are under way at once: the limiter decides how fast they are sent. */
const concurrency = { keyLastUsed: 2, remains: 4, holder: 4 };

/** After so many requests in a row without an answer, or denied keys and none that is known, the others aren't asked. */
const mostRefusals = 3;

const progressMs = 250;

/** Listeners are notified at most so often, and less often the longer it takes: each may draw all grants again. */
const changesMs = 1000;

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
  /** Questions that are open, of each grant. */
  readonly #open = new Map<EvidencePlace, number>();
  /** Questions that are open, without those for creators. */
  #pieces = 0;
  /** Grants whose creator is looked for, and what that took so far. */
  readonly #creators = { open: 0, answered: 0, requests: 0 };
  readonly #failures = new Map<string, LoadFailure>();
  /** Ends what is asked through a session, also where each further question would fail in the same way. */
  readonly #ends = new Map<Session, { readonly signal: AbortSignal; abort(): void }>();
  /** What became known since listeners were last notified. */
  #changes = new Map<Session, Set<string>>();
  readonly #startedAt: number;
  #notifiedAt: number;
  #reportedAt = Number.NEGATIVE_INFINITY;

  constructor(evidence: ManyEvidence, places: readonly EvidencePlace[], options: LoadManyOptions) {
    this.#evidence = evidence;
    this.#places = places;
    this.#options = options;
    this.#startedAt = evidence.clock.monotonic();
    this.#notifiedAt = this.#startedAt;
  }

  async run(): Promise<LoadedMany> {
    const { leadingTo } = this.#evidence;
    const plan = planLoads(
      this.#places,
      (place, kind) => this.#isMissing(place, kind),
      (account, session) => leadingTo(account, session),
    );
    for (const { creators, usages, policies } of plan.sessions) {
      this.#expect(creators, usages, policies);
      this.#creators.open += creators.length;
      this.#pieces += usages.length + policies.length;
    }
    for (const { byName, byId } of plan.accounts) {
      this.#expect(byName, byId);
      this.#pieces += byName.length + byId.length;
    }
    this.#report();
    const leading = plan.accounts.flatMap((account) => account.leading ?? []);
    for (const session of new Set([...plan.sessions.map((part) => part.session), ...leading])) {
      const end = new AbortController();
      const signal = AbortSignal.any([this.#options.signal, session.closed, end.signal]);
      // Several requests at once listen to it.
      setMaxListeners(0, signal);
      this.#evidence.of(session).forgetDenials();
      this.#ends.set(session, { signal, abort: () => end.abort() });
    }
    const creators = Promise.all(plan.sessions.map((part) => this.#findCreators(part.session, part.creators)));
    await Promise.all([
      ...plan.sessions.map(({ session, usages }) => this.#askKeys(session, 'keyLastUsed', usages)),
      ...plan.sessions.map(({ session, policies }) => this.#askKeys(session, 'remains', policies)),
      ...plan.accounts.map((account) => this.#findHolders(account, creators)),
      creators,
    ]);
    this.#notify();
    return this.#result();
  }

  /** What failed or was denied is forgotten, and so asked again. */
  #isMissing({ session, key, grant }: EvidencePlace, kind: EvidenceKind): boolean {
    const loaded = this.#evidence.of(session);
    const isMissing = (
      answers: { value(id: string): Answer<unknown> | undefined; forget(id: string): void },
      id: string,
    ) => {
      const answer = answers.value(id);
      if (answer?.kind === 'denied' || answer?.kind === 'failed') {
        answers.forget(id);
        return true;
      }
      return answer === undefined;
    };
    switch (kind) {
      case 'creator':
        return isMissing(loaded.creators, creatorId(key, grant));
      case 'keyLastUsed':
        return isMissing(loaded.usages, key.arn);
      case 'holder':
        return isMissing(loaded.holders, holderId(key, grant));
      case 'remains':
        return isMissing(loaded.policies, key.arn);
    }
  }

  #expect(...lists: readonly (readonly Piece[])[]): void {
    for (const place of lists.flatMap((pieces) => pieces.flatMap(({ places }) => places))) {
      this.#open.set(place, (this.#open.get(place) ?? 0) + 1);
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
        this.#creators.open -= 1;
        this.#creators.answered += 1;
        this.#finish(piece);
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
          onRequest: () => {
            this.#creators.requests += 1;
          },
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
    this.#creators.open -= open.length;
    this.#giveUp(open);
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
    const { of, clock } = this.#evidence;
    const id = holderId(first.key, first.grant);
    const questions = places.map((place) => of(place.session).holderQuestion(place));
    const question =
      questions.find(({ nameThen }) => nameThen !== undefined) ?? of(first.session).holderQuestion(first);
    const answer = await of(first.session).holders.load(id, () =>
      findHolder(iam, question, clock.now(), session.closed),
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
        this.#pieces -= 1;
        const answer = await raceAbort(ask(piece), signal).catch(unlessAborted);
        if (answer?.kind === 'failed') {
          failures = isTransient(answer.error) ? failures + 1 : failures;
          this.#fail(session ?? piece.first.session, answer.error);
        } else {
          failures = 0;
          isAnyKnown ||= answer?.kind === 'known';
          denials += answer?.kind === 'known' ? 0 : 1;
        }
        this.#finish(piece);
      }
    };
    // The last of several answers may show that it is worth going on.
    while (next < pieces.length && goesOn()) {
      await Promise.all(Array.from({ length: atOnce }, work));
    }
    this.#pieces -= pieces.length - next;
    this.#giveUp(pieces.slice(next));
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

  /** There is an answer. */
  #finish(piece: Piece): void {
    for (const { session, key } of piece.places) {
      const keys = this.#changes.get(session) ?? new Set<string>();
      this.#changes.set(session, keys.add(key.arn));
    }
    this.#giveUp([piece]);
    const now = this.#evidence.clock.monotonic();
    if (now - this.#notifiedAt >= Math.max(changesMs, (now - this.#startedAt) / 20)) {
      this.#notify();
    }
  }

  /** These are no longer waited for. */
  #giveUp(pieces: readonly Piece[]): void {
    for (const { places } of pieces) {
      for (const place of places) {
        const open = (this.#open.get(place) ?? 0) - 1;
        if (open > 0) {
          this.#open.set(place, open);
        } else {
          this.#open.delete(place);
        }
      }
    }
    this.#report();
  }

  #notify(): void {
    const changes = this.#changes;
    this.#changes = new Map();
    for (const [session, keys] of changes) {
      for (const keyArn of keys) {
        this.#evidence.changed(session, keyArn);
      }
    }
    this.#notifiedAt = this.#evidence.clock.monotonic();
  }

  #report(): void {
    const now = this.#evidence.clock.monotonic();
    if (now - this.#reportedAt < progressMs) {
      return;
    }
    this.#reportedAt = now;
    const { open, answered, requests } = this.#creators;
    // One page of events may have those of many grants; how many, the pages so far say.
    const each = answered === 0 ? 1 : Math.min(1, requests / answered);
    this.#options.progress({
      done: this.#places.length - this.#open.size,
      grants: this.#places.length,
      requests: Math.ceil(open * each) + this.#pieces,
    });
  }

  #result(): LoadedMany {
    const { of } = this.#evidence;
    const knownOf = { creator: 0, keyLastUsed: 0, holder: 0, remains: 0 };
    const counts = { tooOld: 0, notFound: 0, notInIam: 0, notAsked: 0 };
    const denied = new Set<EvidencePermission>();
    const notSupported = new Set<EvidenceKind>();
    for (const { session, key, grant } of this.#places) {
      const loaded = of(session);
      const creator = loaded.creators.value(creatorId(key, grant));
      const holder = loaded.holders.value(holderId(key, grant));
      const answers: Readonly<Record<EvidenceKind, Answer<unknown> | undefined>> = {
        creator,
        keyLastUsed: loaded.usages.value(key.arn),
        holder,
        remains: loaded.policies.value(key.arn),
      };
      for (const kind of evidenceKinds) {
        const answer = answers[kind];
        if (answer?.kind === 'known') {
          knownOf[kind] += 1;
        } else if (answer?.kind === 'denied') {
          denied.add(answer.permission);
        } else if (answer?.kind === 'notSupported') {
          notSupported.add(kind);
        }
      }
      if (creator?.kind === 'known' && creator.value.kind !== 'found') {
        knownOf.creator -= 1;
        counts[creator.value.kind === 'tooOld' ? 'tooOld' : 'notFound'] += 1;
      }
      if (holder?.kind === 'known' && (holder.value.kind === 'otherAccount' || holder.value.kind === 'notInIam')) {
        knownOf.holder -= 1;
        counts.notInIam += 1;
      }
      counts.notAsked += Object.values(answers).includes(undefined) ? 1 : 0;
    }
    return {
      grants: this.#places.length,
      wasCancelled: this.#options.signal.aborted,
      known: knownOf,
      ...counts,
      denied,
      notSupported,
      failures: [...this.#failures.values()],
    };
  }
}

/** @throws what is no AbortError */
function unlessAborted(error: unknown): undefined {
  if (!isAbort(error)) {
    throw error;
  }
}
