import type { Account } from '../../src/emulator/account.ts';
import { type KeyUse, useEvent } from '../../src/emulator/cloudTrail/useEvent.ts';
import { Random } from '../../src/emulator/random.ts';

/**
 * Records a use of a key, which the emulator itself can't make: KMS knows it as the last one, and CloudTrail has its event.
 * @param deliveredAt when the event is in the event history (ms); default at once
 */
export function recordUse(
  account: Account,
  keyId: string,
  use: Omit<KeyUse, 'key'>,
  deliveredAt: number = use.at,
): string {
  const key = account.keys.get(keyId);
  if (key === undefined) {
    throw new Error(`There is no key ${keyId}.`);
  }
  const ids = new Random(use.at, `use of ${keyId}`);
  const [eventId, requestId] = [ids.uuid(), ids.uuid()];
  account.keys.set(keyId, { ...key, lastUsage: { operation: use.operation, at: use.at, eventId, requestId } });
  account.events.record(useEvent({ ...use, key }, eventId, requestId), deliveredAt);
  return eventId;
}
