import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Answer } from '../../../../src/core/evidence/answer.ts';
import type { GrantEvidence } from '../../../../src/core/evidence/evidence.ts';
import type { Holder } from '../../../../src/core/evidence/holder.ts';
import {
  defaultFindingOptions,
  type FindingKind,
  type FindingOptions,
  findingKinds,
} from '../../../../src/core/findings/finding.ts';
import { type FindingContext, findingsOf, findingsOfKey } from '../../../../src/core/findings/findings.ts';
import { KmsError } from '../../../../src/core/kms/errors.ts';
import type { IamRole } from '../../../../src/core/kms/evidenceApi.ts';
import type { Grant, KeyLastUsage } from '../../../../src/core/kms/model.ts';
import { grantee } from '../../../../src/core/kms/principal.ts';
import { grant, key, keyArnOf, metadata } from '../fakes.ts';

const account = '111122223333';
const day = 24 * 60 * 60_000;
const at = Date.UTC(2026, 10, 24);
const ago = (days: number, ms = 0) => new Date(at - days * day - ms);

const nothing: GrantEvidence = { creator: undefined, keyLastUsed: undefined, holder: undefined, remains: undefined };
const ofHolder = (value: Holder): GrantEvidence => ({ ...nothing, holder: { kind: 'known', value, at } });
const ofUsage = (fields: Partial<KeyLastUsage>): GrantEvidence => ({
  ...nothing,
  keyLastUsed: {
    kind: 'known',
    value: { last: undefined, trackingStartDate: undefined, keyCreationDate: undefined, ...fields },
    at,
  },
});

const roleArn = `arn:aws:iam::${account}:role/app/Reader`;
const role = (fields: Partial<IamRole> = {}): Holder => ({
  kind: 'role',
  role: { id: 'AROAREADER', arn: roleArn, name: 'Reader', created: ago(1000), lastUsed: undefined, ...fields },
});
const used = (date: Date) => ({ at: date, region: 'eu-west-1' });
const last = (timestamp: Date) => ({ operation: 'Decrypt', timestamp, cloudTrailEventId: undefined });

const grantTo = (value: string): Grant =>
  grant('g', {
    creationDate: ago(200),
    granteePrincipal: { kind: 'principal', value },
    retiringPrincipal: { kind: 'principal', value: `arn:aws:iam::${account}:role/adminRole` },
    constraints: {
      encryptionContextEquals: undefined,
      encryptionContextSubset: { Department: 'IT' },
      sourceArn: undefined,
    },
  });
const byName = grantTo(roleArn);
const byId = grantTo('AROADBQP57FF2AEXAMPLE');
const noSuchId: Holder = { kind: 'noSuchId', what: 'role', id: 'AROADBQP57FF2AEXAMPLE', account, successor: undefined };
const successor = { id: 'AROANEW', arn: roleArn, name: 'Reader', created: ago(100) };

const context = (evidence: GrantEvidence | undefined, options: Partial<FindingOptions> = {}): FindingContext => ({
  options: { ...defaultFindingOptions, ...options },
  key: key('k1', 'alias/orders'),
  metadata: metadata(keyArnOf('k1')),
  now: at,
  evidenceOf: () => evidence,
});

interface Row {
  readonly what: string;
  readonly grant?: Grant;
  readonly evidence: GrantEvidence;
  readonly kinds: readonly FindingKind[];
  /** Of the first. */
  readonly reason?: RegExp;
}

