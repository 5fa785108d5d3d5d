import { performance } from 'node:perf_hooks';
import { isAbort, notSentError, wasNotSent } from '../core/base/abort.ts';
import { evidenceServices, isKind, isKmsError, KmsError } from '../core/kms/errors.ts';
import type { CallRecord } from '../core/kms/kmsApi.ts';
import type { CertificateIssuers } from './certificate.ts';
import type { CredentialCache } from './credentialCache.ts';
import { type AwsCredentials, isSame } from './credentials.ts';
import { Deadline } from './deadline.ts';
import { translate } from './errors.ts';
import { attemptsOf, requestIdOf } from './errorText.ts';
import { AbortError, type CallContext } from './failures.ts';
import type { Narrowed } from './narrow.ts';

export interface Rules {
  /** Asked before each sending, with the credentials that will sign it. When it rejects, nothing is sent. */
  readonly before?: (credentials: AwsCredentials) => Promise<unknown>;
  /** Whether the call may be sent again with other credentials after AWS refused the first ones. Default: it may. */
  readonly mayRenew?: () => boolean;
}

/** Sends a request by a client of the SDK. */
export type Send<Output> = (options: { readonly abortSignal: AbortSignal }) => Promise<Output>;

/**
 * A call of one opening: not sent when its credentials are of another account than the opening's. See {@link Caller}.
 */
export type Call = <Output, T>(
  context: CallContext,
  signal: AbortSignal,
  send: Send<Output>,
  narrow: (output: Output) => Narrowed<T>,
  rules?: Rules,
) => Promise<T>;

export interface CallerOptions {
  /** The connection's ID, for the log. */
  readonly connection: string;
  /** Undefined for the environment's own credentials and for sample data. */
  readonly profile: string | undefined;
  readonly region: string;
  readonly credentials: CredentialCache;
  readonly issuers: CertificateIssuers;
  /** Milliseconds from the sending of a call to the end of its answer. A sign-in before it has a limit of its own. */
  readonly timeoutMs: number;
  readonly log: (call: CallRecord) => void;
}

interface Progress {
  /** Something was sent that AWS has not refused: if the call is cancelled now, it may have been done. */
  isSent: boolean;
}

/** Makes the calls of one opening: signs in, sends, translates failures, and logs. */
export class Caller {
  readonly #options: CallerOptions;
  readonly #isAcceptedElsewhere: (credentials: AwsCredentials, signal: AbortSignal) => Promise<boolean>;

  /**
   * @param isAcceptedElsewhere asks STS in another Region whether it accepts these credentials; rejects when there is
   * no answer
   */
  constructor(
    options: CallerOptions,
    isAcceptedElsewhere: (credentials: AwsCredentials, signal: AbortSignal) => Promise<boolean>,
  ) {
    this.#options = options;
    this.#isAcceptedElsewhere = isAcceptedElsewhere;
  }

  /**
   * Signs in if necessary, sends, narrows the answer, and logs. When AWS refuses the credentials, it signs in again
   * from the files, which the SDK never does, and sends the call a second time if that gives other credentials.
   * Credentials that AWS accepts in another Region are kept: then only this Region refuses them.
   * @throws KmsError, or AbortError as soon as `signal` is aborted, even during a sign-in, which the SDK can't
   * interrupt
   */
  async call<Output, T>(
    context: CallContext,
    signal: AbortSignal,
    send: Send<Output>,
    narrow: (output: Output, credentials: AwsCredentials) => Narrowed<T>,
    rules: Rules = {},
  ): Promise<T> {
    const start = performance.now();
    const progress: Progress = { isSent: false };
    try {
      return await untilAborted(signal, () => this.#renewing(context, signal, send, narrow, rules, progress));
    } catch (error) {
      if (isAbort(error)) {
        this.#record(context.operation, start, { outcome: 'aborted' });
        throw progress.isSent || wasNotSent(error) ? error : notSentError();
      }
      throw error;
    }
  }

  /** One call with the credentials in force, without a sign-in: for what {@link Rules.before} asks. */
  callOnce<Output, T>(
    context: CallContext,
    signal: AbortSignal,
    send: Send<Output>,
    narrow: (output: Output) => Narrowed<T>,
    before?: () => Promise<unknown>,
  ): Promise<T> {
    const start = performance.now();
    return this.#translated(context, signal, start, async () => {
      await before?.();
      const deadline = new Deadline(this.#options.timeoutMs);
      const abortSignal = AbortSignal.any([signal, deadline.signal]);
      const output = await deadline.within(() => send({ abortSignal }));
      const { value, dropped = 0 } = narrow(output);
      if (!signal.aborted) {
        const [attempts, requestId] = [attemptsOf(output), requestIdOf(output)];
        this.#record(context.operation, start, { outcome: 'ok', attempts, requestId, dropped });
      }
      return value;
    });
  }

