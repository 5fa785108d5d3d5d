import assert from 'node:assert/strict';
import test from 'node:test';
import { isPrintable } from '../../../../src/core/base/text.ts';
import { Journal } from '../../../../src/core/changes/journal.ts';
import {
  type LineFilter,
  newestWithin,
  parseJournal,
  unfinishedOnly,
} from '../../../../src/core/changes/journalLines.ts';
import { isFinished, isRecreatable } from '../../../../src/core/changes/journalOutcomes.ts';
import type { JournalOutcome, NewEntry } from '../../../../src/core/changes/journalRecord.ts';
import type { Grant } from '../../../../src/core/kms/model.ts';
import { FakeClock, FakeJournalFile, gate, grant, key, profileRef, settle } from '../fakes.ts';

const k1 = key('k1', 'alias/app');
const account = '111122223333';

function revokeOf(subject: Grant = grant(), fields: Partial<NewEntry> = {}): NewEntry {
  return { kind: 'revoke', connection: profileRef, account, key: k1, grant: subject, ...fields };
}

function openWindow({ file = new FakeJournalFile(), clock = new FakeClock() } = {}) {
  const journal = new Journal(file, clock);
  let changes = 0;
  journal.onDidChange(() => {
    changes += 1;
  });
  return { journal, file, clock, changes: () => changes };
}

/** A file with one revoke, and what came of it. */
async function fileWith(...outcomes: readonly JournalOutcome[]) {
  const window = openWindow();
  const { id } = await window.journal.add(revokeOf());
  for (const outcome of outcomes) {
    await window.journal.addOutcome(id, outcome);
  }
  return { ...window, id };
}

const everything = grant('g1', {
  name: 'nightly "export" of\n{all}',
  granteePrincipal: { kind: 'servicePrincipal', value: 'dynamodb.amazonaws.com' },
  retiringPrincipal: { kind: 'principal', value: 'arn:aws:iam::111122223333:role/Retirer' },
  operations: ['Decrypt', 'Encrypt'],
  constraints: {
    encryptionContextEquals: { a: '1', '\u2028ключ': '\u0000' },
    encryptionContextSubset: undefined,
    sourceArn: 'arn:aws:dynamodb:eu-west-1:111122223333:table/t',
  },
});

// Lines

for (const [what, subject] of [
  ['all fields', everything],
  ['none but the necessary ones', grant('g1', { creationDate: undefined, issuingAccount: undefined })],
] as const) {
  test(`a grant with ${what} reads back as it was, in one line`, async () => {
    const { journal, file } = openWindow();
    await journal.add(revokeOf(subject, { kind: 'recreate', of: 'before' }));
    assert.equal(file.lines.length, 1);
    assert.doesNotMatch(file.lines[0] ?? '', /\n/);
    const [record] = file.records;
    assert.deepEqual(record?.grant, subject);
    assert.deepEqual(
      [record?.kind, record?.of, record?.connection, record?.account, record?.key],
      ['recreate', 'before', profileRef, account, k1],
    );
  });
}

test('the evidence that a question showed reads back as it was, and stays with what came of it', async () => {
  const { journal, file } = openWindow();
  const evidence = ['Key last used: Decrypt · 2026-11-24 14:03:22.', 'Created by: Alice (IAM user).'];
  const { id } = await journal.add(revokeOf(grant(), { evidence }));
  await journal.addOutcome(id, { kind: 'accepted' });
  assert.deepEqual([journal.records[0]?.evidence, file.records[0]?.evidence], [evidence, evidence]);
  await journal.add(revokeOf(grant('g2'), { evidence: [] }));
  assert.ok(!('evidence' in (file.records.find(({ grant: { grantId } }) => grantId === 'g2') ?? assert.fail())));
});

