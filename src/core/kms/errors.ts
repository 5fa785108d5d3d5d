import { isAbort, wasNotSent } from '../base/abort.ts';

/** The kinds of {@link KmsErrorKind}. */
export const kmsErrorKinds = [
  'grantNotFound',
  'keyNotFound',
  'wrongRegion',
  'invalidGrantId',
  'invalidArn',
  'invalidPrincipal',
  'invalidMarker',
  'invalidState',
  'dependencyTimeout',
  'internal',
  'dryRun',
  'accessDenied',
  'throttled',
  'limitExceeded',
  'validation',
  'expiredToken',
  'unrecognizedClient',
  'invalidSignature',
  'regionNotEnabled',
  'credentialsMissing',
  'signInDenied',
  'profileInvalid',
  'ssoExpired',
  'signInNeeded',
  'notConfirmed',
  'profileMissing',
  'filesUnreadable',
  'regionMissing',
  'regionInvalid',
  'invalidEndpoint',
  'mfaRefused',
  'processFailed',
  'untrustedWorkspace',
  'accountChanged',
  'principalChanged',
  'timeout',
  'network',
  'hostNotFound',
  'certificateNotTrusted',
  'notJson',
  'tooLarge',
  'endlessList',
  'notSupported',
  'unknown',
] as const;

/**
 * Every way a call to AWS fails, as the product tells them apart. `aws/errorKind.ts` decides which one it is, from
 * the name that the SDK gives the error; {@link explain} is the one table of what to say about each.
 */
export type KmsErrorKind = (typeof kmsErrorKinds)[number];

/** What is known about a failed call. The message is AWS's own text: data, never markup. */
export interface KmsErrorDetails {
  readonly kind: KmsErrorKind;
  /** AWS's operation, such as `ListGrants`; of a failed sign-in the step that failed, see {@link signInServices}. */
  readonly operation: string;
  /** AWS's (or the SDK's) name for it, such as `AccessDeniedException`. */
  readonly awsName: string;
  readonly message: string;
  readonly keyArn?: string | undefined;
  readonly profile?: string | undefined;
  readonly requestId?: string | undefined;
  /** The sign-in failed, before anything was sent. */
  readonly isSignIn?: boolean | undefined;
  /** Of `expiredToken`: signing in again gave the same credentials. */
  readonly isUnchanged?: boolean | undefined;
  /** What `regionInvalid` or `regionNotEnabled` is about. */
  readonly region?: string | undefined;
  /** The AWS config and credentials files that were read, or the one that can't be, by absolute path. */
  readonly files?: readonly string[] | undefined;
  /** The server that could not be reached, or whose certificate is not trusted; with its port if it is not the usual one. */
  readonly host?: string | undefined;
  /** Who issued the certificate that is not trusted. */
  readonly issuer?: string | undefined;
  /** The role that a sign-in asked for. */
  readonly role?: string | undefined;
  /** Of `invalidPrincipal`: those that KMS may mean. */
  readonly principals?: { readonly grantee?: string | undefined; readonly retiring?: string | undefined } | undefined;
}

/** A failed call to AWS. Test with {@link isKmsError}: `instanceof` does not hold across our bundles. */
export class KmsError extends Error {
  override readonly name = 'KmsError';
  readonly details: KmsErrorDetails;

  constructor(details: KmsErrorDetails, cause?: unknown) {
    super(details.message, { cause });
    this.details = details;
  }
}

export function isKmsError(error: unknown): error is KmsError {
  return error instanceof Error && error.name === 'KmsError' && 'details' in error;
}

/** `error` is a KmsError of one of `kinds`. */
export function isKind(error: unknown, ...kinds: readonly KmsErrorKind[]): error is KmsError {
  return isKmsError(error) && kinds.includes(error.details.kind);
}

/**
 * The service that each step of a sign-in asks, and the check of whose account it is. `undefined`: files and programs of
 * this computer. A call that fails in one of these steps was not sent to KMS.
 */
export const signInServices: ReadonlyMap<string, string | undefined> = new Map([
  ['Connect', undefined],
  ['credential_process', undefined],
  ['AssumeRole', 'AWS STS'],
  ['AssumeRoleWithWebIdentity', 'AWS STS'],
  ['GetSessionToken', 'AWS STS'],
  ['GetCallerIdentity', 'AWS STS'],
  ['GetRoleCredentials', 'IAM Identity Center'],
  ['CreateToken', 'IAM Identity Center (OIDC)'],
  ['CreateOAuth2Token', 'AWS Sign-In'],
  ['ContainerCredentials', 'the container credentials endpoint'],
  ['InstanceMetadata', 'the instance metadata service'],
]);

/** The service of each operation that is asked for evidence. */
export const evidenceServices: ReadonlyMap<string, string> = new Map([
  ['LookupEvents', 'CloudTrail'],
  ['GetRole', 'IAM'],
  ['GetUser', 'IAM'],
  ['ListRoles', 'IAM'],
  ['ListUsers', 'IAM'],
]);

/** It failed before KMS was asked: while signing in, or at the check of the account. */
export function isBeforeCall(error: unknown): boolean {
  return isKmsError(error) && (error.details.isSignIn === true || signInServices.has(error.details.operation));
}

/**
 * After this error, KMS may have made the change that it was asked for. Also after an abort, unless it came before the
 * request was sent, and after any error that is not KMS's.
 */
export function mayHaveBeenDone(error: unknown): boolean {
  if (isAbort(error)) {
    return !wasNotSent(error);
  }
  return (
    !isKmsError(error) ||
    (isKind(error, 'timeout', 'network', 'notJson', 'tooLarge', 'internal', 'dependencyTimeout', 'unknown') &&
      !isBeforeCall(error))
  );
}

/** KMS, or the way to it, failed in a way that may pass: the same request may succeed later. Not a failed sign-in. */
export function isTransient(error: unknown): boolean {
  return (
    isKind(error, 'throttled', 'timeout', 'network', 'hostNotFound', 'notJson', 'internal', 'dependencyTimeout') &&
    !isBeforeCall(error)
  );
}

/** Only signing in again can fix these errors: the files are read again, and new credentials are requested. */
export function isSignInProblem(error: unknown): boolean {
  return isKind(
    error,
    'expiredToken',
    'unrecognizedClient',
    'invalidSignature',
    'credentialsMissing',
    'signInDenied',
    'profileInvalid',
    'ssoExpired',
    'signInNeeded',
    'profileMissing',
    'filesUnreadable',
    'invalidEndpoint',
    'mfaRefused',
    'processFailed',
    'untrustedWorkspace',
    'accountChanged',
  );
}
