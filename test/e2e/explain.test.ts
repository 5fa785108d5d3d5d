import { strict as assert } from 'node:assert';
import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../temporaryFolder.ts';
import { kmsAndLaunch } from './aws.ts';
import { eventually } from './driver/eventually.ts';
import { inWorkbench } from './driver/launch.ts';

test('an error in a terminal is explained by its key: what each grant lacks; Create Grant begins filled in', async () => {
  await using running = await kmsAndLaunch({ keys: 20, grantsPerKey: 5 });
  const { kms, launch } = running;
  const { account } = kms.emulator;
  const keyId = account.aliases.get('alias/orders-db')?.targetKeyId ?? assert.fail();
  const who = `arn:aws:iam::${account.id}:role/batch/nightly-export`;
  const error = [
    'botocore.exceptions.ClientError: An error occurred (AccessDeniedException) when calling the Encrypt operation:',
    `User: ${who} is not authorized to perform: kms:Encrypt on resource:`,
    `arn:aws:kms:eu-west-1:${account.id}:key/${keyId} because no identity-based policy allows the kms:Encrypt action`,
  ].join(' ');
  await using folder = await temporaryFolder('explain');
  const [file, printed] = ['error.txt', 'printed'].map((name) => join(folder.path, name));
  assert.ok(file !== undefined && printed !== undefined);
  await writeFile(file, `${error}\n`);
  await inWorkbench('explain', launch, async (workbench) => {
    const { tree, quickInput } = workbench;
    await workbench.openView();
    await workbench.setViewWidth(480);
    await tree.row('orders-db');
    await workbench.setClipboard('of the user');
    await workbench.runInTerminal(`clear; cat '${file}'; touch '${printed}'`);
    await eventually('the error to be printed', () => access(printed).then(() => true));
    await workbench.pressTerminalMenu('Explain KMS Error…', 5);
    const page = await workbench.markdownPreview('KMS Error');
    assert.match(page, /because no identity-based policy allows the kms:Encrypt action/);
    assert.match(page, /orders-db/);
    assert.match(page, /nightly-export/);
    assert.equal(await workbench.clipboard(), 'of the user');
    await workbench.screenshot('explain');
    const [offered = ''] = await workbench.notifications();
    await workbench.pressNotification(offered, 'Create Grant…');
    await quickInput.until('the operation, ticked', ({ items }) =>
      items.some(({ label, ticked }) => label === 'Encrypt' && ticked),
    );
    await quickInput.accept();
    await quickInput.until('the grantee, offered first', ({ items }) => items[0]?.detail === who);
    await workbench.screenshot('explain-create');
    await quickInput.escape();
  });
});
