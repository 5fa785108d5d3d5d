import assert from 'node:assert/strict';
import test from 'node:test';
import type { Creator } from '../../../../src/core/evidence/creator.ts';
import type { GrantEvidence } from '../../../../src/core/evidence/evidence.ts';
import { type Arrangement, groupings, sortings } from '../../../../src/core/findings/arrangement.ts';
import { defaultFindingOptions } from '../../../../src/core/findings/finding.ts';
import {
  filterGrants,
  groupGrants,
  type HeldGrant,
  heldGrants,
  sortGrants,
} from '../../../../src/core/findings/grantGroups.ts';
import type { ScannedKey } from '../../../../src/core/findings/scan.ts';
import type { Connection, ConnectionRef, Grant } from '../../../../src/core/kms/model.ts';
import { textFilter } from '../../../../src/core/words/filter.ts';
import { answered, madeBy, noEvidence, usage } from '../evidence/knownEvidence.ts';
import { FakeKms, grant, key, keyArnOf, kmsError, metadata, openSession } from '../fakes.ts';

const now = Date.UTC(2026, 10, 24);
const day = 24 * 60 * 60_000;
const dev = openSession(new FakeKms()).connection;
const prodRef: ConnectionRef = { kind: 'profile', profile: 'prod', region: 'eu-west-1' };
const prod = openSession(new FakeKms(), prodRef).connection;

const to = (value: string, days = 1): Partial<Grant> => ({
  granteePrincipal: { kind: 'principal', value },
  creationDate: new Date(now - days * day),
});
const role = (name: string) => `arn:aws:iam::111122223333:role/${name}`;

function scanned(keyId: string, grants: readonly Grant[], connection: Connection = dev): ScannedKey {
  const keyArn = keyArnOf(keyId);
  return {
    connection,
    key: key(keyId, `alias/${keyId}`),
    metadata: metadata(keyArn),
    grants: grants.map((one) => ({ ...one, keyArn })),
    isComplete: true,
  };
}

const held = (...keys: readonly ScannedKey[]) => heldGrants(keys, defaultFindingOptions, now, () => false);

function groups(keys: readonly ScannedKey[], changes: Partial<Arrangement> = {}) {
  const arrangement: Arrangement = { grouping: 'principal', sorting: 'name', ...changes };
  const all = groupGrants(sortGrants(held(...keys), arrangement.sorting), arrangement);
  return all.map(({ title, grants }) => [title, grants.map(({ grant: { grantId } }) => grantId)]);
}

test('by principal, whoever holds grants on several keys is one group; possible orphans come first, services last', () => {
  const keys = [
    scanned('k1', [
      grant('a', to(role('Reader'))),
      grant('b', to('rds.amazonaws.com')),
      grant('c', to('AROAEXAMPLE3STRINGS2X')),
    ]),
    scanned('k2', [grant('d', to(role('Reader'))), grant('e', to(role('zoo')))]),
  ];
  assert.deepEqual(groups(keys), [
    ['AROAEXAMPLE3STRINGS2X', ['c']],
    ['Reader', ['a', 'd']],
    ['zoo', ['e']],
    ['rds.amazonaws.com', ['b']],
  ]);
});

test('two roles of the same name are two groups, distinguished by their account', () => {
  const other = role('Reader').replace('111122223333', '444455556666');
  const all = groupGrants(held(scanned('k1', [grant('a', to(role('Reader'))), grant('b', to(other))])), {
    grouping: 'principal',
    sorting: 'name',
  });
  assert.deepEqual(
    all.map(({ title, detail }) => [title, detail]),
    [
      ['Reader', 'IAM role · 111122223333'],
      ['Reader', 'IAM role · 444455556666'],
    ],
  );
});

