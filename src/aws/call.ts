import { performance } from 'node:perf_hooks';
import { isAbort, notSentError, wasNotSent } from '../core/base/abort.ts';
import { isKind, isKmsError, KmsError } from '../core/kms/errors.ts';
import type { CallRecord } from '../core/kms/kmsApi.ts';
import { withIssuer } from './certificate.ts';
import { type Credentials, isSame } from './credentialCache.ts';
import type { Identity } from './currentSignIn.ts';
import { createDeadline } from './deadline.ts';
import { translate } from './errors.ts';
import { attemptsOf, requestIdOf } from './errorText.ts';
import { AbortError, type CallContext } from './failures.ts';
import type { Narrowed } from './narrow.ts';

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

/** Sends a request by a client of the SDK. */
export type Send<Output> = (options: { readonly abortSignal: AbortSignal }) => Promise<Output>;

/** A call of one opening: not sent when its credentials are of another account than the opening's. See {@link Caller}. */
export type Call = <Output, T>(
  context: CallContext,
  signal: AbortSignal,
  send: Send<Output>,
  narrow: (output: Output) => Narrowed<T>,
  rules?: Rules,
) => Promise<T>;

interface Caller {
  /**
   * Signs in if need be, sends, narrows what came back, and logs. When AWS refuses the credentials, the files are read
   * and signed in with again, which nothing in the SDK does, and the call is sent once more if other credentials came of
   * it. Credentials that AWS takes elsewhere are kept: one Region's refusal is that Region's. Rejects with a KmsError; or with an AbortError as soon as `signal` is aborted, also while a sign-in is under
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
  readonly region: string;
  readonly credentials: Credentials;
  /** Milliseconds from the sending of a call to the end of its answer. A sign-in before it has a limit of its own. */
  readonly timeoutMs: number;
  readonly log: (call: CallRecord) => void;
}

/** @param isTaken asks STS in another Region whether it takes these credentials; rejects when that can't be said */
export function createCaller(
  { connection, profile, region, credentials, timeoutMs, log }: CallerOptions,
  isTaken: (identity: Identity, signal: AbortSignal) => Promise<boolean>,
): Caller {
  const record = (operation: string, start: number, rest: Pick<CallRecord, 'outcome'> & Partial<CallRecord>) =>
    log({
      connection,
      operation,
      durationMs: performance.now() - start,
      attempts: undefined,
      requestId: undefined,
      awsName: undefined,
      message: undefined,
      dropped: 0,
      ...rest,
    });

  /** Does and translates; logs a failure, and leaves an abort to be logged where it ends the whole call. */
  const translated = async <T>(context: CallContext, signal: AbortSignal, start: number, act: () => Promise<T>) => {
    try {
      return await act();
    } catch (error) {
      const failure = await withIssuer(translate(error, { ...context, profile, region }));
      if (isKmsError(failure) && !signal.aborted) {
        const { kind, operation, awsName, message, requestId } = failure.details;
        record(operation, start, { outcome: kind, awsName, message, requestId, attempts: attemptsOf(error) });
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
    const sendAs = async (identity: Identity) => {
      const value = await credentials.with(identity, () =>
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
      credentials.accepted(identity, region);
      return value;
    };
    const first = await signIn();
    try {
      return await sendAs(first);
    } catch (refusal) {
      await keepUnlessRefused(refusal, first, signal);
      progress.isSent = false;
      if (mayRenew?.() === false) {
        throw refusal;
      }
      const second = await signIn();
      if (isSame(first, second)) {
        throw isKind(refusal, 'expiredToken') ? unchanged(refusal) : refusal;
      }
      return await sendAs(second).catch(async (error: unknown) => {
        await keepUnlessRefused(error, second, signal);
        throw error;
      });
    }
  };

  /** Forgets credentials that AWS itself refused. Throws where it was something else, or only this Region. */
  const keepUnlessRefused = async (error: unknown, identity: Identity, signal: AbortSignal) => {
    if (!isRefusal(error)) {
      throw error;
    }
    // That a token has expired is a fact about the token, whoever says it.
    if (!isKind(error, 'expiredToken') && (await isAcceptedElsewhere(identity, signal))) {
      throw isKind(error, 'unrecognizedClient') ? regionNotEnabled(error, region) : error;
    }
    credentials.forget(identity);
  };

  const isAcceptedElsewhere = async (identity: Identity, signal: AbortSignal) => {
    try {
      return await credentials.with(identity, () => isTaken(identity, signal));
    } catch (error) {
      if (isAbort(error)) {
        throw error;
      }
      return credentials.wasAcceptedElsewhere(identity, region);
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

function regionNotEnabled({ details, cause }: KmsError, region: string): KmsError {
  return new KmsError({ ...details, kind: 'regionNotEnabled', region }, cause);
}

function unchanged({ details, cause }: KmsError): KmsError {
  return new KmsError({ ...details, isUnchanged: true }, cause);
}

/** AWS does not take the credentials (any more). */
export function isRefusal(error: unknown): error is KmsError {
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
