import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createAws } from '../../../src/aws/index.ts';
import type { AwsOptions } from '../../../src/aws/opening.ts';
import type { Aws, CallRecord, OpenedConnection } from '../../../src/core/kms/kmsApi.ts';

/** A request as it came over the wire. */
export interface Received {
  /** `ListKeys` of KMS, `GetCallerIdentity` of STS, `LookupEvents` of CloudTrail, `GetRole` of IAM. */
  readonly operation: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What a server does with a request: answers, closes the connection, says nothing, or stops in mid-body. */
export type Answer =
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly body?: unknown }
  | 'close'
  | 'hang'
  | 'stall'
  | ((response: ServerResponse) => void);

export interface Server {
  readonly url: string;
  readonly received: readonly Received[];
}

/** A server on 127.0.0.1 that ends with the test. */
export async function serve(
  t: TestContext,
  answer: (request: Received, count: number) => Answer | Promise<Answer>,
): Promise<Server> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const target = request.headers['x-amz-target'];
      const operation =
        typeof target === 'string' ? target.replace(/^.*\./, '') : new URLSearchParams(body).get('Action');
      const call = { operation: operation ?? '', headers: request.headers, body };
      received.push(call);
      void Promise.resolve(answer(call, received.length)).then((reply) => send(response, reply));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

function send(response: ServerResponse, answer: Answer): void {
  if (answer === 'close') {
    response.destroy();
  } else if (answer === 'stall') {
    response.writeHead(200, { 'content-length': '100' }).write('{"Keys":');
  } else if (typeof answer === 'function') {
    answer(response);
  } else if (answer !== 'hang') {
    const { status = 200, headers = {}, body = {} } = answer;
    response.writeHead(status, { 'x-amzn-requestid': 'request-1', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  }
}

/** An error as AWS's JSON services send it. KMS sends 400 for nearly all of them. */
export const failure = (name: string, message: string, status = 400): Answer => ({
  status,
  body: { __type: name, message },
});

export const xml = (body: string, status = 200): Answer => ({ status, headers: { 'content-type': 'text/xml' }, body });

export const stsFailure = (code: string, message: string, status = 403): Answer =>
  xml(
    `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>request-2</RequestId></ErrorResponse>`,
    status,
  );

export const identityXml = (account: string): string =>
  `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult><Arn>arn:aws:iam::${account}:user/ana</Arn><UserId>AIDA</UserId><Account>${account}</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>request-3</RequestId></ResponseMetadata></GetCallerIdentityResponse>`;

export const identity = (account: string): Answer => xml(identityXml(account));

export const assumedRole = (accessKeyId: string): Answer =>
  xml(
    `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><AssumedRoleUser><AssumedRoleId>AROA:s</AssumedRoleId><Arn>arn:aws:sts::111122223333:assumed-role/Admin/s</Arn></AssumedRoleUser><Credentials><AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>role-secret</SecretAccessKey><SessionToken>role-token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
  );

/** Whose key signed a request, and for which Region and service, from its Authorization header. */
export function signature({ headers }: Received): { accessKeyId: string; region: string; service: string } {
  const [accessKeyId = '', , region = '', service = ''] =
    /Credential=([^,]+)/.exec(headers.authorization ?? '')?.[1]?.split('/') ?? [];
  return { accessKeyId, region, service };
}

/** An AWS layer with files, environment and home of its own. */
export interface World {
  readonly aws: Aws;
  readonly log: readonly CallRecord[];
  readonly home: string;
  writeConfig(text: string): Promise<void>;
  writeCredentials(text: string): Promise<void>;
  open(profile?: string, region?: string): Promise<OpenedConnection>;
}

export interface WorldOptions {
  readonly config?: string;
  readonly credentials?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly aws?: Partial<AwsOptions>;
}

/** Replaces every AWS variable of this process, and its home, until the test ends: the SDK reads the process's own. */
export async function createWorld(t: TestContext, options: WorldOptions = {}): Promise<World> {
  const home = await mkdtemp(join(tmpdir(), 'kms-grants-aws-'));
  const before = { ...process.env };
  const config = join(home, 'config');
  const credentials = join(home, 'credentials');
  for (const name of Object.keys(process.env).filter((name) => name.startsWith('AWS_'))) {
    delete process.env[name];
  }
  Object.assign(process.env, {
    HOME: home,
    USERPROFILE: home,
    AWS_CONFIG_FILE: config,
    AWS_SHARED_CREDENTIALS_FILE: credentials,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    ...options.env,
  });
  const opened: OpenedConnection[] = [];
  t.after(async () => {
    for (const connection of opened) {
      connection.close();
    }
    for (const name of Object.keys(process.env)) {
      delete process.env[name];
    }
    Object.assign(process.env, before);
    await rm(home, { recursive: true, maxRetries: 5 });
  });
  const write = async (path: string, text: string | undefined) => {
    if (text !== undefined) {
      await writeFile(path, text);
    }
  };
  await write(config, options.config);
  await write(credentials, options.credentials);
  const log: CallRecord[] = [];
  const aws = createAws({
    env: process.env,
    log: (record) => log.push(record),
    sample: () => Promise.reject(new Error('No sample here.')),
    mfaCode: () => Promise.reject(new Error('Nobody to ask.')),
    mayRunProcesses: () => true,
    timeouts: { connectMs: 20_000, requestMs: 20_000 },
    maxAttempts: 1,
    ...options.aws,
  });
  return {
    aws,
    log,
    home,
    writeConfig: (text) => write(config, text),
    writeCredentials: (text) => write(credentials, text),
    open: async (profile = 'default', region = 'eu-west-1') => {
      const connection = await aws.open({ kind: 'profile', profile, region });
      opened.push(connection);
      return connection;
    },
  };
}

/** A config file whose one profile, `default`, has access keys and the server as its endpoint. */
export const profileAt = (url: string): string =>
  `[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = secret\nendpoint_url = ${url}\n`;

export const never = new AbortController().signal;

export const keyArn = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