test('of evidence that is long or hostile, a few printable lines are kept and read', async () => {
  const evidence = [`\u202e${'x'.repeat(1000)}`, ...Array.from({ length: 100 }, () => 'a\nb')];
  const { journal, file } = openWindow();
  await journal.add(revokeOf(grant(), { evidence }));
  const [written = ''] = file.lines;
  const kept = JSON.parse(written).evidence;
  assert.equal(kept.length, 8);
  const parsed = (value: unknown) =>
    parseJournal(JSON.stringify({ ...JSON.parse(written), evidence: value })).records[0]?.evidence;
  // As a line that was edited by hand, or by another program.
  assert.deepEqual(parsed(evidence), kept);
  for (const line of kept) {
    assert.ok(isPrintable(line) && line.length <= 400);
  }
  assert.deepEqual(parsed([1, 'one', null, { length: 3 }, ['two']]), ['one']);
  for (const value of [undefined, null, 'text', 7, {}, { 0: 'text', length: 1 }, [], [1]]) {
    assert.equal(parsed(value), undefined);
  }
});

test('every line has the version of its form', async () => {
  const { file } = await fileWith({ kind: 'accepted' });
  for (const line of file.lines) {
    assert.equal(JSON.parse(line).v, 1);
  }
});

const outcomes: readonly JournalOutcome[] = [
  { kind: 'accepted', grantId: undefined },
  { kind: 'refused', error: 'accessDenied', message: 'no' },
  { kind: 'refused', error: 'network', message: 'no STS', isNotSent: true },
  { kind: 'unknown' },
  { kind: 'notFound' },
  { kind: 'followed' },
  { kind: 'reappeared' },
  { kind: 'gone', afterMs: 12_000 },
  { kind: 'unread', afterMs: 300_000, lastRead: 'listed', trouble: 'network' },
  { kind: 'unread', afterMs: 300_000, lastRead: 'none' },
  { kind: 'stillListed', afterMs: 300_000, lastRead: 'listed' },
  { kind: 'stopped', lastRead: 'absent' },
  { kind: 'dismissed' },
  { kind: 'listed', afterMs: 900 },
  { kind: 'notListed', afterMs: 300_000 },
];

for (const outcome of outcomes) {
  test(`an outcome reads back as it was: ${JSON.stringify(outcome)}`, async () => {
    const { file, journal, clock } = await fileWith(outcome);
    assert.deepEqual(file.records[0]?.outcome, outcome);
    assert.deepEqual(journal.records, file.records);
    assert.equal(file.records[0]?.outcomeAt, clock.now());
  });
}

test('the last outcome counts, and that it was once accepted stays known', async () => {
  const { file } = await fileWith({ kind: 'accepted' }, { kind: 'stopped', lastRead: 'listed' });
  assert.equal(file.records[0]?.outcome?.kind, 'stopped');
  assert.equal(file.records[0]?.accepted, true);
});

test('a grant that was seen gone stays so, whatever a window that still waits says', async () => {
  const { file, journal, id } = await fileWith({ kind: 'gone', afterMs: 1 }, { kind: 'stopped', lastRead: 'listed' });
  assert.equal(file.records[0]?.outcome?.kind, 'gone');
  await journal.addOutcome(id, { kind: 'followed' });
  assert.equal(file.records[0]?.outcome?.kind, 'gone');
  await journal.addOutcome(id, { kind: 'reappeared' });
  assert.equal(file.records[0]?.outcome?.kind, 'reappeared', 'until it is listed again');
});

test('the ID of the grant that was made is that of the record', async () => {
  const { journal, file } = openWindow();
  const { id } = await journal.add(revokeOf(grant(''), { kind: 'create' }));
  await journal.addOutcome(id, { kind: 'accepted', grantId: 'made' });
  assert.equal(file.records[0]?.grant.grantId, 'made');
});

test('that a grant was made again stands beside what came of its revoke', async () => {
  const { file } = await fileWith({ kind: 'gone', afterMs: 1 }, { kind: 'recreatedAs', grantId: 'g2' });
  assert.deepEqual([file.records[0]?.outcome?.kind, file.records[0]?.recreatedAs], ['gone', 'g2']);
});

test('a line that was written twice says the same as once', async () => {
  const { file } = await fileWith({ kind: 'accepted' }, { kind: 'gone', afterMs: 1 });
  const once = file.records;
  const twice = file.lines.flatMap((line) => [line, line]);
  assert.deepEqual(parseJournal(twice.join('\n')), { records: once, damaged: 0, later: 0 });
});

