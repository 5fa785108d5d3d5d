import { strict as assert } from 'node:assert';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { test } from 'node:test';
import { isDeepStrictEqual, promisify } from 'node:util';
import { pythonTools } from '../host/python.ts';
import { temporaryFolder } from '../temporaryFolder.ts';
import { kmsAndLaunch, revokes } from './aws.ts';
import { eventually } from './driver/eventually.ts';
import { inWorkbench } from './driver/launch.ts';
import type { Workbench } from './driver/workbench.ts';

/** What an action copies. */
async function copied(workbench: Workbench, copy: () => Promise<void>): Promise<string> {
  await workbench.page.evaluate("navigator.clipboard.writeText('')");
  await copy();
  return await eventually('something to be copied', async () => (await workbench.clipboard()) || undefined);
}

const tools = await pythonTools();

test('a grant is copied as commands, which do in the AWS CLI what they say', {
  skip: tools === undefined && 'the AWS CLI can’t be had here',
}, async () => {
  await using running = await kmsAndLaunch({ keys: 20, grantsPerKey: 5 });
  const { kms, launch } = running;
  const { account } = kms.emulator;
  await using temporary = await temporaryFolder('cli');
  const folder = temporary.path;
  const grantsOn = (alias: string) =>
    [...account.grantsOf(account.aliases.get(`alias/${alias}`)?.targetKeyId ?? '').values()].map(({ grant }) => grant);
  const config = join(folder, 'config');
  await writeFile(
    config,
    `[default]\n${Object.entries(kms.profile)
      .filter(([name]) => name !== 'endpoint_url' && name !== 'region')
      .map(([name, value]) => `${name} = ${value}\n`)
      .join('')}`,
  );
  /** As it is pasted into a shell. */
  const paste = async (command: string): Promise<string> => {
    const path = [dirname(tools?.aws ?? ''), process.env['PATH']].join(delimiter);
    const env = { PATH: path, HOME: folder, AWS_CONFIG_FILE: config, AWS_EC2_METADATA_DISABLED: 'true' };
    return (await promisify(execFile)('sh', ['-c', command], { env })).stdout;
  };
  await inWorkbench('copy', launch, async (workbench) => {
    const { tree } = workbench;
    await workbench.openView();
    await workbench.setViewWidth(480);
    for (const [alias, row] of [
      ['orders-db', 'nightly-export'],
      ['customers-table', 'dynamodb.amazonaws.com'],
    ] as const) {
      await tree.expand(alias);
      const before = grantsOn(alias);
      const command = await copied(workbench, () =>
        workbench.pressContextMenu('Copy › Copy create-grant Command', alias, row),
      );
      const { GrantId } = JSON.parse(await paste(command));
      const added = grantsOn(alias).filter(({ id }) => !before.some((grant) => grant.id === id));
      assert.deepEqual(
        added.map(({ id }) => id),
        [GrantId],
      );
      const { id: _, createdAt: __, ...same } = added[0] ?? assert.fail();
      assert.ok(
        before.some(({ id: ___, createdAt: ____, ...grant }) => isDeepStrictEqual(grant, same)),
        `${JSON.stringify(same)} is like no other`,
      );
    }

    // From the palette it begins with the selected row.
    await tree.select('orders-db', 'nightly-export');
    const id = await copied(workbench, () => workbench.runCommand('AWS KMS: Copy Grant ID'));
    assert.ok(
      grantsOn('orders-db').some((grant) => grant.id === id),
      id,
    );

    const revoke = await copied(workbench, () =>
      workbench.pressContextMenu('Copy › Copy revoke-grant Command', 'orders-db', 'AWSServiceRoleForRDS'),
    );
    await paste(revoke);
    const [ofRds] = grantsOn('orders-db').filter((grant) => grant.granteePrincipal?.endsWith('AWSServiceRoleForRDS'));
    assert.deepEqual(
      revokes(kms).map(([, grantId]) => grantId),
      [ofRds?.id],
    );

    const terraform = await copied(workbench, () =>
      workbench.pressContextMenu('Copy › Copy as Terraform', 'orders-db', 'nightly-export'),
    );
    assert.match(terraform, /^resource "aws_kms_grant" "grant_[0-9a-f]{8}" \{\n {2}key_id +=/);
    assert.match(terraform, /encryption_context_subset = \{\n +"purpose" = "export"\n +"system" +=/);
    const ofService = await copied(workbench, () =>
      workbench.pressContextMenu('Copy › Copy as Terraform', 'customers-table', 'dynamodb.amazonaws.com'),
    );
    assert.match(ofService, /^# aws_kms_grant has no argument for this part of the grant: GranteeServicePrincipal/);
  });
});
