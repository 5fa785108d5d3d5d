import { currentSignIn } from './currentSignIn.ts';
import { resolveEndpoint } from './endpoint.ts';
import type { Env } from './env.ts';
import { IncompleteResponse, type SignInStep } from './failures.ts';
import { interceptRequests, type OutgoingRequest } from './requestHandler.ts';
import type { SharedFiles } from './sharedFiles.ts';
import type { SignInChain } from './signInChain.ts';
import { clientSettings, type Transport } from './transport.ts';

/**
 * The settings of the clients of SSO, of its OIDC and of `aws login`. The SDK has one configuration for all of them, so
 * the endpoint is set per request, by its path. That is possible since none of these requests is signed.
 *
 * They have no `region`: it would replace that of the SSO session.
 * @throws KmsError `invalidEndpoint`
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
 * Sends each request to its own endpoint, and notes for the sign-in what the SDK's providers drop: the step, the status
 * of the answer, that the service gave none, and that it refused the token.
 */
function watching(urlFor: (path: string) => string | undefined) {
  return interceptRequests(async (request, send) => {
    const current = currentSignIn.getStore();
    const step = stepOf(request);
    const isPortal = step.operation === 'GetRoleCredentials';
    const url = urlFor(request.path);
    if (current !== undefined) {
      current.step = step;
    }
    try {
      const result = await send(url === undefined ? request : redirected(request, new URL(url)));
      const { statusCode, headers } = result.response;
      step.status = statusCode;
      if (current !== undefined) {
        delete current.unanswered;
        if (isStrange(statusCode, headers['content-type'])) {
          current.unanswered = new IncompleteResponse({ $metadata: { httpStatusCode: statusCode } });
          // Any other refusal of the portal is about the role, not the token.
        } else if (isPortal ? statusCode === 401 : refusals.has(statusCode)) {
          current.isTokenRefused = true;
        }
      }
      return result;
    } catch (error) {
      if (current !== undefined) {
        current.unanswered = error;
      }
      throw error;
    }
  });
}

function stepOf({ path, query = {} }: OutgoingRequest): SignInStep {
  switch (path) {
    case '/federation/credentials':
      return { operation: 'GetRoleCredentials', role: `${query['role_name']} (${query['account_id']})` };
    case '/token':
      return { operation: 'CreateToken' };
    default:
      return { operation: 'CreateOAuth2Token' };
  }
}

/** A proxy or a captive portal answered: these services neither redirect nor answer anything but JSON. */
function isStrange(status: number, contentType: string | undefined): boolean {
  return (status >= 300 && status < 400) || (contentType !== undefined && !contentType.includes('json'));
}

const refusals: ReadonlySet<number> = new Set([400, 401, 403]);

/** Changes the request itself: a copy would lose its class. */
function redirected(request: OutgoingRequest, { protocol, hostname, port, pathname }: URL): OutgoingRequest {
  return Object.assign(request, {
    protocol,
    hostname,
    port: port === '' ? undefined : Number(port),
    path: pathname.replace(/\/$/, '') + request.path,
  });
}
