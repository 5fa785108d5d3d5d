import assert from 'node:assert/strict';
import test from 'node:test';
import { Journal } from '../../../../src/core/changes/journal.ts';
import type { JournalKind, JournalOutcome } from '../../../../src/core/changes/journalRecord.ts';
import { checkUnanswered } from '../../../../src/core/changes/unanswered.ts';
import type { Grant } from '../../../../src/core/kms/model.ts';
import {
  FakeClock,
  FakeJournalFile,
  FakeKms,
  grant,
  key,
  keyArnOf,
  kmsError,
  openSession,
  profileRef,
} from '../fakes.ts';

const arn = keyArnOf('k1');
const account = '111122223333';
const minutes = 60_000;
const terms: Partial<Grant> = { name: 'reader', operations: ['Encrypt', 'Decrypt'] };

/** A window that was closed before an answer came, and the one after it, `later` milliseconds on. */
async function afterCrash(
  kind: JournalKind,
  asked: Grant,
  {
    later = 10 * minutes,
    outcome,
    isRunning = false,
  }: { later?: number; outcome?: JournalOutcome; isRunning?: boolean } = {},
) {
  const file = new FakeJournalFile();
  const clock = new FakeClock();
  const before = new Journal(file, clock);
  const common = { connection: profileRef, account, key: key('k1') };
  const { id: of } = await before.add({ ...common, kind: 'revoke', grant: grant('old', terms) });
  await before.addOutcome(of, { kind: 'gone', afterMs: 1 });
  const { id } = await before.add({ ...common, kind, grant: asked, ...(kind === 'recreate' ? { of } : {}) });
  if (outcome !== undefined) {
    await before.addOutcome(id, outcome);
  }
  const at = clock.now();
  clock.pass(later);
  const kms = new FakeKms();
  const journal = new Journal(file, clock, { isRunning: () => isRunning });
  const made = (grantId: string, fields: Partial<Grant> = {}) =>
    grant(grantId, { ...terms, keyArn: arn, creationDate: new Date(at), ...fields });
  const list = (...grants: readonly Grant[]) => kms.grants.set(arn, [...grants]);
  const check = () => checkUnanswered(journal, openSession(kms), clock);
  return { kms, journal, clock, id, of, at, made, list, check, record: () => journal.record(id) };
}

const asked = grant('', terms);

for (const outcome of [undefined, { kind: 'unknown' }] as const) {
  test(`a grant that was made without an answer (${outcome?.kind ?? 'none'}) is found by its terms`, async () => {
    const { made, list, check, journal, of, record } = await afterCrash('recreate', asked, {
      ...(outcome && { outcome }),
    });
    list(made('new', { operations: ['Decrypt', 'Encrypt'] }));
    await check();
    assert.deepEqual([record()?.accepted, record()?.grant.grantId, record()?.outcome?.kind], [true, 'new', 'listed']);
    assert.equal(journal.record(of)?.recreatedAs, 'new');
  });
}

test('it is found on a later page too', async () => {
  const { kms, made, list, check, record } = await afterCrash('create', asked);
  kms.pageSize.grants = 1;
  list(made('other', { name: 'other' }), made('new'));
  await check();
  assert.equal(record()?.grant.grantId, 'new');
});

test('a grant on other terms, from before, or that another entry knows of is not it', async () => {
  const { made, list, check, record, at } = await afterCrash('create', asked);
  list(
    made('a', { name: undefined }),
    made('b', { operations: ['Decrypt'] }),
    made('c', { retiringPrincipal: { kind: 'principal', value: 'arn:aws:iam::111122223333:root' } }),
    made('d', { granteePrincipal: { kind: 'servicePrincipal', value: 'arn:aws:iam::111122223333:role/app/Reader' } }),
    made('e', {
      constraints: { encryptionContextEquals: { a: 'b' }, encryptionContextSubset: undefined, sourceArn: undefined },
    }),
    made('f', { creationDate: new Date(at - 10 * minutes) }),
    made('old'),
  );
  await check();
  assert.deepEqual(record()?.outcome, { kind: 'notListed', afterMs: 10 * minutes });
});

