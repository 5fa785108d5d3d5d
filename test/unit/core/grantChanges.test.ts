import assert from 'node:assert/strict';
import test from 'node:test';
import type { ChangeLog, ChangeOutcome } from '../../../src/core/changeLog.ts';
import { isKind, type KmsErrorKind } from '../../../src/core/errors.ts';
import {
  checkCreate,
  checkRetire,
  create,
  existedBefore,
  mayHaveBeenDone,
  retire,
  waitUntilListed,
} from '../../../src/core/grantChanges.ts';
import type { CreateGrantInput } from '../../../src/core/model.ts';
import { defaultPolicy } from '../../../src/core/propagation.ts';
import { FakeClock, FakeKms, grant, keyArnOf, kmsError, openSession } from './fakes.ts';

const keyArn = keyArnOf('k1');
const never = new AbortController().signal;
const custom = { kind: 'custom', url: 'http://127.0.0.1:4566' } as const;
const input: CreateGrantInput = {
  keyArn,
  operations: ['Decrypt'],
  granteePrincipal: { kind: 'principal', value: 'arn:aws:iam::111122223333:role/Reader' },
  constraints: { encryptionContextEquals: undefined, encryptionContextSubset: undefined, sourceArn: undefined },
};

function failing(kms: FakeKms, operation: string, kind: KmsErrorKind): void {
  kms.before = (call) => {
    if (call.operation === operation) throw kmsError(kind);
  };
}

test('KMS is asked by dry run whether it would make the grant', async () => {
  const kms = new FakeKms();
  assert.equal(await checkCreate(openSession(kms), input, never), 'allowed');
  kms.dryRunCreateAnswer = 'created';
  assert.equal(await checkCreate(openSession(kms, { kind: 'sample' }, { kind: 'sample' }), input, never), 'created');
  failing(kms, 'dryRunCreateGrant', 'accessDenied');
  await assert.rejects(checkCreate(openSession(kms), input, never), (error) => isKind(error, 'accessDenied'));
});

test('a custom endpoint is never sent a dry run of a new grant, which it may take for the real thing', async () => {
  const kms = new FakeKms();
  assert.equal(await checkCreate(openSession(kms, undefined, custom), input, never), 'notAsked');
  assert.equal(kms.calls.length, 0);
});

/** Outcomes can be kept, unless a test says otherwise. */
const unkept = (error: unknown) => assert.fail(String(error));

class FakeLog implements ChangeLog {
  readonly events: unknown[] = [];

  async intent(_: unknown, { kind }: { kind: string }, account: string | undefined) {
    this.events.push([kind, account]);
    return {
      done: async (outcome: ChangeOutcome) => {
        this.events.push(outcome.kind === 'accepted' ? outcome : outcome.kind);
      },
    };
  }
}

test('the intent is kept before the call, and the outcome after it, without the token', async () => {
  const kms = new FakeKms();
  const log = new FakeLog();
  kms.before = () => log.events.push('call');
  const created = await create(openSession(kms), input, '111122223333', log, unkept);
  assert.deepEqual(created, { grantId: 'created-1', grantToken: 'token-1' });
  assert.deepEqual(log.events, [['create', '111122223333'], 'call', { kind: 'accepted', grantId: 'created-1' }]);
  assert.ok(!JSON.stringify(log.events).includes('token-1'));
});

test('when the intent can not be kept, nothing is created', async () => {
  const kms = new FakeKms();
  const log: ChangeLog = { intent: () => Promise.reject(new Error('The disk is full.')) };
  await assert.rejects(create(openSession(kms), input, undefined, log, unkept), { message: 'The disk is full.' });
  assert.equal(kms.calls.length, 0);
});

test('an outcome that can not be kept takes neither the token nor the failure from the user', async () => {
  const full = new Error('The disk is full.');
  const log: ChangeLog = { intent: async () => ({ done: () => Promise.reject(full) }) };
  const kms = new FakeKms();
  const told: unknown[] = [];
  const tell = (error: unknown) => void told.push(error);
  assert.equal((await create(openSession(kms), input, undefined, log, tell)).grantToken, 'token-1');
  failing(kms, 'createGrant', 'accessDenied');
  const failed = create(openSession(kms), input, undefined, log, tell);
  await assert.rejects(failed, (error) => isKind(error, 'accessDenied'));
  assert.deepEqual(told, [full, full]);
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
    const kms = new FakeKms();
    const log = new FakeLog();
    failing(kms, 'createGrant', kind);
    const made = create(openSession(kms), input, undefined, log, unkept);
    await assert.rejects(made, (error) => isKind(error, kind) && mayHaveBeenDone(error) === (outcome === 'unknown'));
    assert.deepEqual(log.events, [['create', undefined], outcome]);
  });
}

test('a connection that closes in the middle leaves it open whether the grant was made', async () => {
  const kms = new FakeKms();
  const log = new FakeLog();
  const session = openSession(kms);
  kms.before = () => session.close();
  await assert.rejects(create(session, input, undefined, log, unkept), mayHaveBeenDone);
  assert.deepEqual(log.events, [['create', undefined], 'unknown']);
});

test('before it is retired, a grant is read again and a dry run asks KMS', async () => {
  const kms = new FakeKms();
  kms.grants.set(keyArn, [grant('g1', { name: 'as it is now' })]);
  const outcome = await checkRetire(openSession(kms), grant('g1', { name: 'as it was shown' }), never);
  assert.deepEqual(outcome, { kind: 'ready', grant: grant('g1', { name: 'as it is now' }) });
  assert.equal(kms.count('dryRunRetireGrant'), 1);
});

