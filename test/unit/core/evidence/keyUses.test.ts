import assert from 'node:assert/strict';
import test from 'node:test';
import { type Answer, known } from '../../../../src/core/evidence/answer.ts';
import { type KeyUse, keyUseSummary } from '../../../../src/core/evidence/keyUses.ts';
import type { KeyLastUsage } from '../../../../src/core/kms/model.ts';
import { grant, kmsError } from '../fakes.ts';

const now = new Date(2026, 10, 24, 12).getTime();
const hour = 60 * 60_000;
const tracked = new Date(2026, 3, 23);

function use(answer: Answer<KeyLastUsage> | undefined): KeyUse {
  return { grant: grant(), answer, now };
}

function usedAgo(ms: number): KeyUse {
  const last = { operation: 'Decrypt', timestamp: new Date(now - ms), cloudTrailEventId: undefined };
  return use(known({ last, trackingStartDate: tracked, keyCreationDate: undefined }, now));
}

function noUse(trackingStartDate: Date | undefined): KeyUse {
  return use(known({ last: undefined, trackingStartDate, keyCreationDate: undefined }, now));
}

const error = kmsError('accessDenied');
const denied = use({ kind: 'denied', permission: 'kms:GetKeyLastUsage', error });
const unanswered = use(undefined);

test('keys are counted by when they were last used, and how far is known', () => {
  const younger = new Date(2026, 5, 1);
  const uses = [
    ...[hour, 24 * hour, -hour].map(usedAgo),
    usedAgo(24 * hour + 1),
    usedAgo(72 * hour),
    noUse(tracked),
    noUse(younger),
    denied,
    unanswered,
    use({ kind: 'notSupported' }),
    use({ kind: 'failed', error }),
    // It claims nothing.
    noUse(undefined),
  ];
  assert.deepEqual(keyUseSummary(uses), [
    'Of 12 keys: 3 used in the last 24 hours, 2 used earlier, most recently 2026-11-23 11:59:59, 2 with no use recorded since 2026-06-01 00:00:00, 5 unknown. Counts uses through any permission, and can be an hour late.',
  ]);
});

test('where all keys were used, nothing else is said', () => {
  assert.deepEqual(keyUseSummary([usedAgo(1), usedAgo(2)]), [
    'Of 2 keys: 2 used in the last 24 hours. Counts uses through any permission, and can be an hour late.',
  ]);
});

test('of a single key its own line is shown', () => {
  const [line = '', ...others] = keyUseSummary([usedAgo(hour)]);
  assert.match(
    line,
    /^Key last used: Decrypt · 2026-11-24 11:00:00\. Counts uses through any permission, and can be an hour late\.$/,
  );
  assert.deepEqual(others, []);
});

test('where nothing is known, nothing is said', () => {
  for (const uses of [[], [denied], [unanswered], [denied, unanswered], [denied, noUse(undefined)]]) {
    assert.deepEqual(keyUseSummary(uses), []);
  }
});