test('the newest come first, and of the same moment the later line', async () => {
  const { journal, clock } = openWindow();
  await journal.add(revokeOf(grant('g1')));
  await journal.add(revokeOf(grant('g2')));
  clock.pass(1);
  await journal.add(revokeOf(grant('g3')));
  assert.deepEqual(
    journal.records.map((record) => record.grant.grantId),
    ['g3', 'g2', 'g1'],
  );
});

for (const [what, damage] of [
  ['cut off', (line: string) => line.slice(0, -10)],
  ['no JSON', () => 'not JSON'],
  ['a list', () => '[1]'],
  ['null', () => 'null'],
  ['of a later version', (line: string) => line.replace('"v":1', '"v":2')],
  ['without a version', (line: string) => line.replace('"v":1,', '')],
  ['without a time', (line: string) => line.replace(/"at":\d+/, '"at":"today"')],
  ['of an unknown kind', (line: string) => line.replace('"kind":"revoke"', '"kind":"shred"')],
  ['of no connection', (line: string) => line.replace('"profile":"dev"', '"profile":7')],
  ['of no key', (line: string) => line.replace(/"key":\{[^}]*\}/, '"key":"k1"')],
  ['of no grant', (line: string) => line.replace('"grantId":"g1"', '"grantId":null')],
] as const) {
  test(`a line that is ${what} is left out and counted, and costs no other line`, async () => {
    const { file } = await fileWith();
    const whole = file.lines[0] ?? '';
    const other = whole.replace(/"id":"[^"]+"/, '"id":"other"');
    const damaged = damage(whole);
    assert.notEqual(damaged, whole);
    const read = parseJournal(`${damaged}\n${other}\n`);
    assert.deepEqual([read.records.map(({ id }) => id), read.damaged + read.later], [['other'], 1]);
  });
}

test('an outcome that comes after its entry was cleared is no damage', async () => {
  const { journal, file, id } = await fileWith({ kind: 'refused', error: 'accessDenied', message: 'no' });
  await journal.clear();
  await journal.addOutcome(id, { kind: 'recreatedAs', grantId: 'g2' });
  assert.deepEqual([file.lines.length, parseJournal(file.text)], [1, { records: [], damaged: 0, later: 0 }]);
  await journal.clear();
  assert.deepEqual(file.lines, []);
});

test('an outcome of an unknown kind is left out and counted', async () => {
  const { file } = await fileWith({ kind: 'accepted' });
  const [entry, outcome] = file.lines;
  const read = parseJournal(`${entry}\n${outcome?.replace('accepted', 'applauded')}\n`);
  assert.deepEqual([read.records[0]?.outcome, read.damaged], [undefined, 1]);
});

test('empty lines are no damage', () => {
  assert.deepEqual(parseJournal('\n\n \n'), { records: [], damaged: 0, later: 0 });
});

// What is finished, and what can be made again

const unfinishedKinds = [
  'accepted',
  'unknown',
  'notFound',
  'followed',
  'reappeared',
  'stillListed',
  'unread',
  'stopped',
];

for (const outcome of outcomes) {
  const finished = !unfinishedKinds.includes(outcome.kind);
  test(`a revoke is ${finished ? '' : 'not '}finished with ${JSON.stringify(outcome)}`, async () => {
    const { journal, file } = await fileWith(outcome);
    assert.equal(journal.records.every(isFinished), finished);
    assert.equal(rewritten(file.text, unfinishedOnly()) === '', finished);
  });
}

test('a change without an answer is not finished, and a creation is finished with its answer', async () => {
  const { journal } = openWindow();
  const { id } = await journal.add(revokeOf(grant(''), { kind: 'create' }));
  assert.deepEqual(journal.records.map(isFinished), [false]);
  await journal.addOutcome(id, { kind: 'unknown' });
  assert.deepEqual(journal.records.map(isFinished), [false]);
  await journal.addOutcome(id, { kind: 'accepted', grantId: 'made' });
  assert.deepEqual(journal.records.map(isFinished), [true]);
});

