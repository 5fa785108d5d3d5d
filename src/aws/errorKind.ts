import { isAbort, wasNotSent } from '../core/base/abort.ts';
import { isKind, isKmsError, KmsError, type KmsErrorDetails, type KmsErrorKind } from '../core/kms/errors.ts';
import { destinationOf } from './transport.ts';

/** Cancelled: by the signal of the call, or by the person who was asked for an MFA code. Recognised by its name. */
export class AbortError extends Error {
  override readonly name = 'AbortError';

  constructor(cause?: unknown) {
    super('The call was cancelled.', { cause });
  }
}

/** What a sign-in does at the moment; see `signInServices` in core/errors.ts. */
export interface SignInStep {
  readonly operation: string;
  /** The role that it asks for. */
  readonly role?: string | undefined;
  /** The HTTP status of the last answer, where the SDK's providers keep it for themselves. */
  status?: number;
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

/** What was asked when it failed. */
export interface CallContext {
  /** AWS's operation, such as `ListGrants`. */
  readonly operation: string;
  readonly keyArn?: string | undefined;
  /** Set when the call names one grant. */
  readonly grantId?: string | undefined;
  readonly profile?: string | undefined;
  readonly region?: string | undefined;
  /** The principals that the call names: an ARN that KMS does not accept may be theirs. */
  readonly principals?: KmsErrorDetails['principals'];
}

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

/** A sign-in failed because the session of SSO or of `aws login` is over. */
export function isSessionExpired(error: unknown): boolean {
  return isKind(translate(error, { operation: 'Connect' }), 'ssoExpired');
}

/**
 * What to say when a role could not be assumed with an MFA code: STS has no name of its own for a wrong one. Undefined
 * when it failed for another reason.
 */
export function mfaRefusal(error: unknown, profile: string): KmsError | undefined {
  const message = messageOf(error, 'mfaRefused');
  if (!/MultiFactorAuthentication failed|\btokenCode\b/i.test(message)) {
    return undefined;
  }
  return new KmsError(
    {
      kind: 'mfaRefused',
      operation: 'AssumeRole',
      awsName: printableName(error),
      // When it does not look like one, STS repeats what was entered.
      message: /MultiFactorAuthentication failed/i.test(message) ? message : 'The MFA code is not six digits.',
      profile,
      requestId: requestIdOf(error),
    },
    undefined,
  );
}

/**
 * Decides what a failure is, from the name that the SDK gives it. Never from `instanceof` or `constructor.name`, which
 * minifying breaks, and never from the HTTP status, which differs between KMS's model and KMS itself.
 *
 * A cancelled call's AbortError, and a KmsError, come back as they are. Message and `cause` have AWS's or the SDK's text,
 * cleaned of anything secret: both may be logged.
 */
export function translate(error: unknown, context: CallContext): Error {
  if (error instanceof Error && isAbort(error)) {
    return error instanceof AbortError || wasNotSent(error) ? error : new AbortError(error);
  }
  if (isKmsError(error)) {
    return error;
  }
  const step = signInStep(error);
  if (step !== undefined) {
    return asSignInFailure(read(error, 'cause'), step, context);
  }
  const kind = kindOf(error, context);
  const message = messageOf(error, kind);
  return new KmsError(
    {
      kind,
      operation: context.operation,
      awsName: printableName(error),
      message,
      keyArn: context.keyArn,
      profile: context.profile,
      requestId: requestIdOf(error),
      ...(kind === 'invalidPrincipal' ? { principals: principalsIn(message, context.principals) } : {}),
      ...placeOf(error, kind, context),
    },
    printableCause(error),
  );
}

function signInStep(error: unknown): SignInStep | undefined {
  const step = nameOf(error) === 'SignInError' ? read(error, 'step') : undefined;
  const [operation, role, status] = [read(step, 'operation'), read(step, 'role'), read(step, 'status')];
  if (typeof operation !== 'string') {
    return undefined;
  }
  return {
    operation,
    ...(typeof role === 'string' ? { role } : {}),
    ...(typeof status === 'number' ? { status } : {}),
  };
}

/** A failed sign-in is reported as one, by its step, and not as the call that waited for it. */
function asSignInFailure(failure: unknown, step: SignInStep, context: CallContext): KmsError {
  const kind = signInFailureKind(failure, step);
  // The SDK's providers make one text of the name and the text of what they caught.
  const [, wrapped, text] = /^(?:Error: )?(\w+(?:Exception|Error)): ([\s\S]*)$/.exec(rawMessage(failure)) ?? [];
  return new KmsError(
    {
      kind,
      operation: step.operation,
      awsName: wrapped === undefined ? printableName(failure) : asName(wrapped),
      message: text === undefined ? messageOf(failure, kind) : withoutSecrets(text),
      profile: context.profile,
      requestId: requestIdOf(failure),
      isSignIn: true,
      ...(step.role === undefined ? {} : { role: step.role }),
      ...placeOf(failure, kind, context),
    },
    printableCause(failure),
  );
}

function signInFailureKind(failure: unknown, { operation, status }: SignInStep): KmsErrorKind {
  const kind = kindOf(failure, { operation });
  const isProviders = /ProviderError$/.test(nameOf(failure));
  if (isProviders && status !== undefined && kind !== 'network' && kind !== 'timeout') {
    const known = kindByStatus(status, operation);
    if (known !== undefined) {
      return known;
    }
  }
  switch (kind) {
    case 'accessDenied':
      return 'signInDenied';
    case 'validation':
      return 'profileInvalid';
    case 'unknown':
      if (/^E(NOENT|ACCES|ISDIR|PERM|NOTDIR|LOOP)$/.test(codeOf(failure) ?? '')) {
        return 'profileInvalid';
      }
      // A provider has a hundred ways to say that it is not set up.
      return read(failure, '$fault') === undefined ? 'credentialsMissing' : 'unknown';
    default:
      return kind;
  }
}

/** What the SDK's providers tell in one way, whatever the server answered. */
function kindByStatus(status: number, operation: string): KmsErrorKind | undefined {
  if (status === 429) {
    return 'throttled';
  }
  if (status >= 500) {
    return 'internal';
  }
  if (operation !== 'GetRoleCredentials') {
    return undefined;
  }
  switch (status) {
    case 400:
      return 'profileInvalid';
    case 403:
    case 404:
      return 'signInDenied';
    default:
      return undefined;
  }
}

/** Which server or Region a failure is of, where that matters. */
function placeOf(
  error: unknown,
  kind: KmsErrorKind,
  { region }: CallContext,
): Pick<KmsErrorDetails, 'host' | 'region'> {
  switch (kind) {
    case 'regionNotEnabled':
      return { region };
    case 'hostNotFound':
      return { host: unresolvedHost(error) ?? destinationOf(error) };
    case 'certificateNotTrusted':
    case 'network':
    case 'timeout':
      return { host: destinationOf(error) };
    default:
      return {};
  }
}

/** By Node, and in the texts of the SDK's providers. Behind a proxy it is the proxy's. */
function unresolvedHost(error: unknown): string | undefined {
  const hostname = read(error, 'hostname');
  if (typeof hostname === 'string') {
    return hostname;
  }
  const cause = read(error, 'cause');
  return (
    /getaddrinfo E\w+ ([\w.:-]+)/.exec(rawMessage(error))?.[1] ??
    (cause === undefined ? undefined : unresolvedHost(cause))
  );
}

/** Of the principals of a call, those that KMS names in its answer; all when it names none. */
function principalsIn(message: string, principals: CallContext['principals']): CallContext['principals'] {
  const { grantee, retiring } = principals ?? {};
  const isNamed = (principal: string | undefined) => principal !== undefined && message.includes(principal);
  if (isNamed(grantee) === isNamed(retiring)) {
    return principals;
  }
  return isNamed(grantee) ? { grantee } : { retiring };
}

function kindOf(error: unknown, context: CallContext): KmsErrorKind {
  const name = nameOf(error);
  const message = rawMessage(error);
  const code = codeOf(error);
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

function messageOf(error: unknown, kind: KmsErrorKind): string {
  const message = withoutSecrets(rawMessage(error));
  const status = read(read(error, '$metadata'), 'httpStatusCode');
  return kind === 'notJson' && typeof status === 'number' ? `HTTP ${status}: ${message}` : message;
}

/**
 * The texts that can hold a secret: AWS repeats the canonical request, session token included, when it refuses a
 * signature; Node repeats the command line of a credential_process; V8 quotes the text that it could not parse; the SDK
 * appends a hint for developers.
 */
function withoutSecrets(message: string): string {
  return message
    .replace(/\s*The Canonical String[\s\S]*$/, '')
    .replace(/^Command failed: .*$/m, 'The command failed.')
    .replace(/Unexpected (token|non-whitespace|string|number)[\s\S]*?JSON[^\n]*/, 'Not JSON.')
    .replace(/\s*Deserialization error: to see the raw response[\s\S]*$/, '')
    .trim();
}

/**
 * A copy of what was thrown, as far as it may be seen by anyone: its name, cleaned text, code and origin, and those of
 * its causes. The original also carries the response, and a text that can hold a session token.
 */
function printableCause(error: unknown, depth = 0): Error | undefined {
  if (error === undefined || depth > 4) {
    return undefined;
  }
  const cause = printableCause(read(error, 'cause'), depth + 1);
  const copy = new Error(withoutSecrets(rawMessage(error)), cause === undefined ? undefined : { cause });
  copy.name = printableName(error);
  const code = read(error, 'code');
  const stack = read(error, 'stack');
  const frames = typeof stack === 'string' ? stack.split('\n').filter((line) => /^\s+at /.test(line)) : [];
  copy.stack = [`${copy.name}: ${copy.message}`, ...frames].join('\n');
  return typeof code === 'string' ? Object.assign(copy, { code }) : copy;
}

function rawMessage(error: unknown): string {
  if (typeof error === 'string') {
    return error;
  }
  const message = read(error, 'message');
  if (typeof message === 'string' && message !== '') {
    return message;
  }
  // Node tries every address of a host; its AggregateError has no text of its own.
  const errors = read(error, 'errors');
  return Array.isArray(errors) ? [...new Set(errors.map(rawMessage))].join('; ') : nameOf(error);
}

function nameOf(error: unknown): string {
  const name = read(error, 'name');
  return typeof name === 'string' ? name : 'Error';
}

function printableName(error: unknown): string {
  return asName(nameOf(error)) || 'Error';
}

/** What comes from the server as a name, and goes to the log as such: letters and digits, on one line. */
function asName(text: string): string {
  return text.replace(/[^\w.:-]/g, '').slice(0, 100);
}

function codeOf(error: unknown, depth = 0): string | undefined {
  const code = read(error, 'code');
  if (typeof code === 'string') {
    return code;
  }
  const cause = read(error, 'cause');
  return cause === undefined || depth > 3 ? undefined : codeOf(cause, depth + 1);
}

/** AWS's request ID of a failed or successful call, for AWS Support. */
export function requestIdOf(result: unknown): string | undefined {
  const id = read(read(result, '$metadata'), 'requestId');
  return typeof id === 'string' ? asName(id) : undefined;
}

/** How many requests the SDK sent for a failed or successful call; `undefined` when it did not get that far. */
export function attemptsOf(result: unknown): number | undefined {
  const attempts = read(read(result, '$metadata'), 'attempts');
  return typeof attempts === 'number' ? attempts : undefined;
}

/** What is thrown can be anything. */
function read(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
