import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import test, { type TestContext } from 'node:test';
import { maxAnswerBytes } from '../../../src/aws/answer.ts';
import { isAbort } from '../../../src/core/base/abort.ts';
import { isKind, isKmsError, type KmsErrorKind } from '../../../src/core/kms/errors.ts';
import type { EvidenceApi } from '../../../src/core/kms/evidenceApi.ts';
import { errorSentence } from '../../../src/core/words/explain.ts';
import {
  type Answer,
  createWorld,
  failure,
  identity,
  keyArn,
  never,
  profileAt,
  type Received,
  serve,
  signature,
  stsFailure,
  type WorldOptions,
  xml,
} from './support.ts';

const made = { attribute: { key: 'EventName', value: 'CreateGrant' } } as const;

/** The evidence of a connection to a server that answers so. */
async function ask(
  t: TestContext,
  answer: (request: Received, count: number) => Answer | Promise<Answer>,
  options: WorldOptions = {},
) {
  const server = await serve(t, answer);
  const world = await createWorld(t, { config: profileAt(server.url), ...options });
  const connection = await world.open();
  return { ...world, ...connection, ...server, evidence: await connection.evidence() };
}

async function fails(call: Promise<unknown>, kind: KmsErrorKind) {
  const error: unknown = await call.then(
    () => assert.fail('The call succeeded.'),
    (reason: unknown) => reason,
  );
  assert.ok(isKmsError(error), String(error));
  assert.equal(error.details.kind, kind, error.message);
  return error;
}

const inIam = (operation: string, body: string): Answer =>
  xml(
    `<${operation}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><${operation}Result>${body}</${operation}Result><ResponseMetadata><RequestId>request-4</RequestId></ResponseMetadata></${operation}Response>`,
  );

const role = (rest = '') =>
  `<Path>/</Path><Arn>arn:aws:iam::111122223333:role/app</Arn><RoleName>app</RoleName><AssumeRolePolicyDocument>%7B%7D</AssumeRolePolicyDocument><CreateDate>2020-01-02T03:04:05Z</CreateDate><RoleId>AROAAPP</RoleId>${rest}`;
const user =
  '<Path>/</Path><Arn>arn:aws:iam::111122223333:user/ana</Arn><UserName>ana</UserName><CreateDate>2020-01-02T03:04:05Z</CreateDate><UserId>AIDAANA</UserId>';

const created = new Date('2020-01-02T03:04:05Z');
const app = { id: 'AROAAPP', arn: 'arn:aws:iam::111122223333:role/app', name: 'app', created };
const ana = { id: 'AIDAANA', arn: 'arn:aws:iam::111122223333:user/ana', name: 'ana', created };

test('events are looked up by one attribute, between two times, 50 a page', async (t) => {
  const event = { EventId: 'e1', EventName: 'CreateGrant', EventTime: 1_700_000_000, CloudTrailEvent: '{"a": 1}' };
  const { evidence, received, log } = await ask(t, ({ body }) => ({
    body:
      JSON.parse(body).NextToken === undefined
        ? { Events: [event, { EventName: 'x' }], NextToken: 'n' }
        : { Events: [] },
  }));
  const [since, until] = [new Date(1_699_999_940_000), new Date(1_700_000_060_000)];
  const query = { attribute: { key: 'ResourceName', value: keyArn }, since, until } as const;
  assert.deepEqual(await evidence.lookupEvents(query, undefined, never), {
    items: [{ eventId: 'e1', name: 'CreateGrant', time: new Date(1_700_000_000_000), json: '{"a": 1}' }],
    nextMarker: 'n',
  });
  assert.deepEqual(await evidence.lookupEvents(made, 'n', never), { items: [], nextMarker: undefined });
  assert.deepEqual(
    received.map(({ body }) => JSON.parse(body)),
    [
      {
        LookupAttributes: [{ AttributeKey: 'ResourceName', AttributeValue: keyArn }],
        StartTime: 1_699_999_940,
        EndTime: 1_700_000_060,
        MaxResults: 50,
      },
      {
        LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'CreateGrant' }],
        MaxResults: 50,
        NextToken: 'n',
      },
    ],
  );
  assert.deepEqual(
    log.map(({ operation, outcome, dropped, requestId }) => [operation, outcome, dropped, requestId]),
    [
      ['LookupEvents', 'ok', 1, 'request-1'],
      ['LookupEvents', 'ok', 0, 'request-1'],
    ],
  );
});

