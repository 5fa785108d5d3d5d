import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { kmsAndLaunch, revokes, secrets } from './aws.ts';
import { inWorkbench } from './driver/launch.ts';

test('a right click revokes a grant: confirmed, followed on its row, and gone when KMS no longer lists it', async () => {
  await using running = await kmsAndLaunch(
    { keys: 20, grantsPerKey: 5 },
    { propagation: { minMs: 5000, maxMs: 7000 } },
  );
  const { kms, launch } = running;
  await inWorkbench('right click', { ...launch, scale: 2 }, async (workbench) => {
    const { tree } = workbench;
    await workbench.openView();
    await workbench.setViewWidth(480);
    await tree.row(/^default .*eu-west-1 · 111122223333/);
    await tree.expand('orders-db');
    await tree.row('orders-db', /^nightly-export (?!Duplicate)/);
    await tree.row(/^orders-db .*Orders database/);
    const pictured = { first: /^legacy\/global-sessions/, last: /^partners\/key-exchange/ };
    await workbench.picture('tree', pictured);
    const menu = await workbench.contextMenu('orders-db', 'nightly-export');
    assert.deepEqual(menu, [
      'Show Grant Details',
      'Show as JSON',
      'Show in CloudTrail…',
      'Look for Uses…',
      'Revoke Grant…',
      'Retire Grant…',
      'Copy',
    ]);

    assert.match(await workbench.contextMenuKey('Revoke Grant…', 'orders-db', 'nightly-export'), /^Del/);
    // The icon of the row asks as the menu does.
    await tree.pressInline('Revoke Grant…', 'orders-db', 'nightly-export');
    await workbench.dialog();
    await workbench.escapeDialog();

    await workbench.pressContextMenu('Revoke Grant…', 'orders-db', 'nightly-export');
    const dialog = await workbench.dialog();
    assert.equal(dialog.message, 'Revoke grant nightly-export on orders-db?');
    assert.match(dialog.detail, /Grantee: arn:aws:iam::111122223333:role\/batch\/nightly-export \(IAM role\)/);
    assert.match(dialog.detail, /Account: 111122223333/);
    assert.match(dialog.detail, /Region: eu-west-1/);
    assert.match(dialog.detail, /Profile: default/);
    assert.deepEqual(dialog.buttons.toSorted(), ['Cancel', 'Revoke Grant']);
    await workbench.picture('confirmation', 'dialog');
    assert.deepEqual(revokes(kms), []);
    await workbench.pressDialog('Revoke Grant');

    const row = await tree.row('orders-db', /^nightly-export Revoked, waiting for KMS/);
    assert.match(row.icon, /loading/);
    await workbench.picture('confirming', pictured);
    assert.equal(revokes(kms).length, 1);
    const [, grantId] = revokes(kms)[0] ?? [];
    assert.ok(typeof grantId === 'string' && !kms.emulator.trulyPropagated(grantId), 'KMS still lists it');

    await tree.waitGone(['orders-db', /Revoked, waiting for KMS/], 60_000);
    assert.ok(kms.emulator.trulyPropagated(grantId), 'the row went before KMS had taken the revoke in');
    await workbench.notification(/^Grant nightly-export on orders-db is revoked: KMS stopped listing it after \d+ s\./);
    assert.equal((await tree.children('orders-db')).length, 4);

    const log = await workbench.log();
    for (const secret of Object.values(secrets)) {
      assert.ok(!log.includes(secret), 'a credential is in the log');
    }
  });
});

test('the palette asks for key and grant, by search', async () => {
  await using running = await kmsAndLaunch({ keys: 20, grantsPerKey: 5 }, { propagation: { minMs: 100, maxMs: 900 } });
  const { kms, launch } = running;
  await inWorkbench('palette', launch, async (workbench) => {
    const { quickInput } = workbench;
    await workbench.openView();
    await workbench.runCommand('AWS KMS: Revoke Grant…');
    await quickInput.until('keys', ({ items }) => items.length > 3);
    await quickInput.type('code-sign');
    await workbench.screenshot('palette-key');
    await quickInput.pick('release/code-signing');
    await quickInput.until(
      'the grants of the key',
      ({ title, items }) => title === 'Revoke Grant: Grant on release/code-signing' && items.length > 0,
    );
    await workbench.screenshot('palette-grant');
    await quickInput.type('signer');
    await quickInput.until('the grants of the signer', ({ items }) => items.length === 2);
    await quickInput.accept();
    const dialog = await workbench.dialog();
    assert.match(dialog.message, /on release\/code-signing\?$/);
    assert.match(dialog.detail, /Operations: Sign/);
    await workbench.pressDialog('Revoke Grant');
    await workbench.notification(/^Grant .* on release\/code-signing/, 40_000);
    assert.equal(revokes(kms).length, 1);
  });
});

test('a grant of an AWS service wants the alias typed; Escape, another click and a wrong text revoke nothing', async () => {
  await using running = await kmsAndLaunch({ keys: 3, grantsPerKey: 5 }, { propagation: { minMs: 100, maxMs: 900 } });
  const { kms, launch } = running;
  await inWorkbench('typed confirmation', launch, async (workbench) => {
    const { tree, quickInput } = workbench;
    await workbench.openView();
    await tree.expand('orders-db');
    const start = async () => {
      await workbench.pressContextMenu('Revoke Grant…', 'orders-db', 'AWSServiceRoleForRDS');
      await workbench.pressDialog('Continue…');
      await quickInput.waitFor();
    };
    await start();
    await quickInput.type('orders');
    await quickInput.until('a hint', ({ message }) =>
      /Amazon RDS uses this grant for database db-\w+\. Type orders-db to revoke/.test(message),
    );
    await workbench.screenshot('typed-confirmation');
    await quickInput.accept();
    assert.ok(await quickInput.isOpen(), 'Enter takes nothing but the alias');
    await quickInput.escape();
    await start();
    await quickInput.type('orders-db');
    await workbench.page.locator('.part.editor').click();
    await quickInput.waitGone();
    assert.deepEqual(revokes(kms), [], 'losing the focus is not consent');

    await start();
    await quickInput.type('orders-db');
    await quickInput.accept();
    await workbench.notification(/^Grant AWSServiceRoleForRDS on orders-db/, 40_000);
    assert.equal(revokes(kms).length, 1);
  });
});

