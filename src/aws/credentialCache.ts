import { AsyncLocalStorage } from 'node:async_hooks';
import type { CallerIdentity } from '../core/kms/model.ts';
import { type AwsCredentials, isSame } from './credentials.ts';

/** A sign-in under way. */
interface Pending {
  readonly credentials: Promise<AwsCredentials>;
  readonly abandon: AbortController;
  /** How many calls wait for it. */
  waiting: number;
}

/**
 * The credentials of one profile, or of the environment: signed in to once, and shared by every client and Region that
 * uses them. They are kept until AWS refuses them, whatever their expiration says: AWS's clock decides, and the clock
 * of this computer may be hours off.
 */
export class CredentialCache {
  /**
   * The SDK's provider. `memoized` stops the SDK's clients from keeping a copy: with one copy, here, the user is asked
   * for MFA once, and credentials that AWS refused are forgotten everywhere.
   */
  readonly provider: (() => Promise<AwsCredentials>) & { readonly memoized: true };
  readonly #resolve: (region: string, signal: AbortSignal) => Promise<AwsCredentials>;
  readonly #signingWith = new AsyncLocalStorage<AwsCredentials>();
  readonly #callers = new WeakMap<AwsCredentials, CallerIdentity>();
  readonly #acceptedIn = new WeakMap<AwsCredentials, Set<string>>();
  #current: AwsCredentials | undefined;
  /** The last ones, also after they were forgotten. */
  #latest: AwsCredentials | undefined;
  #pending: Pending | undefined;

  /** @param resolve signs in; its signal is aborted when no call waits for it any more */
  constructor(resolve: (region: string, signal: AbortSignal) => Promise<AwsCredentials>) {
    this.#resolve = resolve;
    const given = async () => this.#signingWith.getStore() ?? Promise.reject(new Error('Not called by signWith.'));
    this.provider = Object.assign(given, { memoized: true as const });
  }

  /** There are credentials, and AWS has not refused them. */
  get isSignedIn(): boolean {
    return this.#current !== undefined;
  }

  /**
   * The credentials, after signing in if necessary. When `signal` aborts the last call that waits for a sign-in, that
   * sign-in is abandoned: one that never ends must not block every later call.
   * @param region of the call: where roles are assumed if nothing names another Region
   */
  async get(region: string, signal: AbortSignal): Promise<AwsCredentials> {
    if (this.#current !== undefined) {
      return this.#current;
    }
    this.#pending ??= this.#start(region);
    const awaited = this.#pending;
    awaited.waiting += 1;
    const stopWaiting = () => {
      awaited.waiting -= 1;
      if (awaited.waiting === 0) {
        this.#pending = this.#pending === awaited ? undefined : this.#pending;
        awaited.abandon.abort();
      }
    };
    signal.addEventListener('abort', stopWaiting, { once: true });
    try {
      return await awaited.credentials;
    } finally {
      signal.removeEventListener('abort', stopWaiting);
    }
  }

  /** Runs a call whose requests are all signed with these credentials, even if others are resolved in the meantime. */
  signWith<T>(credentials: AwsCredentials, call: () => Promise<T>): Promise<T> {
    return this.#signingWith.run(credentials, call);
  }

  /** AWS has refused these credentials: the next call signs in again, unless another call already did. */
  forget(credentials: AwsCredentials): void {
    // Of many calls that fail together only the first forgets; the others must not forget what it then resolved.
    this.#current = this.#current === credentials ? undefined : this.#current;
  }

  /** Who signs with these credentials; `undefined` until STS has answered that. */
  callerOf(credentials: AwsCredentials): CallerIdentity | undefined {
    return this.#callers.get(credentials);
  }

  /** STS has answered who signs with these credentials. */
  learnCaller(credentials: AwsCredentials, caller: CallerIdentity): void {
    this.#callers.set(credentials, caller);
  }

  /** AWS has answered a call to this Region that was signed with these credentials. */
  markAccepted(credentials: AwsCredentials, region: string): void {
    const regions = this.#acceptedIn.get(credentials) ?? new Set();
    this.#acceptedIn.set(credentials, regions.add(region));
  }

  /** AWS has answered such a call to another Region. */
  wasAcceptedElsewhere(credentials: AwsCredentials, region: string): boolean {
    return [...(this.#acceptedIn.get(credentials) ?? [])].some((accepting) => accepting !== region);
  }

  #start(region: string): Pending {
    const abandon = new AbortController();
    const credentials = this.#resolve(region, abandon.signal)
      .then((resolved) => {
        const known =
          this.#latest !== undefined && isSame(this.#latest, resolved) ? this.#callers.get(this.#latest) : undefined;
        if (known !== undefined) {
          this.#callers.set(resolved, known);
        }
        if (this.#pending === started) {
          this.#current = resolved;
          this.#latest = resolved;
        }
        return resolved;
      })
      // A rejection is not kept: the next call tries again.
      .finally(() => {
        if (this.#pending === started) {
          this.#pending = undefined;
        }
      });
    const started: Pending = { credentials, abandon, waiting: 0 };
    return started;
  }
}
