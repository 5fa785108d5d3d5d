import { abortError, isAbort, notSentError, wasNotSent } from '../base/abort.ts';
import { isKind, mayHaveBeenDone } from '../kms/errors.ts';
import type { KmsApi } from '../kms/kmsApi.ts';
import type {
  AliasListEntry,
  Grant,
  KeyLastUsage,
  KeyListEntry,
  KeyMetadata,
  KeyRotation,
  KeyTag,
  Page,
} from '../kms/model.ts';
import type { LimitedOperation, PacedRequest, Priority, RequestLimiter } from './limiter.ts';

/** The rate-limited KMS APIs of one connection, by priority. */
export interface PacedKms {
  /** For requests that a user waits for. */
  readonly api: KmsApi;
  /** For background reads, which are sent after all others. Changes are always interactive. */
  readonly background: KmsApi;
  /** For the tree: interactive, but keys are described in the background. */
  readonly forInventory: KmsApi;
}

type Read<T> = (
  priority: Priority,
  input: readonly unknown[],
  signal: AbortSignal,
  send: (signal: AbortSignal) => Promise<T>,
) => Promise<T>;

/**
 * Sends each request through the limiter, and shares one request among equal reads.
 *
 * A read joins an equal one only while that one is queued. So no response is older than the call that it answers, and a
 * read after a change never sees the state before it.
 *
 * @param quota returns the account and Region whose quota a request counts against
 */
export function paceKms(limiter: RequestLimiter, quota: () => string, api: KmsApi): PacedKms {
  const reads = <T>(operation: LimitedOperation): Read<T> => {
    const inFlight = new Map<string, SharedRead<T>>();
    return (priority, input, signal, send) => {
      if (signal.aborted) {
        return Promise.reject(abortError());
      }
      const id = JSON.stringify(input);
      const known = inFlight.get(id);
      if (known?.isQueued === true) {
        if (priority === 'interactive') {
          known.promote();
        }
        return known.join(signal);
      }
      const read: SharedRead<T> = new SharedRead(limiter, { quota: quota(), operation, priority }, send, () => {
        if (inFlight.get(id) === read) {
          inFlight.delete(id);
        }
      });
      inFlight.set(id, read);
      return read.join(signal);
    };
  };
  const change = async <T>(
    operation: LimitedOperation,
    isIdempotent: boolean,
    signal: AbortSignal,
    send: () => Promise<T>,
  ): Promise<T> => {
    let lost: unknown;
    let isSent = false;
    const noting = async () => {
      isSent = true;
      try {
        return await send();
      } catch (error) {
        if (mayHaveBeenDone(error)) {
          lost = error;
        }
        // A refused request changed nothing, so an abort after it counts as not sent.
        isSent = lost !== undefined;
        throw error;
      }
    };
    try {
      return await limiter.run({
        quota: quota(),
        operation,
        priority: 'interactive',
        isIdempotent,
        signal,
        send: noting,
      });
    } catch (error) {
      if (isAbort(error) && isSent === wasNotSent(error)) {
        throw isSent ? abortError() : notSentError();
      }
      // If a retry is refused, the first attempt, whose response was lost, may still have made the change.
      const isFinal = lost === undefined || isAbort(error) || isKind(error, 'grantNotFound', 'invalidGrantId');
      throw isFinal ? error : lost;
    }
  };

  const keys = reads<Page<KeyListEntry>>('ListKeys');
  const aliases = reads<Page<AliasListEntry>>('ListAliases');
  const aliasesOf = reads<readonly string[]>('ListAliases');
  const metadata = reads<KeyMetadata>('DescribeKey');
  const grants = reads<Page<Grant>>('ListGrants');
  const retirable = reads<Page<Grant>>('ListRetirableGrants');
  const policy = reads<string>('GetKeyPolicy');
  const tags = reads<readonly KeyTag[]>('ListResourceTags');
  const rotation = reads<KeyRotation>('GetKeyRotationStatus');
  const lastUsage = reads<KeyLastUsage>('GetKeyLastUsage');

  const apiWith = (priority: Priority): KmsApi => ({
    listKeys: (marker, signal) => keys(priority, [marker], signal, (own) => api.listKeys(marker, own)),
    listAliases: (marker, signal) => aliases(priority, [marker], signal, (own) => api.listAliases(marker, own)),
    listAliasesOf: (keyArn, signal) => aliasesOf(priority, [keyArn], signal, (own) => api.listAliasesOf(keyArn, own)),
    describeKey: (keyArn, signal) => metadata(priority, [keyArn], signal, (own) => api.describeKey(keyArn, own)),
    listGrants: (query, signal) =>
      grants(priority, [query.keyArn, query.grantId, query.marker], signal, (own) => api.listGrants(query, own)),
    listRetirableGrants: (principal, marker, signal) =>
      retirable(priority, [principal, marker], signal, (own) => api.listRetirableGrants(principal, marker, own)),
    getKeyPolicy: (keyArn, policyName, signal) =>
      policy(priority, [keyArn, policyName], signal, (own) => api.getKeyPolicy(keyArn, policyName, own)),
    listResourceTags: (keyArn, signal) => tags(priority, [keyArn], signal, (own) => api.listResourceTags(keyArn, own)),
    getKeyRotationStatus: (keyArn, signal) =>
      rotation(priority, [keyArn], signal, (own) => api.getKeyRotationStatus(keyArn, own)),
    getKeyLastUsage: (keyArn, signal) =>
      lastUsage(priority, [keyArn], signal, (own) => api.getKeyLastUsage(keyArn, own)),

    revokeGrant: (grant, actor, signal) =>
      change('RevokeGrant', true, signal, () => api.revokeGrant(grant, actor, signal)),
    retireGrant: (grant, actor, signal) =>
      change('RetireGrant', true, signal, () => api.retireGrant(grant, actor, signal)),
    // With a name, a retry returns the grant that the first attempt created.
    createGrant: (input, actor, signal) =>
      change('CreateGrant', input.name !== undefined, signal, () => api.createGrant(input, actor, signal)),
    // A server that ignores DryRun makes the change, so a dry run counts as a change here.
    dryRunRevokeGrant: (grant, signal) =>
      change('RevokeGrant', true, signal, () => api.dryRunRevokeGrant(grant, signal)),
    dryRunRetireGrant: (grant, signal) =>
      change('RetireGrant', true, signal, () => api.dryRunRetireGrant(grant, signal)),
    dryRunCreateGrant: (input, signal) =>
      change('CreateGrant', input.name !== undefined, signal, () => api.dryRunCreateGrant(input, signal)),

    // STS has its own quota.
    callerIdentity: (signal) => api.callerIdentity(signal),
  });

  const [interactive, background] = [apiWith('interactive'), apiWith('background')];
  return {
    api: interactive,
    background,
    forInventory: { ...interactive, describeKey: background.describeKey },
  };
}

