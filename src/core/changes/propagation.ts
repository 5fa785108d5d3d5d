import { isAbort } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import { Emitter } from '../base/emitter.ts';
import { isKmsError, type KmsErrorKind } from '../kms/errors.ts';
import type { ReadListedGrants } from '../kms/readGrant.ts';

/**
 * Follows revoked grants of one key until KMS no longer lists them.
 *
 * KMS is eventually consistent: after a revoke a list can still hold the grant, or hold it in one answer and not in the
 * next. AWS publishes no upper bound ("usually less than five minutes"), and absence from a list is not proof that the
 * grant is unusable everywhere. So a grant counts as gone only after several absences in a row; the longer it was listed
 * after the revoke, the longer they must last. After a limit, the result is "still listed".
 */
export interface PropagationPolicy {
  /** The waits before the first reads, in milliseconds; each is an upper bound, jittered. */
  readonly firstDelaysMs: readonly number[];
  /** The upper bound of every later wait. */
  readonly intervalMs: number;
  /**
   * How long to follow a grant. Only time in which KMS answers counts: not that in which the computer sleeps, or KMS
   * can't be reached.
   */
  readonly timeoutMs: number;
  /** How many reads in a row must not list the grant, at least. */
  readonly absentReads: number;
}

/**
 * How long the grant must be absent, relative to the time that KMS still listed it: a change that is slow to reach one part
 * of KMS is slow to reach the others.
 */
const minAbsenceRatio = 0.5;
/** After the grant was listed for this long, an absence is checked at shorter intervals. */
const slowPropagationMs = 5000;
const slowPropagationIntervalMs = 3000;

export const defaultPolicy: PropagationPolicy = {
  firstDelaysMs: [0, 500, 1000, 2000, 4000, 8000],
  intervalMs: 10_000,
  timeoutMs: 300_000,
  absentReads: 3,
};

/** The longest wait while the computer is awake: KMS answers until just before the limit, then is silent for as long. */
export function maxWaitMs({ timeoutMs }: PropagationPolicy): number {
  return 2 * timeoutMs;
}

export type PropagationOutcome =
  /** Absent for long enough, see {@link PropagationPolicy}; `afterMs` since the revoke. */
  | { readonly kind: 'gone'; readonly afterMs: number }
  /** The limit passed, and the read that was answered last lists the grant; `afterMs` from the revoke to that answer. */
  | { readonly kind: 'timedOut'; readonly afterMs: number }
  /**
   * KMS answered no read for as long as the limit, so the current state is unknown. `lastRead` is the last answer, `afterMs`
   * the time from the revoke to it (0: no answer), `trouble` why the newest read failed.
   */
  | {
      readonly kind: 'unread';
      readonly afterMs: number;
      readonly lastRead: LastRead;
      readonly trouble: KmsErrorKind;
    }
  | { readonly kind: 'stopped'; readonly lastRead: LastRead };

export type LastRead = 'listed' | 'absent' | 'none';

export interface PropagationProgress {
  /** Milliseconds since the epoch. */
  readonly nextCheckAt: number;
  readonly lastRead: LastRead;
  /** Absences in a row so far. */
  readonly absences: number;
  /** Why the last read gave no answer. */
  readonly trouble: KmsErrorKind | undefined;
}

export interface PollerOptions {
  readonly read: ReadListedGrants;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly policy: PropagationPolicy;
}

/** All times are those of `clock.monotonic()`. */
interface Target {
  readonly grantId: string;
  readonly since: number;
  absences: number;
  /** When a read last listed it, or when the revoke was accepted. */
  lastListedAt: number;
  /** When a read was last answered; `undefined` until then. */
  answeredAt: number | undefined;
  lastRead: LastRead;
  /** The end of the last read, or when it joined. */
  checkedAt: number;
  /** For how long KMS has answered since it joined. */
  answeredMs: number;
  /** For how long KMS has not answered since its last answer. */
  unansweredMs: number;
  readonly settle: (outcome: PropagationOutcome) => void;
}

const maxBackoffMs = 60_000;

/** A read that takes longer than this, beyond its wait, was delayed by a sleeping computer: its time does not count. */
export const maxReadMs = 60_000;

/** One poller serves all the followed grants of a key: they share reads and their schedule. */
export class PropagationPoller {
  readonly #options: PollerOptions;
  readonly #targets = new Map<string, Target>();
  readonly #stopped = new AbortController();
  readonly #progressed = new Emitter<{ readonly grantId: string; readonly progress: PropagationProgress }>();
  readonly onDidProgress = this.#progressed.event;
  /** The number of reads since the newest target joined: the position in the schedule. */
  #readCount = 0;
  #failureCount = 0;
  #running = false;
  #wake = new AbortController();
  /** Aborted when nobody waits for the read under way any more. */
  #currentRead = new AbortController();
  /** The planned wait before the next read. */
  #delay = 0;
  #lastFailure: KmsErrorKind | undefined;

  constructor(options: PollerOptions) {
    this.#options = options;
  }

