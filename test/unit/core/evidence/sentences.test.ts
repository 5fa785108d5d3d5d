import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { isPrintable } from '../../../../src/core/base/text.ts';
import { type Answer, known } from '../../../../src/core/evidence/answer.ts';
import type { Creator } from '../../../../src/core/evidence/creator.ts';
import type { GrantEvidence } from '../../../../src/core/evidence/evidence.ts';
import { evidenceSummary } from '../../../../src/core/evidence/evidenceSummary.ts';
import { evidenceLines } from '../../../../src/core/evidence/evidenceText.ts';
import type { Holder } from '../../../../src/core/evidence/holder.ts';
import { keyUseSummary } from '../../../../src/core/evidence/keyUses.ts';
import { readKmsEvent } from '../../../../src/core/evidence/kmsEvent.ts';
import type { Remains } from '../../../../src/core/evidence/remains.ts';
import type { TrailEvent } from '../../../../src/core/kms/evidenceApi.ts';
import type { PolicyOutcome, PolicyReading, PolicyStatement } from '../../../../src/core/kms/keyPolicy.ts';
import type { KeyLastUsage } from '../../../../src/core/kms/model.ts';
import { parsePrincipal } from '../../../../src/core/kms/principal.ts';
import { grant, kmsError } from '../fakes.ts';
import { trailEvent } from './fakeEvidence.ts';

/*
 * All that evidence can say, of every answer that there is: a new kind of answer does not compile until it is here.
 */

const now = Date.UTC(2026, 10, 24, 12);
const date = new Date(now - 3 * 24 * 60 * 60_000);
const account = '111122223333';
const operations = ['Decrypt', 'Encrypt', 'GenerateDataKey', 'DescribeKey'];
const subject = grant('g1', { creationDate: date, operations });
const nothingLoaded: GrantEvidence = {
  creator: undefined,
  keyLastUsed: undefined,
  holder: undefined,
  remains: undefined,
};

/** What says that nothing was found, or that something isn't there. */
interface Sample<T> {
  readonly value: T;
  readonly isNothing?: boolean;
}

function foundBy(parts: Readonly<Record<string, unknown>>): Creator {
  const source: TrailEvent = trailEvent('CreateGrant', date, { responseElements: { grantId: 'g1' }, ...parts });
  return { kind: 'found', source, event: readKmsEvent(source.json) ?? assert.fail() };
}

const notFound = { kind: 'notFound', since: date, until: date, events: 7 } as const;
const creators: Readonly<Record<Creator['kind'], readonly Sample<Creator>[]>> = {
  found: [
    { value: foundBy({}) },
    { value: foundBy({ userIdentity: { type: 'AWSService', invokedBy: 'AWS Internal' } }) },
    { value: foundBy({ userIdentity: {} }) },
    { value: foundBy({ eventTime: 'no date', requestParameters: { granteePrincipal: 'arn:aws:iam::1:role/Then' } }) },
  ],
  tooOld: [{ value: { kind: 'tooOld' }, isNothing: true }],
  noDate: [{ value: { kind: 'noDate' } }],
  notFound: [
    { value: { ...notFound, isPartial: false, mayArrive: false }, isNothing: true },
    { value: { ...notFound, isPartial: true, mayArrive: true }, isNothing: true },
  ],
};

const keyCreationDate = undefined;
const last = { operation: 'Decrypt', timestamp: date, cloudTrailEventId: undefined };
const usages: readonly Sample<KeyLastUsage>[] = [
  { value: { last, trackingStartDate: date, keyCreationDate } },
  { value: { last: undefined, trackingStartDate: date, keyCreationDate }, isNothing: true },
  { value: { last: undefined, trackingStartDate: undefined, keyCreationDate }, isNothing: true },
];

