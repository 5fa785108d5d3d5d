import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path/posix';
import { test } from 'node:test';
import { KMSClient, ListGrantsCommand, paginateListAliases } from '@aws-sdk/client-kms';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { build } from 'esbuild';
import { createSample } from '../../../src/emulator/index.ts';

test('the sample answers the clients of the AWS SDK in process, for the account and Region that it names', async () => {
  const { requestHandler, account, region, credentials } = createSample();
  const kms = new KMSClient({ requestHandler, region, credentials });
  const names = new Map<string | undefined, string | undefined>();
  for await (const { Aliases = [] } of paginateListAliases({ client: kms }, {})) {
    for (const { AliasName, TargetKeyId } of Aliases) {
      names.set(AliasName, TargetKeyId);
    }
  }
  const { Grants = [] } = await kms.send(new ListGrantsCommand({ KeyId: names.get('alias/orders-db') }));
  assert.equal(Grants.length, 5);
  assert.equal(Grants[0]?.KeyId?.startsWith(`arn:aws:kms:${region}:${account}:key/`), true);
  const sts = new STSClient({ requestHandler, region, credentials });
  assert.equal((await sts.send(new GetCallerIdentityCommand({}))).Account, account);
});

test('all that is in src/emulator ships with the sample data, and nothing of the tests does', async () => {
  const folder = 'src/emulator';
  const entryPoints = [join(folder, 'index.ts')];
  const { metafile } = await build({ entryPoints, bundle: true, platform: 'node', write: false, metafile: true });
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.ts'));
  assert.deepEqual(
    Object.keys(metafile.inputs).sort(),
    files.map((file) => join(folder, file.replaceAll('\\', '/'))).sort(),
  );
});
