import * as l10n from '@vscode/l10n';

/** The kinds that are shown as warnings, the gravest first. */
const warningKinds = [
  'noSuchGrantee',
  'granteeRecreated',
  'possiblyOrphaned',
  'duplicate',
  'accountRoot',
  'otherAccount',
  'mayCreateGrants',
  'roleNotUsed',
  'nearQuota',
] as const;

/** What is worth a look about a grant, the gravest first. Each is a fact that AWS itself gave, never a guess. */
export const findingKinds = [
  ...warningKinds,
  'keyPendingDeletion',
  'keyDisabled',
  'keyNotUsed',
  'onlyAdminsCanEnd',
  'noEncryptionContext',
  'olderThan',
] as const;

export type FindingKind = (typeof findingKinds)[number];

const warnings: ReadonlySet<FindingKind> = new Set(warningKinds);

export function isWarningKind(kind: FindingKind): boolean {
  return warnings.has(kind);
}

/** `warning`: somebody should look at it. `info`: good to know, and always so for grants that an AWS service manages. */
export type FindingSeverity = 'warning' | 'info';

export interface Finding {
  readonly kind: FindingKind;
  readonly severity: FindingSeverity;
  /** Two or three words, for a row. */
  readonly title: string;
  /** Why it is a finding, in one sentence. Printable. */
  readonly reason: string;
  /** What revoking the grant would do. Printable. */
  readonly effect: string;
  /** The AWS service that the grant belongs to: then it is that service's to clean up. */
  readonly managedBy: string | undefined;
}

export interface FindingOptions {
  /** Kinds that are switched off. */
  readonly off: ReadonlySet<FindingKind>;
  /** A grant older than so many days is a finding. */
  readonly olderThanDays: number;
  /** A key of which no use was recorded for more than so many days is a finding. */
  readonly keyUnusedDays: number;
}

export const defaultFindingOptions: FindingOptions = { off: new Set(), olderThanDays: 365, keyUnusedDays: 90 };

/** What each kind is called. */
export function findingTitle(kind: FindingKind): string {
  switch (kind) {
    case 'noSuchGrantee':
      return l10n.t('Not found in IAM');
    case 'granteeRecreated':
      return l10n.t('Grantee recreated');
    case 'possiblyOrphaned':
      return l10n.t('Possibly orphaned');
    case 'duplicate':
      return l10n.t('Duplicate');
    case 'accountRoot':
      return l10n.t('Whole account');
    case 'otherAccount':
      return l10n.t('Another account');
    case 'mayCreateGrants':
      return l10n.t('Can create grants');
    case 'roleNotUsed':
      return l10n.t('No recent role use recorded');
    case 'nearQuota':
      return l10n.t('Near the default quota');
    case 'keyPendingDeletion':
      return l10n.t('Key pending deletion');
    case 'keyDisabled':
      return l10n.t('Key disabled');
    case 'keyNotUsed':
      return l10n.t('No recent key use recorded');
    case 'onlyAdminsCanEnd':
      return l10n.t('No retiring principal');
    case 'noEncryptionContext':
      return l10n.t('No encryption context constraint');
    case 'olderThan':
      return l10n.t('Old grant');
  }
}

const severityOrder = new Map<FindingKind, number>(findingKinds.map((kind, index) => [kind, index]));

export function sortFindings(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted((left, right) => (severityOrder.get(left.kind) ?? 0) - (severityOrder.get(right.kind) ?? 0));
}
