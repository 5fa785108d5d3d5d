import type { Grant, GrantConstraints } from '../kms/model.ts';
import { grantee } from '../kms/principal.ts';
import type { Caller, KeyUse, KmsEvent } from './kmsEvent.ts';

/**
 * Whether a CreateGrant is within a grant depends on the grant that it creates, and a grantee that retired this grant
 * would have ended it.
 */
const notCounted: ReadonlySet<string> = new Set(['CreateGrant', 'RetireGrant']);

/** Their requests have no encryption context, and KMS applies no constraint to them. */
const withoutContext: ReadonlySet<string> = new Set(['DescribeKey', 'GetPublicKey']);

/**
 * What an event records that the grant would allow its grantee on this key. The event names no grant, so something else
 * may have allowed it.
 * @param keyArn the key that the event was found by
 */
export function allowedUse(grant: Grant, keyArn: string, event: KmsEvent): KeyUse | undefined {
  if (event.errorCode !== undefined || isBefore(event, grant) || !isByGrantee(grant, event.caller)) {
    return undefined;
  }
  return event.uses.find(
    ({ operation, keyArn: used = keyArn, encryptionContext }) =>
      used === keyArn &&
      grant.operations.includes(operation) &&
      !notCounted.has(operation) &&
      (withoutContext.has(operation) || meets(grant.constraints, encryptionContext)),
  );
}

/** Events have whole seconds. */
function isBefore({ time }: KmsEvent, { creationDate }: Grant): boolean {
  return time !== undefined && creationDate !== undefined && time.getTime() < wholeSecond(creationDate).getTime();
}

export function wholeSecond(date: Date): Date {
  return new Date(Math.floor(date.getTime() / 1000) * 1000);
}

function isByGrantee(grant: Grant, caller: Caller): boolean {
  const { kind, value, account } = grantee(grant);
  switch (kind) {
    case 'service':
    case 'awsInternal':
      // With a principal beside it, a service acts by the rights of that principal.
      return caller.arn === undefined && withoutRegion(caller.invokedBy) === withoutRegion(value);
    case 'role':
    case 'serviceLinkedRole':
      return caller.arn?.startsWith(sessionsOf(value)) === true;
    case 'unresolvedRole':
      return caller.principalId === value || caller.principalId?.startsWith(`${value}:`) === true;
    case 'accountRoot':
      return caller.account === account;
    default:
      return caller.arn === value || caller.principalId === value;
  }
}

/** How the ARN of each session of a role begins. It has the role's name without its path; an account has each name once. */
function sessionsOf(roleArn: string): string {
  return roleArn.replace(':iam:', ':sts:').replace(/:role\/(?:.*\/)?([^/]+)$/, ':assumed-role/$1/');
}

/** `rds.eu-west-1.amazonaws.com` is `rds.amazonaws.com` in one Region. */
function withoutRegion(service: string | undefined): string | undefined {
  return service?.replace(/^([\w-]+)\.[a-z]{2,4}(?:-[a-z]+)+-\d+\./, '$1.');
}

function meets(
  { encryptionContextEquals, encryptionContextSubset }: GrantConstraints,
  context: Readonly<Record<string, string>>,
): boolean {
  const holds = (wanted: Readonly<Record<string, string>>) =>
    Object.entries(wanted).every(([key, value]) => Object.hasOwn(context, key) && context[key] === value);
  const isSame = (wanted: Readonly<Record<string, string>>) =>
    holds(wanted) && Object.keys(wanted).length === Object.keys(context).length;
  return (
    (encryptionContextSubset === undefined || holds(encryptionContextSubset)) &&
    (encryptionContextEquals === undefined || isSame(encryptionContextEquals))
  );
}
