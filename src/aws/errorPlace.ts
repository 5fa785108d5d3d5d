import type { KmsErrorDetails, KmsErrorKind } from '../core/kms/errors.ts';
import { rawMessage, read } from './errorText.ts';
import type { CallContext } from './failures.ts';
import type { HandlerExtension } from './requestHandler.ts';

/** Which server or Region a failure is of, where that matters. */
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

/** By Node, and in the texts of the SDK's providers. Behind a proxy it is the proxy's. */
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

const destinations = new WeakMap<object, string>();

/** The host of the server that a request was for which failed so; with its port, if it is not the usual one. */
function destinationOf(error: unknown): string | undefined {
  let known: string | undefined;
  for (let at = error; known === undefined && typeof at === 'object' && at !== null; at = Reflect.get(at, 'cause')) {
    known = destinations.get(at);
  }
  return known;
}

/** Node tells of some failures without saying which server they are of. */
export const notingDestinations = {
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
