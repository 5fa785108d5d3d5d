import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { isKind } from '../../../src/core/errors.ts';
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
  type WorldOptions,
} from './support.ts';

async function connect(
  t: TestContext,
  answer: (request: Received, count: number) => Answer,
  aws?: WorldOptions['aws'],
) {
  const server = await serve(t, answer);
  const { open, log } = await createWorld(t, { config: profileAt(server.url), ...(aws === undefined ? {} : { aws }) });
  const { api } = await open();
  const sent = () => server.received.map(({ operation, body }) => ({ operation, ...JSON.parse(body) }) as object);
  return { api, log, server, sent };
}

test('keys are asked for a thousand at a time, from the marker that the last page gave', async (t) => {
  const { api, sent } = await connect(t, (_, count) => ({
    body:
      count === 1
        ? { Keys: [{ KeyId: 'k1', KeyArn: keyArn }], NextMarker: 'next', Truncated: true }
        : { Keys: [], Truncated: false },
  }));
  assert.deepEqual(await api.listKeys(undefined, never), {
    items: [{ keyId: 'k1', arn: keyArn }],
    nextMarker: 'next',
  });
  assert.deepEqual(await api.listKeys('next', never), { items: [], nextMarker: undefined });
  assert.deepEqual(sent(), [
    { operation: 'ListKeys', Limit: 1000 },
    { operation: 'ListKeys', Limit: 1000, Marker: 'next' },
  ]);
});

test('an empty page that is not the last keeps its marker', async (t) => {
  const { api } = await connect(t, () => ({ body: { Grants: [], NextMarker: 'on', Truncated: true } }));
  assert.deepEqual(await api.listGrants({ keyArn }, never), { items: [], nextMarker: 'on' });
});

test('aliases are asked for a hundred at a time, and a reserved one may have no key', async (t) => {
  const { api, sent } = await connect(t, () => ({
    body: {
      Aliases: [
        { AliasName: 'alias/app', AliasArn: 'a', TargetKeyId: 'k1', CreationDate: 1.7e9 },
        { AliasName: 'alias/aws/dynamodb', AliasArn: 'b' },
      ],
      Truncated: false,
    },
  }));
  assert.deepEqual((await api.listAliases(undefined, never)).items, [
    { aliasName: 'alias/app', targetKeyId: 'k1' },
    { aliasName: 'alias/aws/dynamodb', targetKeyId: undefined },
  ]);
  assert.deepEqual(sent(), [{ operation: 'ListAliases', Limit: 100 }]);
});

test('a key is described by its ARN, with what KMS leaves out made explicit', async (t) => {
  const { api, sent } = await connect(t, () => ({
    body: {
      KeyMetadata: {
        AWSAccountId: '111122223333',
        KeyId: 'k1',
        Arn: keyArn,
        CreationDate: 1_700_000_000.5,
        DeletionDate: 1_700_086_400,
        Enabled: false,
        Description: '',
        KeyState: 'SomethingNew',
        KeyManager: 'AWS',
        KeySpec: 'SYMMETRIC_DEFAULT',
        KeyUsage: 'ENCRYPT_DECRYPT',
        Origin: 'AWS_KMS',
      },
    },
  }));
  assert.deepEqual(await api.describeKey(keyArn, never), {
    keyId: 'k1',
    arn: keyArn,
    account: '111122223333',
    description: '',
    state: 'SomethingNew',
    manager: 'AWS',
    origin: 'AWS_KMS',
    usage: 'ENCRYPT_DECRYPT',
    spec: 'SYMMETRIC_DEFAULT',
    multiRegion: false,
    creationDate: new Date(1_700_000_000_500),
    deletionDate: new Date(1_700_086_400_000),
  });
  assert.deepEqual(sent(), [{ operation: 'DescribeKey', KeyId: keyArn }]);
});