  async #renewing<Output, T>(
    context: CallContext,
    signal: AbortSignal,
    send: Send<Output>,
    narrow: (output: Output, credentials: AwsCredentials) => Narrowed<T>,
    { before, mayRenew }: Rules,
    progress: Progress,
  ): Promise<T> {
    const { credentials: cache, region } = this.#options;
    const signIn = () => this.#translated(context, signal, performance.now(), () => cache.get(region, signal));
    const sendWith = async (credentials: AwsCredentials) => {
      const value = await cache.signWith(credentials, () =>
        this.callOnce(
          context,
          signal,
          (options) => {
            progress.isSent = true;
            return send(options);
          },
          (output) => narrow(output, credentials),
          () => before?.(credentials) ?? Promise.resolve(),
        ),
      );
      cache.markAccepted(credentials, region);
      return value;
    };
    const first = await signIn();
    try {
      return await sendWith(first);
    } catch (refusal) {
      await this.#forgetIfRefused(refusal, first, signal);
      progress.isSent = false;
      if (mayRenew?.() === false) {
        throw refusal;
      }
      const second = await signIn();
      if (isSame(first, second)) {
        throw isKind(refusal, 'expiredToken') ? unchanged(refusal) : refusal;
      }
      return await sendWith(second).catch(async (error: unknown) => {
        await this.#forgetIfRefused(error, second, signal);
        throw error;
      });
    }
  }

  /**
   * Forgets credentials that AWS refused. Throws when it failed for another reason, or when only this Region refused.
   */
  async #forgetIfRefused(error: unknown, credentials: AwsCredentials, signal: AbortSignal): Promise<void> {
    const { credentials: cache, region } = this.#options;
    if (!isRefusal(error)) {
      throw error;
    }
    // A token that has expired has expired in every Region.
    if (!isKind(error, 'expiredToken') && (await this.#areAcceptedElsewhere(credentials, signal))) {
      throw isKind(error, 'unrecognizedClient') ? onlyRefusedHere(error, region) : error;
    }
    cache.forget(credentials);
  }

  async #areAcceptedElsewhere(credentials: AwsCredentials, signal: AbortSignal): Promise<boolean> {
    const { credentials: cache, region } = this.#options;
    try {
      return await cache.signWith(credentials, () => this.#isAcceptedElsewhere(credentials, signal));
    } catch (error) {
      if (isAbort(error)) {
        throw error;
      }
      return cache.wasAcceptedElsewhere(credentials, region);
    }
  }

  /** Translates a failure and logs it. An abort is logged only where it ends the whole call. */
  async #translated<T>(context: CallContext, signal: AbortSignal, start: number, act: () => Promise<T>): Promise<T> {
    const { profile, region, issuers } = this.#options;
    try {
      return await act();
    } catch (error) {
      const failure = await issuers.addTo(translate(error, { ...context, profile, region }));
      if (isKmsError(failure) && !signal.aborted) {
        const { kind, operation, awsName, message, requestId } = failure.details;
        this.#record(operation, start, { outcome: kind, awsName, message, requestId, attempts: attemptsOf(error) });
      }
      throw failure;
    }
  }

  /** @param start as `performance.now()` gave it */
  #record(operation: string, start: number, rest: Pick<CallRecord, 'outcome'> & Partial<CallRecord>): void {
    this.#options.log({
      connection: this.#options.connection,
      operation,
      durationMs: performance.now() - start,
      attempts: undefined,
      requestId: undefined,
      awsName: undefined,
      message: undefined,
      dropped: 0,
      ...rest,
    });
  }
}

/** IAM, which has no Regions, answers so to a session of STS that began without MFA. */
function onlyRefusedHere({ details, cause }: KmsError, region: string): KmsError {
  return evidenceServices.get(details.operation) === 'IAM'
    ? new KmsError({ ...details, kind: 'accessDenied' }, cause)
    : new KmsError({ ...details, kind: 'regionNotEnabled', region }, cause);
}

function unchanged({ details, cause }: KmsError): KmsError {
  return new KmsError({ ...details, isUnchanged: true }, cause);
}

/** AWS refused the credentials. */
export function isRefusal(error: unknown): error is KmsError {
  return isKind(error, 'expiredToken', 'unrecognizedClient', 'invalidSignature');
}

/** Rejects with an AbortError at once, before the error of the connection that the same signal closes. */
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
