import { AsyncLocalStorage } from 'node:async_hooks';
import type { CallerIdentity } from '../core/kms/model.ts';
import type { Identity } from './currentSignIn.ts';

/** The credentials of one sign-in, resolved once and shared by every client and Region that uses it. */
export interface Credentials {
  /**
   * The SDK's provider. `memoized` tells a client not to keep a memory of its own: there is one, here, so that MFA is
   * asked once and what AWS refused can be forgotten everywhere.
   */
  readonly provider: (() => Promise<Identity>) & { readonly memoized: true };
  /**
   * The credentials, after signing in if need be. When `signal` aborts the last call that waits for a sign-in, that
   * sign-in is given up: one that never ends must not hold up every call after it.
   */
  get(signal: AbortSignal): Promise<Identity>;
  /** Runs a call whose requests are all signed with `identity`, whatever is signed in to meanwhile. */
  with<T>(identity: Identity, call: () => Promise<T>): Promise<T>;
  /** The next call signs in anew, unless that was done already: AWS has refused `identity`. */
  forget(identity: Identity): void;
  /** Who STS said is signed in by `identity`, once it was asked. */
  identityOf(identity: Identity): CallerIdentity | undefined;
  learn(identity: Identity, caller: CallerIdentity): void;
  /** AWS has answered a call that was signed with `identity` in this Region. */
  accepted(identity: Identity, region: string): void;
  /** It did so in another Region than this. */
  wasAcceptedElsewhere(identity: Identity, region: string): boolean;
  /** There are credentials, and AWS has not refused them. */
  readonly held: boolean;
}

/**
 * Credentials are kept until AWS refuses them, whatever their expiration says: it goes by AWS's clock, and that of
 * this computer may be hours off.
 * @param resolve signs in; `signal` aborts when nobody waits for it any more */
export function memoise(resolve: (signal: AbortSignal) => Promise<Identity>): Credentials {
  const signedWith = new AsyncLocalStorage<Identity>();
  const callers = new WeakMap<Identity, CallerIdentity>();
  const acceptedIn = new WeakMap<Identity, Set<string>>();
  let current: Identity | undefined;
  /** The same, also after it was forgotten. */
  let latest: Identity | undefined;
  let pending: { readonly identity: Promise<Identity>; readonly abandon: AbortController; waiting: number } | undefined;

  const start = () => {
    const abandon = new AbortController();
    const identity: Promise<Identity> = resolve(abandon.signal)
      .then((resolved) => {
        const known = latest !== undefined && isSame(latest, resolved) ? callers.get(latest) : undefined;
        if (known !== undefined) {
          callers.set(resolved, known);
        }
        if (pending === started) {
          current = resolved;
          latest = resolved;
        }
        return resolved;
      })
      // A rejection is not kept: the next call tries again.
      .finally(() => {
        if (pending === started) {
          pending = undefined;
        }
      });
    const started = { identity, abandon, waiting: 0 };
    return started;
  };

  const get = async (signal?: AbortSignal): Promise<Identity> => {
    if (current !== undefined) {
      return current;
    }
    pending ??= start();
    const awaited = pending;
    awaited.waiting += 1;
    const leave = () => {
      awaited.waiting -= 1;
      if (awaited.waiting === 0) {
        pending = pending === awaited ? undefined : pending;
        awaited.abandon.abort();
      }
    };
    signal?.addEventListener('abort', leave, { once: true });
    try {
      return await awaited.identity;
    } finally {
      signal?.removeEventListener('abort', leave);
    }
  };

  return {
    provider: Object.assign(async () => signedWith.getStore() ?? get(), { memoized: true as const }),
    get,
    with: (identity, call) => signedWith.run(identity, call),
    forget: (identity) => {
      // Of many calls that fail together only the first forgets; the others must not forget what it then resolved.
      current = current === identity ? undefined : current;
    },
    identityOf: (identity) => callers.get(identity),
    learn: (identity, caller) => callers.set(identity, caller),
    accepted: (identity, region) => {
      const regions = acceptedIn.get(identity) ?? new Set();
      acceptedIn.set(identity, regions.add(region));
    },
    wasAcceptedElsewhere: (identity, region) =>
      [...(acceptedIn.get(identity) ?? [])].some((accepting) => accepting !== region),
    get held() {
      return current !== undefined;
    },
  };
}

/** The same keys, if not the same sign-in. */
export function isSame(one: Identity, other: Identity): boolean {
  return (
    one.accessKeyId === other.accessKeyId &&
    one.secretAccessKey === other.secretAccessKey &&
    one.sessionToken === other.sessionToken
  );
}
