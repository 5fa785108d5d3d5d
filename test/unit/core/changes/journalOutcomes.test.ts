import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { parseJournal, writeLine } from '../../../../src/core/changes/journalLines.ts';
import {
  type FollowContext,
  isFinished,
  JournalState,
  type Line,
  mayFollow,
  newRecord,
  type OutcomeKind,
  type OutcomeLine,
  replaces,
  withOutcome,
} from '../../../../src/core/changes/journalOutcomes.ts';
import type {
  JournalEntry,
  JournalKind,
  JournalOutcome,
  Owner,
  RecordedOutcome,
} from '../../../../src/core/changes/journalRecord.ts';
import { property } from '../../hostile.ts';
import { grant, key, profileRef } from '../fakes.ts';

const [a, b, c]: readonly [Owner, Owner, Owner] = [
  { id: 'a', pid: 1 },
  { id: 'b', pid: 2 },
  { id: 'c', pid: 3 },
];

const entryOf = (kind: JournalKind = 'revoke', owner: Owner | undefined = a): JournalEntry => ({
  id: 'e1',
  kind,
  at: 1000,
  connection: profileRef,
  account: '111122223333',
  key: key(),
  grant: grant(kind === 'revoke' || kind === 'retire' ? 'g1' : ''),
  owner,
});

const one: Readonly<Record<RecordedOutcome['kind'], RecordedOutcome>> = {
  accepted: { kind: 'accepted' },
  refused: { kind: 'refused', error: 'accessDenied', message: 'no' },
  unknown: { kind: 'unknown' },
  notFound: { kind: 'notFound' },
  followed: { kind: 'followed' },
  reappeared: { kind: 'reappeared' },
  gone: { kind: 'gone', afterMs: 1 },
  stillListed: { kind: 'stillListed', afterMs: 1, lastRead: 'listed' },
  unread: { kind: 'unread', afterMs: 1, lastRead: 'none', trouble: 'network' },
  stopped: { kind: 'stopped', lastRead: 'listed' },
  dismissed: { kind: 'dismissed' },
  listed: { kind: 'listed', afterMs: 1 },
  notListed: { kind: 'notListed', afterMs: 1 },
};
const kinds = Object.keys(one) as readonly RecordedOutcome['kind'][];

let lastNumber = 0;
function line(outcome: JournalOutcome, by: Owner | undefined = a): OutcomeLine {
  lastNumber += 1;
  return { kind: 'outcome', id: 'e1', at: 2000, outcome, ...(by && { by, number: lastNumber }) };
}

/** What the lines come to after an entry of `a`. */
function after(lines: readonly Line[], entry = entryOf()) {
  const state = new JournalState();
  for (const each of [{ kind: 'entry', entry } as const, ...lines]) {
    state.add(each);
  }
  return state.records.get('e1');
}

const outcomeAfter = (...lines: readonly Line[]) => after(lines)?.outcome?.kind;

// The table

/** For each outcome, those that take its place. */
const followers: Readonly<Record<OutcomeKind, readonly RecordedOutcome['kind'][]>> = {
  none: kinds,
  unknown: kinds.filter((kind) => kind !== 'unknown'),
  notFound: kinds.filter((kind) => !['unknown', 'notFound', 'listed', 'notListed'].includes(kind)),
  accepted: kinds.filter((kind) => !['unknown', 'notFound', 'accepted'].includes(kind)),
  followed: ['refused', 'followed', 'reappeared', 'gone', 'stillListed', 'unread', 'stopped', 'dismissed'],
  reappeared: ['refused', 'followed', 'reappeared', 'gone', 'stillListed', 'unread', 'stopped', 'dismissed'],
  stopped: ['refused', 'followed', 'reappeared', 'gone', 'stillListed', 'unread', 'stopped', 'dismissed'],
  unread: ['refused', 'followed', 'reappeared', 'gone', 'stillListed', 'unread', 'dismissed', 'listed', 'notListed'],
  stillListed: ['refused', 'followed', 'reappeared', 'gone', 'stillListed', 'dismissed'],
  dismissed: ['refused', 'reappeared', 'gone'],
  gone: ['refused', 'reappeared'],
  refused: [],
  listed: ['refused'],
  notListed: ['refused', 'listed', 'notListed'],
};

