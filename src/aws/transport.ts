import type { ServiceEndpoint } from './endpoint.ts';

/** How long a request may take. Milliseconds. */
export interface Timeouts {
  /** Until the connection is made. */
  readonly connectMs: number;
  /** Until the response begins, and then the longest silence within its body. */
  readonly requestMs: number;
}

export interface Transport {
  readonly timeouts: Timeouts;
  /** Requests that the SDK sends for one call at most. */
  readonly maxAttempts: number;
}

export const defaultTransport: Transport = { timeouts: { connectMs: 5_000, requestMs: 15_000 }, maxAttempts: 3 };

/**
 * What every client is told, ours and those that a sign-in makes. All of it explicitly: whatever a client is not told it
 * takes from AWS_* variables and from the profile that AWS_PROFILE names, which need not be the one it is for.
 */
export function clientSettings({ timeouts, maxAttempts }: Transport, endpoint: ServiceEndpoint) {
  const { url, useFipsEndpoint, useDualstackEndpoint } = endpoint;
  return {
    ...(url === undefined ? {} : { endpoint: url }),
    ignoreConfiguredEndpointUrls: true,
    useFipsEndpoint,
    useDualstackEndpoint,
    requestHandler: {
      connectionTimeout: timeouts.connectMs,
      requestTimeout: timeouts.requestMs,
      // Without it the SDK only warns of a request that takes too long.
      throwOnRequestTimeout: true,
      // The request's time-out ends with the headers of the response; this one bounds a body that stops halfway.
      socketTimeout: timeouts.requestMs,
    },
    maxAttempts,
    retryMode: 'standard',
    authSchemePreference: [],
    customUserAgent: 'kms-grants',
  };
}
