export function abortError(): Error {
  const error = new Error('Cancelled');
  error.name = 'AbortError';
  return error;
}

/** Cancelled by the user or by a newer request, so not a failure. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

/** Settles as `promise` does, or rejects with an AbortError once `signal` is aborted. The work itself goes on. */
export function raceAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(abortError());
    if (signal.aborted) {
      onAbort();
    }
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** Cancelled before anything was sent. Recognised by name and members: `instanceof` breaks across bundles. */
class NotSentError extends Error {
  override readonly name = 'AbortError';
  readonly wasSent = false;
  readonly isSignIn: boolean;

  constructor(isSignIn: boolean) {
    super('Cancelled');
    this.isSignIn = isSignIn;
  }
}

/** The request was cancelled while it waited in the limiter's queue or for the sign-in. */
export function notSentError(): Error {
  return new NotSentError(false);
}

/** The user closed the sign-in prompt. */
export function signInCancelledError(): Error {
  return new NotSentError(true);
}

/** The user cancelled only the sign-in, not the command, so the command still reports its result. */
export function isSignInCancelled(error: unknown): boolean {
  return wasNotSent(error) && error instanceof Error && 'isSignIn' in error && error.isSignIn === true;
}

export function wasNotSent(error: unknown): boolean {
  return isAbort(error) && typeof error === 'object' && error !== null && 'wasSent' in error && error.wasSent === false;
}
