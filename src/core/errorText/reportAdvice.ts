import * as l10n from '@vscode/l10n';
import type { DenialReason } from '../words/accessDenied.ts';
import type { PageLine, PageSection } from '../words/page.ts';
import { type ErrorText, operationOf } from './errorText.ts';
import { type GrantProposal, mayGrantHelp } from './grantProposal.ts';
import type { Lead } from './keyFacts.ts';

/** What can be done, the likeliest first. */
export function advice(error: ErrorText, lead: Lead, proposal: GrantProposal | undefined): PageSection {
  const lines = [
    ...kindAdvice(error),
    ...(proposal === undefined ? grantAdvice(error, lead) : proposalAdvice(error, proposal)),
    ...leadAdvice(error, lead),
  ];
  return { title: l10n.t('What to Do'), text: undefined, lines: lines.map((text): PageLine => ({ text })) };
}

function kindAdvice({ kind, action, reason, encryptionContext }: ErrorText): readonly string[] {
  switch (kind) {
    case 'accessDenied':
      return denialAdvice(reason, action === undefined ? undefined : operationOf(action));
    case 'ciphertextKeyHidden':
      return [
        l10n.t('Check that the program uses the Region in which the data was encrypted.'),
        l10n.t('Ask for kms:Decrypt on the key, by a grant, an IAM policy, or the key policy.'),
        l10n.t(
          "If a service such as AWS Lambda encrypted the data, its grant is bound to the role's ID. After the role is recreated, set the function's role to another one and back, for a new grant.",
        ),
      ];
    case 'keyDisabled':
      return [l10n.t('A key administrator can enable it (kms:EnableKey). Until then, no grant or policy helps.')];
    case 'pendingDeletion':
      return [
        l10n.t(
          'A key administrator can cancel its deletion (kms:CancelKeyDeletion) and enable it. After the deletion, what it encrypted is lost.',
        ),
      ];
    case 'pendingImport':
      return [l10n.t('A key administrator can import its key material (kms:ImportKeyMaterial).')];
    case 'keyUnavailable':
      return [
        l10n.t(
          'Retry. If the key is in a custom key store, check the store: its connection, its cluster, or its proxy.',
        ),
      ];
    case 'invalidState':
      return [l10n.t('Check whether the key is disabled or pending deletion.')];
    case 'keyInaccessible':
      return [
        l10n.t('Check that the key exists and is enabled.'),
        l10n.t(
          "Check that the service's role, or whoever started it, can use the key. Many services need kms:CreateGrant, kms:Decrypt, kms:DescribeKey, kms:GenerateDataKeyWithoutPlaintext, and kms:ReEncrypt*.",
        ),
      ];
    case 'keyNotFound':
    case 'aliasNotFound':
      return [
        l10n.t(
          'Check the Region and the account that the program uses. KMS looks for a key ID or an alias only there.',
        ),
        l10n.t('For a key of another account, use its ARN.'),
      ];
    case 'wrongRegion':
      return [l10n.t('Call KMS in the Region that the ARN of the key names.')];
    case 'invalidCiphertext':
      return [
        encryptionContext === undefined
          ? l10n.t('Use the same encryption context as for encryption: all pairs, with the same upper and lower case.')
          : l10n.t(
              'Compare the encryption context with the one used for encryption: all pairs, with upper and lower case.',
            ),
        l10n.t("Check that the ciphertext is complete and isn't encoded twice."),
      ];
    case 'incorrectKey':
      return [
        l10n.t(
          'Omit the key from the request, since KMS finds it in the ciphertext, or use the key that encrypted it.',
        ),
      ];
    case 'invalidKeyUsage':
      return [l10n.t('Use a key whose usage fits the operation, or use another operation.')];
    case 'invalidGrantToken':
      return [l10n.t('Omit the token. A few minutes after its creation, a grant works without it.')];
    case 'grantNotFound':
      return [
        l10n.t(
          'The grant may already be revoked or retired. If KMS still lists it, check its ID, its key, and the Region.',
        ),
      ];
    case 'invalidPrincipal':
      return [l10n.t('Check the ARN of the principal. If it was just created, try again in a minute.')];
    case 'throttled':
      return [l10n.t('Make the program retry with backoff. Cached data keys and S3 Bucket Keys save requests.')];
    case 'limitExceeded':
      return [l10n.t("Remove what isn't used, such as unneeded grants, or ask AWS for a higher quota.")];
    case 'internal':
      return [l10n.t('Try again. If the error persists, contact AWS with the request ID.')];
    case 'other':
      return [l10n.t("The text doesn't say more. Look up the error in the AWS documentation of the operation.")];
  }
}