for (const before of ['none', ...kinds] as const) {
  for (const next of kinds) {
    const isReplaced = followers[before].includes(next);
    test(`after ${before}, ${next} ${isReplaced ? 'counts' : 'changes nothing that counts'}`, () => {
      const record = newRecord(entryOf());
      const known = before === 'none' ? record : { ...record, outcome: one[before], outcomeAt: 1500 };
      const then = withOutcome(known, line(one[next], b));
      assert.equal(then?.outcome, isReplaced ? one[next] : known.outcome);
      assert.equal(then?.outcomeAt, isReplaced ? 2000 : known.outcomeAt);
      assert.equal(replaces[next].includes(before), isReplaced);
      if (before === 'refused') {
        assert.deepEqual(then, known);
      }
    });
  }
}

// Every order

/** All the ways in which the lines of several writers can come, each writer's own in order. */
function* interleavings<T>(writers: readonly (readonly T[])[]): Generator<readonly T[]> {
  if (writers.every((lines) => lines.length === 0)) {
    yield [];
    return;
  }
  for (const [index, [first, ...rest]] of writers.entries()) {
    if (first === undefined) {
      continue;
    }
    const others = writers.map((lines, at) => (at === index ? rest : lines));
    for (const end of interleavings(others)) {
      yield [first, ...end];
    }
  }
}

/** What counts in the end, in every order. */
const races: readonly (readonly [string, readonly (readonly [Owner, ...RecordedOutcome[]])[], OutcomeKind])[] = [
  [
    'one confirms, and another only stops',
    [
      [a, one.accepted, one.stopped],
      [b, one.followed, one.gone],
    ],
    'gone',
  ],
  [
    'one confirms, and another takes it up',
    [
      [a, one.accepted, one.gone],
      [b, one.followed],
    ],
    'gone',
  ],
  [
    'one confirms by reads, and another by lists',
    [
      [a, one.accepted, one.gone],
      [b, one.dismissed],
    ],
    'gone',
  ],
  [
    'lists confirm, and another window still waits',
    [
      [b, one.dismissed],
      [a, one.unknown, one.stillListed],
    ],
    'dismissed',
  ],
  [
    'lists confirm, and the answer comes late',
    [
      [b, one.followed, one.dismissed],
      [a, one.accepted],
    ],
    'dismissed',
  ],
  [
    'a refusal comes late',
    [
      [a, one.refused],
      [b, one.followed, one.gone],
      [c, one.followed, one.stillListed],
    ],
    'refused',
  ],
  [
    'a refusal comes after lists',
    [
      [a, one.unknown, one.refused],
      [b, one.dismissed],
    ],
    'refused',
  ],
  [
    'an answer is lost late',
    [
      [a, one.unknown],
      [b, one.followed, one.stillListed],
    ],
    'stillListed',
  ],
  [
    'one knows that it is still listed, and another read nothing',
    [
      [a, one.accepted, one.unread],
      [b, one.stillListed],
    ],
    'stillListed',
  ],
  [
    'one waited to the end, and another was stopped',
    [
      [a, one.accepted, one.stopped],
      [b, one.unread],
    ],
    'unread',
  ],
];

for (const [what, writers, expected] of races) {
  test(`in every order ${expected} counts when ${what}`, () => {
    const lines = writers.map(([by, ...outcomes]) => outcomes.map((outcome) => line(outcome, by)));
    let count = 0;
    for (const order of interleavings(lines)) {
      count += 1;
      const record = after(order);
      assert.equal(record?.outcome?.kind, expected);
      const isAccepted = order.some(({ outcome }) => outcome.kind === 'accepted') && expected !== 'refused';
      assert.equal(record?.accepted, isAccepted);
    }
    assert.ok(count > 1);
  });
}

