import assert from 'node:assert/strict';
import test from 'node:test';
import { Journal } from '../../../../src/core/changes/journal.ts';
import type { JournalRecord } from '../../../../src/core/changes/journalRecord.ts';
import { defaultPolicy } from '../../../../src/core/changes/propagation.ts';
import type { EndedWait } from '../../../../src/core/changes/revocationRecord.ts';
import { Revocations } from '../../../../src/core/changes/revocations.ts';
import { isKind } from '../../../../src/core/kms/errors.ts';
import type { ConnectionRef } from '../../../../src/core/kms/model.ts';
import { isUnanswered } from '../../../../src/core/words/userError.ts';
import { unverified, verified } from '../../actors.ts';
import {
  acting,
  FakeClock,
  FakeJournalFile,
  FakeKms,
  failing,
  gate,
  grant,
  key,
  keyArnOf,
  kmsError,
  longest,
  openSession,
  profileRef,
  settle,
} from '../fakes.ts';

const arn = keyArnOf('k1');
const k1 = key('k1', 'alias/app');
const g1 = grant('g1');
const account = '111122223333';
const minutes = 60_000;

/** A window: the revocations over a journal that outlives it. */
function openWindow({
  clock = new FakeClock(),
  file = new FakeJournalFile(),
  policy = { ...defaultPolicy },
  journal = new Journal(file, clock),
} = {}) {
  const outcomes: EndedWait[] = [];
  const changes: string[] = [];
  const troubles: unknown[] = [];
  const revocations = new Revocations({
    journal,
    clock,
    random: longest,
    policy: () => ({ ...policy }),
    warn: (error) => troubles.push(error),
  });
  revocations.onDidChange(({ grant: { grantId } }) => changes.push(grantId));
  revocations.onDidEnd((ended) => outcomes.push(ended));
  const kinds = () => outcomes.map(({ outcome }) => outcome.kind);
  const state = (grantId = 'g1', ref = profileRef) => revocations.state(ref, k1, grantId)?.kind;
  return { revocations, journal, clock, file, outcomes, troubles, kinds, changes, state };
}

function world(options: Parameters<typeof openWindow>[0] = {}) {
  const kms = new FakeKms();
  kms.addGrants(arn, 'g1', 'g2');
  kms.revokesSlowly = true;
  return { kms, session: openSession(kms), ...openWindow(options) };
}

// The revoke, and what follows it

test('the record is kept before the revoke goes out', async () => {
  const { kms, session, revocations, file, state } = world();
  const answer = gate();
  let keptBefore: readonly JournalRecord[] = [];
  kms.before = ({ operation }) => {
    if (operation !== 'revokeGrant') {
      return undefined;
    }
    keptBefore = file.records;
    return answer.passed;
  };
  const revoked = revocations.revoke(acting(session), k1, g1);
  await settle();
  assert.deepEqual(
    keptBefore.map((record) => [record.kind, record.connection, record.key, record.grant, record.account]),
    [['revoke', profileRef, k1, g1, account]],
  );
  assert.equal(state(), 'revoking');
  answer.open();
  assert.equal(await revoked, 'accepted');
  assert.equal(file.records[0]?.accepted, true);
  assert.equal(state(), 'confirming');
  revocations.dispose();
});

test('the revoke does not go out before the record is written, nor at all when it cannot be', async () => {
  const { kms, session, revocations, file, state } = world();
  const written = gate();
  file.before = () => written.passed;
  const revoked = revocations.revoke(acting(session), k1, g1);
  await settle();
  assert.equal(kms.count('revokeGrant'), 0);
  written.open();
  await revoked;
  assert.equal(kms.count('revokeGrant'), 1);
  file.before = () => Promise.reject(new Error('disk full'));
  await assert.rejects(revocations.revoke(acting(session), k1, grant('g2')), {
    name: 'UserError',
    message: "Nothing was sent to KMS, because the history couldn't be written: disk full",
  });
  assert.deepEqual([kms.count('revokeGrant'), state('g2')], [1, undefined]);
  revocations.dispose();
});

test('a revoke names the key by its ARN, and goes out once', async () => {
  const { kms, session, revocations } = world();
  await revocations.revoke(acting(session), k1, g1);
  assert.deepEqual(
    kms.calls.filter(({ operation }) => operation === 'revokeGrant'),
    [{ operation: 'revokeGrant', keyArn: arn, grantId: 'g1', actor: verified() }],
  );
  revocations.dispose();
});

test('an accepted revoke is followed until the grant is gone, which is reported and remembered', async () => {
  const { kms, session, revocations, clock, outcomes, file, state } = world();
  await revocations.revoke(acting(session), k1, g1);
  await clock.advance(1000);
  const progress = revocations.state(profileRef, k1, 'g1');
  assert.ok(progress?.kind === 'confirming' && progress.record.accepted && progress.progress?.lastRead === 'listed');
  assert.deepEqual(
    revocations.ofKey(profileRef, arn).map(({ grant: { grantId } }) => grantId),
    ['g1'],
  );
  kms.unlist(arn, 'g1');
  await clock.advance(30_000);
  assert.deepEqual(
    outcomes.map(({ outcome }) => outcome),
    [{ kind: 'gone', afterMs: 7500 }],
  );
  assert.equal(outcomes[0]?.record.grant.grantId, 'g1');
  // A row of it is there only while a list of KMS still holds it.
  assert.equal(state(), 'confirming');
  clock.pass(16 * 60_000);
  assert.equal(state(), undefined);
  assert.deepEqual(revocations.ofKey(profileRef, arn), []);
  assert.deepEqual(file.records[0]?.outcome, { kind: 'gone', afterMs: 7500 });
});