test('a role has its last use, where IAM recorded one', async (t) => {
  const used =
    '<RoleLastUsed><LastUsedDate>2026-11-20T10:00:00Z</LastUsedDate><Region>eu-west-1</Region></RoleLastUsed>';
  const { evidence, received } = await ask(t, (_, count) =>
    inIam('GetRole', `<Role>${role(['', used, '<RoleLastUsed/>'][count])}</Role>`),
  );
  const at = new Date('2026-11-20T10:00:00Z');
  assert.deepEqual(await evidence.getRole('app', never), { ...app, lastUsed: { at, region: 'eu-west-1' } });
  assert.deepEqual(await evidence.getRole('app', never), { ...app, lastUsed: undefined });
  assert.equal(new URLSearchParams(received[0]?.body).get('RoleName'), 'app');
});

test('a role or user that IAM does not have is an answer, and no failure in the log', async (t) => {
  const { evidence, log } = await ask(t, ({ operation }) =>
    operation === 'GetRole'
      ? stsFailure('NoSuchEntity', 'The role with name app cannot be found.', 404)
      : inIam('GetUser', `<User>${user}</User>`),
  );
  assert.equal(await evidence.getRole('app', never), undefined);
  assert.deepEqual(await evidence.getUser('ana', never), ana);
  assert.deepEqual(
    log.map(({ operation, outcome, requestId }) => [operation, outcome, requestId]),
    [
      ['GetRole', 'ok', 'request-1'],
      ['GetUser', 'ok', 'request-1'],
    ],
  );
});

test('lists of roles and users go on where IAM says so, 1,000 a page', async (t) => {
  const { evidence, received } = await ask(t, ({ operation, body }) => {
    switch (new URLSearchParams(body).get('Marker')) {
      case null:
        return operation === 'ListRoles'
          ? inIam(
              operation,
              `<Roles><member>${role()}</member><member><Path>/</Path></member></Roles><IsTruncated>true</IsTruncated><Marker>m</Marker>`,
            )
          : inIam(operation, `<Users><member>${user}</member></Users><IsTruncated>false</IsTruncated>`);
      case 'm':
        return inIam(operation, '<Roles/><IsTruncated>false</IsTruncated>');
      default:
        return inIam(operation, `<Roles><member>${role()}</member></Roles><IsTruncated>true</IsTruncated>`);
    }
  });
  assert.deepEqual(await evidence.listRoles(undefined, never), { items: [app], nextMarker: 'm' });
  assert.deepEqual(await evidence.listRoles('m', never), { items: [], nextMarker: undefined });
  assert.deepEqual(await evidence.listUsers(undefined, never), { items: [ana], nextMarker: undefined });
  assert.deepEqual(new Set(received.map(({ body }) => new URLSearchParams(body).get('MaxItems'))), new Set(['1000']));
  // Cut short, and without a way on: not the whole list.
  await fails(evidence.listRoles('cut', never), 'notJson');
});

test('the details of an account have roles with their last use, and users, 250 a page', async (t) => {
  const used = '<RoleLastUsed><LastUsedDate>2026-11-20T10:00:00Z</LastUsedDate></RoleLastUsed>';
  const { evidence, received, log } = await ask(t, ({ operation, body }) => {
    switch (new URLSearchParams(body).get('Marker')) {
      case null:
        return inIam(
          operation,
          `<UserDetailList><member>${user}</member></UserDetailList><GroupDetailList/><RoleDetailList><member>${role(used)}</member><member><Path>/</Path></member></RoleDetailList><Policies/><IsTruncated>true</IsTruncated><Marker>m</Marker>`,
        );
      case 'm':
        return inIam(operation, '<UserDetailList/><RoleDetailList/><IsTruncated>false</IsTruncated>');
      default:
        return inIam(operation, '<RoleDetailList/><IsTruncated>false</IsTruncated>');
    }
  });
  const at = new Date('2026-11-20T10:00:00Z');
  assert.deepEqual(await evidence.getAccountAuthorizationDetails(undefined, never), {
    items: [
      { kind: 'role', role: { ...app, lastUsed: { at, region: undefined } } },
      { kind: 'user', user: ana },
    ],
    nextMarker: 'm',
  });
  assert.deepEqual(await evidence.getAccountAuthorizationDetails('m', never), { items: [], nextMarker: undefined });
  const asked = new URLSearchParams(received[0]?.body);
  assert.deepEqual(
    ['MaxItems', 'Filter.member.1', 'Filter.member.2'].map((name) => asked.get(name)),
    ['250', 'Role', 'User'],
  );
  assert.equal(log[0]?.dropped, 1);
  // A list that is missing is not an empty one.
  await fails(evidence.getAccountAuthorizationDetails('cut', never), 'notJson');
});

