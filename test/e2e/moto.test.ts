import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import {
  CreateAliasCommand,
  CreateGrantCommand,
  type CreateGrantCommandInput,
  CreateKeyCommand,
  KMSClient,
  ListGrantsCommand,
} from '@aws-sdk/client-kms';
import { withPython } from '../contract/peers.ts';
import { type PythonTools, startMoto } from '../host/python.ts';
import { inWorkbench } from './driver/launch.ts';

const account = '123456789012';
const region = 'eu-west-1';
const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };

await withPython('moto in VS Code', (tools) => {
  test('a grant on moto is listed, revoked by a right click, and gone from moto, which never sees a dry run', async () => {
    await using world = await setUp(tools);
    const { moto, keyId, nightly, names, profile } = world;
    await inWorkbench('moto', { awsConfig: { default: profile } }, async (workbench) => {
      const { tree, history } = workbench;
      await workbench.openView();
      await workbench.setViewWidth(480);
      await tree.row(/^default .*eu-west-1 · 123456789012/);
      await tree.expand('orders-db');
      await tree.row('orders-db', /^nightly-export .*exporter · Decrypt/);
      await tree.row('orders-db', /^audit .*exporter · Decrypt, DescribeKey/);
      assert.equal((await tree.children('orders-db')).length, 2);
      await workbench.screenshot('moto-tree');

      await workbench.pressContextMenu('Revoke Grant…', 'orders-db', /^nightly-export/);
      const dialog = await workbench.dialog();
      assert.equal(dialog.message, 'Revoke grant nightly-export on orders-db?');
      assert.match(dialog.detail, new RegExp(`Key ARN: arn:aws:kms:${region}:${account}:key/${keyId}`));
      assert.match(dialog.detail, new RegExp(`Custom endpoint: ${moto.url}`));
      await workbench.screenshot('moto-confirm');
      assert.deepEqual(await names(), ['audit', 'nightly-export'], 'the question alone revokes nothing');
      await workbench.pressDialog('Revoke Grant');

      await workbench.notification(/^Grant nightly-export on orders-db/, 60_000);
      await tree.waitGone(['orders-db', /^nightly-export/]);
      await tree.row('orders-db', /^audit/);
      assert.deepEqual(await names(), ['audit']);

      await workbench.runCommand('AWS KMS: Show History');
      await history.row(/^nightly-export revoked \d\d:\d\d · orders-db · confirmed after/);
      await workbench.screenshot('moto-history');
    });
    const requests = await moto.requests();
    assert.deepEqual(
      requests.filter(({ operation }) => operation === 'RevokeGrant').map(({ input }) => input),
      [{ KeyId: `arn:aws:kms:${region}:${account}:key/${keyId}`, GrantId: nightly }],
    );
    assert.deepEqual(
      requests.filter(({ input }) => 'DryRun' in input),
      [],
    );
  });
});

/** Starts moto, with a key, its alias and two grants on it. */
async function setUp(tools: PythonTools) {
  const moto = await startMoto(tools);
  try {
    const kms = new KMSClient({ endpoint: moto.url, region, credentials });
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({ KeyUsage: 'ENCRYPT_DECRYPT' }));
    const keyId = KeyMetadata?.KeyId ?? '';
    await kms.send(new CreateAliasCommand({ AliasName: 'alias/orders-db', TargetKeyId: keyId }));
    const create = async (input: Pick<CreateGrantCommandInput, 'Name' | 'Operations'>) => {
      const GranteePrincipal = `arn:aws:iam::${account}:role/exporter`;
      const { GrantId = '' } = await kms.send(new CreateGrantCommand({ KeyId: keyId, GranteePrincipal, ...input }));
      return GrantId;
    };
    const nightly = await create({ Name: 'nightly-export', Operations: ['Decrypt'] });
    await create({ Name: 'audit', Operations: ['Decrypt', 'DescribeKey'] });
    const names = async () => {
      const { Grants = [] } = await kms.send(new ListGrantsCommand({ KeyId: keyId }));
      return Grants.map(({ Name }) => Name).sort();
    };
    const profile = {
      region,
      endpoint_url: moto.url,
      aws_access_key_id: credentials.accessKeyId,
      aws_secret_access_key: credentials.secretAccessKey,
    };
    return { moto, keyId, nightly, names, profile, [Symbol.asyncDispose]: () => moto.stop() };
  } catch (error) {
    await moto.stop();
    throw error;
  }
}
