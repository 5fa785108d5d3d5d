import { awsJson, awsQuery, isRecord, type Protocol, type WireRequest } from './wire.ts';

/** The service and operation of a request, and the protocol of its answer. */
export interface Route {
  readonly service: 'kms' | 'sts' | 'cloudtrail' | 'iam';
  readonly operation: string;
  /** Undefined when the body is not of the protocol's form. */
  readonly input: Readonly<Record<string, unknown>> | undefined;
  readonly protocol: Protocol;
}

/** How X-Amz-Target begins. Of CloudTrail, SDKs write it in a short and in a long form. */
const targets = {
  'TrentService.': 'kms',
  'CloudTrail_20131101.': 'cloudtrail',
  'com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.': 'cloudtrail',
} as const;

/** The version of IAM's API, by which a form is known to be for IAM and not for STS. */
const iamVersion = '2010-05-08';

/** Undefined unless the request is AWS JSON to KMS or CloudTrail, or the query protocol to STS or IAM. */
export function routeOf(request: WireRequest): Route | undefined {
  if (request.method !== 'POST' || request.path.split('?')[0] !== '/') {
    return undefined;
  }
  const { 'x-amz-target': amzTarget = '', 'content-type': contentType = '' } = request.headers;
  for (const [target, service] of Object.entries(targets)) {
    if (amzTarget.startsWith(target)) {
      const operation = amzTarget.slice(target.length);
      return { service, operation, input: jsonObject(request.body), protocol: awsJson };
    }
  }
  if (contentType.startsWith('application/x-www-form-urlencoded')) {
    const input = Object.fromEntries(new URLSearchParams(request.body));
    const { Action: operation, Version: version } = input;
    const service = version === iamVersion ? 'iam' : 'sts';
    return operation ? { service, operation, input, protocol: awsQuery(service, operation) } : undefined;
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
