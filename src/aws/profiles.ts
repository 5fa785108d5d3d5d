import { createHash } from 'node:crypto';
import * as l10n from '@vscode/l10n';
import { KmsError } from '../core/kms/errors.ts';
import type { Profile } from '../core/kms/kmsApi.ts';
import type { Env } from './env.ts';
import { type Section, settingOf } from './ini.ts';
import { isRegionName } from './regions.ts';
import { type SharedFiles, sharedFilePaths } from './sharedFiles.ts';
import { signInChain } from './signInChain.ts';

/** The profiles of both files, `default` first, then by name; without the one whose name is empty. */
export function listProfiles(files: SharedFiles): readonly Profile[] {
  return [...files.profiles.keys()]
    .filter((name) => name !== '')
    .sort((a, b) => Number(b === 'default') - Number(a === 'default') || a.localeCompare(b, 'en'))
    .map((name) => ({ name, region: profileSetting(files, name, 'region') || undefined, signIn: signIn(files, name) }));
}

/** A setting of a profile; `undefined` also where it has nested settings instead. */
export function profileSetting(files: SharedFiles, name: string, key: string): string | undefined {
  return settingOf(files.profiles.get(name), key);
}

/** A boolean setting, as the AWS CLI reads it. */
export function isTrue(value: string | undefined): boolean {
  return value?.toLowerCase() === 'true';
}

/** The settings for the metadata service of an EC2 instance. Their variables are the same names after `AWS_`. */
export const metadataSettingNames = [
  'ec2_metadata_service_endpoint',
  'ec2_metadata_service_endpoint_mode',
  'imds_use_ipv6',
  'metadata_service_timeout',
  'metadata_service_num_attempts',
  'ec2_metadata_v1_disabled',
] as const;

/**
 * A digest of everything in the files that the sign-in of a profile depends on. When it changes, the profile signs in
 * again.
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
 * A digest of everything in the files that a connection depends on: its sign-in and endpoints.
 * @param profile undefined for the environment's own credentials
 */
export function connectionFingerprint(files: SharedFiles, profile: string | undefined): string {
  const name = profile ?? 'default';
  const services = profileSetting(files, name, 'services');
  return digest([
    profile === undefined ? environmentSettings(files, name) : signInFingerprint(files, profile),
    services === undefined ? [] : entries(files.services.get(services)),
  ]);
}

/** @throws KmsError `profileMissing` */
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

/**
 * @param profile undefined for the environment
 * @throws KmsError `regionInvalid` when the text does not have the form of a Region's name
 */
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

/**
 * A KmsError `profileInvalid`: what is set up can't work.
 * @param profile undefined for the environment
 * @param message why, as the rest of a sentence
 */
export function invalidProfile(profile: string | undefined, message: string): KmsError {
  return new KmsError({ kind: 'profileInvalid', operation: 'Connect', awsName: 'ProfileInvalid', message, profile });
}

/** The settings that matter for the environment's own credentials. */
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
