import { strict as assert } from 'node:assert';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { commands } from '../../src/manifest.ts';
import type { Node } from '../../src/views/shared/nodes.ts';
import { connect, type Running, useConfig } from './aws.ts';
import { child, children, connectionRow, row, rowsOf, takeTroubles, tooltipOf, until } from './window.ts';

const keyRows = async (): Promise<Node[]> =>
  (await children(await connectionRow())).filter(({ kind }) => kind === 'key');

export function tree(): void {
  describe('The tree', () => {
    let aws: Running;
    afterEach(() => aws.stop());

    it('shows connection, keys, grants and fields, the keys by alias and those of AWS in a group', async () => {
      aws = await connect({ keys: 20, grantsPerKey: 5 });
      const connection = await connectionRow();
      await until('the account is known', async () => (await row(connection)).description.includes('111122223333'));
      assert.deepEqual(await row(connection), {
        label: 'default',
        description: 'eu-west-1 · 111122223333 · custom endpoint',
        icon: 'account',
        context: 'connection',
      });

      const rows = await rowsOf(connection);
      const labels = rows.map(({ label }) => label);
      const aliased = labels.slice(0, 19);
      assert.deepEqual(aliased, aliased.toSorted());
      assert.match(labels[19] ?? '', /^[0-9a-f-]{36}$/, 'the key without an alias comes last, by its ID');
      assert.deepEqual(rows[20], {
        label: 'AWS managed keys',
        description: '4',
        icon: 'lock',
        context: 'awsManagedKeys',
      });
      assert.deepEqual(
        (await rowsOf(await child(connection, 'AWS managed keys'))).map(({ label }) => label),
        ['aws/dynamodb', 'aws/ebs', 'aws/lambda', 'aws/rds'],
      );

      const grants = await rowsOf(await child(connection, 'orders-db'));
      assert.equal(grants.length, 5);
      const grant = await child(await child(connection, 'orders-db'), 'nightly-export');
      assert.deepEqual(await row(grant), {
        label: 'nightly-export',
        description: '1 finding · Decrypt, DescribeKey',
        icon: 'shield',
        context: 'grant.retirable',
      });
      const fields = Object.fromEntries((await rowsOf(grant)).map(({ label, description }) => [label, description]));
      assert.equal(fields['Grantee'], 'arn:aws:iam::111122223333:role/batch/nightly-export');
      assert.equal(fields['Encryption context includes purpose'], 'export');
      assert.match(fields['Grant ID'] ?? '', /^[0-9a-f]{64}$/);
      assert.match(await tooltipOf(grant), /\*\*If revoked:\*\*/);
    });

    it('fills in states as DescribeKey answers, in words and as an icon', async () => {
      aws = await connect({ keys: 20, grantsPerKey: 0 });
      const shows = async (label: string, icon: string, text: RegExp) => {
        const node = await child(await connectionRow(), label);
        await until(`${label} has its state`, async () => (await row(node)).icon === icon);
        assert.match((await row(node)).description, text);
      };
      await shows('legacy/billing-archive', 'circle-slash', /^Disabled · Invoices until 2021/);
      await shows('legacy/crm', 'trash', /^Pending deletion until \d{4}-\d\d-\d\d · /);
      await shows('byok/hr-records', 'cloud-upload', /^Pending import · /);
      await shows('hsm/treasury', 'debug-disconnect', /^Unavailable · /);
      await shows('orders-db', 'key', /^Orders database/);
    });

    it('lists 20 keys and expands all of them in 22 requests besides DescribeKey', async () => {
      aws = await connect({ keys: 20, grantsPerKey: 5 });
      // The change of files may have opened the connection already, before the refresh: that list of keys isn't counted.
      await keyRows();
      const before = aws.emulator.requests.length;
      await vscode.commands.executeCommand(commands.refresh);
      for (const key of await keyRows()) {
        await children(key);
      }
      const asked = aws.emulator.requests
        .slice(before)
        .map(({ operation }) => operation)
        .filter((operation) => operation !== 'DescribeKey');
      assert.deepEqual(asked.toSorted(), ['ListAliases', ...Array<string>(20).fill('ListGrants'), 'ListKeys']);
    });

    it('shows 500 keys and 200 grants at a time, and says how many', async () => {
      aws = await connect({ keys: 1200, grantsPerKey: 0 });
      const connection = await connectionRow();
      await until('all keys are loaded', async () =>
        (await rowsOf(connection)).every(({ label }) => label !== 'Loading more keys…'),
      );
      const more = async () => {
        const node = (await children(connection)).find(({ kind }) => kind === 'more');
        return node === undefined ? undefined : { node, description: (await row(node)).description };
      };
      assert.equal((await keyRows()).length, 500);
      assert.equal((await more())?.description, '500 of 1,200 shown');
      await vscode.commands.executeCommand(commands.loadMore, (await more())?.node);
      assert.equal((await more())?.description, '1,000 of 1,200 shown');
      await vscode.commands.executeCommand(commands.loadMore, (await more())?.node);
      assert.equal(await more(), undefined);
      assert.equal((await keyRows()).length, 1200);
      await aws.stop();

      aws = await connect({ keys: 1, grantsPerKey: 450 });
      const key = await child(await connectionRow(), 'orders-db');
      const listGrants = () => aws.emulator.requests.filter(({ operation }) => operation === 'ListGrants').length;
      assert.deepEqual((await rowsOf(key)).at(-1), {
        label: 'Load more…',
        description: '200 shown',
        icon: 'ellipsis',
        context: 'more',
      });
      assert.equal(listGrants(), 2);
      await vscode.commands.executeCommand(commands.loadMore, (await children(key)).at(-1));
      await vscode.commands.executeCommand(commands.loadMore, (await children(key)).at(-1));
      assert.equal((await children(key)).length, 450);
      assert.equal(listGrants(), 5);
    });

    it('says so when there are no keys, and when a key has no grants', async () => {
      aws = await connect({ keys: 0 });
      const [empty] = await rowsOf(await connectionRow());
      assert.equal(empty?.label, 'No keys');
      assert.match(empty?.description ?? '', /no KMS keys in eu-west-1/);
      await aws.stop();

      aws = await connect({ keys: 1, grantsPerKey: 0 });
      const [none] = await rowsOf(await child(await connectionRow(), 'orders-db'));
      assert.equal(none?.label, 'No grants');
    });

    it('keeps the failure of one key to that key, and mends it with Retry', async () => {
      aws = await connect({ keys: 3, grantsPerKey: 2 });
      const connection = await connectionRow();
      const denied = await child(connection, 'orders-db');
      const keyId = denied.kind === 'key' ? denied.key.keyId : '';
      aws.emulator.setDenials([{ operation: 'ListGrants', keyId }]);
      const [failure] = await children(denied);
      assert.ok(failure);
      assert.equal((await row(failure)).label, 'Access denied');
      assert.match((await row(failure)).description, /AWS denied kms:ListGrants on arn:aws:kms:/);
      assert.equal((await row(failure)).context, 'message.retry.selectProfile.showLog');
      assert.ok((await children(await child(connection, 'platform/ebs'))).every(({ kind }) => kind === 'grant'));

      aws.emulator.setDenials([]);
      await vscode.commands.executeCommand(commands.retry, failure);
      assert.ok((await children(denied)).every(({ kind }) => kind === 'grant'));
    });

    it('shows the keys by their IDs, and says why, where aliases may not be listed', async () => {
      aws = await connect({ keys: 2, grantsPerKey: 0 }, { denials: [{ operation: 'ListAliases' }] });
      const [note, ...keys] = await rowsOf(await connectionRow());
      assert.equal(note?.label, 'Access denied');
      assert.match(note?.description ?? '', /kms:ListAliases/);
      assert.equal(keys.filter(({ label }) => /^[0-9a-f-]{36}$/.test(label)).length, keys.length);
    });

    it('reloads a key, and only that key, on Refresh', async () => {
      aws = await connect({ keys: 3, grantsPerKey: 2 });
      const connection = await connectionRow();
      const [first, second] = await keyRows();
      assert.ok(first && second);
      await children(first);
      await children(second);
      const before = aws.emulator.requests.length;
      await vscode.commands.executeCommand(commands.refreshNode, first);
      await children(connection);
      await children(first);
      await children(second);
      const asked = aws.emulator.requests.slice(before).filter(({ operation }) => operation !== 'DescribeKey');
      assert.deepEqual(
        asked.map(({ operation, input }) => [operation, input['KeyId']]),
        [['ListGrants', first.kind === 'key' ? first.key.arn : '']],
      );
    });

    it('copies what the menus name, and shows JSON read-only', async () => {
      aws = await connect({ keys: 1, grantsPerKey: 2 });
      const key = await child(await connectionRow(), 'orders-db');
      const [grant] = await children(key);
      assert.ok(key.kind === 'key' && grant?.kind === 'grant');
      const copied = async (command: string, node: Node) => {
        await vscode.commands.executeCommand(command, node);
        return vscode.env.clipboard.readText();
      };
      assert.equal(await copied(commands.copyKeyArn, key), key.key.arn);
      assert.equal(await copied(commands.copyKeyId, key), key.key.keyId);
      assert.equal(await copied(commands.copyAlias, key), 'alias/orders-db');
      assert.equal(await copied(commands.copyGrantId, grant), grant.grant.grantId);
      assert.equal(await copied(commands.copyGrantee, grant), grant.grant.granteePrincipal?.value);
      const field = (await children(grant)).find((node) => node.kind === 'field');
      assert.ok(field !== undefined);
      assert.equal(await copied(commands.copyValue, field), field.value);

      await vscode.commands.executeCommand(commands.showAsJson, key);
      const document = vscode.window.activeTextEditor?.document;
      assert.equal(document?.languageId, 'json');
      assert.equal(document?.uri.scheme, 'kms-grants');
      const shown: unknown = JSON.parse(document?.getText() ?? '');
      assert.ok(typeof shown === 'object' && shown !== null && 'Grants' in shown);
      assert.equal(Array.isArray(shown.Grants) && shown.Grants.length, 2);
      await vscode.commands.executeCommand('workbench.action.closeActiveEditor');
    });

    it('treats text from AWS as data: no Markdown, no command links, no line breaks', async () => {
      aws = await connect({ keys: 1, grantsPerKey: 0 });
      const stored = [...aws.emulator.account.keys.values()].find(({ manager }) => manager === 'CUSTOMER');
      assert.ok(stored);
      const description = '**bold** [link](command:workbench.action.quit) <b>x</b>\n\u202egnp.exe';
      aws.emulator.account.keys.set(stored.id, { ...stored, description });
      await vscode.commands.executeCommand(commands.refresh);
      const key = await child(await connectionRow(), 'orders-db');
      await until('the description is there', async () => (await row(key)).description.includes('bold'));
      assert.match((await row(key)).description, /\\u\{a\}\\u\{202e\}gnp\.exe$/);
      const tooltip = await tooltipOf(key);
      assert.ok(!tooltip.includes('**bold**') && !tooltip.includes('[link](') && !tooltip.includes('<b>'), tooltip);
    });

    it('opens on what the files say: nothing, a missing profile, no Region', async () => {
      aws = await connect({ keys: 1 });
      const folder = await mkdtemp(join(tmpdir(), 'kms-grants-'));
      await useConfig(folder, '');
      assert.deepEqual(await rowsOf(), [], 'the welcome text shows');

      await useConfig(folder, `[default]\n${'credentials'}\n`);
      const [noRegion] = await rowsOf();
      assert.equal(noRegion?.label, 'No Region');
      assert.equal(noRegion?.context, 'message.selectRegion.selectProfile.showLog');

      process.env['AWS_PROFILE'] = 'nobody';
      await vscode.commands.executeCommand(commands.refresh);
      const [missing] = await rowsOf();
      assert.equal(missing?.label, 'Profile not found');
      assert.match(missing?.description ?? '', /^Profile nobody isn't in /);
      delete process.env['AWS_PROFILE'];
    });

    it('opens sample data with no AWS account and no port', async () => {
      aws = await connect({ keys: 1 });
      await vscode.commands.executeCommand(commands.openSampleData);
      const sample = await connectionRow('Sample data');
      assert.deepEqual(
        (await rowsOf()).map(({ label }) => label),
        ['default', 'Sample data'],
      );
      const keys = (await children(sample)).flatMap((node) => (node.kind === 'key' ? [node.key.keyId] : []));
      assert.ok(keys.length > 10);
      await children(await child(sample, 'orders-db'));
      const asked = JSON.stringify(aws.emulator.requests.map(({ input }) => input));
      assert.ok(!keys.some((keyId) => asked.includes(keyId)), 'a key of the sample data was asked for');
      assert.deepEqual(takeTroubles(), []);
    });
  });
}
