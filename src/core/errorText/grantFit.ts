import { relationTo, roleOf } from '../kms/keyPolicy.ts';
import type { Grant } from '../kms/model.ts';
import { contextOf, grantee, type Principal, parsePrincipal } from '../kms/principal.ts';
import type { EncryptionContext } from './encryptionContext.ts';
import { type ErrorText, operationOf } from './errorText.ts';

/** The call that failed, as far as a text names it. */
export interface FailedRequest {
  readonly principal: Principal;
  /** Such as `Decrypt`. */
  readonly operation: string;
  /** `undefined`: the text doesn't say which it was, or whether there was one. */
  readonly context: EncryptionContext | undefined;
}

/** `undefined` where the text doesn't name the principal as a whole, or the operation. */
export function requestOf({ principal, action, encryptionContext }: ErrorText): FailedRequest | undefined {
  const named = principal === undefined ? undefined : parsePrincipal({ kind: 'principal', value: principal });
  return named === undefined || named.kind === 'other' || action === undefined
    ? undefined
    : { principal: named, operation: operationOf(action), context: encryptionContext };
}

/** What keeps a grant from allowing a call. */
export type Gap =
  | { readonly kind: 'operation' }
  /** It is another session's of the same role. */
  | { readonly kind: 'otherSession' }
  /** It is the whole account's: an IAM policy must allow the call too. */
  | { readonly kind: 'account' }
  /** Whether it is this principal's can't be seen. */
  | { readonly kind: 'unclearHolder' }
  /** The call has no such pair, or another value in it. */
  | { readonly kind: 'contextPair'; readonly key: string; readonly value: string; readonly given: string | undefined }
  /** The call has a pair that the grant doesn't allow. */
  | { readonly kind: 'contextExtra'; readonly key: string }
  | { readonly kind: 'contextUnknown'; readonly pairs: EncryptionContext }
  | { readonly kind: 'sourceArn'; readonly arn: string };

/** A grant of the principal that called, in one form or another, and what it lacks; nothing where it allows the call. */
export interface GrantFit {
  readonly grant: Grant;
  readonly gaps: readonly Gap[];
}

/** The grants that are the principal's, or nearly, those that lack least first. */
export function grantsFor(request: FailedRequest, grants: readonly Grant[]): readonly GrantFit[] {
  return grants
    .flatMap((grant) => {
      const holder = holderGap(grant, request.principal);
      return holder === undefined ? [] : [{ grant, gaps: [...holder, ...otherGaps(grant, request)] }];
    })
    .sort((left, right) => left.gaps.length - right.gaps.length);
}

/** Grants for the operation whose holder is an ID: a role that is created again has a new one, and no grant of the old. */
export function unresolvedFor({ principal, operation }: FailedRequest, grants: readonly Grant[]): readonly Grant[] {
  const isRole = roleOf(principal.value) !== undefined;
  return grants.filter((grant) => {
    const { kind, value } = grantee(grant);
    const isLost = isRole ? kind === 'unresolvedRole' : principal.kind === 'user' && kind === 'unresolvedUser';
    return isLost && value !== principal.value && grant.operations.includes(operation);
  });
}

/** `undefined` where the grant is surely somebody else's. */
function holderGap(grant: Grant, principal: Principal): readonly Gap[] | undefined {
  const holder = grantee(grant);
  if (holder.value === principal.value) {
    return [];
  }
  if (holder.kind === 'service' || holder.kind === 'awsInternal' || holder.kind === 'other') {
    return undefined;
  }
  switch (relationTo(holder.value, { principal })) {
    case 'principal':
      return [];
    case 'account':
      return [{ kind: 'account' }];
    case 'unknown':
      return isSameRole(holder.value, principal.value) ? [{ kind: 'otherSession' }] : [{ kind: 'unclearHolder' }];
    case 'everyone':
    case 'none':
      return isSameRole(holder.value, principal.value) ? [{ kind: 'otherSession' }] : undefined;
  }
}

function isSameRole(left: string, right: string): boolean {
  const [one, other] = [roleOf(left), roleOf(right)];
  return one !== undefined && other !== undefined && one.account === other.account && one.name === other.name;
}

/** The operations whose encryption context a grant constrains (KMS API Reference, "GrantConstraints"). */
const withContext = /^(?:Decrypt|Encrypt|GenerateDataKey\w*|ReEncrypt(?:From|To))$/;

function otherGaps(grant: Grant, { operation, context, principal }: FailedRequest): readonly Gap[] {
  const { sourceArn } = grant.constraints;
  return [
    ...(grant.operations.includes(operation) ? [] : [{ kind: 'operation' } as const]),
    ...(withContext.test(operation) ? contextGaps(grant, context) : []),
    ...(sourceArn === undefined || principal.kind !== 'service'
      ? []
      : [{ kind: 'sourceArn', arn: sourceArn } as const]),
  ];
}

function contextGaps(grant: Grant, context: EncryptionContext | undefined): readonly Gap[] {
  const pairs = contextOf(grant);
  const keys = Object.keys(pairs);
  if (keys.length === 0) {
    return [];
  }
  if (context === undefined) {
    return [{ kind: 'contextUnknown', pairs }];
  }
  const isExact = grant.constraints.encryptionContextEquals !== undefined;
  const valueIn = (key: string) => (Object.hasOwn(context, key) ? context[key] : undefined);
  return [
    ...Object.entries(pairs)
      .filter(([key, value]) => valueIn(key) !== value)
      .map(([key, value]) => ({ kind: 'contextPair', key, value, given: valueIn(key) }) as const),
    ...(isExact ? Object.keys(context).filter((key) => !Object.hasOwn(pairs, key)) : []).map(
      (key) => ({ kind: 'contextExtra', key }) as const,
    ),
  ];
}