test('a revoke that is refused is kept as refused, and is thrown; its row is as before', async () => {
  const { kms, session, revocations, clock, file, changes, state } = world();
  failing(kms, 'revokeGrant', 'accessDenied');
  await assert.rejects(revocations.revoke(acting(session), k1, g1), kmsError('accessDenied'));
  assert.equal(state(), undefined);
  assert.deepEqual(file.records[0]?.outcome, { kind: 'refused', error: 'accessDenied', message: 'accessDenied' });
  assert.equal(changes.length, 2);
  await clock.advance(minutes);
  assert.equal(kms.count('listGrants'), 0);
});

test('a second revoke that is refused leaves what is known of the first', async () => {
  const { kms, session, revocations, clock, file, state } = world();
  await revocations.revoke(acting(session), k1, g1);
  await clock.advance(6 * minutes);
  assert.equal(state(), 'unconfirmed');
  failing(kms, 'revokeGrant', 'throttled');
  await assert.rejects(revocations.revoke(acting(session), k1, g1), kmsError('throttled'));
  assert.equal(state(), 'unconfirmed');
  assert.deepEqual(
    file.records.map(({ outcome }) => outcome?.kind),
    ['refused', 'stillListed'],
  );
  const reloaded = openWindow({ clock, file });
  await reloaded.journal.ready();
  assert.equal(reloaded.state(), 'unconfirmed');
});

for (const kind of ['timeout', 'network', 'notJson', 'internal', 'dependencyTimeout', 'unknown'] as const) {
  test(`a revoke whose answer is lost (${kind}) is said to be one that may have been done, and followed`, async () => {
    const { kms, session, revocations, clock, kinds, file } = world();
    failing(kms, 'revokeGrant', kind);
    await assert.rejects(
      revocations.revoke(acting(session), k1, g1),
      (error) => isUnanswered(error) && isKind(error.cause, kind),
    );
    const state = revocations.state(profileRef, k1, 'g1');
    assert.ok(state?.kind === 'confirming' && !state.record.accepted);
    assert.deepEqual(file.records[0]?.outcome, { kind: 'unknown' });
    kms.unlist(arn, 'g1');
    await clock.advance(minutes);
    assert.deepEqual(kinds(), ['gone']);
  });
}

for (const kind of ['grantNotFound', 'invalidGrantId'] as const) {
  test(`a revoke of a grant that KMS does not know (${kind}) is followed, for it may be gone`, async () => {
    const { kms, session, revocations, clock, kinds, file } = world();
    kms.unlist(arn, 'g1');
    failing(kms, 'revokeGrant', kind);
    assert.equal(await revocations.revoke(acting(session), k1, g1), 'perhapsGone');
    const { accepted, notFound } = revocations.state(profileRef, k1, 'g1')?.record ?? assert.fail();
    assert.deepEqual([accepted, notFound], [false, true]);
    assert.deepEqual([file.records[0]?.outcome, file.records[0]?.accepted], [{ kind: 'notFound' }, false]);
    await clock.advance(minutes);
    assert.deepEqual(kinds(), ['gone']);
  });
}

