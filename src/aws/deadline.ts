import { performance } from 'node:perf_hooks';
import * as l10n from '@vscode/l10n';

/** A limit for a whole call or sign-in, however many requests and answers it takes. */
export class Deadline {
  readonly #ms: number;
  readonly #controller = new AbortController();
  #left: number;
  #startedAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #end = () => {};
  /** How many waits are under way that don't count. */
  #waits = 0;

  /** @param ms milliseconds, counted from {@link within} on */
  constructor(ms: number) {
    this.#ms = ms;
    this.#left = ms;
  }

  /** Aborted when the time is over, which ends the requests under way. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Settles as `act` does, but rejects with a TimeoutError as soon as the time is over. */
  within<T>(act: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#end = () => {
        // Rejected before the abort: the message must be this one, not that of the closed connection.
        reject(new DeadlineError(l10n.t('There was no complete answer within {0} seconds.', this.#ms / 1000)));
        this.#controller.abort();
      };
      this.#start();
      act()
        .finally(() => clearTimeout(this.#timer))
        .then(resolve, reject);
    });
  }

  /** Doesn't count the time of this wait: a person takes it, or it has a limit of its own. */
  async pausedFor<T>(wait: () => Promise<T>): Promise<T> {
    this.#waits += 1;
    if (this.#waits === 1) {
      this.#stop();
    }
    try {
      return await wait();
    } finally {
      this.#waits -= 1;
      if (this.#waits === 0 && !this.#controller.signal.aborted) {
        this.#start();
      }
    }
  }

  #start(): void {
    this.#startedAt = performance.now();
    this.#timer = setTimeout(() => this.#end(), Math.max(0, this.#left));
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#left -= performance.now() - this.#startedAt;
  }
}

/** Has the name that the SDK gives to requests that take too long. */
class DeadlineError extends Error {
  override readonly name = 'TimeoutError';
}
