import { performance } from 'node:perf_hooks';
import { isAbort, isKind, isKmsError, notSentError, wasNotSent } from '../core/errors.ts';
import type { CallRecord } from '../core/kmsApi.ts';
import { type Credentials, type Identity, isSame } from './credentials.ts';
import { createDeadline } from './deadline.ts';
import { AbortError, attemptsOf, type CallContext, requestIdOf, translate } from './errors.ts';

/** A response in our own types. */
export interface Narrowed<T> {
  readonly value: T;
  readonly dropped?: number;
}

export interface Rules {
  /** Asked, with the credentials in force, before each sending; when it rejects nothing is sent. */
  readonly before?: (identity: Identity) => Promise<unknown>;
  /** Whether the call may be sent once more with other credentials, when AWS refused the first. It may, unless given. */
  readonly mayRenew?: () => boolean;
}

interface Progress {
  /** Something was sent that AWS has not refused: cancelled now, it may have been done. */
  isSent: boolean;
}

type Send<Output> = (options: { readonly abortSignal: AbortSignal }) => Promise<Output>;

interface Caller {
  /**
   * Signs in if need be, sends, narrows what came back, and logs. When AWS refuses the credentials, the files are read
   * and signed in with again, which nothing in the SDK does, and the call is sent once more if other credentials came of
   * it. Rejects with a KmsError; or with an AbortError as soon as `signal` is aborted, also while a sign-in is under
   * way, which the SDK does not let itself be interrupted in.
   */
  call<Output, T>(
    context: CallContext,
    signal: AbortSignal,
    send: Send<Output>,
    narrow: (output: Output, identity: Identity) => Narrowed<T>,
    rules?: Rules,
  ): Promise<T>;
  /** One call within another's `before`, with the same credentials. */
  inner<Output, T>(
    context: CallContext,
    signal: AbortSignal,
    send: Send<Output>,
    narrow: (output: Output) => Narrowed<T>,
  ): Promise<T>;
}

export interface CallerOptions {
  readonly connection: string;
  readonly profile: string | undefined;
  readonly credentials: Credentials;
  /** Milliseconds from the sending of a call to the end of its answer. A sign-in before it has a limit of its own. */
  readonly timeoutMs: number;
  readonly log: (call: CallRecord) => void;
}

export function createCaller({ connection, profile, credentials, timeoutMs, log }: CallerOptions): Caller {
  const record = (operation: string, start: number, rest: Pick<CallRecord, 'outcome'> & Partial<CallRecord>) =>
    log({
      connection,
      operation,
      durationMs: performance.now() - start,
      attempts: undefined,
      requestId: undefined,
      awsName: undefined,
      dropped: 0,
      ...rest,
    });

  /** Does and translates; logs a failure, and leaves an abort to be logged where it ends the whole call. */
  const translated = async <T>(context: CallContext, signal: AbortSignal, start: number, act: () => Promise<T>) => {
    try {
      return await act();
    } catch (error) {
      const failure = translate(error, { ...context, profile });
      if (isKmsError(failure) && !signal.aborted) {
        const { kind, awsName, requestId } = failure.details;
        record(context.operation, start, { outcome: kind, awsName, requestId, attempts: attemptsOf(error) });
      }
      throw failure;
    }
  };

  const sent = <Output, T>(
    context: CallContext,
    signal: AbortSignal,
    send: Send<Output>,
    narrow: (output: Output) => Narrowed<T>,
    before?: () => Promise<unknown>,
  ): Promise<T> => {
    const start = performance.now();
    return translated(context, signal, start, async () => {
      await before?.();
      const deadline = createDeadline(timeoutMs);
      const abortSignal = AbortSignal.any([signal, deadline.signal]);
      const output = await deadline.within(() => send({ abortSignal }));
      const { value, dropped = 0 } = narrow(output);
      if (!signal.aborted) {
        const [attempts, requestId] = [attemptsOf(output), requestIdOf(output)];
        record(context.operation, start, { outcome: 'ok', attempts, requestId, dropped });
      }
      return value;
    });
  };

  const renewing = async <Output, T>(
    context: CallContext,
    signal: AbortSignal,
    send: Send<Output>,
    narrow: (output: Output, identity: Identity) => Narrowed<T>,
    { before, mayRenew }: Rules,
    progress: Progress,
  ): Promise<T> => {
    const signIn = () => translated(context, signal, performance.now(), () => credentials.get(signal));
    const sendAs = (identity: Identity) =>
      credentials.with(identity, () =>
        sent(
          context,
          signal,
          (options) => {
            progress.isSent = true;
            return send(options);
          },
          (output) => narrow(output, identity),
          () => before?.(identity) ?? Promise.resolve(),
        ),
      );
    const first = await signIn();
    try {
      return await sendAs(first);
    } catch (refusal) {
      if (!isRefusal(refusal)) {
        throw refusal;
      }
      progress.isSent = false;
      credentials.forget(first);
      const second = mayRenew?.() === false ? first : await signIn();
      if (isSame(first, second)) {
        throw refusal;
      }
      return await sendAs(second).catch((error: unknown) => {
        if (isRefusal(error)) {
          credentials.forget(second);
        }
        throw error;
      });
    }
  };

  return {
    inner: sent,
    call: async (context, signal, send, narrow, rules = {}) => {
      const start = performance.now();
      const progress: Progress = { isSent: false };
      try {
        return await untilAborted(signal, () => renewing(context, signal, send, narrow, rules, progress));
      } catch (error) {
        if (isAbort(error)) {
          record(context.operation, start, { outcome: 'aborted' });
          throw progress.isSent || wasNotSent(error) ? error : notSentError();
        }
        throw error;
      }
    },
  };
}

/** AWS does not take the credentials (any more). */
function isRefusal(error: unknown): boolean {
  return isKind(error, 'expiredToken', 'unrecognizedClient', 'invalidSignature');
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