test('Escape and Cancel revoke nothing, in the question and while KMS is asked', async () => {
  await using running = await kmsAndLaunch({ keys: 3, grantsPerKey: 5 });
  const { kms, launch } = running;
  await inWorkbench('cancel', launch, async (workbench) => {
    const { tree } = workbench;
    await workbench.openView();
    await tree.expand('orders-db');
    await workbench.pressContextMenu('Revoke Grant…', 'orders-db', 'nightly-export');
    await workbench.escapeDialog();
    // Delete on the selected grant is the same question.
    await tree.press('Delete', 'orders-db', 'nightly-export');
    await workbench.dialog();
    await workbench.pressDialog('Cancel');

    kms.emulator.setFaults([{ operation: 'ListGrants', fault: { kind: 'latency', ms: 8000 } }]);
    await workbench.pressContextMenu('Revoke Grant…', 'orders-db', 'nightly-export');
    await workbench.pressNotification('Checking the grant…', 'Cancel');
    kms.emulator.setFaults([]);
    await tree.press('Delete', 'orders-db', 'nightly-export');
    await workbench.escapeDialog();
    assert.deepEqual(revokes(kms), []);
    assert.equal((await tree.children('orders-db')).length, 5);
    assert.equal((await tree.row('orders-db', 'nightly-export')).icon.includes('shield'), true);
  });
});

test('AccessDenied says who lacks what on which key, and changes nothing', async () => {
  await using running = await kmsAndLaunch({ keys: 3, grantsPerKey: 5 }, { denials: [{ operation: 'RevokeGrant' }] });
  const { launch } = running;
  await inWorkbench('access denied', launch, async (workbench) => {
    await workbench.openView();
    await workbench.tree.expand('orders-db');
    await workbench.pressContextMenu('Revoke Grant…', 'orders-db', 'nightly-export');
    await workbench.pressDialog('Revoke Grant');
    const message = await workbench.notification('AWS denied kms:RevokeGrant');
    assert.match(message, /AWS denied kms:RevokeGrant on arn:aws:kms:eu-west-1:111122223333:key\//);
    assert.deepEqual(await workbench.notificationButtons('AWS denied kms:RevokeGrant'), [
      'Retry',
      'Select Profile…',
      'Show Log',
    ]);
    await workbench.screenshot('access-denied');
    await workbench.tree.row('orders-db', /^nightly-export (?!Duplicate)/);
  });
});

test('a reload of the window in between resumes the wait', async () => {
  await using running = await kmsAndLaunch(
    { keys: 3, grantsPerKey: 5 },
    { propagation: { minMs: 15_000, maxMs: 18_000 } },
  );
  const { kms, launch } = running;
  await inWorkbench('reload', launch, async (workbench) => {
    const { tree } = workbench;
    await workbench.openView();
    await tree.expand('orders-db');
    await workbench.pressContextMenu('Revoke Grant…', 'orders-db', 'nightly-export');
    await workbench.pressDialog('Revoke Grant');
    await tree.row('orders-db', /Revoked, waiting for KMS/);
    await workbench.reload();
    await workbench.openView();
    await tree.expand('orders-db');
    await tree.row('orders-db', /Revoked, waiting for KMS/);
    await workbench.notification(/^Grant nightly-export/, 60_000);
    await tree.waitGone(['orders-db', /Revoked/]);
    assert.equal(revokes(kms).length, 1);
  });
});

test('a wait can be stopped; the row then says that nothing was confirmed, and offers to check again', async () => {
  await using running = await kmsAndLaunch(
    { keys: 3, grantsPerKey: 5 },
    { propagation: { minMs: 600_000, maxMs: 600_000 } },
  );
  const { launch } = running;
  const settings = { 'kmsGrants.propagation.timeoutSeconds': 20, 'kmsGrants.propagation.intervalSeconds': 1 };
  await inWorkbench('stop waiting', { ...launch, settings }, async (workbench) => {
    const { tree } = workbench;
    await workbench.openView();
    await tree.expand('orders-db');
    await workbench.pressContextMenu('Revoke Grant…', 'orders-db', 'nightly-export');
    await workbench.pressDialog('Revoke Grant');
    await tree.row('orders-db', /Revoked, waiting for KMS/);
    await tree.pressInline('Stop Waiting', 'orders-db', /Revoked, waiting for KMS/);
    await tree.row('orders-db', /^nightly-export Revoked · still listed$/);
    await tree.pressInline('Check Again', 'orders-db', /Revoked · still listed/);
    await tree.row('orders-db', /Revoked, waiting for KMS/);
    const message = await workbench.notification('KMS still lists grant', 40_000);
    assert.match(message, /^KMS still lists grant nightly-export on orders-db, \d+ s after it accepted the revoke\.$/);
    assert.deepEqual(await workbench.notificationButtons('KMS still lists grant'), ['Check Again']);
    await workbench.screenshot('still-listed');
    await tree.row('orders-db', /^nightly-export Revoked · still listed$/);
  });
});
