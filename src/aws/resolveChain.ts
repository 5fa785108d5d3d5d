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
import { type Identity, type SigningIn, signingIn } from './currentSignIn.ts';
import type { Env } from './env.ts';
import type { SignInStep } from './failures.ts';
import type { identityClientSettings } from './identityClients.ts';
import { instanceIdentity } from './instanceMetadata.ts';
import { runCredentialProcess } from './process.ts';
import { invalidProfile } from './profiles.ts';
import { isRenewable, sdkProfile } from './sdkFiles.ts';
import type { SharedFiles } from './sharedFiles.ts';
import type { Origin, Role, SignInChain } from './signInChain.ts';
import { mfaRefusal } from './signInFailure.ts';
import type { clientSettings } from './transport.ts';

interface ChainOptions {
  readonly profile: string;
  readonly env: Env;
  readonly files: SharedFiles;
  /** For STS: where roles are assumed. */
  readonly sts: ReturnType<typeof clientSettings> & { readonly region: string };
  /** For the services of SSO and `aws login`. */
  readonly identityClients: ReturnType<typeof identityClientSettings>;
  /** Asks for the code of an MFA device; `undefined`: cancelled. */
  readonly mfaCode: (serial: string) => Promise<string | undefined>;
}

/**
 * Signs in: gets the first credentials, then assumes the roles. Each of the SDK's providers is given its part outright, so
 * that none looks for it in the files.
 */
export async function resolveChain(chain: SignInChain, options: ChainOptions, current: SigningIn): Promise<Identity> {
  const assumer = getDefaultRoleAssumer(options.sts);
  const assume: typeof assumer = (source, params) => atStep('AssumeRole', params, () => assumer(source, params));
  let identity = await originIdentity(chain.origin, options, current);
  for (const role of chain.roles) {
    // Only now, when the credentials that it is for are there.
    const code = role.mfaSerial === undefined ? {} : await mfaParameters(role.mfaSerial, options);
    identity = await assume(identity, { ...roleParameters(role), ...code }).catch((error: unknown) => {
      throw (role.mfaSerial === undefined ? undefined : mfaRefusal(error, options.profile)) ?? error;
    });
  }
  return identity;
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

async function originIdentity(origin: Origin, options: ChainOptions, current: SigningIn): Promise<Identity> {
  const { sts, identityClients: clientConfig } = options;
  switch (origin.kind) {
    case 'keys':
      return origin.accessKey;
    case 'process':
      return runCredentialProcess(origin.command, current);
    case 'webIdentity':
      return fromTokenFile({
        webIdentityTokenFile: origin.tokenFile,
        roleArn: origin.roleArn,
        ...(origin.roleSessionName ? { roleSessionName: origin.roleSessionName } : {}),
        roleAssumerWithWebIdentity: webIdentityAssumer(sts),
      })();
    case 'sso':
      return fromSSO({
        profile: sdkProfile,
        // A token that can't be renewed is looked up by this: by the session's name, or by the address.
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
      return sourceIdentity(origin.source, options, current);
    case 'none':
      throw new CredentialsProviderError(origin.problem ?? 'Nothing is set up to sign in with.');
  }
}

async function sourceIdentity(
  source: Extract<Origin, { kind: 'credentialSource' }>['source'],
  { env, files, profile }: ChainOptions,
  current: SigningIn,
): Promise<Identity> {
  switch (source) {
    case 'Environment':
      return environmentIdentity(env, profile);
    case 'EcsContainer':
      return env['AWS_CONTAINER_CREDENTIALS_FULL_URI'] || env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI']
        ? fromHttp()()
        : fromContainerMetadata()();
    case 'Ec2InstanceMetadata':
      return instanceIdentity(env, files, current);
  }
}

/**
 * The access key of the variables. The SDK does not know the older name of the token's.
 * @param profile whose source it is, if one's
 */
export function environmentIdentity(env: Env, profile: string | undefined): Identity {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SECURITY_TOKEN: olderToken,
    AWS_SESSION_TOKEN: token,
  } = env;
  const sessionToken = olderToken || token;
  if (!accessKeyId || !secretAccessKey) {
    const missing = accessKeyId ? 'AWS_SECRET_ACCESS_KEY' : 'AWS_ACCESS_KEY_ID';
    throw invalidProfile(profile, l10n.t('the variable {0} is not set.', missing));
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
}

/** What a sign-in does first. */
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

/** Notes what the sign-in under way does now. */
function atStep<T>(operation: string, { RoleArn: role }: { readonly RoleArn: string | undefined }, act: () => T): T {
  const current = signingIn.getStore();
  if (current !== undefined) {
    current.step = { operation, role };
  }
  return act();
}

export function webIdentityAssumer(sts: Parameters<typeof getDefaultRoleAssumerWithWebIdentity>[0]) {
  const assume = getDefaultRoleAssumerWithWebIdentity(sts);
  const noting: typeof assume = (params) => atStep('AssumeRoleWithWebIdentity', params, () => assume(params));
  return noting;
}
