import { canBeGranted, symmetricOperations, validOperationNames } from '../kms/grantOperations.ts';
import { contextPairProblem, principalProblem } from '../kms/grantRules.ts';
import { parseKeyArn } from '../kms/keyArn.ts';
import { isAwsManaged, type KeyMetadata, refusesCreateGrant } from '../kms/model.ts';
import { parsePrincipal } from '../kms/principal.ts';
import { type ErrorText, operationOf } from './errorText.ts';
import type { Lead } from './keyFacts.ts';

/** A grant that could allow the call that failed. */
export interface GrantProposal {
  readonly keyArn: string;
  readonly grantee: string;
  readonly operations: readonly string[];
  /** Empty where the text gives none. */
  readonly context: Readonly<Record<string, string>>;
}

/** Whether a grant could allow the call. Where the text names no operation, it may be one that no grant can allow. */
export function mayGrantHelp({ kind, action, reason }: ErrorText, lead: Lead): boolean {
  const isUnallowed =
    kind === 'accessDenied' &&
    (reason?.kind === 'notGiven' ||
      reason?.kind === 'notShared' ||
      (reason?.kind === 'notAllowed' && ['identity', 'resource', 'other'].includes(reason.policy)));
  const metadata = metadataIn(lead);
  const isRefused =
    metadata !== undefined &&
    (refusesCreateGrant(metadata.state) || (lead.kind === 'found' && isAwsManaged(lead.facts.key, metadata)));
  return isUnallowed && !isRefused && action !== undefined && canBeGranted(operationOf(action));
}

function metadataIn(lead: Lead): KeyMetadata | undefined {
  return lead.kind === 'found' && lead.facts.metadata.kind === 'known' ? lead.facts.metadata.value : undefined;
}

/** `undefined` where no grant helps, or none can be made. */
export function proposalFor(error: ErrorText, lead: Lead): GrantProposal | undefined {
  const { action, principal, encryptionContext = {} } = error;
  const keyArn = lead.kind === 'found' ? lead.facts.key.arn : error.key?.kind === 'arn' ? error.key.arn : undefined;
  if (action === undefined || principal === undefined || keyArn === undefined || parseKeyArn(keyArn) === undefined) {
    return undefined;
  }
  const operation = operationOf(action);
  const grantee = granteeFor(principal);
  // A grant to the ARN of the root user is one to the whole account.
  const isRoot = parsePrincipal({ kind: 'principal', value: principal }).kind === 'accountRoot';
  const canHold = !isRoot && principalProblem(grantee, keyArn) === undefined;
  const isGrantable = validOperationNames(metadataIn(lead)).includes(operation) && operation !== 'CreateGrant';
  if (!mayGrantHelp(error, lead) || !canHold || !isGrantable) {
    return undefined;
  }
  const pairs = Object.entries(encryptionContext);
  const isTaken = pairs.every(([key, value]) => contextPairProblem(`${key}=${value}`, {}) === undefined);
  const takesContext = symmetricOperations.includes(operation) && pairs.length <= 8 && isTaken;
  return { keyArn, grantee, operations: [operation], context: takesContext ? encryptionContext : {} };
}

/**
 * Of a session its role, whose path isn't in the ARN of the session: this one is the role's if it has no path. Roles of
 * IAM Identity Center have one, with a Region at times, and their sessions are persons: then it is the session.
 */
function granteeFor(principal: string): string {
  const { partition, account, role } =
    /^arn:(?<partition>[\w-]+):sts::(?<account>\d{12}):assumed-role\/(?!AWSReservedSSO_)(?<role>[\w+=,.@-]{1,64})\//.exec(
      principal,
    )?.groups ?? {};
  return role === undefined ? principal : `arn:${partition}:iam::${account}:role/${role}`;
}
