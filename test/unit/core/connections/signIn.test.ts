import assert from 'node:assert/strict';
import test from 'node:test';
import { mfaPrompt, PromptPermissions } from '../../../../src/core/connections/signIn.ts';
import { isKind } from '../../../../src/core/kms/errors.ts';
import { needsSignIn } from '../../../../src/core/words/explain.ts';
import { errorKinds, kmsError, profileRef } from '../fakes.ts';

const serial = 'arn:aws:iam::111122223333:mfa/ana';
const { signal } = new AbortController();

function setUp(code: string | undefined) {
  const permissions = new PromptPermissions();
  const asked: string[] = [];
  const prompt = mfaPrompt(permissions, async (of, profile) => {
    asked.push(`${profile} ${of}`);
    return code;
  });
  return { permissions, asked, prompt };
}

test('an MFA code is asked for once for each time that the user asked for the sign-in', async () => {
  const { permissions, asked, prompt } = setUp('123456');
  permissions.allow(profileRef);
  assert.equal(await prompt(serial, 'dev', signal), '123456');
  await assert.rejects(prompt(serial, 'dev', signal), (error) => isKind(error, 'signInNeeded'));
  permissions.allow(profileRef);
  assert.equal(await prompt(serial, 'dev', signal), '123456');
  assert.deepEqual(asked, [`dev ${serial}`, `dev ${serial}`]);
});

test('what the user allowed for one profile lets no other one ask, and is over once it is withdrawn', async () => {
  const { permissions, asked, prompt } = setUp('123456');
  permissions.allow(profileRef);
  await assert.rejects(prompt(serial, 'prod', signal), (error) => isKind(error, 'signInNeeded'));
  permissions.withdraw(profileRef);
  await assert.rejects(prompt(serial, 'dev', signal), (error) => isKind(error, 'signInNeeded'));
  assert.deepEqual([asked, permissions.isAllowed(profileRef)], [[], false]);
});

test('who closes the box leaves a connection that waits for a sign-in, which is no failed call', async () => {
  const { permissions, prompt } = setUp(undefined);
  permissions.allow(profileRef);
  await assert.rejects(prompt(serial, 'dev', signal), (error) => isKind(error, 'signInNeeded') && needsSignIn(error));
});

test('an abort while the box is open asks for no other sign-in', async () => {
  const { permissions, prompt } = setUp(undefined);
  permissions.allow(profileRef);
  assert.equal(await prompt(serial, 'dev', AbortSignal.abort()), undefined);
});

/** Signing in mends these; everything else takes something else. */
const mended = ['expiredToken', 'ssoExpired', 'signInNeeded', 'mfaRefused'] as const;

test('only what signing in can mend needs a sign-in', () => {
  assert.deepEqual(errorKinds.filter((kind) => needsSignIn(kmsError(kind))).sort(), [...mended].sort());
  assert.equal(needsSignIn(undefined), false);
  assert.equal(needsSignIn(new Error('no')), false);
});