test('grants of every kind are narrowed, and operations that AWS adds later pass through', async (t) => {
  const { api } = await connect(t, () => ({
    body: {
      Grants: [
        {
          KeyId: keyArn,
          GrantId: 'g1',
          Name: 'backup',
          CreationDate: 1_700_000_000,
          GranteePrincipal: 'arn:aws:iam::111122223333:role/Backup',
          RetiringPrincipal: 'arn:aws:iam::111122223333:role/Admin',
          IssuingAccount: 'arn:aws:iam::111122223333:root',
          Operations: ['Decrypt', 'TeleportKey'],
          Constraints: { EncryptionContextSubset: { app: 'shop' } },
        },
        {
          KeyId: keyArn,
          GrantId: 'g2',
          Name: '',
          GranteeServicePrincipal: 'rds.amazonaws.com',
          RetiringServicePrincipal: 'rds.amazonaws.com',
          Constraints: { SourceArn: 'arn:aws:rds:eu-west-1:111122223333:db:shop' },
        },
      ],
      Truncated: false,
    },
  }));
  const none = { encryptionContextEquals: undefined, encryptionContextSubset: undefined, sourceArn: undefined };
  assert.deepEqual((await api.listGrants({ keyArn }, never)).items, [
    {
      grantId: 'g1',
      keyArn,
      name: 'backup',
      creationDate: new Date(1_700_000_000_000),
      granteePrincipal: { kind: 'principal', value: 'arn:aws:iam::111122223333:role/Backup' },
      retiringPrincipal: { kind: 'principal', value: 'arn:aws:iam::111122223333:role/Admin' },
      issuingAccount: 'arn:aws:iam::111122223333:root',
      operations: ['Decrypt', 'TeleportKey'],
      constraints: { ...none, encryptionContextSubset: { app: 'shop' } },
    },
    {
      grantId: 'g2',
      keyArn,
      name: undefined,
      creationDate: undefined,
      granteePrincipal: { kind: 'servicePrincipal', value: 'rds.amazonaws.com' },
      retiringPrincipal: { kind: 'servicePrincipal', value: 'rds.amazonaws.com' },
      issuingAccount: undefined,
      operations: [],
      constraints: { ...none, sourceArn: 'arn:aws:rds:eu-west-1:111122223333:db:shop' },
    },
  ]);
});

test('a bare key ID in a grant becomes the ARN that was asked for, and a name of null no name', async (t) => {
  const { api } = await connect(t, () => ({ body: { Grants: [{ KeyId: '1234abcd', GrantId: 'g1', Name: null }] } }));
  const [grant] = (await api.listGrants({ keyArn }, never)).items;
  assert.deepEqual([grant?.keyArn, grant?.name], [keyArn, undefined]);
});

test('one grant is asked for by its ID, without changing the query that was passed in', async (t) => {
  const { api, sent } = await connect(t, () => ({ body: { Grants: [], NextMarker: 'on' } }));
  const query = Object.freeze({ keyArn, grantId: 'g1', marker: 'm1' });
  await api.listGrants(query, never);
  assert.deepEqual(sent(), [{ operation: 'ListGrants', KeyId: keyArn, Limit: 100, GrantId: 'g1', Marker: 'm1' }]);
});

test('entries without an ID are left out, and the log counts them', async (t) => {
  const { api, log } = await connect(t, ({ operation }) => ({
    body:
      operation === 'ListKeys'
        ? { Keys: [{ KeyArn: keyArn }, { KeyId: 'k1', KeyArn: keyArn }] }
        : { Grants: [{ KeyId: keyArn }, {}] },
  }));
  assert.equal((await api.listKeys(undefined, never)).items.length, 1);
  assert.equal((await api.listGrants({ keyArn }, never)).items.length, 0);
  assert.deepEqual(
    log.map(({ dropped }) => dropped),
    [1, 2],
  );
});

