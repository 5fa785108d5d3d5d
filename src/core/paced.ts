import { abortError } from './clock.ts';
import { isAbort, isKind, isOutcomeUnknown } from './errors.ts';
import type { KmsApi, Page } from './kmsApi.ts';
import type { LimitedOperation, PacedRequest, Priority, RequestLimiter } from './limiter.ts';
import type { AliasListEntry, Grant, KeyLastUsage, KeyListEntry, KeyMetadata, KeyRotation, KeyTag } from './model.ts';

/** One connection's KMS, for those who wait and those who don't: all their requests have one limiter. */
export interface PacedKms {
  /** Somebody waits for the answers. */
  readonly api: KmsApi;
  /** Reads that nobody waits for: they go after all others. Changes are never of this kind. */
  readonly background: KmsApi;
  /**
   * For who keeps the answers and asks only for what it lacks or has forgotten: no answer is older than its question.
   * Keys are described in the background.
   */
  readonly forInventory: KmsApi;
}

/** How a read is asked for. */
interface Manner {
  readonly priority: Priority;
  /** May be answered by a request that was sent before. */
  readonly joinsSent: boolean;
}

type Read<T> = (
  manner: Manner,
  input: readonly unknown[],
  signal: AbortSignal,
  send: (signal: AbortSignal) => Promise<T>,
) => Promise<T>;

/**
 * Makes each request wait for its turn, and one of reads that ask the same at the same time.
 *
 * A read joins another that still waits for its turn, or that was sent and since when no change of ours, of whatever key
 * and by whatever connection, has come to its end: the answer to a question after a change must not be from before it.
 *
 * For each connection it is told whose quota a request counts against, and the KMS to send it to.
 */
