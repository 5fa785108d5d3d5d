import { createHash } from 'node:crypto';
import * as l10n from '@vscode/l10n';
import { KmsError } from '../core/kms/errors.ts';
import type { Profile } from '../core/kms/kmsApi.ts';
import type { Env } from './env.ts';
import { type Section, settingOf } from './ini.ts';
import { isRegionName } from './regions.ts';
import { type SharedFiles, sharedFilePaths } from './sharedFiles.ts';
import { signInChain } from './signInChain.ts';

/** The profiles of both files, `default` first, then by name. One without a name can't be chosen, and is left out. */
export function listProfiles(files: SharedFiles): readonly Profile[] {
  return [...files.profiles.keys()]
    .filter((name) => name !== '')
    .sort((a, b) => Number(b === 'default') - Number(a === 'default') || a.localeCompare(b, 'en'))
    .map((name) => ({ name, region: profileSetting(files, name, 'region') || undefined, signIn: signIn(files, name) }));
}

/** A setting of a profile; `undefined` also where it has nested settings in the place of a value. */
export function profileSetting(files: SharedFiles, name: string, key: string): string | undefined {
  return settingOf(files.profiles.get(name), key);
}

/** As the AWS CLI reads it. */
export function isTrue(value: string | undefined): boolean {
  return value?.toLowerCase() === 'true';
}

/** The settings for the metadata service of an EC2 instance. Each variable has the same name, with `AWS_` before it. */
export const metadataSettingNames = [
  'ec2_metadata_service_endpoint',
  'ec2_metadata_service_endpoint_mode',
  'imds_use_ipv6',
  'metadata_service_timeout',
  'metadata_service_num_attempts',
  'ec2_metadata_v1_disabled',
] as const;

/**
 * A digest of everything in the files that the sign-in of a profile depends on: it changes when its credentials have to
 * be resolved again.
 */
export function signInFingerprint(files: SharedFiles, name: string): string {
  const { profiles } = signInChain(files, name);
  return digest(
    profiles.map((one) => {
      const session = profileSetting(files, one, 'sso_session');
      return [
        one,
        entries(files.ofConfig.get(one)),
        entries(files.ofCredentials.get(one)),
        session === undefined ? [] : entries(files.ssoSessions.get(session)),
      ];
    }),
  );
}

/**
 * A digest of everything in the files that a connection of this profile depends on: its sign-in, Region and endpoints.
 * Without a profile: of what the environment's own credentials are used with.
 */
export function connectionFingerprint(files: SharedFiles, profile: string | undefined): string {
  const name = profile ?? 'default';
  const services = profileSetting(files, name, 'services');
  return digest([
    profile === undefined ? environmentSettings(files, name) : signInFingerprint(files, profile),
    services === undefined ? [] : entries(files.services.get(services)),
  ]);
}

/** @throws KmsError when the files don't have the profile */
export function requireProfile(files: SharedFiles, env: Env, profile: string): void {
  if (!files.profiles.has(profile)) {
    throw new KmsError({
      kind: 'profileMissing',
      operation: 'Connect',
      awsName: 'ProfileMissing',
      message: `Profile ${profile} was not found.`,
      profile,
      files: sharedFilePaths(env),
    });
  }
}

/** @throws KmsError when `region` has not the form of a Region's name; `profile`: whose it is, if not the environment's */
export function requireRegionName(region: string, profile: string | undefined): void {
  if (!isRegionName(region)) {
    throw new KmsError({
      kind: 'regionInvalid',
      operation: 'Connect',
      awsName: 'RegionInvalid',
      message: `${region} is not the name of a Region.`,
      profile,
      region,
    });
  }
}

/** What is set up can't work. `message` says why, as the rest of a sentence; `profile`: whose it is, if not the environment's. */
export function invalidProfile(profile: string | undefined, message: string): KmsError {
  return new KmsError({ kind: 'profileInvalid', operation: 'Connect', awsName: 'ProfileInvalid', message, profile });
}

/** What the environment's own credentials are found and used with. */
function environmentSettings(files: SharedFiles, name: string): readonly unknown[] {
  const keys = [
    'services',
    'endpoint_url',
    'ignore_configured_endpoint_urls',
    'use_fips_endpoint',
    'use_dualstack_endpoint',
    ...metadataSettingNames,
  ];
  return keys.map((key) => profileSetting(files, name, key) ?? null);
}

function entries(section: Section | undefined): readonly unknown[] {
  return [...(section ?? [])].map(([key, value]) => [key, typeof value === 'string' ? value : [...value]]);
}

function digest(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** How a profile signs in, for a person to read. */
function signIn(files: SharedFiles, name: string): string | undefined {
  const { roles, origin } = signInChain(files, name);
  const role = roles.at(-1);
  if (role !== undefined) {
    return l10n.t('assumes {0}', role.arn.replace(/^.*:(?=role\/)/, ''));
  }
  switch (origin.kind) {
    case 'keys':
      return origin.accessKey.sessionToken === undefined ? l10n.t('access key') : l10n.t('temporary access key');
    case 'webIdentity':
      return l10n.t('web identity');
    case 'process':
      return l10n.t('credential process');
    case 'sso':
      return l10n.t('SSO');
    case 'login':
      return l10n.t('AWS login session');
    case 'credentialSource':
    case 'none':
      return undefined;
  }
}
