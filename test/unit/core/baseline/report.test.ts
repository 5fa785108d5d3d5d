import assert from 'node:assert/strict';
import test from 'node:test';
import { openBaseline, writeSearch } from '../../../../src/core/baseline/baselines.ts';
import { isWhole, markdownReport, report, summaryText } from '../../../../src/core/baseline/report.ts';
import type { ScanResult } from '../../../../src/core/findings/scan.ts';
import type { TableFormat } from '../../../../src/core/findings/tableFormat.ts';
import { grant, kmsError } from '../fakes.ts';
import { connectionOf, dev, prod, scanned, search, unreadable } from './searches.ts';

const write = (result: ScanResult) => writeSearch(result, 'KMS Grants 1.2.3');
const compared = async (bytes: Uint8Array, result: ScanResult) => {
  const baseline = await openBaseline({ name: 'last.jsonl', size: bytes.length, read: async () => bytes });
  const source = baseline.compareWith(result);
  return {
    summary: summaryText(source),
    isWhole: isWhole(source),
    shown: markdownReport(source, 500),
    export: (format: TableFormat) => report(source, format),
  };
};
const plain = (markdown: string) => markdown.replaceAll('\\', '');

const before = search(
  [scanned('k1', [grant('g1'), grant('g2'), grant('g3')]), scanned('k2', [grant('g1')]), scanned('k3', [grant('g1')])],
  {
    searched: [prod, dev].map((ref) => ({ connection: connectionOf(ref), account: '111122223333' })),
  },
);
const now = search([scanned('k1', [grant('g2', { name: '[x](command:y)' }), grant('g3'), grant('g4')])], {
  unreadable: [unreadable(kmsError('accessDenied'), 'k2')],
});
const reported = await compared(write(before), now);

test('the summary counts what changed, and says that not everything was compared', async () => {
  assert.equal(
    reported.summary,
    "Grants since the baseline: 1 appeared, 1 gone, 1 changed, 1 unchanged. Not everything could be compared. The report lists what couldn't.",
  );
  assert.equal(reported.isWhole, false);
  const same = await compared(write(before), before);
  assert.equal(same.isWhole, true);
  assert.match(same.summary, /0 appeared, 0 gone, 0 changed, 5 unchanged\.$/);
});

test('the document says first what was not compared, then what changed', async () => {
  const text = plain(reported.shown);
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, title]) => title);
  assert.deepEqual(headings, [
    'Grants: what changed since the baseline',
    'Not Compared',
    'Appeared',
    'Gone',
    'Changed',
  ]);
  assert.match(text, /^- Baseline: last\.jsonl, read 2026-11-2\d \d\d:00:00$/m);
  assert.match(text, /^- dev, eu-west-1, 111122223333 is in the baseline, but not in this search\.$/m);
  assert.match(text, /^\| Not compared \| 2 \|$/m);
  assert.match(text, /^\| k2 \| 111122223333 \| eu-west-1 \| 1 \| Not read completely by this search: .* \|$/m);
  assert.match(text, /^\| k3 \| .* \| 1 \| Not in this search: not searched, not listed, or deleted \|$/m);
  assert.match(text, /^\| k1 \| 111122223333 \| eu-west-1 \| g2 \| Name \| {2}\| \[x\]\(command:y\) \|$/m);
  assert.ok(!reported.shown.includes('[x](command:y)'), 'it is no link');
});

test('a document of thousands of rows is cut, the exported report is not', async () => {
  const many = search([
    scanned(
      'k1',
      Array.from({ length: 700 }, (_, n) => grant(`g${n}`)),
    ),
  ]);
  const large = await compared(write(search([scanned('k1', [])])), many);
  const rows = (text: string) => text.match(/^\| k1 /gm)?.length;
  assert.equal(rows(large.shown), 500);
  assert.match(plain(large.shown), /^Rows that are only in the exported report: 200$/m);
  assert.equal(rows(large.export('md')), 700);
});

test('CSV and JSON Lines have a row for each change, and for each thing that was not compared', async () => {
  const lines = reported
    .export('jsonl')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(lines[0], {
    Baseline: { File: 'last.jsonl', ReadAt: '2026-11-24T10:00:00.000Z' },
    Now: { ReadAt: '2026-11-24T10:00:00.000Z' },
    Appeared: 1,
    Gone: 1,
    Changed: 1,
    Unchanged: 1,
    IsWhole: false,
  });
  assert.deepEqual(
    lines.slice(1).map((line) => [line.Change, line.Grant?.GrantId ?? line.NotCompared.Kind, line.KeyArn?.slice(-2)]),
    [
      ['notCompared', 'connectionMissing', undefined],
      ['notCompared', 'keyUnread', 'k2'],
      ['notCompared', 'keyMissing', 'k3'],
      ['appeared', 'g4', 'k1'],
      ['gone', 'g1', 'k1'],
      ['changed', 'g2', 'k1'],
    ],
  );
  assert.deepEqual(lines.at(-1).ChangedFields, [{ Name: 'Name', Now: '[x](command:y)' }]);
  const [header = '', ...rows] = reported.export('csv').trimEnd().split('\r\n');
  assert.match(header, /^\ufeffChange,Connection,Account,Region,KeyArn,Aliases,GrantId,/);
  assert.deepEqual(
    rows.map((row) => row.split(',')[0]),
    ['notCompared', 'notCompared', 'notCompared', 'appeared', 'gone', 'changed'],
  );
});

test('what is damaged in the file is in every report', async () => {
  const damaged = await compared(write(before).subarray(0, -20), before);
  assert.equal(damaged.isWhole, false);
  for (const text of [plain(damaged.shown), damaged.export('csv'), damaged.export('jsonl')]) {
    assert.match(text, /Lines of the baseline that can't be read, and are left out: 1\./);
  }
});

test('a file that is too large is refused before it is read', async () => {
  const file = { name: 'x', size: 2 ** 40, read: () => assert.fail('It was read.') };
  await assert.rejects(openBaseline(file), { name: 'UserError', message: /larger than 128 MB/ });
});

test('who ended a grant is in every report, where it is known', async () => {
  const baseline = await openBaseline({ name: 'last.jsonl', size: 1, read: async () => write(before) });
  const endOf = ({ grant: { grantId } }: { readonly grant: { readonly grantId: string } }) =>
    grantId === 'g1' ? { fields: [{ name: 'Revoked here', value: '[ana](command:x)' }] } : undefined;
  const source = { ...baseline.compareWith(now), endOf };
  assert.match(plain(report(source, 'md')), /\| Revoked here: \[ana\]\(command:x\) \|/);
  assert.doesNotMatch(report(source, 'md'), /\[ana\]\(/);
  assert.match(report(source, 'csv'), /,Revoked here: \[ana\]\(command:x\),/);
  const lines = report(source, 'jsonl')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    lines.flatMap(({ Change, Ended }) => (Ended === undefined ? [] : [[Change, Ended]])),
    [['gone', 'Revoked here: [ana](command:x)']],
  );
});
