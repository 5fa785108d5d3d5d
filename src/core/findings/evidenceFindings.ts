import * as l10n from '@vscode/l10n';
import { localDay, printable } from '../base/text.ts';
import type { GrantEvidence } from '../evidence/evidence.ts';
import { type Holder, isYounger } from '../evidence/holder.ts';
import { absenceText, idOwnerText, successorText } from '../evidence/holderText.ts';
import type { IamPrincipal, IamRole } from '../kms/evidenceApi.ts';
import type { Grant, KeyLastUsage } from '../kms/model.ts';
import type { FindingKind, FindingOptions } from './finding.ts';

/** IAM keeps the last use of a role for so long (IAM API Reference, "RoleLastUsed"). */
const roleUseDays = 400;
const dayMs = 24 * 60 * 60_000;

export interface EvidenceFinding {
  readonly kind: FindingKind;
  /** Printable. */
  readonly reason: string;
}

/** What the evidence on a grant adds to its findings. Each is what AWS answered, as of the time of that answer. */
export function evidenceFindings(
  grant: Grant,
  { holder, keyLastUsed }: GrantEvidence,
  { keyUnusedDays }: Pick<FindingOptions, 'keyUnusedDays'>,
): readonly EvidenceFinding[] {
  return [
    ...(holder?.kind === 'known' ? holderFindings(holder.value, grant, holder.at) : []),
    ...(keyLastUsed?.kind === 'known' ? keyUseFindings(keyLastUsed.value, keyLastUsed.at, keyUnusedDays) : []),
  ];
}

/** Whose the unique ID in place of a grantee is, where IAM has it: KMS may resolve it later. */
export function idOwnerSentence({ holder }: GrantEvidence): string | undefined {
  return holder?.kind === 'known' && holder.value.kind === 'sameId' ? idOwnerText(holder.value.principal) : undefined;
}

function holderFindings(holder: Holder, grant: Grant, at: number): readonly EvidenceFinding[] {
  switch (holder.kind) {
    case 'role':
      // The use of another role says nothing about the grantee.
      return isYounger(holder.role, grant) ? [recreated(holder.role)] : roleUseFindings(holder.role, at);
    case 'user':
      return isYounger(holder.user, grant) ? [recreated(holder.user)] : [];
    case 'noSuchName':
      return [{ kind: 'noSuchGrantee', reason: absenceText(holder) }];
    case 'noSuchId': {
      const { successor } = holder;
      return [
        { kind: 'noSuchGrantee', reason: absenceText(holder) },
        ...(successor === undefined ? [] : [boundToId(successorText(successor))]),
      ];
    }
    case 'sameId':
    case 'otherAccount':
    case 'notInIam':
      return [];
  }
}

function recreated({ arn, created }: IamPrincipal): EvidenceFinding {
  const day = created === undefined ? '' : localDay(created);
  return boundToId(l10n.t('{0} was created {1}, after the grant.', printable(arn, 400), day));
}

function boundToId(sentence: string): EvidenceFinding {
  const rule = l10n.t('A grant is bound to the ID of its grantee, and a recreated principal has a new ID.');
  return { kind: 'granteeRecreated', reason: `${sentence} ${rule}` };
}

function roleUseFindings({ lastUsed, created }: IamRole, at: number): readonly EvidenceFinding[] {
  // Of a younger role, the record is shorter.
  const since = lastUsed?.at ?? created;
  if (since === undefined || daysBetween(since, at) <= roleUseDays) {
    return [];
  }
  const recorded =
    lastUsed === undefined
      ? l10n.t('IAM recorded no use of the role.')
      : l10n.t('IAM recorded no use of the role since {0}.', localDay(lastUsed.at));
  const limits = l10n.t('IAM looks back about 400 days, in some Regions less.');
  return [{ kind: 'roleNotUsed', reason: `${recorded} ${limits}` }];
}

function keyUseFindings(usage: KeyLastUsage, at: number, keyUnusedDays: number): readonly EvidenceFinding[] {
  const since = noUseSince(usage);
  if (since === undefined || daysBetween(since, at) <= keyUnusedDays) {
    return [];
  }
  const recorded =
    usage.last === undefined
      ? l10n.t('No use of the key recorded since {0}.', localDay(since))
      : l10n.t('No use of the key recorded since {0}, the day of its last use.', localDay(since));
  const limits = l10n.t(
    "Counts successful cryptographic operations in this Region, not only through this grant, and can be an hour late. An attached volume doesn't use its key again until it's reattached.",
  );
  return [{ kind: 'keyNotUsed', reason: `${recorded} ${limits}` }];
}

/**
 * Since when no use of the key is recorded: its last one, or when recording began. A key that is younger than that has no
 * earlier use. `undefined` when KMS does not say.
 */
export function noUseSince({ last, trackingStartDate, keyCreationDate }: KeyLastUsage): Date | undefined {
  if (last !== undefined || trackingStartDate === undefined || keyCreationDate === undefined) {
    return last?.timestamp ?? trackingStartDate;
  }
  return keyCreationDate > trackingStartDate ? keyCreationDate : trackingStartDate;
}

function daysBetween(since: Date, at: number): number {
  return (at - since.getTime()) / dayMs;
}
