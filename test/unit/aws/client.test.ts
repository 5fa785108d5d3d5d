import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { inspect } from 'node:util';
import { isKind } from '../../../src/core/kms/errors.ts';
import type { KmsApi } from '../../../src/core/kms/kmsApi.ts';
import type { CreateGrantInput } from '../../../src/core/kms/model.ts';
import { unverified, verified } from '../actors.ts';
import { noConstraints } from '../core/fakes.ts';
import { accounts, anasKeys, createCloudWorld } from './cloud.ts';
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
        CurrentKeyMaterialId: 'a1',
        ExpirationModel: 'KEY_MATERIAL_EXPIRES',
        ValidTo: 1_700_086_400,
        PendingDeletionWindowInDays: 7,
        CustomKeyStoreId: 'cks-1',
        MultiRegionConfiguration: { MultiRegionKeyType: 'PRIMARY', PrimaryKey: { Arn: keyArn, Region: 'eu-west-1' } },
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
    otherFields: {
      Enabled: false,
      CurrentKeyMaterialId: 'a1',
      ExpirationModel: 'KEY_MATERIAL_EXPIRES',
      ValidTo: new Date(1_700_086_400_000),
      PendingDeletionWindowInDays: 7,
      CustomKeyStoreId: 'cks-1',
      MultiRegionConfiguration: { MultiRegionKeyType: 'PRIMARY', PrimaryKey: { Arn: keyArn, Region: 'eu-west-1' } },
    },
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
      constraints: { ...noConstraints, encryptionContextSubset: { app: 'shop' } },
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
      constraints: { ...noConstraints, sourceArn: 'arn:aws:rds:eu-west-1:111122223333:db:shop' },
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
  await api.revokeGrant({ keyArn, grantId: 'g1' }, unverified, never);
  assert.deepEqual(sent(), [{ operation: 'RevokeGrant', KeyId: keyArn, GrantId: 'g1' }]);
});

test('a dry run that AWS would allow is reported as allowed', async (t) => {
  const { api, sent } = await connect(t, () => failure('DryRunOperationException', 'would have succeeded'));
  assert.equal(await api.dryRunRevokeGrant({ keyArn, grantId: 'g1' }, never), 'allowed');
  assert.deepEqual(sent(), [{ operation: 'RevokeGrant', KeyId: keyArn, GrantId: 'g1', DryRun: true }]);
});

