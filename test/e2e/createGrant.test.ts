import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { kmsAndLaunch } from './aws.ts';
import { eventually } from './driver/eventually.ts';
import { inWorkbench } from './driver/launch.ts';

const principalArn = 'arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_SecurityEngineer_5a1c8e0f4d2b7396/alex';

test('a grant is created step by step, with a way back, shown when KMS lists it, and its token is offered once', async () => {
  await using running = await kmsAndLaunch(
    { keys: 20, grantsPerKey: 5 },
    { propagation: { minMs: 500, maxMs: 1500 }, principalArn },
  );
  const { kms, launch } = running;
  const created = () => kms.emulator.requests.filter(({ operation }) => operation === 'CreateGrant');
  await inWorkbench('create grant', launch, async (workbench) => {
    const { quickInput, tree } = workbench;
    await workbench.openView();
    await tree.expand('orders-db');
    await workbench.pressContextMenu('Create Grant…', 'orders-db');

    const title = (text: string) => quickInput.until(text, (input) => input.title.includes(text));
    const operations = await quickInput.until('operations', ({ items }) => items.length === 11);
    assert.equal(operations.title, 'Create Grant on orders-db (1/5)');
    await workbench.screenshot('create-operations');
    await quickInput.pick('Decrypt');
    await quickInput.pick('DescribeKey');
    await quickInput.accept();

    await title('(2/5)');
    await quickInput.type('AROAEXAMPLEEXAMPLE123');
    await quickInput.until('the reason', ({ items }) => items.some(({ detail }) => detail.includes('unique ID')));
    await workbench.screenshot('create-refused-grantee');
    await quickInput.accept();
    // The same question comes again in the same box, with what was typed.
    await eventually('the role', async () => {
      await quickInput.type('arn:aws:iam::111122223333:role/app/Reader');
      const { items } = await quickInput.read();
      return items.some(({ description }) => description === 'IAM role · as entered') || undefined;
    });
    await quickInput.accept();

    await title('(3/5)');
    await workbench.screenshot('create-retiring');
    await quickInput.pick('No retiring principal');
    await title('(4/5)');
    await quickInput.type('context includes');
    await quickInput.until('the one choice', ({ items }) => items.length === 1);
    await quickInput.accept();
    await quickInput.until('the pairs', ({ placeholder }) => placeholder.includes('key=value'));
    await quickInput.type('app=shop');
    await quickInput.until('what was typed', ({ items }) => items.some(({ label }) => label === 'app=shop'));
    await quickInput.accept();
    await quickInput.until('the pair', ({ items }) => items.some(({ label }) => label === 'Continue'));
    await workbench.screenshot('create-pairs');
    await quickInput.accept();
    await title('(5/5)');
    await quickInput.type('shop reader');
    await workbench.screenshot('create-name');
    await quickInput.type('shop-reader');
    await quickInput.accept();

    const dialog = await workbench.dialog();
    await workbench.screenshot('create-confirm');
    assert.equal(dialog.message, 'Create this grant on orders-db?');
    for (const line of [
      'Grantee: arn:aws:iam::111122223333:role/app/Reader (IAM role)',
      'Operations: Decrypt, DescribeKey',
      'Encryption context includes: app=shop',
      'Retiring principal: none',
      'Grant name: shop-reader',
      'Account: 111122223333',
      'Region: eu-west-1',
      'Profile: default',
      'Not checked first, because custom endpoints may ignore dry runs.',
    ]) {
      assert.ok(dialog.detail.includes(line), `${line} is not in: ${dialog.detail}`);
    }
    assert.deepEqual(dialog.buttons.toSorted(), ['Cancel', 'Change…', 'Create Grant']);
    assert.equal(created().length, 0, 'a custom endpoint gets no dry run');

    await workbench.pressDialog('Change…');
    await title('(5/5)');
    await quickInput.type('shop-reader-2');
    await quickInput.accept();
    await workbench.pressDialog('Create Grant');

    await workbench.notification(/^KMS created grant shop-reader-2 on orders-db\./);
    await tree.row('orders-db', /^shop-reader-2 .*Reader · Decrypt/);
    assert.deepEqual(
      created().map(({ input }) => input),
      [
        {
          KeyId: created()[0]?.input['KeyId'],
          Operations: ['Decrypt', 'DescribeKey'],
          GranteePrincipal: 'arn:aws:iam::111122223333:role/app/Reader',
          Constraints: { EncryptionContextSubset: { app: 'shop' } },
          Name: 'shop-reader-2',
        },
      ],
    );
    await workbench.pressNotification(/^KMS created grant/, 'Copy Grant Token');
    const token = await eventually('the token', async () => (await workbench.clipboard()) || undefined);
    assert.match(token, /^[A-Za-z0-9+/]{100,}=*$/);
    assert.ok(!(await workbench.log()).includes(token), 'the grant token is in the log');
  });
});

