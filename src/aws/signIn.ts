import { AsyncLocalStorage } from 'node:async_hooks';
import { fromHttp, fromTokenFile } from '@aws-sdk/credential-providers';
import { isAbort } from '../core/base/abort.ts';
import { isKmsError } from '../core/kms/errors.ts';
import type { CallerIdentity } from '../core/kms/model.ts';
import { createDeadline } from './deadline.ts';
import { resolveEndpoint } from './endpoint.ts';
import { isSessionExpired } from './errors.ts';
import { SignInError } from './failures.ts';
import { identityClientSettings } from './identityClients.ts';
import { instanceIdentity } from './instanceMetadata.ts';
import { untrusted } from './process.ts';
import { invalidProfile, profileSetting, requireProfile, requireRegionName, signInFingerprint } from './profiles.ts';
import { isRegionName } from './regions.ts';
import { environmentIdentity, firstStep, resolveChain, webIdentityAssumer } from './resolveChain.ts';
import { sdkConfig, takeOverSdkFiles } from './sdkFiles.ts';
import { type Env, readSharedFiles, type SharedFiles } from './sharedFiles.ts';
import { type Origin, signInChain } from './signInChain.ts';
import { type Identity, type SigningIn, signingIn } from './signingIn.ts';
import type { Tokens } from './tokens.ts';
import { clientSettings, type Transport } from './transport.ts';

/** The credentials of one sign-in, resolved once and shared by every client and Region that uses it. */
export interface Credentials {
  /**
   * The SDK's provider. `memoized` tells a client not to keep a memory of its own: there is one, here, so that MFA is
   * asked once and what AWS refused can be forgotten everywhere.
   */
  readonly provider: (() => Promise<Identity>) & { readonly memoized: true };
  /**
   * The credentials, after signing in if need be. When `signal` aborts the last call that waits for a sign-in, that
   * sign-in is given up: one that never ends must not hold up every call after it.
   */
  get(signal: AbortSignal): Promise<Identity>;
  /** Runs a call whose requests are all signed with `identity`, whatever is signed in to meanwhile. */
  with<T>(identity: Identity, call: () => Promise<T>): Promise<T>;
  /** The next call signs in anew, unless that was done already: AWS has refused `identity`. */
  forget(identity: Identity): void;
  /** Who STS said is signed in by `identity`, once it was asked. */
  identityOf(identity: Identity): CallerIdentity | undefined;
  learn(identity: Identity, caller: CallerIdentity): void;
  /** AWS has answered a call that was signed with `identity` in this Region. */
  accepted(identity: Identity, region: string): void;
  /** It did so in another Region than this. */
  wasAcceptedElsewhere(identity: Identity, region: string): boolean;
  /** There are credentials, and AWS has not refused them. */
  readonly held: boolean;
}

/**
 * Credentials are kept until AWS refuses them, whatever their expiration says: it goes by AWS's clock, and that of
 * this computer may be hours off.
 * @param resolve signs in; `signal` aborts when nobody waits for it any more */