test('a grant can be made again that was ended, or perhaps was, and whose grantee is known', async () => {
  const recreatable = async (entry: NewEntry, ...noted: readonly JournalOutcome[]) => {
    const { journal } = openWindow();
    const { id } = await journal.add(entry);
    for (const outcome of noted) {
      await journal.addOutcome(id, outcome);
    }
    return journal.records.map(isRecreatable)[0];
  };
  assert.equal(await recreatable(revokeOf(), { kind: 'gone', afterMs: 1 }), true);
  assert.equal(await recreatable(revokeOf(), { kind: 'unknown' }), true);
  assert.equal(await recreatable(revokeOf(grant(), { kind: 'retire' }), { kind: 'accepted' }), true);
  assert.equal(await recreatable(revokeOf()), false, 'no answer yet');
  assert.equal(await recreatable(revokeOf(), { kind: 'refused', error: 'accessDenied', message: '' }), false);
  assert.equal(await recreatable(revokeOf(grant(), { kind: 'create' }), { kind: 'accepted' }), false);
  const nobody = grant('g1', { granteePrincipal: undefined });
  assert.equal(await recreatable(revokeOf(nobody), { kind: 'gone', afterMs: 1 }), false);
});

// Clearing and compacting

/** `count` revokes, a second apart, of which those at `unfinished` have no end. */
async function manyRevokes(count: number, unfinished: readonly number[] = []) {
  const window = openWindow();
  for (let index = 0; index < count; index += 1) {
    window.clock.pass(1000);
    const { id } = await window.journal.add(revokeOf(grant(`g${index}`)));
    await window.journal.addOutcome(id, { kind: 'accepted' });
    if (!unfinished.includes(index)) {
      await window.journal.addOutcome(id, { kind: 'gone', afterMs: 1 });
    }
  }
  return window;
}

/** What a file with this text has after it was rewritten. */
function rewritten(text: string, { observe, keeps }: LineFilter): string {
  const lines = text.split('\n').slice(0, -1);
  for (const line of lines) {
    observe(line);
  }
  return lines
    .filter(keeps)
    .map((line) => `${line}\n`)
    .join('');
}

const grantIds = (text: string) => parseJournal(text).records.map((record) => record.grant.grantId);

test('compacting keeps the newest that fit, and whatever is not finished, each with all its lines in order', async () => {
  const { file } = await manyRevokes(10, [0, 3]);
  const before = file.text;
  const text = rewritten(before, newestWithin(Math.round(Buffer.byteLength(before) / 2)));
  assert.deepEqual(grantIds(text), ['g9', 'g8', 'g7', 'g6', 'g3', 'g0']);
  const kept = text.trimEnd().split('\n');
  assert.deepEqual(
    kept,
    file.lines.filter((line) => kept.includes(line)),
  );
  assert.equal(kept.length, 4 * 3 + 2 * 2);
});

for (const [what, choice] of [
  ['compacting', () => newestWithin(1)],
  ['clearing', unfinishedOnly],
] as const) {
  test(`${what} keeps lines that can't be read, and those of a later version, but no empty ones`, async () => {
    const { file } = await manyRevokes(1);
    const kept = ['damaged', '{"v":2,"id":"x","kind":"something new"}', '{"v":1,"id":"cut o'];
    file.lines = ['', ...kept.slice(0, 2), ...file.lines, '   ', ...kept.slice(2)];
    assert.equal(rewritten(file.text, choice()), `${kept.join('\n')}\n`);
  });
}

test("lines that can't be read go when that is asked for, and no others", async () => {
  const { journal, file } = await manyRevokes(2, [1]);
  const others = [...file.lines];
  const later = '{"v":2,"id":"x","kind":"something new"}';
  file.lines = ['damaged', later, ...others];
  await journal.ready();
  assert.deepEqual([journal.damagedCount, journal.laterVersionCount], [1, 1]);
  await journal.removeDamaged();
  assert.deepEqual(file.lines, [later, ...others]);
  assert.deepEqual([journal.damagedCount, journal.laterVersionCount, journal.records.length], [0, 1, 2]);
});

