import * as l10n from '@vscode/l10n';
import { type Section, settingOf } from './ini.ts';
import type { SharedFiles } from './sharedFiles.ts';

/** What a role's `credential_source` may be. */
const credentialSources = ['Environment', 'EcsContainer', 'Ec2InstanceMetadata'] as const;

/** An access key of the files. */
interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Where the first credentials of a sign-in come from. */
export type Origin =
  | { readonly kind: 'keys'; readonly accessKey: AccessKey }
  /** A role's `credential_source`. */
  | { readonly kind: 'credentialSource'; readonly source: (typeof credentialSources)[number] }
  | {
      readonly kind: 'webIdentity';
      readonly tokenFile: string;
      readonly roleArn: string;
      readonly roleSessionName: string | undefined;
    }
  | { readonly kind: 'process'; readonly command: string }
  | {
      readonly kind: 'sso';
      /** The name of the `sso-session`; of profiles of the older form, undefined. */
      readonly session: string | undefined;
      readonly startUrl: string;
      readonly region: string;
      readonly accountId: string;
      readonly roleName: string;
    }
  | { readonly kind: 'login'; readonly session: string }
  /** No way to sign in. `problem`: what is wrong with the settings, as a sentence. */
  | { readonly kind: 'none'; readonly problem?: string };

/** A role to assume, with the profile's settings for it. */
export interface Role {
  readonly arn: string;
  readonly sessionName: string | undefined;
  readonly externalId: string | undefined;
  /** Seconds. */
  readonly duration: number | undefined;
  readonly mfaSerial: string | undefined;
}

/** How a profile signs in: its first credentials, and the roles that are assumed from there. */
export interface SignInChain {
  /** The profile itself first, then the source profile of each. The last one has the origin. */
  readonly profiles: readonly [string, ...string[]];
  readonly origin: Origin;
  /** In the order in which they are assumed: the profile's own role last. */
  readonly roles: readonly Role[];
}

/**
 * Reads how a profile signs in, as the AWS CLI does with `--profile`, in botocore's order: a role, a web identity, SSO,
 * an access key of the credentials file, `aws login`, a program, an access key of the config file. Unlike in the AWS
 * CLI, a profile without any of them does not use the container or the instance that this runs on.
 */
export function signInChain(files: SharedFiles, profile: string): SignInChain {
  const profiles: [string, ...string[]] = [profile];
  const visited = [profile];
  const roles: Role[] = [];
  const end = (origin: Origin): SignInChain => ({ profiles, origin, roles });
  for (let name = profile; ; ) {
    const section = files.profiles.get(name);
    const isSource = visited.length > 1;
    const arn = textOf(section, 'role_arn');
    if (arn === undefined || section?.has('web_identity_token_file') || (isSource && hasKeys(section))) {
      return end(originOf(files, name, isSource));
    }
    if (!arn.startsWith('arn:')) {
      return end(none(l10n.t("The role_arn of {0} isn't the ARN of a role.", name)));
    }
    roles.unshift(roleOf(arn, section));
    const source = textOf(section, 'source_profile');
    const credentialSource = textOf(section, 'credential_source');
    if (source !== undefined && credentialSource !== undefined) {
      return end(none(l10n.t('{0} has both source_profile and credential_source.', name)));
    }
    if (source === undefined) {
      return end(credentialSourceOf(credentialSource, name));
    }
    if (!files.profiles.has(source)) {
      return end(
        none(
          l10n.t('The source_profile of {0}, {1}, is in neither the config nor the credentials file.', name, source),
        ),
      );
    }
    // A profile may be its own source: its role is assumed with its own keys.
    if (visited.includes(source) && !(source === name && hasKeys(section))) {
      return end(none(l10n.t('The source_profile of {0} leads back to {1}.', name, source)));
    }
    visited.push(source);
    if (source !== name) {
      profiles.push(source);
    }
    name = source;
  }
}

/** The value of a setting. One with nested settings instead counts as set, to a value that can't be used. */
function textOf(section: Section | undefined, key: string): string | undefined {
  return section?.has(key) ? (settingOf(section, key) ?? '{…}') : undefined;
}

