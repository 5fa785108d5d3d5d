import { createHash, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { AwsError } from '../../src/emulator/errors.ts';
import type { Random } from '../../src/emulator/random.ts';
import { type Encoded, isRecord, type WireRequest } from '../../src/emulator/wire.ts';
import { type CredentialStore, sessionArn } from './credentialStore.ts';
import { failure, oauthFailure, restJson } from './wireJson.ts';

/** What a person who signed in with SSO may use. */
export interface SsoOptions {
  /** By account: the names of the roles. */
  readonly roles: Readonly<Record<string, readonly string[]>>;
  /** How long an access token holds; default 3,600. */
  readonly tokenSeconds?: number;
  /** Who signs in; default `alex`. */
  readonly user?: string;
}

/** The text of a file as the AWS CLI writes it. */
export type TokenFile = Readonly<Record<string, unknown>>;

/** The sessions that a person opens in a browser: those of SSO, and of `aws login`. */
export interface Sessions {
  /** What `aws sso login` leaves in `~/.aws/sso/cache`. `renewable`: with a refresh token, as for an `sso-session`. */
  signInWithSso(options: {
    readonly startUrl: string;
    readonly region: string;
    readonly renewable?: boolean;
  }): TokenFile;
  /** What `aws login` leaves in `~/.aws/login/cache`. */
  signIn(principalArn: string): TokenFile;
  /** Ends all of them: no token holds, and none can be renewed. */
  endAll(): void;
  /** Lets the access tokens of SSO expire; they can be renewed. */
  expireTokens(): void;
  /** Undefined when the request is for none of the three services. */
  handle(request: WireRequest, requestId: string, now: number): Encoded | undefined;
}

interface Login {
  readonly principalArn: string;
  /** The key that proves who renews: RFC 9449. */
  readonly thumbprint: string;
}

export function createSessions(options: {
  readonly sso: SsoOptions;
  readonly loginSeconds: number;
  readonly partition: string;
  readonly store: CredentialStore;
  readonly random: Random;
  readonly now: () => number;
}): Sessions {
  const { sso, store, random } = options;
  const { tokenSeconds = 3_600, user = 'alex' } = sso;
  /** By token: until when (ms). */
  const accessTokens = new Map<string, number>();
  /** By refresh token; each renews once. */
  const refreshTokens = new Set<string>();
  const clients = new Map<string, string>();
  const logins = new Map<string, Login>();

  const newAccessToken = (now: number) => {
    const token = `sso-access-${random.hex(16)}`;
    accessTokens.set(token, now + tokenSeconds * 1_000);
    return token;
  };
  const newRefreshToken = () => {
    const token = `sso-refresh-${random.hex(16)}`;
    refreshTokens.add(token);
    return token;
  };

  /** SSO's GetRoleCredentials. */
  const roleCredentials = (request: WireRequest, now: number) => {
    const token = request.headers['x-amz-sso_bearer_token'] ?? '';
    if (!((accessTokens.get(token) ?? 0) > now)) {
      throw new AwsError('UnauthorizedException', 'Session token not found or invalid', 401);
    }
    const query = new URLSearchParams(request.path.split('?')[1]);
    const [account, role] = [query.get('account_id') ?? '', query.get('role_name') ?? ''];
    if (!Object.hasOwn(sso.roles, account) || sso.roles[account]?.includes(role) !== true) {
      throw new AwsError('ForbiddenException', 'No access', 403);
    }
    const name = `AWSReservedSSO_${role}_${createHash('sha256').update(role).digest('hex').slice(0, 16)}`;
    const roleArn = `arn:${options.partition}:iam::${account}:role/aws-reserved/sso.amazonaws.com/${name}`;
    const { expiresAt, ...keys } = store.issue(sessionArn(roleArn, user), 3_600, now);
    return { roleCredentials: { ...keys, expiration: expiresAt } };
  };

  /** OIDC's CreateToken, to renew. */
  const createToken = (request: WireRequest, now: number) => {
    const { clientId, clientSecret, grantType, refreshToken } = jsonBody(request);
    if (grantType !== 'refresh_token') {
      throw new AwsError('UnsupportedGrantTypeException', 'Only refresh_token is served here.');
    }
    if (typeof clientId !== 'string' || clients.get(clientId) !== clientSecret) {
      throw new AwsError('InvalidClientException', 'Invalid client', 401);
    }
    if (typeof refreshToken !== 'string' || !refreshTokens.delete(refreshToken)) {
      throw new AwsError('InvalidGrantException', 'Invalid refresh token provided');
    }
    return {
      accessToken: newAccessToken(now),
      tokenType: 'Bearer',
      expiresIn: tokenSeconds,
      refreshToken: newRefreshToken(),
    };
  };

  /** The sign-in service's CreateOAuth2Token, to renew what `aws login` began. */
  const renewLogin = (request: WireRequest, now: number) => {
    const { grantType, refreshToken } = jsonBody(request);
    const login = typeof refreshToken === 'string' ? logins.get(refreshToken) : undefined;
    if (grantType !== 'refresh_token' || login === undefined || typeof refreshToken !== 'string') {
      throw new LoginRefusal('TOKEN_EXPIRED', 'The refresh token has expired.');
    }
    if (proofThumbprint(request, now) !== login.thumbprint) {
      throw new LoginRefusal('INVALID_REQUEST', 'The DPoP proof is not valid.');
    }
    logins.delete(refreshToken);
    const next = `login-refresh-${random.hex(16)}`;
    logins.set(next, login);
    const { accessKeyId, secretAccessKey, sessionToken } = store.issue(login.principalArn, options.loginSeconds, now);
    return {
      accessToken: { accessKeyId, secretAccessKey, sessionToken },
      tokenType: 'aws_sigv4',
      expiresIn: options.loginSeconds,
      refreshToken: next,
    };
  };

  const served: Readonly<Record<string, (request: WireRequest, now: number) => Readonly<Record<string, unknown>>>> = {
    'GET /federation/credentials': roleCredentials,
    'POST /token': createToken,
    'POST /v1/token': renewLogin,
  };

  return {
    signInWithSso: ({ startUrl, region, renewable = true }) => {
      const now = options.now();
      const token = {
        startUrl,
        region,
        accessToken: newAccessToken(now),
        expiresAt: timestamp(now + tokenSeconds * 1_000),
      };
      if (!renewable) {
        return token;
      }
      const [clientId, clientSecret] = [`client-${random.hex(8)}`, `client-secret-${random.hex(16)}`];
      clients.set(clientId, clientSecret);
      const registrationExpiresAt = timestamp(now + 90 * 24 * 60 * 60 * 1_000);
      return { ...token, clientId, clientSecret, registrationExpiresAt, refreshToken: newRefreshToken() };
    },
    signIn: (principalArn) => {
      const now = options.now();
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const refreshToken = `login-refresh-${random.hex(16)}`;
      logins.set(refreshToken, { principalArn, thumbprint: thumbprint(publicKey.export({ format: 'jwk' })) });
      const { expiresAt, ...keys } = store.issue(principalArn, options.loginSeconds, now);
      return {
        accessToken: { ...keys, accountId: principalArn.split(':')[4], expiresAt: timestamp(expiresAt) },
        tokenType: 'aws_sigv4',
        refreshToken,
        clientId: 'arn:aws:signin:::devtools/same-device',
        dpopKey: privateKey.export({ format: 'pem', type: 'sec1' }),
      };
    },
    endAll: () => {
      accessTokens.clear();
      refreshTokens.clear();
      logins.clear();
    },
    expireTokens: () => accessTokens.clear(),
    handle: (request, requestId, now) => {
      const serve = served[`${request.method} ${request.path.split('?')[0]}`];
      if (serve === undefined) {
        return undefined;
      }
      try {
        return restJson.success(serve(request, now), requestId);
      } catch (error) {
        if (error instanceof LoginRefusal) {
          return failure(error, requestId, { error: error.reason, message: error.message });
        }
        if (!(error instanceof AwsError)) {
          throw error;
        }
        const oauthCode = oauthCodes[error.code];
        return oauthCode === undefined ? restJson.failure(error, requestId) : oauthFailure(error, requestId, oauthCode);
      }
    },
  };
}

/** What the sign-in service answers; the reason is what the SDK goes by. */
class LoginRefusal extends AwsError {
  constructor(
    readonly reason: string,
    message: string,
  ) {
    super('AccessDeniedException', message, 400);
  }
}

const oauthCodes: Readonly<Record<string, string>> = {
  InvalidClientException: 'invalid_client',
  InvalidGrantException: 'invalid_grant',
  UnsupportedGrantTypeException: 'unsupported_grant_type',
};

function jsonBody({ body }: WireRequest): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body);
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