test('clearing forgets what is finished, and keeps the rest', async () => {
  const { journal, file } = await manyRevokes(4, [1]);
  await journal.clear();
  assert.deepEqual(
    journal.records.map((record) => record.grant.grantId),
    ['g1'],
  );
  assert.deepEqual(journal.records, file.records);
});

test('what another window clears, before this one has read what it wrote itself, is cleared here too', async () => {
  const { file, journal } = openWindow();
  const other = openWindow({ file });
  await journal.ready();
  const { id } = await journal.add(revokeOf());
  await journal.addOutcome(id, { kind: 'refused', error: 'accessDenied', message: 'no' });
  const { id: open } = await journal.add(revokeOf(grant('g2')));
  await other.journal.clear();
  await file.notify();
  assert.deepEqual(
    journal.records.map((record) => record.id),
    [open],
  );
});

test('a history that cannot be cleared says so, and stays', async () => {
  const { journal, file } = await manyRevokes(2);
  file.rewrite = () => Promise.reject(new Error('EACCES'));
  await assert.rejects(journal.clear(), { name: 'UserError', message: "Couldn't clear the history: EACCES" });
  assert.equal(journal.records.length, 2);
});

// Windows

test('nothing is read before it is asked for', () => {
  const file = Object.assign(new FakeJournalFile(), {
    beforeRead: () => assert.fail('read'),
    onDidChange: () => assert.fail('watched'),
  });
  assert.deepEqual(new Journal(file, new FakeClock()).records, []);
});

test('a window knows what others wrote, before it and since, and is notified', async () => {
  const { file, journal } = await fileWith();
  const other = openWindow({ file });
  await other.journal.ready();
  assert.equal(other.journal.records.length, 1);
  const changes = other.changes();
  await journal.add(revokeOf(grant('g2')));
  await file.notify();
  assert.deepEqual([other.journal.records.length, other.changes()], [2, changes + 1]);
});

test('what a window has written is not lost when it reads before that is in the file', async () => {
  const { journal, file } = openWindow();
  await journal.ready();
  const slow = gate();
  file.before = () => slow.passed;
  const added = journal.add(revokeOf());
  await file.notify();
  assert.equal(journal.records.length, 1);
  slow.open();
  const { id } = await added;
  const again = gate();
  file.before = () => again.passed;
  const noted = journal.addOutcome(id, { kind: 'accepted' });
  await file.notify();
  assert.equal(journal.record(id)?.accepted, true);
  again.open();
  await noted;
  await file.notify();
  assert.equal(journal.record(id)?.accepted, true);
});

test('what another window writes while this one reads for the first time is known too', async () => {
  const { file, journal: other } = await fileWith();
  const reader = file.reader();
  let reads = 0;
  file.reader = () => ({
    readNew: async (sink) => {
      await reader.readNew(sink);
      reads += 1;
      if (reads === 1) {
        await other.add(revokeOf(grant('g2')));
        await file.notify();
      }
    },
  });
  const { journal } = openWindow({ file });
  await journal.ready();
  await settle();
  assert.equal(journal.records.length, 2);
});

test('an entry resolves when it is in the file, and not before', async () => {
  const { journal, file } = openWindow();
  const slow = gate();
  file.before = () => slow.passed;
  let isAdded = false;
  const added = journal.add(revokeOf()).then(() => {
    isAdded = true;
  });
  await settle();
  assert.deepEqual([isAdded, file.lines.length], [false, 0]);
  slow.open();
  await added;
  assert.equal(file.lines.length, 1);
});

test('an entry that cannot be written was never made, and says that nothing was sent', async () => {
  const { journal, file } = openWindow();
  file.before = () => {
    throw new Error('ENOSPC: no space left on device');
  };
  await assert.rejects(journal.add(revokeOf()), {
    name: 'UserError',
    message: "Nothing was sent to KMS, because the history couldn't be written: ENOSPC: no space left on device",
  });
  assert.deepEqual(journal.records, []);
  file.before = () => {};
  await journal.add(revokeOf());
  assert.equal(journal.records.length, 1, 'the next one can');
  await journal.ready();
  assert.equal(journal.records.length, 1, 'also once the file was read');
});

