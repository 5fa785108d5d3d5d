import { strict as assert } from 'node:assert';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { addTerraformGrant } from '../aws/terraformFile.ts';
import { temporaryFolder } from '../temporaryFolder.ts';
import { kmsAndLaunch } from './aws.ts';
import { eventually } from './driver/eventually.ts';
import { inWorkbench } from './driver/launch.ts';
import type { Row } from './driver/tree.ts';

test('a grant leads to its Terraform resource and back, in a workspace that is not trusted', async () => {
  await using running = await kmsAndLaunch({ keys: 20, grantsPerKey: 5 });
  const { kms, launch } = running;
  await using folder = await temporaryFolder('terraform');
  const { name, file } = addTerraformGrant(kms.emulator.account);
  await writeFile(join(folder.path, 'main.tf'), file);
  await inWorkbench('terraform', { ...launch, folder: folder.path }, async (workbench) => {
    const { tree, page } = workbench;
    await workbench.openView();
    await workbench.setViewWidth(480);
    await tree.expand('orders-db');
    await workbench.pressContextMenu('Go to Terraform Resource', 'orders-db', name);
    await eventually('the file to be shown', async () => {
      const { title, text } = await workbench.editor();
      return title.startsWith('main') && text.includes('"aws_kms_grant" "ledger"') ? true : undefined;
    });
    assert.ok(!(await workbench.contextMenu('orders-db', 'nightly-export')).includes('Go to Terraform Resource'));

    await tree.collapse('orders-db');
    const link = page
      .locator('.part.editor .view-line :is(.detected-link, .detected-link-active)', { hasText: 'ledger' })
      .first();
    await eventually('the link to lead back', async () => {
      await link.click({ modifiers: ['Control'], timeout: 2000 });
      const isHere = ({ label, focused }: Row) => label === name && focused;
      return await tree.waitFor('the focus to be on the grant', (rows) => rows.find(isHere), 3000);
    });
    await workbench.screenshot('terraform-link');

    await tree.expand('orders-db', name);
    await tree.expand('orders-db', name, 'Evidence');
    await tree.row('orders-db', name, /^May be defined by main\.tf:3$/);
    await workbench.screenshot('terraform-evidence');

    await workbench.pressContextMenu('Revoke Grant…', 'orders-db', name);
    const { detail } = await workbench.dialog();
    assert.match(detail, /Terraform may create it again at the next apply: main\.tf:3/);
    await workbench.screenshot('terraform-question');
    await workbench.escapeDialog();
  });
});
