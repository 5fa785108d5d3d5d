import { resolve } from 'node:path';
import * as l10n from '@vscode/l10n';
import { lazy } from '../core/base/lazy.ts';
import type { Aws, Profile } from '../core/kms/kmsApi.ts';
import type { ConnectionRef } from '../core/kms/model.ts';
import type { Env } from './env.ts';
import type { AwsOptions } from './opening.ts';
import { connectionFingerprint, listProfiles, requireProfile } from './profiles.ts';
import { cloudTrailUrl, consoleUrl, regions } from './regions.ts';
import { readSharedFiles, sharedFilePaths } from './sharedFiles.ts';
import { signInChain } from './signInChain.ts';
import { tokenPath } from './tokenPath.ts';

type Strings = { readonly contents: Readonly<Record<string, string>> };

let strings: Strings | undefined;

/** Loads the translations into this bundle and that of the SDK, which have their own copies of `@vscode/l10n`. */
export function configureStrings(options: Strings): void {
  strings = options;
  l10n.config(options);
}

/**
 * The AWS layer. What reads files alone is here; all else is loaded with the SDK, when a connection is first opened. Its
 * `open` sends nothing and does not sign in. It rejects with a KmsError `profileMissing`, `regionMissing`,
 * `regionInvalid`, `invalidEndpoint` or `filesUnreadable`.
 */
export function createAws(options: AwsOptions): Aws {
  const { env } = options;
  const opening = lazy(async () => {
    const bundle = await import('./opening.ts');
    if (strings !== undefined) {
      bundle.configureStrings(strings);
    }
    return new bundle.Opening(options);
  });
  return {
    profiles: () => profilesOf(env),
    regions: () => regions,
    signInNeed: async (ref) => {
      if (ref.kind !== 'profile') {
        return { kind: 'none' };
      }
      requireProfile(await readSharedFiles(env), env, ref.profile);
      return (await opening()).signInNeed(ref.profile);
    },
    files: (refs) => filesOf(refs, env),
    fingerprint: async (ref) =>
      ref.kind === 'sample'
        ? 'sample'
        : connectionFingerprint(await readSharedFiles(env), ref.kind === 'profile' ? ref.profile : undefined),
    consoleUrl,
    cloudTrailUrl,
    open: async (ref) => (await opening()).open(ref),
  };
}

/** See `Aws.profiles`. */
export async function profilesOf(env: Env): Promise<readonly Profile[]> {
  return listProfiles(await readSharedFiles(env));
}

/** See `Aws.files`. */
async function filesOf(refs: readonly ConnectionRef[], env: Env): Promise<readonly string[]> {
  // Files that can't be read are watched, too: they may be mended.
  const files = await readSharedFiles(env).catch(() => undefined);
  const chains = refs.flatMap((ref) =>
    files !== undefined && ref.kind === 'profile' ? [signInChain(files, ref.profile)] : [],
  );
  const tokenFiles = chains.map((chain) =>
    chain.origin.kind === 'webIdentity' ? chain.origin.tokenFile : tokenPath(chain, env),
  );
  if (refs.some(({ kind }) => kind === 'environment')) {
    tokenFiles.push(env['AWS_WEB_IDENTITY_TOKEN_FILE'] || undefined);
  }
  const present = tokenFiles.filter((path) => path !== undefined).map((path) => resolve(path));
  return [...new Set([...sharedFilePaths(env), ...present])];
}
