export function abortError(): Error {
  const error = new Error('Cancelled');
  error.name = 'AbortError';
  return error;
}

/** Cancelled by the user or by a newer request: not a failure. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

/** The result of `promise`, for a caller who stops waiting when `signal` is aborted; the work itself goes on. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(abortError());
    if (signal.aborted) {
      onAbort();
    }
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** Cancelled before anything was sent. Recognised by its name, as every cancellation, and by its members. */
class NotSentError extends Error {
  override readonly name = 'AbortError';
  readonly wasSent = false;
  readonly isSignIn: boolean;

  constructor(isSignIn: boolean) {
    super('Cancelled');
    this.isSignIn = isSignIn;
  }
}

/** As {@link isAbort}, of a request that was still waiting for its turn, or for the sign-in. */
export function notSentError(): Error {
  return new NotSentError(false);
}

/** As {@link isAbort}: the person closed the question of the sign-in. */
export function signInCancelledError(): Error {
  return new NotSentError(true);
}

/** Who did that did not cancel the command itself, and has to hear what became of it. */
export function isSignInCancelled(error: unknown): boolean {
  return wasNotSent(error) && error instanceof Error && 'isSignIn' in error && error.isSignIn === true;
}

export function wasNotSent(error: unknown): boolean {
  return isAbort(error) && typeof error === 'object' && error !== null && 'wasSent' in error && error.wasSent === false;
}