test('an answer that lacks the list is a failure, since a missing list is no proof that a grant is gone', async (t) => {
  const { api, log } = await connect(t, () => ({ body: { hello: 'from a proxy' } }));
  await assert.rejects(
    api.listGrants({ keyArn, grantId: 'g1' }, never),
    (error) => isKind(error, 'notJson') && error.details.keyArn === keyArn && error.details.profile === 'default',
  );
  assert.deepEqual([log[0]?.requestId, log[0]?.outcome], ['request-1', 'notJson']);
  await assert.rejects(api.describeKey(keyArn, never), (error) => isKind(error, 'notJson'));
});

test('a revoke names key and grant and is no dry run', async (t) => {
  const { api, sent } = await connect(t, () => ({ body: '' }));
  await api.revokeGrant({ keyArn, grantId: 'g1' }, never);
  assert.deepEqual(sent(), [{ operation: 'RevokeGrant', KeyId: keyArn, GrantId: 'g1' }]);
});

test('a dry run that AWS would allow is told as allowed', async (t) => {
  const { api, sent } = await connect(t, () => failure('DryRunOperationException', 'would have succeeded'));
  assert.equal(await api.dryRunRevokeGrant({ keyArn, grantId: 'g1' }, never), 'allowed');
  assert.deepEqual(sent(), [{ operation: 'RevokeGrant', KeyId: keyArn, GrantId: 'g1', DryRun: true }]);
});

test('a dry run that a server answers with success is told as a revoke', async (t) => {
  const { api } = await connect(t, () => ({ body: '' }));
  assert.equal(await api.dryRunRevokeGrant({ keyArn, grantId: 'g1' }, never), 'revoked');
});

test('a dry run that AWS refuses rejects with the refusal', async (t) => {
  const { api } = await connect(t, () => failure('AccessDeniedException', 'no'));
  await assert.rejects(api.dryRunRevokeGrant({ keyArn, grantId: 'g1' }, never), (error) =>
    isKind(error, 'accessDenied'),
  );
});

test('the caller is who STS says', async (t) => {
  const { api } = await connect(t, () => identity('111122223333'));
  assert.deepEqual(await api.callerIdentity(never), {
    account: '111122223333',
    arn: 'arn:aws:iam::111122223333:user/ana',
  });
});

test('requests say in their user agent which extension sends them', async (t) => {
  const { api, server } = await connect(t, () => ({ body: { Keys: [] } }));
  await api.listKeys(undefined, never);
  assert.match(String(server.received[0]?.headers['user-agent']), /kms-grants/);
});

test('a server error is tried again, and the log has the attempts, the request ID and the time', async (t) => {
  const { api, log } = await connect(
    t,
    (_, count) => (count === 1 ? failure('KMSInternalException', 'oops', 500) : { body: { Keys: [] } }),
    { maxAttempts: 3 },
  );
  await api.listKeys(undefined, never);
  const [record] = log;
  assert.deepEqual(
    { ...record, durationMs: 0 },
    {
      connection: 'profile/default/eu-west-1',
      operation: 'ListKeys',
      durationMs: 0,
      attempts: 2,
      requestId: 'request-1',
      outcome: 'ok',
      awsName: undefined,
      dropped: 0,
    },
  );
  assert.ok(record !== undefined && record.durationMs > 0 && record.durationMs < 60_000);
});

test('a call whose signal is already aborted sends nothing', async (t) => {
  const { api, server, log } = await connect(t, () => ({ body: { Keys: [] } }));
  await assert.rejects(api.listKeys(undefined, AbortSignal.abort()), { name: 'AbortError' });
  assert.deepEqual([server.received.length, log.map(({ outcome }) => outcome)], [0, ['aborted']]);
});

for (const [when, answer] of [
  ['before the answer', 'hang'],
  ['in the middle of the answer', 'stall'],
] as const) {
  test(`aborting ${when} rejects with an AbortError, not with the broken connection`, async (t) => {
    const controller = new AbortController();
    const { api } = await connect(t, () => {
      setImmediate(() => controller.abort());
      return answer;
    });
    await assert.rejects(api.listKeys(undefined, controller.signal), { name: 'AbortError' });
  });
}
