import type { KmsErrorDetails } from '../core/kms/errors.ts';

/** What was asked when it failed. */
export interface CallContext {
  /** AWS's operation, such as `ListGrants`. */
  readonly operation: string;
  readonly keyArn?: string | undefined;
  /** The server isn't AWS, and need not have this operation. */
  readonly mayBeMissing?: boolean | undefined;
  /** Set when the call names one grant. */
  readonly grantId?: string | undefined;
  readonly profile?: string | undefined;
  readonly region?: string | undefined;
  /** The principals that the call names: an ARN that KMS does not accept may be theirs. */
  readonly principals?: KmsErrorDetails['principals'];
}

/** What a sign-in does at the moment; see `signInServices` in core/errors.ts. */
export interface SignInStep {
  readonly operation: string;
  /** The role that it asks for. */
  readonly role?: string | undefined;
  /** The HTTP status of the last answer, where the SDK's providers keep it for themselves. */
  status?: number;
}

/** Cancelled: by the signal of the call, or by the person who was asked for an MFA code. Recognised by its name. */
export class AbortError extends Error {
  override readonly name = 'AbortError';

  constructor(cause?: unknown) {
    super('The call was cancelled.', { cause });
  }
}

/** No credentials came of a profile. Wraps what the SDK's provider threw, so that {@link translate} knows when it was. */
export class SignInError extends Error {
  override readonly name = 'SignInError';
  readonly step: SignInStep;

  constructor(cause: unknown, step: SignInStep) {
    super('The sign-in failed.', { cause });
    this.step = step;
  }
}

/** An answer that lacks what KMS or STS always sends. Carries the metadata of the output, as the SDK's errors do. */
export class IncompleteResponse extends Error {
  override readonly name = 'IncompleteResponse';
  readonly $metadata: unknown;

  constructor(output: { readonly $metadata: unknown }) {
    super('The answer lacks what AWS always sends.');
    this.$metadata = output.$metadata;
  }
}