const table: readonly Row[] = [
  { what: 'nothing loaded', evidence: nothing, kinds: [] },
  {
    what: 'no use of the key since tracking began more than 90 days ago',
    evidence: ofUsage({ trackingStartDate: ago(90, 1), keyCreationDate: ago(900) }),
    kinds: ['keyNotUsed'],
    reason: /^No use of the key recorded since 2026-08-2\d\. Counts successful cryptographic operations/,
  },
  {
    what: 'no use of the key since tracking began 90 days ago',
    evidence: ofUsage({ trackingStartDate: ago(90) }),
    kinds: [],
  },
  {
    what: 'no use of a key that was created within the 90 days',
    evidence: ofUsage({ trackingStartDate: ago(200), keyCreationDate: ago(90) }),
    kinds: [],
  },
  { what: 'no use of the key, and no start of tracking', evidence: ofUsage({ keyCreationDate: ago(900) }), kinds: [] },
  {
    what: 'a last use of the key more than 90 days ago',
    evidence: ofUsage({ last: last(ago(90, 1)), trackingStartDate: ago(900) }),
    kinds: ['keyNotUsed'],
    reason: /since 2026-08-2\d, the day of its last use\. Counts/,
  },
  { what: 'a last use of the key 90 days ago', evidence: ofUsage({ last: last(ago(90)) }), kinds: [] },
  {
    what: 'a role without a use that is older than what IAM keeps',
    evidence: ofHolder(role({ created: ago(400, 1) })),
    kinds: ['roleNotUsed'],
    reason: /^IAM recorded no use of the role\. IAM looks back about 400 days, in some Regions less\.$/,
  },
  { what: 'a role without a use of 400 days', evidence: ofHolder(role({ created: ago(400) })), kinds: [] },
  { what: 'a role without a use and a date', evidence: ofHolder(role({ created: undefined })), kinds: [] },
  {
    what: 'a last use of the role more than 400 days ago',
    evidence: ofHolder(role({ lastUsed: used(ago(400, 1)) })),
    kinds: ['roleNotUsed'],
    reason: /^IAM recorded no use of the role since 2025-10-\d\d\. /,
  },
  { what: 'a last use of the role 400 days ago', evidence: ofHolder(role({ lastUsed: used(ago(400)) })), kinds: [] },
  {
    what: 'a role that is younger than the grant',
    evidence: ofHolder(role({ created: ago(199), lastUsed: undefined })),
    kinds: ['granteeRecreated'],
    reason: /^arn:aws:iam::111122223333:role\/app\/Reader was created 2026-05-\d\d, after the grant\. A grant is bound/,
  },
  { what: 'a role as old as the grant', evidence: ofHolder(role({ created: ago(200) })), kinds: [] },
  {
    what: 'a user that is younger than the grant',
    evidence: ofHolder({ kind: 'user', user: successor }),
    kinds: ['granteeRecreated'],
  },
  {
    what: 'a name that IAM does not have',
    evidence: ofHolder({ kind: 'noSuchName', what: 'role', name: 'Reader', account }),
    kinds: ['noSuchGrantee'],
    reason: /^Account 111122223333 has no role Reader\.$/,
  },
  { what: 'an ID of which nothing was loaded', grant: byId, evidence: nothing, kinds: ['possiblyOrphaned'] },
  {
    what: 'an ID that no role has',
    grant: byId,
    evidence: ofHolder(noSuchId),
    kinds: ['noSuchGrantee'],
    reason: /^No role of account 111122223333 has the ID AROADBQP57FF2AEXAMPLE\.$/,
  },
  {
    what: 'an ID that no role has, whose name another role has now',
    grant: byId,
    evidence: ofHolder({ ...noSuchId, successor }),
    kinds: ['noSuchGrantee', 'granteeRecreated'],
  },
  {
    what: 'an ID that KMS has not resolved yet',
    grant: byId,
    evidence: ofHolder({ kind: 'sameId', principal: successor }),
    kinds: ['possiblyOrphaned'],
    reason: /The ID is that of arn:aws:iam::111122223333:role\/app\/Reader\.$/,
  },
  {
    what: 'an account to which no connection leads',
    grant: byId,
    evidence: ofHolder({ kind: 'otherAccount', account }),
    kinds: ['possiblyOrphaned'],
  },
  {
    what: 'a principal that IAM does not list',
    evidence: ofHolder({ kind: 'notInIam', principal: grantee(byName) }),
    kinds: [],
  },
];

for (const { what, grant: one = byName, evidence, kinds, reason } of table) {
  test(`${what}: ${kinds.join(' and ') || 'nothing to say'}`, () => {
    const found = findingsOf(one, context(evidence));
    assert.deepEqual(
      found.map(({ kind }) => kind),
      kinds,
    );
    assert.deepEqual(findingsOfKey([one], context(evidence)).of('g'), found);
    if (reason !== undefined) {
      assert.match(found[0]?.reason ?? '', reason);
    }
    for (const { title, reason, effect } of found) {
      assert.match(title, /^[A-Z]/);
      assert.match(reason, /\.$/);
      assert.doesNotMatch(`${title} ${reason}`, /\bunused\b|never/i);
      assert.match(effect, /\.$/);
    }
    for (const kind of kinds) {
      const off = new Set([kind]);
      assert.ok(!findingsOf(one, context(evidence, { off })).some((finding) => finding.kind === kind));
    }
  });
}

test('where the finding on an ID that IAM does not have is off, KMS still has its own', () => {
  const off = new Set(['noSuchGrantee'] as const);
  const [finding] = findingsOf(byId, context(ofHolder(noSuchId), { off }));
  assert.equal(finding?.kind, 'possiblyOrphaned');
});

test('the days without a use are those of the settings, up to when AWS answered', () => {
  const evidence = ofUsage({ last: last(ago(30, 1)) });
  assert.deepEqual(findingsOf(byName, context(evidence)), []);
  const [finding] = findingsOf(byName, context(evidence, { keyUnusedDays: 30 }));
  assert.equal(finding?.kind, 'keyNotUsed');
  // An answer of long ago says nothing of the time since.
  assert.deepEqual(findingsOf(byName, { ...context(evidence), now: at + 100 * day }), []);
});

