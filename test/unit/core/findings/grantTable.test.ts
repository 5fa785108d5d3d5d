import assert from 'node:assert/strict';
import test from 'node:test';
import { defaultFindingOptions } from '../../../../src/core/findings/finding.ts';
import { type HeldGrant, heldGrants } from '../../../../src/core/findings/grantGroups.ts';
import { grantTable } from '../../../../src/core/findings/grantTable.ts';
import type { Grant } from '../../../../src/core/kms/model.ts';
import { FakeKms, grant, key, keyArnOf, metadata, openSession } from '../fakes.ts';

const now = Date.UTC(2026, 10, 24);
const { connection } = openSession(new FakeKms());

function held(...grants: readonly Grant[]): readonly HeldGrant[] {
  const scanned = {
    connection,
    key: key('k1', 'alias/a', 'alias/b'),
    metadata: metadata(keyArnOf('k1')),
    grants,
    isComplete: true,
  };
  return heldGrants([scanned], defaultFindingOptions, now, () => false);
}

/** RFC 4180, read back by other code than the one that wrote it. */
function readCsv(text: string): string[][] {
  const cells = [...text.matchAll(/("(?:[^"]|"")*"|[^",\r\n]*)(,|\r\n)/gy)];
  assert.equal(cells.map(([all]) => all).join(''), text, 'all of it is CSV');
  const rows: string[][] = [[]];
  for (const [, cell = '', end] of cells) {
    rows.at(-1)?.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    if (end === '\r\n') {
      rows.push([]);
    }
  }
  assert.deepEqual(rows.pop(), []);
  return rows;
}

function csvRecords(...grants: readonly Grant[]): Record<string, string>[] {
  const [header = [], ...rows] = readCsv(grantTable(held(...grants), 'csv'));
  return rows.map((row) => {
    assert.equal(row.length, header.length);
    return Object.fromEntries(header.map((name, index) => [name, row[index] ?? '']));
  });
}

test('a line of CSV has the whole grant, its key and its findings, in the order of the header', () => {
  const [record] = csvRecords(
    grant('g1', {
      name: 'nightly',
      operations: ['Decrypt', 'Encrypt'],
      granteePrincipal: { kind: 'principal', value: 'AROAEXAMPLE3STRINGS2X' },
      retiringPrincipal: { kind: 'principal', value: 'arn:aws:iam::111122223333:role/Janitor' },
      constraints: {
        encryptionContextEquals: { b: 'x, "y"' },
        encryptionContextSubset: undefined,
        sourceArn: undefined,
      },
    }),
  );
  assert.deepEqual(record, {
    Connection: 'dev',
    Account: '111122223333',
    Region: 'eu-west-1',
    KeyArn: keyArnOf('k1'),
    Aliases: 'alias/a alias/b',
    KeyState: 'Enabled',
    GrantId: 'g1',
    Name: 'nightly',
    CreationDate: '2026-01-01T00:00:00.000Z',
    GranteeKind: 'unresolvedRole',
    GranteePrincipal: 'AROAEXAMPLE3STRINGS2X',
    ManagedBy: '',
    Operations: 'Decrypt Encrypt',
    EncryptionContextEquals: '{"b":"x, \\"y\\""}',
    EncryptionContextSubset: '',
    SourceArn: '',
    RetiringPrincipal: 'arn:aws:iam::111122223333:role/Janitor',
    IssuingAccount: 'arn:aws:iam::111122223333:root',
    Findings: 'possiblyOrphaned',
  });
});

for (const start of ['=', '+', '-', '@', '\t', '\r', '\n']) {
  test(`a cell that starts with ${JSON.stringify(start)} is no formula`, () => {
    const name = `${start}HYPERLINK("http://x","y"),z`;
    const [record, next] = csvRecords(grant('g1', { name }), grant('g2'));
    assert.equal(record?.['Name'], `'${name}`);
    assert.equal(next?.['GrantId'], 'g2');
  });
}

test('quotes, commas and line breaks of any kind stay within their cell', () => {
  for (const name of ['a,b', 'a"b', 'a\r\nb', 'a\nb', 'a\rb', '"', '', ' ']) {
    const [record, next] = csvRecords(grant('g1', { name }), grant('g2'));
    assert.equal(record?.['Name'], name);
    assert.equal(next?.['GrantId'], 'g2');
  }
});

test('no grants make a header, and no lines', () => {
  assert.equal(readCsv(grantTable([], 'csv')).length, 1);
  assert.equal(grantTable([], 'jsonl'), '');
  assert.equal(grantTable([], 'md').split('\n').length, 3);
});

test('a line of JSON is the grant as AWS gives it, with where it is and its findings', () => {
  const text = grantTable(held(grant('g1', { name: 'a\nb' }), grant('g2')), 'jsonl');
  const lines = text.trimEnd().split('\n');
  assert.equal(lines.length, 2);
  const first: unknown = JSON.parse(lines[0] ?? '');
  assert.deepEqual(first, {
    KeyId: keyArnOf('k1'),
    GrantId: 'g1',
    Name: 'a\nb',
    CreationDate: '2026-01-01T00:00:00.000Z',
    GranteePrincipal: 'arn:aws:iam::111122223333:role/app/Reader',
    IssuingAccount: 'arn:aws:iam::111122223333:root',
    Operations: ['Decrypt'],
    Connection: 'dev',
    Account: '111122223333',
    Region: 'eu-west-1',
    Aliases: ['alias/a', 'alias/b'],
    KeyState: 'Enabled',
    GranteeKind: 'role',
    Findings: [
      {
        Kind: 'onlyAdminsCanEnd',
        Severity: 'info',
        Reason:
          'It names no retiring principal and does not allow RetireGrant, so only those who may call RevokeGrant on the key, and the account that made it, can end it.',
      },
      {
        Kind: 'noEncryptionContext',
        Severity: 'info',
        Reason:
          'It allows decryption of everything that was encrypted with the key: no encryption context constrains it.',
      },
    ],
  });
});

test('a Markdown table has a row a grant, whatever their text', () => {
  const evil = 'a|b\n# c [x](command:y) <b>\u202e';
  const lines = grantTable(held(grant('g1', { name: evil }), grant('g2')), 'md').split('\n');
  assert.equal(lines.length, 5);
  const cells = (line = '') => line.split(/(?<!\\)\|/).length;
  for (const line of lines.slice(1, 4)) {
    assert.equal(cells(line), cells(lines[0]));
  }
  assert.match(lines[2] ?? '', /a\\\|b\\\\u\\\{a\\\}\\# c \\\[x\\\]\\\(command\\:y\\\) \\<b\\>/);
});
