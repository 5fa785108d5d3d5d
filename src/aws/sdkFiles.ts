import { externalDataInterceptor } from '@smithy/core/config';
import { currentSignIn } from './currentSignIn.ts';
import type { Origin } from './signInChain.ts';

/** The only profile in {@link sdkConfig}. */
export const sdkProfile = 'default';

/**
 * Stops the SDK from reading the config and credentials files, which it reads differently from the AWS CLI. For every
 * path it gets the settings of the current sign-in instead, and an empty text outside of one. The tokens of SSO
 * sessions come in the same way. The SDK has one table of files for the whole bundle, so nothing is stored in it.
 */
export function takeOverSdkFiles(): void {
  const { getFileRecord, getTokenRecord } = externalDataInterceptor;
  const texts = new Proxy({}, { get: () => Promise.resolve(currentSignIn.getStore()?.sdkConfig ?? '') });
  Object.setPrototypeOf(getFileRecord(), texts);
  const tokens = new Proxy({}, { get: () => currentSignIn.getStore()?.token });
  Object.setPrototypeOf(getTokenRecord(), tokens);
}

/** The config file that the SDK reads for a sign-in: it takes the session whose token it renews from nowhere else. */
export function sdkConfig(origin: Origin): string {
  switch (origin.kind) {
    case 'sso':
      return isRenewable(origin)
        ? `[${sdkProfile}]
sso_session=${origin.session}
[sso-session.${origin.session}]
sso_start_url=${origin.startUrl}
sso_region=${origin.region}
`
        : '';
    case 'login':
      return `[${sdkProfile}]\nlogin_session=${origin.session}\n`;
    default:
      return '';
  }
}

/** Whether the SDK can read the session, to renew its token: it cuts values at ` #` and ` ;`, and needs a name. */
export function isRenewable({ session, startUrl }: Extract<Origin, { kind: 'sso' }>): boolean {
  return Boolean(session) && ![session ?? '', startUrl].some((value) => /[\r\n]|(^|\s)[;#]/.test(value));
}