test('what cannot be written after the revoke is reported, and the revoke is accepted and followed all the same', async () => {
  const { kms, session, revocations, clock, kinds, file, troubles } = world();
  file.before = (line) => {
    if (line.includes('outcome')) {
      throw new Error('disk full');
    }
  };
  assert.equal(await revocations.revoke(acting(session), k1, g1), 'accepted');
  kms.unlist(arn, 'g1');
  await clock.advance(minutes);
  assert.deepEqual(kinds(), ['gone']);
  assert.match(String(troubles[0]), /Couldn't write the outcome of the change to the history: disk full/);
  assert.equal(troubles.length, 2);
});

test('a grant that a dry run revoked is followed as an accepted revoke', async () => {
  const { kms, session, revocations, clock, kinds } = world();
  await revocations.followCompleted('revoke', acting(session), k1, g1);
  const state = revocations.state(profileRef, k1, 'g1');
  assert.ok(state?.kind === 'confirming' && state.record.accepted);
  kms.unlist(arn, 'g1');
  await clock.advance(minutes);
  assert.deepEqual(kinds(), ['gone']);
  assert.equal(kms.count('revokeGrant'), 0);
});

test('two revokes on one key share a poller, which comes to rest after both', async () => {
  const { kms, session, revocations, clock, kinds } = world();
  await revocations.revoke(acting(session), k1, g1);
  await revocations.revoke(acting(session), k1, grant('g2'));
  await clock.advance(20_000);
  assert.equal(clock.sleeping, 1);
  kms.unlist(arn, 'g1');
  kms.unlist(arn, 'g2');
  await clock.advance(minutes);
  assert.deepEqual(kinds(), ['gone', 'gone']);
  assert.equal(clock.sleeping, 0);
});

test('revokes of many grants look at all records for none of their lines', async () => {
  class CountingJournal extends Journal {
    count = 0;

    override get records(): readonly JournalRecord[] {
      this.count += 1;
      return super.records;
    }
  }
  const clock = new FakeClock();
  const file = new FakeJournalFile();
  const journal = new CountingJournal(file, clock);
  const { kms, session, revocations, kinds } = world({ clock, file, journal });
  kms.revokesSlowly = false;
  await journal.ready();
  const before = journal.count;
  const ids = Array.from({ length: 20 }, (_, index) => `many-${index}`);
  kms.addGrants(arn, ...ids);
  for (const id of ids) {
    await revocations.revoke(acting(session), k1, grant(id));
  }
  await clock.advance(minutes);
  assert.equal(kinds().length, ids.length);
  assert.equal(journal.count - before, 0);
});

test('after one grant of a key is gone, the wait for the other can still be stopped', async () => {
  const { kms, session, revocations, clock, kinds } = world();
  await revocations.revoke(acting(session), k1, g1);
  await revocations.revoke(acting(session), k1, grant('g2'));
  kms.unlist(arn, 'g1');
  await clock.advance(minutes);
  assert.deepEqual(kinds(), ['gone']);
  revocations.stopWaiting(profileRef, k1, 'g2');
  await settle();
  assert.deepEqual(kinds(), ['gone', 'stopped']);
});

test('the next wait on a key goes by the settings as they are then', async () => {
  const policy = { ...defaultPolicy };
  const { kms, session, revocations, clock, kinds } = world({ policy });
  await revocations.revoke(acting(session), k1, g1);
  kms.unlist(arn, 'g1');
  await clock.advance(minutes);
  policy.timeoutMs = 10_000;
  await revocations.revoke(acting(session), k1, grant('g2'));
  await clock.advance(20_000);
  assert.deepEqual(kinds(), ['gone', 'timedOut']);
});

test('revoking a grant twice at once follows it once, and reports one end', async () => {
  const { kms, session, revocations, clock, kinds, state } = world();
  await Promise.all([revocations.revoke(acting(session), k1, g1), revocations.revoke(acting(session), k1, g1)]);
  await clock.advance(1000);
  assert.equal(state(), 'confirming');
  kms.unlist(arn, 'g1');
  await clock.advance(minutes);
  assert.deepEqual(kinds(), ['gone']);
});

test('of two revokes at once that are both refused, none stays under way', async () => {
  const { kms, session, revocations, state } = world();
  const answers = [gate(), gate()];
  let asked = 0;
  kms.before = async ({ operation }) => {
    if (operation === 'revokeGrant') {
      asked += 1;
      await answers[asked - 1]?.passed;
      throw kmsError('accessDenied');
    }
  };
  const revokes = answers.map(() => assert.rejects(revocations.revoke(acting(session), k1, g1)));
  await settle();
  for (const [index, answer] of answers.entries()) {
    answer.open();
    await revokes[index];
  }
  assert.equal(state(), undefined);
});

test('revokes on many keys listen once to the end of their session', async () => {
  const { session, revocations, clock } = world();
  let listeners = 0;
  const { closed } = session;
  const { addEventListener } = closed;
  closed.addEventListener = (...listener: Parameters<typeof addEventListener>) => {
    listeners += 1;
    addEventListener.apply(closed, listener);
  };
  session.api.revokeGrant = async () => {};
  for (let index = 0; index < 20; index += 1) {
    await revocations.revoke(acting(session), key(`k${index}`), grant('g9'));
  }
  await clock.advance(1000);
  assert.equal(listeners, 1);
});

test('the newest revokes of a key come first', async () => {
  const { session, revocations, clock } = world();
  await revocations.revoke(acting(session), k1, g1);
  await clock.advance(10);
  await revocations.revoke(acting(session), k1, grant('g2'));
  assert.deepEqual(
    revocations.ofKey(profileRef, arn).map((record) => record.grant.grantId),
    ['g2', 'g1'],
  );
  assert.deepEqual(revocations.ofKey(profileRef, keyArnOf('k2')), []);
  assert.deepEqual(revocations.ofKey({ kind: 'environment', region: 'eu-west-1' }, arn), []);
  revocations.dispose();
});

// The end of a wait without the grant being gone

test('a grant still listed after five minutes is unconfirmed, and stays so over a reload', async () => {
  const { session, revocations, clock, file, outcomes, state } = world();
  await revocations.revoke(acting(session), k1, g1);
  await clock.advance(6 * minutes);
  assert.deepEqual(
    outcomes.map(({ outcome }) => outcome.kind),
    ['timedOut'],
  );
  assert.equal(state(), 'unconfirmed');
  const reloaded = openWindow({ clock, file });
  await reloaded.journal.ready();
  assert.equal(reloaded.state(), 'unconfirmed');
  await reloaded.revocations.resume(session);
  await clock.advance(minutes);
  assert.deepEqual(reloaded.kinds(), []);
});

test('a wait that is stopped leaves the grant unconfirmed; checking again takes a full new limit', async () => {
  const { kms, session, revocations, clock, kinds, state } = world();
  await revocations.revoke(acting(session), k1, g1);
  await clock.advance(4 * minutes);
  revocations.stopWaiting(profileRef, k1, 'g1');
  await settle();
  assert.deepEqual(kinds(), ['stopped']);
  assert.equal(state(), 'unconfirmed');
  const reads = kms.count('listGrants');
  await clock.advance(20 * minutes);
  assert.equal(kms.count('listGrants'), reads);

  revocations.checkAgain(session, k1, 'g1');
  await clock.advance(4 * minutes);
  assert.equal(state(), 'confirming');
  kms.unlist(arn, 'g1');
  await clock.advance(3 * minutes);
  assert.deepEqual(kinds(), ['stopped', 'gone']);
});

test('checking again does nothing while a wait goes on, or for a grant that nobody revoked', async () => {
  const { kms, session, revocations, clock } = world();
  await revocations.revoke(acting(session), k1, g1);
  await clock.advance(1000);
  const reads = kms.count('listGrants');
  revocations.checkAgain(session, k1, 'g1');
  revocations.checkAgain(session, k1, 'g2');
  revocations.stopWaiting(profileRef, k1, 'g2');
  await settle();
  assert.equal(kms.count('listGrants'), reads);
  revocations.dispose();
});

// A reload, or another connection, in between

test('after a reload the wait is taken up by the next session of the same account', async () => {
  const { kms, session, revocations, clock, file } = world();
  await revocations.revoke(acting(session), k1, g1);
  await clock.advance(5000);
  revocations.dispose();
  session.close();

  const reloaded = openWindow({ clock, file });
  await reloaded.journal.ready();
  assert.equal(reloaded.state(), 'confirming');
  assert.equal(reloaded.revocations.ofKey(profileRef, arn)[0]?.grant.grantId, 'g1');
  kms.unlist(arn, 'g1');
  await clock.advance(5000);
  await reloaded.revocations.resume(openSession(kms));
  await clock.advance(1500);
  assert.deepEqual(
    reloaded.outcomes.map(({ outcome }) => outcome),
    [{ kind: 'gone', afterMs: 11_500 }],
  );
  assert.equal(kms.count('revokeGrant'), 1);
});

test('a revoke whose answer a reload cut off is followed, not sent again', async () => {
  const { kms, session, revocations, clock, file } = world();
  kms.before = ({ operation }) => (operation === 'revokeGrant' ? new Promise(() => {}) : undefined);
  void revocations.revoke(acting(session), k1, g1).catch(() => {});
  await settle();

  const reloaded = openWindow({ clock, file });
  await reloaded.revocations.resume(openSession(kms));
  kms.unlist(arn, 'g1');
  await clock.advance(minutes);
  assert.deepEqual(reloaded.kinds(), ['gone']);
  assert.equal(reloaded.outcomes[0]?.record.accepted, false);
  assert.equal(kms.count('revokeGrant'), 1);
});

test('a wait is not taken up when the profile leads to another account in the meantime', async () => {
  const { session, revocations, clock, file } = world();
  await revocations.revoke(acting(session), k1, g1);
  revocations.dispose();

  const other = new FakeKms();
  other.identity = { account: '444455556666', arn: 'arn:aws:iam::444455556666:user/ana' };
  const reloaded = openWindow({ clock, file });
  await reloaded.revocations.resume(openSession(other));
  await clock.advance(minutes);
  assert.deepEqual(reloaded.kinds(), ['otherAccount']);
  await reloaded.revocations.resume(openSession(other));
  assert.deepEqual(reloaded.kinds(), ['otherAccount'], 'renewed credentials of that account say nothing new');
  assert.equal(other.count('listGrants'), 0);
  assert.equal(file.records[0]?.outcome?.kind, 'accepted');
});

test('a wait whose account was not known is taken up', async () => {
  const { kms, session, revocations, clock, file } = world();
  await revocations.revoke(acting(session, unverified), k1, g1);
  revocations.dispose();
  kms.unlist(arn, 'g1');
  const reloaded = openWindow({ clock, file });
  await reloaded.revocations.resume(openSession(kms));
  await clock.advance(minutes);
  assert.deepEqual(reloaded.kinds(), ['gone']);
});

test('a session of another profile or Region takes up nothing, and asks nobody who it is', async () => {
  const { kms, session, revocations, clock, file } = world();
  await revocations.revoke(acting(session), k1, g1);
  revocations.dispose();
  const reloaded = openWindow({ clock, file });
  const others: ConnectionRef[] = [
    { kind: 'profile', profile: 'prod', region: 'eu-west-1' },
    { kind: 'profile', profile: 'dev', region: 'us-east-1' },
    { kind: 'environment', region: 'eu-west-1' },
  ];
  for (const ref of others) {
    await reloaded.revocations.resume(openSession(kms, ref));
  }
  assert.equal(kms.count('callerIdentity'), 0);
  await clock.advance(minutes);
  assert.deepEqual(reloaded.kinds(), []);
});

test('without knowing the account no wait is taken up: the grant is unconfirmed, and can be checked again', async () => {
  const { kms, session, revocations, clock, file } = world();
  await revocations.revoke(acting(session), k1, g1);
  revocations.dispose();
  failing(kms, 'callerIdentity', 'network');
  const reloaded = openWindow({ clock, file });
  const next = openSession(kms);
  await assert.rejects(reloaded.revocations.resume(next), kmsError('network'));
  assert.equal(reloaded.state(), 'unconfirmed');
  kms.unlist(arn, 'g1');
  reloaded.revocations.checkAgain(next, k1, 'g1');
  await clock.advance(minutes);
  assert.deepEqual(reloaded.kinds(), ['gone']);
});

test('a grant that was seen gone before the reload is not followed again', async () => {
  const { kms, session, revocations, clock, file, kinds } = world();
  await revocations.revoke(acting(session), k1, g1);
  kms.unlist(arn, 'g1');
  await clock.advance(minutes);
  assert.deepEqual(kinds(), ['gone']);
  const reads = kms.count('listGrants');

  const reloaded = openWindow({ clock, file });
  await reloaded.revocations.resume(openSession(kms));
  await clock.advance(minutes);
  assert.deepEqual(reloaded.kinds(), []);
  assert.equal(kms.count('listGrants'), reads);
});

test('a session that closes in between keeps the record, and the next session takes the wait up', async () => {
  const { kms, session, revocations, clock, file, kinds, state } = world();
  await revocations.revoke(acting(session), k1, g1);
  await clock.advance(5000);
  session.close();
  await settle();
  assert.deepEqual(kinds(), []);
  assert.equal(file.records[0]?.outcome?.kind, 'accepted');
  assert.equal(state(), 'confirming');
  const reads = kms.count('listGrants');
  await clock.advance(minutes);
  assert.equal(kms.count('listGrants'), reads);

  await revocations.resume(openSession(kms));
  kms.unlist(arn, 'g1');
  await clock.advance(minutes);
  assert.deepEqual(kinds(), ['gone']);
});

test('a session that closes while the revoke is under way throws, and the next session takes the wait up', async () => {
  const { kms, session, revocations, clock, file, kinds } = world();
  kms.before = ({ operation }) => (operation === 'revokeGrant' ? new Promise(() => {}) : undefined);
  const revoked = revocations.revoke(acting(session), k1, g1);
  await settle();
  session.close();
  await assert.rejects(revoked, isUnanswered);
  assert.equal(file.records[0]?.accepted, false);

  await revocations.resume(openSession(kms));
  kms.unlist(arn, 'g1');
  await clock.advance(minutes);
  assert.deepEqual(kinds(), ['gone']);
});

test('an answer that comes after the session closed is kept, and the next session takes the wait up', async () => {
  const { kms, session, revocations, clock, file, kinds } = world();
  const late = gate();
  kms.revokeGrant = () => late.passed;
  const revoked = revocations.revoke(acting(session), k1, g1);
  await settle();
  session.close();
  late.open();
  assert.equal(await revoked, 'accepted');
  assert.equal(file.records[0]?.accepted, true);

  await revocations.resume(openSession(kms));
  kms.unlist(arn, 'g1');
  await clock.advance(minutes);
  assert.deepEqual(kinds(), ['gone']);
});

test('a session that opens while the answer of the last one is being written takes the wait up', async () => {
  const { kms, session, revocations, journal, clock, file, kinds } = world();
  await journal.ready();
  const suspended: string[] = [];
  revocations.onDidSuspend((record) => suspended.push(record.grant.grantId));
  kms.before = ({ operation }) => (operation === 'revokeGrant' ? new Promise(() => {}) : undefined);
  const revoked = revocations.revoke(acting(session), k1, g1);
  await settle();
  const written = gate();
  file.before = () => written.passed;
  session.close();
  await settle();
  const resumed = revocations.resume(openSession(kms));
  await settle();
  written.open();
  await assert.rejects(revoked, isUnanswered);
  await resumed;
  assert.deepEqual(suspended, ['g1']);
  kms.unlist(arn, 'g1');
  await clock.advance(minutes);
  assert.deepEqual(kinds(), ['gone']);
});

test('a wait that a list takes up while others are is taken up once', async () => {
  const { kms, session, revocations, clock, file } = world();
  await revocations.revoke(acting(session), k1, g1);
  await revocations.revoke(acting(session), k1, grant('g2'));
  revocations.dispose();

  const reloaded = openWindow({ clock, file });
  await reloaded.journal.ready();
  const written = gate();
  file.before = () => written.passed;
  const next = { ...openSession(kms), knownIdentity: kms.identity };
  const resumed = reloaded.revocations.resume(next);
  await settle();
  const list = { listed: new Set(['g1', 'g2']), isComplete: true, began: clock.monotonic() };
  const listed = reloaded.revocations.reconcile(next, arn, list);
  await settle();
  written.open();
  await Promise.all([resumed, listed]);
  assert.deepEqual([reloaded.state('g1'), reloaded.state('g2'), reloaded.kinds()], ['confirming', 'confirming', []]);
  reloaded.revocations.dispose();
});

test('what another window learns while a list is applied is not followed by this one', async () => {
  const { kms, session, revocations, journal, clock, file, state } = world();
  kms.addGrants(arn, 'g3');
  await journal.ready();
  kms.before = ({ operation }) => {
    if (operation === 'listGrants') {
      throw kmsError('network');
    }
  };
  for (const grantId of ['g1', 'g2', 'g3']) {
    await revocations.revoke(acting(session), k1, grant(grantId));
  }
  await clock.advance(15 * minutes);
  assert.equal(state('g3'), 'unconfirmed');
  kms.before = () => undefined;
  const other = openWindow({ clock, file });
  const last = file.records.find((record) => record.grant.grantId === 'g3');
  const written = gate();
  file.before = () => written.passed;
  const list = { listed: new Set(['g1', 'g2', 'g3']), isComplete: true, began: clock.monotonic() };
  const applied = revocations.reconcile(session, arn, list);
  await settle();
  const gone = { kind: 'gone', afterMs: 1 };
  file.lines.push(
    JSON.stringify({ v: 1, id: last?.id, at: clock.now(), by: other.journal.owner, n: 1, outcome: gone }),
  );
  await file.notify();
  written.open();
  await applied;
  assert.deepEqual(
    file.history.filter((kind) => kind === 'followed'),
    ['followed', 'followed'],
  );
  revocations.dispose();
});

test('sample data is followed and kept in memory, but never written', async () => {
  const { kms, revocations, journal, clock, file, kinds } = world();
  const sample = openSession(kms, { kind: 'sample' }, { kind: 'sample' });
  await revocations.revoke(acting(sample), k1, g1);
  await revocations.followCompleted('revoke', acting(sample), k1, grant('g2'));
  kms.unlist(arn, 'g1');
  await clock.advance(6 * minutes);
  assert.deepEqual(kinds(), ['gone', 'timedOut']);
  failing(kms, 'revokeGrant', 'accessDenied');
  await assert.rejects(revocations.revoke(acting(sample), k1, g1));
  assert.deepEqual(file.lines, []);
  assert.equal(journal.records.length, 3);
});

test('disposing stops the reads, reports no end and keeps the record', async () => {
  const { kms, session, revocations, clock, file, kinds } = world();
  await revocations.revoke(acting(session), k1, g1);
  await clock.advance(1000);
  const reads = kms.count('listGrants');
  revocations.dispose();
  await clock.advance(minutes);
  assert.equal(kms.count('listGrants'), reads);
  assert.deepEqual(kinds(), []);
  assert.equal(file.records[0]?.outcome?.kind, 'accepted');
});

// Fresh lists

test('an unconfirmed grant is done with when three complete lists in a row do not hold it', async () => {
  const { session, revocations, clock, file, state } = world();
  await revocations.revoke(acting(session), k1, g1);
  await clock.advance(6 * minutes);
  await revocations.reconcile(session, arn, { listed: new Set(['g1']), isComplete: true, began: clock.monotonic() });
  assert.equal(state(), 'unconfirmed', 'listed');
  await revocations.reconcile(session, arn, { listed: new Set(), isComplete: false, began: clock.monotonic() });
  assert.equal(state(), 'unconfirmed', 'not listed so far, and there is more');
  await revocations.reconcile(session, keyArnOf('k2'), {
    listed: new Set(),
    isComplete: true,
    began: clock.monotonic(),
  });
  assert.equal(state(), 'unconfirmed', 'another key');
  await revocations.reconcile(openSession(new FakeKms(), { kind: 'sample' }), arn, {
    listed: new Set(),
    isComplete: true,
    began: clock.monotonic(),
  });
  assert.equal(state(), 'unconfirmed', 'another connection');
  for (const lists of [1, 2]) {
    await revocations.reconcile(session, arn, { listed: new Set(), isComplete: true, began: clock.monotonic() });
    assert.equal(state(), 'unconfirmed', `after ${lists}: one list may lag behind`);
    await clock.advance(1);
  }
  await revocations.reconcile(session, arn, { listed: new Set(), isComplete: true, began: clock.monotonic() });
  assert.deepEqual(revocations.ofKey(profileRef, arn), []);
  assert.equal(file.records[0]?.outcome?.kind, 'dismissed');
});

test('a list that began before the revoke, or before its last read, confirms nothing, however often it is shown', async () => {
  const { session, revocations, clock, file, state } = world();
  const old = { listed: new Set<string>(), isComplete: true, began: clock.monotonic() };
  await clock.advance(1000);
  await revocations.revoke(acting(session), k1, g1);
  await clock.advance(2000);
  const during = { ...old, began: clock.monotonic() };
  await clock.advance(minutes);
  revocations.stopWaiting(profileRef, k1, 'g1');
  await settle();
  for (const list of [old, old, old, during, during, during]) {
    await revocations.reconcile(session, arn, list);
  }
  assert.equal(state(), 'unconfirmed');
  assert.equal(file.records[0]?.outcome?.kind, 'stopped');
});

test('one list that is shown again and again counts once', async () => {
  const { session, revocations, clock, state } = world();
  await revocations.revoke(acting(session), k1, g1);
  await clock.advance(6 * minutes);
  const list = { listed: new Set<string>(), isComplete: true, began: clock.monotonic() };
  for (let shown = 0; shown < 10; shown += 1) {
    await revocations.reconcile(session, arn, list);
    await clock.advance(1);
  }
  assert.equal(state(), 'unconfirmed');
});

test('a grant that later lists do not hold, and one holds again, is followed again', async () => {
  const { kms, session, revocations, clock, file, kinds, state } = world();
  await revocations.revoke(acting(session), k1, g1);
  await clock.advance(minutes);
  revocations.stopWaiting(profileRef, k1, 'g1');
  await settle();
  const lists = async (...listed: readonly string[]) => {
    await clock.advance(1);
    await revocations.reconcile(session, arn, {
      listed: new Set(listed),
      isComplete: true,
      began: clock.monotonic(),
    });
  };
  await lists();
  await lists();
  await lists('g1');
  await lists();
  await lists();
  assert.equal(state(), 'unconfirmed', 'a list in between held it');
  await lists();
  assert.equal(file.records[0]?.outcome?.kind, 'dismissed');
  assert.deepEqual(revocations.ofKey(profileRef, arn), []);
  await lists('g1');
  assert.equal(state(), 'confirming');
  assert.equal(file.records[0]?.outcome?.kind, 'reappeared');
  kms.unlist(arn, 'g1');
  await clock.advance(minutes);
  assert.deepEqual(kinds(), ['stopped', 'gone']);
});

test('a list of another window that is older than the end of a revoke does not undo it', async () => {
  const { kms, session, revocations, clock, file } = world();
  const other = openWindow({ clock, file });
  await other.journal.ready();
  const old = { listed: new Set(['g1']), isComplete: true, began: clock.monotonic() };
  await clock.advance(1000);
  await revocations.revoke(acting(session), k1, g1);
  kms.unlist(arn, 'g1');
  await clock.advance(minutes);
  await file.notify();
  await other.revocations.reconcile(session, arn, old);
  assert.equal(file.records[0]?.outcome?.kind, 'gone');
  assert.ok(!file.history.includes('followed') && !file.history.includes('reappeared'));
});

test('a wall clock that is set by an hour changes neither what is said nor how long it takes', async () => {
  for (const byMs of [-60 * minutes, 60 * minutes]) {
    const { kms, session, revocations, clock, outcomes, state } = world();
    await revocations.revoke(acting(session), k1, g1);
    await clock.advance(20_000);
    clock.setWall(byMs);
    await clock.advance(20_000);
    kms.unlist(arn, 'g1');
    await clock.advance(2 * minutes);
    const outcome = outcomes[0]?.outcome;
    assert.ok(outcome?.kind === 'gone' && outcome.afterMs > 40_000 && outcome.afterMs < 2 * minutes, String(byMs));
    // It is remembered for as long as ever.
    await revocations.reconcile(session, arn, {
      listed: new Set(['g1']),
      isComplete: true,
      began: clock.monotonic(),
    });
    assert.equal(state(), 'confirming');
    revocations.dispose();
  }
});

test('a wait that is taken up after the clock was set is neither ended at once nor for ever', async () => {
  for (const byMs of [-60 * minutes, 24 * 60 * minutes]) {
    const { kms, session, revocations, clock, file } = world();
    await revocations.revoke(acting(session), k1, g1);
    revocations.dispose();
    clock.setWall(byMs);
    const reloaded = openWindow({ clock, file });
    await reloaded.revocations.resume(session);
    await clock.advance(minutes);
    assert.equal(reloaded.state(), 'confirming');
    kms.unlist(arn, 'g1');
    await clock.advance(6 * minutes);
    assert.deepEqual(reloaded.kinds(), ['gone'], String(byMs));
  }
});

test('while KMS can not be reached nothing is said of a grant, and later a row says that it could not be checked', async () => {
  const { kms, session, revocations, clock, file, outcomes, state } = world();
  await revocations.revoke(acting(session), k1, g1);
  await clock.advance(30_000);
  failing(kms, 'listGrants', 'network');
  await clock.advance(4 * minutes);
  assert.equal(outcomes.length, 0);
  await clock.advance(5 * minutes);
  const outcome = outcomes[0]?.outcome;
  assert.ok(outcome?.kind === 'unread' && outcome.lastRead === 'listed' && outcome.trouble === 'network');
  assert.ok(outcome.afterMs <= 30_000, 'it says when KMS last answered');
  assert.equal(file.records[0]?.outcome?.kind, 'unread');
  assert.equal(state(), 'unconfirmed');
});

test('a list that could not be read is no answer of KMS, and begins no new wait', async () => {
  const { kms, session, revocations, clock, state } = world();
  await revocations.revoke(acting(session), k1, g1);
  failing(kms, 'listGrants', 'network');
  await clock.advance(20 * minutes);
  assert.equal(state(), 'unconfirmed');
  const list = { listed: new Set<string>(), isComplete: false, began: clock.monotonic() };
  await revocations.reconcile(session, arn, list);
  assert.equal(state(), 'unconfirmed');
  await revocations.reconcile(session, arn, { ...list, isComplete: true });
  assert.equal(state(), 'confirming');
  revocations.dispose();
});

test('a read whose pages never end is given up, and the next one is made', async () => {
  const { kms, session, revocations, clock, state } = world();
  let isStuck = true;
  kms.before = (call) => (call.operation === 'listGrants' && isStuck ? new Promise<void>(() => {}) : undefined);
  await revocations.revoke(acting(session), k1, g1);
  await clock.advance(30_000);
  assert.equal(kms.count('listGrants'), 1);
  await clock.advance(minutes);
  assert.ok(kms.count('listGrants') > 1);
  isStuck = false;
  assert.equal(state(), 'confirming');
  revocations.dispose();
});

test('Stop Waiting ends a read that is under way', async () => {
  const { kms, session, revocations } = world();
  const signals: AbortSignal[] = [];
  kms.before = (call, signal) => {
    if (call.operation !== 'listGrants') {
      return undefined;
    }
    signals.push(signal);
    return new Promise<void>(() => {});
  };
  await revocations.revoke(acting(session), k1, g1);
  await settle();
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [false],
  );
  revocations.stopWaiting(profileRef, k1, 'g1');
  assert.equal(signals[0]?.aborted, true);
});

