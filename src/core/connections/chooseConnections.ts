import { printable } from '../base/text.ts';
import { KmsError } from '../kms/errors.ts';
import type { Profile } from '../kms/kmsApi.ts';
import { type ConnectionRef, connectionId } from '../kms/model.ts';
import { connectionName } from '../words/describe.ts';

/** The inputs that decide which connections the view shows. */
export interface Preferences {
  /** The setting `kmsGrants.connections`. `undefined` if it is not set. */
  readonly connections: readonly ConnectionRef[] | undefined;
  /** Sample data was opened in this workspace. */
  readonly sample: boolean;
  /** Settings `kmsGrants.profile` and `kmsGrants.region`; empty when unset. */
  readonly profile: string;
  readonly region: string;
  /** The settings don't come from the user (as in a dev container), and the user has not confirmed them. */
  readonly isUnconfirmed?: boolean;
  /** The environment variables: those for profile, Region and credentials are used. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * The connections to show, in order, each once. Empty if this computer has no AWS credentials configured.
 * @throws KmsError `notConfirmed` if the user has not confirmed the settings; `profileMissing` or `regionMissing` if
 * there is no usable default connection and no sample data is shown. An error without a profile is about the
 * environment's credentials.
 */
export function chooseConnections(preferences: Preferences, profiles: readonly Profile[]): readonly ConnectionRef[] {
  const all = chosenConnections(preferences, profiles);
  const chosen = [...new Map(all.map((ref) => [connectionId(ref), ref])).values()];
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
    // As in the AWS CLI, the environment's credentials use the default profile's Region.
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
 * Whether the environment's credentials take precedence over the default profile. The order is the AWS CLI's: access
 * key, web identity, default profile, container.
 */
function isEnvironmentFirst(env: Preferences['env'], standard: Profile | undefined): boolean {
  // Even without a secret key: the AWS CLI then fails and doesn't fall back.
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