test('by finding, a grant is in the group of each of its findings, the gravest first', () => {
  const bound = {
    retiringPrincipal: { kind: 'principal', value: role('Janitor') },
    operations: ['Encrypt'],
  } as const;
  const keys = [
    scanned('k1', [
      grant('old', { ...to(role('Reader'), 900), ...bound }),
      grant('orphan', { ...to('AIDAEXAMPLE3STRINGS2X', 900), ...bound }),
      grant('clean', { ...to(role('Reader')), ...bound, name: 'clean' }),
    ]),
  ];
  assert.deepEqual(groups(keys, { grouping: 'finding' }), [
    ['Possibly orphaned', ['orphan']],
    ['Old grant', ['orphan', 'old']],
    ['No findings', ['clean']],
  ]);
});

test('by operation, a grant is in the group of each of its operations, once', () => {
  const keys = [
    scanned('k1', [
      grant('a', { operations: ['Encrypt', 'Decrypt', 'Decrypt'] }),
      grant('b', { operations: ['Sign'] }),
    ]),
  ];
  assert.deepEqual(groups(keys, { grouping: 'operation' }), [
    ['Decrypt', ['a']],
    ['Encrypt', ['a']],
    ['Sign', ['b']],
  ]);
});

test('by key, the same key of two connections is two groups, and keys without grants are none', () => {
  const keys = [scanned('k1', [grant('a')]), scanned('k1', [grant('b')], prod), scanned('k2', [])];
  assert.deepEqual(groups(keys, { grouping: 'key' }), [
    ['k1', ['a']],
    ['k1', ['b']],
  ]);
});

test('by age, the oldest grant comes first, in its group and with its group; one of no known age comes last', () => {
  const keys = [
    scanned('k1', [
      grant('young', to(role('A'), 1)),
      grant('ageless', { ...to(role('A')), creationDate: undefined }),
      grant('older', to(role('A'), 5)),
      grant('oldest', to(role('B'), 9)),
    ]),
  ];
  assert.deepEqual(groups(keys, { sorting: 'age' }), [
    ['B', ['oldest']],
    ['A', ['older', 'young', 'ageless']],
  ]);
});

test('by count, the group with the most grants comes first, and those of equal size go by name', () => {
  const keys = [
    scanned('k1', [
      grant('a', to(role('C'))),
      grant('b', to(role('B'))),
      grant('c', to(role('A'))),
      grant('d', to(role('C'))),
    ]),
  ];
  assert.deepEqual(
    groups(keys, { sorting: 'count' }).map(([title]) => title),
    ['C', 'A', 'B'],
  );
});

/** Each grant by what was loaded about it. */
function arranged(evidence: Readonly<Record<string, Partial<GrantEvidence>>>, arrangement: Arrangement) {
  const keys = [
    scanned(
      'k1',
      Object.keys(evidence).map((grantId) => grant(grantId)),
    ),
  ];
  const evidenceOf = () => (one: Grant) => ({ ...noEvidence, ...evidence[one.grantId] });
  const all = heldGrants(keys, defaultFindingOptions, now, () => false, evidenceOf);
  return groupGrants(sortGrants(all, arrangement.sorting), arrangement);
}