export function pacing(limiter: RequestLimiter): (quota: () => string, api: KmsApi) => PacedKms {
  /** Changes that came to their end. */
  let changes = 0;

  return (quota, api) => {
    const reads = <T>(operation: LimitedOperation): Read<T> => {
      const underWay = new Map<string, SharedRead<T>>();
      return ({ priority, joinsSent }, input, signal, send) => {
        if (signal.aborted) return Promise.reject(abortError());
        const id = JSON.stringify(input);
        const known = underWay.get(id);
        if (known?.isJoinable(joinsSent, changes) === true) {
          if (priority === 'interactive') known.raise();
          return known.wait(signal);
        }
        const read: SharedRead<T> = new SharedRead(limiter, { quota: quota(), operation, priority }, send, {
          changes: () => changes,
          onEnd: () => {
            if (underWay.get(id) === read) underWay.delete(id);
          },
        });
        underWay.set(id, read);
        return read.wait(signal);
      };
    };
    const change = async <T>(
      operation: LimitedOperation,
      isRepeatable: boolean,
      signal: AbortSignal,
      send: () => Promise<T>,
    ): Promise<T> => {
      let lost: unknown;
      const noting = async () => {
        try {
          return await send();
        } catch (error) {
          if (isOutcomeUnknown(error)) lost = error;
          throw error;
        }
      };
      try {
        return await limiter.run({
          quota: quota(),
          operation,
          priority: 'interactive',
          isRepeatable,
          signal,
          send: noting,
        });
      } catch (error) {
        // A refusal of the second request says nothing of the first, whose answer was lost: that may have made the change.
        const tells = lost === undefined || isAbort(error) || isKind(error, 'grantNotFound', 'invalidGrantId');
        throw tells ? error : lost;
      } finally {
        changes += 1;
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

    const asked = (manner: Manner): KmsApi => ({
      listKeys: (marker, signal) => keys(manner, [marker], signal, (own) => api.listKeys(marker, own)),
      listAliases: (marker, signal) => aliases(manner, [marker], signal, (own) => api.listAliases(marker, own)),
      listAliasesOf: (keyArn, signal) => aliasesOf(manner, [keyArn], signal, (own) => api.listAliasesOf(keyArn, own)),
      describeKey: (keyArn, signal) => metadata(manner, [keyArn], signal, (own) => api.describeKey(keyArn, own)),
      listGrants: (query, signal) =>
        grants(manner, [query.keyArn, query.grantId, query.marker], signal, (own) => api.listGrants(query, own)),
      listRetirableGrants: (principal, marker, signal) =>
        retirable(manner, [principal, marker], signal, (own) => api.listRetirableGrants(principal, marker, own)),
      getKeyPolicy: (keyArn, signal) => policy(manner, [keyArn], signal, (own) => api.getKeyPolicy(keyArn, own)),
      listResourceTags: (keyArn, signal) => tags(manner, [keyArn], signal, (own) => api.listResourceTags(keyArn, own)),
      getKeyRotationStatus: (keyArn, signal) =>
        rotation(manner, [keyArn], signal, (own) => api.getKeyRotationStatus(keyArn, own)),
      getKeyLastUsage: (keyArn, signal) =>
        lastUsage(manner, [keyArn], signal, (own) => api.getKeyLastUsage(keyArn, own)),

      revokeGrant: (grant, signal) => change('RevokeGrant', true, signal, () => api.revokeGrant(grant, signal)),
      retireGrant: (grant, signal) => change('RetireGrant', true, signal, () => api.retireGrant(grant, signal)),
      // With a name, KMS answers a second request with the grant that the first one made.
      createGrant: (input, signal) =>
        change('CreateGrant', input.name !== undefined, signal, () => api.createGrant(input, signal)),
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

    return {
      api: asked({ priority: 'interactive', joinsSent: true }),
      background: asked({ priority: 'background', joinsSent: true }),
      forInventory: {
        ...asked({ priority: 'interactive', joinsSent: false }),
        describeKey: asked({ priority: 'background', joinsSent: false }).describeKey,
      },
    };
  };
}

/** One request for all who ask the same. It is aborted when nobody waits for it any more. */
class SharedRead<T> {
  readonly #limiter: RequestLimiter;
  readonly #request: PacedRequest<T>;
  readonly #answer: Promise<T>;
  readonly #controller = new AbortController();
  readonly #onEnd: () => void;
  #waiting = 0;
  /** How many changes had come to their end when it was sent; `undefined` while it waits for its turn. */
  #sentAfter: number | undefined;

  constructor(
    limiter: RequestLimiter,
    request: Pick<PacedRequest<T>, 'quota' | 'operation' | 'priority'>,
    send: (signal: AbortSignal) => Promise<T>,
    { changes, onEnd }: { readonly changes: () => number; readonly onEnd: () => void },
  ) {
    const { signal } = this.#controller;
    this.#limiter = limiter;
    this.#onEnd = onEnd;
    this.#request = {
      ...request,
      isRepeatable: true,
      signal,
      send: async () => {
        this.#sentAfter = changes();
        try {
          return await send(signal);
        } catch (error) {
          // It may be sent once more.
          this.#sentAfter = undefined;
          throw error;
        }
      },
    };
    this.#answer = limiter.run(this.#request);
    this.#answer.then(onEnd, onEnd);
  }

  isJoinable(joinsSent: boolean, changes: number): boolean {
    return this.#sentAfter === undefined || (joinsSent && this.#sentAfter === changes);
  }

  raise(): void {
    if (this.#request.priority === 'background') this.#limiter.raise(this.#request);
  }

  /** The answer, for one who gives up when `signal` is aborted. */
  wait(signal: AbortSignal): Promise<T> {
    this.#waiting += 1;
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        reject(abortError());
        this.#waiting -= 1;
        if (this.#waiting > 0) return;
        this.#onEnd();
        this.#controller.abort();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      const settle = () => signal.removeEventListener('abort', onAbort);
      this.#answer.finally(settle).then(resolve, reject);
    });
  }
}
