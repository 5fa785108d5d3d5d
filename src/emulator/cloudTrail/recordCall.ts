import type { Key } from '../account.ts';
import type { AwsError } from '../errors.ts';
import type { Call } from '../kms.ts';
import { parseArn } from '../principals.ts';
import type { TrailEvent } from './eventHistory.ts';

/** Records a call that changed a key's grants. */
export function recordChange(
  call: Call,
  key: Key,
  details: Pick<TrailEvent, 'requestParameters' | 'responseElements' | 'additionalEventData'>,
): void {
  record(call, { key, ...details });
}

/** Records a call that failed. CloudTrail then has neither its parameters nor its key. */
export function recordFailure(call: Call, { code, message }: AwsError): void {
  // A call from another account that failed is in that account's log only.
  if (parseArn(call.principalArn)?.accountId === call.kms.account.id) {
    record(call, { error: { code: code === 'AccessDeniedException' ? 'AccessDenied' : code, message } });
  }
}

function record(call: Call, details: Partial<TrailEvent>): void {
  const { kms, now, principalArn, accessKeyId, userAgent } = call;
  const event: TrailEvent = {
    id: kms.eventIds.uuid(),
    requestId: call.requestId,
    at: now,
    name: call.operation,
    isReadOnly: false,
    caller: {
      principalArn,
      ...(accessKeyId === undefined ? {} : { accessKeyId }),
      ...(userAgent === undefined ? {} : { userAgent }),
    },
    ...details,
  };
  kms.account.events.record(event, now + kms.eventDelayMs);
}
