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
/** About a grantee or retiring principal, never about the key. */
export const invalidPrincipal = (arn: string) => invalidArn(`ARN does not refer to a valid principal: ${arn}`);
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

/** A kind of policy, as AWS calls it in its answers. */
type PolicyType =
  | 'identity-based policy'
  | 'resource-based policy'
  | 'session policy'
  | 'permissions boundary'
  | 'service control policy'
  | 'resource control policy'
  | 'VPC endpoint policy'
  | 'role trust policy';

/** Why a call is denied, as far as AWS says it. */
export type DenialReason =
  /** No policy of this type allows it. */
  | { readonly kind: 'notAllowed'; readonly by: PolicyType }
  /** A policy of this type denies it; of several, AWS names one. */
  | { readonly kind: 'denied'; readonly by: PolicyType; readonly policyArn?: string }
  /** AWS says no reason, as it did before it had these sentences. */
  | { readonly kind: 'unsaid' };

/** What IAM answers (IAM User Guide, "Troubleshoot access denied error messages"). */
export function accessDenied(
  principalArn: string,
  action: string,
  resource: string,
  reason: DenialReason = { kind: 'notAllowed', by: 'identity-based policy' },
): AwsError {
  const what = `User: ${principalArn} is not authorized to perform: ${action} on resource: ${resource}`;
  return new AwsError('AccessDeniedException', `${what}${tailOf(reason, action)}`);
}

function tailOf(reason: DenialReason, action: string): string {
  switch (reason.kind) {
    case 'notAllowed':
      return ` because no ${reason.by} allows the ${action} action`;
    case 'denied': {
      const article = reason.by.startsWith('i') ? 'an' : 'a';
      const policy = reason.policyArn === undefined ? '' : `: ${reason.policyArn}`;
      return ` with an explicit deny in ${article} ${reason.by}${policy}`;
    }
    case 'unsaid':
      return '';
  }
}

/** What the key's own policy, or its account, does not allow. */
export const notAllowedByKey: DenialReason = { kind: 'notAllowed', by: 'resource-based policy' };

/** Of another account's key AWS does not say whether there is one. */
export function deniedElsewhere(principalArn: string, action: string): AwsError {
  return new AwsError(
    'AccessDeniedException',
    `User: ${principalArn} is not authorized to perform: ${action} on this resource because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access`,
  );
}
