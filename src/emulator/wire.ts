import { AwsError } from './errors.ts';

/** A request as it came over the wire. Header names are lower case; the path includes the query string. */
export interface WireRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** An answer in the form of its protocol. */
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

/** Carries out a request, and encodes its output or AwsError. */
export function answerTo(
  protocol: Protocol,
  requestId: string,
  perform: () => Readonly<Record<string, unknown>> | undefined,
): { readonly encoded: Encoded; readonly errorCode?: string } {
  try {
    return { encoded: protocol.success(perform(), requestId) };
  } catch (error) {
    if (error instanceof AwsError) {
      return { encoded: protocol.failure(error, requestId), errorCode: error.code };
    }
    throw error;
  }
}

/**
 * Adds the headers of every answer.
 * @param at when it is sent, in milliseconds since the epoch: the SDK sets its clock by it
 */
export function sent({ status, headers, body }: Encoded, at: number): Encoded {
  return {
    status,
    headers: { ...headers, 'content-length': String(Buffer.byteLength(body)), date: new Date(at).toUTCString() },
    body,
  };
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
      // AWS writes this member with a capital only here.
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

const namespaces = {
  sts: 'https://sts.amazonaws.com/doc/2011-06-15/',
  iam: 'https://iam.amazonaws.com/doc/2010-05-08/',
};

/** The codes of the query protocol for errors that KMS has, too, and their status where it is another one. */
const queryErrors: Readonly<Record<string, { readonly code: string; readonly status?: number }>> = {
  AccessDeniedException: { code: 'AccessDenied', status: 403 },
  ExpiredTokenException: { code: 'ExpiredToken', status: 403 },
  InvalidSignatureException: { code: 'SignatureDoesNotMatch', status: 403 },
  MissingAuthenticationTokenException: { code: 'MissingAuthenticationToken', status: 403 },
  ThrottlingException: { code: 'Throttling' },
  UnrecognizedClientException: { code: 'InvalidClientTokenId', status: 403 },
  ValidationException: { code: 'ValidationError' },
  KMSInternalException: { code: 'InternalFailure' },
  DependencyTimeoutException: { code: 'ServiceUnavailable' },
};

/** The AWS query protocol (a form in, XML out), as STS and IAM speak it. */
export function awsQuery(service: keyof typeof namespaces, operation: string): Protocol {
  const namespace = namespaces[service];
  return {
    success: (result, requestId) => ({
      status: 200,
      headers: xmlHeaders(requestId),
      body:
        `<${operation}Response xmlns="${namespace}">` +
        `<${operation}Result>${xmlMembers(result ?? {})}</${operation}Result>` +
        `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata>` +
        `</${operation}Response>`,
    }),
    failure: (error, requestId) => {
      const { code = error.code, status = error.status } = queryErrors[error.code] ?? {};
      return {
        status,
        headers: xmlHeaders(requestId),
        body:
          `<ErrorResponse xmlns="${namespace}">` +
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
    .map(([name, value]) => `<${name}>${xmlValue(value)}</${name}>`)
    .join('');
}

function xmlValue(value: unknown): string {
  if (Array.isArray(value)) {
    return value.map((item: unknown) => `<member>${xmlValue(item)}</member>`).join('');
  }
  return isRecord(value) ? xmlMembers(value) : xmlText(String(value));
}

/** XML 1.0 can't represent control characters, or half of a surrogate pair. */
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

/** Whether it is a JSON object, not an array. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
