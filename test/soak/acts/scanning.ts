import assert from 'node:assert/strict';
import { scanGrants } from '../../../src/core/findings/scan.ts';
import { accountOfArn } from '../../../src/core/kms/model.ts';
import type { Act } from './hand.ts';

export const scanning: Act = {
  name: 'scan',
  weight: 4,
  mayGoOn: true,
  run: async (world, hand) => {
    const { window } = hand;
    const sessions = window.connections.shown.flatMap((ref) => window.connections.session(ref) ?? []);
    const controller = new AbortController();
    const last = hand.chance(0.5) ? hand.random.below(12) : Number.POSITIVE_INFINITY;
    let calls = 0;
    const before = world.serverNow();
    const result = await scanGrants({
      sessions,
      signal: controller.signal,
      clock: world.clock,
      progress: () => {
        calls += 1;
        if (calls > last) {
          controller.abort();
        }
      },
    });
    // No time passed, so that what all of KMS lists now it listed then.
    if (world.serverNow() !== before) {
      return;
    }
    for (const { key, connection, grants, isComplete } of result.keys) {
      assert.ok(sessions.some((session) => session.connection === connection));
      if (!isComplete) {
        continue;
      }
      const { account } = world.emulator(accountOfArn(key.arn) ?? '', connection.region);
      const ids = new Set(grants.map(({ grantId }) => grantId));
      for (const { grant, knownFrom = [], removedFrom } of account.grantsOf(key.keyId).values()) {
        const isSure = removedFrom === undefined && knownFrom.every((at) => at <= before) && grant.createdAt < before;
        assert.ok(!isSure || ids.has(grant.id), `The scan called ${key.arn} complete without ${grant.id}.`);
      }
    }
  },
};
