import assert from 'node:assert/strict';
import test from 'node:test';
import { preflight, preflightRetire } from '../../../../src/core/changes/preflight.ts';
import { FakeKms, failing, grant, keyArnOf, kmsError, openSession, profileRef } from '../fakes.ts';

const never = new AbortController().signal;
const arn = keyArnOf('k1');
const g1 = grant('g1');

function world() {
  const kms = new FakeKms();
  kms.addGrants(arn, 'g1', 'g2');
  return { kms, session: openSession(kms) };
}

// Before the question

test('against AWS a grant is ready after one read of it and one dry run', async () => {
  const { kms, session } = world();
  assert.deepEqual(await preflight(session, arn, g1, never), { kind: 'ready', grant: g1 });
  assert.deepEqual(
    kms.calls.map(({ operation, grantId }) => [operation, grantId]),
    [
      ['listGrants', 'g1'],
      ['dryRunRevokeGrant', 'g1'],
    ],
  );
});

test('a grant that one list does not hold is gone only if the dry run says so too: the list may lag behind', async () => {
  const { kms, session } = world();
  kms.unlist(arn, 'g1');
  assert.deepEqual(await preflight(session, arn, g1, never), { kind: 'ready', grant: g1 });
  failing(kms, 'dryRunRevokeGrant', 'grantNotFound');
  assert.deepEqual(await preflight(session, arn, g1, never), { kind: 'gone' });
});

test('a grant that a custom endpoint does not list is gone, without a dry run', async () => {
  const { kms } = world();
  kms.unlist(arn, 'g1');
  const custom = openSession(kms, profileRef, { kind: 'custom', url: 'http://127.0.0.1:4599' });
  assert.deepEqual(await preflight(custom, arn, g1, never), { kind: 'gone' });
  assert.equal(kms.count('dryRunRevokeGrant'), 0);
});

test('a custom endpoint never gets a dry run: it might revoke', async () => {
  const { kms } = world();
  kms.dryRunAnswer = 'revoked';
  const custom = openSession(kms, profileRef, { kind: 'custom', url: 'http://127.0.0.1:4599' });
  assert.equal((await preflight(custom, arn, g1, never)).kind, 'ready');
  assert.equal(kms.count('dryRunRevokeGrant'), 0);
});

test('sample data gets a dry run as AWS does', async () => {
  const { kms } = world();
  const sample = openSession(kms, { kind: 'sample' }, { kind: 'sample' });
  assert.equal((await preflight(sample, arn, g1, never)).kind, 'ready');
  assert.equal(kms.count('dryRunRevokeGrant'), 1);
});

test('a dry run that is answered with success means that the grant is revoked', async () => {
  const { kms, session } = world();
  kms.dryRunAnswer = 'revoked';
  assert.deepEqual(await preflight(session, arn, g1, never), {
    kind: 'doneByDryRun',
    grant: g1,
  });
});

for (const kind of ['grantNotFound', 'invalidGrantId'] as const) {
  test(`a grant that vanishes between the read and the dry run (${kind}) is gone`, async () => {
    const { kms, session } = world();
    failing(kms, 'dryRunRevokeGrant', kind);
    assert.deepEqual(await preflight(session, arn, g1, never), { kind: 'gone' });
  });
}

test('a dry run that is denied is reported before any question', async () => {
  const { kms, session } = world();
  failing(kms, 'dryRunRevokeGrant', 'accessDenied');
  await assert.rejects(preflight(session, arn, g1, never), kmsError('accessDenied'));
});

test('cancelling ends the check', async () => {
  const { kms, session } = world();
  const controller = new AbortController();
  kms.before = () => new Promise(() => {});
  const checked = preflight(session, arn, g1, controller.signal);
  controller.abort();
  await assert.rejects(checked, { name: 'AbortError' });
});

test('before it is retired, a grant is read again and a dry run asks KMS', async () => {
  const { kms, session } = world();
  kms.grants.set(arn, [grant('g1', { name: 'as it is now' })]);
  const outcome = await preflightRetire(session, arn, grant('g1', { name: 'as it was shown' }), never);
  assert.deepEqual(outcome, { kind: 'ready', grant: grant('g1', { name: 'as it is now' }) });
  assert.deepEqual([kms.count('dryRunRetireGrant'), kms.count('dryRunRevokeGrant')], [1, 0]);
});

test('who may retire a grant need not be allowed to list it: then what was shown has to do', async () => {
  const { kms, session } = world();
  failing(kms, 'listGrants', 'accessDenied', 'timeout');
  const shown = grant('g1', { name: 'as it was shown' });
  assert.deepEqual(await preflightRetire(session, arn, shown, never), { kind: 'ready', grant: shown });
  await assert.rejects(preflightRetire(session, arn, shown, never), kmsError('timeout'));
});

test('a grant that is gone, or goes before the dry run, is nothing to retire', async () => {
  const { kms, session } = world();
  failing(kms, 'dryRunRetireGrant', 'grantNotFound');
  kms.unlist(arn, 'g2');
  assert.deepEqual(await preflightRetire(session, arn, grant('g2'), never), { kind: 'gone' });
  assert.deepEqual(await preflightRetire(session, arn, g1, never), { kind: 'gone' });
});

test('a dry run that a server takes for the real thing is reported as a retirement; a custom endpoint gets none', async () => {
  const { kms, session } = world();
  kms.dryRunRetireAnswer = 'retired';
  assert.equal((await preflightRetire(session, arn, g1, never)).kind, 'doneByDryRun');
  const custom = openSession(kms, profileRef, { kind: 'custom', url: 'http://127.0.0.1:4599' });
  assert.equal((await preflightRetire(custom, arn, g1, never)).kind, 'ready');
  assert.equal(kms.count('dryRunRetireGrant'), 1);
});
