import { strict as assert } from 'node:assert';
import * as vscode from 'vscode';
import { commands, settings } from '../../src/manifest.ts';
import { connect, type Running } from './aws.ts';
import { children, connectionRow, takeTroubles, until } from './window.ts';

async function setBudget(percent: number | undefined): Promise<void> {
  const target = vscode.ConfigurationTarget.Global;
  await vscode.workspace.getConfiguration().update(settings.requestBudget, percent, target);
}

export function pace(): void {
  describe('The budget of requests', () => {
    let aws: Running;
    afterEach(async () => {
      await setBudget(undefined);
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      await aws.stop();
    });

    it('is that of the setting, also for what waits already', async () => {
      aws = await connect({ keys: 5, grantsPerKey: 0 });
      const keys = (await children(await connectionRow())).filter(({ kind }) => kind === 'key').slice(0, 4);
      assert.equal(keys.length, 4);
      // GetKeyLastUsage goes once in 20 seconds now: the last of them would be sent after a minute.
      await setBudget(1);
      const details = Promise.all(keys.map((key) => vscode.commands.executeCommand(commands.showKeyDetails, key)));
      const count = (wanted: string) => aws.emulator.requests.filter(({ operation }) => operation === wanted).length;
      await until('all else is asked', () => count('GetKeyPolicy') === 4 && count('ListResourceTags') === 4);
      assert.ok(count('GetKeyLastUsage') < 4);
      await setBudget(100);
      await details;
      assert.equal(count('GetKeyLastUsage'), 4);
      assert.deepEqual(takeTroubles(), []);
    });
  });
}
