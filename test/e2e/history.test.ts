import { strict as assert } from 'node:assert';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../temporaryFolder.ts';
import { kmsAndLaunch } from './aws.ts';
import { eventually } from './driver/eventually.ts';
import { inWorkbench } from './driver/launch.ts';

test('the history is exported as it is kept, and cleared of what is finished', async () => {
  await using running = await kmsAndLaunch({ keys: 20, grantsPerKey: 5 }, { propagation: { minMs: 300, maxMs: 900 } });
  const { kms, launch } = running;
  const { emulator } = kms;
  await using temporary = await temporaryFolder('history');
  const folder = temporary.path;
  const settings = { 'workbench.colorTheme': 'Default High Contrast' };
  await inWorkbench('history', { ...launch, settings, env: { HOME: folder } }, async (workbench) => {
    const { tree, history, grantees, quickInput } = workbench;
    const entries = async () => (await history.rows()).filter(({ level }) => level === 2);
    await workbench.openView();
    await workbench.setViewWidth(480);
    await workbench.runCommand('AWS KMS: Export History…');
    await workbench.notification("Nothing to export: the history file is empty. Changes to sample data aren't kept.");
    await workbench.runCommand('AWS KMS: Clear History…');
    await workbench.notification('The history has nothing to clear.');

    await tree.expand('orders-db');
    await workbench.pressContextMenu('Revoke Grant…', 'orders-db', 'nightly-export');
    await workbench.pressDialog('Revoke Grant');
    await workbench.notification(/^Grant nightly-export/, 40_000);
    // The next one is not seen through: its key can't be read any more.
    await tree.expand('payments/card-vault');
    await workbench.pressContextMenu('Revoke Grant…', 'payments/card-vault', 'card-tokenizer');
    await workbench.dialog();
    emulator.setFaults([
      {
        operation: 'ListGrants',
        keyId: emulator.account.aliases.get('alias/payments/card-vault')?.targetKeyId ?? '',
        fault: { kind: 'error', code: 'KMSInternalException', status: 500 },
      },
    ]);
    await workbench.pressDialog('Revoke Grant');
    await tree.row('payments/card-vault', /^card-tokenizer Revoked, waiting for KMS/);
    await workbench.clearNotifications();

    await workbench.runCommand('AWS KMS: Show History');
    await tree.setOpen(false);
    await grantees.setOpen(false);
    await history.row(/^nightly-export revoked .* confirmed after/);
    await history.expand(/^nightly-export/);
    await workbench.screenshot('history-high-contrast');
    await history.pressTitleAction('More Actions');
    await workbench.pressMenuItem('Export History…');
    await quickInput.until('the save dialog', ({ value }) => value.startsWith(`${folder}/kms-grants-history-2`));
    await workbench.screenshot('history-export');
    await workbench.page.locator('.quick-input-widget').getByRole('button', { name: 'OK' }).click();
    const file = await eventually('the file', async () => {
      const name = (await readdir(folder)).find((one) => one.endsWith('.jsonl'));
      return name === undefined ? undefined : (await readFile(join(folder, name), 'utf8')) || undefined;
    });
    const lines = file
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.map((line) => line.grant?.name ?? line.grant?.granteePrincipal?.value ?? line.outcome?.kind),
      ['arn:aws:iam::111122223333:role/batch/nightly-export', 'accepted', 'gone', 'card-tokenizer', 'accepted'],
    );
    await workbench.notification(/^Exported the history to kms-grants-history-.*\.jsonl\.$/);
    await workbench.screenshot('history-exported');

    await history.pressTitleAction('More Actions');
    await workbench.pressMenuItem('Clear History…');
    const question = await workbench.dialog();
    assert.match(question.detail, /^Entries to remove: 1\..* Unfinished changes that stay: 1\.$/);
    await workbench.screenshot('history-clear');
    await workbench.escapeDialog();
    await eventually('both entries to be there', async () => (await entries()).length === 2 || undefined);
    await workbench.runCommand('AWS KMS: Clear History…');
    await workbench.pressDialog('Clear History');
    await history.waitGone([/^nightly-export/]);
    await eventually('the other one to stay alone', async () => {
      const labels = (await entries()).map(({ label }) => label);
      return labels.join() === 'card-tokenizer' || undefined;
    });
    await workbench.screenshot('history-cleared');
  });
});
