import { CredentialCache } from './credentialCache.ts';
import type { SignInError } from './failures.ts';
import { signInFingerprint } from './profiles.ts';
import { readSharedFiles, type SharedFiles } from './sharedFiles.ts';
import { type SignInOptions, signInFromEnvironment, signInToProfile } from './signIn.ts';

/** The credentials of every profile that was opened, and of the environment. */
export class SignIns {
  readonly #options: SignInOptions;
  readonly #profiles = new Map<string, { readonly fingerprint: string; readonly credentials: CredentialCache }>();
  /** By SSO session: why its token could last not be renewed, other than that AWS refused to. */
  readonly #unreached = new Map<string, SignInError>();
  #environment: CredentialCache | undefined;

  constructor(options: SignInOptions) {
    this.#options = options;
  }

  /**
   * The credentials of a profile, which signs in on first use: the same ones as before, until the files say something
   * else about its sign-in.
   */
  async profile(name: string): Promise<CredentialCache> {
    const fingerprint = signInFingerprint(await readSharedFiles(this.#options.env), name);
    const known = this.#profiles.get(name);
    if (known?.fingerprint === fingerprint) {
      return known.credentials;
    }
    const credentials = new CredentialCache((region, signal) =>
      signInToProfile(name, region, { ...this.#options, unreached: this.#unreached }, signal),
    );
    this.#profiles.set(name, { fingerprint, credentials });
    return credentials;
  }

  /** The environment's own credentials. */
  environment(): CredentialCache {
    this.#environment ??= new CredentialCache((region, signal) => signInFromEnvironment(region, this.#options, signal));
    return this.#environment;
  }

  /** The profile, as the files have it now, is signed in to, and AWS has not refused its credentials. */
  isSignedIn(name: string, files: SharedFiles): boolean {
    const known = this.#profiles.get(name);
    return known?.fingerprint === signInFingerprint(files, name) && known.credentials.isSignedIn;
  }
}
