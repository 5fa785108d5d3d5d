import * as l10n from '@vscode/l10n';
import type { FindingKind } from './finding.ts';

/** What a finding means, and what to do about it. */
export function findingMeaning(kind: FindingKind): string {
  switch (kind) {
    case 'noSuchGrantee':
      return l10n.t(
        'IAM has no role or user of this name or ID. Open Evidence to see where it was searched for, then revoke the grant if nothing needs it.',
      );
    case 'granteeRecreated':
      return l10n.t(
        'A role or user of this name has another ID, or was created after the grant. Create a grant for it if it needs one, then revoke this one.',
      );
    case 'possiblyOrphaned':
      return l10n.t(
        'KMS shows a unique ID instead of a name: the grantee was deleted or recreated, or is too new. Load evidence to ask IAM before you revoke.',
      );
    case 'duplicate':
      return l10n.t(
        'A newer grant on the key has the same operations, grantee, encryption context, and name. Revoke the older one, so that a single revoke can end the access later.',
      );
    case 'accountRoot':
      return l10n.t(
        'The grantee is a whole account, whose administrators decide who can use the key. Create grants for individual roles instead, then revoke this one.',
      );
    case 'otherAccount':
      return l10n.t(
        'The grantee is in a different account than the key. Revoke the grant if you no longer share the key with that account.',
      );
    case 'mayCreateGrants':
      return l10n.t(
        "The grantee can pass its access on by creating grants. Check that it needs to, and look for the grants that it created: a revoke doesn't remove them.",
      );
    case 'roleNotUsed':
      return l10n.t(
        'IAM, which looks back about 400 days, recorded no use of the role. Ask its owner before you revoke: a rare job can still need it.',
      );
    case 'nearQuota':
      return l10n.t(
        'The key has nearly as many grants as AWS allows by default, or more. Revoke those that nobody needs, or ask AWS for a higher quota.',
      );
    case 'keyPendingDeletion':
      return l10n.t(
        'Nobody can use the grant for cryptographic operations while its key is pending deletion. Cancel the deletion if something still needs the key.',
      );
    case 'keyDisabled':
      return l10n.t(
        'Nobody can use the grant for cryptographic operations while its key is disabled. Revoke it if it must not work when the key is enabled again.',
      );
    case 'keyNotUsed':
      return l10n.t(
        'KMS recorded no cryptographic operation with the key for the number of days in your settings. Look for what needs the key before you revoke its grants.',
      );
    case 'onlyAdminsCanEnd':
      return l10n.t(
        "The grant has no retiring principal and doesn't allow RetireGrant, so the principals that use it can't retire it. Revoke it when it is no longer needed.",
      );
    case 'noEncryptionContext':
      return l10n.t(
        'The grant allows decryption of everything encrypted with the key. If the application uses an encryption context, create a grant with it, then revoke this one.',
      );
    case 'olderThan':
      return l10n.t(
        "The grant is older than the limit in your settings, and grants don't expire by themselves. Check that its grantee still needs the key, and revoke it if not.",
      );
  }
}
