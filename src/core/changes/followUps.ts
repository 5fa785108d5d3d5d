import { isAbort } from '../base/abort.ts';
import type { Clock } from '../base/clock.ts';
import { Emitter, type Event, type Subscription } from '../base/emitter.ts';
import { type GrantLocator, grantIdentity } from '../kms/model.ts';
import type { EndedWait } from './revocationRecord.ts';

/** Waits that end within this time of another are reported together, in milliseconds. */
const groupingMs = 3000;

interface Waits {
  readonly onDidEnd: Event<EndedWait>;
  /** A wait was suspended, and may never end in this window: no report waits for it. */
  readonly onDidSuspend: Event<GrantLocator>;
}

/**
 * Decides which ends of waits are reported together, so that many changes cause few notifications. A bulk revoke is
 * reported when its last wait ends. Otherwise the first end is reported at once, and those soon after it together.
 * A wait that the user stopped is not reported.
 */
export class FollowUps {
  readonly #clock: Pick<Clock, 'sleep'>;
  readonly #subscriptions: readonly Subscription[];
  readonly #reported = new Emitter<readonly EndedWait[]>();
  /** With the ends that are reported together, one or more. */
  readonly onDidReport = this.#reported.event;
  readonly #batches = new Map<string, Batch>();
  readonly #disposed = new AbortController();
  #groupedWaits: EndedWait[] = [];
  #groupingTimer: AbortController | undefined;

  constructor(clock: Pick<Clock, 'sleep'>, { onDidEnd, onDidSuspend: onDidLeave }: Waits) {
    this.#clock = clock;
    this.#subscriptions = [
      onDidEnd((wait) => this.#add(wait)),
      onDidLeave((place) => this.#drop(grantIdentity(place))),
    ];
  }

  /** Changes whose ends are reported together. */
  batch(): FollowUpBatch {
    const batch = new Batch((ended) => this.#report(ended));
    return {
      add: (place) => {
        // It replaces an earlier revoke of the same grant.
        this.#drop(grantIdentity(place));
        batch.add(grantIdentity(place));
        this.#batches.set(grantIdentity(place), batch);
      },
      drop: (place) => this.#drop(grantIdentity(place)),
      close: () => batch.close(),
    };
  }

  #drop(identity: string): void {
    const batch = this.#batches.get(identity);
    this.#batches.delete(identity);
    batch?.drop(identity);
  }

  #add(wait: EndedWait): void {
    const identity = grantIdentity(wait.record);
    const batch = this.#batches.get(identity);
    if (batch !== undefined) {
      // Later changes of it are not part of the batch.
      this.#batches.delete(identity);
      batch.ended(identity, wait);
    } else if (this.#groupingTimer === undefined) {
      this.#report([wait]);
      this.#startGrouping();
    } else {
      this.#groupedWaits.push(wait);
      this.#groupingTimer.abort();
      this.#startGrouping();
    }
  }

  /** Ends that are not reported when the window closes are in the history. */
  dispose(): void {
    for (const subscription of this.#subscriptions) {
      subscription.dispose();
    }
    this.#disposed.abort();
  }

  #startGrouping(): void {
    const gathering = new AbortController();
    this.#groupingTimer = gathering;
    this.#clock.sleep(groupingMs, AbortSignal.any([gathering.signal, this.#disposed.signal])).then(
      () => {
        const gathered = this.#groupedWaits;
        this.#groupedWaits = [];
        this.#groupingTimer = undefined;
        this.#report(gathered);
      },
      (error: unknown) => {
        if (!isAbort(error)) {
          throw error;
        }
      },
    );
  }

  #report(ended: readonly EndedWait[]): void {
    const reported = ended.filter(({ outcome }) => outcome.kind !== 'stopped');
    if (reported.length > 0 && !this.#disposed.signal.aborted) {
      this.#reported.fire(reported);
    }
  }
}

export interface FollowUpBatch {
  /** Before the change is sent. */
  add(place: GrantLocator): void;
  /** The change is not followed. */
  drop(place: GrantLocator): void;
  /** Call it after the last {@link add}. */
  close(): void;
}

class Batch {
  readonly #report: (ended: readonly EndedWait[]) => void;
  readonly #pending = new Set<string>();
  #ended: EndedWait[] = [];
  #isClosed = false;

  constructor(report: (ended: readonly EndedWait[]) => void) {
    this.#report = report;
  }

  add(identity: string): void {
    this.#pending.add(identity);
  }

  drop(identity: string): void {
    this.#pending.delete(identity);
    this.#reportIfAll();
  }

  ended(identity: string, wait: EndedWait): void {
    this.#ended.push(wait);
    this.drop(identity);
  }

  close(): void {
    this.#isClosed = true;
    this.#reportIfAll();
  }

  #reportIfAll(): void {
    if (!this.#isClosed || this.#pending.size > 0) {
      return;
    }
    const ended = this.#ended;
    this.#ended = [];
    this.#report(ended);
  }
}
