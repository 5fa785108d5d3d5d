import type { Clock } from '../base/clock.ts';
import type { Session } from '../connections/session.ts';
import type { Piece } from './loadPlan.ts';
import type { EvidencePlace } from './sessionEvidence.ts';

/** How far a load of many grants is. */
export interface LoadProgress {
  /** Grants about which there is nothing left to ask. */
  readonly done: number;
  readonly grants: number;
  /** About so many requests are left: how many events there are shows only when they are read. */
  readonly requests: number;
}

interface LoadStateOptions {
  readonly clock: Clock;
  readonly grants: number;
  readonly progress: (progress: LoadProgress) => void;
  readonly changed: (session: Session, keyArn: string) => void;
}

const progressMs = 250;

/** Listeners are notified at most so often, and less often the longer it takes: each may draw all grants again. */
const changesMs = 1000;

/** What is left of a load of many grants, and what came of it since it was last announced. */
export class LoadState {
  readonly #options: LoadStateOptions;
  /** How many questions are open about a grant. A grant without open questions is not in it. */
  readonly #open = new Map<EvidencePlace, number>();
  /** Open questions that take a request each, and those for creators, of which a request answers one or many. */
  readonly #left = { single: new Set<Piece>(), creator: new Set<Piece>() };
  readonly #creators = { answered: 0, requests: 0 };
  #changes = new Map<Session, Set<string>>();
  readonly #startedAt: number;
  #notifiedAt: number;
  #reportedAt = Number.NEGATIVE_INFINITY;

  constructor(options: LoadStateOptions) {
    this.#options = options;
    this.#startedAt = options.clock.monotonic();
    this.#notifiedAt = this.#startedAt;
  }

  /** @param takes `nothing`: it is answered without a request */
  add(pieces: readonly Piece[], takes: 'single' | 'creator' | 'nothing'): void {
    for (const piece of pieces) {
      for (const place of piece.places) {
        this.#open.set(place, (this.#open.get(place) ?? 0) + 1);
      }
      if (takes !== 'nothing') {
        this.#left[takes].add(piece);
      }
    }
  }

  /** A page of events is asked for. */
  countPage(): void {
    this.#creators.requests += 1;
  }

  /** There is an answer. */
  finish(piece: Piece): void {
    for (const { session, key } of piece.places) {
      const keys = this.#changes.get(session) ?? new Set<string>();
      this.#changes.set(session, keys.add(key.arn));
    }
    this.#creators.answered += this.#left.creator.has(piece) ? 1 : 0;
    this.giveUp([piece]);
    const now = this.#options.clock.monotonic();
    if (now - this.#notifiedAt >= Math.max(changesMs, (now - this.#startedAt) / 20)) {
      this.announce();
    }
  }

  /** These are no longer asked. */
  giveUp(pieces: readonly Piece[]): void {
    for (const piece of pieces) {
      this.#left.single.delete(piece);
      this.#left.creator.delete(piece);
      for (const place of piece.places) {
        const open = (this.#open.get(place) ?? 0) - 1;
        if (open > 0) {
          this.#open.set(place, open);
        } else {
          this.#open.delete(place);
        }
      }
    }
    this.report();
  }

  /** Notifies of what came, each key once. */
  announce(): void {
    const changes = this.#changes;
    this.#changes = new Map();
    for (const [session, keys] of changes) {
      for (const keyArn of keys) {
        this.#options.changed(session, keyArn);
      }
    }
    this.#notifiedAt = this.#options.clock.monotonic();
  }

  report(): void {
    const { clock, grants, progress } = this.#options;
    const now = clock.monotonic();
    if (now - this.#reportedAt < progressMs) {
      return;
    }
    this.#reportedAt = now;
    const { answered, requests } = this.#creators;
    // How many grants a page answers, the pages so far say.
    const each = answered === 0 ? 1 : Math.min(1, requests / answered);
    progress({
      done: grants - this.#open.size,
      grants,
      requests: Math.ceil(this.#left.creator.size * each) + this.#left.single.size,
    });
  }
}
