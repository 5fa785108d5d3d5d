import { AwsError } from '../../src/emulator/errors.ts';
import { matchesPattern } from './pattern.ts';

/** A permission that is missing. Patterns may hold `*`. */
export interface Denial {
  /** A pattern of principal ARNs; absent: everyone. */
  readonly principal?: string;
  /** A pattern of operation names or actions, such as `RevokeGrant`, `List*` or `iam:*`. */
  readonly operation: string;
  /** A key ID; absent: every key, and the operations that have none. */
  readonly keyId?: string;
  /** What AWS says of it; absent: no identity-based policy allows it. */
  readonly reason?: DenialReason;
}

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

/**
 * What AWS answers where one of these permissions is missing; undefined where none is.
 * @param action such as `kms:ListGrants`
 * @param resource as AWS names it, such as a key's ARN, or `*`; undefined when it names none
 */
export function denialOf(
  denials: readonly Denial[],
  action: string,
  principalArn: string,
  resource: string | undefined,
): AwsError | undefined {
  const [, operation = ''] = action.split(':');
  const denial = denials.find(
    ({ principal = '*', operation: pattern, keyId }) =>
      (matchesPattern(pattern, operation) || matchesPattern(pattern, action)) &&
      matchesPattern(principal, principalArn) &&
      (keyId === undefined || resource?.endsWith(`:key/${keyId}`) === true),
  );
  return denial && accessDenied(principalArn, action, resource, denial.reason);
}

/** What IAM answers (IAM User Guide, "Troubleshoot access denied error messages"). */
function accessDenied(
  principalArn: string,
  action: string,
  resource: string | undefined,
  reason: DenialReason = { kind: 'notAllowed', by: 'identity-based policy' },
): AwsError {
  const what = `User: ${principalArn} is not authorized to perform: ${action}`;
  const on = resource === undefined ? '' : ` on resource: ${resource}`;
  return new AwsError('AccessDeniedException', `${what}${on}${tailOf(reason, action)}`);
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
