import { strict as assert } from 'node:assert';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { commands, settings } from '../../src/manifest.ts';
import type { Node } from '../../src/views/shared/nodes.ts';
import { addTerraformGrant, type TerraformGrant } from '../aws/terraformFile.ts';
import { connect, type Running } from './aws.ts';
import { answerWith, child, children, connectionRow, row, selectedRows, takeShown, until } from './window.ts';

/** In a window with a folder. */
export function terraform(): void {
  describe('The Terraform files of the open folder', () => {
    let aws: Running;
    let made: TerraformGrant;
    let path: string;
    const grantRow = async (): Promise<Node> => child(await child(await connectionRow(), 'orders-db'), made.name);
    const isInTerraform = async () => (await row(await grantRow())).context.endsWith('.terraform');
    beforeEach(async () => {
      aws = await connect({ keys: 20, grantsPerKey: 5 });
      made = addTerraformGrant(aws.emulator.account);
      const [folder] = vscode.workspace.workspaceFolders ?? [];
      assert.ok(folder !== undefined, 'the window has no folder');
      path = join(folder.uri.fsPath, 'main.tf');
      await writeFile(path, made.file);
      await until('the file is read', isInTerraform);
    });
    afterEach(async () => {
      answerWith(() => undefined);
      await vscode.workspace.getConfiguration().update(settings.links, undefined, vscode.ConfigurationTarget.Global);
      await rm(path, { force: true });
      await aws.stop();
    });

    it('are a way from a grant to its resource, and back by a link', async () => {
      await vscode.commands.executeCommand(commands.goToTerraformResource, await grantRow());
      const editor = vscode.window.activeTextEditor;
      assert.ok(editor !== undefined);
      assert.equal(editor.document.uri.fsPath, path);
      assert.equal(editor.document.getText(editor.selection), 'ledger');
      const { uri } = editor.document;
      const ours = async () => {
        const all = await vscode.commands.executeCommand<vscode.DocumentLink[]>('vscode.executeLinkProvider', uri);
        return all.filter(({ target }) => target?.path === commands.openGrantOfResource);
      };
      await until('the name is a link', async () => (await ours()).length === 1);
      const [link] = await ours();
      assert.equal(editor.document.getText(link?.range), 'ledger');
      const [argument] = JSON.parse(link?.target?.query ?? '[]');
      await vscode.commands.executeCommand(commands.openGrantOfResource, argument);
      await until('the grant is selected', () =>
        selectedRows().some((node) => node.kind === 'grant' && node.grant.name === made.name),
      );
      await vscode.workspace.getConfiguration().update(settings.links, false, vscode.ConfigurationTarget.Global);
      await until('there is no link', async () => (await ours()).length === 0);
    });

    it('are named below Evidence and in the question of a revoke, and nothing is revoked without an answer', async () => {
      const [evidence] = await children(await grantRow());
      await until('the row is there', async () => {
        const rows = await Promise.all((await children(evidence)).map(row));
        return rows.some(({ label, description }) => label === 'May be defined by' && description === 'main.tf:3');
      });
      takeShown();
      await vscode.commands.executeCommand(commands.revokeGrant, await grantRow());
      const [question] = takeShown().filter(({ kind }) => kind === 'warning');
      assert.match(question?.detail ?? '', /^Terraform may create it again at the next apply: main\.tf:3$/m);
      assert.ok(aws.emulator.requests.every(({ operation, done }) => operation !== 'RevokeGrant' || !done));
    });

    it('are followed: with the file, the way goes', async () => {
      await writeFile(path, '');
      await until('the file is read again', async () => !(await isInTerraform()));
      await writeFile(path, made.file);
      await until('and again', isInTerraform);
      await rm(path);
      await until('it is gone', async () => !(await isInTerraform()));
    });
  });
}