/** Of the key that signed the request's DPoP proof; undefined when the proof is for another request, old or forged. */
function proofThumbprint({ method, path, headers }: WireRequest, now: number): string | undefined {
  const [header = '', payload = '', signature = ''] = (headers['dpop'] ?? '').split('.');
  const [{ alg, typ, jwk }, { htm, htu, iat }] = [decode(header), decode(payload)];
  const isForThis = htm === method && typeof htu === 'string' && URL.canParse(htu) && new URL(htu).pathname === path;
  const isFresh = typeof iat === 'number' && Math.abs(now / 1_000 - iat) <= 300;
  if (alg !== 'ES256' || typ !== 'dpop+jwt' || !isRecord(jwk) || !isForThis || !isFresh) {
    return undefined;
  }
  const key = publicKey(jwk);
  if (key === undefined) {
    return undefined;
  }
  const signed = Buffer.from(`${header}.${payload}`);
  const isGenuine = verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'));
  return isGenuine ? thumbprint(jwk) : undefined;
}

function publicKey(jwk: Readonly<Record<string, unknown>>) {
  try {
    return createPublicKey({ key: { ...jwk }, format: 'jwk' });
  } catch {
    return undefined;
  }
}

function decode(part: string): Readonly<Record<string, unknown>> {
  return jsonBody({ method: '', path: '', headers: {}, body: Buffer.from(part, 'base64url').toString('utf8') });
}

/** RFC 7638. */
function thumbprint({ crv, kty, x, y }: Readonly<Record<string, unknown>>): string {
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
}

/** `2026-11-24T03:00:00Z`, as the AWS CLI writes it. */
function timestamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+/, '');
}