test('from the palette, Back keeps what was entered, a refusal leads back to the questions, and Escape leaves nothing', async () => {
  await using running = await kmsAndLaunch({ keys: 20, grantsPerKey: 5 });
  const { kms, launch } = running;
  const { emulator } = kms;
  const created = () => emulator.requests.filter(({ operation }) => operation === 'CreateGrant');
  const table = 'arn:aws:dynamodb:eu-west-1:111122223333:table/returns';
  await inWorkbench('create from palette', launch, async (workbench) => {
    const { quickInput, tree } = workbench;
    const at = (text: string, value?: string) =>
      quickInput.until(text, (input) => input.title.includes(text) && (value ?? input.value) === input.value);
    const sourceArn = (value?: string) =>
      quickInput.until(
        'the source ARN',
        (input) => input.placeholder.includes(':table/') && (value ?? input.value) === input.value,
      );
    const item = (label: string) => quickInput.until(label, ({ items }) => items.some((one) => one.label === label));
    await workbench.openView();
    await tree.row(/^customers-table/);
    await workbench.runCommand('AWS KMS: Create Grant…');
    await at('Create Grant (1/');
    await item('customers-table');
    await workbench.screenshot('create-key');
    await quickInput.type('customers');
    await quickInput.pick('customers-table');

    await at('Create Grant on customers-table (2/');
    await item('Decrypt');
    await quickInput.pick('Decrypt');
    await quickInput.pick('DescribeKey');
    await quickInput.accept();
    await at('(3/');
    await quickInput.type('dynamodb.amazon');
    await quickInput.back();
    const { items } = await quickInput.until(
      'what was ticked',
      (input) => input.title.includes('(2/') && input.items.some(({ ticked }) => ticked),
    );
    assert.deepEqual(
      items.filter(({ ticked }) => ticked).map(({ label }) => label),
      ['Decrypt', 'DescribeKey'],
    );
    await workbench.screenshot('create-back');
    await quickInput.accept();
    await at('(3/', 'dynamodb.amazon');
    await quickInput.type('dynamodb.amazonaws.com');
    await item('dynamodb.amazonaws.com');
    await workbench.screenshot('create-service');
    await quickInput.accept();

    await sourceArn();
    await quickInput.type('arn:aws:dynamodb');
    await quickInput.until('what is wrong', ({ message }) => message !== '');
    await workbench.screenshot('create-source-arn');
    await quickInput.back();
    await at('(3/');
    await item('dynamodb.amazonaws.com');
    await quickInput.accept();
    await sourceArn('arn:aws:dynamodb');
    await quickInput.type(table);
    await quickInput.accept();

    await at('(4/6)');
    const retiring = await item('dynamodb.amazonaws.com');
    await workbench.screenshot('create-service-retiring');
    assert.ok(!retiring.items.some(({ label }) => label === 'No retiring principal'));
    await quickInput.pick('dynamodb.amazonaws.com');
    await at('(5/6)');
    await item('No encryption context');
    await quickInput.pick('No encryption context');
    await at('(6/6)');
    await quickInput.type('returns');
    await quickInput.accept();

    emulator.setFaults([
      {
        operation: 'CreateGrant',
        times: 1,
        fault: {
          kind: 'error',
          code: 'InvalidArnException',
          message: 'dynamodb.amazonaws.com is not supported here.',
        },
      },
    ]);
    await workbench.dialog();
    await workbench.screenshot('create-service-confirm');
    await workbench.pressDialog('Create Grant');
    await eventually(
      'the refusal',
      async () => (await workbench.dialog()).detail.includes('is not supported here.') || undefined,
    );
    await workbench.screenshot('create-refused');
    await workbench.pressDialog('Change…');
    await at('(6/6)', 'returns');
    await quickInput.accept();
    await workbench.pressDialog('Create Grant');
    await workbench.notification(/^KMS created grant returns on customers-table\./);
    const [refused, accepted] = created();
    assert.deepEqual([refused?.errorCode, accepted?.status], ['InvalidArnException', 200]);
    assert.deepEqual(accepted?.input, {
      KeyId: accepted?.input['KeyId'],
      Operations: ['Decrypt', 'DescribeKey'],
      GranteeServicePrincipal: 'dynamodb.amazonaws.com',
      RetiringServicePrincipal: 'dynamodb.amazonaws.com',
      Constraints: { SourceArn: table },
      Name: 'returns',
    });
    await workbench.clearNotifications();

    await workbench.runCommand('AWS KMS: Create Grant…');
    await item('customers-table');
    await quickInput.pick('customers-table');
    await item('Decrypt');
    await quickInput.pick('Decrypt');
    await quickInput.accept();
    await at('(3/');
    await quickInput.escape();
    assert.deepEqual([await workbench.hasDialog(), await workbench.notifications(), created().length], [false, [], 2]);

    await workbench.pressContextMenu('Grants I Can Retire…', /^default/);
    await quickInput.until('none', ({ placeholder }) => placeholder === 'No grants found.');
    await workbench.screenshot('retirable-none');
    await quickInput.pick('Of another principal…');
    await at('Grants I Can Retire: Principal');
    await quickInput.type('arn:aws:iam::111122223333:role/platform/grant-janitor');
    await quickInput.accept();
    await item('card-tokenizer');
    await workbench.screenshot('retirable-of-another');
    await quickInput.escape();
  });
});

