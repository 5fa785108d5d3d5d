import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { pageMarkdown } from '../../../../src/core/words/page.ts';
import { hostileText, property } from '../../hostile.ts';

const guide = { text: 'Creating grants', url: 'https://docs.aws.amazon.com/kms/latest/developerguide/grants.html' };

test('a page is a heading, a link to more, and sections with text, lines, links and code', () => {
  const page = {
    title: 'orders-db',
    sections: [
      {
        title: 'Key',
        text: 'As KMS says.',
        lines: [{ name: 'State', text: 'Enabled', more: ['since today'] }],
        links: [guide],
      },
      { title: 'Policy', lines: [], code: '{\n  "a": 1\n}' },
    ],
  };
  assert.equal(
    pageMarkdown(page, { text: 'Show as JSON', url: 'a.json' }),
    [
      '# orders\\-db',
      '[Show as JSON](a.json)',
      '## Key',
      'As KMS says\\.',
      '- **State:** Enabled\n  - since today',
      `[Creating grants](${guide.url})`,
      '## Policy',
      '```json\n{\n  "a": 1\n}\n```\n',
    ].join('\n\n'),
  );
});

test('whatever stands in the texts of a page, its links are ours, and its code ends where it ends', () => {
  property([hostileText, hostileText, fc.array(hostileText, { maxLength: 4 })], (name, text, code) => {
    const sections = [
      { title: name, text, lines: [{ name, text, more: [text] }], links: [guide], code: code.join('\n') },
    ];
    const markdown = pageMarkdown({ title: text, sections });
    const [, before = '', fence = '', inside = ''] =
      /^(.*?\n)(`{3,})json\n(.*)\n\2\n$/s.exec(markdown) ?? assert.fail(markdown);
    assert.ok(!inside.split('\n').some((line) => line.trim().startsWith(fence)), inside);
    // What is not a mark of ours is escaped.
    const marks = before
      .replace(`[${guide.text}](${guide.url})`, '')
      .replaceAll('&#32;', ' ')
      .replace(/\\[!-/:-@[-`{-~]/g, '')
      .replace(/^(?:#{1,2}| {0,2}-) /gm, '')
      .replace(/^\*\*([^*:]*):\*\* /gm, '$1');
    assert.doesNotMatch(marks, /[!-/:-@[-`{-~]/, before);
  });
});