const principal = { id: 'AROANEW', arn: `arn:aws:iam::${account}:role/R`, name: 'R', created: new Date(now) };
const role = { ...principal, lastUsed: undefined };
const both = ['role', 'user'] as const;
const holders: Readonly<Record<Holder['kind'], readonly Sample<Holder>[]>> = {
  role: [
    { value: { kind: 'role', role }, isNothing: true },
    { value: { kind: 'role', role: { ...role, created: undefined, lastUsed: { at: date, region: undefined } } } },
    { value: { kind: 'role', role: { ...role, lastUsed: { at: date, region: 'eu-west-1' } } } },
  ],
  user: [{ value: { kind: 'user', user: principal } }],
  noSuchName: both.map((what) => ({ value: { kind: 'noSuchName', what, name: 'R', account }, isNothing: true })),
  noSuchId: both.flatMap((what) =>
    [undefined, principal, { ...principal, created: undefined }].map((successor) => ({
      value: { kind: 'noSuchId', what, id: 'AROAOLD', account, successor } as const,
      isNothing: true,
    })),
  ),
  sameId: [{ value: { kind: 'sameId', principal } }],
  otherAccount: [{ value: { kind: 'otherAccount', account } }],
  notInIam: [{ value: { kind: 'notInIam', principal: parsePrincipal({ kind: 'principal', value: account }) } }],
};

const condition = { operator: 'StringEquals', key: 'kms:ViaService', values: ['s3.amazonaws.com'] };
function statement(conditions: PolicyStatement['conditions']): PolicyStatement {
  return { position: 1, sid: undefined, names: 'principal', conditions };
}
const outcomes: Readonly<Record<PolicyOutcome, true>> = {
  denied: true,
  principal: true,
  everyone: true,
  account: true,
  nothing: true,
  unknown: true,
};
const readings = Object.keys(outcomes).flatMap((outcome) =>
  [[], [condition]].flatMap((conditions) =>
    [true, false].map(
      (needsIamPolicy): PolicyReading => ({
        outcome: outcome as PolicyOutcome,
        operations,
        statements: [statement(conditions)],
        conditionalDenials: conditions.length === 0 ? [] : [statement(conditions)],
        needsIamPolicy,
      }),
    ),
  ),
);
const constraints = { ...subject.constraints, encryptionContextEquals: { tenant: 'b' } };
const other = { grant: grant('g2', { constraints }), operations: ['Decrypt'] };
const remains: readonly Sample<Remains>[] = [[], [other], [other, other]].flatMap((grants) =>
  [true, false].flatMap((isPartial) =>
    [
      [0, 0],
      [200, 0],
      [200, 2],
    ].map(([read = 0, ofAccount = 0]) => ({
      value: { grants, ofAccount, read, at: now, isPartial, policy: known(readings, now) },
      isNothing: grants.length === 0 && ofAccount === 0 && !(isPartial && read === 0),
    })),
  ),
);

const error = kmsError('network');
const unanswered: readonly Answer<never>[] = [
  { kind: 'denied', permission: 'cloudtrail:LookupEvents', error },
  { kind: 'notSupported' },
  { kind: 'failed', error },
];

interface Said {
  /** In the rows and in the question. */
  readonly sentences: readonly string[];
  /** The text of the first row, without its source. */
  readonly row: string;
  /** The line of the question, if there is one, without its source. */
  readonly summary: string | undefined;
  readonly isNothing: boolean;
}

/** What is said of one answer. */
function say(part: Partial<GrantEvidence>, isNothing = false): Said {
  const evidence = { ...nothingLoaded, ...part };
  const lines = evidenceLines(subject, evidence);
  const summary = evidenceSummary(subject, evidence);
  return {
    sentences: [...lines.map(({ title, text, more }) => [title, text, ...more].join(' ')), ...summary],
    row: lines[0]?.text ?? assert.fail(),
    summary: summary[0]?.replace(/ \([^()]*\)$/, ''),
    isNothing,
  };
}

function sayEach<T>(samples: readonly Sample<T>[], evidence: (answer: Answer<T>) => Partial<GrantEvidence>): Said[] {
  return samples.map(({ value, isNothing }) => say(evidence(known(value, now)), isNothing));
}