test('grants that the caller may retire are listed for its role, and one of them is retired and followed', async () => {
  await using running = await kmsAndLaunch(
    { keys: 20, grantsPerKey: 5 },
    { propagation: { minMs: 100, maxMs: 900 }, principalArn },
  );
  const { kms, launch } = running;
  await inWorkbench('retire grant', launch, async (workbench) => {
    const { quickInput } = workbench;
    await workbench.openView();
    await workbench.runCommand('AWS KMS: Grants I Can Retire…');
    await quickInput.until('the grants', ({ items }) => items.some(({ label }) => label === 'temporary-incident-2291'));
    await workbench.screenshot('retirable');
    await quickInput.pick('temporary-incident-2291');
    const dialog = await workbench.dialog();
    await workbench.screenshot('retire-confirm');
    assert.match(dialog.message, /^Retire grant temporary-incident-2291 on /);
    assert.match(dialog.detail, /Signed in as: arn:aws:sts::111122223333:assumed-role\/AWSReservedSSO_/);
    await workbench.pressDialog('Retire Grant');
    await workbench.notification(/^Grant temporary-incident-2291 on /, 60_000);
    const retired = kms.emulator.requests.filter(({ operation }) => operation === 'RetireGrant');
    assert.deepEqual(
      retired.map(({ status, input }) => [status, 'DryRun' in input]),
      [[200, false]],
    );
  });
});

test('the details of a key are one page that begins with what was denied, and its JSON is a click away', async () => {
  await using running = await kmsAndLaunch(
    { keys: 3, grantsPerKey: 1 },
    { denials: [{ operation: 'ListResourceTags' }] },
  );
  const { launch } = running;
  await inWorkbench('key details', launch, async (workbench) => {
    await workbench.openView();
    await workbench.pressContextMenu('Show Key Details', 'orders-db');
    const page = await workbench.markdownPreview('orders-db');
    await workbench.screenshot('key-details');
    assert.match(page, /^orders-db\s+Show as JSON\s+Not Read\s+Tags: .*kms:ListResourceTags/);
    for (const part of ['Key state: Enabled', 'Rotated automatically.', 'Counts successful cryptographic operations']) {
      assert.ok(page.includes(part), `${part} is not in: ${page}`);
    }
    await workbench.pressInPreview('orders-db', 'Show as JSON');
    await eventually('the JSON', async () => (await workbench.editor()).text.startsWith('{') || undefined);
    const { text } = await workbench.editor();
    for (const part of ['"KeyMetadata"', '"KeyRotationEnabled": true', '"Tags": "Unknown: Access denied.']) {
      assert.ok(text.includes(part), `${part} is not in: ${text}`);
    }

    await workbench.tree.expand('orders-db');
    const [grant] = await workbench.tree.children('orders-db');
    assert.ok(grant !== undefined);
    await workbench.pressContextMenu('Show Grant Details', 'orders-db', grant.label);
    const story = await workbench.markdownPreview(`Grant ${grant.label}`);
    await workbench.screenshot('grant-details');
    assert.match(story, /If Revoked\s.*Evidence\s+Not loaded yet\..*Grant ID: [0-9a-f]{64}/s);
  });
});
