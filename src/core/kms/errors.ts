import { isAbort, wasNotSent } from '../base/abort.ts';

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
 * Every way in which a call to AWS fails. `aws/errorKind.ts` assigns the kind, from the SDK's error name.
 * `core/words/explain.ts` has the text for each kind.
 */
export type KmsErrorKind = (typeof kmsErrorKinds)[number];

/** Details of a failed call. The message is AWS's own text: data, never markup. */
export interface KmsErrorDetails {
  readonly kind: KmsErrorKind;
  /** AWS's operation, such as `ListGrants`. For a failed sign-in, the step that failed: see {@link signInServices}. */
  readonly operation: string;
  /** The error name from AWS or the SDK, such as `AccessDeniedException`. */
  readonly awsName: string;
  readonly message: string;
  readonly keyArn?: string | undefined;
  readonly profile?: string | undefined;
  readonly requestId?: string | undefined;
  /** The sign-in failed, so the call was not sent. */
  readonly isSignIn?: boolean | undefined;
  /** For `expiredToken`: signing in again returned the same credentials. */
  readonly isUnchanged?: boolean | undefined;
  /** For `regionInvalid` and `regionNotEnabled`: the Region. */
  readonly region?: string | undefined;
  /** Absolute paths of the AWS config and credentials files that were read, or of the one that can't be read. */
  readonly files?: readonly string[] | undefined;
  /** The server that could not be reached or is not trusted, with its port unless that is the default. */
  readonly host?: string | undefined;
  /** The issuer of the untrusted certificate. */
  readonly issuer?: string | undefined;
  /** The role that the sign-in requested. */
  readonly role?: string | undefined;
  /** For `invalidPrincipal`: the principals that KMS may mean, since its message names neither. */
  readonly principals?: { readonly grantee?: string | undefined; readonly retiring?: string | undefined } | undefined;
}

/** A failed call to AWS. Test with {@link isKmsError}: `instanceof` breaks across bundles. */
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

export function isKind(error: unknown, ...kinds: readonly KmsErrorKind[]): error is KmsError {
  return isKmsError(error) && kinds.includes(error.details.kind);
}

/**
 * The service that each sign-in step calls, including the account check. `undefined` for steps that use only local
 * files and programs. A call that fails in one of these steps was not sent to KMS.
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
  ['GetAccountAuthorizationDetails', 'IAM'],
]);

/** The call was not sent to KMS: it failed during sign-in or in the account check. */
export function isBeforeCall(error: unknown): boolean {
  return isKmsError(error) && (error.details.isSignIn === true || signInServices.has(error.details.operation));
}

/**
 * Whether KMS may have made the requested change despite this error. Also true after an abort that came once the
 * request was sent, and after any error that isn't a {@link KmsError}.
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

/** Whether the same request may succeed later. False for a failed sign-in. */
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
