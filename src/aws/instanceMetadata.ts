import http from 'node:http';
import https from 'node:https';
import * as l10n from '@vscode/l10n';
import { collectAnswer } from './answer.ts';
import type { AwsCredentials } from './credentials.ts';
import type { SignIn } from './currentSignIn.ts';
import type { Env } from './env.ts';
import { invalidProfile, isTrue, type metadataSettingNames, profileSetting } from './profiles.ts';
import type { SharedFiles } from './sharedFiles.ts';

/** How to ask the metadata service of an EC2 instance. */
interface MetadataSettings {
  /** Ends in a slash. */
  readonly url: string;
  /** Milliseconds until a connection is made, and then of the longest silence. */
  readonly timeoutMs: number;
  /** How often each request is sent at most. */
  readonly attempts: number;
  /** Whether to go on without a token, which is version 1 of the service. */
  readonly mayGoWithoutToken: boolean;
}

/**
 * Reads the settings from the variables, then from the profile, as the AWS CLI does. The SDK reads only some of them,
 * and only from the profile that AWS_PROFILE names.
 * @param profile undefined for the environment, which uses the settings of the default profile
 * @throws KmsError `profileInvalid`
 */
export function metadataSettings(env: Env, files: SharedFiles, profile: string | undefined): MetadataSettings {
  const get = (name: (typeof metadataSettingNames)[number]) =>
    env[`AWS_${name.toUpperCase()}`] || profileSetting(files, profile ?? 'default', name);
  const atLeastOne = (name: 'metadata_service_timeout' | 'metadata_service_num_attempts') => {
    const text = get(name) ?? '1';
    if (!/^\+?\d+$/.test(text) || Number(text) < 1) {
      throw invalidProfile(profile, l10n.t("{0} isn't a whole number above 0: {1}.", name, text));
    }
    return Number(text);
  };
  const mode = get('ec2_metadata_service_endpoint_mode')?.toLowerCase();
  if (mode !== undefined && mode !== 'ipv4' && mode !== 'ipv6') {
    throw invalidProfile(
      profile,
      l10n.t('{0} is neither IPv4 nor IPv6: {1}.', 'ec2_metadata_service_endpoint_mode', mode),
    );
  }
  const isIpv6 = mode === undefined ? isTrue(get('imds_use_ipv6')) : mode === 'ipv6';
  const standard = isIpv6 ? 'http://[fd00:ec2::254]/' : 'http://169.254.169.254/';
  const url = get('ec2_metadata_service_endpoint') || standard;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    // Not quoted: the URL may contain a password.
    throw invalidProfile(profile, l10n.t("{0} isn't an http or https URL.", 'ec2_metadata_service_endpoint'));
  }
  return {
    url: url.endsWith('/') ? url : `${url}/`,
    timeoutMs: atLeastOne('metadata_service_timeout') * 1_000,
    attempts: atLeastOne('metadata_service_num_attempts'),
    mayGoWithoutToken: !isTrue(get('ec2_metadata_v1_disabled')),
  };
}

const credentialsPath = 'latest/meta-data/iam/security-credentials/';
const tokenHeader = 'x-aws-ec2-metadata-token';

/** The credentials of the instance's role, by the requests that the AWS CLI sends. @throws KmsError, MetadataError */
export async function instanceCredentials(env: Env, files: SharedFiles, current: SignIn): Promise<AwsCredentials> {
  if (isTrue(env['AWS_EC2_METADATA_DISABLED'])) {
    throw new MetadataError('AWS_EC2_METADATA_DISABLED is set.');
  }
  const settings = metadataSettings(env, files, current.profile);
  const token = await fetchToken(settings, current);
  const headers = token === undefined ? {} : { [tokenHeader]: token };
  const get = <T>(path: string, read: (text: string) => T | undefined): Promise<T> =>
    repeated(settings.attempts, current, async () => {
      const value = read(await ask('GET', path, headers, settings, current));
      if (value === undefined) {
        throw new MetadataError('The instance metadata service gave no credentials.');
      }
      return value;
    });
  const role = await get(credentialsPath, (text) => text.trim() || undefined);
  return get(credentialsPath + role, readCredentials);
}

/** `undefined`: the service is of version 1, which has no tokens. */
async function fetchToken(settings: MetadataSettings, current: SignIn): Promise<string | undefined> {
  const lifetime = { [`${tokenHeader}-ttl-seconds`]: '21600' };
  const isFinal = (error: unknown) => error instanceof SilenceError || isRefused(error, 400, 403, 404, 405);
  try {
    return await repeated(
      settings.attempts,
      current,
      () => ask('PUT', 'latest/api/token', lifetime, settings, current),
      isFinal,
    );
  } catch (error) {
    if (current.signal.aborted || !settings.mayGoWithoutToken || isRefused(error, 400)) {
      throw error;
    }
    return undefined;
  }
}

async function repeated<T>(
  attempts: number,
  { signal }: SignIn,
  act: () => Promise<T>,
  isFinal: (error: unknown) => boolean = () => false,
): Promise<T> {
  for (let left = attempts - 1; ; left -= 1) {
    try {
      return await act();
    } catch (error) {
      if (left === 0 || signal.aborted || isFinal(error)) {
        throw error;
      }
    }
  }
}

class SilenceError extends Error {
  override readonly name = 'TimeoutError';
}

/** The service gave no credentials. Has the name that the SDK's providers use. */
class MetadataError extends Error {
  override readonly name = 'CredentialsProviderError';
  /** The HTTP status that it answered instead. */
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

function isRefused(error: unknown, ...statuses: readonly number[]): boolean {
  return error instanceof MetadataError && statuses.some((status) => status === error.status);
}

/** Sends one request, and reads the text of the answer. */
function ask(
  method: 'GET' | 'PUT',
  path: string,
  headers: Readonly<Record<string, string>>,
  { url, timeoutMs }: MetadataSettings,
  current: SignIn,
): Promise<string> {
  const { request } = url.startsWith('https:') ? https : http;
  return new Promise((resolve, reject) => {
    const asking = request(new URL(url + path), { method, headers, timeout: timeoutMs, signal: current.signal });
    asking.on('timeout', () => asking.destroy(new SilenceError(`No answer within ${timeoutMs / 1_000} s.`)));
    asking.on('error', reject);
    asking.on('response', (response) => {
      const { statusCode: status = 0 } = response;
      current.step.status = status;
      collectAnswer(response)
        .then((bytes) => {
          if (status !== 200) {
            throw new MetadataError(`The instance metadata service answered HTTP ${status}.`, status);
          }
          return Buffer.from(bytes).toString('utf8');
        })
        .then(resolve, reject);
    });
    asking.end();
  });
}

function readCredentials(text: string): AwsCredentials | undefined {
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = parse(text);
  return typeof AccessKeyId === 'string' &&
    typeof SecretAccessKey === 'string' &&
    typeof Token === 'string' &&
    Expiration !== undefined
    ? { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token }
    : undefined;
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    // Half an answer, or not from the metadata service: it has no credentials.
    return {};
  }
}
