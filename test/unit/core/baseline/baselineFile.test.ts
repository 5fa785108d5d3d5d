import assert from 'node:assert/strict';
import test from 'node:test';
import { largestFile, longestLine } from '../../../../src/core/baseline/baselineFile.ts';
import { compare } from '../../../../src/core/baseline/compare.ts';
import { readBaseline } from '../../../../src/core/baseline/readBaseline.ts';
import { snapshotOf } from '../../../../src/core/baseline/snapshot.ts';
import { writeBaseline } from '../../../../src/core/baseline/writeBaseline.ts';
import { grant, kmsError } from '../fakes.ts';
import { connectionOf, dev, prod, scanned, search, unreadable } from './searches.ts';

const tool = 'KMS Grants 1.2.3';
const textOf = (result: ReturnType<typeof search>) => new TextDecoder().decode(writeBaseline(snapshotOf(result), tool));
const read = (text: string) => readBaseline(new TextEncoder().encode(text));
const sorted = (text: string) => text.split('\n').filter(Boolean);

const full = search(
  [
    scanned('k2', [
      grant('g2', {
        name: 'nightly',
        operations: ['Encrypt', 'Decrypt'],
        retiringPrincipal: { kind: 'servicePrincipal', value: 'rds.amazonaws.com' },
        constraints: {
          encryptionContextEquals: undefined,
          encryptionContextSubset: { b: '1', a: '2' },
          sourceArn: 'arn:aws:s3:::b',
        },
      }),
      grant('g1', { creationDate: undefined, granteePrincipal: undefined, issuingAccount: undefined }),
    ]),
    scanned('k1', [grant('g9')], { isComplete: false }),
    scanned('k0', []),
  ],
  { unreadable: [unreadable(kmsError('accessDenied'), 'k7'), unreadable(kmsError('ssoExpired'), undefined, dev)] },
);

test('the first line says what the file is, of when, by what, and of which accounts and Regions', () => {
  const [header = ''] = sorted(textOf(full));
  assert.deepEqual(JSON.parse(header), {
    Format: 'kms-grants-baseline',
    Version: 1,
    Tool: tool,
    ReadAt: '2026-11-24T10:00:00.000Z',
    WasCancelled: false,
    Connections: [{ Kind: 'profile', Profile: 'prod', Region: 'eu-west-1', Account: '111122223333', Endpoint: 'aws' }],
    Lines: { Unread: 2, Keys: 3, Grants: 3 },
  });
});

test('each grant is a line as the AWS CLI prints it, after its key, in order', () => {
  const lines = sorted(textOf(full))
    .slice(3)
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    lines.map((line) => line.Key?.slice(-2) ?? line.GrantId),
    ['k0', 'k1', 'g9', 'k2', 'g1', 'g2'],
  );
  assert.deepEqual(lines[5], {
    KeyId: 'arn:aws:kms:eu-west-1:111122223333:key/k2',
    GrantId: 'g2',
    Name: 'nightly',
    CreationDate: '2026-01-01T00:00:00.000Z',
    GranteePrincipal: 'arn:aws:iam::111122223333:role/app/Reader',
    RetiringServicePrincipal: 'rds.amazonaws.com',
    IssuingAccount: 'arn:aws:iam::111122223333:root',
    Operations: ['Decrypt', 'Encrypt'],
    Constraints: { EncryptionContextSubset: { a: '2', b: '1' }, SourceArn: 'arn:aws:s3:::b' },
    Connection: 0,
  });
});

test('what is read is what was written', () => {
  const { snapshot, problems } = read(textOf(full));
  assert.deepEqual(snapshot, snapshotOf(full));
  assert.deepEqual(problems, []);
});

test('the same state gives the same bytes, in whatever order KMS lists it; only the time differs', () => {
  const other = search(
    full.keys.toReversed().map((one) => ({
      ...one,
      grants: one.grants.toReversed().map((each) => ({ ...each, operations: each.operations.toReversed() })),
    })),
    { unreadable: full.unreadable.toReversed(), endedAt: full.endedAt + 1 },
  );
  const [left, right] = [sorted(textOf(full)), sorted(textOf(other))];
  assert.deepEqual(left.slice(1), right.slice(1));
  assert.notEqual(left[0], right[0]);
});

test('a key that two connections read is in it once, with those that read it to its end first', () => {
  const both = search(
    [
      scanned('k1', [grant('g1')], { connection: connectionOf(dev), isComplete: false }),
      scanned('k1', [grant('g1'), grant('g2')]),
    ],
    { searched: [dev, prod].map((ref) => ({ connection: connectionOf(ref), account: '111122223333' })) },
  );
  const [key, ...others] = snapshotOf(both).keys;
  assert.deepEqual(others, []);
  assert.deepEqual([key?.isComplete, key?.connection.ref, key?.grants.length], [true, prod, 2]);
});

test('keys with the same ARN on two servers stay two', () => {
  const connection = connectionOf(dev, { kind: 'custom', url: 'http://localhost:4566' });
  const both = search([scanned('k1', [grant('g1')]), scanned('k1', [grant('g2')], { connection })], {
    searched: [connectionOf(), connection].map((one) => ({ connection: one, account: '111122223333' })),
  });
  const snapshot = snapshotOf(both);
  assert.deepEqual(
    snapshot.keys.map(({ connection: { endpoint } }) => endpoint),
    ['aws', 'http://localhost:4566'],
  );
  assert.deepEqual(read(textOf(both)).snapshot, snapshot);
});

