import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const read = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as Readonly<Record<string, string>>;
const manifestStrings = read('package.nls.json');
/** All that a person reads: the keys of the bundle are the English strings. Where a link leads is not read. */
const all = [...Object.keys(read('l10n/bundle.l10n.json')), ...Object.values(manifestStrings)].map((text) =>
  text.replace(/\]\([^)]*\)/g, ']'),
);

const paragraphs = all.flatMap((text) => text.split('\n'));
const sentences = paragraphs.flatMap((text) => text.split(/(?<=[.!?])\s+/));

function assertNone(found: readonly string[]): void {
  assert.deepEqual(found, []);
}

test('no string has a word that has to be translated', () => {
  const banned =
    /\b(?:told|tells?|telling|anew|meanwhile|once more|whom|takes leave|seen|ticked|notes?|made again|as now|by whatever|whether it would|any more)\b/i;
  assertNone(all.filter((text) => banned.test(text)));
});

test('what is denied is contracted', () => {
  const long = /\b(?:cannot|(?:can|could|do|does|did|is|are|was|were|has|have|will|would|should) not)\b/i;
  assertNone(all.filter((text) => long.test(text)));
});

test('American spelling, as in VS Code and AWS', () => {
  assertNone(all.filter((text) => /cancell(?:ed|ing)|licence|honour|colour|behaviour|synchronis|recognis/i.test(text)));
});

test('apostrophes and quotes are straight', () => {
  assertNone(all.filter((text) => /[‘’“”]/.test(text)));
});

test('no sentence has more than thirty words', () => {
  assertNone(sentences.filter((sentence) => sentence.split(/\s+/).length > 30));
});

test('no paragraph has more than 200 characters', () => {
  assertNone(paragraphs.filter((text) => text.length > 200));
});

test('what has several sentences, or a verb, ends as a sentence does', () => {
  // A verb in a relative clause makes no sentence of a label.
  const isSentence = (text: string) =>
    /[a-z]\. [A-Z]/.test(text) ||
    /^(?=[A-Z{])(?:(?!\b(?:that|which|whose|what)\b).)*\b(?:is|are|was|were|has|have|\w+n't|will|must)\b/.test(text);
  /** What ends in a value has the stop of the value. */
  const isClosed = (text: string) => /[.!?:)…\]]$|\{\d\}$/.test(text);
  assertNone(paragraphs.filter((text) => isSentence(text) && !isClosed(text)));
});

const small = new Set(['a', 'an', 'and', 'as', 'at', 'by', 'for', 'from', 'in', 'of', 'on', 'or', 'the', 'to', 'with']);
/** Names of commands of the AWS CLI are written as they are typed. */
const typed = new Set(['create-grant', 'revoke-grant']);

test('titles of commands and of groups of settings are in title case', () => {
  const titles = Object.entries(manifestStrings).filter(([key]) => /^(?:command|settings)\./.test(key));
  for (const [, title] of titles) {
    for (const [place, word] of title.split(' ').entries()) {
      assert.ok(/^[A-Z]/.test(word) || typed.has(word) || (place > 0 && small.has(word)), title);
    }
  }
});