const calls: Readonly<Record<string, (api: EvidenceApi, signal: AbortSignal) => Promise<unknown>>> = {
  LookupEvents: (api, signal) => api.lookupEvents(made, undefined, signal),
  GetRole: (api, signal) => api.getRole('app', signal),
  GetUser: (api, signal) => api.getUser('ana', signal),
  ListRoles: (api, signal) => api.listRoles(undefined, signal),
  ListUsers: (api, signal) => api.listUsers(undefined, signal),
  GetAccountAuthorizationDetails: (api, signal) => api.getAccountAuthorizationDetails(undefined, signal),
};

/** As the service of the operation writes an error. */
const refusal = (operation: string, code: string, message: string, status = 400): Answer =>
  operation === 'LookupEvents' ? failure(code, message, status) : stsFailure(code, message, status);

for (const [operation, call] of Object.entries(calls)) {
  const service = operation === 'LookupEvents' ? 'CloudTrail' : 'IAM';

  test(`${operation} that AWS denies says why, and of which service`, async (t) => {
    const action = `${service.toLowerCase()}:${operation}`;
    const message = `User: arn:aws:iam::111122223333:user/ana is not authorized to perform: ${action} because no identity-based policy allows the ${action} action`;
    const { evidence, log } = await ask(t, () =>
      refusal(operation, service === 'IAM' ? 'AccessDenied' : 'AccessDeniedException', message, 403),
    );
    const error = await fails(call(evidence, never), 'accessDenied');
    assert.equal(
      errorSentence(error),
      `AWS denied ${action} on *: no IAM policy of the principal allows it for arn:aws:iam::111122223333:user/ana.`,
    );
    assert.deepEqual([log[0]?.operation, log[0]?.outcome, log[0]?.message], [operation, 'accessDenied', message]);
  });

  test(`${operation} that is throttled is sent once, for the limiter to repeat`, async (t) => {
    const { evidence, received } = await ask(t, () =>
      refusal(operation, service === 'IAM' ? 'Throttling' : 'ThrottlingException', 'Rate exceeded'),
    );
    const error = await fails(call(evidence, never), 'throttled');
    assert.equal(errorSentence(error), `${operation} requests to ${service} exceed what it allows.`);
    assert.equal(received.length, 1);
  });

  for (const [what, answer] of Object.entries<Answer>({
    'an unknown operation': refusal(operation, service === 'IAM' ? 'InvalidAction' : 'UnknownOperationException', ''),
    'a page that was not found': { status: 404, body: '<UnknownOperationException/>\n' },
    'a page of an internal error': { status: 500, body: '<!doctype html><title>500 Internal Server Error</title>' },
    'that it is not implemented': refusal(operation, 'InternalFailure', 'not yet implemented', 501),
    'an error of another protocol': operation === 'LookupEvents' ? stsFailure('X', 'x', 400) : failure('X', 'x', 400),
  })) {
    test(`${operation} at a server that answers ${what} is not available there`, async (t) => {
      const { evidence, log } = await ask(t, () => answer);
      const error = await fails(call(evidence, never), 'notSupported');
      assert.equal(errorSentence(error), `${operation} (${service}) isn't available at this endpoint.`);
      assert.equal(log[0]?.outcome, 'notSupported');
    });
  }

  test(`${operation} at a gateway whose server does not answer may be available`, async (t) => {
    const { evidence } = await ask(t, () => ({ status: 502, body: '<html>Bad Gateway</html>' }));
    await fails(call(evidence, never), 'notJson');
  });

  test(`${operation} without an answer ends in time`, { timeout: 20_000 }, async (t) => {
    const timeouts = { connectMs: 20_000, requestMs: 20_000, callMs: 100 };
    const { evidence } = await ask(t, () => 'hang', { aws: { timeouts } });
    await fails(call(evidence, never), 'timeout');
  });

  test(`${operation} ends at once when it is cancelled`, { timeout: 20_000 }, async (t) => {
    const controller = new AbortController();
    const { evidence, log } = await ask(t, () => {
      controller.abort();
      return 'hang';
    });
    await assert.rejects(call(evidence, controller.signal), isAbort);
    assert.deepEqual([log[0]?.operation, log[0]?.outcome], [operation, 'aborted']);
  });

  test(`an answer to ${operation} that is larger than any of AWS is refused`, { timeout: 20_000 }, async (t) => {
    const { evidence } = await ask(t, () => (response) => {
      response.end(Buffer.alloc(maxAnswerBytes + 1, ' '));
    });
    await fails(call(evidence, never), 'tooLarge');
  });

  test(`${operation} is sent again with renewed credentials of the same account`, async (t) => {
    const world = await ask(t, (request) => {
      if (request.operation === 'GetCallerIdentity') {
        return identity('111122223333');
      }
      return signature(request).accessKeyId === 'AKIATWO'
        ? 'close'
        : refusal(operation, service === 'IAM' ? 'ExpiredToken' : 'ExpiredTokenException', 'Expired', 403);
    });
    await world.api.callerIdentity(never);
    await world.writeConfig(profileAt(world.url).replace('AKIADEFAULT', 'AKIATWO'));
    await fails(call(world.evidence, never), 'network');
    assert.deepEqual(
      world.received.map((request) => [request.operation, signature(request).accessKeyId]),
      [
        ['GetCallerIdentity', 'AKIADEFAULT'],
        [operation, 'AKIADEFAULT'],
        ['GetCallerIdentity', 'AKIATWO'],
        [operation, 'AKIATWO'],
      ],
    );
  });

  test(`${operation} is not sent with credentials of another account`, async (t) => {
    let account = '111122223333';
    const world = await ask(t, (request) =>
      request.operation === 'GetCallerIdentity'
        ? identity(account)
        : refusal(operation, service === 'IAM' ? 'ExpiredToken' : 'ExpiredTokenException', 'Expired', 403),
    );
    await world.api.callerIdentity(never);
    account = '444455556666';
    await world.writeConfig(profileAt(world.url).replace('AKIADEFAULT', 'AKIATWO'));
    await fails(call(world.evidence, never), 'accountChanged');
    assert.ok(isKind(world.ended.reason, 'accountChanged'));
    assert.deepEqual(
      world.received.map(({ operation }) => operation),
      ['GetCallerIdentity', operation, 'GetCallerIdentity'],
    );
  });
}

