/** An error as AWS answers it: its code, its text and its HTTP status. */
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
/** About a grantee or retiring principal, never about the key. */
export const invalidPrincipal = (arn: string) => invalidArn(`ARN does not refer to a valid principal: ${arn}`);
export const invalidGrantId = () => new AwsError('InvalidGrantIdException', 'Invalid grant ID.');
export const validationError = (message: string) => new AwsError('ValidationException', message);
export const dryRunSucceeded = () =>
  new AwsError('DryRunOperationException', 'The request would have succeeded, but the DryRun option is set.');
export const serializationError = (message: string) => new AwsError('SerializationException', message);

/** IAM's text when no policy of this type allows it (IAM User Guide, "Troubleshoot access denied error messages"). */
export function accessDenied(
  principalArn: string,
  action: string,
  resource: string,
  by: 'identity-based policy' | 'resource-based policy',
): AwsError {
  return new AwsError(
    'AccessDeniedException',
    `User: ${principalArn} is not authorized to perform: ${action} on resource: ${resource} because no ${by} allows the ${action} action`,
  );
}

/** For a key of another account, AWS does not reveal whether it exists. */
export function deniedElsewhere(principalArn: string, action: string): AwsError {
  return new AwsError(
    'AccessDeniedException',
    `User: ${principalArn} is not authorized to perform: ${action} on this resource because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access`,
  );
}
