import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const read = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as Readonly<Record<string, string>>;
const manifestStrings = read('package.nls.json');
/** All that a person reads: the keys of the bundle are the English strings. */
const all = [...Object.keys(read('l10n/bundle.l10n.json')), ...Object.values(manifestStrings)];

const sentencesOf = (text: string) => text.split(/(?<=[.!?])\s+|\n/);

/** Words that a reader would have to translate. */
const banned =
  /\b(?:told|tells?|telling|anew|meanwhile|once more|whom|takes leave|seen gone|seen through|made again|as now|by whatever)\b/i;

test('no string has a word that has to be translated', () => {
  assert.deepEqual(
    all.filter((text) => banned.test(text)),
    [],
  );
});

test('apostrophes and quotes are straight', () => {
  assert.deepEqual(
    all.filter((text) => /[‘’“”]/.test(text)),
    [],
  );
});

test('no sentence has more than thirty words', () => {
  assert.deepEqual(
    all.flatMap(sentencesOf).filter((sentence) => sentence.split(/\s+/).length > 30),
    [],
  );
});

test('what has several sentences ends as a sentence does', () => {
  const open = all.filter((text) => /[a-z]\. [A-Z]/.test(text) && !/[.!?:)…}\]]$/.test(text));
  assert.deepEqual(open, []);
});

const small = new Set(['a', 'an', 'and', 'as', 'at', 'by', 'for', 'from', 'in', 'of', 'on', 'or', 'the', 'to', 'with']);

test('titles of commands are in title case', () => {
  const titles = Object.entries(manifestStrings).filter(([key]) => key.startsWith('command.'));
  for (const [, title] of titles) {
    for (const [place, word] of title.split(' ').entries()) {
      assert.ok(/^[A-Z]/.test(word) || (place > 0 && small.has(word)), title);
    }
  }
});
