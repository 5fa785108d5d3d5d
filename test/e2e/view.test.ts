import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { kmsAndLaunch, startKms } from './aws.ts';
import { eventually } from './driver/eventually.ts';
import { inWorkbench } from './driver/launch.ts';

test('a first start without any AWS settings offers profiles and sample data; sample data needs neither', async () => {
  await inWorkbench('welcome', { scale: 2 }, async (workbench) => {
    const { tree, quickInput } = workbench;
    await workbench.openView();
    await workbench.setViewWidth(480);
    assert.match(await workbench.welcome(), /A grant lets a principal use a KMS key\./);
    await workbench.picture('welcome', 'sideBar');
    await workbench.pressWelcome('walkthrough');
    const steps = workbench.page.locator('.gettingStartedContainer .step-title');
    await steps.filter({ hasText: 'What is a grant?' }).waitFor();
    assert.equal(await steps.count(), 8);
    await workbench.screenshot('walkthrough');
    await workbench.runCommand('View: Close All Editors');
    await workbench.pressWelcome('Add Connection…');
    await quickInput.until(
      'no profile, and the file for one',
      ({ items }) => items.map(({ label }) => label).join() === 'No profile,Open AWS Config File',
    );
    await quickInput.pick('Open AWS Config File');
    await workbench.page.locator('.editor-instance .view-line', { hasText: '[profile my-profile]' }).waitFor();
    await workbench.runCommand('View: Revert and Close Editor');

    await workbench.pressWelcome('sample data');
    await tree.row(/^Sample data eu-west-1 · 111122223333/);
    await tree.waitFocused(/^Sample data/);
    await tree.expand('payments/card-vault');
    await tree.expand('legacy/crm');
    await tree.row(/^legacy\/billing-archive Disabled/);
    for (const theme of ['light', 'dark', 'high contrast', 'high contrast light'] as const) {
      await workbench.setTheme(theme);
      await workbench.screenshot(`sample-${theme}`);
    }
    await workbench.setTheme('dark');
    await workbench.picture('sample-dark', 'sideBar');
    await workbench.setTheme('light');

    // Menus offer only what can work: sample data has no console, and no grant can be created on a key of AWS's.
    const ofKey = await workbench.contextMenu('payments/card-vault');
    assert.ok(ofKey.includes('Create Grant…') && !ofKey.includes('Open in AWS Console'), ofKey.join());
    await tree.expand('AWS managed keys');
    const [managed] = await tree.children('AWS managed keys');
    assert.ok(managed !== undefined);
    const ofManaged = await workbench.contextMenu('AWS managed keys', managed.label);
    assert.ok(ofManaged.includes('Show Key Details') && !ofManaged.includes('Create Grant…'), ofManaged.join());

    // A dry run is safe here: the question comes only after it.
    await workbench.pressContextMenu('Revoke Grant…', 'payments/card-vault', /^card-tokenizer/);
    await workbench.pressDialog('Revoke Grant');
    await tree.row('payments/card-vault', /^card-tokenizer Revoked, waiting for KMS/);
    await workbench.notification(/^Grant card-tokenizer/, 60_000);

    await workbench.reload();
    await workbench.openView();
    await tree.row(/^Sample data/);
  });
});

test('profile and Region are chosen from the palette, and the choice lasts over a reload', async () => {
  await using dublin = await startKms({ keys: 3 });
  await using oregon = await startKms({ keys: 2, region: 'us-west-2', account: '444455556666' });
  const { region: _, ...anywhere } = oregon.profile;
  await inWorkbench(
    'choice',
    { awsConfig: { 'profile dublin': dublin.profile, 'profile anywhere': anywhere } },
    async (workbench) => {
      const { tree, quickInput } = workbench;
      await workbench.openView();
      await workbench.welcome();
      await workbench.runCommand('AWS KMS: Select Profile…');
      await quickInput.until('profiles', ({ items }) => items.length === 3);
      await workbench.screenshot('select-profile');
      await quickInput.pick('dublin');
      await tree.row(/^dublin eu-west-1 · 111122223333/);

      await workbench.runCommand('AWS KMS: Select Profile…');
      await quickInput.pick('anywhere');
      await quickInput.until('Regions', ({ title }) => title === 'Select AWS Region');
      await quickInput.type('us-west-2');
      await quickInput.until('the Region', ({ items }) => items[0]?.label === 'us-west-2');
      await workbench.screenshot('select-region');
      await quickInput.accept();
      await tree.row(/^anywhere us-west-2 · 444455556666/);
      assert.ok(!(await tree.has(/^dublin/)), 'one account is on screen, not two');

      await workbench.reload();
      await workbench.openView();
      await tree.row(/^anywhere us-west-2 · 444455556666/);
    },
  );
});

