import { performance } from 'node:perf_hooks';
import { isKmsError } from '../core/errors.ts';
import type { CallRecord } from '../core/kmsApi.ts';
import type { Credentials } from './credentials.ts';
import { AbortError, attemptsOf, type CallContext, requestIdOf, translate } from './errors.ts';

/** A response in our own types. */
export interface Narrowed<T> {
  readonly value: T;
  readonly dropped?: number;
}

interface Caller {
  /**
   * Sends, narrows what came back, and logs. Rejects with a KmsError; or with an AbortError as soon as `signal` is
   * aborted, also while a sign-in is under way, which the SDK does not let itself be interrupted in.
   */
  call<Output, T>(
    context: CallContext,
    signal: AbortSignal,
    send: (options: { readonly abortSignal: AbortSignal }) => Promise<Output>,
    narrow: (output: Output) => Narrowed<T>,
  ): Promise<T>;
}

export interface CallerOptions {
  readonly connection: string;
  readonly profile: string | undefined;
  readonly credentials: Credentials;
  readonly log: (call: CallRecord) => void;
}

export function createCaller({ connection, profile, credentials, log }: CallerOptions): Caller {
  return {
    call: async (context, signal, send, narrow) => {
      const start = performance.now();
      const record = (result: unknown, rest: Pick<CallRecord, 'outcome'> & Partial<CallRecord>) =>
        log({
          connection,
          operation: context.operation,
          durationMs: performance.now() - start,
          attempts: attemptsOf(result),
          requestId: requestIdOf(result),
          awsName: undefined,
          dropped: 0,
          ...rest,
        });
      try {
        const output = await untilAborted(signal, () => credentials.use(signal, () => send({ abortSignal: signal })));
        const { value, dropped = 0 } = narrow(output);
        record(output, { outcome: 'ok', dropped });
        return value;
      } catch (error) {
        const failure = translate(error, { ...context, profile });
        if (isKmsError(failure)) {
          const { kind, awsName, requestId } = failure.details;
          record(error, { outcome: kind, awsName, requestId });
        } else {
          record(error, { outcome: 'aborted' });
        }
        throw failure;
      }
    },
  };
}

/** Settles with an AbortError at once, before the error of the connection that the same signal tears down. */
function untilAborted<T>(signal: AbortSignal, start: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new AbortError(signal.reason));
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener('abort', abort, { once: true });
    start()
      .finally(() => signal.removeEventListener('abort', abort))
      .then(resolve, reject);
  });
}
