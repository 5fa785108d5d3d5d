import * as l10n from '@vscode/l10n';
import { hasProfile, type SharedFiles, sectionOf } from './profiles.ts';

/** Where the first credentials of a sign-in come from. */
type Origin =
  | { readonly kind: 'keys' }
  /** A role's `credential_source`: the environment, a container or an instance. */
  | { readonly kind: 'credentialSource'; readonly source: string }
  | { readonly kind: 'webIdentity'; readonly tokenFile: string }
  | { readonly kind: 'process' }
  /** `session`: the name of the `sso-session`, or, in profiles of the older form, undefined. */
  | { readonly kind: 'sso'; readonly session: string | undefined; readonly startUrl: string | undefined }
  | { readonly kind: 'login'; readonly session: string }
  /** Nothing that the SDK can sign in with. `problem`: what is wrong with what is there, as the rest of a sentence. */
  | { readonly kind: 'none'; readonly problem?: string };

/** How a profile signs in: which profiles lead to which, and where it starts. */
export interface SignInChain {
  /** The profile itself first; the last one has the origin. */
  readonly profiles: readonly [string, ...string[]];
  readonly origin: Origin;
  /** Of the MFA devices whose codes are asked for, in the order in which they are. */
  readonly mfaSerials: readonly string[];
}

/** Reads it as the SDK's own `fromIni` does, step for step: what it says is what the SDK will do. */
export function signInChain(files: SharedFiles, profile: string): SignInChain {
  const profiles: [string, ...string[]] = [profile];
  const sources = new Set<string>();
  const mfaSerials: string[] = [];
  const end = (origin: Origin): SignInChain => ({ profiles, origin, mfaSerials });
  for (let name = profile; ; ) {
    const section = signInSection(files, name);
    const isSource = sources.size > 0;
    const { role_arn: role, source_profile: source, credential_source: credentialSource } = section;
    if (isSource && hasKeys(section)) {
      return end({ kind: 'keys' });
    }
    const assumesRole = role !== undefined && (source === undefined) !== (credentialSource === undefined);
    const isBareSource = isSource && role === undefined && credentialSource !== undefined;
    if (!assumesRole && !isBareSource) {
      return end(originOf(files, section, name));
    }
    if (assumesRole && section['mfa_serial']) {
      mfaSerials.unshift(section['mfa_serial']);
    }
    if (source === undefined) {
      return end(credentialSourceOf(credentialSource ?? '', name));
    }
    if (sources.has(source)) {
      return end({ kind: 'none', problem: l10n.t('the source_profile of {0} leads back to {1}.', name, source) });
    }
    if (!hasProfile(files, source)) {
      const problem = l10n.t(
        'the source_profile of {0}, {1}, is in neither the config nor the credentials file.',
        name,
        source,
      );
      return end({ kind: 'none', problem });
    }
    sources.add(source);
    // A profile may be its own source: the role is assumed with the keys beside it.
    if (source !== name) {
      profiles.push(source);
    }
    name = source;
  }
}

/** A profile's settings for signing in. Here, unlike elsewhere, the credentials file's count where both have one. */
function signInSection(files: SharedFiles, name: string): Readonly<Record<string, string | undefined>> {
  return { ...sectionOf(files.configFile, name), ...sectionOf(files.credentialsFile, name) };
}

function hasKeys(section: Readonly<Record<string, string | undefined>>): boolean {
  return section['aws_access_key_id'] !== undefined && section['aws_secret_access_key'] !== undefined;
}

function credentialSourceOf(source: string, name: string): Origin {
  return credentialSources.includes(source)
    ? { kind: 'credentialSource', source }
    : {
        kind: 'none',
        problem: l10n.t(
          'the credential_source of {0} is {1}, and not one of {2}.',
          name,
          source,
          credentialSources.join(', '),
        ),
      };
}

const credentialSources = ['Environment', 'Ec2InstanceMetadata', 'EcsContainer'];

function originOf(files: SharedFiles, section: Readonly<Record<string, string | undefined>>, name: string): Origin {
  const tokenFile = section['web_identity_token_file'];
  const loginSession = section['login_session'];
  if (hasKeys(section)) {
    return { kind: 'keys' };
  }
  if (tokenFile !== undefined && section['role_arn'] !== undefined) {
    return { kind: 'webIdentity', tokenFile };
  }
  if (section['credential_process'] !== undefined) {
    return { kind: 'process' };
  }
  if (ssoKeys.some((key) => section[key] !== undefined)) {
    const problem = ssoProblem(files, section, name);
    return problem === undefined
      ? { kind: 'sso', session: section['sso_session'], startUrl: section['sso_start_url'] }
      : { kind: 'none', problem };
  }
  if (loginSession) {
    return { kind: 'login', session: loginSession };
  }
  const problem = roleProblem(section, name);
  return problem === undefined ? { kind: 'none' } : { kind: 'none', problem };
}

function roleProblem(section: Readonly<Record<string, string | undefined>>, name: string): string | undefined {
  if (section['role_arn'] === undefined) {
    return undefined;
  }
  return section['source_profile'] !== undefined && section['credential_source'] !== undefined
    ? l10n.t('{0} has both source_profile and credential_source.', name)
    : l10n.t('{0} has a role_arn without source_profile, credential_source or web_identity_token_file.', name);
}

function ssoProblem(
  files: SharedFiles,
  section: Readonly<Record<string, string | undefined>>,
  name: string,
): string | undefined {
  const session = section['sso_session'];
  if (session !== undefined && !Object.hasOwn(files.configFile, `sso-session.${session}`)) {
    return l10n.t('the sso_session of {0}, {1}, is not in the config file.', name, session);
  }
  const settings: Readonly<Record<string, string | undefined>> = {
    ...section,
    ...(session === undefined ? {} : sectionOf(files.configFile, `sso-session.${session}`)),
  };
  const missing = ['sso_start_url', 'sso_region', 'sso_account_id', 'sso_role_name'].filter((key) => !settings[key]);
  return missing.length === 0 ? undefined : l10n.t('{0} lacks {1}.', name, missing.join(', '));
}

const ssoKeys = ['sso_start_url', 'sso_account_id', 'sso_session', 'sso_region', 'sso_role_name'];
