import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { createAccount } from '../../../src/emulator/sampleData.ts';
import type { WireRequest } from '../../../src/emulator/wire.ts';
import { createCloud } from '../../aws/cloud.ts';
import { createEmulator } from '../../aws/emulator.ts';
import { startServer } from '../../aws/server.ts';
import type { Reply } from '../../aws/service.ts';
import { asyncProperty, hostileText, property } from '../hostile.ts';

const account = '111122223333';
const secrets = {
  AKIAANA: { secretAccessKey: 's', principalArn: `arn:aws:iam::${account}:user/ana` },
};
const data = () => createAccount({ keys: 2, grantsPerKey: 2, account });
const keyArn = [...data().keys.values()][0]?.arn ?? '';

const operation = fc.oneof(
  fc.constantFrom(
    'ListKeys',
    'ListAliases',
    'ListGrants',
    'ListRetirableGrants',
    'DescribeKey',
    'CreateGrant',
    'RevokeGrant',
  ),
  fc.constantFrom(
    'RetireGrant',
    'GetKeyPolicy',
    'ListResourceTags',
    'GetKeyRotationStatus',
    'GetKeyLastUsage',
    'LookupEvents',
    'constructor',
  ),
  hostileText,
);
const member = fc.oneof(
  fc.constantFrom('KeyId', 'GrantId', 'GranteePrincipal', 'Operations', 'Constraints', 'Name', 'Marker', 'Limit'),
  fc.constantFrom('LookupAttributes', 'StartTime', 'EndTime', 'MaxResults', 'NextToken', 'EventCategory'),
  fc.constantFrom('RetiringPrincipal', 'GrantTokens', 'DryRun', 'GrantToken', 'PolicyName', '__proto__', 'constructor'),
);
const scalar = fc.oneof(
  hostileText,
  fc.constantFrom(keyArn, `arn:aws:iam::${account}:role/x`, 'alias/x', '', 'Decrypt'),
  fc.constantFrom(null, true, 0, -1, 1e308, 1.5),
);
const value: fc.Arbitrary<unknown> = fc.oneof(
  { arbitrary: scalar, weight: 4 },
  { arbitrary: fc.array(scalar, { maxLength: 3 }), weight: 1 },
  {
    arbitrary: fc.dictionary(fc.oneof(member, fc.constantFrom('EncryptionContextEquals', 'SourceArn')), scalar),
    weight: 1,
  },
  {
    arbitrary: fc.array(
      fc.record({ AttributeKey: fc.oneof(fc.constantFrom('EventName', '__proto__'), scalar), AttributeValue: scalar }),
      { maxLength: 2 },
    ),
    weight: 1,
  },
  { arbitrary: fc.record({ EncryptionContextSubset: fc.dictionary(hostileText, scalar) }), weight: 1 },
);
const json = fc.dictionary(member, value, { maxKeys: 6 }).map((members) => JSON.stringify(members));
const form = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        'Action',
        'RoleArn',
        'RoleSessionName',
        'TokenCode',
        'SerialNumber',
        'DurationSeconds',
        'RoleName',
        'UserName',
        'PathPrefix',
        'Filter.member.1',
        'Marker',
        'MaxItems',
        '__proto__',
      ),
      fc.oneof(
        fc.constantFrom('GetCallerIdentity', 'AssumeRole', 'AssumeRoleWithWebIdentity', 'NaN'),
        fc.constantFrom('GetRole', 'GetUser', 'ListRoles', 'ListUsers', 'GetAccountAuthorizationDetails', '1'),
        hostileText,
      ),
    ),
    { maxLength: 5 },
  )
  .chain((pairs) =>
    fc.constantFrom('2010-05-08', '2011-06-15').map((version) => {
      const texts = pairs.map(([name, text]): [string, string] => [name, text]);
      return new URLSearchParams([...texts, ['Version', version]]).toString();
    }),
  );
const body = fc.oneof(json, form, hostileText, fc.constantFrom('', '{', 'null', '[]', '"x"', '['.repeat(10_000)));

const authorization = fc.oneof(
  hostileText,
  fc
    .record({
      key: fc.oneof(fc.constantFrom('AKIAANA', 'constructor', '__proto__', ''), hostileText),
      date: fc.constantFrom('20261124', '', '2026'),
      service: fc.constantFrom('kms', 'sts', 'iam', 'x'),
      headers: fc.constantFrom('host', 'constructor;__proto__', 'x-amz-date', ';'),
      signature: fc.oneof(fc.constantFrom('', 'f'.repeat(64)), hostileText),
    })
    .map(
      ({ key, date, service, headers, signature }) =>
        `AWS4-HMAC-SHA256 Credential=${key}/${date}/eu-west-1/${service}/aws4_request, SignedHeaders=${headers}, Signature=${signature}`,
    ),
);
const proof = fc
  .tuple(fc.constantFrom('{}', '{"alg":"ES256","typ":"dpop+jwt","jwk":{}}'), fc.constantFrom('/v1/token', 'x'))
  .map(([header, path]) => {
    const payload = JSON.stringify({ htm: 'POST', htu: `http://127.0.0.1${path}`, iat: Date.UTC(2026, 10, 24) / 1000 });
    return [header, payload, 'x'].map((part) => Buffer.from(part).toString('base64url')).join('.');
  });

