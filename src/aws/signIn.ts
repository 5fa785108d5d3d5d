import { fromHttp, fromTokenFile } from '@aws-sdk/credential-providers';
import { isAbort } from '../core/base/abort.ts';
import { isKmsError } from '../core/kms/errors.ts';
import { type Identity, type SigningIn, signingIn } from './currentSignIn.ts';
import { createDeadline } from './deadline.ts';
import { resolveEndpoint } from './endpoint.ts';
import type { Env } from './env.ts';
import { isSessionExpired } from './errors.ts';
import { SignInError } from './failures.ts';
import { identityClientSettings } from './identityClients.ts';
import { instanceIdentity } from './instanceMetadata.ts';
import { untrusted } from './process.ts';
import { invalidProfile, profileSetting, requireProfile, requireRegionName } from './profiles.ts';
import { isRegionName } from './regions.ts';
import { environmentIdentity, firstStep, resolveChain, webIdentityAssumer } from './resolveChain.ts';
import { sdkConfig } from './sdkFiles.ts';
import { readSharedFiles } from './sharedFiles.ts';
import { type Origin, signInChain } from './signInChain.ts';
import type { Tokens } from './tokenFiles.ts';
import { clientSettings, type Transport } from './transport.ts';

export interface SignInOptions {
  readonly env: Env;
  readonly transport: Transport;
  readonly tokens: Tokens;
  /** Asks for the code of an MFA device; `undefined`: cancelled. */
  readonly mfaCode: (serial: string, profile: string, signal: AbortSignal) => Promise<string | undefined>;
  readonly mayRunProcesses: () => boolean;
  readonly processTimeoutMs: number;
}

/** Throws a KmsError, an AbortError (MFA cancelled) or a SignInError. */
export async function signInToProfile(
  profile: string,
  region: string,
  options: SignInOptions & {
    /** By profile: why a token could last not be renewed, other than that it was refused. */
    readonly unreached: Map<string, SignInError>;
  },
  signal: AbortSignal,
): Promise<Identity> {
  const { env, transport, tokens, mayRunProcesses, unreached } = options;
  const files = await readSharedFiles(env);
  const chain = signInChain(files, profile);
  for (const name of chain.profiles) {
    requireProfile(files, env, name);
  }
  if (chain.origin.kind === 'sso') {
    requireRegionName(chain.origin.region, profile);
  }
  if (chain.origin.kind === 'process' && !mayRunProcesses()) {
    throw untrusted(profile);
  }
  if (chain.origin.kind === 'none' && chain.origin.problem !== undefined) {
    throw invalidProfile(profile, chain.origin.problem);
  }
  const ownRegion = profileSetting(files, profile, 'region') ?? '';
  const stsRegion = isRegionName(ownRegion) ? ownRegion : region;
  const current = begin(options, profile, chain.origin, signal);
  const chainOptions = {
    profile,
    env,
    files,
    sts: { ...clientSettings(transport, resolveEndpoint('STS', env, files, profile)), region: stsRegion },
    identityClients: identityClientSettings(transport, chain.origin.kind, env, files, profile),
    mfaCode: (serial: string) => current.deadline.without(() => options.mfaCode(serial, profile, signal)),
  };
  const provide = () => resolveChain(chain, chainOptions, current);
  // Whether a token has expired is AWS's to say, too.
  const token = await tokens.read(chain);
  current.token = token?.asItIs;
  try {
    try {
      return await signIn(provide, current);
    } catch (error) {
      if (current.tokenRefused !== true || token?.toRenew === undefined || !isSessionExpired(error)) {
        throw error;
      }
      current.tokenRefused = false;
      current.step = firstStep(chain.origin);
      current.token = token.toRenew;
      return await signIn(provide, current);
    }
  } catch (error) {
    if (!isSessionExpired(error)) {
      if (error instanceof SignInError && error.step.operation === 'CreateToken') {
        unreached.set(profile, error);
      }
      throw error;
    }
    if (current.tokenRefused === true) {
      await tokens.refused(chain);
    } else if ((await tokens.need(chain)).kind === 'none') {
      // The SDK does not try to renew a token twice within 30 s, and then says that the session has expired.
      throw unreached.get(profile) ?? error;
    }
    throw error;
  }
}

/**
 * Where the environment says that its credentials are, in the order of the SDK's default chain, without the files. One
 * place, not the first that works: why it does not work is then told.
 */
export async function signInFromEnvironment(
  region: string,
  options: SignInOptions,
  signal: AbortSignal,
): Promise<Identity> {
  const { env, transport } = options;
  const current = begin(options, undefined, undefined, signal);
  const provider = async () => {
    if (env['AWS_ACCESS_KEY_ID']) {
      return environmentIdentity(env, undefined);
    }
    if (env['AWS_WEB_IDENTITY_TOKEN_FILE'] && env['AWS_ROLE_ARN']) {
      const endpoint = resolveEndpoint('STS', env, await readSharedFiles(env), 'default');
      const sts = { ...clientSettings(transport, endpoint), region };
      return fromTokenFile({ roleAssumerWithWebIdentity: webIdentityAssumer(sts) })();
    }
    if (env['AWS_CONTAINER_CREDENTIALS_FULL_URI'] || env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI']) {
      current.step = { operation: 'ContainerCredentials' };
      return fromHttp()();
    }
    current.step = { operation: 'InstanceMetadata' };
    return instanceIdentity(env, await readSharedFiles(env), current);
  };
  return signIn(provider, current);
}

function begin(
  { transport, mayRunProcesses, processTimeoutMs }: SignInOptions,
  profile: string | undefined,
  origin: Origin | undefined,
  signal: AbortSignal,
): SigningIn {
  const deadline = createDeadline(transport.timeouts.signInMs);
  const either = AbortSignal.any([signal, deadline.signal]);
  return {
    profile,
    origin: origin?.kind,
    signal: either,
    deadline,
    mayRunProcesses,
    processTimeoutMs,
    step: origin === undefined ? { operation: 'Connect' } : firstStep(origin),
    sdkConfig: origin === undefined ? '' : sdkConfig(origin),
  };
}

/** Throws a KmsError, an AbortError or a SignInError. */
async function signIn(provider: () => Promise<Identity>, current: SigningIn): Promise<Identity> {
  try {
    return await signingIn.run(current, () => current.deadline.within(provider));
  } catch (error) {
    if (isAbort(error) || isKmsError(error)) {
      throw error;
    }
    if (current.failure !== undefined) {
      throw current.failure;
    }
    // The SDK's providers keep the text at most of what they caught.
    throw new SignInError(current.unreachable ?? error, current.step);
  }
}