test('nobody follows a revoke that was refused after another window had taken it up', async () => {
  const { kms, session, revocations, clock, file } = world();
  const answer = gate();
  kms.before = ({ operation }) => {
    if (operation !== 'revokeGrant') {
      return undefined;
    }
    return answer.passed.then(() => {
      throw kmsError('accessDenied');
    });
  };
  const revoked = assert.rejects(revocations.revoke(acting(session), k1, g1), kmsError('accessDenied'));
  await settle();
  const other = openWindow({ clock, file });
  await other.revocations.resume(session);
  assert.equal(other.state(), 'confirming');
  answer.open();
  await revoked;
  await file.notify();
  assert.equal(other.state(), undefined);
  const reads = kms.count('listGrants');
  await clock.advance(minutes);
  assert.equal(kms.count('listGrants'), reads);
  assert.equal(file.records[0]?.outcome?.kind, 'refused');
});

test('a list says nothing about a grant whose wait goes on', async () => {
  const { session, revocations, clock, state } = world();
  await revocations.revoke(acting(session), k1, g1);
  await clock.advance(1000);
  await revocations.reconcile(session, arn, { listed: new Set(), isComplete: true, began: clock.monotonic() });
  assert.equal(state(), 'confirming');
  revocations.dispose();
});

test('a grant that was seen gone and is listed again is followed again', async () => {
  const { kms, session, revocations, clock, file, kinds, state } = world();
  await revocations.revoke(acting(session), k1, g1);
  kms.unlist(arn, 'g1');
  await clock.advance(minutes);
  kms.addGrants(arn, 'g1');
  await clock.advance(5 * minutes);
  await revocations.reconcile(session, arn, { listed: new Set(['g1']), isComplete: false, began: clock.monotonic() });
  assert.equal(state(), 'confirming');
  assert.equal(file.records[0]?.outcome?.kind, 'reappeared');
  await clock.advance(minutes);
  assert.deepEqual(kinds(), ['gone'], 'it has a full new limit');
  kms.unlist(arn, 'g1');
  await clock.advance(minutes);
  assert.deepEqual(kinds(), ['gone', 'gone']);
});

