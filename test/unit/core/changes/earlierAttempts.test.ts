import assert from 'node:assert/strict';
import test from 'node:test';
import { attemptSentence, earlierCreation, earlierEnding } from '../../../../src/core/changes/earlierAttempts.ts';
import { Journal } from '../../../../src/core/changes/journal.ts';
import { type JournalKind, type JournalOutcome, requestedGrant } from '../../../../src/core/changes/journalRecord.ts';
import type { CreateGrantInput } from '../../../../src/core/kms/model.ts';
import { FakeClock, FakeJournalFile, grant, key, keyArnOf, noConstraints, profileRef } from '../fakes.ts';

const k1 = key('k1', 'alias/app');
const input: CreateGrantInput = {
  keyArn: keyArnOf('k1'),
  operations: ['Decrypt', 'Encrypt'],
  granteePrincipal: { kind: 'principal', value: 'arn:aws:iam::111122223333:role/Reader' },
  constraints: noConstraints,
};

/** A journal in which this was asked for, and came to that. */
async function after(kind: JournalKind, ...outcomes: readonly JournalOutcome[]) {
  const journal = new Journal(new FakeJournalFile(), new FakeClock());
  const made = kind === 'revoke' || kind === 'retire' ? grant('g1') : requestedGrant(input);
  const { id } = await journal.add({ kind, connection: profileRef, account: undefined, key: k1, grant: made });
  for (const outcome of outcomes) {
    await journal.addOutcome(id, outcome);
  }
  return journal;
}

const target = { connection: profileRef, key: k1, grant: grant('g1') };
const unknown: JournalOutcome = { kind: 'unknown' };
const refused: JournalOutcome = { kind: 'refused', error: 'accessDenied', message: '' };

for (const [outcomes, isTold] of [
  [[], true],
  [[unknown], true],
  [[unknown, { kind: 'stillListed', afterMs: 1, lastRead: 'listed' }], true],
  [[unknown, { kind: 'stopped', lastRead: 'none' }], true],
  [[{ kind: 'accepted' }, { kind: 'stillListed', afterMs: 1, lastRead: 'listed' }], true],
  [[refused], false],
  [[unknown, { kind: 'gone', afterMs: 1 }], false],
] satisfies readonly (readonly [readonly JournalOutcome[], boolean])[]) {
  const what = ['sent', ...outcomes.map(({ kind }) => kind)].join(', ');
  test(`a second revoke or retirement ${isTold ? 'names' : 'does not name'} a first one that was ${what}`, async () => {
    for (const kind of ['revoke', 'retire'] as const) {
      assert.equal(earlierEnding(await after(kind, ...outcomes), target) !== undefined, isTold);
    }
  });
}

test('only an attempt on the very grant is named', async () => {
  const journal = await after('revoke', unknown);
  assert.equal(earlierEnding(journal, { ...target, grant: grant('g2') }), undefined);
  assert.equal(earlierEnding(journal, { ...target, key: key('k2') }), undefined);
  assert.equal(earlierEnding(journal, { ...target, connection: { kind: 'sample' } }), undefined);
});

test('of several attempts, the newest that may have succeeded is named', async () => {
  const journal = await after('revoke', unknown);
  const again = async () =>
    (await journal.add({ kind: 'retire', connection: profileRef, account: undefined, key: k1, grant: grant('g1') })).id;
  const second = await again();
  await journal.addOutcome(await again(), refused);
  assert.equal(earlierEnding(journal, target)?.id, second);
});

for (const kind of ['create', 'recreate'] as const) {
  test(`a second ${kind} on the same terms names the first, as long as nobody knows what came of it`, async () => {
    const same = { ...input, operations: ['Encrypt', 'Decrypt'] };
    assert.ok(earlierCreation((await after(kind, unknown)).records, same) !== undefined);
    assert.ok(
      earlierCreation((await after(kind, unknown, { kind: 'notListed', afterMs: 1 })).records, same) !== undefined,
    );
    assert.equal(earlierCreation((await after(kind, unknown)).records, { ...input, name: 'other' }), undefined);
    assert.equal(earlierCreation((await after(kind, { kind: 'accepted', grantId: 'g9' })).records, same), undefined);
    assert.equal(earlierCreation((await after(kind, refused)).records, same), undefined);
  });
}

test('what is said of the first attempt is what is known of it', async () => {
  const said = async (kind: JournalKind, ...outcomes: readonly JournalOutcome[]) =>
    attemptSentence((await after(kind, ...outcomes)).records[0] ?? assert.fail());
  assert.match(
    await said('revoke', unknown),
    /^A revoke of this grant was requested on .*, but wasn't confirmed\. It may have taken effect\.$/,
  );
  assert.match(await said('retire', unknown), /^A retirement of this grant was requested on .*, but wasn't confirmed/);
  assert.match(await said('revoke', { kind: 'accepted' }), /^KMS accepted a revoke of this grant on/);
  assert.match(await said('create', unknown), /may already exist, and this can create a second one\.$/);
});
