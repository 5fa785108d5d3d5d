import * as l10n from '@vscode/l10n';
import { denialAdvice, denialSentence, parseAccessDenied } from './accessDenied.ts';
import type { Explained, ExplainTable, Failure } from './explanation.ts';

/** A sign-in that failed, waits for the user, or led elsewhere; and credentials that AWS refuses. */
export const signInFailures = {
  expiredToken: ({ details, profile }) => {
    if (details.operation === 'AssumeRoleWithWebIdentity') {
      return {
        title: l10n.t('Credentials expired'),
        sentence: l10n.t('The web identity token of profile {0} has expired.', profile),
        advice: l10n.t('Renew the file that web_identity_token_file names, then retry.'),
        actions: ['retry', 'selectProfile'],
      };
    }
    // A sign-in that fails so took them from the files, the environment or a program, as they are.
    if (details.isUnchanged === true || details.isSignIn === true) {
      return {
        title: l10n.t('Credentials expired'),
        sentence: l10n.t("The credentials of profile {0} have expired and haven't been replaced.", profile),
        advice: l10n.t('Renew them where the profile gets them, then retry.'),
        actions: ['retry', 'selectProfile'],
      };
    }
    return {
      title: l10n.t('Credentials expired'),
      sentence: l10n.t('The credentials of profile {0} have expired.', profile),
      advice: l10n.t('Sign in again, then retry.'),
      actions: ['signIn', 'retry', 'selectProfile'],
    };
  },
  unrecognizedClient: ({ profile }) => ({
    title: l10n.t('Unknown access key'),
    sentence: l10n.t("AWS doesn't recognize the access key of profile {0}.", profile),
    advice: l10n.t(
      'The access key may be deleted, inactive, or from another partition. Correct the profile or select another.',
    ),
    actions: ['selectProfile', 'retry'],
  }),
  invalidSignature: ({ profile }) => ({
    title: l10n.t('Signature rejected'),
    sentence: l10n.t('AWS rejected the signature made with the credentials of profile {0}.', profile),
    advice: l10n.t('Check the secret access key of the profile and the clock of this computer.'),
    actions: ['selectProfile', 'retry'],
  }),
  regionNotEnabled: ({ details, profile }) => ({
    title: l10n.t('Region not enabled'),
    sentence: l10n.t(
      "Region {0} isn't enabled for the account, or its endpoint rejects the credentials of profile {1}.",
      details.region ?? '?',
      profile,
    ),
    advice: l10n.t(
      'Enable the Region in the AWS account settings, or select another. Tokens of the global STS endpoint can fail in opt-in Regions.',
    ),
    actions: ['selectRegion', 'retry'],
  }),
  signInDenied,
  credentialsMissing: ({ profile }) => ({
    title: l10n.t('No credentials'),
    sentence: l10n.t('Profile {0} provides no credentials.', profile),
    advice: l10n.t('Set up its sign-in in the AWS config file or the environment, or select another profile.'),
    actions: ['selectProfile', 'retry'],
  }),
  ssoExpired: ({ profile }) => ({
    title: l10n.t('Sign-in needed'),
    sentence: l10n.t('The sign-in session of profile {0} is missing or has expired.', profile),
    advice: l10n.t('Sign in with "aws sso login --profile {0}" (or "aws login --profile {0}"), then retry.', profile),
    actions: ['signIn', 'retry', 'selectProfile'],
  }),
  signInNeeded: ({ details, profile }) => ({
    title: l10n.t('Sign-in needed'),
    sentence: l10n.t('Profile {0} is waiting for you to sign in. {1}', profile, details.message),
    advice: l10n.t('Nothing is asked, run, or sent until you sign in.'),
    actions: ['signIn', 'selectProfile'],
  }),
  notConfirmed: ({ details }) => ({
    title: l10n.t('Connections not opened'),
    sentence: l10n.t('The settings of this dev container request these connections: {0}.', details.message),
    advice: l10n.t('Nothing is asked, run, or sent until you open them.'),
    actions: ['openConnections', 'selectProfile'],
  }),
  mfaRefused: ({ profile }) => ({
    title: l10n.t('MFA code rejected'),
    sentence: l10n.t('AWS rejected the MFA code for profile {0}.', profile),
    advice: l10n.t('Sign in again with a new code. Each code works once, for 30 seconds.'),
    actions: ['signIn', 'selectProfile'],
  }),
  processFailed: ({ details, profile }) => ({
    title: l10n.t('Credential process failed'),
    sentence: l10n.t('The credential_process of profile {0} failed: {1}', profile, details.message),
    advice: l10n.t('Run it in a terminal to see what it needs, then retry.'),
    actions: ['retry', 'selectProfile'],
  }),
  untrustedWorkspace: ({ profile }) => ({
    title: l10n.t('Workspace not trusted'),
    sentence: l10n.t(
      "Profile {0} signs in with a program (credential_process), which doesn't run in an untrusted workspace.",
      profile,
    ),
    advice: l10n.t('Trust the workspace, or select a profile that signs in without a program.'),
    actions: ['manageTrust', 'selectProfile', 'retry'],
  }),
  accountChanged: ({ details, profile }) => ({
    title: l10n.t('Credentials changed'),
    sentence: l10n.t('Profile {0} now has different credentials. {1}', profile, details.message),
    advice: l10n.t('Nothing was sent with them. Check which account the connection leads to now.'),
    actions: ['retry', 'selectProfile'],
  }),
  principalChanged: ({ details, profile }) => ({
    title: l10n.t('Principal changed'),
    sentence: l10n.t('Profile {0} no longer signs in as the principal that was shown. {1}', profile, details.message),
    advice: l10n.t('Nothing was sent. Retry to see which principal would act now.'),
    actions: ['retry', 'selectProfile'],
  }),
} satisfies ExplainTable;

/** STS or IAM Identity Center does not let the caller use the role. */
function signInDenied({ details, profile, call }: Failure): Explained {
  const denial = parseAccessDenied(details.message);
  const rest = {
    title: l10n.t('Sign-in denied'),
    actions: ['retry', 'selectProfile'],
  } as const;
  if (details.operation === 'GetRoleCredentials') {
    return {
      ...rest,
      sentence: l10n.t("IAM Identity Center doesn't let profile {0} use the role {1}.", profile, details.role ?? '?'),
      advice: l10n.t('Ask to be assigned that role, or correct sso_role_name and sso_account_id.'),
    };
  }
  if (denial === undefined) {
    return {
      ...rest,
      sentence: l10n.t('{0} was denied for profile {1}: {2}', call, profile, details.message),
      advice: l10n.t('Ask for the permission, or select another profile.'),
    };
  }
  return {
    ...rest,
    sentence: l10n.t('{0} failed for profile {1}. {2}', call, profile, denialSentence(denial, details.role ?? '*')),
    advice: denialAdvice(denial),
  };
}
