import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Random } from '../../../src/emulator/random.ts';
import { createAccount } from '../../../src/emulator/sampleData.ts';
import type { DenialReason } from '../../aws/denials.ts';
import { createEmulator, type EmulatorOptions } from '../../aws/emulator.ts';

const now = Date.UTC(2026, 10, 1, 12);

/** An emulator, and a way to ask it in AWS JSON. */
function setUp(options: Partial<EmulatorOptions> = {}) {
  const data = options.data ?? createAccount({ keys: 3, grantsPerKey: 4 });
  const emulator = createEmulator({ now: () => now, ...options, data });
  const send = (headers: Record<string, string>, body: string, method = 'POST', path = '/') => {
    const reply = emulator.handle({ method, path, headers, body });
    assert.equal(reply.kind, 'response');
    return reply.kind === 'response' ? reply : assert.fail();
  };
  const ask = (operation: string, input: unknown) => {
    const { status, body } = send({ 'x-amz-target': `TrentService.${operation}` }, JSON.stringify(input));
    const output: Record<string, unknown> = body === '' ? {} : JSON.parse(body);
    return { status, body, output, error: output['__type'], message: output['message'] ?? output['Message'] };
  };
  const keyId = data.aliases.get('alias/orders-db')?.targetKeyId ?? '';
  const grantId = [...data.grantsOf(keyId).values()][0]?.grant.id ?? '';
  return { data, emulator, send, ask, keyId, grantId };
}

const role = 'arn:aws:iam::111122223333:role/r';

