import assert from 'node:assert/strict';
import test from 'node:test';
import { describeError, logCall } from '../../../src/platform/log.ts';
import { errorKinds, kmsError } from '../core/fakes.ts';

const text = 'User: ana is not authorized to perform: kms:ListGrants';

test('for every kind of failure the log holds the name and the text that AWS gave it', () => {
  const lines: string[] = [];
  const write = (line: string) => lines.push(line);
  const log = { debug: write, warn: write };
  for (const kind of errorKinds) {
    const { details } = kmsError(kind, { awsName: 'SomeException', message: text, requestId: 'request-1' });
    logCall(log, {
      connection: 'profile/dev/eu-west-1',
      operation: details.operation,
      outcome: kind,
      awsName: details.awsName,
      message: details.message,
      requestId: details.requestId,
      durationMs: 43,
      attempts: 1,
      dropped: 0,
    });
    log.warn(describeError(kmsError(kind, details)));
  }
  assert.equal(lines.length, 2 * errorKinds.length);
  for (const line of lines) {
    for (const part of [text, 'SomeException', 'ListGrants', 'request-1']) {
      assert.ok(line.includes(part), line);
    }
  }
});
