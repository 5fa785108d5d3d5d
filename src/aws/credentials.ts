import { AsyncLocalStorage } from 'node:async_hooks';
import { getDefaultRoleAssumer, getDefaultRoleAssumerWithWebIdentity } from '@aws-sdk/client-sts';
import { fromEnv, fromIni } from '@aws-sdk/credential-providers';
import { isAbort, KmsError } from '../core/errors.ts';
import { resolveEndpoint } from './endpoint.ts';
import { AbortError, isCredentialsRefused, SignInError } from './errors.ts';
import {
  type Env,
  hasProfile,
  profileRegion,
  readSharedFiles,
  sharedFilePaths,
  signInFingerprint,
} from './profiles.ts';
import { clientSettings, type Transport } from './transport.ts';

/** What a request is signed with. The SDK's shape, as far as we make or read it. */
interface Identity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

/** The credentials of one sign-in, resolved once and shared by every client and Region that uses it. */
export interface Credentials {
  /**
   * The SDK's provider. `memoized` tells a client not to keep a memory of its own: there is one, here, so that MFA is
   * asked once and what AWS refused can be forgotten everywhere.
   */
  readonly provider: (() => Promise<Identity>) & { readonly memoized: true };
  /**
   * Runs a call. When AWS refuses the credentials that it was signed with, they are forgotten, so that the next call
   * reads the files and signs in again: nothing in the SDK does. When `signal` aborts the last call that waits for a
   * sign-in, that sign-in is given up: one that never ends must not hold up every call after it.
   */
  use<T>(signal: AbortSignal, call: () => Promise<T>): Promise<T>;
}

/** Temporary credentials are renewed this long before they expire, as the SDK does. */
const renewBeforeMs = 5 * 60_000;

/** One call's use of the credentials. */
interface Use {
  identity?: Identity;
}

export function memoise(resolve: () => Promise<Identity>): Credentials {
  const uses = new AsyncLocalStorage<Use>();
  const waiting = new Set<Use>();
  let current: Identity | undefined;
  let pending: Promise<Identity> | undefined;

  const start = (): Promise<Identity> => {
    const signIn: Promise<Identity> = resolve()
      .then((identity) => {
        if (pending === signIn) {
          current = identity;
        }
        return identity;
      })
      // A rejection is not kept: the next call tries again.
      .finally(() => {
        if (pending === signIn) {
          pending = undefined;
        }
      });
    return signIn;
  };

  const get = (): Promise<Identity> => {
    if (current !== undefined && !isExpiring(current)) {
      return Promise.resolve(current);
    }
    pending ??= start();
    return pending;
  };

  const provider = async (): Promise<Identity> => {
    const use = uses.getStore() ?? {};
    waiting.add(use);
    try {
      const identity = await get();
      use.identity = identity;
      return identity;
    } finally {
      waiting.delete(use);
    }
  };

  const run = async <T>(use: Use, signal: AbortSignal, call: () => Promise<T>): Promise<T> => {
    const giveUp = () => {
      if (waiting.delete(use) && waiting.size === 0) {
        pending = undefined;
      }
    };
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      return await uses.run(use, call);
    } catch (error) {
      // Of many calls that fail together only the first forgets; the others must not forget what it then resolved.
      if (use.identity === current && isCredentialsRefused(error)) {
        current = undefined;
      }
      throw error;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  };

  return {
    provider: Object.assign(provider, { memoized: true as const }),
    use: (signal, call) => run({}, signal, call),
  };
}

function isExpiring({ expiration }: Identity): boolean {
  return expiration !== undefined && expiration.getTime() - Date.now() < renewBeforeMs;
}

interface SignInOptions {
  readonly env: Env;
  readonly transport: Transport;
  /** Asks for the code of an MFA device; `undefined`: cancelled. */
  readonly mfaCode: (serial: string) => Promise<string | undefined>;
}

/** The credentials of every profile that was opened, and of the environment. */
interface SignIns {
  /**
   * The credentials of a profile; signs in on first use. The same ones as before, unless the files now say something
   * else about the profile. `region`: where roles are assumed if the profile has no Region of its own.
   */
  profile(name: string, region: string): Promise<Credentials>;
  environment(): Credentials;
}

export function createSignIns(options: SignInOptions): SignIns {
  const profiles = new Map<string, { readonly fingerprint: string; readonly credentials: Credentials }>();
  const environment = memoise(() => signIn(fromEnv()));
  return {
    profile: async (name, region) => {
      const fingerprint = signInFingerprint(await readSharedFiles(options.env), name);
      const known = profiles.get(name);
      if (known?.fingerprint === fingerprint) {
        return known.credentials;
      }
      const credentials = memoise(() => signInToProfile(name, region, options));
      profiles.set(name, { fingerprint, credentials });
      return credentials;
    },
    environment: () => environment,
  };
}

/** Throws a KmsError (`profileMissing`), an AbortError (MFA cancelled) or a SignInError. */
async function signInToProfile(profile: string, region: string, options: SignInOptions): Promise<Identity> {
  const { env, transport, mfaCode } = options;
  const files = await readSharedFiles(env);
  if (!hasProfile(files, profile)) {
    throw missingProfile(profile);
  }
  const stsRegion = profileRegion(files, profile) ?? region;
  const sts = {
    ...clientSettings(transport, resolveEndpoint('STS', env, files, profile)),
    profile,
    region: stsRegion,
  };
  const provider = fromIni({
    ...sharedFilePaths(env),
    profile,
    ignoreCache: true,
    mfaCodeProvider: async (serial) => {
      const code = await mfaCode(serial);
      if (code === undefined) {
        throw new AbortError();
      }
      return code;
    },
    // Made here because `clientConfig` is also that of the SSO client, which has another endpoint, and because the SDK
    // takes the Region of a web identity from the client that happens to sign, never from the profile.
    roleAssumer: getDefaultRoleAssumer(sts),
    roleAssumerWithWebIdentity: getDefaultRoleAssumerWithWebIdentity(sts),
    // Without a region: it would take the place of the SSO session's own.
    clientConfig: { ...clientSettings(transport, resolveEndpoint('SSO', env, files, profile)), profile },
  });
  return signIn(() => provider({ callerClientConfig: { profile, region: async () => stsRegion } }));
}

async function signIn(provider: () => Promise<Identity>): Promise<Identity> {
  try {
    return await provider();
  } catch (error) {
    throw isAbort(error) ? error : new SignInError(error);
  }
}

export function missingProfile(profile: string): KmsError {
  return new KmsError({
    kind: 'profileMissing',
    operation: 'Connect',
    awsName: 'ProfileMissing',
    message: `Profile ${profile} was not found.`,
    profile,
  });
}
