/** An answer of AWS that is an error: its code, its text and its HTTP status. */
export class AwsError extends Error {
  constructor(
    /** AWS's own name, such as `NotFoundException`. */
    readonly code: string,
    message: string,
    readonly status = 400,
  ) {
    super(message);
    this.name = code;
  }
}

export const notFound = (message: string) => new AwsError('NotFoundException', message);
export const invalidArn = (message: string) => new AwsError('InvalidArnException', message);
export const invalidGrantId = () => new AwsError('InvalidGrantIdException', 'Invalid grant ID.');
export const validationError = (message: string) => new AwsError('ValidationException', message);
export const throttled = () =>
  new AwsError(
    'ThrottlingException',
    'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.',
  );
export const dryRunSucceeded = () =>
  new AwsError('DryRunOperationException', 'The request would have succeeded, but the DryRun option is set.');
export const internalError = () => new AwsError('KMSInternalException', 'An internal error occurred.', 500);
export const dependencyTimeout = () =>
  new AwsError('DependencyTimeoutException', 'The system timed out while trying to fulfill the request.', 503);
export const serializationError = (message: string) => new AwsError('SerializationException', message);

/**
 * What IAM answers.
 * @param policy whose missing permission it is: the caller's own, or, for a key of another account, the key's
 */
export function accessDenied(
  principalArn: string,
  action: string,
  resource: string,
  policy: 'identity' | 'resource' = 'identity',
): AwsError {
  return new AwsError(
    'AccessDeniedException',
    `User: ${principalArn} is not authorized to perform: ${action} on resource: ${resource} because no ${policy}-based policy allows the ${action} action`,
  );
}
