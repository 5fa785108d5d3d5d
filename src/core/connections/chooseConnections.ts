import { printable } from '../base/text.ts';
import { KmsError } from '../kms/errors.ts';
import type { Profile } from '../kms/kmsApi.ts';
import type { ConnectionRef } from '../kms/model.ts';
import { connectionName } from '../words/describe.ts';

/** What decides which connections the view shows. */
export interface Preferences {
  /** The setting `kmsGrants.connections`; `undefined` as long as nobody chose any. */
  readonly connections: readonly ConnectionRef[] | undefined;
  /** Sample data was opened in this workspace. */
  readonly sample: boolean;
  /** Settings `kmsGrants.profile` and `kmsGrants.region`; empty when unset. */
  readonly profile: string;
  readonly region: string;
  /** Where these settings come from is not the user, who has not agreed to them. */
  readonly isUnconfirmed?: boolean;
  /** The variables that name a profile and a Region, and those with which the environment signs in, are read. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * The connections to show, in order; none when nothing on this machine says how to sign in.
 * @throws KmsError `notConfirmed` when the user has not agreed to what the settings say;
 * `profileMissing` or `regionMissing` when the default can't be made out and nothing else is shown;
 * without a profile, the environment's own credentials are meant
 */
export function chooseConnections(preferences: Preferences, profiles: readonly Profile[]): readonly ConnectionRef[] {
  const chosen = chosenConnections(preferences, profiles);
  const opened = chosen.filter(({ kind }) => kind !== 'sample');
  if (preferences.isUnconfirmed === true && opened.length > 0) {
    const name = (ref: ConnectionRef) => `${connectionName(ref)} (${'region' in ref ? printable(ref.region) : ''})`;
    const message = opened.map(name).join(', ');
    throw new KmsError({ kind: 'notConfirmed', operation: 'Connect', awsName: 'NotConfirmed', message });
  }
  return chosen;
}

function chosenConnections(preferences: Preferences, profiles: readonly Profile[]): readonly ConnectionRef[] {
  const sample: readonly ConnectionRef[] = preferences.sample ? [{ kind: 'sample' }] : [];
  if (preferences.connections !== undefined) {
    return [...preferences.connections, ...sample];
  }
  try {
    const standard = defaultConnection(preferences, profiles);
    return standard === undefined ? sample : [standard, ...sample];
  } catch (error) {
    if (sample.length === 0) {
      throw error;
    }
    return sample;
  }
}

function defaultConnection(preferences: Preferences, profiles: readonly Profile[]): ConnectionRef | undefined {
  const { env } = preferences;
  const named = preferences.profile || env['AWS_PROFILE'] || env['AWS_DEFAULT_PROFILE'] || undefined;
  const name = named ?? 'default';
  const profile = profiles.find((candidate) => candidate.name === name);
  if (named === undefined && isEnvironmentFirst(env, profile)) {
    // As in the AWS CLI, the settings of the default profile go with the credentials of the environment.
    const region = preferredRegion(preferences, undefined) ?? profile?.region;
    return { kind: 'environment', region: region || missing('regionMissing', undefined) };
  }
  if (profile === undefined) {
    return named === undefined ? undefined : missing('profileMissing', name);
  }
  const region = preferredRegion(preferences, profile) ?? missing('regionMissing', name);
  return { kind: 'profile', profile: name, region };
}

/**
 * The environment has credentials that come before those of the default profile, in the order of the AWS CLI: an access
 * key, a web identity, the default profile, a container.
 */
function isEnvironmentFirst(env: Preferences['env'], standard: Profile | undefined): boolean {
  // Also half an access key: the AWS CLI takes no other credentials in its place.
  if (env['AWS_ACCESS_KEY_ID']) {
    return true;
  }
  if (env['AWS_WEB_IDENTITY_TOKEN_FILE'] && env['AWS_ROLE_ARN']) {
    return true;
  }
  const isContainer = env['AWS_CONTAINER_CREDENTIALS_FULL_URI'] || env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'];
  return Boolean(isContainer) && standard?.signIn === undefined;
}

/** The setting's Region, else the profile's, else the environment's. */
export function preferredRegion({ region, env }: Preferences, profile: Profile | undefined): string | undefined {
  return region || profile?.region || env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || undefined;
}

function missing(kind: 'profileMissing' | 'regionMissing', profile: string | undefined): never {
  throw new KmsError({ kind, operation: 'Connect', awsName: kind, message: kind, profile });
}
