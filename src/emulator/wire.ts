import type { AwsError } from './errors.ts';

/** A request as it came over the wire. Header names are lower case; the path carries its query string. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What serves requests. */
export interface Service {
  handle(request: WireRequest): Reply;
  /** Asked over HTTP before the body is read: whether to close the connection then and there. */
  hangsUp?(head: Omit<WireRequest, 'body'>): boolean;
}

/** How an answer travels. Times are milliseconds. */
export type Delivery =
  | { readonly kind: 'whole' }
  /** The second half of the body comes this much later. */
  | { readonly kind: 'slowBody'; readonly ms: number }
  /** The connection is closed in the middle of the body. */
  | { readonly kind: 'cutBody' }
  /** The connection is closed in the middle of the headers. */
  | { readonly kind: 'cutHead' }
  /** Half of the body, as if that were all of it: what a broken proxy makes of an answer. */
  | { readonly kind: 'halfBody' };

/** What the client is to see, after `delayMs` milliseconds. */
export type Reply =
  | {
      readonly kind: 'response';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
      readonly delayMs: number;
      readonly delivery: Delivery;
    }
  /** The connection is closed without an answer. */
  | { readonly kind: 'drop'; readonly delayMs: number }
  /** The connection stays open without an answer. */
  | { readonly kind: 'hang' };

/** Status, headers and body, before any fault has had its say. */
export interface Encoded {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How one of AWS's protocols writes an answer. */
export interface Protocol {
  success(result: Readonly<Record<string, unknown>> | undefined, requestId: string): Encoded;
  failure(error: AwsError, requestId: string): Encoded;
}

/** AWS JSON 1.1, as KMS speaks it. An operation without output answers with an empty body. */
export const awsJson: Protocol = {
  success: (result, requestId) => ({
    status: 200,
    headers: jsonHeaders(requestId),
    body: result ? JSON.stringify(result) : '',
  }),
  failure: (error, requestId) => ({
    status: error.status,
    headers: jsonHeaders(requestId),
    body: JSON.stringify(
      // AWS writes this one member in the other case.
      error.code === 'AccessDeniedException'
        ? { __type: error.code, Message: error.message }
        : { __type: error.code, message: error.message },
    ),
  }),
};

const jsonHeaders = (requestId: string) => ({
  'content-type': 'application/x-amz-json-1.1',
  'x-amzn-requestid': requestId,
  'cache-control': 'no-cache, no-store, must-revalidate, private',
});

const stsNamespace = 'https://sts.amazonaws.com/doc/2011-06-15/';

/** STS gives the same refusals other names than KMS. */
const stsCodes: Readonly<Record<string, string>> = {
  AccessDeniedException: 'AccessDenied',
  ExpiredTokenException: 'ExpiredToken',
  InvalidSignatureException: 'SignatureDoesNotMatch',
  MissingAuthenticationTokenException: 'MissingAuthenticationToken',
  ThrottlingException: 'Throttling',
  UnrecognizedClientException: 'InvalidClientTokenId',
  KMSInternalException: 'InternalFailure',
  DependencyTimeoutException: 'ServiceUnavailable',
};

/** The AWS query protocol (a form in, XML out), as STS speaks it. */
export function awsQuery(operation: string): Protocol {
  return {
    success: (result, requestId) => ({
      status: 200,
      headers: xmlHeaders(requestId),
      body:
        `<${operation}Response xmlns="${stsNamespace}">` +
        `<${operation}Result>${xmlMembers(result ?? {})}</${operation}Result>` +
        `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>` +
        `</${operation}Response>`,
    }),
    failure: (error, requestId) => {
      const code = stsCodes[error.code] ?? error.code;
      const status = code === error.code || error.status >= 500 ? error.status : 403;
      return {
        status,
        headers: xmlHeaders(requestId),
        body:
          `<ErrorResponse xmlns="${stsNamespace}">` +
          `<Error>${xmlMembers({ Type: status < 500 ? 'Sender' : 'Receiver', Code: code, Message: error.message })}</Error>` +
          `<RequestId>${requestId}</RequestId>` +
          '</ErrorResponse>',
      };
    },
  };
}

const xmlHeaders = (requestId: string) => ({ 'content-type': 'text/xml', 'x-amzn-requestid': requestId });

function xmlMembers(members: Readonly<Record<string, unknown>>): string {
  return Object.entries(members)
    .map(([name, value]) => `<${name}>${isRecord(value) ? xmlMembers(value) : xmlText(String(value))}</${name}>`)
    .join('');
}

/** XML 1.0 has no way to write control characters, nor half of a surrogate pair. */
function xmlText(text: string): string {
  return text
    .replace(/[^\t\n\r\x20-\uFFFD\u{10000}-\u{10FFFF}]/gu, '?')
    .replace(/\p{Cs}/gu, '?')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\r', '&#xD;');
}

/** A JSON object, and no array. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