test('after a quarter of an hour a grant that was seen gone is forgotten, and stays in the journal', async () => {
  const { kms, session, revocations, clock, file, state } = world();
  await revocations.revoke(acting(session), k1, g1);
  kms.unlist(arn, 'g1');
  await clock.advance(minutes);
  await clock.advance(15 * minutes);
  await revocations.reconcile(session, arn, { listed: new Set(['g1']), isComplete: true, began: clock.monotonic() });
  assert.equal(state(), undefined);
  assert.equal(file.records[0]?.outcome?.kind, 'gone');
});

test('a grant that was seen gone is remembered over a reload', async () => {
  const { kms, session, revocations, clock, file } = world();
  await revocations.revoke(acting(session), k1, g1);
  kms.unlist(arn, 'g1');
  await clock.advance(10 * minutes);
  const reloaded = openWindow({ clock, file });
  await reloaded.revocations.reconcile(session, arn, {
    listed: new Set(['g1']),
    isComplete: true,
    began: clock.monotonic(),
  });
  assert.equal(reloaded.state(), 'confirming');
  reloaded.revocations.dispose();
});

test('what earlier revokes of a grant left open ends when the grant is gone', async () => {
  const { kms, session, revocations, clock, file } = world();
  await revocations.revoke(acting(session), k1, g1);
  await clock.advance(6 * minutes);
  await revocations.revoke(acting(session), k1, g1);
  kms.unlist(arn, 'g1');
  await clock.advance(minutes);
  assert.deepEqual(
    file.records.map(({ outcome }) => outcome?.kind),
    ['gone', 'dismissed'],
  );
});

