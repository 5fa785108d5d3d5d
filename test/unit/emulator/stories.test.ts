import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import { GetRoleCommand, IAMClient, ListRolesCommand } from '@aws-sdk/client-iam';
import { GetKeyLastUsageCommand, GetKeyPolicyCommand, KMSClient, ListGrantsCommand } from '@aws-sdk/client-kms';
import { createAccount } from '../../../src/emulator/sampleData.ts';
import { createEmulator } from '../../aws/emulator.ts';
import { inProcessHandler } from '../../aws/inProcess.ts';

const now = Date.UTC(2026, 10, 1);
const day = 24 * 60 * 60 * 1000;
const account = '111122223333';

/** The clients of the SDK on the sample account. */
function setUp() {
  const data = createAccount({ now });
  const requestHandler = inProcessHandler(createEmulator({ data, now: () => now }));
  const common = { region: 'eu-west-1', credentials: { accessKeyId: 'any', secretAccessKey: 'any' }, requestHandler };
  const [kms, iam, trail] = [new KMSClient(common), new IAMClient(common), new CloudTrailClient(common)];
  const keyOf = (alias: string) => {
    const key = data.keys.get(data.aliases.get(alias)?.targetKeyId ?? '');
    return key ?? assert.fail(`There is no ${alias}.`);
  };
  /** The grant to a role that KMS can't resolve, and the event of its creation. */
  const orphanOf = async (alias: string) => {
    const { Grants = [] } = await kms.send(new ListGrantsCommand({ KeyId: keyOf(alias).id }));
    const grant = Grants.find(({ GranteePrincipal }) => GranteePrincipal?.startsWith('AROA'));
    const at = grant?.CreationDate?.getTime() ?? assert.fail(`${alias} has no such grant.`);
    const { Events = [] } = await trail.send(
      new LookupEventsCommand({
        LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'CreateGrant' }],
        StartTime: new Date(at - 60_000),
        EndTime: new Date(at + 60_000),
      }),
    );
    const records = Events.map(({ CloudTrailEvent = '' }) => JSON.parse(CloudTrailEvent));
    const record = records.find(({ responseElements }) => responseElements.grantId === grant?.GrantId);
    return { grant, record: record ?? assert.fail('Nobody created it.') };
  };
  const roles = async () => (await iam.send(new ListRolesCommand({ MaxItems: 1000 }))).Roles ?? [];
  return { data, kms, iam, trail, keyOf, orphanOf, roles };
}

suite('the sample account tells stories', () => {
  test('a grant was left when its role was deleted: who created it for which role is known', async () => {
    const { orphanOf, roles } = setUp();
    const { grant, record } = await orphanOf('alias/orders-db');
    assert.match(record.userIdentity.arn, new RegExp(`^arn:aws:(iam|sts)::${account}:`));
    const granteeThen = record.requestParameters.granteePrincipal;
    assert.equal(granteeThen, `arn:aws:iam::${account}:role/batch/year-end-export`);
    assert.ok((await roles()).every(({ Arn, RoleId }) => Arn !== granteeThen && RoleId !== grant?.GranteePrincipal));
  });

  test('a role was deleted and created again, and its grant is for the one before', async () => {
    const { orphanOf, roles, iam } = setUp();
    const { grant, record } = await orphanOf('alias/customers-table');
    const successor = (await roles()).find(({ Arn }) => Arn === record.requestParameters.granteePrincipal);
    assert.ok(successor?.CreateDate && grant?.CreationDate);
    assert.ok(successor.CreateDate > grant.CreationDate);
    assert.notEqual(successor.RoleId, grant.GranteePrincipal);
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: successor.RoleName }));
    assert.ok(Number(Role?.RoleLastUsed?.LastUsedDate) > successor.CreateDate.getTime());
  });

  test('a key was not used for a long time, and another not since KMS keeps track', async () => {
    const { kms, keyOf, data } = setUp();
    const { KeyLastUsage } = await kms.send(new GetKeyLastUsageCommand({ KeyId: keyOf('alias/legacy/crm').id }));
    const ago = now - (KeyLastUsage?.Timestamp?.getTime() ?? now);
    assert.ok(ago > 90 * day, `${ago / day} days`);
    const unused = [...data.keys.values()].find(({ description }) => description.startsWith('Created by Terraform'));
    const answer = await kms.send(new GetKeyLastUsageCommand({ KeyId: unused?.id }));
    assert.deepEqual(answer.KeyLastUsage, {});
  });

  test('a key policy allows what a grant allows, too', async () => {
    const { kms, keyOf } = setUp();
    const KeyId = keyOf('alias/payments/card-vault').id;
    const { Grants = [] } = await kms.send(new ListGrantsCommand({ KeyId }));
    const grant = Grants.find(({ Name }) => Name === 'card-tokenizer');
    const { Policy = '' } = await kms.send(new GetKeyPolicyCommand({ KeyId }));
    const statements: readonly { Sid: string; Principal: { AWS: unknown }; Action: unknown }[] =
      JSON.parse(Policy).Statement;
    const use = statements.find(({ Sid }) => Sid === 'Allow use of the key');
    assert.deepEqual(use?.Principal.AWS, [grant?.GranteePrincipal]);
  });

  test('every key has a key policy', async () => {
    const { kms, data } = setUp();
    for (const { id: KeyId } of data.keys.values()) {
      const { Policy = '' } = await kms.send(new GetKeyPolicyCommand({ KeyId }));
      assert.ok(JSON.parse(Policy).Statement.length > 0);
    }
  });

  test('every principal of the account that a grant names by its ARN exists, since before the grant', async () => {
    const { data, iam } = setUp();
    const grants = [...data.keys.values()].flatMap(({ id }) => [...data.grantsOf(id).values()]);
    let found = 0;
    for (const { grant } of grants) {
      const [, kind, name = ''] =
        new RegExp(`^arn:aws:iam::${account}:(role|user)/(?:.*/)?([^/]+)$`).exec(grant.granteePrincipal ?? '') ?? [];
      if (kind === 'role') {
        const { Role } = await iam.send(new GetRoleCommand({ RoleName: name }));
        assert.equal(Role?.Arn, grant.granteePrincipal);
        assert.ok(Number(Role?.CreateDate) < grant.createdAt);
        found++;
      } else if (kind === 'user') {
        assert.ok(data.users.has(name));
      }
    }
    assert.ok(found > 10);
  });

  test('the last use of a key is in the event history, and none of its uses is later', async () => {
    const { data, trail, kms } = setUp();
    let seen = 0;
    for (const { id: KeyId, arn } of data.keys.values()) {
      const { KeyLastUsage } = await kms.send(new GetKeyLastUsageCommand({ KeyId }));
      const { Timestamp, CloudTrailEventId } = KeyLastUsage ?? {};
      if (Timestamp === undefined || now - Timestamp.getTime() > 89 * day) {
        continue;
      }
      const { Events = [] } = await trail.send(
        new LookupEventsCommand({ LookupAttributes: [{ AttributeKey: 'ResourceName', AttributeValue: arn }] }),
      );
      const uses = Events.filter(({ ReadOnly }) => ReadOnly === 'true');
      assert.equal(uses[0]?.EventId, CloudTrailEventId);
      seen += uses.length;
    }
    assert.ok(seen > 20, `${seen} uses`);
  });
});