function denialAdvice(reason: DenialReason | undefined, operation: string | undefined): readonly string[] {
  if (reason?.kind === 'denied') {
    return [l10n.t("Only an administrator of the policy that denies it can change that. A grant doesn't help.")];
  }
  if (reason?.kind === 'notShared') {
    return [
      l10n.t(
        "Check the account, Region, and ID of the key. If they are correct, the key's account must allow it, for example in the key policy.",
      ),
      l10n.t("An IAM policy of the principal's own account must allow it too."),
    ];
  }
  const policy = reason?.kind === 'notAllowed' ? reason.policy : 'other';
  if (operation === 'RetireGrant' && ['identity', 'resource', 'other'].includes(policy)) {
    return [
      l10n.t(
        "The retiring principal can retire a grant, and so can its grantee if it allows RetireGrant. A key policy can't allow it, but an IAM policy of the issuing account or the key's account can.",
      ),
    ];
  }
  switch (policy) {
    case 'identity':
      return [
        l10n.t('Allow it in an IAM policy of the principal. For a call on a key, the key policy must delegate to IAM.'),
      ];
    case 'resource':
      return [l10n.t('Allow it in the key policy.')];
    case 'session':
      return [l10n.t('Start the session without that session policy, or with one that has the permission.')];
    case 'boundary':
      return [l10n.t('Ask an administrator to add it to the permissions boundary of the principal.')];
    case 'serviceControl':
    case 'resourceControl':
      return [l10n.t("Ask the administrators of the AWS organization. A grant doesn't override its policies.")];
    case 'endpoint':
      return [
        l10n.t(
          "Add it to the policy of the VPC endpoint, or connect without that endpoint. A grant doesn't override it.",
        ),
      ];
    case 'trust':
    case 'other':
      return [
        l10n.t(
          "AWS doesn't say which policy lacks the permission. An IAM policy or, for a call on a key, the key policy can allow it. A policy of the organization may deny it.",
        ),
      ];
  }
}

function grantAdvice(error: ErrorText, lead: Lead): readonly string[] {
  return mayGrantHelp(error, lead) ? [l10n.t('A grant on the key can allow it as well.')] : [];
}

function proposalAdvice({ principal }: ErrorText, { grantee, operations, context }: GrantProposal): readonly string[] {
  const isRole = grantee !== principal;
  return [
    l10n.t('A grant could allow it. Run AWS KMS: Create Grant with {0} for {1}.', operations.join(', '), grantee),
    ...(isRole
      ? [l10n.t("The ARN of a session doesn't include the path of its role. If the role has one, correct the grantee.")]
      : []),
    ...(Object.keys(context).length === 0
      ? []
      : [
          l10n.t('With the encryption context of the call as a constraint, the grant allows no more than it needs to.'),
        ]),
  ];
}

function leadAdvice({ key }: ErrorText, lead: Lead): readonly string[] {
  switch (lead.kind) {
    case 'found':
      return [l10n.t('To see the key and its grants, use Show Key Details or its row in the Keys view.')];
    case 'noKey':
    case 'ambiguous':
      return [];
    case 'notListed':
      return key?.kind === 'arn' ? [openByArn()] : [];
    case 'noConnection':
      return [
        ...(lead.notOpen.length === 0
          ? []
          : [
              l10n.t(
                'To see the key and its grants, open a connection that may lead to it, and sign in where needed: {0}.',
                lead.notOpen.join(', '),
              ),
            ]),
        ...(lead.through.length === 0
          ? [l10n.t('To see the key and its grants, run AWS KMS: Add Connection for its account.')]
          : [
              l10n.t(
                'To see the key and its grants, run Add Region on a connection to its account: {0}.',
                lead.through.join(', '),
              ),
            ]),
        ...(key?.kind === 'arn' ? [openByArn()] : []),
      ];
  }
}

function openByArn(): string {
  return l10n.t('AWS KMS: Open Key by ARN shows any key that a connection may use, in any account.');
}
