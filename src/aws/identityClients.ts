import { signingIn } from './currentSignIn.ts';
import { resolveEndpoint } from './endpoint.ts';
import type { Env } from './env.ts';
import type { SignInStep } from './failures.ts';
import type { Destination, HandlerExtension } from './requestHandler.ts';
import type { SharedFiles } from './sharedFiles.ts';
import type { SignInChain } from './signInChain.ts';
import { clientSettings, type Transport } from './transport.ts';

/**
 * What the clients of SSO, of its OIDC and of `aws login` are told. The SDK has one configuration for all of them. A
 * sign-in uses either the last or the first two; and those two are told apart by what they ask for, when the request
 * goes out. Neither's requests are signed, so that the URL may still be changed there.
 *
 * Without a region: it would take the place of the SSO session's own.
 */
export function identityClientSettings(
  transport: Transport,
  origin: SignInChain['origin']['kind'],
  env: Env,
  files: SharedFiles,
  profile: string,
) {
  if (origin === 'login') {
    const settings = clientSettings(transport, resolveEndpoint('SIGNIN', env, files, profile));
    return { ...settings, extensions: [...settings.extensions, watching(() => undefined)] };
  }
  const portal = resolveEndpoint('SSO', env, files, profile);
  const oidc = resolveEndpoint('SSO_OIDC', env, files, profile);
  const settings = clientSettings(transport, { ...portal, url: undefined });
  const urlFor = (path: string) => (path === '/token' ? oidc.url : portal.url);
  return { ...settings, extensions: [...settings.extensions, watching(urlFor)] };
}

/**
 * Sees every request of a client: sends it where it is to go, and notes for the sign-in what the SDK's providers swallow:
 * which step it is, that no server was reached, the status of the answer, and that a server did not take the token.
 */
function watching(urlFor: (path: string) => string | undefined) {
  return {
    configure: (client: HandlerExtension) => {
      // The client's own: made for it from the settings above.
      const handler = client.httpHandler();
      const send = handler.handle.bind(handler);
      handler.handle = async (request, options) => {
        const current = signingIn.getStore();
        const step = stepOf(request);
        const isPortal = step.operation === 'GetRoleCredentials';
        const url = urlFor(request.path);
        if (current !== undefined) {
          current.step = step;
        }
        try {
          const result = await send(url === undefined ? request : redirected(request, new URL(url)), options);
          const { statusCode } = result.response;
          step.status = statusCode;
          if (current !== undefined) {
            delete current.unreachable;
            // The portal's other refusals are of the role, not of the token.
            if (isPortal ? statusCode === 401 : refusals.has(statusCode)) {
              current.tokenRefused = true;
            }
          }
          return result;
        } catch (error) {
          if (current !== undefined) {
            current.unreachable = error;
          }
          throw error;
        }
      };
    },
  };
}

function stepOf({ path, query = {} }: Destination): SignInStep {
  switch (path) {
    case '/federation/credentials':
      return { operation: 'GetRoleCredentials', role: `${query['role_name']} (${query['account_id']})` };
    case '/token':
      return { operation: 'CreateToken' };
    default:
      return { operation: 'CreateOAuth2Token' };
  }
}

const refusals: ReadonlySet<number> = new Set([400, 401, 403]);

/** Changes the request itself: a copy would not be of its class. */
function redirected(request: Destination, { protocol, hostname, port, pathname }: URL): Destination {
  return Object.assign(request, {
    protocol,
    hostname,
    port: port === '' ? undefined : Number(port),
    path: pathname.replace(/\/$/, '') + request.path,
  });
}
