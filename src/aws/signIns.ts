import { type Credentials, memoise } from './credentialCache.ts';
import type { SignInError } from './failures.ts';
import { signInFingerprint } from './profiles.ts';
import { takeOverSdkFiles } from './sdkFiles.ts';
import { readSharedFiles, type SharedFiles } from './sharedFiles.ts';
import { type SignInOptions, signInFromEnvironment, signInToProfile } from './signIn.ts';

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
