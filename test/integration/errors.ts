import { strict as assert } from 'node:assert';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { commands } from '../../src/manifest.ts';
import type { Fault } from '../aws/faults.ts';
import { canaries, connect, type Running, useConfig } from './aws.ts';
import { child, children, connectionRow, logLines, type Row, row, rowsOf, takeTroubles, until } from './window.ts';

type FaultKind = Fault['fault'];
const error = (code: string, message: string, status = 400): FaultKind => ({ kind: 'error', code, message, status });

/** What KMS answers to ListGrants, and what the row on the key then says. */
const answers: readonly (readonly [FaultKind, title: string, sentence: RegExp])[] = [
  [
    error('NotFoundException', "Key 'arn:aws:kms:eu-west-1:111122223333:key/1' does not exist"),
    'Key not found',
    /KMS didn't find/,
  ],
  [error('NotFoundException', 'Invalid arn us-east-1'), 'Wrong Region', /different Region/],
  [error('InvalidGrantIdException', 'bad'), 'Unknown grant ID', /doesn't recognize this grant ID/],
  [error('InvalidArnException', 'bad'), 'ARN rejected', /rejected an ARN/],
  [error('InvalidMarkerException', 'bad'), 'List changed', /from where it stopped/],
  [error('KMSInvalidStateException', 'bad'), 'Key state', /doesn't allow ListGrants/],
  [error('DependencyTimeoutException', 'bad', 503), 'KMS timed out', /timed out/],
  [error('KMSInternalException', 'bad', 500), 'KMS internal error', /internal error/],
  [error('AccessDeniedException', 'no'), 'Access denied', /denied ListGrants/],
  [error('ThrottlingException', 'Rate exceeded'), 'Too many requests', /more ListGrants requests/],
  [error('LimitExceededException', 'limit'), 'Quota used up', /quota/],
  [error('ValidationException', 'bad'), 'Request rejected', /parameters of ListGrants/],
  [{ kind: 'expiredToken' }, 'Credentials expired', /credentials of profile default have expired/],
  [error('UnrecognizedClientException', 'bad'), 'Region not enabled', /isn't enabled for the account/],
  [error('InvalidSignatureException', 'bad'), 'Signature rejected', /rejected the signature/],
  [{ kind: 'notJson', status: 503 }, 'Unexpected answer', /isn't in the format that KMS uses/],
  [{ kind: 'drop' }, 'Not reachable', /Can't reach/],
];

export function errors(): void {
  describe('Errors, as a user meets them', () => {
    let aws: Running;
    afterEach(() => aws.stop());

    for (const [fault, title, sentence] of answers) {
      const name = fault.kind === 'error' ? `${fault.code} (${fault.message})` : fault.kind;
      it(`${name} is a row that says "${title}", and Retry mends it`, async () => {
        aws = await connect({ keys: 1, grantsPerKey: 1 });
        const key = await child(await connectionRow(), 'orders-db');
        aws.emulator.setFaults([{ operation: 'ListGrants', fault }]);
        const [failure] = await children(key);
        assert.ok(failure);
        const shown = await row(failure);
        assert.equal(shown.label, title);
        assert.match(shown.description, sentence);
        assert.match(shown.context, /showLog/);

        aws.emulator.setFaults([]);
        await vscode.commands.executeCommand(commands.retry, failure);
        const [healed] = await children(await child(await connectionRow(), 'orders-db'));
        assert.equal(healed?.kind, 'grant');
        assert.deepEqual(takeTroubles(), [], 'a row, not a pop-up');
      });
    }

    it('a computer without a network, and a server that never answers, leave a row with Retry', async () => {
      aws = await connect({ keys: 1 });
      const folder = await mkdtemp(join(tmpdir(), 'kms-grants-'));
      await useConfig(folder, '[default]\nregion = eu-west-1\nendpoint_url = http://127.0.0.1:1\ncredentials\n');
      let failure: Row | undefined;
      await until('it is said that it is not reachable', async () => {
        [failure] = await rowsOf(await connectionRow());
        return failure?.label === 'Not reachable';
      });
      assert.match(failure?.context ?? '', /^message\.retry/);
    });

    it('credentials that are missing, and a sign-in that has expired, say what to do', async () => {
      aws = await connect({ keys: 1 });
      const folder = await mkdtemp(join(tmpdir(), 'kms-grants-'));
      await useConfig(folder, '[default]\nregion = eu-west-1\n');
      const firstLabel = async () => (await rowsOf(await connectionRow()))[0]?.label;
      await until('it is said that there are none', async () => (await firstLabel()) === 'No credentials');

      await useConfig(
        folder,
        '[default]\nregion = eu-west-1\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Dev\n[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://example.awsapps.com/start\n',
      );
      await until('it is said that it has expired', async () => (await firstLabel()) === 'Sign-in needed');
      const [expired] = await rowsOf(await connectionRow());
      assert.match(
        expired?.description ?? '',
        /^Profile default is waiting for you to sign in\. Its sign-in session is missing or has expired/,
      );
      assert.equal(expired?.context, 'message.signIn.selectProfile.showLog');
      assert.equal((await row(await connectionRow())).icon, 'sign-in');
    });

    it('a failed command says what happened and offers what helps', async () => {
      aws = await connect({ keys: 1, grantsPerKey: 1 });
      const [grant] = await children(await child(await connectionRow(), 'orders-db'));
      aws.emulator.setFaults([{ operation: 'ListGrants', fault: error('KMSInternalException', 'bad', 500) }]);
      await vscode.commands.executeCommand(commands.revokeGrant, grant);
      const [shown, ...others] = takeTroubles();
      assert.deepEqual(others, []);
      assert.equal(shown?.kind, 'error');
      assert.equal(shown?.message, 'KMS had an internal error. This is usually temporary. Retry in a moment.');
      assert.deepEqual(shown?.buttons, ['Retry', 'Show Log']);
    });

    it('the log names operation, duration, attempts and request, and never a credential', async () => {
      aws = await connect({ keys: 1, grantsPerKey: 1 });
      await children(await child(await connectionRow(), 'orders-db'));
      const lines = logLines();
      assert.ok(
        lines.some((line) =>
          /^debug profile\/default\/eu-west-1 ListGrants ok \d+ ms, attempts 1, request [\w-]{8,}/.test(line),
        ),
        lines.at(-1),
      );
      assert.ok(lines.some((line) => /^warn .*ListGrants accessDenied \(AccessDeniedException\)/.test(line)));
      for (const [name, canary] of Object.entries(canaries)) {
        assert.ok(!lines.some((line) => line.includes(canary)), `${name} is in the log`);
      }
    });
  });
}