/** One request that several equal reads share. It is aborted when no caller waits for it any more. */
class SharedRead<T> {
  readonly #limiter: RequestLimiter;
  readonly #request: PacedRequest<T>;
  readonly #response: Promise<T>;
  readonly #controller = new AbortController();
  readonly #onEnd: () => void;
  #waiterCount = 0;
  #isQueued = true;

  constructor(
    limiter: RequestLimiter,
    request: Pick<PacedRequest<T>, 'quota' | 'operation' | 'priority'>,
    send: (signal: AbortSignal) => Promise<T>,
    ended: () => void,
  ) {
    const { signal } = this.#controller;
    this.#limiter = limiter;
    this.#onEnd = ended;
    this.#request = {
      ...request,
      isIdempotent: true,
      signal,
      send: async () => {
        this.#isQueued = false;
        try {
          return await send(signal);
        } catch (error) {
          // The limiter may retry it.
          this.#isQueued = true;
          throw error;
        }
      },
    };
    this.#response = limiter.run(this.#request);
    this.#response.then(ended, ended);
  }

  /** While it is queued, its response will not be older than a call made now. */
  get isQueued(): boolean {
    return this.#isQueued;
  }

  promote(): void {
    if (this.#request.priority === 'background') {
      this.#limiter.promote(this.#request);
    }
  }

  /** Resolves with the response, or rejects once `signal` is aborted. */
  join(signal: AbortSignal): Promise<T> {
    this.#waiterCount += 1;
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        reject(abortError());
        this.#waiterCount -= 1;
        if (this.#waiterCount > 0) {
          return;
        }
        this.#onEnd();
        this.#controller.abort();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      const settle = () => signal.removeEventListener('abort', onAbort);
      this.#response.finally(settle).then(resolve, reject);
    });
  }
}