test('a long account pages, an empty one says so, a failing one offers Retry', async () => {
  await using running = await kmsAndLaunch({ keys: 1200, grantsPerKey: 5 });
  const { kms, launch } = running;
  await inWorkbench('accounts', launch, async (workbench) => {
    const { tree } = workbench;
    await workbench.openView();
    const more = await tree.row(/^Load more… 500 of 1,200 shown/);
    assert.equal(more.level, 2);
    await tree.select('Load more…');
    await tree.row(/^Load more… 1,000 of 1,200 shown/);
    const focused = await tree.waitFor('the first new row to have the focus', (rows) =>
      rows.find((row) => row.focused && row.icon !== ''),
    );
    // Below the connection, which is the first row of all.
    assert.equal(focused.index, 501);
    await workbench.screenshot('long-account');

    kms.emulator.setFaults([
      { operation: 'ListKeys', fault: { kind: 'error', code: 'KMSInternalException', status: 500 } },
    ]);
    await workbench.pressTitleAction('Refresh');
    const failure = await tree.row(/^KMS internal error/);
    await workbench.screenshot('failing-account');
    assert.match(failure.ariaLabel, /Retry in a moment/);
    kms.emulator.setFaults([]);
    for (const id of [...kms.emulator.account.keys.values()].map((key) => key.id)) {
      kms.emulator.account.removeKey(id);
    }
    await tree.pressInline('Retry', /^KMS internal error/);
    await tree.row(/^No keys This account has no KMS keys in eu-west-1/);
    await workbench.screenshot('empty-account');
  });
});

test('a row has its tooltip, its JSON, its copy key and its place in the keyboard order', async () => {
  await using running = await kmsAndLaunch({ keys: 20, grantsPerKey: 5 });
  const { launch } = running;
  await inWorkbench('row', launch, async (workbench) => {
    const { tree, page } = workbench;
    await workbench.openView();
    await tree.row(/^orders-db Orders database/);
    const tooltip = await workbench.tooltip('orders-db');
    assert.match(tooltip, /Key state: Enabled/);
    assert.match(tooltip, /Key ARN: arn:aws:kms:eu-west-1:111122223333:key\//);
    await tree.expand('orders-db');
    assert.match(await workbench.tooltip('orders-db', 'nightly-export'), /Encryption context includes: purpose=export/);
    await workbench.screenshot('tooltip');

    await tree.select('orders-db', 'nightly-export');
    await page.keyboard.press('ControlOrMeta+c');
    await page.waitForFunction('navigator.clipboard.readText().then((text) => /^[0-9a-f]{64}$/.test(text))');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    const field = await tree.row('orders-db', /^Grantee /);
    assert.equal(field.selected || field.level === 4, true);
    await workbench.screenshot('fields');

    await workbench.setViewWidth(480);
    await tree.expand('orders-db', 'nightly-export', 'Evidence');
    await tree.row('orders-db', 'nightly-export', /^Key last used \w+ · \d{4}-|^Key last used No use recorded/);
    await tree.row('orders-db', 'nightly-export', /^Key policy Leaves Decrypt, DescribeKey to IAM policies/);
    const others = await tree.row('orders-db', 'nightly-export', /^Other grants /);
    await workbench.screenshot('evidence');
    await workbench.pressContextMenu('Copy Value', 'orders-db', 'nightly-export', /^Other grants /);
    await eventually('the copied text', async () => (await workbench.clipboard()) === others.description || undefined);

    await workbench.pressContextMenu('Show as JSON', 'orders-db', 'nightly-export');
    const editor = await workbench.editor();
    assert.match(editor.title, /^nightly-export/);
    assert.match(editor.text, /"GranteePrincipal": "arn:aws:iam::111122223333:role\/batch\/nightly-export"/);
    await workbench.screenshot('json');
  });
});
