import assert from 'node:assert/strict';
import test from 'node:test';
import {
  duration,
  escapeMarkdown,
  formatCount,
  localTime,
  printable,
  renderedLineCount,
  timeOfDay,
} from '../../../../src/core/base/text.ts';

const texts: readonly [string, string, string][] = [
  ['plain text stays', 'alias/app_1 (ümläut, 日本語, 🔑)', 'alias/app_1 (ümläut, 日本語, 🔑)'],
  ['the empty text stays empty', '', ''],
  ['newlines are shown', 'one\r\ntwo', 'one\\u{d}\\u{a}two'],
  ['tabs and escapes are shown', '\t\u001B[31m\u0000\u007F\u009B', '\\u{9}\\u{1b}[31m\\u{0}\\u{7f}\\u{9b}'],
  ['bidirectional controls are shown', 'a\u202Eb\u2066c\u2069\u200F', 'a\\u{202e}b\\u{2066}c\\u{2069}\\u{200f}'],
  [
    'zero-width characters are shown',
    'a\u200Bb\u200Cc\u200Dd\u2060\uFEFF\u00AD',
    'a\\u{200b}b\\u{200c}c\\u{200d}d\\u{2060}\\u{feff}\\u{ad}',
  ],
  ['line and paragraph separators are shown', 'a\u2028b\u2029c\u0085', 'a\\u{2028}b\\u{2029}c\\u{85}'],
  ['tag characters are shown', 'a\u{E0041}', 'a\\u{e0041}'],
  ['a lone surrogate is replaced', 'a\uD83Db\uDD11', 'a\uFFFDb\uFFFD'],
];

for (const [sentence, text, expected] of texts) {
  test(sentence, () => assert.equal(printable(text), expected));
}

test('a text is cut to the number of characters that was asked for, the last being an ellipsis', () => {
  assert.equal(printable('abcdef', 6), 'abcdef');
  assert.equal(printable('abcdefg', 6), 'abcde…');
  assert.equal(printable('x'.repeat(257)), `${'x'.repeat(255)}…`);
  assert.equal(printable('x'.repeat(256)), 'x'.repeat(256));
});

test('a character outside the basic plane counts as one, and is never cut in half', () => {
  assert.equal(printable('🔑🔑🔑', 3), '🔑🔑🔑');
  assert.equal(printable('🔑🔑🔑🔑', 3), '🔑🔑…');
  for (const text of ['🔑'.repeat(1000), `a${'🔑'.repeat(1000)}`]) {
    const cut = printable(text, 10);
    assert.equal([...cut].length, 10);
    assert.ok(cut.endsWith('🔑…'), cut);
  }
});

test('what is shown of a text holds no control character, whatever it is made of', () => {
  const every = Array.from({ length: 0x3000 }, (_, code) => String.fromCharCode(code)).join('');
  assert.doesNotMatch(printable(every, every.length), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
});

test('a text of a megabyte is cut like any other', () => {
  assert.equal([...printable('🔑'.repeat(500_000))].length, 256);
});

test('as Markdown, every punctuation character is escaped, and nothing else is', () => {
  assert.equal(
    escapeMarkdown('[x](command:y) `z` <b> $(key)'),
    '\\[x\\]\\(command\\:y\\) \\`z\\` \\<b\\> \\$\\(key\\)',
  );
  assert.equal(escapeMarkdown('# 1 *a* _b_ ~c~ |d|'), '\\# 1 \\*a\\* \\_b\\_ \\~c\\~ \\|d\\|');
  assert.equal(escapeMarkdown('AZaz09 ümläut 日本語'), 'AZaz09 ümläut 日本語');
});

const durations: readonly [number, string][] = [
  [-5, '0 s'],
  [0, '0 s'],
  [49, '0 s'],
  [50, '0.1 s'],
  [800, '0.8 s'],
  [999, '1 s'],
  [1000, '1 s'],
  [1499, '1 s'],
  [12_000, '12 s'],
  [119_499, '119 s'],
  [119_500, '2 min 0 s'],
  [125_000, '2 min 5 s'],
  [3_661_000, '61 min 1 s'],
];

test('a count has commas between its thousands', () => {
  assert.deepEqual([0, 999, 1234, 1_234_567].map(formatCount), ['0', '999', '1,234', '1,234,567']);
});

for (const [ms, expected] of durations) {
  test(`${ms} milliseconds read as ${expected}`, () => assert.equal(duration(ms), expected));
}

test('a time is shown in local time, in figures of the same length', () => {
  const date = new Date(2026, 0, 2, 3, 4, 5);
  assert.equal(localTime(date), '2026-01-02 03:04:05');
  assert.equal(timeOfDay(date), '03:04:05');
  assert.equal(localTime(new Date(2026, 10, 24, 14, 3, 22)), '2026-11-24 14:03:22');
});

test('a text takes as many lines as are drawn of it', () => {
  for (const [text, columns, lines] of [
    ['', 10, 1],
    ['one', 10, 1],
    ['one\ntwo\n\nthree', 10, 4],
    ['one two three', 7, 2],
    ['0123456789', 10, 1],
    ['01234567890', 10, 2],
    ['a 0123456789', 10, 2],
    ['鍵鍵鍵鍵鍵', 10, 1],
    ['鍵鍵鍵鍵鍵鍵', 10, 2],
    ['x'.repeat(95), 10, 10],
  ] as const) {
    assert.equal(renderedLineCount(text, columns), lines, JSON.stringify(text));
  }
});
