import { strict as assert } from 'node:assert';
import * as vscode from 'vscode';
import { commands, settings } from '../../src/manifest.ts';
import { connect, type Running } from './aws.ts';
import { connectionRow, until } from './window.ts';

const arn = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

export function links(): void {
  describe('Links', () => {
    let aws: Running;
    beforeEach(async () => {
      aws = await connect({ keys: 1 });
      await connectionRow();
    });
    afterEach(async () => {
      await vscode.workspace.getConfiguration().update(settings.links, undefined, vscode.ConfigurationTarget.Global);
      await aws.stop();
    });

    it('are the ARNs in a document, as long as the setting is on', async () => {
      const { uri } = await vscode.workspace.openTextDocument({ content: `kms_key_id = "${arn}"\n` });
      const ours = async () => {
        const all = await vscode.commands.executeCommand<vscode.DocumentLink[]>('vscode.executeLinkProvider', uri);
        return all.filter(({ target }) => target?.scheme === 'command');
      };
      await until('the ARN is a link', async () => (await ours()).length === 1);
      const [link] = await ours();
      assert.equal(link?.target?.path, commands.openKeyByArn);
      assert.deepEqual(JSON.parse(link?.target?.query ?? ''), [arn]);
      assert.deepEqual([link?.range.start.character, link?.range.end.character], [14, 14 + arn.length]);
      await vscode.workspace.getConfiguration().update(settings.links, false, vscode.ConfigurationTarget.Global);
      await until('there is no link', async () => (await ours()).length === 0);
    });
  });
}
