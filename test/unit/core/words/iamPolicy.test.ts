import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { iamPolicy } from '../../../../src/core/words/iamPolicy.ts';

test("the policies that are copied are the README's", () => {
  const inReadme = [...readFileSync('README.md', 'utf8').matchAll(/```json\n(\{\n {2}"Version".+?)\n```/gs)].map(
    ([, policy = '']): unknown => JSON.parse(policy),
  );
  assert.deepEqual(
    inReadme,
    [iamPolicy(['read', 'revoke']), iamPolicy(['evidence'])].map((text) => JSON.parse(text)),
  );
});