const request: fc.Arbitrary<WireRequest> = fc.record({
  method: fc.constantFrom('POST', 'POST', 'POST', 'GET', 'constructor'),
  path: fc.oneof(
    { arbitrary: fc.constant('/'), weight: 4 },
    {
      arbitrary: fc.constantFrom(
        '/token',
        '/v1/token',
        '/federation/credentials?account_id=constructor&role_name=x',
        '/?a=%E0%A4',
      ),
      weight: 2,
    },
    { arbitrary: hostileText.map((text) => `/?${text}`), weight: 1 },
  ),
  headers: fc
    .record(
      {
        'x-amz-target': fc
          .tuple(fc.constantFrom('TrentService', 'CloudTrail_20131101'), operation)
          .map(([service, name]) => `${service}.${name}`),
        'content-type': fc.constantFrom(
          'application/x-www-form-urlencoded; charset=utf-8',
          'application/x-amz-json-1.1',
        ),
        authorization,
        'x-amz-date': fc.oneof(fc.constantFrom('20261124T000000Z', '99999999T999999Z'), hostileText),
        'x-amz-security-token': hostileText,
        'x-amz-sso_bearer_token': fc.constantFrom('live', 'constructor'),
        dpop: fc.oneof(proof, hostileText),
      },
      { requiredKeys: [], noNullPrototype: true },
    )
    .map((headers): Record<string, string> => ({ ...headers })),
  body,
});

/** What AWS's own services send: an answer, or an error that has a name, in the protocol that was spoken. */
function assertWellFormed(reply: Reply): void {
  assert.ok(reply.kind === 'response');
  assert.ok(reply.status >= 200 && reply.status < 500, `status ${reply.status}`);
  assert.equal(Number(reply.headers['content-length']), Buffer.byteLength(reply.body));
  assert.ok(reply.body.isWellFormed());
  const type = reply.headers['content-type'] ?? '';
  if (type.includes('json')) {
    const answer: unknown = reply.body === '' ? {} : JSON.parse(reply.body);
    assert.ok(typeof answer === 'object' && answer !== null);
    if (reply.status >= 400) {
      assert.ok('__type' in answer || 'message' in answer || 'error' in answer);
    }
  } else {
    assert.match(type, /xml/);
    assert.match(reply.body, /^<[\s\S]*>\n?$/);
    // XML has no way to write other controls than these.
    const unwritable = [...reply.body].filter((character) => character < ' ' && !'\t\n\r'.includes(character));
    assert.deepEqual(unwritable, []);
  }
}

const now = () => Date.UTC(2026, 10, 24);

test('whatever it is asked, the emulator answers as AWS would, and is there for the next', () => {
  const open = createEmulator({ data: data(), now });
  const guarded = createEmulator({ data: data(), now, secrets });
  property(
    [request],
    (asked) => {
      assertWellFormed(open.handle(asked));
      assertWellFormed(guarded.handle(asked));
    },
    1000,
  );
});

test('whatever it is asked, a cloud of accounts answers as AWS would', () => {
  const cloud = createCloud({
    now,
    accounts: [{ id: account, regions: { 'eu-west-1': { keys: 1 } } }],
    accessKeys: secrets,
    sso: { roles: { [account]: ['Engineer'] } },
  });
  const { accessToken } = cloud.sessions.signInWithSso({ startUrl: 'x', region: 'eu-west-1' });
  const login = cloud.sessions.signIn(`arn:aws:iam::${account}:user/ana`);
  const renewal = JSON.stringify({ grantType: 'refresh_token', refreshToken: login['refreshToken'] });
  property(
    [request],
    (asked) => {
      const live = asked.headers['x-amz-sso_bearer_token'] === 'live';
      const signedIn: WireRequest = {
        ...asked,
        headers: { ...asked.headers, ...(live && { 'x-amz-sso_bearer_token': String(accessToken) }) },
        body: asked.path === '/v1/token' ? renewal : asked.body,
      };
      assertWellFormed(cloud.handle(asked));
      assertWellFormed(cloud.handle(signedIn));
    },
    1000,
  );
});

test('over HTTP too, every request has an answer', async (t) => {
  const server = await startServer(createEmulator({ data: data(), now, secrets }), { port: 0 });
  t.after(() => server.close());
  await asyncProperty([request], async ({ path, headers, body: sent }) => {
    const plain = Object.entries(headers).map(([name, text]): [string, string] => [
      name,
      encodeURI(text.toWellFormed()).slice(0, 2000),
    ]);
    const answer = await fetch(`${server.url}${encodeURI(path.toWellFormed()).slice(0, 2000)}`, {
      method: 'POST',
      headers: plain,
      body: sent,
      signal: AbortSignal.timeout(20_000),
    });
    const text = await answer.text();
    assert.ok(answer.status >= 200 && answer.status < 500, `${answer.status} ${text}`);
  });
});
