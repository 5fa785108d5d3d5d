import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { isPrintable } from '../../../../src/core/base/text.ts';
import { changesOf } from '../../../../src/core/baseline/changes.ts';
import { compare } from '../../../../src/core/baseline/compare.ts';
import { readBaseline } from '../../../../src/core/baseline/readBaseline.ts';
import { report } from '../../../../src/core/baseline/report.ts';
import { snapshotOf } from '../../../../src/core/baseline/snapshot.ts';
import { writeBaseline } from '../../../../src/core/baseline/writeBaseline.ts';
import { defaultFindingOptions } from '../../../../src/core/findings/finding.ts';
import { type HeldGrant, heldGrants } from '../../../../src/core/findings/grantGroups.ts';
import type { ScanResult } from '../../../../src/core/findings/scan.ts';
import { tableFormats } from '../../../../src/core/findings/tableFormat.ts';
import type { ConnectionRef, Grant, PrincipalRef } from '../../../../src/core/kms/model.ts';
import { isUserError } from '../../../../src/core/words/userError.ts';
import { hostileText, property } from '../../hostile.ts';
import { kmsError } from '../fakes.ts';
import { connectionOf, search } from './searches.ts';

const plainObjects = { noNullPrototype: true } as const;

const principal: fc.Arbitrary<PrincipalRef | undefined> = fc.option(
  fc.record(
    { kind: fc.constantFrom('principal' as const, 'servicePrincipal' as const), value: hostileText },
    plainObjects,
  ),
  { nil: undefined },
);
const context = fc.option(fc.dictionary(hostileText, hostileText, { maxKeys: 3, noNullPrototype: true }), {
  nil: undefined,
});
const optional = fc.option(hostileText, { nil: undefined });

const hostileGrant: fc.Arbitrary<Grant> = fc.record({
  grantId: hostileText,
  keyArn: hostileText,
  name: optional,
  creationDate: fc.option(fc.date({ noInvalidDate: true }), { nil: undefined }),
  granteePrincipal: principal,
  retiringPrincipal: principal,
  issuingAccount: optional,
  operations: fc.array(hostileText, { maxLength: 3 }),
  constraints: fc.record({ encryptionContextEquals: context, encryptionContextSubset: context, sourceArn: optional }),
});

const ref: fc.Arbitrary<ConnectionRef> = fc.oneof(
  fc.constant<ConnectionRef>({ kind: 'sample' }),
  fc.constant<ConnectionRef>({ kind: 'environment', region: 'eu-west-1' }),
  hostileText.map((profile): ConnectionRef => ({ kind: 'profile', profile, region: 'eu-west-1' })),
);

const hostileSearch: fc.Arbitrary<ScanResult> = fc
  .record({
    refs: fc.uniqueArray(ref, { minLength: 1, maxLength: 3, selector: (one) => JSON.stringify(one) }),
    keys: fc.array(
      fc.record({
        place: fc.nat(2),
        arn: hostileText,
        aliases: fc.array(hostileText, { maxLength: 2 }),
        grants: fc.array(hostileGrant, { maxLength: 4 }),
        isComplete: fc.boolean(),
      }),
      { maxLength: 4 },
    ),
    unread: fc.array(hostileText, { maxLength: 2 }),
    account: optional,
    wasCancelled: fc.boolean(),
  })
  .map(({ refs, keys, unread, account, wasCancelled }) => {
    const connections = refs.map((one) => connectionOf(one));
    const [first = connectionOf()] = connections;
    return search(
      keys.map(({ place, arn, aliases, grants, isComplete }) => ({
        connection: connections[place] ?? first,
        key: { keyId: 'k', arn, aliases },
        metadata: undefined,
        grants,
        isComplete,
      })),
      {
        searched: connections.map((connection) => ({ connection, account })),
        unreadable: unread.map((message) => ({
          ref: first.ref,
          region: 'eu-west-1',
          key: { keyId: message, arn: message, aliases: [] },
          error: kmsError('unknown', { message }),
        })),
        wasCancelled,
      },
    );
  });

