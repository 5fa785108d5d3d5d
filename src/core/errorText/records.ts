/** A record of a failed call, as CloudTrail writes it. */
export interface FailedCall {
  readonly message: string;
  readonly code: string | undefined;
  /** Such as `kms:Decrypt`. */
  readonly action: string | undefined;
  readonly principal: string | undefined;
  /** A key ARN, key ID or alias. */
  readonly key: string | undefined;
  readonly region: string | undefined;
  readonly requestId: string | undefined;
  readonly encryptionContext: unknown;
}

type JsonObject = Readonly<Record<string, unknown>>;

/** What is deeper or further on is not looked at. */
const deepest = 12;
const mostValues = 20_000;
const mostTexts = 100;

/** The first failed call of KMS in a text that holds JSON: an event, a list of events, or either of them as a text in JSON. */
export function findFailedCall(text: string): FailedCall | undefined {
  const budget = { values: mostValues, texts: mostTexts };
  for (const value of jsonIn(text)) {
    const found = search(value, budget, 0);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

/** The whole text, what is between its first and last brace, or lines that are JSON each. */
function jsonIn(text: string): readonly unknown[] {
  const from = text.search(/[{[]/);
  const to = Math.max(text.lastIndexOf('}'), text.lastIndexOf(']'));
  if (from < 0 || to < from) {
    return [];
  }
  const whole = parsed(text) ?? parsed(text.slice(from, to + 1));
  if (whole !== undefined) {
    return [whole];
  }
  const lines = text.split('\n', mostTexts).filter((line) => line.includes('"errorCode"'));
  return lines.flatMap((line) => parsed(line.slice(line.indexOf('{'), line.lastIndexOf('}') + 1)) ?? []);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // No JSON, or cut off.
    return undefined;
  }
}

function search(value: unknown, budget: { values: number; texts: number }, depth: number): FailedCall | undefined {
  budget.values -= 1;
  if (budget.values < 0 || depth > deepest) {
    return undefined;
  }
  if (typeof value === 'string') {
    if (budget.texts === 0 || !/^\s{0,16}[{[]/.test(value)) {
      return undefined;
    }
    budget.texts -= 1;
    return search(parsed(value), budget, depth + 1);
  }
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  const call = Array.isArray(value) ? undefined : asFailedCall(value as JsonObject);
  if (call !== undefined) {
    return call;
  }
  for (const member of Object.values(value)) {
    const found = search(member, budget, depth + 1);
    if (found !== undefined) {
      return found;
    }
  }
  return undefined;
}

function asFailedCall(event: JsonObject): FailedCall | undefined {
  const code = textOf(event['errorCode']);
  const message = textOf(event['errorMessage']);
  const source = textOf(event['eventSource']);
  const isOfKms = source === 'kms.amazonaws.com';
  if (code === undefined || source === undefined || !(isOfKms || message?.includes('kms:'))) {
    return undefined;
  }
  const name = textOf(event['eventName']);
  const request = isObject(event['requestParameters']) ? event['requestParameters'] : {};
  const identity = isObject(event['userIdentity']) ? event['userIdentity'] : {};
  return {
    code,
    message: message ?? '',
    action: isOfKms && name !== undefined && /^[A-Za-z]{3,50}$/.test(name) ? `kms:${name}` : undefined,
    principal: textOf(identity['arn']),
    key: keyOfResources(event['resources']) ?? textOf(request['keyId']),
    region: textOf(event['awsRegion']),
    requestId: textOf(event['requestID']),
    encryptionContext: request['encryptionContext'],
  };
}

function keyOfResources(resources: unknown): string | undefined {
  const arns = Array.isArray(resources)
    ? resources.map((one: unknown) => (isObject(one) ? textOf(one['ARN']) : undefined))
    : [];
  return arns.find((arn) => arn?.includes(':key/'));
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= 8192 ? value : undefined;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