test('by creator: who made it first, by role where sessions have names of their own, then each reason that it is unknown', () => {
  const error = kmsError('throttled');
  const session = (role: string, name: string) => {
    return { creator: answered(madeBy({ arn: `arn:aws:sts::111122223333:assumed-role/${role}/${name}` })) };
  };
  const admin = 'AWSReservedSSO_Admin_0123456789abcdef';
  const alice = 'arn:aws:iam::111122223333:user/Alice';
  const all = arranged(
    {
      a: session('Deploy', 'build-1'),
      b: session('Deploy', 'build-2'),
      c: session(admin, 'ana@example.com'),
      d: session(admin, 'ben@example.com'),
      e: { creator: answered(madeBy({ arn: alice })) },
      f: { creator: answered(madeBy({ arn: alice, invokedBy: 'AWS Internal' })) },
      g: { creator: answered(madeBy({ invokedBy: 'rds.amazonaws.com' })) },
      h: { creator: answered<Creator>({ kind: 'tooOld' }) },
      i: { creator: { kind: 'denied', permission: 'cloudtrail:LookupEvents', error } },
      j: { creator: { kind: 'failed', error } },
      k: { creator: { kind: 'notSupported' } },
      l: {},
      m: { creator: answered<Creator>({ kind: 'noDate' }) },
      n: { creator: answered(madeBy({ account: '444455556666' })) },
      o: { creator: answered(madeBy({})) },
      p: { creator: answered(madeBy({ arn: 'arn:aws:iam::111122223333:root' })) },
    },
    { grouping: 'creator', sorting: 'name' },
  );
  assert.deepEqual(
    all.map(({ title, detail, grants }) => [title, detail, grants.map((held) => held.grant.grantId).join('')]),
    [
      ['A principal of account 444455556666', '', 'n'],
      ["A principal that the event doesn't name", '', 'o'],
      ['AWSReservedSSO_Admin_0123456789abcdef/ana@example.com', 'assumed-role session · 111122223333', 'c'],
      ['AWSReservedSSO_Admin_0123456789abcdef/ben@example.com', 'assumed-role session · 111122223333', 'd'],
      ['Alice', 'IAM user · 111122223333', 'e'],
      ['Alice, through AWS Internal', 'IAM user · 111122223333', 'f'],
      ['Deploy', 'IAM role · 111122223333', 'ab'],
      ['account 111122223333', 'root user · 111122223333', 'p'],
      ['rds.amazonaws.com', 'AWS service', 'g'],
      ['Older than the 90 days of CloudTrail', '', 'h'],
      ['No creation date to search by', '', 'm'],
      ['Not allowed: cloudtrail:LookupEvents', '', 'i'],
      ['No CloudTrail event history at this endpoint', '', 'k'],
      ['Creator unknown: the CloudTrail request failed', '', 'j'],
      ['Creator not loaded', '', 'l'],
    ],
  );
});

test('a grant whose evidence is being read stays in the groups of before, too, once in each', () => {
  const [one, other] = held(scanned('k1', [grant('a', to('AROAEXAMPLE3STRINGS2X')), grant('b', to('AROAOTHER'))]));
  assert.ok(one !== undefined && other !== undefined);
  const settled = { ...one, findings: one.findings.map((found) => ({ ...found, kind: 'noSuchGrantee' as const })) };
  const titles = (held: readonly HeldGrant[]) =>
    groupGrants(held, { grouping: 'finding', sorting: 'name' }).map(({ title, grants }) => [
      title,
      grants.map(({ grant: { grantId } }) => grantId).join(''),
    ]);
  const others = titles([other]).filter(([title]) => title !== 'Possibly orphaned');
  assert.deepEqual(titles([settled, other]), [['Not found in IAM', 'a'], ['Possibly orphaned', 'b'], ...others]);
  assert.deepEqual(titles([{ ...settled, before: one }, other]).slice(0, 2), [
    ['Not found in IAM', 'a'],
    ['Possibly orphaned', 'ab'],
  ]);
  const grants = groupGrants([{ ...settled, before: one }], { grouping: 'key', sorting: 'name' });
  assert.deepEqual(
    grants.map((group) => group.grants.length),
    [1],
  );
});

test('by last use: the longest without a recorded use of the key first, what is not known last', () => {
  const ago = (days: number) => new Date(now - days * day);
  const last = (days: number) => ({ operation: 'Decrypt', timestamp: ago(days), cloudTrailEventId: undefined });
  const arrangement = { grouping: 'operation', sorting: 'lastUse' } as const;
  const [group] = arranged(
    {
      a: {},
      b: { keyLastUsed: answered(usage({ last: last(1) })) },
      c: { keyLastUsed: answered(usage({ trackingStartDate: ago(60), keyCreationDate: ago(900) })) },
      d: { keyLastUsed: answered(usage({ last: last(100) })) },
      e: { keyLastUsed: { kind: 'notSupported' } },
      f: { keyLastUsed: answered(usage({ trackingStartDate: ago(60), keyCreationDate: ago(30) })) },
    },
    arrangement,
  );
  assert.equal(group?.grants.map(({ grant: { grantId } }) => grantId).join(''), 'dcfbae');
  const keys = ['old', 'none', 'new'].map((id) => scanned(id, [grant(id)]));
  const evidenceOf =
    ({ key: { keyId } }: ScannedKey) =>
    () => ({
      ...noEvidence,
      keyLastUsed: keyId === 'none' ? undefined : answered(usage({ last: last(keyId === 'old' ? 9 : 1) })),
    });
  const all = sortGrants(
    heldGrants(keys, defaultFindingOptions, now, () => false, evidenceOf),
    'lastUse',
  );
  assert.deepEqual(
    groupGrants(all, { grouping: 'key', sorting: 'lastUse' }).map(({ title }) => title),
    ['old', 'new', 'none'],
  );
});