test('whatever AWS answers is written, read back as it was, and equal to itself', () => {
  property([hostileSearch], (result) => {
    const snapshot = snapshotOf(result);
    const read = readBaseline(writeBaseline(snapshot, 'test'));
    assert.deepEqual(read.problems, []);
    assert.deepEqual(read.snapshot, snapshot);
    const { appeared, gone, changed, unchanged } = compare(read.snapshot, snapshot);
    const grants = snapshot.keys.reduce((sum, key) => sum + key.grants.length, 0);
    assert.deepEqual([appeared, gone, changed, unchanged], [[], [], [], grants]);
  });
});

test('every grant of either side is counted once, and none is gone or new where a side was not read to its end', () => {
  property([hostileSearch, hostileSearch], (before, now) => {
    const [left, right] = [snapshotOf(before), snapshotOf(now)];
    const { appeared, gone, changed, unchanged, gaps } = compare(left, right);
    const notCompared = gaps.reduce((sum, gap) => sum + ('grants' in gap ? gap.grants : 0), 0);
    const count = ({ keys }: typeof left) => keys.reduce((sum, key) => sum + key.grants.length, 0);
    assert.equal(
      count(left) + count(right),
      appeared.length + gone.length + 2 * (changed.length + unchanged) + notCompared,
    );
    const complete = ({ keys }: typeof left) => new Set(keys.filter((key) => key.isComplete).map(({ arn }) => arn));
    assert.ok(gone.every(({ key }) => complete(right).has(key.arn)));
    assert.ok(appeared.every(({ key }) => complete(left).has(key.arn)));
  });
});

test('each grant of a search is in one group of changes, each gone one besides, and no text of the file is markup of a row', () => {
  property([hostileSearch, hostileSearch, hostileText], (before, now, file) => {
    const { snapshot, problems } = readBaseline(writeBaseline(snapshotOf(before), 'test'));
    const comparison = compare(snapshot, snapshotOf(now));
    const held = heldGrants(now.keys, defaultFindingOptions, 0, () => false);
    const changes = changesOf({ comparison, file, problems }, now, () => () => undefined);
    const groups = changes.groups(held, (gone) => gone);
    const isGone = ({ change }: HeldGrant) => change?.kind === 'gone';
    const live = groups.flatMap(({ grants }) => grants.filter((one) => !isGone(one)));
    assert.equal(live.length, held.length);
    const gone = groups.flatMap(({ grants }) => grants.filter(isGone));
    assert.deepEqual(
      gone.map(({ grant }) => grant.grantId),
      comparison.gone.map(({ grant }) => grant.grantId),
    );
    for (const text of [...changes.notes, ...groups.flatMap(({ notes = [] }) => notes)].flatMap((one) => [
      one.title,
      one.sentence,
    ])) {
      assert.ok(isPrintable(text), text);
    }
  });
});

test('any bytes are read or refused with a sentence', () => {
  const header = JSON.stringify({
    Format: 'kms-grants-baseline',
    Version: 1,
    ReadAt: '2026-11-24T10:00:00.000Z',
    Connections: [{ Kind: 'sample', Region: 'eu-west-1', Endpoint: 'sample' }],
    Lines: {},
  });
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.array(fc.oneof(fc.json(), hostileText), { maxLength: 6 }).map((lines) => {
      return new TextEncoder().encode([header, ...lines].join('\n'));
    }),
    fc.uint8Array({ maxLength: 200 }).map((rest) => Buffer.concat([Buffer.from(`${header}\n`), rest])),
  );
  property([bytes], (input) => {
    try {
      assert.ok(readBaseline(input).problems.length > 0);
    } catch (error) {
      assert.ok(isUserError(error) && error.message.length < 300, String(error));
    }
  });
});

test('a report is text in every format, whatever the file and AWS say', () => {
  property(
    [hostileSearch, hostileSearch, hostileText],
    (before, now, file) => {
      const { snapshot, problems } = readBaseline(writeBaseline(snapshotOf(before), 'test'));
      const source = { comparison: compare(snapshot, snapshotOf(now)), file, problems };
      for (const format of tableFormats) {
        const text = report(source, format);
        if (format === 'csv') {
          continue;
        }
        assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\u202e\u200b]/u);
        assert.ok(text.isWellFormed());
      }
      const markdown = report(source, 'md');
      // Every character that could make a link, a tag or code is escaped.
      assert.doesNotMatch(markdown.replaceAll(/\\./gs, ''), /[<>[\]`!]|command:/);
      for (const line of report(source, 'jsonl').trimEnd().split('\n')) {
        JSON.parse(line);
      }
    },
    100,
  );
});
