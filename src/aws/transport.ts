import { StandardRetryStrategy } from '@smithy/core/retry';
import { collectAnswer } from './answer.ts';
import type { ServiceEndpoint } from './endpoint.ts';

/** How long requests may take. Milliseconds. */
export interface Timeouts {
  /** Until the connection is made. */
  readonly connectMs: number;
  /** Until the response begins, and then the longest silence within its body. */
  readonly requestMs: number;
  /** One call to KMS or STS, with all that is sent for it and the whole answer. */
  readonly callMs: number;
  /** A sign-in, but for what a person or a credential_process takes. */
  readonly signInMs: number;
}

export interface Transport {
  readonly timeouts: Timeouts;
  /** Requests that the SDK sends for one call at most, other than to KMS. */
  readonly maxAttempts: number;
}

/** A request of the SDK, as far as it matters where it goes. */
export interface Destination {
  protocol: string;
  hostname: string;
  port?: number | undefined;
  path: string;
  readonly query?: Readonly<Record<string, unknown>>;
}

interface Handler {
  handle(request: Destination, options?: unknown): Promise<{ readonly response: { readonly statusCode: number } }>;
}

/** What the SDK's clients take as an extension of theirs, as far as it is used here. */
export interface HandlerExtension {
  httpHandler(): Handler;
}

const destinations = new WeakMap<object, string>();

/** The host of the server that a request was for which failed so; with its port, if it is not the usual one. */
export function destinationOf(error: unknown): string | undefined {
  let known: string | undefined;
  for (let at = error; known === undefined && typeof at === 'object' && at !== null; at = Reflect.get(at, 'cause')) {
    known = destinations.get(at);
  }
  return known;
}

/** Node tells of some failures without saying which server they are of. */
const notingDestinations = {
  configure: (client: HandlerExtension) => {
    // The client's own: made for it from the settings below.
    const handler = client.httpHandler();
    const send = handler.handle.bind(handler);
    handler.handle = async (request, options) => {
      try {
        return await send(request, options);
      } catch (error) {
        if (typeof error === 'object' && error !== null) {
          const { hostname, port } = request;
          destinations.set(error, port === undefined ? hostname : `${hostname}:${port}`);
        }
        throw error;
      }
    };
  },
};

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
 * For KMS: each request that fails is told, so that `core/limiter` knows of it and decides. The SDK sends again by itself
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