const answered: readonly Said[] = [
  ...sayEach(Object.values(creators).flat(), (creator) => ({ creator })),
  ...sayEach(usages, (keyLastUsed) => ({ keyLastUsed })),
  ...sayEach(Object.values(holders).flat(), (holder) => ({ holder })),
  ...remains.map(({ value, isNothing }) => say({ remains: value }, isNothing)),
];
const notAnswered = unanswered.map((answer) => {
  const without: Remains = { grants: [], ofAccount: 0, read: 3, at: now, isPartial: false, policy: answer };
  const evidence = { creator: answer, keyLastUsed: answer, holder: answer, remains: without };
  return { answer, lines: evidenceLines(subject, evidence), summary: evidenceSummary(subject, evidence) };
});
const sums = [usages, usages.slice(1), usages.slice(2)].map((part) =>
  keyUseSummary([...part, ...part].map(({ value }) => ({ grant: subject, answer: known(value, now), now }))).join(' '),
);
const everything = [
  ...answered.flatMap(({ sentences }) => sentences),
  ...notAnswered.flatMap(({ lines, summary }) => [...lines.map(({ text }) => text), ...summary]),
  ...sums,
];

const claims =
  /\bunused\b|never (been )?used|\bnot in use\b|no longer used|safe to\b|nobody (made|created|uses)|by nobody/i;

test('nothing that evidence says claims that something is unused or safe, nor that nobody made it', () => {
  assert.ok(everything.length > 100);
  for (const sentence of everything) {
    assert.doesNotMatch(sentence, claims);
  }
});

test('nor does any other text of the product', () => {
  for (const file of ['l10n/bundle.l10n.json', 'package.nls.json']) {
    const texts: readonly unknown[] = Object.values(JSON.parse(readFileSync(file, 'utf8')));
    assert.ok(texts.length > 50);
    for (const text of texts) {
      assert.doesNotMatch(String(text), claims);
    }
  }
});

test('what was not found is said with how far it was looked: a date, a number of days or events, an account', () => {
  const nothing = answered.filter(({ isNothing }) => isNothing);
  assert.ok(nothing.length > 10);
  const howFar = /\d{4}-\d\d-\d\d|\d+ days|account \d{12}|read: \d+|has no other grant|since when/i;
  for (const { row, summary } of nothing) {
    assert.match(row, howFar);
    if (summary !== undefined) {
      assert.match(summary, howFar);
    }
  }
  assert.ok(nothing.some(({ summary }) => summary !== undefined));
});

test('what an endpoint cannot say is said to be that, in the rows alone', () => {
  const { lines = [], summary } = notAnswered.find(({ answer }) => answer.kind === 'notSupported') ?? {};
  const texts = lines.filter(({ source }) => source === undefined).map(({ text }) => text);
  assert.equal(texts.length, 4);
  for (const text of texts) {
    assert.match(text, /^This endpoint /);
  }
  assert.deepEqual(
    summary?.map((line) => line.slice(0, line.indexOf(':'))),
    ['Other grants'],
  );
});

test('a question shows a line at most of each kind, none of them long, and what is known alone', () => {
  for (const { value: remaining } of remains) {
    const evidence = {
      creator: known(foundBy({}), now),
      keyLastUsed: known({ last, trackingStartDate: date, keyCreationDate }, now),
      holder: known(holders.noSuchId[1]?.value ?? assert.fail(), now),
      remains: remaining,
    };
    const lines = evidenceSummary(subject, evidence);
    assert.ok(lines.length <= 4);
    for (const line of lines) {
      assert.ok(isPrintable(line) && line.length <= 300, line);
    }
  }
});

test('what a line has too much of is cut, and never its limits and its source', () => {
  const long = `${'x'.repeat(400)}\u202e`;
  const used = { ...last, operation: long };
  const [line = ''] = evidenceSummary(subject, {
    ...nothingLoaded,
    keyLastUsed: known({ last: used, trackingStartDate: date, keyCreationDate }, now),
  });
  assert.ok(isPrintable(line) && line.length <= 300);
  assert.match(line, /… Counts uses through any permission, and can be an hour late\.$/);
});