export function memoise(resolve: (signal: AbortSignal) => Promise<Identity>): Credentials {
  const signedWith = new AsyncLocalStorage<Identity>();
  const callers = new WeakMap<Identity, CallerIdentity>();
  const acceptedIn = new WeakMap<Identity, Set<string>>();
  let current: Identity | undefined;
  /** The same, also after it was forgotten. */
  let latest: Identity | undefined;
  let pending: { readonly identity: Promise<Identity>; readonly abandon: AbortController; waiting: number } | undefined;

  const start = () => {
    const abandon = new AbortController();
    const identity: Promise<Identity> = resolve(abandon.signal)
      .then((resolved) => {
        const known = latest !== undefined && isSame(latest, resolved) ? callers.get(latest) : undefined;
        if (known !== undefined) {
          callers.set(resolved, known);
        }
        if (pending === started) {
          current = resolved;
          latest = resolved;
        }
        return resolved;
      })
      // A rejection is not kept: the next call tries again.
      .finally(() => {
        if (pending === started) {
          pending = undefined;
        }
      });
    const started = { identity, abandon, waiting: 0 };
    return started;
  };

  const get = async (signal?: AbortSignal): Promise<Identity> => {
    if (current !== undefined) {
      return current;
    }
    pending ??= start();
    const awaited = pending;
    awaited.waiting += 1;
    const leave = () => {
      awaited.waiting -= 1;
      if (awaited.waiting === 0) {
        pending = pending === awaited ? undefined : pending;
        awaited.abandon.abort();
      }
    };
    signal?.addEventListener('abort', leave, { once: true });
    try {
      return await awaited.identity;
    } finally {
      signal?.removeEventListener('abort', leave);
    }
  };

  return {
    provider: Object.assign(async () => signedWith.getStore() ?? get(), { memoized: true as const }),
    get,
    with: (identity, call) => signedWith.run(identity, call),
    forget: (identity) => {
      // Of many calls that fail together only the first forgets; the others must not forget what it then resolved.
      current = current === identity ? undefined : current;
    },
    identityOf: (identity) => callers.get(identity),
    learn: (identity, caller) => callers.set(identity, caller),
    accepted: (identity, region) => {
      const regions = acceptedIn.get(identity) ?? new Set();
      acceptedIn.set(identity, regions.add(region));
    },
    wasAcceptedElsewhere: (identity, region) =>
      [...(acceptedIn.get(identity) ?? [])].some((accepting) => accepting !== region),
    get held() {
      return current !== undefined;
    },
  };
}

/** The same keys, if not the same sign-in. */
export function isSame(one: Identity, other: Identity): boolean {
  return (
    one.accessKeyId === other.accessKeyId &&
    one.secretAccessKey === other.secretAccessKey &&
    one.sessionToken === other.sessionToken
  );
}

interface SignInOptions {
  readonly env: Env;
  readonly transport: Transport;
  readonly tokens: Tokens;
  /** Asks for the code of an MFA device; `undefined`: cancelled. */
  readonly mfaCode: (serial: string, profile: string, signal: AbortSignal) => Promise<string | undefined>;
  readonly mayRunProcesses: () => boolean;
  readonly processTimeoutMs: number;
}

/** The credentials of every profile that was opened, and of the environment. */
interface SignIns {
  /**
   * The credentials of a profile; signs in on first use. The same ones as before, unless the files now say something
   * else about the profile. `region`: where roles are assumed if the profile has no Region of its own.
   */
  profile(name: string, region: string): Promise<Credentials>;
  environment(region: string): Credentials;
  /** A profile as the files have it was signed in to, and its credentials still hold. */
  holds(name: string, files: SharedFiles): boolean;
}

export function createSignIns(options: SignInOptions): SignIns {
  takeOverSdkFiles();
  const profiles = new Map<string, { readonly fingerprint: string; readonly credentials: Credentials }>();
  const unreached = new Map<string, SignInError>();
  let environment: Credentials | undefined;
  return {
    profile: async (name, region) => {
      const fingerprint = signInFingerprint(await readSharedFiles(options.env), name);
      const known = profiles.get(name);
      if (known?.fingerprint === fingerprint) {
        return known.credentials;
      }
      const credentials = memoise((signal) => signInToProfile(name, region, { ...options, unreached }, signal));
      profiles.set(name, { fingerprint, credentials });
      return credentials;
    },
    environment: (region) => {
      environment ??= memoise((signal) => signInFromEnvironment(region, options, signal));
      return environment;
    },
    holds: (name, files) => {
      const known = profiles.get(name);
      return known?.fingerprint === signInFingerprint(files, name) && known.credentials.held;
    },
  };
}

/** Throws a KmsError, an AbortError (MFA cancelled) or a SignInError. */
async function signInToProfile(
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
async function signInFromEnvironment(region: string, options: SignInOptions, signal: AbortSignal): Promise<Identity> {
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
