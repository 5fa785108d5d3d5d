import { KmsError, type KmsErrorKind } from '../core/kms/errors.ts';
import { kindOf } from './errorKind.ts';
import { placeOf } from './errorPlace.ts';
import {
  asName,
  codeOf,
  messageOf,
  nameOf,
  printableCause,
  printableName,
  rawMessage,
  read,
  requestIdOf,
  withoutSecrets,
} from './errorText.ts';
import type { CallContext, SignInStep } from './failures.ts';

/** The step at which a sign-in failed; undefined when the error is not a SignInError. */
export function signInStep(error: unknown): SignInStep | undefined {
  const step = nameOf(error) === 'SignInError' ? read(error, 'step') : undefined;
  const [operation, role, region, status] = ['operation', 'role', 'region', 'status'].map((key) => read(step, key));
  if (typeof operation !== 'string') {
    return undefined;
  }
  return {
    operation,
    ...(typeof role === 'string' ? { role } : {}),
    ...(typeof region === 'string' ? { region } : {}),
    ...(typeof status === 'number' ? { status } : {}),
  };
}

/** A failed sign-in as a KmsError. Its operation is the step that failed, not the call that waited for the sign-in. */
export function asSignInFailure(failure: unknown, step: SignInStep, context: CallContext): KmsError {
  const kind = signInFailureKind(failure, step);
  // The SDK's providers join the name and the text of what they caught.
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
      ...placeOf(failure, kind, { ...context, region: step.region ?? context.region }),
    },
    printableCause(failure),
  );
}

function signInFailureKind(failure: unknown, step: SignInStep): KmsErrorKind {
  const { operation } = step;
  const kind = kindOf(failure, { operation });
  const status = step.status ?? containerStatus(failure);
  const isProviderError = /ProviderError$/.test(nameOf(failure));
  if (isProviderError && status !== undefined && kind !== 'network' && kind !== 'timeout') {
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
      // The providers have many texts for one thing: they are not set up.
      return read(failure, '$fault') === undefined ? 'credentialsMissing' : 'unknown';
    default:
      return kind;
  }
}

/** The HTTP status that the endpoint of a container answered. */
function containerStatus(failure: unknown): number | undefined {
  const [, status] = /^Server responded with status: (\d+)/.exec(rawMessage(failure)) ?? [];
  return status === undefined ? undefined : Number(status);
}

/** The SDK's providers have one error for every answer of a server, so its HTTP status decides. */
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

/**
 * The failure to assume a role as `mfaRefused`, if the MFA code was wrong; else undefined. Its text decides, since STS
 * has no name for a wrong code.
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
      // STS's other text repeats what was entered.
      message: /MultiFactorAuthentication failed/i.test(message) ? message : 'The MFA code is not six digits.',
      profile,
      requestId: requestIdOf(error),
    },
    undefined,
  );
}
