import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { kmsAndLaunch } from './aws.ts';
import { inWorkbench } from './driver/launch.ts';

test('over a reload a retirement is followed on, the history has its end, and the grants stay arranged as they were', async () => {
  await using running = await kmsAndLaunch(
    { keys: 20, grantsPerKey: 5 },
    {
      propagation: { minMs: 25_000, maxMs: 25_000 },
      principalArn: 'arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_SecurityEngineer_5a1c8e0f4d2b7396/alex',
    },
  );
  const { kms, launch } = running;
  await inWorkbench('reload', launch, async (workbench) => {
    const { tree, grantees, history, quickInput } = workbench;
    await workbench.openView();
    const alias = 'customers-table';
    await tree.row(/^default .*eu-west-1 · 111122223333/);
    await workbench.runCommand('AWS KMS: Find Grants…');
    await grantees.row(/^Complete 24 of 24 keys/);
    await workbench.runCommand('AWS KMS: Group Grants By…');
    await quickInput.pick(/operation/i);
    await grantees.row('Decrypt');

    await tree.expand(alias);
    await workbench.pressContextMenu('Retire Grant…', alias, 'temporary-incident-2291');
    assert.match((await workbench.dialog()).message, /^Retire grant /);
    await workbench.pressDialog('Retire Grant');
    const row = await tree.row(alias, /Retired, waiting for KMS/);
    assert.match(row.icon, /loading/);
    await workbench.screenshot('retiring');

    await workbench.reload();
    await workbench.openView();
    await tree.expand(alias);
    await tree.row(alias, /Retired, waiting for KMS/);
    await workbench.runCommand('AWS KMS: Show History');
    await history.row(/retired .* not confirmed yet/);
    await tree.waitGone([alias, /Retired, waiting for KMS/], 90_000);
    await workbench.notification(/^Grant .* is retired: KMS stopped listing it after /);
    await history.row(/retired .* confirmed after/);
    await workbench.screenshot('retired');
    const sent = kms.emulator.requests.filter(({ operation }) => operation === 'RetireGrant');
    assert.deepEqual(
      sent.map(({ status }) => status),
      [200],
    );

    await workbench.runCommand('AWS KMS: Find Grants…');
    await grantees.row('Decrypt');
  });
});
