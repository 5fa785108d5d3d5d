import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { kmsAndLaunch, revokes } from './aws.ts';
import { eventually } from './driver/eventually.ts';
import { inWorkbench } from './driver/launch.ts';
import type { Workbench } from './driver/workbench.ts';

/** Selects the rows from one to the other on `orders-db`, and presses Delete. */
async function revokeRange({ tree, page }: Workbench, first: string, last: string): Promise<void> {
  await tree.select('orders-db', first);
  await tree.selectTo('orders-db', last);
  await page.keyboard.press('Delete');
}

/** Takes the choice that is proposed, and confirms that so many grants go. */
async function confirm(workbench: Workbench, count: number): Promise<void> {
  const { quickInput } = workbench;
  await quickInput.until('the choice', ({ items }) => items.length === count);
  await quickInput.accept();
  assert.equal((await workbench.dialog()).message, `Revoke ${count} grants?`);
  await workbench.pressDialog('Continue…');
  await quickInput.until('the number', ({ message }) =>
    message.startsWith(`Type the number of grants to revoke: ${count}.`),
  );
  await quickInput.type(String(count));
  await quickInput.accept();
}

test('before many grants are revoked in one go, every one of them is listed, and those of AWS services are kept', async () => {
  await using running = await kmsAndLaunch({ keys: 3, grantsPerKey: 45 });
  const { kms, launch } = running;
  const { account } = kms.emulator;
  const ofServices = ({ granteePrincipal = '' }) => /aws-service-role|aws:ec2-infrastructure/.test(granteePrincipal);
  await inWorkbench('bulk list', launch, async (workbench) => {
    const { tree, quickInput, page } = workbench;
    await workbench.openView();
    await workbench.setViewWidth(480);
    await tree.expand('orders-db');

    // As many as a dialog lists: all of it is on the screen.
    const [first] = await tree.children('orders-db');
    assert.ok(first !== undefined);
    await tree.select('orders-db', first.label);
    await page.keyboard.press('ArrowLeft');
    for (let rows = 1; rows < 9; rows += 1) {
      await page.keyboard.press('Shift+ArrowDown');
    }
    await page.keyboard.press('Delete');
    await quickInput.until('the choice of nine', ({ title }) => title === 'Revoke Grants: Choose from 9 grants');
    await quickInput.accept();
    assert.match((await workbench.dialog()).detail, /^To be revoked:\n• /m);
    await workbench.screenshot('bulk-nine-confirm');
    await workbench.escapeDialog();

    await revokeRange(workbench, 'audit:quarterly', 'AWSServiceRoleForRDS');

    await quickInput.until('the choice', ({ items }) => items.length > 0);
    await quickInput.type('AWSServiceRole');
    const { items } = await quickInput.until('the service', (input) => input.items.length === 1);
    await workbench.screenshot('bulk-many-service');
    const [{ detail: caution, ...service } = { detail: undefined }] = items;
    assert.deepEqual(service, {
      label: 'AWSServiceRoleForRDS',
      description: 'orders-db · Decrypt, Encrypt +7',
      ticked: false,
    });
    assert.match(
      caution ?? '',
      /^Amazon RDS uses this grant for database db-\w+\. Revoking it can break a resource\. Select it only if you are sure\. · /,
    );
    await quickInput.type('');
    await quickInput.until('all', (input) => input.items.some(({ ticked }) => ticked));
    await workbench.screenshot('bulk-many-choice');
    await quickInput.accept();

    const dialog = await workbench.dialog();
    await workbench.screenshot('bulk-many-confirm');
    assert.equal(dialog.message, 'Revoke 37 grants?');
    for (const part of [
      'Every grant is listed in the editor behind this dialog.',
      'To be revoked: 37\n• orders-db: 37',
      'Not selected: 8\n• orders-db: 8',
    ]) {
      assert.ok(dialog.detail.includes(part), `${part} is not in: ${dialog.detail}`);
    }
    await workbench.pressDialog('Continue…');
    await quickInput.until('the number', ({ message }) =>
      message.startsWith('Type the number of grants to revoke: 37.'),
    );
    // The list can be read, and copied, while the question waits.
    await page.locator('.part.editor .view-lines').click();
    await page.keyboard.press('ControlOrMeta+A');
    await page.keyboard.press('ControlOrMeta+C');
    const text = await eventually('the list', async () => (await workbench.clipboard()) || undefined);
    await workbench.screenshot('bulk-many-typing');
    const [revoked = '', kept = ''] = text.split('Not selected: 8');
    const [key] = [...account.keys.values()].filter(({ id }) => account.grantsOf(id).size === 45);
    const grants = [...account.grantsOf(key?.id ?? '').values()].map(({ grant }) => grant);
    assert.equal(grants.length, 45);
    for (const grant of grants) {
      const [here, there] = ofServices(grant) ? [kept, revoked] : [revoked, kept];
      assert.ok(here.includes(grant.id) && !there.includes(grant.id), `${grant.id} is not where it should be`);
    }
    assert.deepEqual(revokes(kms), []);

    await quickInput.type('37');
    await quickInput.accept();
    await workbench.notification(/^Revoked 37 grants\. Waiting for KMS to stop listing them…$/, 40_000);
    assert.equal(revokes(kms).length, 37);
    const gone = new Set(revokes(kms).map(([, grantId]) => grantId));
    for (const grant of grants) {
      assert.equal(gone.has(grant.id), !ofServices(grant));
    }
    await workbench.notification(/^KMS stopped listing 37 of the 37 grants /, 60_000);
    const ends = (await workbench.notifications()).filter((message) => message.startsWith('KMS stopped listing'));
    assert.equal(ends.length, 1, ends.join('\n'));
    await workbench.screenshot('bulk-many-revoked');
  });
});

