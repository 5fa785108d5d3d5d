import type { KmsErrorDetails } from '../core/kms/errors.ts';

/** A call, as far as it matters for its failure. */
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
  /** The principals that the call names: KMS may refuse the ARN of one of them. */
  readonly principals?: KmsErrorDetails['principals'];
}

/** A step of a sign-in. */
export interface SignInStep {
  /** One of the keys of `signInServices` (core/kms/errors.ts). */
  readonly operation: string;
  /** The role that it asks for. */
  readonly role?: string | undefined;
  /** The Region whose STS it asks. */
  readonly region?: string | undefined;
  /** The HTTP status of the last answer, which the SDK's providers don't report. */
  status?: number;
}

/** Cancelled by the signal of the call, or by the person who was asked for an MFA code. Recognised by its name. */
export class AbortError extends Error {
  override readonly name = 'AbortError';

  constructor(cause?: unknown) {
    super('The call was cancelled.', { cause });
  }
}

/** A sign-in failed at this step. Its `cause` is what the SDK's provider threw. */
export class SignInError extends Error {
  override readonly name = 'SignInError';
  readonly step: SignInStep;

  constructor(cause: unknown, step: SignInStep) {
    super('The sign-in failed.', { cause });
    this.step = step;
  }
}

/** An answer lacks what KMS or STS always sends. Has the metadata of the output, as the SDK's errors do. */
export class IncompleteResponse extends Error {
  override readonly name = 'IncompleteResponse';
  readonly $metadata: unknown;

  constructor(output: { readonly $metadata: unknown }) {
    super('The answer lacks what AWS always sends.');
    this.$metadata = output.$metadata;
  }
}
