import { strict as assert } from 'node:assert';
import * as vscode from 'vscode';
import { commands, settings } from '../../src/manifest.ts';
import type { GrantNode } from '../../src/views/shared/nodes.ts';
import { recordUse } from '../aws/keyUse.ts';
import { connect, type Running } from './aws.ts';
import { answerWith, child, connectionRow, takeShown, takeTroubles } from './window.ts';

const account = '111122223333';

export function uses(): void {
  describe('Look for Uses', () => {
    let aws: Running;
    let grant: GrantNode;
    beforeEach(async () => {
      aws = await connect({ keys: 4, grantsPerKey: 5 });
      const node = await child(await child(await connectionRow(), 'orders-db'), 'nightly-export');
      assert.ok(node.kind === 'grant');
      grant = node;
    });
    afterEach(async () => {
      answerWith(() => undefined);
      await vscode.workspace.getConfiguration().update(settings.readOnly, undefined, vscode.ConfigurationTarget.Global);
      await aws.stop();
    });

    it('finds the latest use that a grant would allow, and shows its event; in read-only mode too', async () => {
      await vscode.workspace.getConfiguration().update(settings.readOnly, true, vscode.ConfigurationTarget.Global);
      const principalArn = `arn:aws:sts::${account}:assumed-role/nightly-export/run-7`;
      const { encryptionContextEquals, encryptionContextSubset } = grant.grant.constraints;
      const eventId = recordUse(aws.emulator.account, grant.key.keyId, {
        operation: 'Decrypt',
        caller: { principalArn },
        at: Date.now() - 62 * 60_000,
        encryptionContext: { ...encryptionContextEquals, ...encryptionContextSubset },
      });
      takeShown();
      answerWith(({ buttons }) => (buttons.includes('Show Event') ? 'Show Event' : undefined));
      await vscode.commands.executeCommand(commands.lookForUses, grant);
      const [found] = takeShown();
      assert.match(
        found?.message ?? '',
        /^Found a use that this grant would allow: Decrypt, 6\d min ago \(.*\), by nightly-export\/run-7 \(assumed-role session\)\. Events don't name grants/,
      );
      const document = vscode.window.activeTextEditor?.document;
      assert.match(document?.uri.path ?? '', /^\/Decrypt .*\.json$/);
      assert.equal(JSON.parse(document?.getText() ?? '').eventID, eventId);
    });

    it('says how far it looked when there is no match, and one sentence where it is denied', async () => {
      takeShown();
      aws.emulator.account.addGrant({
        id: 'e'.repeat(64),
        keyId: grant.key.keyId,
        createdAt: Date.now() - 60_000,
        name: 'fresh',
        granteePrincipal: `arn:aws:iam::${account}:role/app/Fresh`,
        issuingAccount: aws.emulator.account.rootArn,
        operations: ['Decrypt'],
      });
      await vscode.commands.executeCommand(commands.refresh);
      const fresh = await child(await child(await connectionRow(), 'orders-db'), 'fresh');
      await vscode.commands.executeCommand(commands.lookForUses, fresh);
      // Another one may come late, of a revoke in the test before.
      const looked = takeShown().find(({ message }) => message.startsWith('CloudTrail listed no events of this key. '));
      assert.match(looked?.message ?? '', / This proves nothing/);
      assert.deepEqual(looked?.buttons, []);

      aws.emulator.setDenials([{ operation: 'cloudtrail:LookupEvents' }]);
      await vscode.commands.executeCommand(commands.lookForUses, fresh);
      const [denied, ...others] = takeTroubles();
      assert.match(denied?.message ?? '', /cloudtrail:LookupEvents/);
      assert.deepEqual(others, []);
    });
  });
}
