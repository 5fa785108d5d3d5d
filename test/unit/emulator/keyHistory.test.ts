import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Key } from '../../../src/emulator/account.ts';
import { createAccount } from '../../../src/emulator/sampleData.ts';
import { createEmulator } from '../../aws/emulator.ts';

const now = Date.UTC(2026, 10, 1);
const day = 24 * 60 * 60 * 1000;

/** Asks for a sample key by its alias, after `change` was made to it. */
function setUp(alias: string, change: Partial<Key> = {}, owner = '111122223333') {
  const data = createAccount({ now });
  const keyId = data.aliases.get(alias)?.targetKeyId ?? '';
  const key = data.keys.get(keyId) ?? assert.fail(`There is no ${alias}.`);
  const arn = key.arn.replace('111122223333', owner);
  const changed: Key = { ...key, accountId: owner, arn, ...change };
  data.keys.set(keyId, changed);
  const emulator = createEmulator({ data, now: () => now });
  const ask = (operation: string) => {
    const headers = { 'x-amz-target': `TrentService.${operation}` };
    const reply = emulator.handle({ method: 'POST', path: '/', headers, body: JSON.stringify({ KeyId: arn }) });
    assert.equal(reply.kind, 'response');
    const output: Record<string, unknown> = reply.kind === 'response' ? JSON.parse(reply.body) : {};
    return { output, error: output['__type'] };
  };
  return { ask, key: changed };
}

suite('rotation', () => {
  test('a rotated key says its period and when it is due, which is yet to come', () => {
    const { output } = setUp('alias/payments/card-vault').ask('GetKeyRotationStatus');
    assert.equal(output['KeyRotationEnabled'], true);
    assert.equal(output['RotationPeriodInDays'], 90);
    const due = Number(output['NextRotationDate']) * 1000;
    assert.ok(due > now && due <= now + 90 * day);
  });

  test('a key that is not rotated, or is to be deleted, says no more than that', () => {
    for (const { output } of [
      setUp('alias/platform/ebs').ask('GetKeyRotationStatus'),
      setUp('alias/orders-db', { state: 'PendingDeletion' }).ask('GetKeyRotationStatus'),
    ]) {
      assert.deepEqual(Object.keys(output), ['KeyId', 'KeyRotationEnabled']);
      assert.equal(output['KeyRotationEnabled'], false);
    }
  });

  test('asymmetric keys, HMAC keys and those of a custom key store have none', () => {
    for (const alias of ['alias/release/code-signing', 'alias/partners/webhook-hmac', 'alias/hsm/treasury']) {
      assert.equal(setUp(alias).ask('GetKeyRotationStatus').error, 'UnsupportedOperationException');
    }
  });

  test('a key without key material is in no state for it', () => {
    assert.equal(setUp('alias/byok/hr-records').ask('GetKeyRotationStatus').error, 'KMSInvalidStateException');
  });
});

suite('last usage', () => {
  test('a used key has its last operation, and from when on it was watched', () => {
    const { ask, key } = setUp('alias/release/code-signing');
    const { output } = ask('GetKeyLastUsage');
    const usage = Object(output['KeyLastUsage']);
    assert.equal(usage.Operation, 'Sign');
    assert.match(usage.CloudTrailEventId, /^[0-9a-f-]{36}$/);
    const tracked = Number(output['TrackingStartDate']);
    assert.ok(usage.Timestamp >= tracked && usage.Timestamp * 1000 <= now);
    assert.ok(tracked >= key.createdAt / 1000);
    assert.equal(output['KeyCreationDate'], key.createdAt / 1000);
  });

  test('of a key that nobody used there is an empty answer, not none', () => {
    assert.deepEqual(setUp('alias/byok/hr-records').ask('GetKeyLastUsage').output['KeyLastUsage'], {});
  });

  test('a key of another account answers only its owner', () => {
    const { ask } = setUp('alias/orders-db', {}, '999988887777');
    assert.equal(ask('GetKeyLastUsage').error, 'AccessDeniedException');
    // Whereas this one may be asked from elsewhere.
    assert.equal(ask('GetKeyRotationStatus').error, undefined);
  });
});
