import { AsyncLocalStorage } from 'node:async_hooks';
import type { KmsError } from '../core/kms/errors.ts';
import type { Deadline } from './deadline.ts';
import type { SignInStep } from './failures.ts';
import type { SignInChain } from './signInChain.ts';

/** What a request is signed with. The SDK's shape, as far as we make or read it. */
export interface Identity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** One sign-in under way. The SDK's providers take no such thing along, so it follows them by itself. */
export interface SigningIn {
  readonly profile: string | undefined;
  readonly origin: SignInChain['origin']['kind'] | undefined;
  /** Aborted when no call waits for this sign-in any more, or when its time is over. */
  readonly signal: AbortSignal;
  readonly deadline: Deadline;
  readonly mayRunProcesses: () => boolean;
  readonly processTimeoutMs: number;
  /** What it does at the moment, or did last. */
  step: SignInStep;
  /** The token of its SSO session, in place of the file's. See {@link takeOverSdkFiles}. */
  token?: Readonly<Record<string, unknown>> | undefined;
  /** In the place of the config and the credentials file, for the SDK's providers. See {@link takeOverSdkFiles}. */
  readonly sdkConfig: string;
  /** What really went wrong, where the SDK's provider keeps only the text of it. */
  failure?: KmsError;
  /** A request that found no server. The SDK takes that for an expired session, when it was to renew one. */
  unreachable?: unknown;
  /** A server answered that the token of the session is no good. */
  tokenRefused?: boolean;
}

export const signingIn = new AsyncLocalStorage<SigningIn>();
