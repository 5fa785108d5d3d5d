import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { AwsError } from '../../src/emulator/errors.ts';
import type { WireRequest } from '../../src/emulator/wire.ts';

/** What an access key stands for. */
export interface Secret {
  readonly secretAccessKey: string;
  /** Only for temporary credentials. */
  readonly sessionToken?: string;
  /** Milliseconds since the epoch, for temporary credentials; absent: never. */
  readonly expiresAt?: number;
  readonly principalArn: string;
}

/** The parts of an Authorization header of Signature Version 4. */
interface Authorization {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

/** KMS takes a signature for five minutes before and after its own time. */
const skewMs = 5 * 60 * 1000;

/**
 * Checks a request as AWS does (Signature Version 4, signing in the headers).
 * @param expected the Regions, one of which, and the service that the credential scope must name
 * @param now the emulator's time, in milliseconds
 * @returns the secret's own record, which says who the caller is
 * @throws AwsError: MissingAuthenticationToken, IncompleteSignature, UnrecognizedClient, InvalidSignature, ExpiredToken
 */
export function verifySignature(
  request: WireRequest,
  secrets: ReadonlyMap<string, Secret>,
  expected: { readonly regions: readonly string[]; readonly service: string },
  now: number,
): Secret {
  const header = request.headers['authorization'];
  if (header === undefined) {
    throw new AwsError('MissingAuthenticationTokenException', 'Missing Authentication Token');
  }
  const authorization = parseAuthorization(header);
  const secret = secrets.get(authorization.accessKeyId);
  if (!secret) {
    throw unrecognizedClient();
  }
  if (!expected.regions.includes(authorization.region)) {
    throw invalidSignature(`Credential should be scoped to a valid region, not '${authorization.region}'.`);
  }
  if (authorization.service !== expected.service) {
    throw invalidSignature(`Credential should be scoped to correct service: '${expected.service}'.`);
  }
  checkTime(request.headers['x-amz-date'], authorization.date, now);
  const correct = signature(request, authorization, secret.secretAccessKey);
  if (!equalInConstantTime(correct, authorization.signature)) {
    throw invalidSignature(
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.',
    );
  }
  checkToken(request.headers['x-amz-security-token'], secret, now);
  return secret;
}

/** @throws IncompleteSignatureException */
function parseAuthorization(header: string): Authorization {
  const [algorithm, ...rest] = header.split(' ');
  const parameters = new Map(
    rest
      .join(' ')
      .split(',')
      .map((part) => {
        const [name = '', ...value] = part.trim().split('=');
        return [name, value.join('=')] as const;
      }),
  );
  const [accessKeyId, date, region, service, terminator] = (parameters.get('Credential') ?? '').split('/');
  const signedHeaders = parameters.get('SignedHeaders');
  const signed = parameters.get('Signature');
  if (
    algorithm !== 'AWS4-HMAC-SHA256' ||
    !accessKeyId ||
    !date ||
    !region ||
    !service ||
    terminator !== 'aws4_request' ||
    !signedHeaders ||
    !signed
  ) {
    throw new AwsError(
      'IncompleteSignatureException',
      "Authorization header requires 'Credential', 'Signature' and 'SignedHeaders' parameters, and algorithm AWS4-HMAC-SHA256.",
    );
  }
  return { accessKeyId, date, region, service, signedHeaders: signedHeaders.split(';'), signature: signed };
}

/** @throws InvalidSignatureException, in the words by which the SDK knows that its clock is wrong */
function checkTime(amzDate: string | undefined, scopeDate: string, now: number): void {
  const signedAt = amzDate === undefined ? undefined : parseAmzDate(amzDate);
  if (amzDate === undefined || signedAt === undefined) {
    throw new AwsError('IncompleteSignatureException', "Authorization header requires existence of an 'X-Amz-Date'.");
  }
  if (!amzDate.startsWith(scopeDate)) {
    throw invalidSignature(
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date: ${amzDate}`,
    );
  }
  const time = formatAmzDate(now);
  if (signedAt < now - skewMs) {
    throw invalidSignature(
      `Signature expired: ${amzDate} is now earlier than ${formatAmzDate(now - skewMs)} (${time} - 5 min.)`,
    );
  }
  if (signedAt > now + skewMs) {
    throw invalidSignature(
      `Signature not yet current: ${amzDate} is still later than ${formatAmzDate(now + skewMs)} (${time} + 5 min.)`,
    );
  }
}

/** @throws UnrecognizedClientException, ExpiredTokenException */
function checkToken(token: string | undefined, secret: Secret, now: number): void {
  if (secret.sessionToken === undefined) {
    if (token !== undefined) {
      throw unrecognizedClient();
    }
    return;
  }
  if (token === undefined) {
    throw unrecognizedClient();
  }
  if (token !== secret.sessionToken || (secret.expiresAt !== undefined && secret.expiresAt <= now)) {
    throw expiredToken();
  }
}

export const expiredToken = () =>
  new AwsError('ExpiredTokenException', 'The security token included in the request is expired');

const unrecognizedClient = () =>
  new AwsError('UnrecognizedClientException', 'The security token included in the request is invalid.');

const invalidSignature = (message: string) => new AwsError('InvalidSignatureException', message);

function signature(request: WireRequest, authorization: Authorization, secretAccessKey: string): string {
  const { date, region, service, signedHeaders } = authorization;
  const scope = `${date}/${region}/${service}/aws4_request`;
  const toSign = [
    'AWS4-HMAC-SHA256',
    request.headers['x-amz-date'],
    scope,
    sha256(canonicalRequest(request, signedHeaders)),
  ].join('\n');
  const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>(
    (previous, part) => createHmac('sha256', previous).update(part).digest(),
    `AWS4${secretAccessKey}`,
  );
  return createHmac('sha256', key).update(toSign).digest('hex');
}

function canonicalRequest(request: WireRequest, signedHeaders: readonly string[]): string {
  const [path = '/', query = ''] = request.path.split('?');
  const parameters = query
    .split('&')
    .filter((parameter) => parameter !== '')
    .map((parameter) => {
      const [name = '', ...value] = parameter.split('=');
      return [uriEncode(decode(name)), uriEncode(decode(value.join('=')))] as const;
    })
    .sort(([a, x], [b, y]) => (a === b ? compare(x, y) : compare(a, b)));
  return [
    request.method,
    path.split('/').map(uriEncode).join('/'),
    parameters.map(([name, value]) => `${name}=${value}`).join('&'),
    ...signedHeaders.map((name) => `${name}:${header(request, name).trim().replace(/ +/g, ' ')}`),
    '',
    signedHeaders.join(';'),
    sha256(request.body),
  ].join('\n');
}

/** Not `headers[name]`: a client may say that it signed a header `constructor`. */
function header({ headers }: WireRequest, name: string): string {
  return (Object.hasOwn(headers, name) ? headers[name] : undefined) ?? '';
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A malformed escape is signed as it stands.
    return text;
  }
}

const uriEncode = (text: string) =>
  encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

function equalInConstantTime(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** `20261101T120000Z`. */
function formatAmzDate(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:]|\.\d+/g, '');
}

function parseAmzDate(text: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!parts) {
    return undefined;
  }
  const [, year, month, day, hour, minute, second] = parts;
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}