test('a revoke of several that is cancelled or refused in the middle says what was done, and goes on from there', async () => {
  await using running = await kmsAndLaunch({ keys: 3, grantsPerKey: 20 }, { propagation: { minMs: 300, maxMs: 900 } });
  const { kms, launch } = running;
  const { emulator } = kms;
  const asked = () => emulator.requests.filter(({ operation }) => operation === 'RevokeGrant').length;
  await inWorkbench('bulk broken off', launch, async (workbench) => {
    const { tree, history, quickInput } = workbench;
    await workbench.openView();
    await workbench.setViewWidth(480);
    await tree.expand('orders-db');
    await tree.expand('payments/card-vault');
    await revokeRange(workbench, 'worker-00010', 'worker-00019');
    emulator.setFaults([{ operation: 'RevokeGrant', fault: { kind: 'latency', ms: 3000 } }]);
    await confirm(workbench, 4);
    await eventually('the first to be sent', async () => asked() === 1 || undefined);
    await workbench.screenshot('bulk-revoking');
    await workbench.pressNotification('Revoking', 'Cancel');
    const cancelled =
      'Revoked 0 of 4 grants. Outcome unknown, possibly revoked, still being checked: 1. Not started: 3.';
    assert.equal(await workbench.notification('Revoked 0 of 4 grants.'), cancelled);
    assert.equal(asked(), 1, 'what was not begun was not sent');
    emulator.setFaults([]);
    await workbench.clearNotifications();
    await tree.waitGone(['orders-db', 'worker-00010']);

    const [vault] = [...emulator.account.aliases.values()].filter(({ name }) => name === 'alias/payments/card-vault');
    emulator.setFaults([
      {
        operation: 'RevokeGrant',
        keyId: vault?.targetKeyId ?? '',
        fault: { kind: 'error', code: 'AccessDeniedException', message: 'An explicit deny.', status: 400 },
      },
    ]);
    await tree.select('orders-db', 'thumbnailer-9');
    await tree.selectAlso('orders-db', 'stock-sync-4');
    await tree.selectAlso('payments/card-vault', 'card-tokenizer');
    await tree.selectAlso('payments/card-vault', 'thumbnailer-7');
    await workbench.page.keyboard.press('Delete');
    await confirm(workbench, 4);
    const failed = 'Revoked 2 of 4 grants. Waiting for KMS to stop listing them… Failed: 2.';
    assert.equal(await workbench.notification('Revoked 2 of 4 grants.'), failed);
    assert.deepEqual(await workbench.notificationButtons(failed), ['Retry Failed Revokes', 'Show Results']);
    await workbench.screenshot('bulk-failed');
    await tree.waitGone(['orders-db', 'thumbnailer-9']);
    await tree.waitGone(['orders-db', 'stock-sync-4']);
    // What failed is still selected, also where VS Code has not drawn it so.
    await workbench.runCommand('KMS Grants: Focus on Keys View');
    await workbench.page.keyboard.press('Delete');
    const { items } = await quickInput.until('the choice', (input) => input.items.length > 0);
    assert.deepEqual(
      items.map(({ label }) => label),
      ['card-tokenizer', 'thumbnailer-7'],
    );
    await quickInput.escape();

    await workbench.pressNotification(failed, 'Show Results');
    const page = await workbench.markdownPreview('Revoke Results');
    assert.match(page, /Failed: 2\s.*card-tokenizer: payments\/card-vault\s+AWS denied RevokeGrant on arn:aws:kms:/s);
    await workbench.screenshot('bulk-results');
    emulator.setFaults([]);
    await workbench.pressNotification(failed, 'Retry Failed Revokes');
    await confirm(workbench, 2);
    await workbench.notification('Revoked 2 grants. Waiting for KMS to stop listing them…');
    await tree.waitGone(['payments/card-vault', 'card-tokenizer']);
    await tree.waitGone(['payments/card-vault', 'thumbnailer-7']);
    assert.equal(revokes(kms).length, 5);

    await workbench.runCommand('AWS KMS: Show History');
    await tree.setOpen(false);
    const entries = (await history.waitForCount(8)).map(({ label, description }) => `${label} ${description}`);
    await workbench.screenshot('bulk-history');
    assert.deepEqual(
      entries.slice(1).map((entry) => entry.replace(/ \d\d:\d\d| after \d+ s/g, '')),
      [
        'thumbnailer-7 revoked · payments/card-vault · confirmed',
        'card-tokenizer revoked · payments/card-vault · confirmed',
        'thumbnailer-7 revoke · payments/card-vault · rejected: Access denied',
        'card-tokenizer revoke · payments/card-vault · rejected: Access denied',
        'stock-sync-4 revoked · orders-db · confirmed',
        'thumbnailer-9 revoked · orders-db · confirmed',
        'worker-00010 revoke · orders-db · confirmed',
      ],
    );
  });
});
