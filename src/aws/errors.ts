import { isAbort, wasNotSent } from '../core/base/abort.ts';
import { isKind, isKmsError, KmsError } from '../core/kms/errors.ts';
import { kindOf } from './errorKind.ts';
import { placeOf } from './errorPlace.ts';
import { messageOf, printableCause, printableName, read, requestIdOf } from './errorText.ts';
import { AbortError, type CallContext } from './failures.ts';
import { asSignInFailure, signInStep } from './signInFailure.ts';

/**
 * What was thrown, as a KmsError; an AbortError when the call was cancelled. A KmsError comes back as it is. Message
 * and `cause` have AWS's or the SDK's text without secrets: both may be logged.
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

/** Those principals of a call that KMS names in its answer; all of them when it names none. */
function principalsIn(message: string, principals: CallContext['principals']): CallContext['principals'] {
  const { grantee, retiring } = principals ?? {};
  const isNamed = (principal: string | undefined) => principal !== undefined && message.includes(principal);
  if (isNamed(grantee) === isNamed(retiring)) {
    return principals;
  }
  return isNamed(grantee) ? { grantee } : { retiring };
}

/** The sign-in failed because the session of SSO or of `aws login` has expired. */
export function isSessionExpired(error: unknown): boolean {
  return isKind(translate(error, { operation: 'Connect' }), 'ssoExpired');
}
