import { StandardRetryStrategy } from '@smithy/core/retry';
import { collectAnswer } from './answer.ts';
import type { ServiceEndpoint } from './endpoint.ts';
import { notingDestinations } from './errorPlace.ts';

/** How long requests may take. Milliseconds. */
export interface Timeouts {
  /** Until the connection is made. */
  readonly connectMs: number;
  /** Until the response begins, and then the longest silence within its body. */
  readonly requestMs: number;
  /** One call, with all that is sent for it and the whole answer. */
  readonly callMs: number;
  /** A sign-in, but for what a person or a credential_process takes. */
  readonly signInMs: number;
}

export interface Transport {
  readonly timeouts: Timeouts;
  /** Requests that the SDK sends for one call of STS or of a sign-in at most. */
  readonly maxAttempts: number;
}

/** More than are ever under way: a request that waits for a connection would run into its time-out. */
const maxSockets = 500;

export const defaultTransport: Transport = {
  timeouts: { connectMs: 5_000, requestMs: 15_000, callMs: 30_000, signInMs: 60_000 },
  maxAttempts: 3,
};

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
      httpAgent: { maxSockets },
      httpsAgent: { maxSockets },
    },
    streamCollector: collectAnswer,
    maxAttempts,
    retryMode: 'standard',
    authSchemePreference: [],
    customUserAgent: 'kms-grants',
    extensions: [notingDestinations],
  };
}

type Retry = StandardRetryStrategy['refreshRetryTokenForRetry'];

/**
 * For KMS, CloudTrail and IAM: each request that fails is reported, so that `core/limiter` knows of it and decides. The SDK sends again by itself
 * only what AWS did not take since the computer's clock is wrong, with the time that AWS gave.
 */
export class ClockSkewRetries extends StandardRetryStrategy {
  constructor() {
    super(2);
  }

  override async refreshRetryTokenForRetry(...[token, failure]: Parameters<Retry>): ReturnType<Retry> {
    if (failure.error?.$metadata?.clockSkewCorrected !== true) {
      throw new Error('Not for the SDK to send again.');
    }
    return super.refreshRetryTokenForRetry(token, failure);
  }
}