test('a grant that reappears after it was confirmed gone is gone again only when that is seen again', () => {
  const gone = line(one.gone);
  const back = line(one.reappeared, b);
  assert.equal(outcomeAfter(gone, back), 'reappeared');
  // The first line again: it was written to two files while one was replaced.
  assert.equal(outcomeAfter(gone, back, gone), 'reappeared');
  assert.equal(outcomeAfter(gone, back, line(one.gone, c)), 'gone');
});

const anyLine = fc.record({
  by: fc.constantFrom(a, b, c),
  outcome: fc.constantFrom(...Object.values(one)).filter(({ kind }) => kind !== 'listed' && kind !== 'notListed'),
});

test('whatever three windows write, and in whatever order, no refusal and no confirmation is lost', () => {
  property([fc.array(anyLine, { maxLength: 12 })], (written) => {
    const lines = written.map(({ by, outcome }) => line(outcome, by));
    const record = after(lines);
    const at = (kind: string) => lines.findLastIndex(({ outcome }) => outcome.kind === kind);
    const accepted = lines.findIndex(({ outcome, by }) => outcome.kind === 'accepted' && by === a);
    const refused = lines.findIndex(({ outcome }) => outcome.kind === 'refused');
    if (refused !== -1 && (accepted === -1 || refused < accepted)) {
      assert.equal(record?.outcome?.kind, 'refused');
      assert.equal(record?.accepted, false);
    } else if (at('gone') > at('reappeared')) {
      assert.equal(record?.outcome?.kind, 'gone');
    } else if (at('dismissed') > at('reappeared')) {
      assert.equal(record?.outcome?.kind, 'dismissed');
    } else {
      assert.ok(record !== undefined && (!isFinished(record) || record.outcome?.kind === 'gone'));
    }
    // Each line may be there twice, anywhere after the first time, and outcomes before their entry.
    assert.deepEqual(after([...lines, ...lines]), record);
    const early = new JournalState();
    for (const each of [...lines, { kind: 'entry', entry: entryOf() } as const]) {
      early.add(each);
    }
    assert.deepEqual(early.records.get('e1'), record);
  });
});

// Who says so

test('what another window took for the new grant is not it when the one that sent it was refused', () => {
  const found = line({ kind: 'accepted', grantId: 'of somebody else' }, b);
  for (const order of interleavings<Line>([[found, line(one.listed, b)], [line(one.refused)]])) {
    const record = after(order, entryOf('create'));
    assert.deepEqual([record?.outcome?.kind, record?.accepted, record?.grant.grantId], ['refused', false, '']);
  }
});

test("the new grant is the one that KMS's answer names, whatever another window took for it", () => {
  const answer = line({ kind: 'accepted', grantId: 'made' });
  const found = line({ kind: 'accepted', grantId: 'of somebody else' }, b);
  for (const order of interleavings<Line>([[found], [answer]])) {
    assert.equal(after(order, entryOf('create'))?.grant.grantId, 'made');
  }
});

test('a window that accepted its own call is not refused afterwards', () => {
  assert.equal(outcomeAfter(line(one.accepted), line(one.refused)), 'accepted');
});

test('an entry that was withdrawn is none, in every order', () => {
  for (const order of interleavings<Line>([
    [{ kind: 'entry', entry: entryOf() }, line({ kind: 'withdrawn' })],
    [line(one.stillListed, b)],
  ])) {
    const state = new JournalState();
    for (const each of [...order].reverse()) {
      state.add(each);
    }
    assert.equal(state.records.size, 0);
  }
});

// Lines of the first version