// Several windows

test('a revoke of another window is shown here, and its end too', async () => {
  const { kms, session, revocations, clock, file } = world();
  const other = openWindow({ clock, file });
  await other.journal.ready();
  assert.equal(other.state(), undefined);
  await revocations.revoke(acting(session), k1, g1);
  await file.notify();
  assert.equal(other.state(), 'confirming');
  kms.unlist(arn, 'g1');
  await clock.advance(minutes);
  await file.notify();
  assert.deepEqual(other.revocations.ofKey(profileRef, arn), []);
  assert.deepEqual([other.kinds(), other.changes], [[], ['g1', 'g1']]);
});

test('Stop Waiting ends what this window shows of the wait of another one, which goes on there', async () => {
  const { kms, session, revocations, clock, file, state, kinds } = world();
  const other = openWindow({ clock, file });
  await other.journal.ready();
  await revocations.revoke(acting(session), k1, g1);
  await file.notify();
  other.revocations.stopWaiting(profileRef, k1, 'g1');
  await file.notify();
  assert.deepEqual([state(), other.state()], ['confirming', 'unconfirmed']);
  kms.unlist(arn, 'g1');
  await clock.advance(minutes);
  await file.notify();
  assert.deepEqual([kinds(), other.revocations.ofKey(profileRef, arn)], [['gone'], []]);
});

