/**
 * What an event of KMS in CloudTrail's event history says. All of it is text from outside: `printable` before it is shown.
 * Source: KMS Developer Guide, "Logging AWS KMS API calls with AWS CloudTrail".
 */
export interface KmsEvent {
  /** Such as `CreateGrant`. */
  readonly name: string;
  readonly time: Date | undefined;
  readonly caller: Caller;
  /** The ARN of its key, where it names one. */
  readonly keyArn: string | undefined;
  /** Of CreateGrant, RevokeGrant and RetireGrant. */
  readonly grantId: string | undefined;
  /** Of CreateGrant: the grantee, by the name that it had then. */
  readonly granteePrincipal: string | undefined;
  /** What was done with which key, in the operations of grants. */
  readonly uses: readonly KeyUse[];
  /** Of a call that failed, such as `AccessDenied`. */
  readonly errorCode: string | undefined;
}

export interface KeyUse {
  /** As grants name it: ReEncrypt is ReEncryptFrom with one key, and ReEncryptTo with another. */
  readonly operation: string;
  /** The ARN of the key; `undefined` when the event has no ARN of a key. */
  readonly keyArn: string | undefined;
  readonly encryptionContext: Readonly<Record<string, string>>;
}

export interface Caller {
  /** Of a user, a role's session, or root; not of a service, and not of another account's principal. */
  readonly arn: string | undefined;
  /** Such as `AROA…:session` or `AIDA…`. */
  readonly principalId: string | undefined;
  readonly account: string | undefined;
  /** The service that acted, for somebody or for itself, such as `AWS Internal` or `rds.amazonaws.com`. */
  readonly invokedBy: string | undefined;
}

/** @returns `undefined` when it is no event of KMS, or can't be read */
export function readKmsEvent(json: string): KmsEvent | undefined {
  const event = parse(json);
  const name = text(event, 'eventName');
  // AWS License Manager has a CreateGrant, too.
  if (name === undefined || text(event, 'eventSource') !== 'kms.amazonaws.com') {
    return undefined;
  }
  const request = part(event, 'requestParameters');
  const identity = part(event, 'userIdentity');
  const keyArns = keyArnsOf(event);
  const time = new Date(text(event, 'eventTime') ?? '');
  return {
    name,
    time: Number.isNaN(time.getTime()) ? undefined : time,
    caller: {
      arn: text(identity, 'arn'),
      principalId: text(identity, 'principalId'),
      account: text(identity, 'accountId'),
      invokedBy: text(identity, 'invokedBy'),
    },
    keyArn: keyArns[0] ?? text(request, 'keyId'),
    // RetireGrant has it in a place of its own.
    grantId:
      text(part(event, 'responseElements'), 'grantId') ??
      text(request, 'grantId') ??
      text(part(event, 'additionalEventData'), 'grantId'),
    granteePrincipal: text(request, 'granteePrincipal') ?? text(request, 'granteeServicePrincipal'),
    uses: usesOf(name, request, keyArns),
    errorCode: text(event, 'errorCode'),
  };
}

/** The request names the key as the caller did, by an alias at times; the resources by its ARN. */
function keyArnsOf(event: unknown): readonly string[] {
  const resources = part(event, 'resources');
  const arns = Array.isArray(resources) ? resources.flatMap((resource) => text(resource, 'ARN') ?? []) : [];
  return arns.filter((arn) => arn.includes(':key/'));
}

function usesOf(name: string, request: unknown, keyArns: readonly string[]): readonly KeyUse[] {
  const use = (operation: string, keyArn: string | undefined, context: string): KeyUse => ({
    operation,
    keyArn,
    encryptionContext: texts(part(request, context)),
  });
  const [first, second] = keyArns;
  if (name !== 'ReEncrypt') {
    return [use(name, first, 'encryptionContext')];
  }
  // Among the resources, the source comes first, then the destination (KMS Developer Guide, "ReEncrypt").
  return second === undefined
    ? []
    : [
        use('ReEncryptFrom', first, 'sourceEncryptionContext'),
        use('ReEncryptTo', second, 'destinationEncryptionContext'),
      ];
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function part(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}

function text(value: unknown, name: string): string | undefined {
  const found = part(value, name);
  return typeof found === 'string' && found !== '' ? found : undefined;
}

function texts(value: unknown): Readonly<Record<string, string>> {
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
