import { getDefaultRoleAssumer, getDefaultRoleAssumerWithWebIdentity } from '@aws-sdk/client-sts';
import {
  fromContainerMetadata,
  fromHttp,
  fromLoginCredentials,
  fromSSO,
  fromTokenFile,
} from '@aws-sdk/credential-providers';
import { CredentialsProviderError } from '@smithy/core/config';
import * as l10n from '@vscode/l10n';
import { signInCancelledError } from '../core/base/abort.ts';
import type { AwsCredentials } from './credentials.ts';
import { currentSignIn, type SignIn } from './currentSignIn.ts';
import type { Env } from './env.ts';
import type { SignInStep } from './failures.ts';
import type { identityClientSettings } from './identityClients.ts';
import { instanceCredentials } from './instanceMetadata.ts';
import { runCredentialProcess } from './process.ts';
import { invalidProfile } from './profiles.ts';
import { isRenewable, sdkProfile } from './sdkFiles.ts';
import type { SharedFiles } from './sharedFiles.ts';
import type { Origin, Role, SignInChain } from './signInChain.ts';
import { mfaRefusal } from './signInFailure.ts';
import type { clientSettings } from './transport.ts';

type StsSettings = ReturnType<typeof clientSettings> & { readonly region: string };

interface ChainOptions {
  readonly profile: string;
  readonly env: Env;
  readonly files: SharedFiles;
  /** For STS: where roles are assumed. */
  readonly sts: StsSettings;
  /** For the services of SSO and `aws login`. */
  readonly identityClients: ReturnType<typeof identityClientSettings>;
  /** Asks for the code of an MFA device; `undefined`: cancelled. */
  readonly mfaCode: (serial: string) => Promise<string | undefined>;
}

/**
 * Signs in: gets the first credentials, then assumes the roles one by one. Each of the SDK's providers gets its
 * settings as arguments, so that it does not look for them in the files.
 * @throws KmsError, an AbortError when MFA was cancelled, or what the SDK's provider threw
 */
export async function resolveChain(
  chain: SignInChain,
  options: ChainOptions,
  current: SignIn,
): Promise<AwsCredentials> {
  const assumer = getDefaultRoleAssumer(options.sts);
  const assume: typeof assumer = (source, params) =>
    atStep('AssumeRole', params, options.sts, () => assumer(source, params));
  let credentials = await originCredentials(chain.origin, options, current);
  // The SDK uses the token of `aws login` for as long as it holds, even if it couldn't be renewed.
  delete current.unanswered;
  for (const role of chain.roles) {
    // Asked for only when it can be used: a code is valid for 30 seconds.
    const code = role.mfaSerial === undefined ? {} : await mfaParameters(role.mfaSerial, options);
    credentials = await assume(credentials, { ...roleParameters(role), ...code }).catch((error: unknown) => {
      throw (role.mfaSerial === undefined ? undefined : mfaRefusal(error, options.profile)) ?? error;
    });
  }
  return credentials;
}

async function mfaParameters(serial: string, { mfaCode }: ChainOptions) {
  const code = await mfaCode(serial);
  if (code === undefined) {
    throw signInCancelledError();
  }
  return { SerialNumber: serial, TokenCode: code };
}

function roleParameters({ arn, sessionName, externalId, duration }: Role) {
  return {
    RoleArn: arn,
    RoleSessionName: sessionName ?? `aws-sdk-js-${Date.now()}`,
    ...(externalId === undefined ? {} : { ExternalId: externalId }),
    ...(duration === undefined ? {} : { DurationSeconds: duration }),
  };
}

