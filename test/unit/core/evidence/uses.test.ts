import assert from 'node:assert/strict';
import test from 'node:test';
import { readKmsEvent } from '../../../../src/core/evidence/kmsEvent.ts';
import { allows, lookForUse, type UseSearch } from '../../../../src/core/evidence/uses.ts';
import { grant, keyArnOf } from '../fakes.ts';
import { FakeEvidence, trailEvent } from './fakeEvidence.ts';

const keyArn = keyArnOf('k1');
const never = new AbortController().signal;
const time = (minute: number) => new Date(Date.UTC(2026, 10, 1, 12, minute));
const roleArn = 'arn:aws:iam::111122223333:role/app/Reader';
const byRole = {
  type: 'AssumedRole',
  arn: 'arn:aws:sts::111122223333:assumed-role/Reader/s',
  sessionContext: { sessionIssuer: { type: 'Role', arn: roleArn, userName: 'Reader' } },
};
const use = (name: string, minute: number, parts: Readonly<Record<string, unknown>> = {}) =>
  trailEvent(name, time(minute), { userIdentity: byRole, resources: [{ ARN: keyArn }], ...parts });
const bound = grant('g1', {
  constraints: { encryptionContextEquals: undefined, encryptionContextSubset: { app: 'a' }, sourceArn: undefined },
});
const exact = grant('g1', {
  constraints: { encryptionContextEquals: { app: 'a' }, encryptionContextSubset: undefined, sourceArn: undefined },
});

test('a use that the grant would allow is one of its operations, by its holder, in its context, on its key', () => {
  const context = (encryptionContext: object) => ({ requestParameters: { encryptionContext } });
  for (const [given, event, expected] of [
    [grant('g1'), use('Decrypt', 0), true],
    [grant('g1'), use('Encrypt', 0), false],
    [grant('g1'), use('Decrypt', 0, { errorCode: 'AccessDenied' }), false],
    [grant('g1'), use('Decrypt', 0, { userIdentity: { arn: 'arn:aws:iam::111122223333:user/ana' } }), false],
    [grant('g1'), use('Decrypt', 0, { resources: [{ ARN: keyArnOf('k2') }] }), false],
    [grant('g1', { operations: ['ReEncryptFrom'] }), use('ReEncrypt', 0), true],
    [bound, use('Decrypt', 0, context({ app: 'a', more: 'b' })), true],
    [bound, use('Decrypt', 0, context({ app: 'b' })), false],
    [exact, use('Decrypt', 0, context({ app: 'a' })), true],
    [exact, use('Decrypt', 0, context({ app: 'a', more: 'b' })), false],
  ] as const) {
    assert.equal(allows(given, keyArn, readKmsEvent(event.json)), expected, event.json);
  }
});

test('the events are read from the newest on, until one is found', async () => {
  const api = new FakeEvidence();
  api.pageSize = 2;
  api.events = [use('Decrypt', 1), use('Encrypt', 2), use('Encrypt', 3), use('Encrypt', 4), use('Encrypt', 5)];
  const steps: UseSearch[] = [];
  const search = await lookForUse(api, {
    grant: grant('g1'),
    keyArn,
    pages: 20,
    signal: never,
    progress: (step) => steps.push(step),
  });
  assert.equal(search.found?.event.name, 'Decrypt');
  assert.deepEqual([search.events, search.pages, steps.length], [5, 3, 3]);
  assert.deepEqual(steps[0]?.backTo, time(4));
});

test('a search ends after its pages, and says how far back it was', async () => {
  const api = new FakeEvidence();
  api.pageSize = 1;
  api.events = [use('Encrypt', 1), use('Encrypt', 2), use('Encrypt', 3)];
  const options = { grant: grant('g1'), keyArn, signal: never, progress: () => {} };
  const search = await lookForUse(api, { ...options, pages: 2 });
  assert.deepEqual(search, { events: 2, pages: 2, backTo: time(2), isWhole: false, found: undefined });
  const whole = await lookForUse(api, { ...options, pages: 20 });
  assert.deepEqual([whole.isWhole, whole.found], [true, undefined]);
});
