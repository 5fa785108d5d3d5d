import { StandardRetryStrategy } from '@smithy/core/retry';
import { collectAnswer } from './answer.ts';
import type { ServiceEndpoint } from './endpoint.ts';
import { rememberDestinations } from './errorPlace.ts';

/** How long requests may take, in milliseconds. */
export interface Timeouts {
  /** Until the connection is made. */
  readonly connectMs: number;
  /** Until the response begins, and then the longest silence within its body. */
  readonly requestMs: number;
  /** One call, with all that is sent for it and the whole answer. */
  readonly callMs: number;
  /** A sign-in, without the time that a person or a credential_process takes. */
  readonly signInMs: number;
}

export interface Transport {
  readonly timeouts: Timeouts;
  /** How often the SDK sends one request of STS or a sign-in at most. For others see {@link ClockSkewRetries}. */
  readonly maxAttempts: number;
}

/** More than are ever open: a request that has to wait for a connection would run into its time-out. */
const maxSockets = 500;

export const defaultTransport: Transport = {
  timeouts: { connectMs: 5_000, requestMs: 15_000, callMs: 30_000, signInMs: 60_000 },
  maxAttempts: 3,
};

/**
 * The settings of every client, ours and those that a sign-in makes. They are complete: a client takes a missing
 * setting from AWS_* variables and from the profile that AWS_PROFILE names, which may be another profile than its own.
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
      // Otherwise the SDK only logs a warning when a request takes too long.
      throwOnRequestTimeout: true,
      // requestTimeout ends with the headers of the response; this one covers a body that stops halfway.
      socketTimeout: timeouts.requestMs,
      httpAgent: { maxSockets },
      httpsAgent: { maxSockets },
    },
    streamCollector: collectAnswer,
    maxAttempts,
    retryMode: 'standard',
    authSchemePreference: [],
    customUserAgent: 'kms-grants',
    extensions: [rememberDestinations],
  };
}

type Retry = StandardRetryStrategy['refreshRetryTokenForRetry'];

/**
 * For KMS, CloudTrail and IAM: a failed request goes back to the limiter (core/pacing), which alone decides about a retry.
 * The SDK retries only what AWS refused because this computer's clock is wrong, with the time from AWS's answer.
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
