import { isKind, isKmsError, type KmsError } from '../kms/errors.ts';

/** What can be known about a grant besides what KMS lists, in the order of its weight. */
export const evidenceKinds = ['creator', 'keyLastUsed', 'holder', 'remains'] as const;

export type EvidenceKind = (typeof evidenceKinds)[number];

/** The permissions that evidence takes. */
export type EvidencePermission =
  | 'cloudtrail:LookupEvents'
  | 'iam:GetAccountAuthorizationDetails'
  | 'iam:GetRole'
  | 'iam:GetUser'
  | 'iam:ListRoles'
  | 'iam:ListUsers'
  | 'kms:GetKeyLastUsage'
  | 'kms:GetKeyPolicy';

/** How a question to AWS ended. */
export type Answer<T> =
  /**
   * What AWS answered; that may be that it has nothing, and how far it was looked. `through`: the name of the connection
   * that was asked, if it isn't the grant's own.
   */
  | { readonly kind: 'known'; readonly value: T; readonly at: number; readonly through?: string | undefined }
  | { readonly kind: 'denied'; readonly permission: EvidencePermission; readonly error: KmsError }
  /** The endpoint has no such operation. */
  | { readonly kind: 'notSupported' }
  | { readonly kind: 'failed'; readonly error: KmsError };

/** @param at when AWS answered, by the clock of this computer. Milliseconds since the epoch. */
export function known<T>(value: T, at: number, through?: string): Answer<T> {
  return { kind: 'known', value, at, ...(through !== undefined && { through }) };
}

/** What a failed question says. @throws any error that is not AWS's, such as an AbortError */
export function unanswered(error: unknown, permission: EvidencePermission): Answer<never> {
  if (!isKmsError(error)) {
    throw error;
  }
  if (isKind(error, 'accessDenied')) {
    return { kind: 'denied', permission, error };
  }
  return isKind(error, 'notSupported') ? { kind: 'notSupported' } : { kind: 'failed', error };
}
