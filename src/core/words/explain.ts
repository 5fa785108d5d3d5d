import * as l10n from '@vscode/l10n';
import { evidenceServices, isKmsError, type KmsErrorDetails, signInServices } from '../kms/errors.ts';
import { denialAdvice, denialSentence, parseAccessDenied } from './accessDenied.ts';
import type { HelpfulAction } from './userError.ts';

/** What a person reads about a failure. */
export interface Explanation {
  /** Two or three words, for a row. */
  readonly title: string;
  /** What happened, in one sentence. */
  readonly sentence: string;
  /** What to do about it, in one sentence. */
  readonly advice: string;
  /** Doing the same again may work without anything else being changed. */
  readonly retryHelps: boolean;
  /** In order of helpfulness. */
  readonly actions: readonly HelpfulAction[];
}

/** Errors that signing in may mend, so that it is offered. */
export function needsSignIn(error: unknown): boolean {
  return isKmsError(error) && explain(error.details).actions.includes('signIn');
}

/** What happened, in one sentence. */
export function errorSentence(error: unknown): string {
  if (isKmsError(error)) {
    return explain(error.details).sentence;
  }
  return error instanceof Error ? error.message : String(error);
}

/** The table: from a kind of failure to its sentence, its advice and the actions that help. */
export function explain(details: KmsErrorDetails): Explanation {
  const key = details.keyArn ?? l10n.t('the key');
  const profile = details.profile ?? l10n.t('(environment)');
  const signInService = signInServices.get(details.operation);
  const service = signInService ?? evidenceServices.get(details.operation);
  const server = service ?? 'KMS';
  const call = service === undefined ? details.operation : `${details.operation} (${service})`;
  switch (details.kind) {
    case 'grantNotFound':
      return {
        title: l10n.t('Grant not found'),
        sentence: l10n.t('KMS no longer has this grant on {0}.', key),
        advice: l10n.t('It was probably revoked or retired elsewhere. Refresh the key to see its grants.'),
        retryHelps: false,
        actions: ['retry', 'showLog'],
      };
    case 'keyNotFound':
      return {
        title: l10n.t('Key not found'),
        sentence: l10n.t('KMS has no key {0} in this Region and account.', key),
        advice: l10n.t('It may have been deleted. Refresh the connection, or check the Region.'),
        retryHelps: false,
        actions: ['retry', 'selectRegion', 'showLog'],
      };
    case 'wrongRegion':
      return {
        title: l10n.t('Wrong Region'),
        sentence: l10n.t('The key {0} belongs to another Region than the one that was asked.', key),
        advice: l10n.t('Select the Region that its ARN names.'),
        retryHelps: false,
        actions: ['selectRegion', 'showLog'],
      };
    case 'invalidGrantId':
      return {
        title: l10n.t('Unknown grant ID'),
        sentence: l10n.t('KMS does not know this grant ID on {0}.', key),
        advice: l10n.t('The grant may be gone already. Refresh the key to see its grants.'),
        retryHelps: false,
        actions: ['retry', 'showLog'],
      };
    case 'invalidArn':
      return {
        title: l10n.t('ARN not accepted'),
        sentence: l10n.t('KMS does not accept the ARN {0}.', key),
        advice: l10n.t('Refresh the connection. If it stays, the log has what KMS answered.'),
        retryHelps: false,
        actions: ['retry', 'showLog'],
      };
    case 'invalidPrincipal':
      return {
        title: l10n.t('Unknown principal'),
        sentence: unknownPrincipal(details.principals),
        advice: l10n.t(
          'It may not exist, have another path, or be too new for KMS to know. Check its ARN, then retry.',
        ),
        retryHelps: false,
        actions: ['retry', 'showLog'],
      };
    case 'invalidMarker':
      return {
        title: l10n.t('List changed'),
        sentence: l10n.t('{0} could not continue the list from where it stopped.', server),
        advice: l10n.t('The list changed meanwhile. Load it again from the start.'),
        retryHelps: true,
        actions: ['retry', 'showLog'],
      };
    case 'invalidState':
      return {
        title: l10n.t('Key state'),
        sentence: l10n.t('The state of {0} does not allow {1}.', key, details.operation),
        advice: l10n.t('Look at the state of the key, for example whether it is disabled or pending deletion.'),
        retryHelps: false,
        actions: ['retry', 'showLog'],
      };
    case 'dependencyTimeout':
      return {
        title: l10n.t('KMS timed out'),
        sentence: l10n.t('KMS timed out while it waited for another part of AWS.'),
        advice: l10n.t('This passes by itself. Try again in a moment.'),
        retryHelps: true,
        actions: ['retry', 'showLog'],
      };
    case 'internal':
      return {
        title: signInService === undefined ? l10n.t('{0} internal error', server) : l10n.t('Sign-in failed'),
        sentence:
          service === undefined
            ? l10n.t('KMS had an internal error.')
            : l10n.t('{0} of {1} had an internal error.', details.operation, service),
        advice: l10n.t('This passes by itself. Try again in a moment.'),
        retryHelps: true,
        actions: ['retry', 'showLog'],
      };
    case 'dryRun':
      return {
        title: l10n.t('Dry run'),
        sentence: l10n.t('KMS checked {0} and changed nothing.', details.operation),
        advice: l10n.t('A dry run only tells whether the call would be allowed.'),
        retryHelps: false,
        actions: ['showLog'],
      };
    case 'accessDenied': {
      const denial = parseAccessDenied(details.message);
      return {
        title: l10n.t('Access denied'),
        sentence:
          denial === undefined ? deniedSentence(call, details.keyArn) : denialSentence(denial, details.keyArn ?? '*'),
        advice:
          denial === undefined
            ? l10n.t('The log has what AWS said. Ask for the permission, or select a profile that has it.')
            : denialAdvice(denial),
        retryHelps: false,
        actions: ['retry', 'selectProfile', 'showLog'],
      };
    }
    case 'throttled':
      return {
        title: l10n.t('Too many requests'),
        sentence:
          service === undefined
            ? l10n.t('KMS is receiving more {0} requests than the account may send.', details.operation)
            : l10n.t('{0} is receiving more {1} requests than it takes.', service, details.operation),
        advice:
          signInService === undefined
            ? l10n.t('The quota is shared by the whole account. Wait a few seconds and try again.')
            : l10n.t('Wait a minute, then retry the sign-in.'),
        retryHelps: true,
        actions: ['retry', 'showLog'],
      };
    case 'limitExceeded':
      return {
        title: l10n.t('Quota used up'),
        sentence: l10n.t('A KMS quota of the account or of {0} is used up.', key),
        advice: l10n.t('Remove what is no longer needed, or ask AWS for a higher quota.'),
        retryHelps: false,
        actions: ['showLog'],
      };
    case 'validation':
      return {
        title: l10n.t('Not accepted'),
        sentence: l10n.t('{0} did not accept the parameters of {1}.', server, details.operation),
        advice: l10n.t('The log has what {0} said about them.', server),
        retryHelps: false,
        actions: ['showLog', 'retry'],
      };
    case 'expiredToken':
      if (details.operation === 'AssumeRoleWithWebIdentity') {
        return {
          title: l10n.t('Credentials expired'),
          sentence: l10n.t('The web identity token of profile {0} has expired.', profile),
          advice: l10n.t('Have its file written again (web_identity_token_file), then retry.'),
          retryHelps: true,
          actions: ['retry', 'selectProfile', 'showLog'],
        };
      }
      // A sign-in that fails so took them from the files, the environment or a program, as they are.
      if (details.isUnchanged === true || details.isSignIn === true) {
        return {
          title: l10n.t('Credentials expired'),
          sentence: l10n.t('The credentials of profile {0} have expired, and have not been replaced.', profile),
          advice: l10n.t('Write new ones where the profile takes them from, then retry.'),
          retryHelps: true,
          actions: ['retry', 'selectProfile', 'showLog'],
        };
      }
      return {
        title: l10n.t('Credentials expired'),
        sentence: l10n.t('The credentials of profile {0} have expired.', profile),
        advice: l10n.t('Sign in again, then retry.'),
        retryHelps: true,
        actions: ['signIn', 'retry', 'selectProfile', 'showLog'],
      };
    case 'unrecognizedClient':
      return {
        title: l10n.t('Unknown access key'),
        sentence: l10n.t('AWS does not know the access key of profile {0}.', profile),
        advice: l10n.t(
          'The key may be deleted, inactive, or from another partition. Correct the profile or select another.',
        ),
        retryHelps: false,
        actions: ['selectProfile', 'retry', 'showLog'],
      };
    case 'invalidSignature':
      return {
        title: l10n.t('Signature refused'),
        sentence: l10n.t('AWS refused the signature made with the credentials of profile {0}.', profile),
        advice: l10n.t('Check the secret access key of the profile, and the clock of this computer.'),
        retryHelps: false,
        actions: ['selectProfile', 'retry', 'showLog'],
      };
    case 'regionNotEnabled':
      return {
        title: l10n.t('Region not enabled'),
        sentence: l10n.t(
          'The Region {0} is not enabled for the account, or its endpoint refuses the credentials of profile {1}.',
          details.region ?? '?',
          profile,
        ),
        advice: l10n.t(
          'Enable the Region in the AWS account settings, or select another. Tokens of the global STS endpoint fail in opt-in Regions.',
        ),
        retryHelps: false,
        actions: ['selectRegion', 'retry', 'showLog'],
      };
    case 'signInDenied':
      return signInDenied(details, profile, call);
    case 'profileInvalid':
      return profileInvalid(details, profile, call);
    case 'credentialsMissing':
      return {
        title: l10n.t('No credentials'),
        sentence: l10n.t('Profile {0} gave no credentials.', profile),
        advice: l10n.t('Set up its sign-in in the AWS config file, or select another profile.'),
        retryHelps: false,
        actions: ['selectProfile', 'retry', 'showLog'],
      };
    case 'ssoExpired':
      return {
        title: l10n.t('Sign-in needed'),
        sentence: l10n.t('The sign-in session of profile {0} is missing or has expired.', profile),
        advice: l10n.t('Sign in with "aws sso login --profile {0}" (or "aws login"), then retry.', profile),
        retryHelps: true,
        actions: ['signIn', 'retry', 'selectProfile', 'showLog'],
      };
    case 'signInNeeded':
      return {
        title: l10n.t('Sign in…'),
        sentence: l10n.t('Profile {0} waits for you. {1}', profile, details.message),
        advice: l10n.t('Nothing is asked, run or sent before you sign in.'),
        retryHelps: false,
        actions: ['signIn', 'selectProfile', 'showLog'],
      };
    case 'notConfirmed':
      return {
        title: l10n.t('Open connections…'),
        sentence: l10n.t('The settings of this dev container ask to open: {0}.', details.message),
        advice: l10n.t('Nothing is asked, run or sent before you open them.'),
        retryHelps: false,
        actions: ['openConnections', 'selectProfile', 'showLog'],
      };
    case 'profileMissing':
      return {
        title: l10n.t('No such profile'),
        sentence:
          details.files === undefined
            ? l10n.t('There is no profile {0} in the AWS config and credentials files.', profile)
            : l10n.t('There is no profile {0} in {1}.', profile, details.files.join(', ')),
        advice: l10n.t('Select another profile, or add it to the files and retry.'),
        retryHelps: false,
        actions: ['selectProfile', 'retry', 'showLog'],
      };
    case 'filesUnreadable':
      return {
        title: l10n.t('File not readable'),
        sentence: l10n.t(
          "{0} can't be read: {1}",
          details.files?.join(', ') ?? l10n.t('An AWS config or credentials file'),
          details.message,
        ),
        advice: l10n.t('Correct the file, or the variable that names it, then retry.'),
        retryHelps: false,
        actions: ['retry', 'selectProfile', 'showLog'],
      };
    case 'regionInvalid':
      return {
        title: l10n.t('Not a Region'),
        sentence: l10n.t(
          'The Region of profile {0} is not the name of an AWS Region: {1}.',
          profile,
          details.region ?? details.message,
        ),
        advice: l10n.t('Select a Region, or write its name as in eu-west-1, without quotes.'),
        retryHelps: false,
        actions: ['selectRegion', 'selectProfile', 'showLog'],
      };
    case 'regionMissing':
      return {
        title: l10n.t('No Region'),
        sentence: l10n.t('No AWS Region is set for profile {0}.', profile),
        advice: l10n.t('Select the Region whose keys you want to see.'),
        retryHelps: false,
        actions: ['selectRegion', 'selectProfile', 'showLog'],
      };
    case 'invalidEndpoint':
      return {
        title: l10n.t('Endpoint not usable'),
        sentence: l10n.t(
          'The endpoint that is configured for profile {0} cannot be used: {1}',
          profile,
          details.message,
        ),
        advice: l10n.t('Correct endpoint_url in the AWS config file, or the variable AWS_ENDPOINT_URL.'),
        retryHelps: false,
        actions: ['retry', 'selectProfile', 'showLog'],
      };
    case 'mfaRefused':
      return {
        title: l10n.t('MFA code refused'),
        sentence: l10n.t('AWS did not accept the MFA code for profile {0}.', profile),
        advice: l10n.t('Sign in again with a new code: AWS takes each one once, and only for half a minute.'),
        retryHelps: true,
        actions: ['signIn', 'selectProfile', 'showLog'],
      };
    case 'processFailed':
      return {
        title: l10n.t('Credential process failed'),
        sentence: l10n.t('The credential_process of profile {0} failed: {1}', profile, details.message),
        advice: l10n.t('Run it in a terminal to see what it needs, then retry.'),
        retryHelps: true,
        actions: ['retry', 'selectProfile', 'showLog'],
      };
    case 'untrustedWorkspace':
      return {
        title: l10n.t('Workspace not trusted'),
        sentence: l10n.t(
          'Profile {0} signs in with a program (credential_process), which is not started in an untrusted workspace.',
          profile,
        ),
        advice: l10n.t('Trust the workspace, or select a profile that signs in without a program.'),
        retryHelps: false,
        actions: ['selectProfile', 'retry', 'showLog'],
      };
    case 'accountChanged':
      return {
        title: l10n.t('Another account'),
        sentence: l10n.t('Profile {0} has other credentials now. {1}', profile, details.message),
        advice: l10n.t('Nothing was sent with them. Look at the connection again to see what it leads to now.'),
        retryHelps: false,
        actions: ['retry', 'selectProfile', 'showLog'],
      };
    case 'principalChanged':
      return {
        title: l10n.t('Another principal'),
        sentence: l10n.t(
          'Profile {0} no longer signs in as the principal in the question. {1}',
          profile,
          details.message,
        ),
        advice: l10n.t('Nothing was sent. Retry to see who would act now.'),
        retryHelps: true,
        actions: ['retry', 'selectProfile', 'showLog'],
      };
    case 'timeout':
      return {
        title: l10n.t('No answer'),
        sentence: l10n.t('AWS did not answer {0} in time.', call),
        advice: l10n.t('Check the network connection, VPN and proxy, then try again.'),
        retryHelps: true,
        actions: ['retry', 'showLog'],
      };
    case 'network':
      return {
        title: l10n.t('Not reachable'),
        sentence: l10n.t('AWS could not be reached for {0}.', call),
        advice: l10n.t('Check the network connection, VPN, proxy and Region, then try again.'),
        retryHelps: true,
        actions: ['retry', 'selectRegion', 'showLog'],
      };
    case 'hostNotFound':
      return {
        title: l10n.t('Host not found'),
        sentence: l10n.t('The host {0} could not be found for {1}.', details.host ?? '?', call),
        advice: l10n.t('Check the network connection, DNS, VPN, proxy and Region, then try again.'),
        retryHelps: true,
        actions: ['retry', 'selectRegion', 'showLog'],
      };
    case 'certificateNotTrusted':
      return {
        title: l10n.t('Certificate not trusted'),
        sentence:
          details.issuer === undefined
            ? l10n.t('The certificate of {0} is not trusted: {1}.', details.host ?? call, details.message)
            : l10n.t(
                'The certificate of {0}, issued by {1}, is not trusted: {2}.',
                details.host ?? call,
                details.issuer,
                details.message,
              ),
        advice: l10n.t(
          "If it is your company's, add its CA to the system's (http.systemCertificates), or start VS Code with NODE_EXTRA_CA_CERTS. The AWS CLI's ca_bundle does not count here.",
        ),
        retryHelps: false,
        actions: ['retry', 'showLog'],
      };
    case 'notJson':
      return {
        title: l10n.t('Unexpected answer'),
        sentence: l10n.t('The answer to {0} was not one that {1} gives.', details.operation, server),
        advice: l10n.t(
          'A proxy, a captive portal or a wrong endpoint may have answered in its place. Check them, then try again.',
        ),
        retryHelps: true,
        actions: ['retry', 'showLog'],
      };
    case 'tooLarge':
      return {
        title: l10n.t('Answer too large'),
        sentence: l10n.t('The answer to {0} was larger than any that AWS gives. {1}', call, details.message),
        advice: l10n.t(
          'A proxy, a captive portal or a wrong endpoint may have answered in its place. Check them, then try again.',
        ),
        retryHelps: true,
        actions: ['retry', 'showLog'],
      };
    case 'endlessList':
      return {
        title: l10n.t('List without an end'),
        sentence: l10n.t('A list that AWS gives does not end. {0}', details.message),
        advice: l10n.t('The server at this endpoint may not be AWS. Retry, or see the log.'),
        retryHelps: true,
        actions: ['retry', 'showLog'],
      };
    case 'notSupported':
      return {
        title: l10n.t('Not available here'),
        sentence: l10n.t('{0} is not available at this endpoint.', call),
        advice: l10n.t(
          'Servers other than AWS may lack it. If another server has it, set the endpoint_url of {0}.',
          server,
        ),
        retryHelps: false,
        actions: ['retry', 'showLog'],
      };
    case 'unknown':
      return {
        title: l10n.t('Failed'),
        sentence: l10n.t('{0} failed: {1}', call, `${details.awsName}: ${details.message}`),
        advice: l10n.t('The log has more about it.'),
        retryHelps: true,
        actions: ['retry', 'showLog'],
      };
  }
}