test('a wait of another window that reported no end within its limit can be checked again here', async () => {
  const { kms, session, revocations, clock, file } = world();
  const other = openWindow({ clock, file });
  await other.journal.ready();
  await revocations.revoke(acting(session), k1, g1);
  revocations.dispose();
  await file.notify();
  await clock.advance(5 * minutes);
  assert.equal(other.state(), 'confirming');
  await clock.advance(7 * minutes);
  assert.equal(other.state(), 'unconfirmed');
  kms.unlist(arn, 'g1');
  other.revocations.checkAgain(session, k1, 'g1');
  await clock.advance(minutes);
  assert.deepEqual(other.kinds(), ['gone']);
});

test('what another window writes does not disturb the wait of this one', async () => {
  const { kms, session, revocations, journal, clock, file, kinds, state } = world();
  await journal.ready();
  await revocations.revoke(acting(session), k1, g1);
  const other = openWindow({ clock, file });
  await other.journal.addOutcome(file.records[0]?.id ?? '', { kind: 'stopped', lastRead: 'listed' });
  await file.notify();
  assert.equal(state(), 'confirming');
  kms.unlist(arn, 'g1');
  await clock.advance(minutes);
  assert.deepEqual(kinds(), ['gone']);
});

test('a journal that cannot be read hides no list of grants, and lets no revoke go out', async () => {
  const { kms, session, revocations, clock, file, troubles } = world();
  file.beforeRead = () => Promise.reject(new Error('EACCES'));
  await revocations.reconcile(session, arn, { listed: new Set(['g1']), isComplete: true, began: clock.monotonic() });
  assert.match(String(troubles[0]), /Couldn't read the history: EACCES/);
  file.before = () => Promise.reject(new Error('EACCES'));
  await assert.rejects(revocations.revoke(acting(session), k1, g1), /Nothing was sent/);
  assert.equal(kms.count('revokeGrant'), 0);
});

// Retirements

test('a retirement goes out as such, and is kept and followed like a revoke', async () => {
  const { kms, session, revocations, clock, outcomes, file, state } = world();
  assert.equal(await revocations.retire(acting(session), k1, g1), 'accepted');
  assert.deepEqual([kms.count('retireGrant'), kms.count('revokeGrant')], [1, 0]);
  assert.deepEqual([file.records[0]?.kind, file.records[0]?.grant], ['retire', g1]);
  assert.deepEqual([state(), revocations.state(profileRef, k1, 'g1')?.record.kind], ['confirming', 'retire']);
  kms.unlist(arn, 'g1');
  await clock.advance(minutes);
  assert.deepEqual(
    outcomes.map(({ record, outcome }) => [record.kind, outcome.kind]),
    [['retire', 'gone']],
  );
  assert.equal(file.records[0]?.outcome?.kind, 'gone');
});

for (const later of [0, 10 * minutes]) {
  test(`a retirement that a reload cut off is taken up ${later / minutes} minutes later, and not sent again`, async () => {
    const before = world();
    const answer = gate();
    before.kms.before = ({ operation }) => (operation === 'retireGrant' ? answer.passed : Promise.resolve());
    void before.revocations.retire(acting(before.session), k1, g1).catch(() => {});
    await settle();
    before.revocations.dispose();
    before.kms.before = () => {};
    before.clock.pass(later);
    const after = openWindow({ clock: before.clock, file: before.file });
    await after.revocations.resume(openSession(before.kms));
    assert.equal(after.revocations.state(profileRef, k1, 'g1')?.record.kind, 'retire');
    before.kms.unlist(arn, 'g1');
    await after.clock.advance(6 * minutes);
    assert.deepEqual(after.kinds(), ['gone']);
    assert.equal(before.kms.count('retireGrant'), 1);
  });
}

const retiredBy = (grantId: string, value: string) =>
  grant(grantId, { retiringPrincipal: { kind: 'principal', value } });

test('a grant whose key may not be listed is looked for in what its retiring principal can retire', async () => {
  const { kms, session, revocations, clock, kinds } = world();
  const retired = retiredBy('g1', 'janitor');
  kms.grants.set(arn, [retired]);
  failing(kms, 'listGrants', 'accessDenied');
  await revocations.retire(acting(session), k1, retired);
  await clock.advance(minutes);
  assert.deepEqual(kinds(), []);
  assert.ok(kms.count('listRetirableGrants') > 0);
  kms.unlist(arn, 'g1');
  await clock.advance(minutes);
  assert.deepEqual(kinds(), ['gone']);
});
