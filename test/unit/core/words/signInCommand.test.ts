import assert from 'node:assert/strict';
import test from 'node:test';
import { withDeviceCode } from '../../../../src/core/words/signInCommand.ts';

test('in a remote window the AWS CLI signs in with a code, since the browser is on another computer', () => {
  assert.deepEqual(withDeviceCode(['sso', 'login', '--profile', 'dev']), [
    'sso',
    'login',
    '--profile',
    'dev',
    '--use-device-code',
  ]);
  assert.deepEqual(withDeviceCode(['login', '--profile', 'dev']), ['login', '--profile', 'dev', '--remote']);
});
