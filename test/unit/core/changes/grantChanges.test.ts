import assert from 'node:assert/strict';
import test from 'node:test';
import { isSignInCancelled, signInCancelledError } from '../../../../src/core/base/abort.ts';
import {
  createGrant,
  dryRunCreate,
  existedBefore,
  recordCreatedByDryRun,
  recordListedOutcome,
  waitUntilListed,
} from '../../../../src/core/changes/grantChanges.ts';
import { Journal } from '../../../../src/core/changes/journal.ts';
import type { JournalRecord } from '../../../../src/core/changes/journalRecord.ts';
import { defaultPolicy } from '../../../../src/core/changes/propagation.ts';
import { planRecreate } from '../../../../src/core/changes/recreate.ts';
import { isKind, type KmsErrorKind } from '../../../../src/core/kms/errors.ts';
import { isUnanswered, isUserError } from '../../../../src/core/words/userError.ts';
import {
  acting,
  createInput,
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

const keyArn = keyArnOf('k1');
const never = new AbortController().signal;
const custom = { kind: 'custom', url: 'http://127.0.0.1:4566' } as const;
const input = createInput();

function failing(kms: FakeKms, operation: string, kind: KmsErrorKind): void {
  kms.before = (call) => {
    if (call.operation === operation) {
      throw kmsError(kind);
    }
  };
}

test('a grant that waits for an MFA code that is not given is not made, and no outcome is unknown', async () => {
  const kms = new FakeKms();
  kms.before = (call) => {
    if (call.operation === 'createGrant') {
      throw signInCancelledError();
    }
  };
  const file = new FakeJournalFile();
  const journal = new Journal(file, new FakeClock());
  const warn = (error: unknown) => assert.fail(String(error));
  const creating = createGrant({ journal, warn }, acting(openSession(kms)), { key: key('k1'), input });
  await assert.rejects(creating, isSignInCancelled);
  assert.deepEqual(
    journal.records.map(({ outcome }) => outcome?.kind),
    ['refused'],
  );
});

test('KMS is asked by dry run whether it would make the grant', async () => {
  const kms = new FakeKms();
  assert.equal(await dryRunCreate(openSession(kms), input, never), 'allowed');
  kms.dryRunCreateAnswer = 'created';
  assert.equal(await dryRunCreate(openSession(kms, { kind: 'sample' }, { kind: 'sample' }), input, never), 'created');
  failing(kms, 'dryRunCreateGrant', 'accessDenied');
  await assert.rejects(dryRunCreate(openSession(kms), input, never), (error) => isKind(error, 'accessDenied'));
});

test('a custom endpoint is never sent a dry run of a new grant, which it may take for the real thing', async () => {
  const kms = new FakeKms();
  assert.equal(await dryRunCreate(openSession(kms, undefined, custom), input, never), 'notAsked');
  assert.equal(kms.calls.length, 0);
});

// Making a grant

const account = '111122223333';
const k1 = key('k1', 'alias/app');
const full = grant('old', { name: 'nightly-export', operations: ['Decrypt', 'Encrypt'] });

/** A new grant, or one made again if it has an entry of the history. */
async function making(kind: 'create' | 'recreate' = 'create') {
  const file = new FakeJournalFile();
  const journal = new Journal(file, new FakeClock());
  const kms = new FakeKms();
  const session = openSession(kms);
  const revoked = await journal.add({ kind: 'revoke', connection: profileRef, account, key: k1, grant: full });
  await journal.addOutcome(revoked.id, { kind: 'gone', afterMs: 1 });
  const of = journal.record(revoked.id) ?? assert.fail();
  const troubles: unknown[] = [];
  const wanted =
    kind === 'create'
      ? { key: k1, input }
      : { key: k1, input: planRecreate(k1, full, undefined).input ?? assert.fail(), of };
  const make = () => createGrant({ journal, warn: (error) => troubles.push(error) }, acting(session), wanted);
  const made = (): JournalRecord | undefined => file.records.find((record) => record.kind === kind);
  const before = (): JournalRecord | undefined => file.records.find(({ id }) => id === of.id);
  return { file, journal, kms, session, of, troubles, make, made, before };
}

test('the intent is kept before the call, and the outcome after it, without the token', async () => {
  const { kms, make, made, file } = await making();
  let kept: JournalRecord | undefined;
  kms.before = () => {
    kept = made();
  };
  const { id, grantId, grantToken } = await make();
  assert.deepEqual([grantId, grantToken], ['created-1', 'token-1']);
  assert.deepEqual(
    [kept?.kind, kept?.account, kept?.key, kept?.connection, kept?.outcome],
    ['create', account, k1, profileRef, undefined],
  );
  assert.deepEqual([made()?.id, made()?.accepted, made()?.grant.grantId], [id, true, 'created-1']);
  assert.doesNotMatch(file.lines.join('\n'), /token-/);
});

test('a grant is made again, field by field the same, and the journal knows both', async () => {
  const { kms, of, make, made, before } = await making('recreate');
  const { grantId } = await make();
  const [listed] = kms.grants.get(keyArn) ?? [];
  for (const field of ['granteePrincipal', 'retiringPrincipal', 'operations', 'constraints', 'name'] as const) {
    assert.deepEqual(listed?.[field], full[field], field);
  }
  assert.deepEqual([listed?.grantId, made()?.of, made()?.grant.grantId], [grantId, of.id, grantId]);
  assert.equal(before()?.recreatedAs, grantId);
});

test('a named grant that still exists is not reported as a new one', async () => {
  const { kms, make, made, before } = await making('recreate');
  kms.grants.set(keyArn, [full]);
  assert.equal((await make()).grantId, 'old');
  assert.equal(made()?.grant.grantId, 'old');
  assert.equal(before()?.recreatedAs, undefined);
});

test('when the intent can not be kept, nothing is sent', async () => {
  const { file, kms, make } = await making();
  file.before = () => Promise.reject(new Error('ENOSPC'));
  await assert.rejects(make(), { name: 'UserError', message: /Nothing was sent/ });
  assert.equal(kms.calls.length, 0);
});

test('an outcome that can not be kept takes neither the token nor the failure from the user', async () => {
  const { file, kms, make, troubles } = await making('recreate');
  file.before = (line) => {
    if (line.includes('outcome')) {
      throw new Error('ENOSPC');
    }
  };
  assert.equal((await make()).grantToken, 'token-1');
  assert.equal(troubles.length, 2);
  failing(kms, 'createGrant', 'accessDenied');
  await assert.rejects(make(), (error) => isKind(error, 'accessDenied'));
  assert.equal(troubles.length, 3);
});

for (const [kind, outcome] of [
  ['accessDenied', 'refused'],
  ['limitExceeded', 'refused'],
  ['throttled', 'refused'],
  ['accountChanged', 'refused'],
  ['timeout', 'unknown'],
  ['network', 'unknown'],
  ['internal', 'unknown'],
  ['notJson', 'unknown'],
] as const) {
  test(`a new grant that fails with ${kind} is kept as ${outcome}`, async () => {
    const { kms, make, made, before } = await making('recreate');
    failing(kms, 'createGrant', kind);
    await assert.rejects(make(), (error) => (outcome === 'unknown' ? isUnanswered(error) : isKind(error, kind)));
    assert.equal(made()?.outcome?.kind, outcome);
    assert.equal(before()?.recreatedAs, undefined);
  });
}

test('an answer that leaves it open is no missing one, and its reason has one stop', async () => {
  const { kms, make } = await making();
  kms.before = (call) => {
    if (call.operation === 'createGrant') {
      throw kmsError('internal', { message: 'It broke.' });
    }
  };
  await assert.rejects(make(), (error) => {
    assert.ok(isUnanswered(error));
    assert.match(error.message, /^KMS didn't confirm the request\. .* \(It broke\)\. The change stays open/);
    return true;
  });
});

test('a connection that closes in the middle leaves it open whether the grant was made', async () => {
  const { kms, session, make, made } = await making();
  kms.before = () => session.close();
  await assert.rejects(make(), isUnanswered);
  assert.deepEqual(made()?.outcome, { kind: 'unknown' });
});

test('a connection that closes while the intent is written gets nothing sent, and the journal says so', async () => {
  const { kms, file, session, make, made } = await making();
  file.before = (line) => {
    if (line.includes('"create"')) {
      session.close();
    }
  };
  await assert.rejects(make(), (error) => isUserError(error) && !isUnanswered(error));
  assert.equal(made()?.outcome?.kind, 'refused');
  assert.equal(kms.count('createGrant'), 0);
});

test('a grant that a dry run made is kept as made, and its ID is unknown', async () => {
  const { journal, session, made } = await making();
  await recordCreatedByDryRun(journal, acting(session), { key: k1, input });
  assert.deepEqual([made()?.accepted, made()?.grant.grantId], [true, '']);
});

test('how the wait for a new grant ended is kept, unless it can not be seen', async () => {
  const { journal, make, made } = await making();
  const { id } = await make();
  await recordListedOutcome(journal, id, { kind: 'unreadable', error: kmsError('accessDenied') });
  assert.equal(made()?.outcome?.kind, 'accepted');
  await recordListedOutcome(journal, id, { kind: 'timedOut', afterMs: 3 });
  assert.deepEqual(made()?.outcome, { kind: 'notListed', afterMs: 3 });
  await recordListedOutcome(journal, id, { kind: 'listed', grant: full, afterMs: 5 });
  assert.deepEqual(made()?.outcome, { kind: 'listed', afterMs: 5 });
});

const ref = { keyArn, grantId: 'g1' };

/** Waits for the grant while so much time passes. */
async function listedWithin(ms: number, kms: FakeKms, clock: FakeClock, policy = defaultPolicy) {
  const waiting = waitUntilListed(kms, ref, { clock, policy, signal: never });
  await clock.advance(ms);
  return waiting;
}

test('a new grant is looked for until KMS lists it, one small request at a time', async () => {
  const kms = new FakeKms();
  const clock = new FakeClock();
  kms.before = () => {
    if (kms.calls.length === 3) {
      kms.addGrants(keyArn, 'g1');
    }
  };
  const outcome = await listedWithin(60_000, kms, clock);
  assert.deepEqual(outcome, { kind: 'listed', grant: grant('g1'), afterMs: 1_500 });
  assert.ok(kms.calls.every(({ grantId }) => grantId === 'g1'));
});

test('a read that fails for a moment is none, and throttling is no reason to give up', async () => {
  const kms = new FakeKms();
  kms.addGrants(keyArn, 'g1');
  const failures: KmsErrorKind[] = ['throttled', 'internal', 'network'];
  kms.before = () => {
    const kind = failures.shift();
    if (kind !== undefined) {
      throw kmsError(kind);
    }
  };
  assert.equal((await listedWithin(60_000, kms, new FakeClock())).kind, 'listed');
  assert.equal(kms.calls.length, 4);
});

test('after the limit the truth is that KMS does not list it yet', async () => {
  const kms = new FakeKms();
  const clock = new FakeClock();
  const policy = { ...defaultPolicy, timeoutMs: 30_000 };
  const outcome = await listedWithin(60_000, kms, clock, policy);
  assert.deepEqual(outcome, { kind: 'timedOut', afterMs: 35_500 });
});

test('who may not list the grants of the key is not kept waiting', async () => {
  const kms = new FakeKms();
  failing(kms, 'listGrants', 'accessDenied');
  const clock = new FakeClock();
  const outcome = await listedWithin(60_000, kms, clock);
  assert.equal(outcome.kind, 'unreadable');
  assert.equal(kms.calls.length, 1);
});

test('a read whose pages never end is given up after a minute, and the next one counts', async () => {
  const kms = new FakeKms();
  const clock = new FakeClock();
  let isTrickling = true;
  kms.before = async (_, signal) => {
    if (isTrickling) {
      await clock.sleep(Number.POSITIVE_INFINITY, signal);
    }
  };
  const waiting = waitUntilListed(kms, ref, { clock, policy: defaultPolicy, signal: never });
  await clock.advance(59_000);
  isTrickling = false;
  kms.addGrants(keyArn, 'g1');
  await clock.advance(2_000);
  assert.deepEqual(await waiting, { kind: 'listed', grant: grant('g1'), afterMs: 60_500 });
  assert.equal(clock.sleeping, 0);
});

test('the wait ends with the connection', async () => {
  const controller = new AbortController();
  const kms = new FakeKms();
  const clock = new FakeClock();
  const waiting = waitUntilListed(kms, ref, { clock, policy: defaultPolicy, signal: controller.signal });
  await clock.advance(700);
  controller.abort();
  await assert.rejects(waiting, { name: 'AbortError' });
  assert.equal(kms.calls.length, 2);
});

test('a grant was there before when it was listed before, or is older than two clocks can differ', () => {
  const requestedAt = Date.UTC(2026, 10, 24);
  const made = (ms: number) => grant('g1', { creationDate: new Date(requestedAt + ms) });
  assert.equal(existedBefore('g1', new Set(['g1']), undefined, requestedAt), true);
  assert.equal(existedBefore('g1', new Set(['g2']), undefined, requestedAt), false);
  assert.equal(existedBefore('g1', new Set(), made(-86_400_000), requestedAt), true);
  assert.equal(existedBefore('g1', new Set(), made(-60_000), requestedAt), true);
  assert.equal(existedBefore('g1', new Set(), made(-5_000), requestedAt), false);
  assert.equal(existedBefore('g1', new Set(), made(-86_400_000), undefined), false, 'AWS gave no time');
  assert.equal(existedBefore('g1', new Set(), made(1_000), requestedAt), false);
  assert.equal(existedBefore('g1', new Set(), grant('g1', { creationDate: undefined }), requestedAt), false);
});
