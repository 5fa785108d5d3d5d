import * as l10n from '@vscode/l10n';
import { KmsError } from '../core/kms/errors.ts';
import type { Env } from './env.ts';
import { isTrue, profileSetting } from './profiles.ts';
import type { SharedFiles } from './sharedFiles.ts';

/** The services that we or a sign-in call, by the IDs that variables and sections use. */
export type ServiceId = 'KMS' | 'STS' | 'CLOUDTRAIL' | 'IAM' | 'SSO' | 'SSO_OIDC' | 'SIGNIN';

/** Where a service's requests go. With a `url`, both flags are false: the SDK refuses the combination. */
export interface ServiceEndpoint {
  /** From a variable or the files; `undefined`: AWS's own endpoint of the Region. */
  readonly url: string | undefined;
  readonly useFipsEndpoint: boolean;
  readonly useDualstackEndpoint: boolean;
}

/**
 * The endpoint of a service for one profile. The SDK can't find it: it reads only the profile that AWS_PROFILE names.
 * The order is that of AWS's SDKs and tools: AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, the profile's `services`
 * section, its `endpoint_url`; none of them when AWS_IGNORE_CONFIGURED_ENDPOINT_URLS or the profile says to ignore
 * them.
 * @throws KmsError `invalidEndpoint`
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
 * The endpoint of a service that is asked about the keys and principals of this KMS. `undefined` where only KMS has a
 * custom endpoint: AWS knows nothing of what another server serves, and the credentials may not be AWS's.
 * @throws KmsError `invalidEndpoint`
 */
export function resolveEndpointBeside(
  kms: ServiceEndpoint,
  ...[service, env, files, profile]: Parameters<typeof resolveEndpoint>
): ServiceEndpoint | undefined {
  const endpoint = resolveEndpoint(service, env, files, profile);
  return kms.url !== undefined && endpoint.url === undefined ? undefined : endpoint;
}

/**
 * The endpoint in a form that may be shown and copied: as a URL parser reads it, in ASCII, without user name and
 * password. A text that is not a URL is shown as `…`, since it may hold anything.
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
    // Without it, requests that were meant for another server would go to AWS. The AWS CLI refuses, too.
    throw invalidEndpoint(
      l10n.t(
        'Profile {1} names the section "services {0}", which is missing from the config file, or empty.',
        name,
        profile,
      ),
      profile,
    );
  }
  const own = section.get(service.toLowerCase());
  return typeof own === 'object' ? own.get('endpoint_url') : undefined;
}

function checkUrl(url: string, profile: string): void {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw invalidEndpoint(l10n.t("It isn't an http or https URL."), profile);
  }
}

function invalidEndpoint(message: string, profile: string): KmsError {
  return new KmsError({ kind: 'invalidEndpoint', operation: 'Connect', awsName: 'InvalidEndpoint', message, profile });
}
