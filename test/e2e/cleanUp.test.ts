import { strict as assert } from 'node:assert';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../temporaryFolder.ts';
import { kmsAndLaunch, revokes } from './aws.ts';
import { eventually } from './driver/eventually.ts';
import { inWorkbench } from './driver/launch.ts';

test('the duplicate and the orphan are found and revoked in one go; a crash in the middle leaves a true history, and the grant is recreated from it', async () => {
  await using running = await kmsAndLaunch(
    { keys: 20, grantsPerKey: 5 },
    { propagation: { minMs: 1000, maxMs: 3000 } },
  );
  const { kms, launch } = running;
  const asked = (operation: string) => kms.emulator.requests.filter((request) => request.operation === operation);
  const { account } = kms.emulator;
  const grants = () =>
    [...account.keys.values()].flatMap(({ id }) => [...account.grantsOf(id).values()].map(({ grant }) => grant));
  const before = grants();
  await inWorkbench('clean up', { ...launch, scale: 2 }, async (workbench) => {
    const { grantees, history, tree, quickInput } = workbench;
    await workbench.openView();
    await workbench.setViewWidth(480);
    await tree.row(/^default eu-west-1 · 111122223333/);
    await workbench.runCommand('AWS KMS: Find Grants…');
    await grantees.row(/^Found .*24 keys|24 .*keys/);
    await workbench.runCommand('AWS KMS: Group Grants By…');
    await quickInput.pick(/finding/i);
    await tree.setOpen(false);
    await grantees.expand(/^Duplicate/);
    await grantees.expand(/^Possibly orphaned/);
    await workbench.picture('grantees', 'sideBar');
    assert.ok((await workbench.contextMenuIn(grantees, /^Duplicate/)).includes('Revoke These Grants…'));
    await workbench.pressContextMenuIn(grantees, 'Reveal in Keys', /^Duplicate/, /^orders-db|nightly-export/);
    await tree.waitFor('the focus on the grant', (rows) =>
      rows.find(({ focused, label }) => focused && label === 'nightly-export'),
    );
    await tree.setOpen(false);
    await grantees.select(/^Duplicate/, /^orders-db|nightly-export/);
    await grantees.selectAlso(/^Possibly orphaned/, /batch-worker|orders-db/);
    await workbench.screenshot('bulk-selected');
    await workbench.page.keyboard.press('Delete');

    await quickInput.until('the choice', ({ items }) => items.length === 2);
    await workbench.screenshot('bulk-choice');
    await quickInput.accept();
    const dialog = await workbench.dialog();
    assert.equal(dialog.message, 'Revoke 2 grants?');
    assert.match(dialog.detail, /nightly-export · orders-db/);
    assert.match(dialog.detail, /default, account 111122223333, eu-west-1/);
    await workbench.screenshot('bulk-confirm');
    kms.emulator.setFaults([{ operation: 'RevokeGrant', fault: { kind: 'latency', ms: 3000 } }]);
    await workbench.pressDialog('Continue…');
    await quickInput.type('3');
    await quickInput.accept();
    assert.deepEqual(revokes(kms), [], 'another number is no consent');
    await quickInput.type('2');
    await quickInput.accept();
    await eventually('the second revoke to be sent', async () => asked('RevokeGrant').length === 2 || undefined);
    await workbench.killExtensionHost();
    kms.emulator.setFaults([]);

    await workbench.reload();
    await workbench.openView();
    await tree.setOpen(true);
    await tree.row(/^default/);
    await workbench.runCommand('AWS KMS: Show History');
    const confirmed = async () => {
      const rows = await history.rows();
      return rows.filter(({ description }) => /confirmed after/.test(description));
    };
    await eventually('both revokes to be confirmed', async () => (await confirmed()).length === 2 || undefined, {
      timeoutMs: 60_000,
      describe: async () => JSON.stringify(await history.rows()),
    });
    await tree.setOpen(false);
    await grantees.setOpen(false);
    await workbench.picture('history', 'sideBar');
    assert.equal(revokes(kms).length, 2);
    const left = grants().map(({ id }) => id);
    const gone = before.filter(({ id }) => !left.includes(id));
    assert.equal(gone.length, 2);

    const revoked = gone.find(({ granteePrincipal }) => granteePrincipal?.endsWith('role/batch/nightly-export'));
    assert.ok(revoked, 'the duplicate was revoked');
    assert.ok(
      gone.some(({ granteePrincipal }) => granteePrincipal?.startsWith('AROA')),
      'the orphan was revoked',
    );
    const kept = grants().filter(
      ({ keyId, granteePrincipal }) => keyId === revoked.keyId && granteePrincipal === revoked.granteePrincipal,
    );
    assert.equal(kept.length, 1, 'the other of the two is still there');

    await workbench.pressContextMenuIn(history, 'Recreate Grant…', /^nightly-export/);
    const question = await workbench.dialog();
    assert.match(question.detail, /arn:aws:iam::111122223333:role\/batch\/nightly-export/);
    await workbench.screenshot('recreate');
    await workbench.pressDialog('Recreate Grant');
    await history.row(/^nightly-export .*recreated as/);
    const again = await eventually('the grant to be there again', async () =>
      grants().find(
        ({ id, granteePrincipal }) =>
          !before.some((one) => one.id === id) && granteePrincipal === revoked.granteePrincipal,
      ),
    );
    const { id: _, createdAt: __, ...same } = again;
    const { id: ___, createdAt: ____, ...was } = revoked;
    assert.deepEqual(same, was);
  });
});

