import type { Account, Grant } from '../account.ts';
import { isoTime } from '../time.ts';
import type { TrailCaller, TrailEvent } from './eventHistory.ts';
import { accessKeyIdOf, userIdentity, userNameOf } from './identity.ts';

/** The attributes by which LookupEvents finds an event. */
export interface EventAttributes {
  readonly EventId: string;
  readonly EventName: string;
  readonly ReadOnly: 'true' | 'false';
  readonly AccessKeyId: string | undefined;
  readonly EventSource: string;
  readonly Username: string | undefined;
  /** Of its resource. */
  readonly ResourceType: string | undefined;
  readonly ResourceName: string | undefined;
}

const keyType = 'AWS::KMS::Key';

export function attributesOf(event: TrailEvent, account: Account): EventAttributes {
  return {
    EventId: event.id,
    EventName: event.name,
    ReadOnly: event.isReadOnly ? 'true' : 'false',
    AccessKeyId: isFromElsewhere(event.caller, account) ? undefined : accessKeyIdOf(event.caller),
    EventSource: sourceOf(event),
    Username: userNameOf(event.caller, account),
    ResourceType: event.key && keyType,
    ResourceName: event.key?.arn,
  };
}

/** The record itself, which LookupEvents answers as JSON text (KMS Developer Guide, "Examples of AWS KMS log entries"). */
export function recordOf(event: TrailEvent, account: Account) {
  const { caller, error, key, additionalEventData } = event;
  const resource = key && { accountId: key.accountId, type: keyType, ARN: key.arn };
  return {
    eventVersion: '1.11',
    userIdentity: userIdentity(caller, account, event.at),
    eventTime: isoTime(event.at),
    eventSource: sourceOf(event),
    eventName: event.name,
    awsRegion: account.region,
    // The emulator is only reached from this machine.
    sourceIPAddress: caller.invokedBy ?? '127.0.0.1',
    userAgent: caller.invokedBy ?? caller.userAgent ?? 'aws-sdk',
    ...(error && { errorCode: error.code, errorMessage: error.message }),
    requestParameters: event.requestParameters ?? null,
    responseElements: event.responseElements ?? null,
    ...(additionalEventData && { additionalEventData }),
    requestID: event.requestId,
    eventID: event.id,
    readOnly: event.isReadOnly,
    // The source, then the destination.
    ...(resource && { resources: event.name === 'ReEncrypt' ? [resource, resource] : [resource] }),
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: account.id,
    // A call from another account is in both logs.
    ...(isFromElsewhere(caller, account) && { sharedEventID: event.requestId }),
    eventCategory: 'Management',
  };
}

/**
 * The `requestParameters` of CreateGrant.
 * @param keyId as the caller named the key
 */
export function createGrantParameters(grant: Omit<Grant, 'id' | 'createdAt' | 'keyId'>, keyId: string) {
  const { name, granteePrincipal, granteeServicePrincipal, retiringPrincipal, retiringServicePrincipal } = grant;
  return {
    keyId,
    ...(grant.constraints && { constraints: grant.constraints }),
    operations: grant.operations,
    // JSON leaves out what is undefined.
    name,
    granteePrincipal,
    granteeServicePrincipal,
    retiringPrincipal,
    retiringServicePrincipal,
  };
}

function sourceOf({ source = 'kms.amazonaws.com' }: TrailEvent): string {
  return source;
}

function isFromElsewhere({ principalArn }: TrailCaller, account: Account): boolean {
  return principalArn !== undefined && principalArn.split(':')[4] !== account.id;
}