test('every group of every arrangement has an ID of its own', () => {
  const keys = [scanned('k1', [grant('a'), grant('b', to('rds.amazonaws.com'))]), scanned('k1', [grant('c')], prod)];
  const ids = groupings.flatMap((grouping) =>
    groupGrants(held(...keys), { grouping, sorting: 'name' }).map(({ id }) => id),
  );
  assert.ok(ids.length > 6);
  assert.equal(new Set(ids).size, ids.length);
});

test('every order gives the same rows for the same grants, however they come', () => {
  const grants = Array.from({ length: 9 }, (_, index) => grant(`g${index}`, to(role(`R${index % 3}`), index % 2)));
  for (const sorting of sortings) {
    assert.deepEqual(
      groups([scanned('k1', grants)], { sorting }),
      groups([scanned('k1', grants.toReversed())], { sorting }),
    );
  }
});

test('a filter finds a grant by its connection, service and findings too', () => {
  const all = held(
    scanned('k1', [grant('a', to('rds.amazonaws.com'))]),
    scanned('k2', [grant('b', to('AROAEXAMPLE3STRINGS2X'))], prod),
  );
  const found = (text: string) => filterGrants(all, textFilter(text)).map(({ grant: { grantId } }) => grantId);
  assert.deepEqual(found('amazon rds'), ['a']);
  assert.deepEqual(found('prod'), ['b']);
  assert.deepEqual(found('orphaned'), ['b']);
  assert.deepEqual(found('orphaned rds'), []);
  assert.deepEqual(found(''), ['a', 'b']);
});

test('a grant that is being revoked is shown without findings, and no other is a duplicate of it', () => {
  const keys = [scanned('k1', [grant('older', to(role('R'), 2)), grant('newer', to(role('R'), 1))])];
  const kinds = (isEnding: (grant: Grant) => boolean) =>
    heldGrants(keys, defaultFindingOptions, now, (_, one) => isEnding(one)).map(({ findings }) =>
      findings.map(({ kind }) => kind).includes('duplicate'),
    );
  assert.deepEqual(
    kinds(() => false),
    [true, false],
  );
  assert.deepEqual(
    kinds(({ grantId }) => grantId === 'newer'),
    [false, false],
  );
});

test('a keypress computes no text again, and sorts no grants', () => {
  const grants = Array.from({ length: 500 }, (_, index) => grant(`g${index}`, to(role(`R${index % 7}`))));
  const all = sortGrants(held(scanned('k1', grants)), 'name');
  const { normalize } = String.prototype;
  const { toSorted } = Array.prototype;
  const work = { texts: 0, sorts: 0 };
  String.prototype.normalize = function (form?: string) {
    work.texts += 1;
    return normalize.call(this, form);
  };
  Array.prototype.toSorted = function (this: unknown[], compare) {
    work.sorts += 1;
    return toSorted.call(this, compare);
  };
  try {
    const press = (text: string) => {
      Object.assign(work, { texts: 0, sorts: 0 });
      const shown = filterGrants(all, textFilter(text));
      return [groupGrants(shown, { grouping: 'principal', sorting: 'name' }).length, work.texts, work.sorts];
    };
    const [, texts = 0] = press('r');
    assert.ok(texts > 500);
    assert.deepEqual(press('role/r'), [7, 1, 0]);
    assert.deepEqual(press('role/r3'), [1, 1, 0]);
  } finally {
    String.prototype.normalize = normalize;
    Array.prototype.toSorted = toSorted;
  }
});
