export type HelpfulAction =
  | 'signIn'
  | 'openConnections'
  | 'manageTrust'
  | 'retry'
  | 'selectProfile'
  | 'selectRegion'
  | 'openKeyByArn'
  | 'showLog';

/** A failure with a sentence for the user and the actions that help. Test with {@link isUserError}. */
export class UserError extends Error {
  override readonly name = 'UserError';
  readonly actions: readonly HelpfulAction[];

  constructor(sentence: string, actions: readonly HelpfulAction[] = [], cause?: unknown) {
    super(sentence, { cause });
    this.actions = actions;
  }
}

export function isUserError(error: unknown): error is UserError {
  return error instanceof Error && error.name === 'UserError' && 'actions' in error;
}

/**
 * A change that was sent, but whose outcome is unknown: it may have been made. It offers no Retry, which could make the
 * change twice. Test with {@link isUnanswered}.
 */
export class UnansweredError extends UserError {
  readonly isUnanswered = true;

  constructor(sentence: string, cause: unknown) {
    super(sentence, ['showLog'], cause);
  }
}

export function isUnanswered(error: unknown): error is UnansweredError {
  return isUserError(error) && 'isUnanswered' in error;
}