test('read-only mode hides every change, and the views filter and export what they show', async () => {
  await using running = await kmsAndLaunch({ keys: 20, grantsPerKey: 5 });
  const { kms, launch } = running;
  await using temporary = await temporaryFolder('export');
  const folder = temporary.path;
  const settings = { 'kmsGrants.readOnly': true };
  await inWorkbench('read-only', { ...launch, settings, env: { HOME: folder } }, async (workbench) => {
    const { tree, grantees, quickInput } = workbench;
    await workbench.openView();
    await tree.expand('orders-db');
    const menu = await workbench.contextMenu('orders-db', 'nightly-export');
    assert.deepEqual(
      menu.filter((name) => /Revoke Grant|Retire|Create/.test(name)),
      [],
    );
    assert.ok(menu.includes('Copy'));
    assert.deepEqual(await workbench.paletteOffers('AWS KMS: Revoke'), []);
    await tree.press('Delete', 'orders-db', 'nightly-export');

    await tree.pressTitleAction('Filter Keys…');
    await quickInput.type('card vault');
    await tree.waitGone(['analytics']);
    await tree.row('payments/card-vault');
    await quickInput.accept();
    await workbench.screenshot('filtered');
    await workbench.runCommand('AWS KMS: Clear Keys Filter');
    await tree.row('analytics');
    assert.equal(await workbench.hasDialog(), false);
    assert.equal(await quickInput.isOpen(), false);

    await workbench.runCommand('AWS KMS: Find Grants…');
    await grantees.row(/24 .*keys/);
    await workbench.runCommand('AWS KMS: Export Grants…');
    await quickInput.pick('CSV');
    await quickInput.until('the save dialog', ({ value }) => value.includes(`${folder}/kms-grants-`));
    await workbench.page.locator('.quick-input-widget').getByRole('button', { name: 'OK' }).click();
    const csv = await eventually('the file', async () => {
      const name = (await readdir(folder)).find((file) => file.endsWith('.csv'));
      return name === undefined ? undefined : (await readFile(join(folder, name), 'utf8')) || undefined;
    });
    assert.match(csv, /nightly-export/);
    assert.ok(csv.split(/\r?\n/).length > 90);
    assert.deepEqual(revokes(kms), []);
  });
});
