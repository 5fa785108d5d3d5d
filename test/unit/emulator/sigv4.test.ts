import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { verifySignature } from '../../aws/sigv4.ts';

// The example of "Signature Version 4: create a signed request" in AWS's documentation (IAM ListUsers).
const now = Date.UTC(2015, 7, 30, 12, 36, 0);
const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const principalArn = 'arn:aws:iam::111122223333:user/example';
const signature = '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7';
const authorization = (parts: { region?: string; service?: string; signature?: string } = {}) =>
  'AWS4-HMAC-SHA256 ' +
  `Credential=AKIDEXAMPLE/20150830/${parts.region ?? 'us-east-1'}/${parts.service ?? 'iam'}/aws4_request, ` +
  'SignedHeaders=content-type;host;x-amz-date, ' +
  `Signature=${parts.signature ?? signature}`;
const request = {
  method: 'GET',
  path: '/?Action=ListUsers&Version=2010-05-08',
  headers: {
    'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
    host: 'iam.amazonaws.com',
    'x-amz-date': '20150830T123600Z',
    authorization: authorization(),
  } as Record<string, string>,
  body: '',
};
const secrets = new Map([['AKIDEXAMPLE', { secretAccessKey, principalArn }]]);
const scope = { regions: ['us-east-1'], service: 'iam' };

const verify = (changes: { path?: string; headers?: Record<string, string>; body?: string } = {}, at = now) =>
  verifySignature({ ...request, ...changes, headers: { ...request.headers, ...changes.headers } }, secrets, scope, at)
    .principalArn;

suite('Signature Version 4', () => {
  test("AWS's own example is right", () => {
    assert.equal(verify(), principalArn);
  });

  test('the order of the query and spaces around a header make no difference', () => {
    assert.equal(verify({ path: '/?Version=2010-05-08&Action=ListUsers' }), principalArn);
    assert.equal(verify({ headers: { host: '  iam.amazonaws.com ' } }), principalArn);
  });

  test('a change of anything that is signed is noticed', () => {
    const changes = [
      { path: '/?Action=DeleteUser&Version=2010-05-08' },
      { headers: { host: 'kms.amazonaws.com' } },
      { headers: { 'x-amz-date': '20150830T123601Z' } },
      { body: 'x' },
      { headers: { authorization: authorization({ signature: signature.replace('5', '6') }) } },
      { headers: { authorization: authorization({ signature: 'short' }) } },
    ];
    for (const change of changes) {
      assert.throws(() => verify(change), { name: 'InvalidSignatureException', message: /does not match/ });
    }
  });

  test('the scope must be that of the service and its Region', () => {
    for (const parts of [{ region: 'eu-west-1' }, { service: 'kms' }]) {
      assert.throws(() => verify({ headers: { authorization: authorization(parts) } }), {
        name: 'InvalidSignatureException',
        message: /Credential should be scoped/,
      });
    }
  });

  test('five minutes of difference are tolerated, both ways', () => {
    const minutes = 60_000;
    assert.equal(verify({}, now - 5 * minutes), principalArn);
    assert.equal(verify({}, now + 5 * minutes), principalArn);
    assert.throws(() => verify({}, now + 5 * minutes + 1), {
      name: 'InvalidSignatureException',
      message: 'Signature expired: 20150830T123600Z is now earlier than 20150830T123600Z (20150830T124100Z - 5 min.)',
    });
    assert.throws(() => verify({}, now - 5 * minutes - 1), {
      name: 'InvalidSignatureException',
      message: /^Signature not yet current/,
    });
  });

  test('what is no such header is incomplete', () => {
    for (const text of ['', 'Bearer x', 'AWS4-HMAC-SHA256', authorization().replace('Signature=', 'Sig=')]) {
      assert.throws(() => verify({ headers: { authorization: text } }), { name: 'IncompleteSignatureException' });
    }
    assert.throws(() => verify({ headers: { 'x-amz-date': 'yesterday' } }), { name: 'IncompleteSignatureException' });
  });
});
