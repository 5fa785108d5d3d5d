import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { getHomeDir, loadSharedConfigFiles } from '@smithy/core/config';
import * as l10n from '@vscode/l10n';
import { KmsError } from '../core/errors.ts';
import type { Profile } from '../core/kmsApi.ts';

/** The environment's variables, as `process.env` has them. */
export type Env = Readonly<Record<string, string | undefined>>;

type Section = Readonly<Record<string, string | undefined>>;

/** The shared config and credentials files as they are on disk now. Sections by name, without `profile `. */
export interface SharedFiles {
  readonly configFile: Readonly<Record<string, Section>>;
  readonly credentialsFile: Readonly<Record<string, Section>>;
}

/** Where the two files are, when the environment says so; else the SDK's defaults in `~/.aws`. */
export function sharedFilePaths(env: Env): { readonly filepath?: string; readonly configFilepath?: string } {
  const { AWS_SHARED_CREDENTIALS_FILE: filepath, AWS_CONFIG_FILE: configFilepath } = env;
  return { ...(filepath ? { filepath } : {}), ...(configFilepath ? { configFilepath } : {}) };
}

/** The absolute paths of the config and the credentials file, whether or not they exist. */
export function sharedFileLocations(env: Env): readonly string[] {
  const { AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: credentials } = env;
  const folder = join(getHomeDir(), '.aws');
  return [config || join(folder, 'config'), credentials || join(folder, 'credentials')].map((path) =>
    path.startsWith('~/') ? join(getHomeDir(), path.slice(2)) : resolve(path),
  );
}

/**
 * Reads both files from disk; one that is missing or can't be read has no sections.
 * @throws KmsError when the SDK must not read one of them
 */
export async function readSharedFiles(env: Env): Promise<SharedFiles> {
  await Promise.all(sharedFileLocations(env).map(refuseMisnamed));
  // The SDK's cache of these files is one for the whole process, and never expires by itself.
  return loadSharedConfigFiles({ ...sharedFilePaths(env), ignoreCache: true });
}

/**
 * The SDK keeps sections in a plain object: the settings of one that is named as a member of every object, such as
 * `constructor`, it would write into JavaScript's own functions, for all extensions of this extension host.
 * @throws KmsError
 */
async function refuseMisnamed(file: string): Promise<void> {
  const text = await readFile(file, 'utf8').catch(() => '');
  for (const [, name = ''] of text.matchAll(/^[^\S\r\n\u2028\u2029]*\[(?:profile\s+)?["']?(\w+)["']?\]/gm)) {
    if (name in Object.prototype) {
      throw new KmsError({
        kind: 'unknown',
        operation: 'Connect',
        awsName: 'SectionName',
        message: l10n.t('The section {0} has a name that the AWS SDK can’t read. Rename it in {1}.', name, file),
      });
    }
  }
}

/** The profiles of both files, `default` first, then by name. */
export function listProfiles(files: SharedFiles): readonly Profile[] {
  const names = new Set([...Object.keys(files.configFile), ...Object.keys(files.credentialsFile)]);
  return [...names]
    .filter(isProfileName)
    .sort((a, b) => Number(b === 'default') - Number(a === 'default') || a.localeCompare(b, 'en'))
    .map((name) => ({ name, region: profileRegion(files, name), signIn: signIn(files, name) }));
}

/** Sections that are no profiles share the SDK's map with the profiles, under these prefixes. */
function isProfileName(section: string): boolean {
  return !/^(sso-session|services|profile)\./.test(section);
}

export function hasProfile(files: SharedFiles, name: string): boolean {
  return isProfileName(name) && [files.configFile, files.credentialsFile].some((file) => Object.hasOwn(file, name));
}

/** A setting of a profile. Where both files have it the config file's counts, as in the SDK. */
export function profileSetting(files: SharedFiles, name: string, key: string): string | undefined {
  return sectionOf(files.configFile, name)[key] ?? sectionOf(files.credentialsFile, name)[key];
}

/** The Region of a profile. Where both files have one the credentials file's counts, as in the SDK. */
export function profileRegion(files: SharedFiles, name: string): string | undefined {
  return (sectionOf(files.credentialsFile, name)['region'] ?? sectionOf(files.configFile, name)['region']) || undefined;
}

export function sectionOf(file: Readonly<Record<string, Section>>, name: string): Section {
  // Not `file[name]`: a profile may be called `constructor`.
  return (Object.hasOwn(file, name) ? file[name] : undefined) ?? {};
}

/**
 * A digest of everything in the files that the sign-in of a profile depends on: it changes when its credentials have to
 * be resolved anew.
 */
export function signInFingerprint(files: SharedFiles, name: string): string {
  const sections: unknown[] = [];
  const seen = new Set<string>();
  for (let next: string | undefined = name; next !== undefined && !seen.has(next); ) {
    seen.add(next);
    const ssoSession: string | undefined = profileSetting(files, next, 'sso_session');
    sections.push(next, sectionOf(files.configFile, next), sectionOf(files.credentialsFile, next));
    if (ssoSession !== undefined) {
      sections.push(sectionOf(files.configFile, `sso-session.${ssoSession}`));
    }
    next = profileSetting(files, next, 'source_profile');
  }
  return createHash('sha256').update(JSON.stringify(sections)).digest('hex');
}

/**
 * A digest of everything in the files that a connection of this profile depends on: its sign-in, Region and endpoints.
 * Without a profile: of what the environment's own credentials are used with.
 */
export function connectionFingerprint(files: SharedFiles, profile: string | undefined): string {
  const name = profile ?? 'default';
  const services = profileSetting(files, name, 'services');
  const parts = [
    profile === undefined ? endpointSettings(files, name) : signInFingerprint(files, profile),
    services === undefined ? {} : sectionOf(files.configFile, `services.${services}`),
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

function endpointSettings(files: SharedFiles, name: string): unknown {
  const keys = [
    'services',
    'endpoint_url',
    'ignore_configured_endpoint_urls',
    'use_fips_endpoint',
    'use_dualstack_endpoint',
  ];
  return keys.map((key) => profileSetting(files, name, key) ?? null);
}

/** How a profile signs in, in the order in which the SDK's own provider decides it. */
function signIn(files: SharedFiles, name: string): string {
  const has = (...keys: readonly string[]) => keys.every((key) => profileSetting(files, name, key) !== undefined);
  const role = profileSetting(files, name, 'role_arn');
  if (role !== undefined && (has('source_profile') || has('credential_source'))) {
    return l10n.t('assumes {0}', role.replace(/^.*:(?=role\/)/, ''));
  }
  if (has('aws_access_key_id', 'aws_secret_access_key')) {
    return has('aws_session_token') ? l10n.t('temporary access key') : l10n.t('access key');
  }
  if (role !== undefined && has('web_identity_token_file')) {
    return l10n.t('web identity');
  }
  if (has('credential_process')) {
    return l10n.t('credential process');
  }
  if (has('sso_session') || has('sso_start_url') || has('sso_account_id')) {
    return l10n.t('SSO');
  }
  if (has('login_session')) {
    return l10n.t('AWS login session');
  }
  return l10n.t('no sign-in set up');
}
