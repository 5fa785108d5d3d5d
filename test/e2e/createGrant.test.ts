import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { kmsAndLaunch } from './aws.ts';
import { eventually, inWorkbench } from './driver.ts';

const principalArn = 'arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_SecurityEngineer_5a1c8e0f4d2b7396/alex';

test('a grant is created step by step, with a way back, shown when KMS lists it, and its token is offered once', async () => {
  const { kms, launch } = await kmsAndLaunch(
    { keys: 20, grantsPerKey: 5 },
    { propagation: { minMs: 500, maxMs: 1500 }, principalArn },
  );
  const created = () => kms.emulator.requests.filter(({ operation }) => operation === 'CreateGrant');
  try {
    await inWorkbench('create grant', launch, async (workbench) => {
      const { quickInput, tree } = workbench;
      await workbench.openView();
      await tree.expand('orders-db');
      await workbench.pressContextMenu('Create Grant…', 'orders-db');

      const title = (text: string) => quickInput.until(text, (input) => input.title.includes(text));
      const operations = await quickInput.until('operations', ({ items }) => items.length === 11);
      assert.equal(operations.title, 'Create Grant on orders-db (1/4)');
      await workbench.screenshot('create-operations');
      await quickInput.pick('Decrypt');
      await quickInput.pick('DescribeKey');
      await quickInput.accept();

      await title('(2/5)');
      await quickInput.type('AROAEXAMPLEEXAMPLE123');
      await quickInput.until('the reason', ({ items }) => items.some(({ detail }) => detail.includes('unique ID')));
      await workbench.screenshot('create-refused-grantee');
      await quickInput.accept();
      await title('(2/5)');
      await quickInput.type('arn:aws:iam::111122223333:role/app/Reader');
      await quickInput.until('the role', ({ items }) =>
        items.some(({ description }) => description === 'IAM role · as entered'),
      );
      await quickInput.accept();

      await title('(3/5)');
      await workbench.screenshot('create-retiring');
      await quickInput.pick('No retiring principal');
      await title('(4/5)');
      await quickInput.type('context includes');
      await quickInput.until('the one choice', ({ items }) => items.length === 1);
      await quickInput.accept();
      await title('(5/6)');
      await quickInput.type('app=shop');
      await quickInput.until('what was typed', ({ items }) => items.some(({ label }) => label === 'app=shop'));
      await quickInput.accept();
      await quickInput.until('the pair', ({ items }) => items.some(({ label }) => label === 'Continue'));
      await workbench.screenshot('create-pairs');
      await quickInput.accept();
      await title('(6/6)');
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
        'The server was not asked whether it would allow it.',
      ]) {
        assert.ok(dialog.detail.includes(line), `${line} is not in: ${dialog.detail}`);
      }
      assert.deepEqual(dialog.buttons.toSorted(), ['Cancel', 'Change…', 'Create Grant']);
      assert.equal(created().length, 0, 'a custom endpoint gets no dry run');

      await workbench.pressDialog('Change…');
      await title('(6/6)');
      await quickInput.type('shop-reader-2');
      await quickInput.accept();
      await workbench.pressDialog('Create Grant');

      await workbench.notification(/^KMS created the grant shop-reader-2 on orders-db\./);
      await tree.row('orders-db', /^shop-reader-2 Reader · Decrypt/);
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
      await workbench.pressNotification(/^KMS created the grant/, 'Copy Grant Token');
      const token = await eventually('the token', async () => (await workbench.clipboard()) || undefined);
      assert.match(token, /^[A-Za-z0-9+/]{100,}=*$/);
      assert.ok(!(await workbench.log()).includes(token), 'the grant token is in the log');
    });
  } finally {
    await kms.close();
  }
});

test('grants that the caller may retire are listed for its role, and one of them is retired and followed', async () => {
  const { kms, launch } = await kmsAndLaunch(
    { keys: 20, grantsPerKey: 5 },
    { propagation: { minMs: 100, maxMs: 900 }, principalArn },
  );
  try {
    await inWorkbench('retire grant', launch, async (workbench) => {
      const { quickInput } = workbench;
      await workbench.openView();
      await workbench.runCommand('KMS: Grants I Can Retire…');
      await quickInput.until('the grants', ({ items }) =>
        items.some(({ label }) => label === 'temporary-incident-2291'),
      );
      await workbench.screenshot('retirable');
      await quickInput.pick('temporary-incident-2291');
      const dialog = await workbench.dialog();
      await workbench.screenshot('retire-confirm');
      assert.match(dialog.message, /^Retire the grant temporary-incident-2291 on /);
      assert.match(dialog.detail, /Signed in as: arn:aws:sts::111122223333:assumed-role\/AWSReservedSSO_/);
      await workbench.pressDialog('Retire Grant');
      await workbench.notification(/^KMS no longer lists the grant temporary-incident-2291 on /, 60_000);
      const retired = kms.emulator.requests.filter(({ operation }) => operation === 'RetireGrant');
      assert.deepEqual(
        retired.map(({ status, input }) => [status, 'DryRun' in input]),
        [[200, false]],
      );
    });
  } finally {
    await kms.close();
  }
});

test('the details of a key are one document, in which a part that is denied says so', async () => {
  const { kms, launch } = await kmsAndLaunch(
    { keys: 3, grantsPerKey: 1 },
    { denials: [{ operation: 'ListResourceTags' }] },
  );
  try {
    await inWorkbench('key details', launch, async (workbench) => {
      await workbench.openView();
      await workbench.pressContextMenu('Show Key Details', 'orders-db');
      const { text } = await workbench.editor();
      await workbench.screenshot('key-details');
      for (const part of [
        '"KeyMetadata"',
        '"KeyRotationEnabled": true',
        '"Tags": "Not known: Access denied.',
        '"Note"',
      ]) {
        assert.ok(text.includes(part), `${part} is not in: ${text}`);
      }
    });
  } finally {
    await kms.close();
  }
});
