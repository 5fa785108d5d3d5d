import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { TestContext } from 'node:test';
import type { AwsOptions } from '../../../src/aws/opening.ts';
import { type Cloud, type CloudOptions, createCloud } from '../../aws/cloud.ts';
import { startServer } from '../../aws/server.ts';
import { createWorld, type World } from './support.ts';

export const accounts = { ana: '111122223333', ben: '444455556666' };

/** A role of ana's account. */
export const role = (name: string) => `arn:aws:iam::${accounts.ana}:role/${name}`;

export const mfaSerial = `arn:aws:iam::${accounts.ana}:mfa/ana`;

/** Keys of ana and ben, each in an account of their own; and how to sign in to ana's in every other way. */
const cloudOptions: CloudOptions = {
  accounts: [
    {
      id: accounts.ana,
      regions: { 'eu-west-1': { keys: 2, grantsPerKey: 2 }, 'us-east-2': { keys: 3, grantsPerKey: 1 } },
    },
    { id: accounts.ben, regions: { 'eu-west-1': { keys: 1, grantsPerKey: 1, seed: 2 } } },
  ],
  accessKeys: {
    AKIAANA: { secretAccessKey: 'secret-of-ana', principalArn: `arn:aws:iam::${accounts.ana}:user/ana` },
    AKIABEN: { secretAccessKey: 'secret-of-ben', principalArn: `arn:aws:iam::${accounts.ben}:user/ben` },
  },
  roles: {
    [role('Admin')]: { trusts: [`arn:aws:iam::${accounts.ana}:user/ana`] },
    [role('Second')]: { trusts: [role('Admin')], externalId: 'outside' },
    [role('Guarded')]: { trusts: [`arn:aws:iam::${accounts.ana}:root`], mfaSerial },
    [role('Pod')]: { trusts: ['web-identity:pod'] },
    [role('Hosted')]: { trusts: [`arn:aws:sts::${accounts.ana}:assumed-role/Host/*`] },
  },
  mfaCodes: { [mfaSerial]: '123456' },
  webIdentities: { 'web-identity-token': { subject: 'pod' } },
  sso: { roles: { [accounts.ana]: ['Engineer'] } },
};

export interface CloudWorld extends World {
  readonly cloud: Cloud;
  readonly url: string;
  /** Writes what `aws sso login` would; `changes` over it. */
  writeSsoToken(session: string, changes?: Readonly<Record<string, unknown>>, renewable?: boolean): Promise<string>;
  /** Writes what `aws login` would; `changes` of the access token over it. */
  writeLoginToken(session: string, changes?: Readonly<Record<string, unknown>>): Promise<string>;
}

export interface CloudWorldOptions {
  /** Each profile gets the cloud as its endpoint. */
  readonly config?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly aws?: Partial<AwsOptions>;
}

/** A world whose AWS is a cloud on 127.0.0.1; both end with the test. */
export async function createCloudWorld(t: TestContext, options: CloudWorldOptions = {}): Promise<CloudWorld> {
  // AWS has a clock of its own: a test may set that of this computer.
  const started = { wall: Date.now(), at: performance.now() };
  const now = () => Math.round(started.wall + performance.now() - started.at);
  const cloud = createCloud({ ...cloudOptions, now });
  const { url, close } = await startServer(cloud);
  t.after(close);
  const world = await createWorld(t, {
    config: options.config ?? '',
    env: { AWS_ENDPOINT_URL: url, ...options.env },
    ...(options.aws === undefined ? {} : { aws: options.aws }),
  });
  const write = async (path: string, content: unknown) => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, JSON.stringify(content));
    return path;
  };
  const cacheFile = (folder: string, algorithm: string, id: string) =>
    join(world.home, '.aws', folder, 'cache', `${createHash(algorithm).update(id).digest('hex')}.json`);
  return {
    ...world,
    cloud,
    url,
    writeSsoToken: (session, changes = {}, renewable = true) => {
      const token = cloud.sessions.signInWithSso({ startUrl, region: 'eu-central-1', renewable });
      return write(cacheFile('sso', 'sha1', session), { ...token, ...changes });
    },
    writeLoginToken: (session, changes = {}) => {
      const token = cloud.sessions.signIn(session);
      const accessToken = { ...(token['accessToken'] as object), ...changes };
      return write(cacheFile('login', 'sha256', session), { ...token, accessToken });
    },
  };
}

export const startUrl = 'https://corp.awsapps.com/start';

export const anasKeys = 'aws_access_key_id = AKIAANA\naws_secret_access_key = secret-of-ana\n';

/** A profile `sso` of the session of this name. Each test has its own: the SDK keeps times of renewal by name. */
export const ssoConfig = (session: string) => `
[profile sso]
sso_session = ${session}
sso_account_id = ${accounts.ana}
sso_role_name = Engineer
[sso-session ${session}]
sso_start_url = ${startUrl}
sso_region = eu-central-1
`;

/** The role of a container or an instance. */
export const host = `arn:aws:sts::${accounts.ana}:assumed-role/Host/i-1`;

/** What the metadata of a container or an instance says. */
function metadataCredentials(cloud: Cloud) {
  const { accessKeyId, secretAccessKey, sessionToken, expiresAt } = cloud.issue(host);
  return {
    Code: 'Success',
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    Token: sessionToken,
    Expiration: new Date(expiresAt).toISOString(),
  };
}

/** The credentials service of a container, which asks for the token `container-token`. */
export function serveContainer(t: TestContext, cloud: () => Cloud): Promise<string> {
  return listen(t, (request, response) => {
    response.statusCode = request.headers.authorization === 'container-token' ? 200 : 401;
    response.end(JSON.stringify(response.statusCode === 200 ? metadataCredentials(cloud()) : {}));
  });
}

/** The metadata service of an instance, version 2: a token first. It answers HTTP 500 where `cloud` throws. */
export function serveInstance(t: TestContext, cloud: () => Cloud): Promise<string> {
  const path = '/latest/meta-data/iam/security-credentials/';
  return listen(t, (request, response) => {
    if (request.method === 'PUT' && request.url === '/latest/api/token') {
      response.end('instance-token');
    } else if (request.headers['x-aws-ec2-metadata-token'] !== 'instance-token') {
      response.writeHead(401).end();
    } else if (request.url === path) {
      response.end('Host');
    } else {
      try {
        response.end(JSON.stringify(metadataCredentials(cloud())));
      } catch {
        response.writeHead(500).end();
      }
    }
  });
}

/** A server on 127.0.0.1 that ends with the test; its address. */
export async function listen(t: TestContext, answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
