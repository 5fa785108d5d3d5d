import type { KmsErrorKind } from '../core/kms/errors.ts';
import { codeOf, nameOf, rawMessage, read } from './errorText.ts';
import type { CallContext } from './failures.ts';

/**
 * AWS's names for failures: KMS's modelled exceptions, the common errors of AWS JSON services, and their names in STS,
 * which speaks AWS's older query protocol. NotFoundException and InvalidArnException have several meanings: see {@link
 * notFound} and {@link invalidArn}.
 */
const kindsByName: ReadonlyMap<string, KmsErrorKind> = new Map<string, KmsErrorKind>([
  ['InvalidGrantIdException', 'invalidGrantId'],
  ['InvalidMarkerException', 'invalidMarker'],
  ['KMSInvalidStateException', 'invalidState'],
  ['DisabledException', 'invalidState'],
  ['KeyUnavailableException', 'invalidState'],
  ['DependencyTimeoutException', 'dependencyTimeout'],
  ['KMSInternalException', 'internal'],
  ['InternalFailure', 'internal'],
  ['InternalError', 'internal'],
  ['InternalServerError', 'internal'],
  ['InternalServerException', 'internal'],
  ['ServiceUnavailable', 'internal'],
  ['ServiceUnavailableException', 'internal'],
  ['DryRunOperationException', 'dryRun'],
  ['AccessDeniedException', 'accessDenied'],
  ['AccessDenied', 'accessDenied'],
  ['ThrottlingException', 'throttled'],
  ['Throttling', 'throttled'],
  ['ThrottledException', 'throttled'],
  ['RequestThrottled', 'throttled'],
  ['RequestThrottledException', 'throttled'],
  ['RequestLimitExceeded', 'throttled'],
  ['TooManyRequestsException', 'throttled'],
  ['LimitExceededException', 'limitExceeded'],
  ['ValidationException', 'validation'],
  ['ValidationError', 'validation'],
  ['ExpiredTokenException', 'expiredToken'],
  ['ExpiredToken', 'expiredToken'],
  ['TokenRefreshRequired', 'expiredToken'],
  ['UnrecognizedClientException', 'unrecognizedClient'],
  ['InvalidClientTokenId', 'unrecognizedClient'],
  ['MissingAuthenticationToken', 'unrecognizedClient'],
  ['MissingAuthenticationTokenException', 'unrecognizedClient'],
  ['InvalidSignatureException', 'invalidSignature'],
  ['SignatureDoesNotMatch', 'invalidSignature'],
  ['IncompleteSignature', 'invalidSignature'],
  ['IncompleteSignatureException', 'invalidSignature'],
  ['RequestExpired', 'invalidSignature'],
  ['RequestTimeTooSkewed', 'invalidSignature'],
  ['AnswerTooLarge', 'tooLarge'],
  ['RegionDisabledException', 'regionNotEnabled'],
  ['OptInRequired', 'regionNotEnabled'],
  ['UnknownOperationException', 'notSupported'],
  ['InvalidAction', 'notSupported'],
  // CloudTrail.
  ['InvalidNextTokenException', 'invalidMarker'],
  ['InvalidLookupAttributesException', 'validation'],
  ['InvalidTimeRangeException', 'validation'],
  ['InvalidMaxResultsException', 'validation'],
  ['OperationNotPermittedException', 'accessDenied'],
  // IAM.
  ['InvalidInputException', 'validation'],
  ['ServiceFailureException', 'internal'],
  // STS, about a web identity.
  ['InvalidIdentityToken', 'validation'],
  ['InvalidIdentityTokenException', 'validation'],
  ['IDPRejectedClaim', 'accessDenied'],
  ['IDPRejectedClaimException', 'accessDenied'],
  ['IDPCommunicationError', 'internal'],
  ['IDPCommunicationErrorException', 'internal'],
  ['MalformedPolicyDocument', 'validation'],
  ['MalformedPolicyDocumentException', 'validation'],
  ['PackedPolicyTooLarge', 'validation'],
  ['PackedPolicyTooLargeException', 'validation'],
]);

/**
 * Decides the kind of a failure by its name. Not by `instanceof` or `constructor.name`, which minifying breaks, and not
 * by the HTTP status, which differs between KMS's model and KMS itself.
 */
export function kindOf(error: unknown, context: CallContext): KmsErrorKind {
  const name = nameOf(error);
  const message = rawMessage(error);
  const code = codeOf(error);
  if (context.mayBeMissing === true && isMissing(error, name)) {
    return 'notSupported';
  }
  if (name === 'NotFoundException') {
    return notFound(message, context);
  }
  if (name === 'InvalidArnException') {
    return invalidArn(message, context);
  }
  const named = kindsByName.get(name);
  if (named !== undefined) {
    return named;
  }
  // An answer without credentials.
  if (/^Invalid response from STS\b|^SSO returns an invalid\b/.test(message)) {
    return 'notJson';
  }
  if (/^(Credentials|Token)?ProviderError$/.test(name)) {
    return providerKind(message);
  }
  // Before the name TimeoutError, which the SDK also gives to a connection that was reset.
  const byCode = kindByCode(code);
  if (byCode !== undefined) {
    return byCode;
  }
  if (name === 'TimeoutError' || code === 'ETIMEDOUT') {
    return 'timeout';
  }
  if (/^Region is missing|Missing Region/.test(message)) {
    return 'regionMissing';
  }
  if (/^Region not accepted/.test(message)) {
    return 'regionInvalid';
  }
  return isStrangeAnswer(error, name, code) ? 'notJson' : 'unknown';
}