function deniedSentence(call: string, keyArn: string | undefined): string {
  return keyArn === undefined ? l10n.t('AWS denied {0}.', call) : l10n.t('AWS denied {0} on {1}.', call, keyArn);
}

function unknownPrincipal({ grantee, retiring }: KmsErrorDetails['principals'] = {}): string {
  if (grantee !== undefined && retiring !== undefined) {
    return l10n.t('KMS does not know the grantee {0}, or the retiring principal {1}.', grantee, retiring);
  }
  if (grantee !== undefined) {
    return l10n.t('KMS does not know the grantee {0}.', grantee);
  }
  return l10n.t('KMS does not know the retiring principal {0}.', retiring ?? '?');
}

/** STS or IAM Identity Center does not let the caller use the role. */
function signInDenied(details: KmsErrorDetails, profile: string, call: string): Explanation {
  const denial = parseAccessDenied(details.message);
  const rest = {
    title: l10n.t('Sign-in denied'),
    retryHelps: false,
    actions: ['retry', 'selectProfile', 'showLog'],
  } as const;
  if (details.operation === 'GetRoleCredentials') {
    return {
      ...rest,
      sentence: l10n.t('IAM Identity Center does not let profile {0} use the role {1}.', profile, details.role ?? '?'),
      advice: l10n.t('Ask for that role to be assigned to you, or correct sso_role_name and sso_account_id.'),
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
    sentence: l10n.t('{0} was denied for profile {1}. {2}', call, profile, denialSentence(denial, details.role ?? '*')),
    advice: denialAdvice(denial),
  };
}

/** What is set up for the profile can't work: by the files themselves, or since the service refuses it. */
function profileInvalid(details: KmsErrorDetails, profile: string, call: string): Explanation {
  const rest = {
    title: l10n.t('Profile not usable'),
    retryHelps: false,
    actions: ['retry', 'selectProfile', 'showLog'],
  } as const;
  if (/DurationSeconds/i.test(details.message)) {
    return {
      ...rest,
      sentence: l10n.t('{0} refused the duration_seconds of profile {1}: {2}', call, profile, details.message),
      advice: l10n.t('Lower it to what the role allows, and to 3600 where one role is assumed from another.'),
    };
  }
  return {
    ...rest,
    sentence:
      details.operation === 'Connect'
        ? l10n.t('Profile {0} cannot sign in: {1}', profile, details.message)
        : l10n.t('{0} refused what profile {1} is set up with: {2}', call, profile, details.message),
    advice: l10n.t('Correct the profile in the AWS config file, or select another.'),
  };
}
