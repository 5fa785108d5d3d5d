import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { cloudTrailOperations } from '../../../src/emulator/cloudTrail/lookupEvents.ts';
import { operations } from '../../../src/emulator/operations/index.ts';
import { createThrottle, requestQuotas } from '../../aws/throttle.ts';

/** How many of so many requests at one moment are let through. */
function admitted(throttle: ReturnType<typeof createThrottle>, operation: string, now: number, requests = 5_000) {
  let count = 0;
  for (let request = 0; request < requests; request++) {
    count += throttle.admit(operation, now) ? 1 : 0;
  }
  return count;
}

suite('request quotas', () => {
  test('every operation of KMS and CloudTrail has one', () => {
    assert.deepEqual([...requestQuotas.keys()].sort(), [...operations.keys(), ...cloudTrailOperations.keys()].sort());
  });

  test('a burst takes one second of the quota, and time fills it up again, no further', () => {
    const throttle = createThrottle(1);
    assert.equal(admitted(throttle, 'RevokeGrant', 0), 50);
    assert.equal(admitted(throttle, 'RevokeGrant', 100), 5);
    assert.equal(admitted(throttle, 'RevokeGrant', 60_000), 50);
  });

  test('operations do not share', () => {
    const throttle = createThrottle(1);
    assert.equal(admitted(throttle, 'ListGrants', 0), 100);
    assert.equal(admitted(throttle, 'DescribeKey', 0), 2_000);
  });

  test('a refused request takes nothing', () => {
    const throttle = createThrottle(1);
    admitted(throttle, 'CreateGrant', 0);
    assert.equal(admitted(throttle, 'CreateGrant', 19), 0);
    assert.equal(admitted(throttle, 'CreateGrant', 20), 1);
  });

  test('the scale makes quotas smaller, down to less than one a second, or does away with them', () => {
    assert.equal(admitted(createThrottle(0.1), 'ListGrants', 0), 10);
    const slow = createThrottle(0.01);
    assert.deepEqual(
      [0, 1_000, 2_000, 4_000].map((now) => admitted(slow, 'RevokeGrant', now)),
      [1, 0, 1, 1],
    );
    assert.equal(admitted(createThrottle(0), 'ListGrants', 0), 5_000);
  });

  test('a clock that goes back gives nothing away', () => {
    const throttle = createThrottle(1);
    admitted(throttle, 'ListGrants', 10_000);
    assert.equal(admitted(throttle, 'ListGrants', 0), 0);
    assert.equal(admitted(throttle, 'ListGrants', 10_000), 0);
  });
});