test('nothing of a URL but the server is written: the rest can be a secret', () => {
  const connection = connectionOf(prod, {
    kind: 'custom',
    url: 'http://user:secret@localhost:4566/path-secret?q=secret',
  });
  const text = textOf(
    search([scanned('k1', [grant('g1')], { connection })], { searched: [{ connection, account: undefined }] }),
  );
  assert.ok(!text.includes('secret'), text);
});

test('fields that are not those of a grant are not written', () => {
  const withToken = { ...grant('g1'), grantToken: 'AQpAM2RhZ-token', token: 'AQpAM2RhZ-token' };
  assert.ok(!textOf(search([scanned('k1', [withToken])])).includes('AQpAM2RhZ'));
});

test('a file that is something else is refused with a sentence', () => {
  const header = (changes: object) => JSON.stringify({ ...JSON.parse(sorted(textOf(full))[0] ?? ''), ...changes });
  for (const [text, sentence] of [
    ['', /isn't a KMS Grants baseline/],
    ['\n\n', /isn't a KMS Grants baseline/],
    ['null', /isn't a KMS Grants baseline/],
    ['{"Format":"other"}', /isn't a KMS Grants baseline/],
    [`"${'x'.repeat(longestLine)}"\n${textOf(full)}`, /isn't a KMS Grants baseline/],
    [sorted(textOf(full)).slice(1).join('\n'), /isn't a KMS Grants baseline/],
    [header({ Version: 2 }), /version 2\. .* reads version 1/],
    [header({ Version: '1' }), /version \?/],
    [header({ ReadAt: 'yesterday' }), /first line .* damaged/],
    [header({ Connections: {} }), /first line .* damaged/],
    [header({ Lines: null }), /first line .* damaged/],
  ] as const) {
    assert.throws(() => read(text), { name: 'UserError', message: sentence });
  }
});

test('a file that is too large is refused before it is looked at', () => {
  assert.throws(() => readBaseline(new Uint8Array(largestFile + 1)), {
    name: 'UserError',
    message: /larger than 128 MB/,
  });
});

test('a baseline is read as editors and Git may leave it: with a byte order mark and Windows line ends', () => {
  const { snapshot, problems } = read(`\ufeff${textOf(full).replaceAll('\n', '\r\n')}\r\n`);
  assert.deepEqual(snapshot, snapshotOf(full));
  assert.deepEqual(problems, []);
});

test('wherever a file is cut off, no grant that was in it counts as new', () => {
  const bytes = writeBaseline(snapshotOf(full), tool);
  const headerEnd = bytes.indexOf(10);
  for (let length = headerEnd + 1; length < bytes.length - 1; length++) {
    const { snapshot, problems } = readBaseline(bytes.subarray(0, length));
    assert.ok(problems.length > 0, `Nothing is said of the first ${length} bytes.`);
    const { appeared, changed, gone } = compare(snapshot, snapshotOf(full));
    assert.deepEqual([appeared, changed, gone], [[], [], []]);
  }
});

test('whichever line is lost, damaged or there twice, no grant that was in it counts as new, and it is said', () => {
  const lines = sorted(textOf(full));
  for (let index = 1; index < lines.length; index++) {
    const line = lines[index] ?? '';
    for (const instead of [[], ['<<<<<<< HEAD'], [line.slice(0, -1)], [line, line], [`"${'x'.repeat(longestLine)}"`]]) {
      const { snapshot, problems } = read([...lines.slice(0, index), ...instead, ...lines.slice(index + 1)].join('\n'));
      const { appeared, changed, gone } = compare(snapshot, snapshotOf(full));
      assert.deepEqual([appeared, changed, gone], [[], [], []]);
      assert.ok(problems.length > 0, `${instead[0]?.slice(0, 40)} in place of ${line}`);
    }
  }
});

test('a value of another kind damages its own line alone', () => {
  const lines = sorted(textOf(full));
  const index = lines.length - 1;
  const line = JSON.parse(lines[index] ?? '');
  for (const changes of [
    { GrantId: 1 },
    { KeyId: null },
    { Name: {} },
    { Operations: 'Decrypt' },
    { Operations: [1] },
    { CreationDate: 'soon' },
    { CreationDate: 1 },
    { GranteePrincipal: 1 },
    { GranteePrincipal: 'a', GranteeServicePrincipal: 'b' },
    { Constraints: 'none' },
    { Constraints: { EncryptionContextEquals: { a: 1 } } },
    { Connection: 7 },
    { Connection: '0' },
  ]) {
    const { snapshot, problems } = read([...lines.slice(0, index), JSON.stringify({ ...line, ...changes })].join('\n'));
    assert.match(
      problems.join(' '),
      /^Lines of the baseline that can't be read, and are left out: 1\. /,
      JSON.stringify(changes),
    );
    const key = snapshot.keys.at(-1);
    assert.deepEqual([key?.isComplete, key?.grants.map(({ grantId }) => grantId)], [false, ['g1']]);
  }
});
