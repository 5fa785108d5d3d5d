import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { kmsAndLaunch } from './aws.ts';
import { eventually } from './driver/eventually.ts';
import { inWorkbench } from './driver/launch.ts';

test('the first of 20,000 keys are there while the rest comes, and the filter finds one that has no row', async () => {
  await using running = await kmsAndLaunch({ keys: 20_000, grantsPerKey: 0, awsManagedKeys: false }, { latencyMs: 20 });
  const { kms, launch } = running;
  const asked = (operation: string) =>
    kms.emulator.requests.filter((request) => request.operation === operation).length;
  await inWorkbench('large account', launch, async (workbench) => {
    const { tree, quickInput, page } = workbench;
    await workbench.openView();
    const rows = await tree.waitFor('rows while more are loading', (all) =>
      all.some(({ label }) => label === 'Loading more keys…') ? all : undefined,
    );
    assert.ok(rows.length > 400, `${rows.length} rows`);
    await tree.row(/^Load more… 500 of 20,000 shown/);
    await tree.waitGone(['Loading more keys…'], 60_000);
    assert.deepEqual([asked('ListKeys'), asked('ListAliases')], [20, 196]);
    await eventually('the keys on screen to be described', async () => asked('DescribeKey') === 500 || undefined);
    await page.mouse.move(0, 0);
    await workbench.screenshot('large-account');

    assert.ok(!(await tree.has('shop/table-0123')), 'it has no row');
    await tree.pressTitleAction('Filter Keys…');
    await quickInput.type('table 0123 shop');
    await tree.waitGone([/^Load more…/]);
    await tree.row('shop/table-0123');
    await quickInput.accept();
    // The connection, and the one key.
    await tree.waitForCount(2);
    await workbench.screenshot('large-account-filtered');
    assert.equal(asked('ListAliases'), 196, 'nothing is listed again');
  });
});

test('a key with 5,000 grants shows them window by window, and says how many of them a filter has searched', async () => {
  await using running = await kmsAndLaunch({ keys: 3, grantsPerKey: 3, grantsOnFirstKey: 5000 });
  const { kms, launch } = running;
  const asked = () => kms.emulator.requests.filter(({ operation }) => operation === 'ListGrants').length;
  await inWorkbench('many grants', launch, async (workbench) => {
    const { tree, grantees, quickInput } = workbench;
    await workbench.openView();
    await tree.expand('orders-db');
    await tree.row('orders-db', /^Load more… 200 shown/);
    assert.equal(asked(), 2);
    await tree.select('orders-db', 'Load more…');
    await tree.row('orders-db', /^Load more… 400 shown/);
    assert.equal(asked(), 4);

    await tree.pressTitleAction('Filter Keys…');
    await quickInput.type('worker-00');
    await tree.row('orders-db', /^Load more… 400 searched so far/);
    await quickInput.accept();
    await tree.row('orders-db', /^Load more… 400 searched so far/);
    await workbench.screenshot('many-grants');
    assert.equal(asked(), 4);

    await workbench.runCommand('AWS KMS: Find Grants…');
    await tree.setOpen(false);
    await workbench.runCommand('AWS KMS: Group Grants By…');
    await quickInput.pick(/grantee/i);
    await grantees.row(/^Load more… 500 of [\d,]+ shown/);
    await grantees.select('Load more…');
    await grantees.row(/^Load more… 1,000 of [\d,]+ shown/);
    await workbench.screenshot('many-grantees');
    await grantees.pressTitleAction('Filter Grants…');
    await quickInput.type('worker-04999');
    await grantees.waitGone([/^Load more…/]);
    // The state of the search, and one grantee.
    await grantees.waitForCount(2);
    await quickInput.accept();
  });
});