async function originCredentials(origin: Origin, options: ChainOptions, current: SignIn): Promise<AwsCredentials> {
  const { sts, identityClients: clientConfig } = options;
  switch (origin.kind) {
    case 'keys':
      return origin.accessKey;
    case 'process':
      return runCredentialProcess(origin.command, current);
    case 'webIdentity':
      return webIdentityCredentials(origin, sts);
    case 'sso':
      return fromSSO({
        profile: sdkProfile,
        // The SDK finds a token that can't be renewed by this: the session's name, or the start URL.
        ssoStartUrl: origin.session ?? origin.startUrl,
        ...(isRenewable(origin) && origin.session !== undefined ? { ssoSession: origin.session } : {}),
        ssoRegion: origin.region,
        ssoAccountId: origin.accountId,
        ssoRoleName: origin.roleName,
        clientConfig,
      })();
    case 'login':
      return fromLoginCredentials({ profile: sdkProfile, clientConfig })({
        callerClientConfig: { region: async () => sts.region },
      });
    case 'credentialSource':
      return sourceCredentials(origin.source, options, current);
    case 'none':
      throw new CredentialsProviderError(origin.problem ?? 'Nothing is set up to sign in with.');
  }
}

async function sourceCredentials(
  source: Extract<Origin, { kind: 'credentialSource' }>['source'],
  { env, files, profile }: ChainOptions,
  current: SignIn,
): Promise<AwsCredentials> {
  switch (source) {
    case 'Environment':
      return environmentCredentials(env, profile);
    case 'EcsContainer':
      return env['AWS_CONTAINER_CREDENTIALS_FULL_URI'] || env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI']
        ? fromHttp()()
        : fromContainerMetadata()();
    case 'Ec2InstanceMetadata':
      return instanceCredentials(env, files, current);
  }
}

/**
 * The access key in the environment's variables. The SDK does not know the older variable of the session token.
 * @param profile the profile whose `credential_source` this is; undefined for the environment itself
 * @throws KmsError `profileInvalid`
 */
export function environmentCredentials(env: Env, profile: string | undefined): AwsCredentials {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SECURITY_TOKEN: olderToken,
    AWS_SESSION_TOKEN: token,
  } = env;
  const sessionToken = olderToken || token;
  if (!accessKeyId || !secretAccessKey) {
    const missing = accessKeyId ? 'AWS_SECRET_ACCESS_KEY' : 'AWS_ACCESS_KEY_ID';
    throw invalidProfile(profile, l10n.t("The variable {0} isn't set.", missing));
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}

/** The first step of a sign-in. */
export function firstStep(origin: Origin): SignInStep {
  switch (origin.kind) {
    case 'process':
      return { operation: 'credential_process' };
    case 'credentialSource':
      return { operation: stepOfSource[origin.source] };
    default:
      return { operation: 'Connect' };
  }
}

const stepOfSource = {
  Environment: 'Connect',
  EcsContainer: 'ContainerCredentials',
  Ec2InstanceMetadata: 'InstanceMetadata',
} as const;

/** Notes the step of the current sign-in. */
function atStep<T>(
  operation: string,
  { RoleArn: role }: { readonly RoleArn: string | undefined },
  { region }: StsSettings,
  act: () => T,
): T {
  const current = currentSignIn.getStore();
  if (current !== undefined) {
    current.step = { operation, role, region };
  }
  return act();
}

/** Assumes the role of a web identity, of a profile or the environment. */
export function webIdentityCredentials(
  { tokenFile, roleArn, roleSessionName }: Omit<Extract<Origin, { kind: 'webIdentity' }>, 'kind'>,
  sts: StsSettings,
): Promise<AwsCredentials> {
  return fromTokenFile({
    webIdentityTokenFile: tokenFile,
    roleArn,
    // Without one, the SDK takes that of the environment, even if it is empty.
    roleSessionName: roleSessionName || `aws-sdk-js-session-${Date.now()}`,
    roleAssumerWithWebIdentity: webIdentityAssumer(sts),
  })();
}

/** The SDK's AssumeRoleWithWebIdentity, noted as a step. @param sts the settings of its STS client */
function webIdentityAssumer(sts: StsSettings) {
  const assume = getDefaultRoleAssumerWithWebIdentity(sts);
  const noting: typeof assume = (params) => atStep('AssumeRoleWithWebIdentity', params, sts, () => assume(params));
  return noting;
}