test('what is not known is no finding', () => {
  const error = new KmsError({ kind: 'throttled', operation: 'GetRole', awsName: 'Throttling', message: '' });
  const answers: readonly Answer<never>[] = [
    { kind: 'denied', permission: 'iam:GetRole', error },
    { kind: 'notSupported' },
    { kind: 'failed', error },
  ];
  for (const answer of answers) {
    assert.deepEqual(findingsOf(byName, context({ ...nothing, holder: answer, keyLastUsed: answer })), []);
  }
});

test('a grant of an AWS service keeps its own words, whatever was loaded', () => {
  const evidence = {
    ...ofHolder(noSuchId),
    keyLastUsed: ofUsage({ trackingStartDate: ago(900) }).keyLastUsed,
  };
  const ofService = {
    ...byId,
    constraints: { ...byId.constraints, encryptionContextSubset: { 'aws:ebs:id': 'vol-1' } },
  };
  assert.deepEqual(findingsOf(ofService, context(evidence)), findingsOf(ofService, context(undefined)));
  const ofAws = { ...context(evidence), key: key('k1', 'alias/aws/ebs') };
  assert.deepEqual(findingsOf(byId, ofAws), findingsOf(byId, { ...ofAws, evidenceOf: () => undefined }));
});

test('evidence adds findings, and takes none away but the possible orphan that it settles', () => {
  const days = fc.integer({ min: 0, max: 1200 }).map((count) => ago(count));
  const date = fc.option(days, { nil: undefined });
  const principal = fc.record({ id: fc.string(), arn: fc.string(), name: fc.string(), created: date });
  const what = fc.constantFrom('role' as const, 'user' as const);
  const lastUsed = fc.option(days.map(used), { nil: undefined });
  const holders: fc.Arbitrary<Holder> = fc.oneof(
    fc.tuple(principal, lastUsed).map(([one, use]): Holder => ({ kind: 'role', role: { ...one, lastUsed: use } })),
    principal.map((user): Holder => ({ kind: 'user', user })),
    what.map((one): Holder => ({ kind: 'noSuchName', what: one, name: 'Reader', account })),
    fc
      .tuple(what, fc.option(principal, { nil: undefined }))
      .map(([one, next]): Holder => ({ kind: 'noSuchId', what: one, id: 'AROA', account, successor: next })),
    principal.map((one): Holder => ({ kind: 'sameId', principal: one })),
    fc.constant<Holder>({ kind: 'otherAccount', account }),
  );
  const usages = fc.record({
    last: fc.option(days.map(last), { nil: undefined }),
    trackingStartDate: date,
    keyCreationDate: date,
  });
  const off = fc.subarray([...findingKinds]).map((kinds) => new Set(kinds));
  const grants = fc
    .tuple(
      fc.constantFrom(roleArn, 'AROADBQP57FF2AEXAMPLE', 'AIDAJQABLZS4A3QDU576Q', 'AWS Internal', 'rds.amazonaws.com'),
      date,
      fc.subarray(['Decrypt', 'CreateGrant', 'RetireGrant']),
    )
    .map(([value, creationDate, operations]) => ({ ...grantTo(value), creationDate, operations }));
  fc.assert(
    fc.property(grants, holders, usages, off, (one, holder, usage, kinds) => {
      const evidence = { ...ofHolder(holder), keyLastUsed: ofUsage(usage).keyLastUsed };
      const without = findingsOf(one, context(undefined, { off: kinds })).map(({ kind }) => kind);
      const found = findingsOf(one, context(evidence, { off: kinds })).map(({ kind }) => kind);
      const settled = found.includes('noSuchGrantee') ? ['possiblyOrphaned'] : [];
      assert.deepEqual(
        without.filter((kind) => !found.includes(kind) && !settled.includes(kind)),
        [],
      );
      assert.ok(found.every((kind) => !kinds.has(kind)));
      assert.equal(new Set(found).size, found.length);
      assert.deepEqual(
        found.toSorted((left, right) => findingKinds.indexOf(left) - findingKinds.indexOf(right)),
        found,
      );
    }),
  );
});

test('the evidence on each grant is read equally often, however many there are', () => {
  const reads = (count: number) => {
    let read = 0;
    const grants = Array.from({ length: count }, (_, index) => ({
      ...byName,
      grantId: `g${index}`,
      name: `n${index}`,
    }));
    const evidenceOf = () => {
      read += 1;
      return {
        ...ofHolder(role()),
        get remains(): never {
          throw new Error('What remains takes a look at all grants of the key.');
        },
      };
    };
    const found = findingsOfKey(grants, { ...context(undefined), evidenceOf });
    assert.equal(found.of('g0')[0]?.kind, 'roleNotUsed');
    return read / count;
  };
  assert.deepEqual([reads(10), reads(1000)], [1, 1]);
});
