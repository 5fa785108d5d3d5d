import { AsyncLocalStorage } from 'node:async_hooks';
import type { KmsError } from '../core/kms/errors.ts';
import type { Deadline } from './deadline.ts';
import type { SignInStep } from './failures.ts';
import type { Origin } from './signInChain.ts';

/** A sign-in under way: what limits it, and what is learned on its way that the SDK's providers don't report. */
export interface SignIn {
  /** Undefined for the environment's own credentials. */
  readonly profile: string | undefined;
  readonly origin: Origin['kind'] | undefined;
  /** Aborted when no call waits for this sign-in any more, or when its time is over. */
  readonly signal: AbortSignal;
  readonly deadline: Deadline;
  readonly mayRunProcesses: () => boolean;
  /** Milliseconds. */
  readonly processTimeoutMs: number;
  /** The text that the SDK reads instead of the config and credentials files. See {@link takeOverSdkFiles}. */
  readonly sdkConfig: string;
  /** The current step, or the last one. */
  step: SignInStep;
  /** The token of its SSO session, instead of the file's. See {@link takeOverSdkFiles}. */
  token?: Readonly<Record<string, unknown>> | undefined;
  /** The real failure, where the SDK's provider keeps only its text. */
  failure?: KmsError;
  /** The error of a request that the service didn't answer. The SDK reports it as an expired session when renewing one. */
  unanswered?: unknown;
  /** A server refused the token of the session. */
  isTokenRefused?: boolean;
}

/** The sign-in that the running code belongs to. The SDK's providers have no parameter that could carry it. */
export const currentSignIn = new AsyncLocalStorage<SignIn>();
