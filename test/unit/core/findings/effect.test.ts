import assert from 'node:assert/strict';
import { test } from 'node:test';
import { effectOfRevoke } from '../../../../src/core/findings/effect.ts';
import { findingKinds } from '../../../../src/core/findings/finding.ts';
import { guidesOf } from '../../../../src/core/findings/guides.ts';

const withEffect = (effect: string) => ({
  kind: 'olderThan' as const,
  severity: 'info' as const,
  title: 'Old',
  reason: 'It is old.',
  effect,
  managedBy: undefined,
});

test('what a revoke would do is said once, with what findings change about it', () => {
  const impact = "App won't be able to use the key through this grant.";
  assert.equal(effectOfRevoke(impact, []), impact);
  assert.equal(effectOfRevoke(impact, [withEffect(impact), withEffect(impact)]), impact);
  const newer = 'The newer grant g2 still allows the same.';
  assert.equal(effectOfRevoke(impact, [withEffect(newer)]), `${impact} ${newer}`);
  const disabled = `Nothing changes while the key is disabled. When it is enabled again: ${impact}`;
  assert.equal(effectOfRevoke(impact, [withEffect(disabled), withEffect(impact)]), disabled);
  assert.equal(effectOfRevoke(undefined, []), '');
});

test("each kind of finding has a page of AWS's documentation, and each page is named once", () => {
  for (const kind of findingKinds) {
    const [guide, ...others] = guidesOf([{ kind }, { kind }]);
    assert.deepEqual(others, []);
    assert.match(guide?.url ?? '', /^https:\/\/docs\.aws\.amazon\.com\/(kms|IAM)\/latest\/\w+\/[\w-]+\.html$/);
    assert.match(guide?.text ?? '', /^[A-Z][\w ]+$/);
  }
});
