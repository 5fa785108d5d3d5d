import { awsJson, awsQuery, isRecord, type Protocol, type WireRequest } from './wire.ts';

/** The service and operation of a request, and the protocol of its answer. */
export interface Route {
  readonly service: 'kms' | 'sts';
  readonly operation: string;
  /** Undefined when the body is not of the protocol's form. */
  readonly input: Readonly<Record<string, unknown>> | undefined;
  readonly protocol: Protocol;
}

/** How KMS's X-Amz-Target begins. */
const target = 'TrentService.';

/** Undefined unless the request is AWS JSON to KMS or the query protocol to STS. */
export function routeOf(request: WireRequest): Route | undefined {
  if (request.method !== 'POST' || request.path.split('?')[0] !== '/') {
    return undefined;
  }
  const { 'x-amz-target': amzTarget = '', 'content-type': contentType = '' } = request.headers;
  if (amzTarget.startsWith(target)) {
    const operation = amzTarget.slice(target.length);
    return { service: 'kms', operation, input: jsonObject(request.body), protocol: awsJson };
  }
  if (contentType.startsWith('application/x-www-form-urlencoded')) {
    const input = Object.fromEntries(new URLSearchParams(request.body));
    const operation = input['Action'];
    return operation ? { service: 'sts', operation, input, protocol: awsQuery(operation) } : undefined;
  }
  return undefined;
}

function jsonObject(body: string): Readonly<Record<string, unknown>> | undefined {
  if (body === '') {
    return {};
  }
  try {
    const value: unknown = JSON.parse(body);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
