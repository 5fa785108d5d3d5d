import type { KmsErrorDetails, KmsErrorKind } from '../core/kms/errors.ts';
import { rawMessage, read } from './errorText.ts';
import type { CallContext } from './failures.ts';
import { interceptRequests } from './requestHandler.ts';

/** The server or Region that a failure is about, for the kinds where that matters. */
export function placeOf(
  error: unknown,
  kind: KmsErrorKind,
  { region }: CallContext,
): Pick<KmsErrorDetails, 'host' | 'region'> {
  switch (kind) {
    case 'regionNotEnabled':
      return { region };
    case 'hostNotFound':
      return { host: unresolvedHost(error) ?? destinationOf(error) };
    case 'certificateNotTrusted':
    case 'network':
    case 'timeout':
      return { host: destinationOf(error) };
    default:
      return {};
  }
}

/**
 * The name that DNS did not resolve: by Node's error, or in the text of one of the SDK's providers. May be a proxy's.
 */
function unresolvedHost(error: unknown): string | undefined {
  const hostname = read(error, 'hostname');
  if (typeof hostname === 'string') {
    return hostname;
  }
  const cause = read(error, 'cause');
  return (
    /getaddrinfo E\w+ ([\w.:-]+)/.exec(rawMessage(error))?.[1] ??
    (cause === undefined ? undefined : unresolvedHost(cause))
  );
}

/** By error: the server that the failed request was for. */
const destinations = new WeakMap<object, string>();

/** The host that the failed request was for, with its port unless it is the usual one. */
function destinationOf(error: unknown): string | undefined {
  let destination: string | undefined;
  for (
    let at = error;
    destination === undefined && typeof at === 'object' && at !== null;
    at = Reflect.get(at, 'cause')
  ) {
    destination = destinations.get(at);
  }
  return destination;
}

/**
 * An extension for the SDK's clients. It remembers the server of each failed request: some of Node's errors don't say.
 */
export const rememberDestinations = interceptRequests(async (request, send) => {
  try {
    return await send(request);
  } catch (error) {
    if (typeof error === 'object' && error !== null) {
      const { hostname, port } = request;
      destinations.set(error, port === undefined ? hostname : `${hostname}:${port}`);
    }
    throw error;
  }
});
