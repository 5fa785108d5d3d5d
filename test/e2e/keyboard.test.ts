import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { kmsAndLaunch, revokes } from './aws.ts';
import { inWorkbench } from './driver/launch.ts';

test('keys act on the row that has the focus, and the focus stays where the user is', async () => {
  await using running = await kmsAndLaunch({ keys: 20, grantsPerKey: 5 }, { propagation: { minMs: 300, maxMs: 900 } });
  const { kms, launch } = running;
  await inWorkbench('keyboard', launch, async (workbench) => {
    const { tree, page } = workbench;
    const { keyboard } = page;
    await workbench.openView();
    await tree.expand('orders-db');
    const [first, second, third] = await tree.children('orders-db');
    assert.ok(first !== undefined && second !== undefined && third !== undefined);

    // The focus moves on, the selection stays.
    await tree.select('orders-db', first.label);
    await keyboard.press('ArrowLeft');
    await keyboard.press('ArrowDown');
    await tree.waitFocused('orders-db', second.label);
    assert.equal((await tree.row('orders-db', first.label)).selected, true);
    await keyboard.press('Delete');
    const { message, detail } = await workbench.dialog();
    assert.ok(`${message}\n${detail}`.includes(second.label), `${message}\n${detail}`);
    await workbench.pressDialog('Revoke Grant');
    await tree.waitGone(['orders-db', second.label], 60_000);
    assert.equal(revokes(kms).length, 1);
    // VS Code leaves no row with the focus. The next arrow key goes on from there, and not from the first row of all.
    await keyboard.press('ArrowDown');
    await tree.waitFocused('orders-db', third.label);
    await keyboard.press('ArrowUp');
    await tree.waitFocused('orders-db', first.label);
  });
});

test('what a filter hides returns as open as it was', async () => {
  await using running = await kmsAndLaunch({ keys: 20, grantsPerKey: 5 });
  const { launch } = running;
  await inWorkbench('filter', launch, async (workbench) => {
    const { tree, quickInput } = workbench;
    await workbench.openView();
    await tree.expand('orders-db');
    await tree.expand('orders-db', 'nightly-export');
    const filter = async (text: string) => {
      await tree.pressTitleAction('Filter Keys…');
      await quickInput.type(text);
      await quickInput.accept();
    };
    await filter('card-vault');
    await tree.waitGone(['orders-db']);
    await workbench.runCommand('AWS KMS: Clear Keys Filter');
    await tree.row('orders-db', 'nightly-export', /^Grantee /);
    await tree.collapse('orders-db');
    await filter('card-vault');
    await tree.waitGone(['orders-db']);
    await workbench.runCommand('AWS KMS: Clear Keys Filter');
    assert.equal((await tree.row('orders-db')).expanded, false);
  });
});

test('in a list of several, Enter takes what is highlighted; what is shown stays when a profile is selected', async () => {
  await using running = await kmsAndLaunch({ keys: 3 });
  const { kms, launch } = running;
  const { region: _, ...anywhere } = kms.profile;
  const awsConfig = { ...launch.awsConfig, 'profile anywhere': anywhere };
  await inWorkbench('lists', { ...launch, awsConfig }, async (workbench) => {
    const { tree, quickInput } = workbench;
    await workbench.openView();
    await tree.row(/^default eu-west-1/);
    await workbench.runCommand('AWS KMS: Add Connection…');
    await quickInput.pick('default');
    await quickInput.until('Regions', ({ title }) => title === 'Regions of default');
    await quickInput.type('us-west-2');
    // The first Enter takes the Region, the second ends the question.
    await quickInput.accept();
    await quickInput.until('an empty box', ({ value }) => value === '');
    await quickInput.accept();
    await tree.row(/^default us-west-2/);
    await tree.waitFocused(/^default us-west-2/);

    await workbench.runCommand('AWS KMS: Select Profile…');
    await quickInput.pick('anywhere');
    await quickInput.until('Regions', ({ title }) => title === 'Select AWS Region');
    await quickInput.type('eu-west-1');
    await quickInput.until('the Region', ({ items }) => items[0]?.label === 'eu-west-1');
    await quickInput.accept();
    await workbench.notification(/^anywhere is shown\. 2 other connections stay in the view\.$/);
    for (const row of [/^default eu-west-1/, /^default us-west-2/, /^anywhere eu-west-1/]) {
      await tree.row(row);
    }
    await workbench.pressNotification(/^anywhere is shown/, 'Show Only anywhere');
    await tree.waitGone([/^default us-west-2/]);
    await workbench.pressNotification(/^Only anywhere is shown\./, 'Undo');
    for (const row of [/^default eu-west-1/, /^default us-west-2/]) {
      await tree.row(row);
    }
  });
});