  /** `since`: when KMS accepted the revoke, as `clock.monotonic()` has it. Never rejects. */
  follow(grantId: string, since: number): Promise<PropagationOutcome> {
    this.stop(grantId);
    return new Promise((settle) => {
      // When many join one after the other, they don't each cause a read.
      this.#readCount = this.idle ? 0 : 1;
      this.#targets.set(grantId, {
        grantId,
        since,
        absences: 0,
        lastListedAt: since,
        answeredAt: undefined,
        lastRead: 'none',
        checkedAt: this.#options.clock.monotonic(),
        answeredMs: 0,
        unansweredMs: 0,
        settle,
      });
      this.#wake.abort();
      if (!this.#running) {
        void this.#run();
      }
    });
  }

  /** Settles one grant as `stopped`; nothing more is read for it. */
  stop(grantId: string): void {
    const target = this.#targets.get(grantId);
    if (target === undefined) {
      return;
    }
    this.#settle(target, { kind: 'stopped', lastRead: target.lastRead });
    if (this.#targets.size === 0) {
      this.#wake.abort();
      this.#currentRead.abort();
    }
  }

  /** Nothing is followed at the moment. */
  get idle(): boolean {
    return this.#targets.size === 0;
  }

  get disposed(): boolean {
    return this.#stopped.signal.aborted;
  }

  /** Stops all, and a read that is under way. */
  dispose(): void {
    this.#stopped.abort();
    for (const grantId of [...this.#targets.keys()]) {
      this.stop(grantId);
    }
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#targets.size > 0) {
      await this.#wait();
      if (this.#targets.size === 0) {
        break;
      }
      await this.#check();
    }
    this.#running = false;
  }

  /** Sleeps until the next scheduled read. A grant that joins ends the sleep and restarts the schedule. */
  async #wait(): Promise<void> {
    const { clock, policy, random } = this.#options;
    // Each that joins brings the next read forward by a little: for that, not all the others are reported again.
    const reported = new Set<Target>();
    for (;;) {
      this.#wake = new AbortController();
      const next = policy.firstDelaysMs[this.#readCount] ?? policy.intervalMs;
      const scheduled = [...this.#targets.values()].some(propagatesSlowly)
        ? Math.min(next, slowPropagationIntervalMs)
        : next;
      const backOff = this.#failureCount === 0 ? 0 : Math.min(maxBackoffMs, 1000 * 2 ** this.#failureCount);
      const delay = Math.round(random() * Math.max(scheduled, backOff));
      for (const target of this.#targets.values()) {
        if (reported.has(target)) {
          continue;
        }
        reported.add(target);
        const { grantId, lastRead, absences } = target;
        const nextCheckAt = clock.now() + delay;
        this.#progressed.fire({ grantId, progress: { nextCheckAt, lastRead, absences, trouble: this.#lastFailure } });
      }
      this.#delay = delay;
      if (delay === 0) {
        return;
      }
      try {
        await clock.sleep(delay, this.#wake.signal);
        return;
      } catch (error) {
        if (!isAbort(error)) {
          throw error;
        }
        if (this.#targets.size === 0) {
          return;
        }
      }
    }
  }

  async #check(): Promise<void> {
    const { clock, read } = this.#options;
    const asked = [...this.#targets.values()];
    this.#readCount += 1;
    this.#currentRead = new AbortController();
    const began = clock.monotonic();
    let listed: ReadonlySet<string> | undefined;
    try {
      listed = await read(
        asked.map((target) => target.grantId),
        AbortSignal.any([this.#stopped.signal, this.#currentRead.signal]),
      );
      this.#failureCount = 0;
      this.#lastFailure = undefined;
    } catch (error) {
      this.#failureCount += 1;
      this.#lastFailure = isKmsError(error) ? error.details.kind : 'unknown';
    }
    for (const target of asked) {
      if (this.#targets.get(target.grantId) !== target) {
        continue;
      }
      const now = clock.monotonic();
      const spentMs = Math.min(now - target.checkedAt, this.#delay + maxReadMs);
      target.checkedAt = now;
      const outcome =
        listed === undefined
          ? this.#onFailedRead(target, spentMs)
          : this.#onRead(target, listed, { began, now, spentMs });
      if (outcome !== undefined) {
        this.#settle(target, outcome);
      }
    }
  }

  /** Applies an answered read to a grant; it may end the wait. */
  #onRead(
    target: Target,
    listed: ReadonlySet<string>,
    { began, now, spentMs }: { readonly began: number; readonly now: number; readonly spentMs: number },
  ): PropagationOutcome | undefined {
    const { policy } = this.#options;
    const afterMs = now - target.since;
    target.answeredAt = now;
    target.answeredMs += spentMs;
    target.unansweredMs = 0;
    if (listed.has(target.grantId)) {
      target.lastRead = 'listed';
      target.absences = 0;
      target.lastListedAt = now;
      return target.answeredMs >= policy.timeoutMs ? { kind: 'timedOut', afterMs } : undefined;
    }
    target.lastRead = 'absent';
    target.absences += 1;
    return isGone(target, policy, began) ? { kind: 'gone', afterMs } : undefined;
  }

  /** Applies a failed read, which says nothing about the grant. After too many of them the wait ends as unread. */
  #onFailedRead(target: Target, spentMs: number): PropagationOutcome | undefined {
    target.unansweredMs += spentMs;
    if (target.unansweredMs < this.#options.policy.timeoutMs) {
      return undefined;
    }
    const { lastRead, answeredAt, since } = target;
    const afterMs = answeredAt === undefined ? 0 : answeredAt - since;
    return { kind: 'unread', afterMs, lastRead, trouble: this.#lastFailure ?? 'unknown' };
  }

  #settle(target: Target, outcome: PropagationOutcome): void {
    this.#targets.delete(target.grantId);
    target.settle(outcome);
  }
}

/** `began`: when the read that did not list it began; it says nothing about later changes. */
function isGone({ absences, since, lastListedAt }: Target, { absentReads }: PropagationPolicy, began: number): boolean {
  return absences >= absentReads && began - lastListedAt >= minAbsenceRatio * (lastListedAt - since);
}

function propagatesSlowly({ absences, since, lastListedAt }: Target): boolean {
  return absences > 0 && lastListedAt - since >= slowPropagationMs;
}
