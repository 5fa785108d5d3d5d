import { strict as assert } from 'node:assert';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../temporaryFolder.ts';
import { kmsAndLaunch } from './aws.ts';
import { eventually } from './driver/eventually.ts';
import { inWorkbench } from './driver/launch.ts';
import type { RowName } from './driver/tree.ts';

test('a baseline is saved, three grants change, and the comparison shows exactly these', async () => {
  await using running = await kmsAndLaunch({ keys: 20, grantsPerKey: 5 });
  const { kms, launch } = running;
  const { account } = kms.emulator;
  const lists = () => kms.emulator.requests.filter(({ operation }) => operation === 'ListGrants').length;
  await using temporary = await temporaryFolder('baseline');
  const folder = temporary.path;
  await inWorkbench('baseline', { ...launch, env: { HOME: folder } }, async (workbench) => {
    const { tree, grantees, quickInput } = workbench;
    const ok = workbench.page.locator('.quick-input-widget').getByRole('button', { name: 'OK' });
    const find = async () => {
      await workbench.runCommand('AWS KMS: Find Grants…');
      await grantees.row(/^Complete 24 of 24 keys/);
    };
    await workbench.openView();
    await workbench.setViewWidth(480);
    await tree.row('orders-db');
    await tree.setOpen(false);
    await find();
    await workbench.runCommand('AWS KMS: Save Baseline…');
    await quickInput.until('the save dialog', ({ value }) => value.startsWith(`${folder}/kms-grants-baseline-2`));
    await ok.click();
    await workbench.notification(/^Saved \d+ grants to the baseline kms-grants-baseline-.*\./);
    const name = (await readdir(folder)).find((file) => file.endsWith('.jsonl')) ?? assert.fail();
    const lines = (await readFile(join(folder, name), 'utf8')).trimEnd().split('\n');
    assert.ok(lines.length > 90);

    const orders = account.grantsOf(account.aliases.get('alias/orders-db')?.targetKeyId ?? '');
    const [gone, changed, model] = [...orders.values()];
    assert.ok(gone && changed && model);
    account.removeGrant(gone);
    account.removeGrant(changed);
    // As a role that was deleted.
    account.addGrant({ ...changed.grant, granteePrincipal: 'AROADELETEDROLE12345' });
    account.addGrant({ ...model.grant, id: 'f'.repeat(64), name: 'new-one' });
    const before = lists();
    await grantees.pressTitleAction('Find Grants…');
    // The row of the last search stays until the next begins.
    await eventually('every key to be read again', async () => lists() >= 2 * before || undefined);
    await grantees.row(/^Complete 24 of 24 keys/);
    await workbench.runCommand('AWS KMS: Compare with Baseline…');
    await quickInput.until('the last baseline', ({ items }) => items[0]?.label === name);
    await quickInput.accept();
    const summary = /^Grants since the baseline: 1 appeared, 1 gone, 1 changed, \d+ unchanged\.$/;
    await workbench.notification(summary);
    const described = async (...path: readonly RowName[]) => (await grantees.row(...path)).description;
    assert.deepEqual(
      [await described('Appeared'), await described('Gone'), await described('Changed')],
      ['1', '1', '1'],
    );
    for (const [group, row] of [
      ['Appeared', /^new-one/],
      ['Gone', new RegExp(`^${gone.grant.name ?? ''}`)],
      ['Changed', new RegExp(`^${changed.grant.name ?? ''}`)],
    ] as const) {
      await grantees.expand(group);
      await grantees.row(group, row);
      assert.equal((await grantees.children(group)).length, 1);
    }
    assert.match(await described('Gone', /./), /^gone · /);
    assert.match(await described('Changed', /./), /^changed: GranteePrincipal · /);
    await workbench.screenshot('baseline-grouped');
    await workbench.pressNotification(summary, 'Show Report');
    const page = await workbench.markdownPreview('Grants: what changed since the baseline');
    assert.match(page, /new-one/);
    assert.match(page, /AROADELETEDROLE12345/);
    await workbench.screenshot('baseline-compared');
  });
});
