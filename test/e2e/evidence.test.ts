import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { kmsAndLaunch, revokes } from './aws.ts';
import { eventually } from './driver/eventually.ts';
import { inWorkbench } from './driver/launch.ts';

/** The grant on orders-db that was left when its role was deleted. */
const orphan = /^batch-worker .*AROA/;

test('of a grant whose role was deleted: who made it, for which role, and that no role has its ID; uses of another', async () => {
  await inWorkbench('evidence', {}, async (workbench) => {
    const { tree } = workbench;
    await workbench.openView();
    await workbench.setViewWidth(560);
    await workbench.pressWelcome('sample data');
    await tree.expand('orders-db');
    await tree.expand('orders-db', orphan);
    await tree.expand('orders-db', orphan, 'Evidence');
    await tree.row('orders-db', orphan, /^Created by GitHubActionsDeploy\/terraform \(assumed-role session\) · \d{4}-/);
    await tree.row('orders-db', orphan, /^Created for arn:aws:iam::111122223333:role\/batch\/year-end-export/);
    await tree.row('orders-db', orphan, /^Key last used Decrypt · \d{4}-/);
    await tree.row('orders-db', orphan, /^Grantee No role of account 111122223333 has the ID AROA/);
    await tree.row(
      'orders-db',
      orphan,
      /^Other grants Read: \d+\. None allows this grantee any operation of this grant\./,
    );
    await tree.row('orders-db', orphan, /^Key policy Allows none of its operations\./);
    await workbench.screenshot('evidence-orphan');

    await workbench.pressContextMenu('Revoke Grant…', 'orders-db', orphan);
    const { detail } = await workbench.dialog();
    assert.match(detail, /Grantee: No role of account 111122223333 has the ID AROA/);
    assert.match(detail, /Key last used: Decrypt · \d{4}-/);
    await workbench.screenshot('evidence-question');
    await workbench.escapeDialog();

    await workbench.pressContextMenu('Look for Uses…', 'orders-db', 'nightly-export');
    const use = /^Found a use that this grant would allow: Decrypt, .* by nightly-export\/app/;
    assert.match(
      await workbench.notification(use),
      /Events don't name grants, so another grant or policy may have allowed it\./,
    );
    assert.deepEqual((await workbench.notificationButtons(use)).toSorted(), ['Look Further', 'Show Event']);
    await workbench.screenshot('use');
    await workbench.pressNotification(use, 'Show Event');
    const { title, text } = await workbench.editor();
    assert.match(title, /^Decrypt /);
    assert.match(text, /"eventVersion"/);
    await workbench.pressNotification(use, 'Look Further');
    const looked = await workbench.notification(/^Events of this key read: \d+, back to /);
    assert.match(looked, /This proves nothing/);
    assert.doesNotMatch(looked, /unused|never used|not used/i);
    await workbench.clearNotifications();

    // From the palette it begins with the grant that is selected.
    await tree.select('orders-db', orphan);
    await workbench.runCommand('AWS KMS: Look for Uses…');
    const none = await workbench.notification(/^Events of this key read: \d+, back to /);
    assert.match(none, /The search goes back to the creation of the grant, \d{4}-/);
  });
});

test('where CloudTrail and IAM are denied, rows say so quietly, and everything else works as before', async () => {
  await using running = await kmsAndLaunch(
    { keys: 20, grantsPerKey: 5 },
    {
      propagation: { minMs: 100, maxMs: 900 },
      denials: [{ operation: 'cloudtrail:*' }, { operation: 'iam:*' }],
    },
  );
  const { kms, launch } = running;
  await inWorkbench('evidence denied', launch, async (workbench) => {
    const { tree } = workbench;
    await workbench.openView();
    await workbench.setViewWidth(560);
    await tree.expand('orders-db');
    await tree.expand('orders-db', orphan);
    await tree.expand('orders-db', orphan, 'Evidence');
    await tree.row('orders-db', orphan, /^Created by Not allowed: cloudtrail:LookupEvents\./);
    await tree.row('orders-db', orphan, /^Grantee Not allowed: iam:ListRoles\./);
    await tree.row('orders-db', orphan, /^Key last used \w+ · \d{4}-|^Key last used No use recorded/);
    await tree.row('orders-db', orphan, /^Other grants /);
    await tree.row('orders-db', orphan, /^Key policy /);
    await workbench.screenshot('evidence-denied');
    assert.deepEqual(await workbench.notifications(), []);
    const asked = kms.emulator.requests.filter(({ operation }) => operation === 'LookupEvents').length;
    assert.equal(asked, 1);

    await workbench.pressContextMenu('Revoke Grant…', 'orders-db', orphan);
    const dialog = await workbench.dialog();
    assert.match(dialog.message, /^Revoke grant batch-worker on orders-db\?/);
    assert.match(dialog.detail, /Key last used: /);
    assert.doesNotMatch(dialog.detail, /Not allowed|Created by: /);
    assert.deepEqual(await workbench.notifications(), []);
    await workbench.pressDialog('Revoke Grant');
    await workbench.notification(/^Grant batch-worker on orders-db/, 60_000);
    assert.equal(revokes(kms).length, 1);
    assert.equal((await workbench.notifications()).length, 1);
    await workbench.clearNotifications();

    // Who asks for it hears why, once.
    await workbench.pressContextMenu('Look for Uses…', 'orders-db', 'nightly-export');
    await workbench.notification(/cloudtrail:LookupEvents/);
    await eventually('one notification', async () => (await workbench.notifications()).length === 1 || undefined);
  });
});