test('within five minutes a grant that is not listed may still come', async () => {
  const { check, record } = await afterCrash('create', asked, { later: 4 * minutes });
  await check();
  assert.equal(record()?.outcome, undefined);
});

test('what ends a grant is followed, and not asked for here', async () => {
  const { kms, check, record } = await afterCrash('retire', grant('g1'));
  await check();
  assert.deepEqual([record()?.outcome, kms.calls], [undefined, []]);
});

test('what another window may still be waiting for is left to it', async () => {
  const { kms, clock, check, record } = await afterCrash('create', asked, { later: minutes, isRunning: true });
  await check();
  assert.deepEqual([record()?.outcome, kms.calls], [undefined, []]);
  clock.pass(10 * minutes);
  await check();
  assert.equal(record()?.outcome?.kind, 'notListed');
});

test('what a window left that has ended is asked for at once', async () => {
  const { made, list, check, record } = await afterCrash('create', asked, { later: 1 });
  list(made('new'));
  await check();
  assert.equal(record()?.outcome?.kind, 'listed');
});

test('in another account nothing is read of the key', async () => {
  const { kms, check, record } = await afterCrash('create', asked);
  kms.identity = { account: '444455556666', arn: 'arn:aws:iam::444455556666:user/ana' };
  await check();
  assert.deepEqual([record()?.outcome, kms.count('listGrants')], [undefined, 0]);
});

test('what is answered is not asked again, nor anything of another connection', async () => {
  const answered = await afterCrash('create', asked, { outcome: { kind: 'accepted', grantId: 'new' } });
  await answered.check();
  assert.deepEqual(answered.kms.calls, []);
  const { kms, journal, clock } = await afterCrash('create', asked);
  const elsewhere = openSession(kms, { kind: 'environment', region: 'eu-west-1' });
  await checkUnanswered(journal, elsewhere, clock);
  assert.deepEqual(kms.calls, []);
});

test('a read that fails leaves it open, and is thrown', async () => {
  const { kms, check, record } = await afterCrash('create', asked);
  kms.before = ({ operation }) => {
    if (operation === 'listGrants') {
      throw kmsError('accessDenied');
    }
  };
  await assert.rejects(check(), kmsError('accessDenied'));
  assert.equal(record()?.outcome, undefined);
});

for (const wrongMs of [-60 * minutes, 60 * minutes]) {
  test(`with a clock that is ${wrongMs / minutes} minutes off, dates are compared by AWS's own time`, async () => {
    const file = new FakeJournalFile();
    const clock = new FakeClock();
    const awsAt = clock.now() - wrongMs;
    const journal = new Journal(file, clock);
    const common = { connection: profileRef, account, key: key('k1'), kind: 'create', grant: asked } as const;
    const { id } = await journal.add({ ...common, awsAt });
    clock.pass(10 * minutes);
    const kms = new FakeKms();
    kms.awsNow = awsAt + 10 * minutes;
    const made = (grantId: string, date: number) =>
      grant(grantId, { ...terms, keyArn: arn, creationDate: new Date(date) });
    kms.grants.set(arn, [made('of somebody else', awsAt - 30 * minutes)]);
    const later = new Journal(file, clock);
    await checkUnanswered(later, openSession(kms), clock);
    assert.deepEqual(later.record(id)?.outcome, { kind: 'notListed', afterMs: 10 * minutes });
    const again = await journal.add({ ...common, awsAt: kms.awsNow });
    clock.pass(3 * minutes);
    kms.awsNow += 3 * minutes;
    kms.grants.set(arn, [made('ours', kms.awsNow - 3 * minutes)]);
    const last = new Journal(file, clock);
    await checkUnanswered(last, openSession(kms), clock);
    assert.deepEqual([last.record(again.id)?.grant.grantId, last.record(again.id)?.accepted], ['ours', true]);
  });
}
