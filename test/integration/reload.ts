import { strict as assert } from 'node:assert';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { commands } from '../../src/manifest.ts';
import { useConfig } from './aws.ts';
import { answerWith, child, children, connectionRow, row, takeShown, until } from './window.ts';

const keyName = 'orders-db';
const grantName = 'nightly-export';

/** The KMS that outlives this window. */
async function connectAgain(): Promise<void> {
  const url = process.env['KMS_GRANTS_EMULATOR_URL'];
  assert.ok(url, 'KMS_GRANTS_EMULATOR_URL is not set');
  const folder = await mkdtemp(join(tmpdir(), 'kms-grants-'));
  await useConfig(folder, `[default]\nregion = eu-west-1\nendpoint_url = ${url}\ncredentials\n`);
}

/** The first window: a revoke is under way when it closes. */
export function beforeReload(): void {
  describe('Before the window reloads', () => {
    it('a grant is revoked, and the wait begins', async () => {
      await connectAgain();
      const grant = await child(await child(await connectionRow(), keyName), grantName);
      answerWith(({ kind }) => (kind === 'warning' ? 'Revoke Grant' : undefined));
      await vscode.commands.executeCommand(commands.revokeGrant, grant);
      assert.equal((await row(grant)).context, 'grant.confirming');
    });
  });
}

/** The second window, on the same user data. */
export function afterReload(): void {
  describe('After the window has reloaded', () => {
    it('the wait goes on, and ends when KMS no longer lists the grant', async () => {
      await connectAgain();
      const key = await child(await connectionRow(), keyName);
      const contexts = async () => Promise.all((await children(key)).map(async (node) => (await row(node)).context));
      await until('the row is being followed again', async () => (await contexts()).includes('grant.confirming'));
      await until(
        'KMS no longer lists it',
        () => takeShown().some(({ message }) => message.startsWith(`Grant ${grantName} on ${keyName} is revoked`)),
        90_000,
      );
      assert.ok(!(await contexts()).includes('grant.confirming'));
    });
  });
}
