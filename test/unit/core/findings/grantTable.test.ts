import assert from 'node:assert/strict';
import test from 'node:test';
import type { GrantEvidence } from '../../../../src/core/evidence/evidence.ts';
import type { Holder } from '../../../../src/core/evidence/holder.ts';
import { evidenceCells, evidenceColumns } from '../../../../src/core/findings/evidenceColumns.ts';
import { defaultFindingOptions } from '../../../../src/core/findings/finding.ts';
import { type HeldGrant, heldGrants } from '../../../../src/core/findings/grantGroups.ts';
import { grantTable } from '../../../../src/core/findings/grantTable.ts';
import type { PolicyReading } from '../../../../src/core/kms/keyPolicy.ts';
import type { Grant } from '../../../../src/core/kms/model.ts';
import { answered, madeBy, noEvidence, usage } from '../evidence/knownEvidence.ts';
import { FakeKms, grant, key, keyArnOf, kmsError, metadata, openSession } from '../fakes.ts';

const nothingLoaded = Object.fromEntries(evidenceColumns.map((name) => [name, '']));
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

/** RFC 4180 after a byte order mark, read back by other code than the one that wrote it. */
function readCsv(file: string): string[][] {
  assert.equal(file[0], '\ufeff');
  const text = file.slice(1);
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
    ...nothingLoaded,
  });
});

test('the evidence that was loaded stands after all else, in its own order, as AWS gave it', () => {
  const at = (day: number) => new Date(Date.UTC(2026, 9, day));
  const policyStatement = { position: 1, sid: undefined, names: 'principal', conditions: [] } as const;
  const evidence: GrantEvidence = {
    creator: answered(madeBy({ arn: 'arn:aws:iam::111122223333:user/Alice', invokedBy: 'rds.amazonaws.com' }, at(1))),
    keyLastUsed: answered(
      usage({
        last: { operation: 'Decrypt', timestamp: at(2), cloudTrailEventId: undefined },
        trackingStartDate: at(3),
      }),
    ),
    holder: answered<Holder>({
      kind: 'role',
      role: { id: 'AROA', arn: '', name: 'Reader', created: at(4), lastUsed: { at: at(5), region: undefined } },
    }),
    remains: {
      grants: [{ grant: grant('g2'), operations: ['Decrypt'] }],
      ofAccount: 0,
      read: 200,
      at: at(6).getTime(),
      isPartial: true,
      policy: answered<readonly PolicyReading[]>([
        {
          outcome: 'principal',
          operations: ['Decrypt'],
          statements: [
            { ...policyStatement, conditions: [{ operator: 'Bool', key: 'k', values: ['true'] }] },
            { ...policyStatement, names: 'account' },
          ],
          conditionalDenials: [policyStatement],
          needsIamPolicy: true,
        },
        {
          outcome: 'nothing',
          operations: ['Encrypt', 'Verify'],
          statements: [],
          conditionalDenials: [],
          needsIamPolicy: false,
        },
      ]),
    },
  };
  const all = held(grant('g1')).map((one) => ({ ...one, evidence }));
  const cells = {
    CreatedBy: 'arn:aws:iam::111122223333:user/Alice',
    CreatedThrough: 'rds.amazonaws.com',
    CreateEventTime: '2026-10-01T00:00:00.000Z',
    KeyLastOperation: 'Decrypt',
    KeyLastUsed: '2026-10-02T00:00:00.000Z',
    KeyUseTrackedSince: '2026-10-03T00:00:00.000Z',
    GranteeInIam: 'Exists',
    GranteeCreated: '2026-10-04T00:00:00.000Z',
    GranteeLastUsed: '2026-10-05T00:00:00.000Z',
    OtherGrants: '1+',
    KeyPolicy: 'principal, conditions, iamPolicy, conditionalDeny: Decrypt; nothing: Encrypt Verify',
  };
  const [header = [], row = []] = readCsv(grantTable(all, 'csv'));
  assert.deepEqual(header.slice(-11), Object.keys(cells));
  assert.deepEqual(row.slice(-11), Object.values(cells));
  assert.deepEqual(JSON.parse(grantTable(all, 'jsonl')).Evidence, cells);
  assert.match(
    grantTable(all, 'md').split('\n')[2] ?? '',
    /\| g1 \| arn\\:aws\\:iam\\:\\:111122223333\\:user\\\/Alice \| 2026.* \| Exists \| 1\\\+ \| principal\\, .* \|$/,
  );
});

test('other grants are counted; none among some of the grants of a key says nothing', () => {
  const other = { grant: grant('g2'), operations: ['Decrypt'] };
  const count = (grants: readonly (typeof other)[], isPartial: boolean) =>
    evidenceCells({
      ...noEvidence,
      remains: { grants, ofAccount: 0, read: 2, at: 0, isPartial, policy: { kind: 'notSupported' } },
    }).OtherGrants;
  assert.deepEqual([count([], false), count([other], false)], ['0', '1']);
  assert.deepEqual([count([], true), count([other, other], true)], [undefined, '2+']);
});

test('what IAM does not have is named, and what AWS was not asked or did not say is empty', () => {
  const error = kmsError('accessDenied');
  const inIam = (evidence: Partial<GrantEvidence>) => {
    const all = held(grant('g1')).map((one) => ({ ...one, evidence: { ...noEvidence, ...evidence } }));
    const [header = [], row = []] = readCsv(grantTable(all, 'csv'));
    const { GranteeInIam: value, ...others } = Object.fromEntries(header.map((name, index) => [name, row[index]]));
    for (const name of Object.keys(nothingLoaded).filter((one) => one !== 'GranteeInIam')) {
      assert.equal(others[name], '', name);
    }
    return value;
  };
  const missing = { what: 'role', account: '111122223333' } as const;
  assert.equal(inIam({ holder: answered<Holder>({ ...missing, kind: 'noSuchName', name: 'R' }) }), 'NoSuchName');
  assert.equal(
    inIam({ holder: answered<Holder>({ ...missing, kind: 'noSuchId', id: 'AROA', successor: undefined }) }),
    'NoSuchId',
  );
  assert.equal(inIam({ holder: answered<Holder>({ kind: 'otherAccount', account: '444455556666' }) }), '');
  assert.equal(inIam({ holder: { kind: 'denied', permission: 'iam:GetRole', error } }), '');
  assert.equal(inIam({ creator: answered({ kind: 'tooOld' } as const), keyLastUsed: answered(usage({})) }), '');
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
          "It has no retiring principal and doesn't allow RetireGrant. Only principals that can call RevokeGrant on the key, and the account that created the grant, can end it.",
      },
      {
        Kind: 'noEncryptionContext',
        Severity: 'info',
        Reason: 'No encryption context constrains it, so it allows decryption of everything encrypted with the key.',
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
