import assert from 'node:assert/strict';
import test from 'node:test';
import type { KeyLastUsage } from '../../../../src/core/kms/model.ts';
import { keyDetailsAsJson, readKeyDetails } from '../../../../src/core/words/keyDetails.ts';
import { FakeKms, key, keyArnOf, kmsError, metadata } from '../fakes.ts';

const keyArn = keyArnOf('k1');
const never = new AbortController().signal;

async function read(kms: FakeKms): Promise<Readonly<Record<string, unknown>>> {
  return keyDetailsAsJson(key('k1', 'alias/app'), await readKeyDetails(kms, keyArn, never));
}

function used(kms: FakeKms, usage: Partial<KeyLastUsage>): void {
  kms.lastUsage = { last: undefined, trackingStartDate: undefined, keyCreationDate: undefined, ...usage };
}

test('everything that KMS says about a key is in one document, with the names of AWS and the policy as JSON', async () => {
  const kms = new FakeKms();
  kms.policy = '{"Version":"2012-10-17","Statement":[]}';
  kms.tags = [{ key: 'team', value: 'shop' }];
  kms.aliases.push({ aliasName: 'alias/app', targetKeyId: 'k1' }, { aliasName: 'alias/other', targetKeyId: 'k2' });
  kms.rotation = {
    enabled: true,
    periodInDays: 90,
    nextRotationDate: new Date(0),
    onDemandRotationStartDate: undefined,
  };
  used(kms, { last: { operation: 'Decrypt', timestamp: new Date(0), cloudTrailEventId: 'e1' } });
  const document = JSON.parse(JSON.stringify(await read(kms)));
  assert.deepEqual(document, {
    KeyMetadata: {
      KeyId: 'k1',
      Arn: keyArn,
      AWSAccountId: '111122223333',
      Description: '',
      KeyState: 'Enabled',
      KeyManager: 'CUSTOMER',
      KeyUsage: 'ENCRYPT_DECRYPT',
      KeySpec: 'SYMMETRIC_DEFAULT',
      Origin: 'AWS_KMS',
      MultiRegion: false,
    },
    Aliases: ['alias/app'],
    Policy: { Version: '2012-10-17', Statement: [] },
    Tags: [{ TagKey: 'team', TagValue: 'shop' }],
    Rotation: { KeyRotationEnabled: true, RotationPeriodInDays: 90, NextRotationDate: '1970-01-01T00:00:00.000Z' },
    KeyLastUsage: {
      Note: "Counts successful cryptographic operations, not only through grants, and can be an hour late. KMS doesn't record when a grant was last used.",
      Operation: 'Decrypt',
      Timestamp: '1970-01-01T00:00:00.000Z',
      CloudTrailEventId: 'e1',
    },
  });
});

test('all that DescribeKey answers is there, as AWS writes it', async () => {
  const kms = new FakeKms();
  const otherFields = {
    CustomKeyStoreId: 'cks-1',
    ExpirationModel: 'KEY_MATERIAL_EXPIRES',
    ValidTo: new Date(0),
    MultiRegionConfiguration: { MultiRegionKeyType: 'PRIMARY' },
  };
  kms.describeKey = async (arn) => metadata(arn, { otherFields });
  const { KeyMetadata } = JSON.parse(JSON.stringify(await read(kms)));
  assert.deepEqual(
    { ...KeyMetadata, ...otherFields, ValidTo: '1970-01-01T00:00:00.000Z' },
    KeyMetadata,
    'nothing is left out or changed',
  );
});

test('a key that AWS RAM shares says so, with its second policy; of any other nothing is said', async () => {
  const kms = new FakeKms();
  assert.ok(!('ResourceShare' in (await read(kms))));
  kms.sharingPolicy = '{"Statement":[{"Principal":{"AWS":"444455556666"}}]}';
  assert.deepEqual((await read(kms))['ResourceShare'], {
    Note: 'AWS RAM shares the key with other accounts through a second policy named AWS_RAM.',
    Policy: { Statement: [{ Principal: { AWS: '444455556666' } }] },
  });
});

test('what is denied says so in its place, and costs none of the rest', async () => {
  const kms = new FakeKms();
  kms.before = ({ operation }) => {
    if (operation === 'getKeyPolicy') {
      const message =
        'User: arn:aws:iam::111122223333:user/ana is not authorized to perform: kms:GetKeyPolicy on resource: arn';
      throw kmsError('accessDenied', { operation: 'GetKeyPolicy', message });
    }
    if (operation === 'describeKey') {
      throw kmsError('timeout', { operation: 'DescribeKey' });
    }
  };
  const { KeyMetadata, Policy, Tags, Aliases, Rotation } = await read(kms);
  assert.match(String(Policy), /^Unknown: Access denied\. AWS denied kms:GetKeyPolicy .*user\/ana/);
  assert.match(String(KeyMetadata), /^Unknown: No answer\. /);
  assert.deepEqual([Tags, Aliases], [[], []]);
  assert.equal(typeof Rotation, 'object');
});

test('the rotation of a key that has none is not asked for, and KMS may say so itself', async () => {
  const kms = new FakeKms();
  kms.describeKey = async (arn) => metadata(arn, { usage: 'SIGN_VERIFY', spec: 'RSA_2048' });
  assert.equal((await read(kms))['Rotation'], 'Not available for this kind of key.');
  assert.equal(kms.count('getKeyRotationStatus'), 0);

  const inHsm = new FakeKms();
  inHsm.before = ({ operation }) => {
    if (operation === 'getKeyRotationStatus') {
      throw kmsError('unknown', { awsName: 'UnsupportedOperationException' });
    }
  };
  assert.equal((await read(inHsm))['Rotation'], 'Not available for this kind of key.');
});

test('a policy that is no JSON is shown as the text that it is', async () => {
  const kms = new FakeKms();
  kms.policy = 'not JSON';
  assert.equal((await read(kms))['Policy'], 'not JSON');
});

for (const [trackingStartDate, keyCreationDate, said] of [
  [new Date(2000), new Date(2000), 'No use recorded since the key was created.'],
  [new Date(2000), new Date(1000), 'No use recorded since KMS began tracking. Earlier use is unknown.'],
  [new Date(2000), undefined, 'No use recorded since KMS began tracking. Earlier use is unknown.'],
  [undefined, new Date(1000), 'No use recorded.'],
] as const) {
  test(`of a key made at ${keyCreationDate?.getTime()} and tracked from ${trackingStartDate?.getTime()}: ${said}`, async () => {
    const kms = new FakeKms();
    used(kms, { trackingStartDate, keyCreationDate });
    const { KeyLastUsage } = await read(kms);
    assert.equal(Reflect.get(Object(KeyLastUsage), 'Usage'), said);
  });
}

test('cancelling ends it all', async () => {
  const controller = new AbortController();
  const kms = new FakeKms();
  kms.before = ({ operation }) => {
    if (operation === 'getKeyPolicy') {
      controller.abort();
    }
  };
  await assert.rejects(readKeyDetails(kms, keyArn, controller.signal), { name: 'AbortError' });
});