test('an outcome that cannot be written is known in this window all the same, also after the next read', async () => {
  const { journal, file, id } = await fileWith();
  await journal.ready();
  file.before = () => Promise.reject(new Error('ENOSPC'));
  await assert.rejects(journal.addOutcome(id, { kind: 'accepted' }), { name: 'UserError' });
  await file.notify();
  assert.equal(journal.record(id)?.accepted, true);
});

test('a history that cannot be read is an error, and is read at the next question', async () => {
  const { file } = await fileWith();
  const { journal } = openWindow({ file });
  file.beforeRead = () => Promise.reject(new Error('EACCES'));
  await assert.rejects(journal.ready(), { name: 'UserError', message: "Couldn't read the history: EACCES" });
  file.beforeRead = () => {};
  await journal.ready();
  assert.equal(journal.records.length, 1);
});

test('an entry is under way in the window that wrote it until there is an answer, and in no other', async () => {
  const { journal, file } = openWindow();
  const { id } = await journal.add(revokeOf());
  const other = openWindow({ file });
  await other.journal.ready();
  assert.deepEqual([journal.isInFlight(id), other.journal.isInFlight(id)], [true, false]);
  await journal.addOutcome(id, { kind: 'unknown' });
  assert.equal(journal.isInFlight(id), false);
});

test('what concerns sample data is kept in memory alone', async () => {
  const { journal, file } = openWindow();
  const { id } = await journal.add(revokeOf(grant(), { connection: { kind: 'sample' } }));
  await journal.addOutcome(id, { kind: 'gone', afterMs: 5 });
  assert.equal(journal.records[0]?.outcome?.kind, 'gone');
  assert.deepEqual(file.lines, []);
  await journal.ready();
  assert.equal(journal.records.length, 1);
  await journal.clear();
  assert.deepEqual(journal.records, []);
  await journal.addOutcome(id, { kind: 'reappeared' });
  assert.deepEqual([journal.records, file.lines], [[], []], 'also what is learned of it later');
});

test('the text of the history is that of the file', async () => {
  const { journal, file } = await fileWith({ kind: 'accepted' });
  assert.equal(Buffer.from(await journal.bytes()).toString(), file.text);
});

test('a window that is closed stops watching and notifying, also one that closes while it reads', async () => {
  const { journal, file } = await fileWith();
  const open = openWindow({ file });
  await open.journal.ready();
  open.journal.dispose();
  const closing = openWindow({ file });
  const reading = closing.journal.ready();
  closing.journal.dispose();
  await reading;
  await journal.add(revokeOf());
  await file.notify();
  assert.deepEqual([open.journal.records.length, closing.journal.records.length], [1, 1]);
});

test('what came of a change is known in this window even where it cannot be written, which is reported', async () => {
  const file = new FakeJournalFile();
  const journal = new Journal(file, new FakeClock());
  const { id } = await journal.add({
    kind: 'create',
    connection: profileRef,
    account,
    key: key('k1'),
    grant: grant(''),
  });
  file.before = () => Promise.reject(new Error('ENOSPC'));
  await assert.rejects(
    journal.addOutcome(id, { kind: 'accepted', grantId: 'made' }),
    /Couldn't write the outcome of the change to the history: ENOSPC/,
  );
  assert.equal(journal.records[0]?.grant.grantId, 'made');
});

test('an entry whose line is in the file after all, though it could not be flushed, is taken back as soon as that can be written', async () => {
  const { journal, file, clock } = openWindow();
  const other = openWindow({ file, clock });
  await Promise.all([journal.ready(), other.journal.ready()]);
  let isBroken = true;
  file.before = (line) => {
    if (!isBroken) {
      return;
    }
    if (!line.includes('withdrawn')) {
      file.lines.push(line);
    }
    throw new Error('EIO');
  };
  await assert.rejects(journal.add(revokeOf()), /Nothing was sent to KMS, .*: EIO/);
  await file.notify();
  assert.deepEqual(journal.records, [], 'here it is gone at once');
  assert.deepEqual(
    other.journal.records.map((record) => other.journal.mayFollow(record, 1)),
    [true],
  );
  isBroken = false;
  // By the next line, or as here when something is read.
  await file.notify();
  await file.notify();
  assert.deepEqual([other.journal.records, file.records, other.journal.damagedCount], [[], [], 0]);
});