suite('from request to reply', () => {
  test('an answer has the headers of AWS JSON 1.1, and the time of the emulator', () => {
    const { send } = setUp();
    const { headers, body } = send({ 'x-amz-target': 'TrentService.ListKeys' }, '{}');
    assert.equal(headers['content-type'], 'application/x-amz-json-1.1');
    assert.match(headers['x-amzn-requestid'] ?? '', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    assert.equal(headers['date'], 'Sun, 01 Nov 2026 12:00:00 GMT');
    assert.equal(headers['content-length'], String(Buffer.byteLength(body)));
  });

  test('a revoke is answered by an empty body, times by seconds', () => {
    const { ask, keyId, grantId } = setUp();
    const { output } = ask('DescribeKey', { KeyId: keyId });
    assert.match(JSON.stringify(output), /"CreationDate":1\d{9}(\.\d+)?,/);
    assert.deepEqual(ask('RevokeGrant', { KeyId: keyId, GrantId: grantId }), {
      status: 200,
      body: '',
      output: {},
      error: undefined,
      message: undefined,
    });
  });

  test('null is as good as absent', () => {
    const { ask, keyId } = setUp();
    assert.equal(ask('ListGrants', { KeyId: keyId, Limit: null, Marker: null, GrantId: null }).status, 200);
  });

  test('what is no request of AWS JSON gets the answer of its front', () => {
    const { send, ask } = setUp();
    const listKeys = { 'x-amz-target': 'TrentService.ListKeys' };
    assert.equal(send(listKeys, '', 'GET').status, 404);
    assert.equal(send(listKeys, '', 'POST', '/keys').status, 404);
    assert.equal(send({}, '{}').status, 404);
    assert.equal(ask('Destroy', {}).error, 'UnknownOperationException');
    for (const body of ['{', '[]', '"text"', 'null', '{"Limit":1}x']) {
      assert.match(send(listKeys, body).body, /"__type":"SerializationException"/);
    }
  });

  test('a member of the wrong type is refused as such', () => {
    const { ask, keyId } = setUp();
    const wrong: [string, object, string][] = [
      ['ListGrants', { KeyId: 7 }, 'NUMBER_VALUE can not be converted to a String'],
      ['ListKeys', { Limit: '7' }, 'STRING_VALUE can not be converted to an Integer'],
      ['RevokeGrant', { KeyId: keyId, GrantId: 'f', DryRun: 'true' }, 'STRING_VALUE can not be converted to a Boolean'],
      ['CreateGrant', { KeyId: keyId, Operations: {} }, 'START_OBJECT can not be converted to a List'],
      ['CreateGrant', { KeyId: keyId, Operations: [true] }, 'TRUE_VALUE can not be converted to a String'],
      ['CreateGrant', { KeyId: keyId, Constraints: [] }, 'START_ARRAY can not be converted to an Object'],
      [
        'CreateGrant',
        { KeyId: keyId, Constraints: { EncryptionContextEquals: { a: 1 } } },
        'NUMBER_VALUE can not be converted to a String',
      ],
    ];
    for (const [operation, input, message] of wrong) {
      const answer = ask(operation, input);
      assert.equal(answer.error, 'SerializationException');
      assert.equal(answer.message, message);
    }
  });

  test('all that is wrong with a request is said at once', () => {
    const { ask } = setUp();
    const { error, message } = ask('RevokeGrant', { KeyId: '' });
    assert.equal(error, 'ValidationException');
    assert.equal(
      message,
      "2 validation errors detected: Value '' at 'keyId' failed to satisfy constraint: Member must have length greater than or equal to 1; " +
        "Value null at 'grantId' failed to satisfy constraint: Member must not be null",
    );
  });

  test('rubbish never brings it down', () => {
    const { emulator, send } = setUp();
    const random = new Random(1, 'rubbish');
    const values = ['', 'x', 'arn:', 'arn:aws:kms', 'alias/', '\ud800', '\u0000', '__proto__', -1, 1e99, [], {}, true];
    const members = ['KeyId', 'GrantId', 'Limit', 'Marker', 'Operations', 'Constraints', 'GrantToken', '__proto__'];
    const operations = ['ListKeys', 'ListGrants', 'CreateGrant', 'RetireGrant', 'DescribeKey', 'ListRetirableGrants'];
    for (let n = 0; n < 500; n++) {
      const input = Object.fromEntries(members.map((name) => [name, values[random.below(values.length * 2)]]));
      const body = JSON.stringify(input).slice(0, random.below(400));
      const operation = operations[random.below(operations.length)];
      assert.ok(send({ 'x-amz-target': `TrentService.${operation}` }, body).status < 500);
      assert.ok(send({ 'content-type': 'application/x-www-form-urlencoded' }, `Action=${body}&%`).status < 500);
    }
    assert.ok(emulator.requests.some(({ status }) => status === 200));
    assert.ok(emulator.requests.some(({ status }) => status === 400));
  });

  test('what was asked is kept, up to a bound', () => {
    const requestsKept = 10;
    const { emulator, ask, keyId } = setUp({ requestsKept });
    ask('ListGrants', { KeyId: keyId, GrantId: 'short' });
    assert.deepEqual(
      { ...emulator.requests[0], requestId: '' },
      {
        at: now,
        requestId: '',
        service: 'kms',
        operation: 'ListGrants',
        input: { KeyId: keyId, GrantId: 'short' },
        principalArn: 'arn:aws:iam::111122223333:user/alex',
        done: false,
        status: 400,
        errorCode: 'InvalidGrantIdException',
      },
    );
    for (let n = 0; n < requestsKept; n++) {
      ask('Last', {});
    }
    assert.equal(emulator.requests.length, requestsKept);
    assert.equal(emulator.requests[0]?.operation, 'Last');
  });

  test('the same seed, data, clock and requests give the same answers', () => {
    const run = () => {
      const { emulator, ask, keyId } = setUp({ seed: 5, propagation: { minMs: 1, maxMs: 9 } });
      const create = { KeyId: keyId, GranteePrincipal: role, Operations: ['Decrypt'] };
      const bodies = Array.from({ length: 20 }, () => ask('CreateGrant', create).body);
      return [bodies, emulator.requests];
    };
    assert.deepEqual(run(), run());
  });
});

suite('operations in special cases', () => {
  test('describing a reserved alias creates its key, listing does not', () => {
    const { data, ask } = setUp();
    const before = data.keys.size;
    ask('ListAliases', {});
    assert.equal(data.keys.size, before);
    const { output } = ask('DescribeKey', { KeyId: 'alias/aws/ssm' });
    assert.equal(data.keys.size, before + 1);
    const created = data.keys.get(data.aliases.get('alias/aws/ssm')?.targetKeyId ?? '');
    assert.equal(created?.manager, 'AWS');
    assert.match(JSON.stringify(output), new RegExp(created?.id ?? 'none'));
  });

  test('an AWS managed key takes no grant by hand, but gives one up', () => {
    const { data, ask } = setUp();
    const KeyId = data.aliases.get('alias/aws/ebs')?.targetKeyId ?? '';
    const create = ask('CreateGrant', { KeyId, GranteePrincipal: role, Operations: ['Decrypt'] });
    assert.equal(create.error, 'AccessDeniedException');
    const [grant] = [...data.grantsOf(KeyId).values()];
    assert.equal(ask('RevokeGrant', { KeyId, GrantId: grant?.grant.id }).status, 200);
  });

  test('a key has room for so many grants, and a repeated one needs none', () => {
    const { data, ask, keyId } = setUp({ grantsPerKey: 5 });
    const create = { KeyId: keyId, GranteePrincipal: role, Operations: ['Decrypt'] };
    assert.equal(ask('CreateGrant', { ...create, Name: 'last' }).status, 200);
    assert.equal(data.grantsOf(keyId).size, 5);
    assert.equal(ask('CreateGrant', create).error, 'LimitExceededException');
    assert.equal(ask('CreateGrant', { ...create, DryRun: true }).error, 'LimitExceededException');
    assert.equal(ask('CreateGrant', { ...create, Name: 'last' }).status, 200);
  });

  test('a name whose grant was revoked makes a new grant', () => {
    const { ask, keyId } = setUp({ propagation: { minMs: 1_000, maxMs: 1_000 } });
    const create = { KeyId: keyId, GranteePrincipal: role, Operations: ['Decrypt'], Name: 'again' };
    const first = ask('CreateGrant', create).output['GrantId'];
    assert.equal(ask('RevokeGrant', { KeyId: keyId, GrantId: first }).status, 200);
    const second = ask('CreateGrant', create).output['GrantId'];
    assert.notEqual(second, first);
    assert.equal(ask('CreateGrant', create).output['GrantId'], second);
  });

  test('a key of another account is used by its ARN, listed nowhere, and its policy is not shown', () => {
    const { data, ask, keyId } = setUp();
    const own = data.keys.get(keyId);
    assert.ok(own);
    const id = '99999999-1111-2222-3333-444444444444';
    const arn = `arn:aws:kms:eu-west-1:444455556666:key/${id}`;
    data.keys.set(id, { ...own, id, arn, accountId: '444455556666' });
    assert.equal(ask('ListGrants', { KeyId: arn }).status, 200);
    assert.equal(ask('ListGrants', { KeyId: id }).error, 'NotFoundException');
    assert.equal(ask('GetKeyPolicy', { KeyId: arn }).error, 'AccessDeniedException');
    assert.ok(!ask('ListKeys', {}).body.includes(id));
    const unknown = ask('ListGrants', { KeyId: arn.replace('9999', '8888') });
    assert.equal(unknown.error, 'AccessDeniedException');
    assert.match(
      String(unknown.message),
      / kms:ListGrants on this resource because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access$/,
    );
  });

  test('a key that AWS RAM shares is listed for who asks for such keys, and has a second policy', () => {
    const { data, ask, keyId } = setUp();
    const own = data.keys.get(keyId);
    assert.ok(own);
    const id = '99999999-1111-2222-3333-444444444444';
    const arn = `arn:aws:kms:eu-west-1:444455556666:key/${id}`;
    data.keys.set(id, { ...own, id, arn, accountId: '444455556666', sharingPolicy: '{}' });
    data.keys.set(keyId, { ...own, sharingPolicy: '{"Version":"2012-10-17"}' });
    const listed = (...ResourceOwners: readonly string[]) =>
      [ask('ListKeys', { ResourceOwners }).body].map((body) => [body.includes(keyId), body.includes(id)])[0];
    assert.deepEqual(listed('SELF'), [true, false]);
    assert.deepEqual(listed('OTHER_ACCOUNTS_VIA_RAM'), [false, true]);
    assert.deepEqual(listed('SELF', 'OTHER_ACCOUNTS_VIA_RAM'), [true, true]);
    assert.equal(ask('ListKeys', { ResourceOwners: ['ANYBODY'] }).error, 'ValidationException');
    const { NextMarker } = ask('ListKeys', { Limit: 1 }).output;
    assert.equal(
      ask('ListKeys', { Marker: NextMarker, ResourceOwners: ['OTHER_ACCOUNTS_VIA_RAM'] }).error,
      'InvalidMarkerException',
    );

    const policy = (KeyId: string, PolicyName: string) => ask('GetKeyPolicy', { KeyId, PolicyName });
    assert.deepEqual(policy(keyId, 'AWS_RAM').output, { Policy: '{"Version":"2012-10-17"}', PolicyName: 'AWS_RAM' });
    assert.deepEqual(ask('ListKeyPolicies', { KeyId: keyId }).output['PolicyNames'], ['default', 'AWS_RAM']);
    const [other] = [...data.keys.values()].filter(({ sharingPolicy }) => sharingPolicy === undefined);
    for (const name of ['AWS_RAM', 'constructor']) {
      assert.equal(policy(other?.id ?? '', name).error, 'NotFoundException');
    }
  });

  test('a principal that does not exist, or is none, is named by the refusal, by dry run too', () => {
    const { data, ask, keyId } = setUp();
    data.missingPrincipals.add(role);
    const known = 'arn:aws:iam::111122223333:role/known';
    for (const [input, named] of [
      [{ GranteePrincipal: role }, role],
      [{ GranteePrincipal: known, RetiringPrincipal: role }, role],
      [{ GranteePrincipal: 'AROADBQP57FF2AEXAMPLE' }, 'AROADBQP57FF2AEXAMPLE'],
      [{ GranteePrincipal: known, RetiringPrincipal: 'rds.amazonaws.com' }, 'rds.amazonaws.com'],
    ] as const) {
      for (const DryRun of [true, false]) {
        const { error, message } = ask('CreateGrant', { KeyId: keyId, Operations: ['Decrypt'], ...input, DryRun });
        assert.deepEqual(
          [error, message],
          ['InvalidArnException', `ARN does not refer to a valid principal: ${named}`],
        );
      }
    }
    data.missingPrincipals.clear();
    assert.equal(ask('CreateGrant', { KeyId: keyId, Operations: ['Decrypt'], GranteePrincipal: role }).status, 200);
  });

  test('a grant has one constraint of encryption context, in the words of AWS', () => {
    const { ask, keyId } = setUp();
    const { error, message } = ask('CreateGrant', {
      KeyId: keyId,
      GranteePrincipal: role,
      Operations: ['Decrypt'],
      Constraints: { EncryptionContextEquals: { a: '1' }, EncryptionContextSubset: { a: '1' } },
    });
    assert.deepEqual([error, message], ['ValidationException', 'More than one constraint supplied']);
  });

  test('an encryption context constrains grants for DescribeKey, RetireGrant and CreateGrant too', () => {
    const { ask, keyId } = setUp();
    for (const Operations of [['DescribeKey'], ['RetireGrant'], ['CreateGrant', 'DescribeKey']]) {
      const Constraints = { EncryptionContextSubset: { a: '1' } };
      assert.equal(ask('CreateGrant', { KeyId: keyId, GranteePrincipal: role, Operations, Constraints }).status, 200);
    }
  });

  test('a denial says why, in the words of AWS', () => {
    const { emulator, ask, keyId, data } = setUp();
    const arn = data.keys.get(keyId)?.arn ?? '';
    const scp = 'arn:aws:organizations::111122223333:policy/o-1/service_control_policy/p-1';
    const reasons: readonly (readonly [DenialReason | undefined, string])[] = [
      [undefined, ' because no identity-based policy allows the kms:RevokeGrant action'],
      [
        { kind: 'notAllowed', by: 'VPC endpoint policy' },
        ' because no VPC endpoint policy allows the kms:RevokeGrant action',
      ],
      [{ kind: 'denied', by: 'identity-based policy' }, ' with an explicit deny in an identity-based policy'],
      [
        { kind: 'denied', by: 'service control policy', policyArn: scp },
        ` with an explicit deny in a service control policy: ${scp}`,
      ],
      [{ kind: 'unsaid' }, ''],
    ];
    for (const [reason, tail] of reasons) {
      emulator.setDenials([{ operation: 'RevokeGrant', ...(reason && { reason }) }]);
      const { error, message } = ask('RevokeGrant', { KeyId: keyId, GrantId: 'a'.repeat(64) });
      assert.equal(error, 'AccessDeniedException');
      assert.equal(
        message,
        `User: arn:aws:iam::111122223333:user/alex is not authorized to perform: kms:RevokeGrant on resource: ${arn}${tail}`,
      );
    }
  });

  test('a key says what its material is, where KMS keeps it and until when', () => {
    const data = createAccount({ keys: 20 });
    const { ask } = setUp({ data });
    const metadataOf = (alias: string) => Object(ask('DescribeKey', { KeyId: `alias/${alias}` }).output['KeyMetadata']);
    assert.match(metadataOf('orders-db').CurrentKeyMaterialId, /^[0-9a-f]{64}$/);
    const imported = metadataOf('legacy/billing-archive');
    assert.deepEqual([imported.Origin, imported.ExpirationModel], ['EXTERNAL', 'KEY_MATERIAL_EXPIRES']);
    assert.ok(imported.ValidTo > now / 1000);
    const inHsm = metadataOf('hsm/treasury');
    assert.deepEqual(
      [inHsm.CustomKeyStoreId, inHsm.CloudHsmClusterId, inHsm.CurrentKeyMaterialId],
      ['cks-9677501d7d1fb3c8e', 'cluster-2a34b5cdefg', undefined],
    );
    const replica = metadataOf('global/settlement').MultiRegionConfiguration;
    assert.deepEqual([replica.MultiRegionKeyType, replica.PrimaryKey.Region], ['REPLICA', 'us-east-1']);
  });

  test('a removed key takes its aliases and grants along', () => {
    const { data, ask, keyId, grantId } = setUp();
    data.removeKey(keyId);
    assert.equal(ask('ListGrants', { KeyId: keyId }).error, 'NotFoundException');
    assert.ok(!ask('ListAliases', {}).body.includes('alias/orders-db'));
    const retirable = ask('ListRetirableGrants', {
      RetiringPrincipal: 'arn:aws:iam::111122223333:role/platform/grant-janitor',
    });
    assert.equal(retirable.status, 200);
    assert.ok(!retirable.body.includes(grantId));
    assert.ok(!retirable.body.includes(keyId));
  });

  test('a list of retirable grants is for principals of the own account', () => {
    const { ask } = setUp();
    const list = (RetiringPrincipal: string) => ask('ListRetirableGrants', { RetiringPrincipal }).error;
    assert.equal(list('arn:aws:iam::444455556666:role/r'), 'AccessDeniedException');
    assert.equal(list('nobody'), 'InvalidArnException');
    assert.equal(ask('ListRetirableGrants', {}).error, 'ValidationException');
  });

  test('a grantee may retire a grant that says so, and the issuing account any of its own as far as IAM allows', () => {
    const { emulator, ask, keyId } = setUp({ principalArn: 'arn:aws:sts::111122223333:assumed-role/r/s' });
    const retire = (Operations: string[]) => {
      const { output } = ask('CreateGrant', { KeyId: keyId, GranteePrincipal: role, Operations });
      return ask('RetireGrant', { GrantToken: output['GrantToken'] });
    };
    assert.equal(retire(['Decrypt', 'RetireGrant']).status, 200);
    assert.equal(retire(['Decrypt']).status, 200);
    emulator.setDenials([{ operation: 'RetireGrant' }]);
    assert.equal(retire(['Decrypt']).error, 'AccessDeniedException');
  });

  test('no key state keeps a grant from being listed or revoked', () => {
    const { data, ask, keyId, grantId } = setUp();
    const key = data.keys.get(keyId);
    assert.ok(key);
    const outcomes = (['Creating', 'PendingImport', 'PendingReplicaDeletion', 'Disabled', 'Unavailable'] as const).map(
      (state) => {
        data.keys.set(keyId, { ...key, state });
        assert.equal(ask('ListGrants', { KeyId: keyId, GrantId: grantId }).status, 200);
        assert.equal(
          ask('RevokeGrant', { KeyId: keyId, GrantId: grantId, DryRun: true }).error,
          'DryRunOperationException',
        );
        return ask('CreateGrant', { KeyId: keyId, GranteePrincipal: role, Operations: ['Decrypt'] }).error;
      },
    );
    const invalid = 'KMSInvalidStateException';
    assert.deepEqual(outcomes, [invalid, invalid, invalid, 'DisabledException', undefined]);
  });
});

suite('STS', () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };

  test('says who the caller is, in XML', () => {
    const { send } = setUp({ principalArn: 'arn:aws:sts::111122223333:assumed-role/R&D/a<b' });
    const { status, headers, body } = send(form, 'Action=GetCallerIdentity&Version=2011-06-15');
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'text/xml');
    assert.match(body, /<Arn>arn:aws:sts::111122223333:assumed-role\/R&amp;D\/a&lt;b<\/Arn>/);
    assert.match(body, /<UserId>AROA[A-Z2-7]{17}:a&lt;b<\/UserId>/);
    assert.match(body, /<Account>111122223333<\/Account>/);
  });

  test('the root user is its account', () => {
    const { send } = setUp({ principalArn: 'arn:aws:iam::111122223333:root' });
    assert.match(send(form, 'Action=GetCallerIdentity').body, /<UserId>111122223333<\/UserId>/);
  });

  test('an action that it does not know is refused in XML that holds no control characters', () => {
    const { send } = setUp();
    const { status, body } = send(form, 'Action=%00%1B<x>%EF%BF%BF');
    assert.equal(status, 400);
    assert.match(body, /<Code>InvalidAction<\/Code><Message>Could not find operation \?\?&lt;x&gt;\? for version/);
  });
});
