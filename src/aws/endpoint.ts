import * as l10n from '@vscode/l10n';
import { KmsError } from '../core/kms/errors.ts';
import type { Env } from './env.ts';
import { isTrue, profileSetting } from './profiles.ts';
import type { SharedFiles } from './sharedFiles.ts';

/** The services that we, or the sign-in of a profile, call. The ID is the one that variables and sections go by. */
export type ServiceId = 'KMS' | 'STS' | 'CLOUDTRAIL' | 'IAM' | 'SSO' | 'SSO_OIDC' | 'SIGNIN';

/** Where a service's requests go. With a `url` both flags are false: the SDK refuses the combination. */
export interface ServiceEndpoint {
  /** What a variable or the files configured; `undefined`: AWS's own endpoint of the Region. */
  readonly url: string | undefined;
  readonly useFipsEndpoint: boolean;
  readonly useDualstackEndpoint: boolean;
}

/**
 * The endpoint of a service for one profile. The SDK does not find it by itself: it looks only at the profile that
 * AWS_PROFILE names, whichever profile a client was made for.
 *
 * The order is that of AWS's SDKs and tools: AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, the profile's `services`
 * section, its `endpoint_url`; none of them when AWS_IGNORE_CONFIGURED_ENDPOINT_URLS or the profile says to ignore them.
 *
 * Throws a KmsError when what is configured can't be used.
 */
export function resolveEndpoint(service: ServiceId, env: Env, files: SharedFiles, profile: string): ServiceEndpoint {
  const flag = (variable: string, key: string) => isTrue(env[variable] || profileSetting(files, profile, key));
  if (!flag('AWS_IGNORE_CONFIGURED_ENDPOINT_URLS', 'ignore_configured_endpoint_urls')) {
    const url =
      env[`AWS_ENDPOINT_URL_${service}`] ||
      env['AWS_ENDPOINT_URL'] ||
      servicesUrl(service, files, profile) ||
      profileSetting(files, profile, 'endpoint_url');
    if (url) {
      checkUrl(url, profile);
      return { url, useFipsEndpoint: false, useDualstackEndpoint: false };
    }
  }
  return {
    url: undefined,
    useFipsEndpoint: flag('AWS_USE_FIPS_ENDPOINT', 'use_fips_endpoint'),
    useDualstackEndpoint: flag('AWS_USE_DUALSTACK_ENDPOINT', 'use_dualstack_endpoint'),
  };
}

/**
 * The endpoint of a service that is asked beside KMS, about the same keys and principals. `undefined` where KMS has an
 * endpoint of its own and the service has none: AWS knows nothing of what another server serves, nor need the credentials
 * be AWS's.
 */
export function resolveEndpointBeside(
  kms: ServiceEndpoint,
  ...[service, env, files, profile]: Parameters<typeof resolveEndpoint>
): ServiceEndpoint | undefined {
  const endpoint = resolveEndpoint(service, env, files, profile);
  return kms.url !== undefined && endpoint.url === undefined ? undefined : endpoint;
}

/**
 * The endpoint as it may be shown and copied: as a URL parser reads it, in ASCII, and without a user name and password.
 * A text that is no URL may hold anything, so nothing of it is shown.
 */
export function shownUrl(text: string): string {
  if (!URL.canParse(text)) {
    return '…';
  }
  const url = new URL(text);
  url.username = '';
  url.password = '';
  const isBare = url.pathname === '/' && url.search === '' && url.hash === '';
  return isBare ? url.origin : url.href;
}

function servicesUrl(service: ServiceId, files: SharedFiles, profile: string): string | undefined {
  const name = profileSetting(files, profile, 'services');
  if (name === undefined) {
    return undefined;
  }
  const section = files.services.get(name);
  if (section === undefined || section.size === 0) {
    // To go on without it would send to AWS what was meant for somewhere else. The AWS CLI refuses too.
    throw invalidEndpoint(
      l10n.t('The config file has no section "services {0}", which profile {1} names.', name, profile),
      profile,
    );
  }
  const own = section.get(service.toLowerCase());
  return typeof own === 'object' ? own.get('endpoint_url') : undefined;
}

function checkUrl(url: string, profile: string): void {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw invalidEndpoint(
      l10n.t('The endpoint that is configured for profile {0} is not an http or https URL.', profile),
      profile,
    );
  }
}

function invalidEndpoint(message: string, profile: string): KmsError {
  return new KmsError({ kind: 'invalidEndpoint', operation: 'Connect', awsName: 'InvalidEndpoint', message, profile });
}