test('what came of a change is written with the next line, when it could not be before', async () => {
  const { journal, file, id } = await fileWith();
  file.before = () => Promise.reject(new Error('ENOSPC'));
  await assert.rejects(journal.addOutcome(id, { kind: 'accepted' }));
  await assert.rejects(journal.addOutcome(id, { kind: 'gone', afterMs: 1 }));
  assert.deepEqual(file.history, ['entry']);
  file.before = () => {};
  await journal.add(revokeOf(grant('g2')));
  assert.deepEqual(file.history, ['entry', 'accepted', 'gone', 'entry']);
  assert.deepEqual(
    file.records.map(({ outcome }) => outcome?.kind),
    [undefined, 'gone'],
  );
});

test('what counts is the order in the file, also for a window that wrote a line before it read those of others', async () => {
  const { file, journal, clock, id } = await fileWith({ kind: 'accepted' });
  const other = openWindow({ file, clock });
  await Promise.all([journal.ready(), other.journal.ready()]);
  await other.journal.addOutcome(id, { kind: 'followed' });
  await journal.addOutcome(id, { kind: 'stopped', lastRead: 'listed' });
  assert.equal(other.journal.record(id)?.outcome?.kind, 'followed');
  await file.notify();
  for (const each of [journal, other.journal]) {
    assert.equal(each.record(id)?.outcome?.kind, 'stopped');
  }
});

test('after the first time only the lines are read that are new, and all of a file that was cleared', async () => {
  const { file, journal, clock } = await manyRevokes(20, [3]);
  await journal.ready();
  const other = openWindow({ file, clock });
  await other.journal.ready();
  await journal.clear();
  await file.notify();
  for (const each of [journal, other.journal]) {
    assert.deepEqual(
      each.records.map((record) => record.grant.grantId),
      ['g3'],
    );
  }
});

// Who may follow

test('a window follows what another one left only once that has ended or is overdue, by a clock that does not jump', async () => {
  const { file, clock, id } = await fileWith();
  let isRunning = true;
  const journal = new Journal(file, clock, { isRunning: () => isRunning });
  await journal.ready();
  const may = () => journal.records.map((record) => journal.mayFollow(record, 5 * 60_000))[0];
  assert.equal(may(), false);
  isRunning = false;
  assert.equal(may(), true);
  isRunning = true;
  clock.pass(2 * 60_000 + 1);
  assert.equal(may(), true);
  await journal.addOutcome(id, { kind: 'followed' });
  assert.equal(may(), true, 'its own');
});

test('an entry from the future is not overdue at once, and not never', async () => {
  const { file } = openWindow();
  const ahead = openWindow({ file, clock: new FakeClock({ now: Date.UTC(2030, 0, 1) }) });
  await ahead.journal.add(revokeOf());
  const clock = new FakeClock({ now: Date.UTC(2026, 0, 1) });
  const journal = new Journal(file, clock, { isRunning: () => true });
  await journal.ready();
  const may = () => journal.records.map((record) => journal.mayFollow(record, 5 * 60_000))[0];
  assert.equal(may(), false);
  clock.pass(2 * 60_000);
  assert.equal(may(), false);
  clock.pass(1);
  assert.equal(may(), true);
});

test('an entry that this window is sending is followed by nobody here', async () => {
  const { journal, clock } = openWindow();
  const record = await journal.add(revokeOf());
  clock.pass(60 * 60_000);
  assert.equal(journal.mayFollow(record, 1), false);
  await journal.addOutcome(record.id, { kind: 'unknown' });
  assert.equal(journal.mayFollow(record, 1), true);
});