test('lines of the first version are read: no owner, no writer, and what they said then', () => {
  const entry = JSON.stringify({ v: 1, ...entryOf(), owner: undefined });
  const outcome = (kind: string, at: number) => JSON.stringify({ v: 1, id: 'e1', at, outcome: { kind } });
  const read = (...lines: readonly string[]) => parseJournal([entry, ...lines].join('\n')).records[0];
  const dismissed = read(outcome('accepted', 1), outcome('followed', 2), outcome('dismissed', 3));
  assert.deepEqual([dismissed?.outcome, dismissed?.outcomeAt, dismissed?.accepted], [one.dismissed, 3, true]);
  assert.deepEqual([dismissed?.owner, dismissed?.follower], [undefined, undefined]);
  assert.equal(read(outcome('followed', 1), outcome('stopped', 2), outcome('followed', 3))?.outcome?.kind, 'followed');
  const twice = read(outcome('followed', 1), outcome('stopped', 2), outcome('followed', 1));
  assert.equal(twice?.outcome?.kind, 'stopped', 'a line that is there twice says the same as once');
});

test('an entry and its outcomes keep who wrote them', () => {
  const text = [{ kind: 'entry', entry: entryOf() } as const, line(one.followed, b)].map(writeLine).join('\n');
  const [record] = parseJournal(text).records;
  assert.deepEqual([record?.owner, record?.follower], [a, b]);
});

// Who may follow

const limitMs = 300_000;
const bystander: FollowContext = { owner: b, isRunning: () => true, waitedMs: 0, limitMs };
const recordWith = (kind: OutcomeKind, entry = entryOf()) => ({
  ...newRecord(entry),
  outcome: kind === 'none' ? undefined : one[kind],
});

for (const kind of ['none', ...kinds] as const) {
  const record = recordWith(kind);
  const isOver = isFinished(record);
  test(`a revoke with the outcome ${kind} is ${isOver ? 'followed by no window' : 'followed by others once its window has ended'}`, () => {
    assert.equal(mayFollow(record, { ...bystander, isRunning: () => false }), !isOver);
    assert.equal(mayFollow(record, { ...bystander, owner: a }), !isOver);
    const isWaitOver = ['stopped', 'unread', 'stillListed'].includes(kind);
    assert.equal(mayFollow(record, bystander), isWaitOver);
    assert.equal(mayFollow(record, { ...bystander, waitedMs: 10 * limitMs }), !isOver);
  });
}

test('an answer is overdue after the longest that a call takes, and a wait after its limit', () => {
  const answer = recordWith('none');
  assert.equal(mayFollow(answer, { ...bystander, waitedMs: 2 * 60_000 }), false);
  assert.equal(mayFollow(answer, { ...bystander, waitedMs: 2 * 60_000 + 1 }), true);
  for (const kind of ['accepted', 'unknown', 'notFound', 'followed', 'reappeared'] as const) {
    assert.equal(mayFollow(recordWith(kind), { ...bystander, waitedMs: limitMs + 60_000 }), false);
    assert.equal(mayFollow(recordWith(kind), { ...bystander, waitedMs: limitMs + 60_001 }), true);
  }
});

test('who has taken an entry up holds it in place of the window that sent it', () => {
  const taken = after([line(one.accepted), line(one.followed, c)]);
  assert.ok(taken !== undefined);
  assert.equal(mayFollow(taken, { ...bystander, isRunning: ({ id }) => id === 'c' }), false);
  assert.equal(mayFollow(taken, { ...bystander, isRunning: ({ id }) => id === 'a' }), true);
});

test('a new grant whose answer is known to be lost may be looked for by every window', () => {
  assert.equal(mayFollow(recordWith('unknown', entryOf('create')), bystander), true);
  assert.equal(mayFollow(recordWith('accepted', entryOf('create')), { ...bystander, isRunning: () => false }), false);
});

test('an entry of which nobody knows the window may be followed', () => {
  const { owner: _, ...entry } = entryOf();
  assert.equal(mayFollow(newRecord(entry), bystander), true);
});