/** Other servers than AWS answer an operation that they don't have with `501`, or with an error page. */
function isMissing(error: unknown, name: string): boolean {
  const status = read(read(error, '$metadata'), 'httpStatusCode');
  const isFailure = typeof status === 'number' && status >= 400;
  // A gateway's answer when the server behind it doesn't answer.
  const isGateways = status === 502 || status === 503 || status === 504;
  return status === 501 || (isFailure && !isGateways && isStrangeAnswer(error, name, codeOf(error)));
}

/**
 * KMS answers NotFoundException for a grant, for a key, and for an ARN that was sent to another Region than its own.
 */
function notFound(message: string, { operation, grantId }: CallContext): KmsErrorKind {
  if (/^Invalid arn\b/i.test(message)) {
    return 'wrongRegion';
  }
  if (/^Key '.*' does not exist|^Invalid keyId\b/is.test(message)) {
    return 'keyNotFound';
  }
  return grantId !== undefined || operation === 'RevokeGrant' ? 'grantNotFound' : 'keyNotFound';
}

/** KMS answers InvalidArnException for a principal that it does not know, and for a text that is not a key's ARN. */
function invalidArn(message: string, { keyArn, principals }: CallContext): KmsErrorKind {
  const isOfKey = keyArn !== undefined && message.includes(keyArn);
  return principals !== undefined && !isOfKey ? 'invalidPrincipal' : 'invalidArn';
}

/** The SDK's credential providers have one name for all failures, so their text decides. */
function providerKind(message: string): KmsErrorKind {
  const code = /\b(E[A-Z]{3,}(?:_[A-Z]+)*|[A-Z_]*(?:CERT|SELF_SIGNED|UNABLE_TO)[A-Z_]*)\b/.exec(message)?.[1];
  const byCode = kindByCode(code);
  if (byCode !== undefined) {
    return byCode;
  }
  if (/\bTimeoutError\b|\bETIMEDOUT\b/.test(message)) {
    return 'timeout';
  }
  // UnauthorizedException is SSO's answer to a token that was signed out elsewhere.
  if (
    /aws (sso )?login|re-?authenticate|session .*\bexpired|Failed to load token|UnauthorizedException/i.test(message)
  ) {
    return 'ssoExpired';
  }
  if (/insufficient permissions/.test(message)) {
    return 'accessDenied';
  }
  if (/credential_process (did not return|returned)/.test(message)) {
    return 'processFailed';
  }
  return /^Profile '?.+ (was not found|could not be found)/.test(message) ? 'profileMissing' : 'credentialsMissing';
}

/** By a code of Node or OpenSSL. */
function kindByCode(code: string | undefined): KmsErrorKind | undefined {
  if (code === undefined) {
    return undefined;
  }
  if (isResolutionCode(code)) {
    return 'hostNotFound';
  }
  if (isCertificateCode(code)) {
    return 'certificateNotTrusted';
  }
  return isNetworkCode(code) ? 'network' : undefined;
}

const networkCodes: ReadonlySet<string> = new Set([
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTDOWN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'EPIPE',
  'EPROTO',
]);

/** Node's codes for a name that DNS did not resolve. */
function isResolutionCode(code: string): boolean {
  return code === 'ENOTFOUND' || code.startsWith('EAI_');
}

/** Node's and OpenSSL's codes for a certificate that is not trusted. */
function isCertificateCode(code: string): boolean {
  return /CERT|SELF_SIGNED|^UNABLE_TO_|^CRL_|^INVALID_(CA|PURPOSE)$|^HOSTNAME_MISMATCH$/.test(code);
}

/** Node's and OpenSSL's codes for a server that could not be reached. */
function isNetworkCode(code: string): boolean {
  return networkCodes.has(code) || /^ERR_(SSL|TLS)_/.test(code);
}

/** Something answered that is not AWS: not HTTP, not JSON, or an error without a name of AWS's. */
function isStrangeAnswer(error: unknown, name: string, code: string | undefined): boolean {
  if (name === 'SyntaxError' || name === 'IncompleteResponse' || code?.startsWith('HPE_') === true) {
    return true;
  }
  const isServiceError = read(error, '$fault') !== undefined;
  return isServiceError ? name === 'Unknown' || name === 'NotFound' : read(error, '$response') !== undefined;
}
