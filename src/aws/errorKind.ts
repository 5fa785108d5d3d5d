import type { KmsErrorKind } from '../core/kms/errors.ts';
import { codeOf, nameOf, rawMessage, read } from './errorText.ts';
import type { CallContext } from './failures.ts';

/**
 * AWS's names for failures: KMS's modelled exceptions, the common errors of AWS JSON services, and the names that STS
 * (which speaks AWS's older query protocol) has for the same. {@link notFound} tells the meanings of NotFoundException apart,
 * InvalidArnException by {@link invalidArn}.
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
  // Of CloudTrail.
  ['InvalidNextTokenException', 'invalidMarker'],
  ['InvalidLookupAttributesException', 'validation'],
  ['InvalidTimeRangeException', 'validation'],
  ['InvalidMaxResultsException', 'validation'],
  ['OperationNotPermittedException', 'accessDenied'],
  // Of IAM.
  ['InvalidInputException', 'validation'],
  ['ServiceFailureException', 'internal'],
  // Of a web identity, by STS.
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
  if (/^(Credentials|Token)?ProviderError$/.test(name)) {
    return signInKind(message);
  }
  if (code !== undefined && isResolutionCode(code)) {
    return 'hostNotFound';
  }
  if (code !== undefined && isCertificateCode(code)) {
    return 'certificateNotTrusted';
  }
  // The SDK renames a reset connection to TimeoutError, so the code is asked first.
  if (code !== undefined && isNetworkCode(code)) {
    return 'network';
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

/** What servers other than AWS answer to an operation that they don't have: `501`, or an error page. */
function isMissing(error: unknown, name: string): boolean {
  const status = read(read(error, '$metadata'), 'httpStatusCode');
  const isFailure = typeof status === 'number' && status >= 400;
  // Of a gateway, when the server behind it doesn't answer.
  const isGateways = status === 502 || status === 503 || status === 504;
  return status === 501 || (isFailure && !isGateways && isStrangeAnswer(error, name, codeOf(error)));
}

/** KMS says NotFoundException of a grant, of a key, and of an ARN that was sent to another Region than its own. */
function notFound(message: string, { operation, grantId }: CallContext): KmsErrorKind {
  if (/^Invalid arn\b/i.test(message)) {
    return 'wrongRegion';
  }
  if (/^Key '.*' does not exist|^Invalid keyId\b/is.test(message)) {
    return 'keyNotFound';
  }
  return grantId !== undefined || operation === 'RevokeGrant' ? 'grantNotFound' : 'keyNotFound';
}

/** KMS says InvalidArnException of a principal that it does not know, and of what is no ARN of a key. */
function invalidArn(message: string, { keyArn, principals }: CallContext): KmsErrorKind {
  const isOfKey = keyArn !== undefined && message.includes(keyArn);
  return principals !== undefined && !isOfKey ? 'invalidPrincipal' : 'invalidArn';
}

/** The SDK's credential providers have one name for everything: their text decides. */
function signInKind(message: string): KmsErrorKind {
  const code = /\b(E[A-Z]{3,}(?:_[A-Z]+)*|[A-Z_]*(?:CERT|SELF_SIGNED|UNABLE_TO)[A-Z_]*)\b/.exec(message)?.[1];
  if (code !== undefined && isResolutionCode(code)) {
    return 'hostNotFound';
  }
  if (code !== undefined && isCertificateCode(code)) {
    return 'certificateNotTrusted';
  }
  if (code !== undefined && isNetworkCode(code)) {
    return 'network';
  }
  if (/\bTimeoutError\b|\bETIMEDOUT\b/.test(message)) {
    return 'timeout';
  }
  // UnauthorizedException is how SSO answers a token that was signed out elsewhere.
  if (
    /aws (sso )?login|re-?authenticate|session .*\bexpired|Failed to load token|UnauthorizedException/i.test(message)
  ) {
    return 'ssoExpired';
  }
  if (/credential_process (did not return|returned)/.test(message)) {
    return 'processFailed';
  }
  return /^Profile '?.+ (was not found|could not be found)/.test(message) ? 'profileMissing' : 'credentialsMissing';
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

/** Node's and OpenSSL's codes for a certificate that does not hold. */
function isCertificateCode(code: string): boolean {
  return /CERT|SELF_SIGNED|^UNABLE_TO_|^CRL_|^INVALID_(CA|PURPOSE)$|^HOSTNAME_MISMATCH$/.test(code);
}

/** Node's and OpenSSL's codes for a server that could not be reached. */
function isNetworkCode(code: string): boolean {
  return networkCodes.has(code) || /^ERR_(SSL|TLS)_/.test(code);
}

/** Something answered, but not as AWS does: not HTTP, not JSON, or an error without AWS's name for it. */
function isStrangeAnswer(error: unknown, name: string, code: string | undefined): boolean {
  if (name === 'SyntaxError' || name === 'IncompleteResponse' || code?.startsWith('HPE_') === true) {
    return true;
  }
  const isServiceError = read(error, '$fault') !== undefined;
  return isServiceError ? name === 'Unknown' || name === 'NotFound' : read(error, '$response') !== undefined;
}