const keysOf = '[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = secret\nservices = local\n';

test('beside a KMS with an endpoint of its own nothing is asked of AWS', async (t) => {
  const server = await serve(t, () => 'close');
  const { open, log } = await createWorld(t, {
    config: `${keysOf}[services local]\nkms =\n  endpoint_url = ${server.url}\n`,
  });
  const evidence = await (await open()).evidence();
  for (const [operation, call] of Object.entries(calls)) {
    const error = await fails(call(evidence, never), 'notSupported');
    assert.equal(error.details.operation, operation);
  }
  assert.deepEqual([server.received, log], [[], []]);
});

test('each service is asked at the endpoint that is configured for it', async (t) => {
  const [kms, trail, iam] = await Promise.all([
    serve(t, () => 'close'),
    serve(t, () => ({ body: { Events: [] } })),
    serve(t, () => inIam('ListUsers', '<Users/><IsTruncated>false</IsTruncated>')),
  ]);
  const { open } = await createWorld(t, {
    config: `${keysOf}[services local]\nkms =\n  endpoint_url = ${kms.url}\ncloudtrail =\n  endpoint_url = ${trail.url}\n`,
    env: { AWS_ENDPOINT_URL_IAM: iam.url },
  });
  const evidence = await (await open()).evidence();
  await evidence.lookupEvents(made, undefined, never);
  await evidence.listUsers(undefined, never);
  assert.deepEqual(
    [kms, trail, iam].map(({ received }) => received.map((request) => [request.operation, signature(request).service])),
    [[], [['LookupEvents', 'cloudtrail']], [['ListUsers', 'iam']]],
  );
});

test('the sample data is asked in process', async (t) => {
  const asked: string[] = [];
  const { aws } = await createWorld(t, {
    aws: {
      sample: async () => ({
        region: 'eu-west-1',
        credentials: { accessKeyId: 'SAMPLE', secretAccessKey: 'sample' },
        requestHandler: {
          handle: async ({ headers, body }) => {
            asked.push(headers['x-amz-target'] ?? new URLSearchParams(String(body)).get('Action') ?? '');
            return {
              response: { statusCode: 404, headers: {}, body: Readable.from(['<UnknownOperationException/>']) },
            };
          },
        },
      }),
    },
  });
  const connection = await aws.open({ kind: 'sample' });
  t.after(connection.close);
  const evidence = await connection.evidence();
  assert.equal(await connection.evidence(), evidence);
  for (const call of Object.values(calls)) {
    await fails(call(evidence, never), 'notSupported');
  }
  assert.deepEqual(asked, [
    'CloudTrail_20131101.LookupEvents',
    'GetRole',
    'GetUser',
    'ListRoles',
    'ListUsers',
    'GetAccountAuthorizationDetails',
  ]);
});
