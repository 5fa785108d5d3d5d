import assert from 'node:assert/strict';
import test from 'node:test';
import { inRegion } from '../../../../src/core/connections/pinnedKeys.ts';
import type { ConnectionRef } from '../../../../src/core/kms/model.ts';
import { profileRef } from '../fakes.ts';

test("a key of another Region is asked for with the connection's own sign-in, in the key's Region", () => {
  const environment: ConnectionRef = { kind: 'environment', region: 'eu-west-1' };
  assert.deepEqual(inRegion(profileRef, 'us-east-1'), { kind: 'profile', profile: 'dev', region: 'us-east-1' });
  assert.deepEqual(inRegion(environment, 'us-east-1'), { kind: 'environment', region: 'us-east-1' });
  assert.deepEqual(inRegion({ kind: 'sample' }, 'us-east-1'), { kind: 'sample' });
  assert.deepEqual(inRegion(profileRef, 'eu-west-1'), profileRef);
});
