import type { PageLink } from '../words/page.ts';
import type { FindingKind } from './finding.ts';

const kmsGuide = 'https://docs.aws.amazon.com/kms/latest/developerguide';

// Titles of AWS's pages are names: they stay as AWS wrote them.
const identifiers: PageLink = {
  text: 'IAM identifiers',
  url: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html',
};
const bestPractices: PageLink = {
  text: 'Best practices for AWS KMS grants',
  url: `${kmsGuide}/grant-best-practices.html`,
};
const keyStates: PageLink = { text: 'Key states of AWS KMS keys', url: `${kmsGuide}/key-state.html` };

/** The page of AWS's documentation that a finding rests on. */
const guides: Readonly<Record<FindingKind, PageLink>> = {
  noSuchGrantee: identifiers,
  granteeRecreated: identifiers,
  possiblyOrphaned: identifiers,
  duplicate: bestPractices,
  accountRoot: bestPractices,
  otherAccount: {
    text: 'Allowing users in other accounts to use a KMS key',
    url: `${kmsGuide}/key-policy-modifying-external-accounts.html`,
  },
  mayCreateGrants: { text: 'Creating grants', url: `${kmsGuide}/create-grant-overview.html` },
  roleNotUsed: {
    text: 'RoleLastUsed',
    url: 'https://docs.aws.amazon.com/IAM/latest/APIReference/API_RoleLastUsed.html',
  },
  nearQuota: { text: 'Resource quotas', url: `${kmsGuide}/resource-limits.html` },
  keyPendingDeletion: keyStates,
  keyDisabled: keyStates,
  keyNotUsed: {
    text: 'GetKeyLastUsage',
    url: 'https://docs.aws.amazon.com/kms/latest/APIReference/API_GetKeyLastUsage.html',
  },
  onlyAdminsCanEnd: { text: 'Retiring and revoking grants', url: `${kmsGuide}/grant-delete.html` },
  noEncryptionContext: bestPractices,
  olderThan: bestPractices,
};

/** Each page once. */
export function guidesOf(findings: readonly { readonly kind: FindingKind }[]): readonly PageLink[] {
  return [...new Set(findings.map(({ kind }) => guides[kind]))];
}
