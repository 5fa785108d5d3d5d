import { strict as assert } from 'node:assert';
import * as vscode from 'vscode';
import { commands, languageModelTools, settings, type ToolName } from '../../src/manifest.ts';
import { connect, type Running } from './aws.ts';
import { answerWith, child, children, connectionRow, row, takeShown, takeTroubles, until } from './window.ts';

async function invoke(name: ToolName, input: object): Promise<unknown> {
  const cancel = new vscode.CancellationTokenSource();
  const { content } = await vscode.lm.invokeTool(name, { input, toolInvocationToken: undefined }, cancel.token);
  const [part] = content;
  assert.ok(part instanceof vscode.LanguageModelTextPart);
  return JSON.parse(part.value);
}

/** The entries of a bounded answer. */
function entriesOf(answer: unknown): readonly Readonly<Record<string, unknown>>[] {
  assert.ok(typeof answer === 'object' && answer !== null && 'entries' in answer && Array.isArray(answer.entries));
  return answer.entries;
}

export function tools(): void {
  describe('What a language model may ask', () => {
    let aws: Running;
    const revoked = () => aws.emulator.requests.filter(({ operation }) => operation === 'RevokeGrant');
    beforeEach(async () => {
      aws = await connect({ keys: 60, grantsPerKey: 5 }, { propagation: { minMs: 100, maxMs: 500 } });
      await children(await connectionRow());
    });
    afterEach(async () => {
      answerWith(() => undefined);
      await vscode.workspace.getConfiguration().update(settings.readOnly, undefined, vscode.ConfigurationTarget.Global);
      await aws.stop();
    });

    it('lists connections, keys, grants and findings, bounded, and changes nothing', async () => {
      const connections = entriesOf(await invoke(languageModelTools.listConnections, {}));
      assert.equal(connections[0]?.['name'], 'default');
      const keys = await invoke(languageModelTools.listKeys, {});
      assert.ok(entriesOf(keys).length > 20 && entriesOf(keys).length <= 50);
      assert.match(JSON.stringify(keys), /"total":64,.*"complete":false/);
      assert.ok(JSON.stringify(keys).length <= 16_000);
      const key = 'alias/orders-db';
      const grants = entriesOf(await invoke(languageModelTools.listGrants, { key }));
      assert.equal(grants.length, 5);
      const found = JSON.stringify(await invoke(languageModelTools.listFindings, { key }));
      assert.match(found, /"kind":"duplicate"/);
      assert.deepEqual(await invoke(languageModelTools.listGrants, { key: 'nothing' }), {
        error: 'This connection has no key nothing.',
      });
      assert.deepEqual(revoked(), []);
    });

    it('gets the evidence on one grant, which a list has from then on; nothing is changed', async () => {
      const key = 'orders-db';
      const [first] = entriesOf(await invoke(languageModelTools.listGrants, { key }));
      const grantId = first?.['GrantId'];
      const lines = entriesOf(await invoke(languageModelTools.getEvidence, { key, grantId }));
      const usage = lines.find(({ title }) => title === 'Key last used');
      assert.match(String(usage?.['source']), /^AWS KMS, read /);
      const again = entriesOf(await invoke(languageModelTools.listGrants, { key }));
      const known = again.find(({ GrantId }) => GrantId === grantId);
      assert.match(JSON.stringify(known?.['evidence']), /"title":"Key last used"/);
      assert.deepEqual(revoked(), []);
    });

    it('explains an error of KMS by its text and the key, to a model and in a document, and changes nothing', async () => {
      const key = await child(await connectionRow(), 'orders-db');
      assert.ok(key.kind === 'key');
      const { arn } = key.key;
      const who = `arn:aws:iam::${arn.split(':')[4]}:role/Reader`;
      const text = `AccessDeniedException: User: ${who} is not authorized to perform: kms:Decrypt on resource: ${arn} because no identity-based policy allows the kms:Decrypt action`;
      const answer = await invoke(languageModelTools.explainKmsError, { text });
      assert.match(JSON.stringify(answer), /"action":"kms:Decrypt".*Key state now: Enabled/);
      await vscode.env.clipboard.writeText(text);
      await vscode.commands.executeCommand(commands.explainKmsError);
      const labels = () => vscode.window.tabGroups.all.flatMap((group) => group.tabs.map(({ label }) => label));
      await until('the document is shown', () => labels().some((label) => label.includes('KMS Error')));
      assert.deepEqual(revoked(), []);
    });

    it('revokes only what the user confirms in the very question of the command', async () => {
      const key = 'orders-db';
      const [first] = entriesOf(await invoke(languageModelTools.listGrants, { key })).filter(({ GranteePrincipal }) =>
        String(GranteePrincipal).endsWith('nightly-export'),
      );
      const input = { key, grantId: first?.['GrantId'] };
      takeShown();
      const declined = await invoke(languageModelTools.revokeGrant, input);
      assert.match(JSON.stringify(declined), /"answer":"declined"/);
      assert.equal(takeTroubles()[0]?.message, 'Revoke grant nightly-export on orders-db?');
      assert.deepEqual(revoked(), []);

      answerWith(({ kind }) => (kind === 'warning' ? 'Revoke Grant' : undefined));
      assert.match(JSON.stringify(await invoke(languageModelTools.revokeGrant, input)), /"answer":"accepted"/);
      assert.equal(revoked().length, 1);
    });

    it('in read-only mode nobody revokes, creates or retires: not the tool, and not a command', async () => {
      const configuration = vscode.workspace.getConfiguration();
      await configuration.update(settings.readOnly, true, vscode.ConfigurationTarget.Global);
      const key = await child(await connectionRow(), 'orders-db');
      const grant = await child(key, 'nightly-export');
      answerWith(({ kind }) => (kind === 'warning' ? 'Revoke Grant' : undefined));
      takeShown();
      for (const id of [commands.revokeGrant, commands.retireGrant]) {
        await vscode.commands.executeCommand(id, grant);
      }
      await vscode.commands.executeCommand(commands.createGrant, key);
      await vscode.commands.executeCommand(commands.showRetirableGrants);
      const shown = takeTroubles();
      assert.equal(shown.length, 4);
      for (const { message } of shown) {
        assert.match(message, /KMS Grants is in read-only mode/);
      }
      assert.ok(grant.kind === 'grant');
      const { key: of, grant: held } = grant;
      const refused = await vscode.lm
        .invokeTool(
          languageModelTools.revokeGrant,
          { input: { key: of.arn, grantId: held.grantId }, toolInvocationToken: undefined },
          new vscode.CancellationTokenSource().token,
        )
        .then(
          ({ content }) => JSON.stringify(content),
          (error: unknown) => String(error),
        );
      assert.match(refused, /read-only mode|not (found|enabled|available)|disabled|Tool/i);
      assert.deepEqual(revoked(), []);
      assert.equal((await row(grant)).context, 'grant.retirable');
    });
  });
}
