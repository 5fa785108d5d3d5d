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

/** One connection's KMS, for those who wait and those who don't: all their requests have one limiter. */
export interface PacedKms {
  /** Somebody waits for the answers. */
  readonly api: KmsApi;
  /** Reads that nobody waits for: they go after all others. Changes are never of this kind. */
  readonly background: KmsApi;
  /** For the rows: keys are described in the background. */
  readonly forInventory: KmsApi;
}

type Read<T> = (
  priority: Priority,
  input: readonly unknown[],
  signal: AbortSignal,
  send: (signal: AbortSignal) => Promise<T>,
) => Promise<T>;

/**
 * Makes each request wait for its turn, and one of reads that ask the same at the same time.
 *
 * A read joins another only while that one waits for its turn: no answer is older than its question, so that none can
 * say anything of a change from before it.
 *
 * @param quota names the account and Region whose quota a request counts against
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
        // A refusal changed nothing: cancelled after it, nothing was sent that counts.
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
      // A refusal of the second request says nothing of the first, whose answer was lost: that may have made the change.
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
    // With a name, KMS answers a second request with the grant that the first one made.
    createGrant: (input, actor, signal) =>
      change('CreateGrant', input.name !== undefined, signal, () => api.createGrant(input, actor, signal)),
    // A server that does not know dry runs makes the change.
    dryRunRevokeGrant: (grant, signal) =>
      change('RevokeGrant', true, signal, () => api.dryRunRevokeGrant(grant, signal)),
    dryRunRetireGrant: (grant, signal) =>
      change('RetireGrant', true, signal, () => api.dryRunRetireGrant(grant, signal)),
    dryRunCreateGrant: (input, signal) =>
      change('CreateGrant', input.name !== undefined, signal, () => api.dryRunCreateGrant(input, signal)),

    // Not of KMS.
    callerIdentity: (signal) => api.callerIdentity(signal),
  });

  const [interactive, background] = [apiWith('interactive'), apiWith('background')];
  return {
    api: interactive,
    background,
    forInventory: { ...interactive, describeKey: background.describeKey },
  };
}

/** One request for all who ask the same. It is aborted when nobody waits for it any more. */
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
          // It may be sent again.
          this.#isQueued = true;
          throw error;
        }
      },
    };
    this.#response = limiter.run(this.#request);
    this.#response.then(ended, ended);
  }

  /** It waits for its turn: what it will be answered is not older than a question of now. */
  get isQueued(): boolean {
    return this.#isQueued;
  }

  promote(): void {
    if (this.#request.priority === 'background') {
      this.#limiter.promote(this.#request);
    }
  }

  /** The answer, for one who gives up when `signal` is aborted. */
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
