import { fromHttp } from '@aws-sdk/credential-providers';
import { isAbort } from '../core/base/abort.ts';
import { isKmsError } from '../core/kms/errors.ts';
import type { AwsCredentials } from './credentials.ts';
import { currentSignIn, type SignIn } from './currentSignIn.ts';
import { Deadline } from './deadline.ts';
import { resolveEndpoint } from './endpoint.ts';
import type { Env } from './env.ts';
import { isSessionExpired } from './errors.ts';
import { SignInError } from './failures.ts';
import { identityClientSettings } from './identityClients.ts';
import { instanceCredentials } from './instanceMetadata.ts';
import { untrusted } from './process.ts';
import { invalidProfile, profileSetting, requireProfile, requireRegionName } from './profiles.ts';
import { isRegionName } from './regions.ts';
import { environmentCredentials, firstStep, resolveChain, webIdentityCredentials } from './resolveChain.ts';
import { sdkConfig } from './sdkFiles.ts';
import { readSharedFiles, type SharedFiles } from './sharedFiles.ts';
import { type Origin, type SignInChain, signInChain } from './signInChain.ts';
import type { TokenFiles } from './tokenFiles.ts';
import { clientSettings, type Transport } from './transport.ts';

export interface SignInOptions {
  readonly env: Env;
  readonly transport: Transport;
  readonly tokens: TokenFiles;
  /**
   * Asks for the code of an MFA device; `undefined`: cancelled. `signal` is aborted when no call waits for it any more.
   */
  readonly mfaCode: (serial: string, profile: string, signal: AbortSignal) => Promise<string | undefined>;
  readonly mayRunProcesses: () => boolean;
  /** Milliseconds. */
  readonly processTimeoutMs: number;
}

interface ProfileOptions extends SignInOptions {
  /** By SSO session: why its token could last not be renewed, other than that AWS refused to. Read and written. */
  readonly unreached: Map<string, SignInError>;
}

/**
 * Signs in to a profile, as the files have it now.
 * @param region where roles are assumed if the profile has no Region of its own
 * @throws KmsError when what is set up can't be used, AbortError when MFA was cancelled, else SignInError
 */
export async function signInToProfile(
  profile: string,
  region: string,
  options: ProfileOptions,
  signal: AbortSignal,
): Promise<AwsCredentials> {
  const { env, transport, tokens } = options;
  const files = await readSharedFiles(env);
  const chain = signInChain(files, profile);
  requireUsable(chain, profile, files, options);
  const ownRegion = profileSetting(files, profile, 'region') ?? '';
  const stsRegion = isRegionName(ownRegion) ? ownRegion : region;
  const current = begin(options, profile, chain.origin, signal);
  const chainOptions = {
    profile,
    env,
    files,
    sts: { ...clientSettings(transport, resolveEndpoint('STS', env, files, profile)), region: stsRegion },
    identityClients: identityClientSettings(transport, chain.origin.kind, env, files, profile),
    mfaCode: (serial: string) => current.deadline.pausedFor(() => options.mfaCode(serial, profile, signal)),
  };
  const provide = () => resolveChain(chain, chainOptions, current);
  let held = await tokens.held(chain);
  const token = await tokens.readSso(chain);
  current.token = token?.asItIs;
  try {
    try {
      return await run(provide, current);
    } catch (error) {
      // The local clock doesn't decide whether a token has expired: it is used first, and renewed when AWS refuses it.
      if (current.isTokenRefused !== true || token?.toRenew === undefined || !isSessionExpired(error)) {
        throw error;
      }
      current.isTokenRefused = false;
      current.step = firstStep(chain.origin);
      // Another profile of the session may have renewed it by now, and the SDK does not renew it twice within 30 s.
      held = await tokens.held(chain);
      const { asItIs = token.asItIs } = (await tokens.readSso(chain)) ?? {};
      current.token = asItIs['accessToken'] === token.asItIs['accessToken'] ? token.toRenew : asItIs;
      return await run(provide, current);
    }
  } catch (error) {
    throw await reasonOf(error, chain, current, held, options);
  }
}