function roleOf(arn: string, section: Section | undefined): Role {
  const duration = textOf(section, 'duration_seconds');
  return {
    arn,
    sessionName: textOf(section, 'role_session_name') || undefined,
    externalId: textOf(section, 'external_id'),
    duration: duration !== undefined && /^\d+$/.test(duration) ? Number(duration) : undefined,
    mfaSerial: textOf(section, 'mfa_serial') || undefined,
  };
}

/** One of the two is enough: the AWS CLI then looks for no role. */
function hasKeys(section: Section | undefined): boolean {
  return section !== undefined && (section.has('aws_access_key_id') || section.has('aws_secret_access_key'));
}

function originOf(files: SharedFiles, name: string, isSource: boolean): Origin {
  const section = files.profiles.get(name);
  const get = (key: string) => textOf(section, key);
  const tokenFile = get('web_identity_token_file');
  if (tokenFile) {
    const roleArn = get('role_arn');
    return roleArn
      ? { kind: 'webIdentity', tokenFile, roleArn, roleSessionName: get('role_session_name') }
      : none(l10n.t('{0} lacks {1}.', name, 'role_arn'));
  }
  if (section?.has('sso_account_id') || section?.has('sso_role_name')) {
    return ssoOf(files, section, name);
  }
  const stored = keysOf(files.ofCredentials.get(name), name);
  if (stored !== undefined) {
    return stored;
  }
  const session = get('login_session');
  if (session) {
    return { kind: 'login', session };
  }
  const command = get('credential_process');
  if (command !== undefined) {
    return { kind: 'process', command };
  }
  const credentialSource = get('credential_source');
  return (
    keysOf(files.ofConfig.get(name), name) ??
    // AWS's SDKs, unlike the AWS CLI, also read credential_source in the source profile of a role.
    (isSource && credentialSource !== undefined
      ? credentialSourceOf(credentialSource, name)
      : section?.has('sso_session') || section?.has('sso_start_url')
        ? ssoOf(files, section, name)
        : { kind: 'none' })
  );
}

function keysOf(section: Section | undefined, name: string): Origin | undefined {
  if (section === undefined || !section.has('aws_access_key_id')) {
    return undefined;
  }
  const accessKeyId = settingOf(section, 'aws_access_key_id');
  const secretAccessKey = settingOf(section, 'aws_secret_access_key');
  const sessionToken = settingOf(section, 'aws_security_token') ?? settingOf(section, 'aws_session_token');
  if (!accessKeyId || !secretAccessKey) {
    return none(l10n.t('The access key of {0} is incomplete.', name));
  }
  return {
    kind: 'keys',
    accessKey: { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) },
  };
}

function ssoOf(files: SharedFiles, section: Section, name: string): Origin {
  const session = settingOf(section, 'sso_session');
  const named = session === undefined ? undefined : files.ssoSessions.get(session);
  if (session !== undefined && named === undefined) {
    return none(l10n.t("The sso_session of {0}, {1}, isn't in the config file.", name, session));
  }
  const conflict = [...(named ?? [])].find(([key, value]) => section.has(key) && section.get(key) !== value);
  if (conflict !== undefined) {
    return none(l10n.t('{0} and its sso_session {1} differ in {2}.', name, session ?? '', conflict[0]));
  }
  const get = (key: string) => settingOf(named, key) ?? settingOf(section, key);
  const [startUrl, region] = [get('sso_start_url'), get('sso_region')];
  const [accountId, roleName] = [get('sso_account_id'), get('sso_role_name')];
  if (startUrl && region && accountId && roleName) {
    return { kind: 'sso', session, startUrl, region, accountId, roleName };
  }
  const missing = ['sso_start_url', 'sso_region', 'sso_account_id', 'sso_role_name'].filter((key) => !get(key));
  return none(l10n.t('{0} lacks {1}.', name, missing.join(', ')));
}

function credentialSourceOf(text: string | undefined, name: string): Origin {
  if (text === undefined) {
    return none(
      l10n.t('{0} has a role_arn without source_profile, credential_source, or web_identity_token_file.', name),
    );
  }
  const source = credentialSources.find((known) => known === text);
  return source === undefined
    ? none(l10n.t('The credential_source of {0} is {1}, not one of {2}.', name, text, credentialSources.join(', ')))
    : { kind: 'credentialSource', source };
}

function none(problem: string): Origin {
  return { kind: 'none', problem };
}
