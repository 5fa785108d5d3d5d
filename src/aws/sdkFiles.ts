import { externalDataInterceptor } from '@smithy/core/config';
import { signingIn } from './currentSignIn.ts';
import type { Origin } from './signInChain.ts';

/** The profile that {@link sdkConfig} has. */
export const sdkProfile = 'default';

/**
 * From here on the SDK reads neither the config nor the credentials file, which it understands otherwise than the AWS CLI
 * does: for every path it gets the few settings of the sign-in under way, and of none outside of one. It gets the token of
 * its SSO session so, too. The SDK's tables are one for all of this bundle, so they hold nothing of their own.
 */
export function takeOverSdkFiles(): void {
  const { getFileRecord, getTokenRecord } = externalDataInterceptor;
  const texts = new Proxy({}, { get: () => Promise.resolve(signingIn.getStore()?.sdkConfig ?? '') });
  Object.setPrototypeOf(getFileRecord(), texts);
  const tokens = new Proxy({}, { get: () => signingIn.getStore()?.token });
  Object.setPrototypeOf(getTokenRecord(), tokens);
}

/** What the SDK has to read in files for a sign-in: it takes the sessions whose tokens it renews from nowhere else. */
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

/** The SDK can find the session to renew its token. It cuts what it reads at ` #` and ` ;`, and takes no empty name. */
export function isRenewable({ session, startUrl }: Extract<Origin, { kind: 'sso' }>): boolean {
  return Boolean(session) && ![session ?? '', startUrl].some((value) => /[\r\n]|(^|\s)[;#]/.test(value));
}