/** Refuses, before anything is run or sent, what could not work. @throws KmsError */
function requireUsable(
  { profiles, origin }: SignInChain,
  profile: string,
  files: SharedFiles,
  { env, mayRunProcesses }: SignInOptions,
): void {
  for (const name of profiles) {
    requireProfile(files, env, name);
  }
  if (origin.kind === 'sso') {
    requireRegionName(origin.region, profile);
  }
  if (origin.kind === 'process' && !mayRunProcesses()) {
    throw untrusted(profile);
  }
  if (origin.kind === 'none' && origin.problem !== undefined) {
    throw invalidProfile(profile, origin.problem);
  }
}

/**
 * Why a sign-in failed. Notes a token that AWS refused, other than one that could not be renewed.
 * @param held what the token's file held when it was read
 */
async function reasonOf(
  error: unknown,
  chain: SignInChain,
  current: SignIn,
  held: string | undefined,
  { tokens, unreached }: ProfileOptions,
): Promise<unknown> {
  const session = (chain.origin.kind === 'sso' && chain.origin.session) || '';
  if (!isSessionExpired(error)) {
    if (error instanceof SignInError && error.step.operation === 'CreateToken') {
      unreached.set(session, error);
    }
    return error;
  }
  if (current.isTokenRefused === true) {
    tokens.markRefused(chain, held);
  } else if ((await tokens.need(chain)).kind === 'none') {
    // The SDK renews a token once in 30 s, for all profiles of its session: it then reports an expired session, whatever
    // the reason was.
    return unreached.get(session) ?? error;
  }
  return error;
}

/**
 * Takes the environment's own credentials from where its variables say, in the order of the SDK's default chain,
 * without the files. Only the first place counts, so that the user learns why it doesn't work.
 * @throws KmsError when what is set up can't be used, else SignInError
 */
export async function signInFromEnvironment(
  region: string,
  options: SignInOptions,
  signal: AbortSignal,
): Promise<AwsCredentials> {
  const { env, transport } = options;
  const current = begin(options, undefined, undefined, signal);
  const provide = async () => {
    if (env['AWS_ACCESS_KEY_ID']) {
      return environmentCredentials(env, undefined);
    }
    const {
      AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile,
      AWS_ROLE_ARN: roleArn,
      AWS_ROLE_SESSION_NAME: roleSessionName,
    } = env;
    if (tokenFile && roleArn) {
      const endpoint = resolveEndpoint('STS', env, await readSharedFiles(env), 'default');
      const sts = { ...clientSettings(transport, endpoint), region };
      return webIdentityCredentials({ tokenFile, roleArn, roleSessionName }, sts);
    }
    if (env['AWS_CONTAINER_CREDENTIALS_FULL_URI'] || env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI']) {
      current.step = { operation: 'ContainerCredentials' };
      return fromHttp()();
    }
    current.step = { operation: 'InstanceMetadata' };
    return instanceCredentials(env, await readSharedFiles(env), current);
  };
  return run(provide, current);
}

function begin(
  { transport, mayRunProcesses, processTimeoutMs }: SignInOptions,
  profile: string | undefined,
  origin: Origin | undefined,
  signal: AbortSignal,
): SignIn {
  const deadline = new Deadline(transport.timeouts.signInMs);
  return {
    profile,
    origin: origin?.kind,
    signal: AbortSignal.any([signal, deadline.signal]),
    deadline,
    mayRunProcesses,
    processTimeoutMs,
    step: origin === undefined ? { operation: 'Connect' } : firstStep(origin),
    sdkConfig: origin === undefined ? '' : sdkConfig(origin),
  };
}

/** @throws KmsError, AbortError, else SignInError */
async function run(provide: () => Promise<AwsCredentials>, current: SignIn): Promise<AwsCredentials> {
  try {
    return await currentSignIn.run(current, () => current.deadline.within(provide));
  } catch (error) {
    if (isAbort(error) || isKmsError(error)) {
      throw error;
    }
    if (current.failure !== undefined) {
      throw current.failure;
    }
    // Of what they caught, the SDK's providers keep the text at most.
    throw new SignInError(current.unanswered ?? error, current.step);
  }
}