test('who may retire a grant need not be allowed to list it: then what was shown has to do', async () => {
  const kms = new FakeKms();
  failing(kms, 'listGrants', 'accessDenied');
  const shown = grant('g1');
  assert.deepEqual(await checkRetire(openSession(kms), shown, never), { kind: 'ready', grant: shown });
  failing(kms, 'listGrants', 'timeout');
  await assert.rejects(checkRetire(openSession(kms), shown, never), (error) => isKind(error, 'timeout'));
});

test('a grant that is gone, or goes before the dry run, is nothing to retire', async () => {
  const kms = new FakeKms();
  assert.deepEqual(await checkRetire(openSession(kms), grant('g1'), never), { kind: 'gone' });
  kms.addGrants(keyArn, 'g1');
  failing(kms, 'dryRunRetireGrant', 'grantNotFound');
  assert.deepEqual(await checkRetire(openSession(kms), grant('g1'), never), { kind: 'gone' });
});

test('a dry run that a server takes for the real thing is told as a retirement', async () => {
  const kms = new FakeKms();
  kms.addGrants(keyArn, 'g1');
  kms.dryRunRetireAnswer = 'retired';
  assert.equal((await checkRetire(openSession(kms), grant('g1'), never)).kind, 'retiredByDryRun');
});

test('a custom endpoint is never sent a dry run of a retirement', async () => {
  const kms = new FakeKms();
  kms.addGrants(keyArn, 'g1');
  assert.equal((await checkRetire(openSession(kms, undefined, custom), grant('g1'), never)).kind, 'ready');
  assert.equal(kms.count('dryRunRetireGrant'), 0);
});

const ref = { keyArn, grantId: 'g1' };

test('a new grant is looked for until KMS lists it, one small request at a time', async () => {
  const kms = new FakeKms();
  const clock = new FakeClock({ auto: true });
  kms.before = () => {
    if (kms.calls.length === 3) kms.addGrants(keyArn, 'g1');
  };
  const outcome = await waitUntilListed(kms, ref, { clock, policy: defaultPolicy, signal: never });
  assert.deepEqual(outcome, { kind: 'listed', grant: grant('g1'), afterMs: 1_500 });
  assert.deepEqual(clock.sleeps, [0, 500, 1000]);
  assert.ok(kms.calls.every(({ grantId }) => grantId === 'g1'));
});

test('a read that fails for a moment is none, and throttling is no reason to give up', async () => {
  const kms = new FakeKms();
  kms.addGrants(keyArn, 'g1');
  const failures: KmsErrorKind[] = ['throttled', 'internal', 'network'];
  kms.before = () => {
    const kind = failures.shift();
    if (kind !== undefined) throw kmsError(kind);
  };
  const waiting = waitUntilListed(kms, ref, {
    clock: new FakeClock({ auto: true }),
    policy: defaultPolicy,
    signal: never,
  });
  assert.equal((await waiting).kind, 'listed');
  assert.equal(kms.calls.length, 4);
});

test('after the limit the truth is that KMS does not list it yet', async () => {
  const kms = new FakeKms();
  const clock = new FakeClock({ auto: true });
  const policy = { ...defaultPolicy, timeoutMs: 30_000 };
  const outcome = await waitUntilListed(kms, ref, { clock, policy, signal: never });
  assert.deepEqual(outcome, { kind: 'timedOut', afterMs: 35_500 });
});

test('who may not list the grants of the key is not kept waiting', async () => {
  const kms = new FakeKms();
  failing(kms, 'listGrants', 'accessDenied');
  const clock = new FakeClock({ auto: true });
  const outcome = await waitUntilListed(kms, ref, { clock, policy: defaultPolicy, signal: never });
  assert.equal(outcome.kind, 'unreadable');
  assert.equal(kms.calls.length, 1);
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
  assert.equal(existedBefore('g1', new Set(), made(-60_000), requestedAt), false);
  assert.equal(existedBefore('g1', new Set(), made(1_000), requestedAt), false);
  assert.equal(existedBefore('g1', new Set(), grant('g1', { creationDate: undefined }), requestedAt), false);
});

test('a retirement is kept with the grant before the call, and with its outcome after it', async () => {
  const kms = new FakeKms();
  const log = new FakeLog();
  kms.addGrants(keyArn, 'g1');
  kms.before = ({ operation }) => log.events.push(operation);
  assert.equal(await retire(openSession(kms), grant('g1'), '111122223333', log, unkept), 'accepted');
  assert.deepEqual(log.events, [['retire', '111122223333'], 'retireGrant', { kind: 'accepted' }]);
  assert.deepEqual(kms.grants.get(keyArn), []);
});

test('a grant that KMS does not know any more is perhaps gone, which is what was wanted', async () => {
  const kms = new FakeKms();
  const log = new FakeLog();
  failing(kms, 'retireGrant', 'grantNotFound');
  assert.equal(await retire(openSession(kms), grant('g1'), undefined, log, unkept), 'perhapsGone');
  assert.deepEqual(log.events, [['retire', undefined], { kind: 'accepted' }]);
  failing(kms, 'retireGrant', 'accessDenied');
  await assert.rejects(retire(openSession(kms), grant('g1'), undefined, log, unkept), (error) =>
    isKind(error, 'accessDenied'),
  );
  assert.equal(log.events.at(-1), 'refused');
});
