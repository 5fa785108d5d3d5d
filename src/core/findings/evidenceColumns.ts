import { memoize } from '../base/memoize.ts';
import type { Answer } from '../evidence/answer.ts';
import type { Creator } from '../evidence/creator.ts';
import type { GrantEvidence } from '../evidence/evidence.ts';
import type { Holder } from '../evidence/holder.ts';
import type { KmsEvent } from '../evidence/kmsEvent.ts';
import type { Remains } from '../evidence/remains.ts';
import type { IamPrincipal } from '../kms/evidenceApi.ts';
import { isConditional, type PolicyReading } from '../kms/keyPolicy.ts';

/** The columns of what was loaded about a grant, in order. */
export const evidenceColumns = [
  'CreatedBy',
  'CreatedThrough',
  'CreateEventTime',
  'KeyLastOperation',
  'KeyLastUsed',
  'KeyUseTrackedSince',
  'GranteeInIam',
  'GranteeCreated',
  'GranteeLastUsed',
  'OtherGrants',
  'KeyPolicy',
] as const;

export type EvidenceCells = Readonly<Record<(typeof evidenceColumns)[number], string | undefined>>;

/** What AWS answered; nothing where it was not asked, or did not say. */
export const evidenceCells: (evidence: GrantEvidence) => EvidenceCells = memoize(cellsOf);

function cellsOf({ creator, keyLastUsed, holder, remains }: GrantEvidence): EvidenceCells {
  const event = eventOf(creator);
  const usage = knownOf(keyLastUsed);
  const grantee = knownOf(holder);
  return {
    CreatedBy: event?.caller.arn,
    CreatedThrough: event?.caller.invokedBy,
    CreateEventTime: event?.time?.toISOString(),
    KeyLastOperation: usage?.last?.operation,
    KeyLastUsed: usage?.last?.timestamp.toISOString(),
    KeyUseTrackedSince: usage?.trackingStartDate?.toISOString(),
    GranteeInIam: inIam(grantee),
    GranteeCreated: principalOf(grantee)?.created?.toISOString(),
    GranteeLastUsed: lastUseOf(grantee),
    OtherGrants: remains && otherGrants(remains),
    KeyPolicy: knownOf(remains?.policy)?.map(policyText).join('; '),
  };
}

function knownOf<T>(answer: Answer<T> | undefined): T | undefined {
  return answer?.kind === 'known' ? answer.value : undefined;
}

function eventOf(answer: Answer<Creator> | undefined): KmsEvent | undefined {
  const creator = knownOf(answer);
  return creator?.kind === 'found' ? creator.event : undefined;
}

function inIam(holder: Holder | undefined): string | undefined {
  switch (holder?.kind) {
    case 'role':
    case 'user':
    case 'sameId':
      return 'Exists';
    case 'noSuchName':
      return 'NoSuchName';
    case 'noSuchId':
      return 'NoSuchId';
    // IAM was not asked.
    case 'otherAccount':
    case 'notInIam':
    case undefined:
      return undefined;
  }
}

function principalOf(holder: Holder | undefined): IamPrincipal | undefined {
  switch (holder?.kind) {
    case 'role':
      return holder.role;
    case 'user':
      return holder.user;
    case 'sameId':
      return holder.principal;
    default:
      return undefined;
  }
}

function lastUseOf(holder: Holder | undefined): string | undefined {
  return holder?.kind === 'role' ? holder.role.lastUsed?.at.toISOString() : undefined;
}

/** Their number, with a plus where not all grants of the key were read. None of some says nothing. */
function otherGrants({ grants, isPartial }: Remains): string | undefined {
  if (!isPartial) {
    return String(grants.length);
  }
  return grants.length === 0 ? undefined : `${grants.length}+`;
}

/** `account: Decrypt Encrypt`; with what else applies, `principal, conditions, iamPolicy: Decrypt`. */
function policyText(reading: PolicyReading): string {
  const { outcome, operations, conditionalDenials, needsIamPolicy } = reading;
  const parts = [
    outcome,
    ...(isConditional(reading) ? ['conditions'] : []),
    ...(needsIamPolicy && outcome !== 'account' ? ['iamPolicy'] : []),
    ...(conditionalDenials.length > 0 ? ['conditionalDeny'] : []),
  ];
  return `${parts.join(', ')}: ${operations.join(' ')}`;
}