test('a dry run that a server answers with success is reported as a revoke', async (t) => {
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

test('the log has operation, outcome, request ID and time of a call', async (t) => {
  const { api, log } = await connect(t, () => ({ body: { Keys: [] } }));
  await api.listKeys(undefined, never);
  const [record] = log;
  assert.deepEqual(
    { ...record, durationMs: 0 },
    {
      connection: 'profile/default/eu-west-1',
      operation: 'ListKeys',
      durationMs: 0,
      attempts: 1,
      requestId: 'request-1',
      outcome: 'ok',
      awsName: undefined,
      message: undefined,
      dropped: 0,
    },
  );
  assert.ok(record !== undefined && record.durationMs > 0 && record.durationMs < 60_000);
});

for (const [what, answer, kind] of [
  ['throttles', failure('ThrottlingException', 'slow down'), 'throttled'],
  ['fails', failure('KMSInternalException', 'oops', 500), 'internal'],
  ['times out behind', failure('DependencyTimeoutException', 'late', 503), 'dependencyTimeout'],
  ['closes the connection of', 'close', 'network'],
] as const) {
  test(`a request that KMS ${what} is reported at once and not sent again: that is for who paces requests`, async (t) => {
    const { api, log, server } = await connect(t, () => answer, { maxAttempts: 3 });
    const change = { ...wanted, name: 'shop' };
    await assert.rejects(api.listKeys(undefined, never), (error) => isKind(error, kind));
    await assert.rejects(api.createGrant(change, unverified, never), (error) => isKind(error, kind));
    await assert.rejects(api.revokeGrant({ keyArn, grantId: 'g1' }, unverified, never), (error) => isKind(error, kind));
    assert.equal(server.received.length, 3);
    assert.deepEqual(
      log.map(({ outcome, attempts }) => [outcome, attempts]),
      Array.from({ length: 3 }, () => [kind, 1]),
    );
  });
}

test('a request that is refused since this computer has the wrong time is sent again with the right one', async (t) => {
  const date = new Date(Date.now() + 3_600_000).toUTCString();
  const skewed = (answer: Answer): Answer => (typeof answer === 'object' ? { ...answer, headers: { date } } : answer);
  const { api, server } = await connect(t, (_, count) =>
    skewed(count === 1 ? failure('InvalidSignatureException', 'Signature expired') : { body: { Keys: [] } }),
  );
  await api.listKeys(undefined, never);
  const [wrong, right] = server.received.map(({ headers }) => String(headers['x-amz-date']));
  assert.ok(wrong !== undefined && right !== undefined && right > wrong);
  assert.equal(server.received.length, 2);
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

const reader = { kind: 'principal', value: 'arn:aws:iam::111122223333:role/Reader' } as const;
const wanted: CreateGrantInput = {
  keyArn,
  operations: ['Decrypt'],
  granteePrincipal: reader,
  constraints: noConstraints,
};
const made = { body: { GrantId: 'g1', GrantToken: 'token-canary' } };

test('a grant is created from what was asked for, and nothing else is sent', async (t) => {
  const { api, sent } = await connect(t, () => made);
  assert.deepEqual(await api.createGrant(wanted, unverified, never), { grantId: 'g1', grantToken: 'token-canary' });
  await api.createGrant(
    {
      keyArn,
      operations: ['Decrypt', 'RetireGrant'],
      granteePrincipal: reader,
      retiringPrincipal: { kind: 'principal', value: 'arn:aws:iam::111122223333:role/Admin' },
      constraints: { ...noConstraints, encryptionContextEquals: { app: 'shop' } },
      name: 'shop',
    },
    unverified,
    never,
  );
  await api.createGrant(
    {
      keyArn,
      operations: ['Decrypt'],
      granteePrincipal: { kind: 'servicePrincipal', value: 'dynamodb.amazonaws.com' },
      retiringPrincipal: { kind: 'servicePrincipal', value: 'dynamodb.amazonaws.com' },
      constraints: {
        ...noConstraints,
        encryptionContextSubset: { a: '1' },
        sourceArn: 'arn:aws:dynamodb:eu-west-1:111122223333:table/t',
      },
    },
    unverified,
    never,
  );
  const operation = 'CreateGrant';
  assert.deepEqual(sent(), [
    { operation, KeyId: keyArn, Operations: ['Decrypt'], GranteePrincipal: reader.value },
    {
      operation,
      KeyId: keyArn,
      Operations: ['Decrypt', 'RetireGrant'],
      GranteePrincipal: reader.value,
      RetiringPrincipal: 'arn:aws:iam::111122223333:role/Admin',
      Constraints: { EncryptionContextEquals: { app: 'shop' } },
      Name: 'shop',
    },
    {
      operation,
      KeyId: keyArn,
      Operations: ['Decrypt'],
      GranteeServicePrincipal: 'dynamodb.amazonaws.com',
      RetiringServicePrincipal: 'dynamodb.amazonaws.com',
      Constraints: {
        EncryptionContextSubset: { a: '1' },
        SourceArn: 'arn:aws:dynamodb:eu-west-1:111122223333:table/t',
      },
    },
  ]);
});

test('an answer without a grant ID is a failure, and one without a token is none', async (t) => {
  const { api } = await connect(t, (_, count) => ({ body: count === 1 ? { GrantToken: 't' } : { GrantId: 'g1' } }));
  await assert.rejects(api.createGrant(wanted, unverified, never), (error) => isKind(error, 'notJson'));
  assert.deepEqual(await api.createGrant(wanted, unverified, never), { grantId: 'g1', grantToken: '' });
});

for (const [what, body] of [
  ['whole', { GrantId: 'g1', GrantToken: 'token-canary' }],
  ['without its grant ID', { GrantToken: 'token-canary' }],
  ['cut short', '{"GrantToken":"token-canary'],
  ['not JSON', 'GrantToken=token-canary'],
  ['JSON with more behind it', '{"GrantToken":"token-canary"}token-canary'],
] as const) {
  test(`the grant token is neither in the log nor in an error when the answer is ${what}`, async (t) => {
    const { api, log } = await connect(t, () => ({ body }));
    const outcome = await api.createGrant(wanted, unverified, never).then(
      () => undefined,
      (error: unknown) => error,
    );
    assert.equal(outcome === undefined, what === 'whole');
    assert.ok(!inspect([log, outcome], { depth: 10, showHidden: true }).includes('canary'));
  });
}

test('a dry run of a new grant says so, and distinguishes allowed, created and refused', async (t) => {
  const answers = [failure('DryRunOperationException', 'would have'), made, failure('AccessDeniedException', 'no')];
  const { api, sent } = await connect(t, (_, count) => answers[count - 1] ?? 'close');
  assert.equal(await api.dryRunCreateGrant(wanted, never), 'allowed');
  assert.equal(await api.dryRunCreateGrant(wanted, never), 'created');
  await assert.rejects(api.dryRunCreateGrant(wanted, never), (error) => isKind(error, 'accessDenied'));
  const [first] = sent();
  assert.deepEqual(first, {
    operation: 'CreateGrant',
    KeyId: keyArn,
    Operations: ['Decrypt'],
    GranteePrincipal: reader.value,
    DryRun: true,
  });
});

test('a grant is retired by key and grant ID, and a dry run of that says that it is one', async (t) => {
  const answers = [{ body: '' }, failure('DryRunOperationException', 'would have'), { body: '' }];
  const { api, sent } = await connect(t, (_, count) => answers[count - 1] ?? 'close');
  await api.retireGrant({ keyArn, grantId: 'g1' }, unverified, never);
  assert.equal(await api.dryRunRetireGrant({ keyArn, grantId: 'g1' }, never), 'allowed');
  assert.equal(await api.dryRunRetireGrant({ keyArn, grantId: 'g1' }, never), 'retired');
  const retire = { operation: 'RetireGrant', KeyId: keyArn, GrantId: 'g1' };
  assert.deepEqual(sent(), [retire, { ...retire, DryRun: true }, { ...retire, DryRun: true }]);
});

test('a grant that is not there any more when it is retired is distinguished from a key that is not', async (t) => {
  const messages = ['Grant Id g1 is not found', `Key '${keyArn}' does not exist`];
  const { api } = await connect(t, (_, count) => failure('NotFoundException', messages[count - 1] ?? ''));
  const retire = () => api.retireGrant({ keyArn, grantId: 'g1' }, unverified, never);
  await assert.rejects(retire(), (error) => isKind(error, 'grantNotFound'));
  await assert.rejects(retire(), (error) => isKind(error, 'keyNotFound'));
});

test('retirable grants come in pages, with the keys of other accounts, and a bare key ID is of the own account', async (t) => {
  const ofOther = 'arn:aws:kms:eu-west-1:444455556666:key/k2';
  const { api, sent } = await connect(t, () => ({
    body: {
      Grants: [
        { KeyId: ofOther, GrantId: 'g1' },
        { KeyId: 'k3', GrantId: 'g2' },
      ],
      NextMarker: 'on',
      Truncated: true,
    },
  }));
  const page = await api.listRetirableGrants('arn:aws:iam::111122223333:role/Janitor', 'm1', never);
  assert.deepEqual(
    page.items.map((grant) => grant.keyArn),
    [ofOther, 'arn:aws:kms:eu-west-1:111122223333:key/k3'],
  );
  assert.equal(page.nextMarker, 'on');
  assert.deepEqual(sent(), [
    {
      operation: 'ListRetirableGrants',
      RetiringPrincipal: 'arn:aws:iam::111122223333:role/Janitor',
      Limit: 100,
      Marker: 'm1',
    },
  ]);
});

test('the policy is the text that KMS keeps, and no policy is no empty one', async (t) => {
  const { api, sent } = await connect(t, (_, count) => ({
    body: count === 1 ? { Policy: '{ "Version": "2012-10-17" }', PolicyName: 'default' } : {},
  }));
  assert.equal(await api.getKeyPolicy(keyArn, 'default', never), '{ "Version": "2012-10-17" }');
  await assert.rejects(api.getKeyPolicy(keyArn, 'default', never), (error) => isKind(error, 'notJson'));
  assert.deepEqual(sent()[0], { operation: 'GetKeyPolicy', KeyId: keyArn, PolicyName: 'default' });
});

test('tags and aliases of one key are read to the end', async (t) => {
  const pages: Record<string, readonly object[]> = {
    ListResourceTags: [
      { Tags: [{ TagKey: 'team', TagValue: 'shop' }], NextMarker: 'on', Truncated: true },
      { Tags: [{ TagKey: 'empty', TagValue: '' }], Truncated: false },
    ],
    ListAliases: [
      { Aliases: [{ AliasName: 'alias/b', TargetKeyId: 'k1' }], NextMarker: 'on', Truncated: true },
      { Aliases: [{ AliasName: 'alias/a', TargetKeyId: 'k1' }], Truncated: false },
    ],
  };
  const { api, sent } = await connect(t, ({ operation, body }) => ({
    body: pages[operation]?.[body.includes('"Marker":"on"') ? 1 : 0],
  }));
  assert.deepEqual(await api.listResourceTags(keyArn, never), [
    { key: 'team', value: 'shop' },
    { key: 'empty', value: '' },
  ]);
  assert.deepEqual(await api.listAliasesOf(keyArn, never), ['alias/a', 'alias/b']);
  assert.deepEqual(sent(), [
    { operation: 'ListResourceTags', KeyId: keyArn, Limit: 50 },
    { operation: 'ListResourceTags', KeyId: keyArn, Limit: 50, Marker: 'on' },
    { operation: 'ListAliases', KeyId: keyArn, Limit: 100 },
    { operation: 'ListAliases', KeyId: keyArn, Limit: 100, Marker: 'on' },
  ]);
});

test('rotation is on or off, and an answer that says neither is a failure', async (t) => {
  const answers = [
    { KeyId: 'k1', KeyRotationEnabled: true, RotationPeriodInDays: 90, NextRotationDate: 1_700_000_000 },
    { KeyId: 'k1', KeyRotationEnabled: false },
    {},
  ];
  const { api } = await connect(t, (_, count) => ({ body: answers[count - 1] }));
  const off = {
    enabled: false,
    periodInDays: undefined,
    nextRotationDate: undefined,
    onDemandRotationStartDate: undefined,
  };
  assert.deepEqual(await api.getKeyRotationStatus(keyArn, never), {
    ...off,
    enabled: true,
    periodInDays: 90,
    nextRotationDate: new Date(1_700_000_000_000),
  });
  assert.deepEqual(await api.getKeyRotationStatus(keyArn, never), off);
  await assert.rejects(api.getKeyRotationStatus(keyArn, never), (error) => isKind(error, 'notJson'));
});

test('an empty last usage is an answer, and an empty answer is none', async (t) => {
  const dates = { TrackingStartDate: 1_700_000_000, KeyCreationDate: 1_600_000_000 };
  const used = {
    Operation: 'Decrypt',
    Timestamp: 1_700_000_500,
    CloudTrailEventId: 'event-1',
    KmsRequestId: 'request-1',
  };
  const answers = [{ KeyLastUsage: used, ...dates }, { KeyLastUsage: {}, ...dates }, {}];
  const { api } = await connect(t, (_, count) => ({ body: answers[count - 1] }));
  const known = {
    trackingStartDate: new Date(1_700_000_000_000),
    keyCreationDate: new Date(1_600_000_000_000),
  };
  assert.deepEqual(await api.getKeyLastUsage(keyArn, never), {
    ...known,
    last: { operation: 'Decrypt', timestamp: new Date(1_700_000_500_000), cloudTrailEventId: 'event-1' },
  });
  assert.deepEqual(await api.getKeyLastUsage(keyArn, never), { ...known, last: undefined });
  await assert.rejects(api.getKeyLastUsage(keyArn, never), (error) => isKind(error, 'notJson'));
});

test('a grant is created, listed, retired and gone, and its key described, against the emulator', async (t) => {
  const { open } = await createCloudWorld(t, { config: `[default]\n${anasKeys}` });
  const { api } = await open();
  const aliases = (await api.listAliases(undefined, never)).items;
  const keyId = aliases.find(({ aliasName }) => aliasName === 'alias/orders-db')?.targetKeyId;
  const key = { arn: `arn:aws:kms:eu-west-1:${accounts.ana}:key/${keyId}` };
  const { arn } = await api.callerIdentity(never);
  const input: CreateGrantInput = {
    keyArn: key.arn,
    operations: ['Decrypt', 'DescribeKey'],
    granteePrincipal: reader,
    retiringPrincipal: { kind: 'principal', value: arn },
    constraints: { ...noConstraints, encryptionContextSubset: { app: 'shop' } },
    name: 'shop',
  };
  assert.equal(await api.dryRunCreateGrant(input, never), 'allowed');
  assert.deepEqual((await api.listRetirableGrants(arn, undefined, never)).items, []);
  const actor = verified(await api.callerIdentity(never));
  const first = await api.createGrant(input, actor, never);
  const second = await api.createGrant(input, actor, never);
  assert.equal(second.grantId, first.grantId);
  assert.notEqual(second.grantToken, first.grantToken);
  const ref = { keyArn: key.arn, grantId: first.grantId };
  const [listed] = (await api.listGrants(ref, never)).items;
  const { grantId: _, creationDate: __, issuingAccount: ___, ...fields } = listed ?? assert.fail('It is not listed.');
  assert.deepEqual(fields, input);
  assert.deepEqual((await api.listRetirableGrants(arn, undefined, never)).items, [listed]);
  assert.equal(await api.dryRunRetireGrant(ref, never), 'allowed');
  await api.retireGrant(ref, actor, never);
  assert.deepEqual((await api.listGrants(ref, never)).items, []);

  assert.equal(JSON.parse(await api.getKeyPolicy(key.arn, 'default', never)).Version, '2012-10-17');
  assert.equal((await api.listAliasesOf(key.arn, never)).length > 0, true);
  assert.equal((await api.listResourceTags(key.arn, never)).length > 0, true);
  assert.equal((await api.getKeyRotationStatus(key.arn, never)).enabled, true);
  assert.equal((await api.getKeyLastUsage(key.arn, never)).last?.operation, 'Decrypt');
});

test('neither a grant is created nor one retired, dry or not, with new credentials of another account', async (t) => {
  const { open, cloud, writeConfig } = await createCloudWorld(t, { config: `[default]\n${anasKeys}` });
  const { api } = await open();
  await api.callerIdentity(never);
  const [key] = (await api.listKeys(undefined, never)).items;
  assert.ok(key !== undefined);
  const ref = { keyArn: key.arn, grantId: '0'.repeat(64) };
  cloud.rotate('AKIAANA');
  await writeConfig('[default]\naws_access_key_id = AKIABEN\naws_secret_access_key = secret-of-ben\n');
  const input = { ...wanted, keyArn: key.arn };
  const changes = [
    () => api.createGrant(input, verified(), never),
    () => api.dryRunCreateGrant(input, never),
    () => api.retireGrant(ref, verified(), never),
    () => api.dryRunRetireGrant(ref, never),
  ];
  for (const change of changes) {
    await assert.rejects(change, (error) => isKind(error, 'accountChanged'));
  }
  const bens = cloud.requests.filter(({ accessKeyId }) => accessKeyId === 'AKIABEN');
  assert.deepEqual([...new Set(bens.map(({ operation }) => operation))], ['GetCallerIdentity']);
});

for (const [operation, change] of [
  ['CreateGrant', (api: KmsApi) => api.createGrant(wanted, unverified, never)],
  ['RetireGrant', (api: KmsApi) => api.retireGrant({ keyArn, grantId: 'g1' }, unverified, never)],
] as const) {
  test(`${operation} is not sent again for a connection of which nobody knows the account`, async (t) => {
    const { open, cloud, writeConfig } = await createCloudWorld(t, { config: `[default]\n${anasKeys}` });
    const { api } = await open();
    await api.listKeys(undefined, never);
    cloud.rotate('AKIAANA');
    await writeConfig('[default]\naws_access_key_id = AKIABEN\naws_secret_access_key = secret-of-ben\n');
    await assert.rejects(change(api), (error) => isKind(error, 'unrecognizedClient'));
    assert.deepEqual(
      cloud.requests.map(({ operation, accessKeyId }) => `${operation} ${accessKeyId}`),
      ['ListKeys AKIAANA', `${operation} AKIAANA`, 'GetCallerIdentity AKIAANA'],
    );
  });
}
