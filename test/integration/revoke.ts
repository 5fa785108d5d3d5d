import { strict as assert } from 'node:assert';
import * as vscode from 'vscode';
import { commands } from '../../src/manifest.ts';
import type { Node } from '../../src/views/shared/nodes.ts';
import { canaries, connect, type Running } from './aws.ts';
import { answerWith, child, children, connectionRow, row, rowsOf, takeShown, takeTroubles, until } from './window.ts';

const revoked = (aws: Running) =>
  aws.emulator.requests.filter(({ operation, errorCode }) => operation === 'RevokeGrant' && errorCode === undefined);

export function revoke(): void {
  describe('Revoke Grant', () => {
    let aws: Running;
    let key: Node;
    let grant: Node;
    beforeEach(async () => {
      aws = await connect({ keys: 3, grantsPerKey: 5 }, { propagation: { minMs: 200, maxMs: 1500 } });
      key = await child(await connectionRow(), 'orders-db');
      grant = await child(key, 'nightly-export');
      takeShown();
    });
    afterEach(async () => {
      answerWith(() => undefined);
      await aws.stop();
    });
    const run = () => vscode.commands.executeCommand(commands.revokeGrant, grant);

    it('asks with everything that identifies the grant, and does nothing when the question is closed', async () => {
      await run();
      const [question, ...others] = takeTroubles();
      assert.deepEqual(others, []);
      assert.equal(question?.kind, 'warning');
      assert.equal(question?.message, 'Revoke grant nightly-export on orders-db?');
      assert.deepEqual(question?.buttons, ['Revoke Grant']);
      assert.ok(grant.kind === 'grant');
      for (const part of [
        'Grantee: arn:aws:iam::111122223333:role/batch/nightly-export (IAM role)',
        'Operations: Decrypt, DescribeKey',
        `Grant ID: ${grant.grant.grantId}`,
        'Key: alias/orders-db',
        `Key ARN: ${grant.key.arn}`,
        'Account: 111122223333',
        'Region: eu-west-1',
        'Profile: default',
        `Custom endpoint: ${aws.url}`,
        "nightly-export won't be able to use the key through this grant.",
        "A revoked grant can't be restored.",
      ]) {
        assert.ok(question?.detail.includes(part), `${part} is not in: ${question?.detail}`);
      }
      assert.deepEqual(revoked(aws), []);
    });

    it('sends no dry run to a custom endpoint', async () => {
      await run();
      assert.ok(aws.emulator.requests.every(({ operation }) => operation !== 'RevokeGrant'));
    });

    it('follows the change on the row, over refreshes, until KMS no longer lists the grant', async () => {
      assert.ok(grant.kind === 'grant');
      const { grantId } = grant.grant;
      answerWith(({ kind }) => (kind === 'warning' ? 'Revoke Grant' : undefined));
      await run();
      assert.deepEqual(
        revoked(aws).map(({ input }) => [input['KeyId'], input['GrantId']]),
        [[grant.key.arn, grantId]],
      );
      const pending = await row(grant);
      assert.equal(pending.icon, 'loading~spin');
      assert.equal(pending.context, 'grant.confirming');
      assert.match(pending.description, /^Revoked, waiting for KMS/);

      await vscode.commands.executeCommand(commands.refreshNode, key);
      const again = (await children(key)).find((node) => node.kind === 'grant' && node.grant.grantId === grantId);
      assert.ok(again, 'the row stays while the wait goes on');
      assert.equal((await row(again)).context, 'grant.confirming');

      takeShown();
      await until(
        'KMS no longer lists it',
        () =>
          takeShown().some(({ message }) =>
            /^Grant nightly-export on orders-db is revoked: KMS stopped listing it after .* s\./.test(message),
          ),
        60_000,
      );
      const left = (await children(key)).map((node) => (node.kind === 'grant' ? node.grant.grantId : ''));
      assert.equal(left.length, 4);
      assert.ok(!left.includes(grantId));
    });

    it('stops waiting on request, says that nothing was confirmed, and checks again on request', async () => {
      answerWith(({ kind }) => (kind === 'warning' ? 'Revoke Grant' : undefined));
      await run();
      await vscode.commands.executeCommand(commands.stopWaiting, grant);
      await until('the wait has ended', async () => (await row(grant)).context === 'grant.unconfirmed');
      assert.equal((await row(grant)).icon, 'warning');
      assert.match((await row(grant)).description, /^Revoked · (still listed|not confirmed)$/);
      takeShown();
      await vscode.commands.executeCommand(commands.checkAgain, grant);
      assert.equal((await row(grant)).context, 'grant.confirming');
      await until(
        'it is gone',
        () => takeShown().some(({ message }) => message.includes('KMS stopped listing')),
        60_000,
      );
    });

    it("wants the key's alias typed where an AWS service holds the grant", async () => {
      grant = await child(key, 'AWSServiceRoleForRDS');
      answerWith(({ kind }) => (kind === 'warning' ? 'Continue…' : kind === 'input' ? 'orders-dbx' : undefined));
      await run();
      assert.deepEqual(revoked(aws), [], 'another text is not enough');
      const [question, input] = takeTroubles();
      assert.deepEqual(question?.buttons, ['Continue…']);
      assert.match(input?.detail ?? '', /Type orders-db to revoke the grant in account 111122223333, eu-west-1/);

      answerWith(({ kind }) => (kind === 'warning' ? 'Continue…' : undefined));
      await run();
      assert.deepEqual(revoked(aws), [], 'Escape is not consent');

      answerWith(({ kind }) => (kind === 'warning' ? 'Continue…' : kind === 'input' ? 'alias/orders-db' : undefined));
      await run();
      assert.equal(revoked(aws).length, 1);
    });

    it('wants it typed where a service acts as a principal that KMS keeps to itself, and names the service', async () => {
      assert.ok(key.kind === 'key');
      const issuer = 'medical-imaging.eu-west-1.amazonaws.com';
      const { account } = aws.emulator;
      account.addGrant({
        id: 'a'.repeat(64),
        keyId: key.key.keyId,
        createdAt: Date.now(),
        granteePrincipal: 'AWS Internal',
        issuingAccount: issuer,
        operations: ['Decrypt'],
      });
      await vscode.commands.executeCommand(commands.refreshNode, key);
      grant = await child(key, 'AWS Internal');
      const shown = await row(grant);
      assert.match(shown.description, /^used by AWS HealthImaging · .*Decrypt/);
      assert.equal(shown.icon, 'server-process');
      answerWith(({ kind }) => (kind === 'warning' ? 'Continue…' : undefined));
      await run();
      const [question, input] = takeTroubles();
      assert.match(question?.detail ?? '', /^AWS HealthImaging won't be able to use the key through this grant\. /);
      assert.match(input?.detail ?? '', /^AWS HealthImaging uses this grant\. Type orders-db to revoke/);
      assert.deepEqual(revoked(aws), []);
    });

    it('wants it typed on an AWS managed key too', async () => {
      const group = await child(await connectionRow(), 'AWS managed keys');
      key = await child(group, 'aws/lambda');
      const [first] = await children(key);
      assert.ok(first);
      grant = first;
      answerWith(({ kind }) => (kind === 'warning' ? 'Continue…' : undefined));
      await run();
      assert.match(takeTroubles()[1]?.detail ?? '', /^This key is managed by AWS\. Type aws\/lambda/);
      assert.deepEqual(revoked(aws), []);
    });

    it('says who lacks what when KMS refuses, and the row is as before', async () => {
      aws.emulator.setDenials([{ operation: 'RevokeGrant' }]);
      answerWith(({ kind }) => (kind === 'warning' ? 'Revoke Grant' : undefined));
      await run();
      const shown = takeShown();
      const error = shown.find(({ kind }) => kind === 'error');
      assert.match(
        error?.message ?? '',
        /^Couldn't revoke grant nightly-export on orders-db\. Nothing changed\. AWS denied kms:RevokeGrant on arn:/,
      );
      assert.deepEqual(error?.buttons, ['Retry', 'Select Profile…', 'Show Log']);
      assert.equal((await row(grant)).context, 'grant.retirable');
    });

    it('says so when the grant is gone already, refreshes the key and asks nothing', async () => {
      assert.ok(grant.kind === 'grant');
      const stored = aws.emulator.account.grantsOf(grant.key.keyId).get(grant.grant.grantId);
      assert.ok(stored);
      aws.emulator.account.removeGrant(stored);
      await run();
      const shown = takeShown();
      assert.ok(shown.every(({ kind }) => kind === 'information'));
      const what = /Nothing to revoke: KMS no longer lists grant nightly-export on orders-db/;
      assert.ok(shown.some(({ message }) => what.test(message)));
      assert.equal((await rowsOf(key)).length, 4);
    });

    it('refuses a row of a connection that was reopened since', async () => {
      await aws.rotate();
      takeShown();
      await run();
      assert.ok(takeShown().some(({ message }) => message === 'Nothing was done, because the connection changed.'));
      assert.deepEqual(revoked(aws), []);
    });

    it('acts on nothing when the connection is replaced while the question is open', async () => {
      answerWith(async ({ kind }) => {
        if (kind !== 'warning') {
          return undefined;
        }
        await aws.rotate();
        return 'Revoke Grant';
      });
      await run();
      assert.ok(takeShown().some(({ message }) => message === 'Nothing was done, because the connection changed.'));
      assert.deepEqual(revoked(aws), []);
    });

    it('stops when the credentials have come to lead to another account than the one that was confirmed', async () => {
      answerWith(({ kind }) => {
        if (kind !== 'warning') {
          return undefined;
        }
        const { accessKeyId, ...secret } = canaries;
        aws.emulator.setSecrets({ [accessKeyId]: { ...secret, principalArn: 'arn:aws:iam::999988887777:user/alex' } });
        return 'Revoke Grant';
      });
      await run();
      const error = takeShown().find(({ kind }) => kind === 'error');
      assert.match(error?.message ?? '', /Profile default now has different credentials/);
      assert.deepEqual(revoked(aws), []);
      assert.equal((await row(grant)).context, 'grant.retirable');
    });

    it('asks KMS by dry run first where that is safe, and says what is missing before any question', async () => {
      await vscode.commands.executeCommand(commands.openSampleData);
      grant = await child(await child(await connectionRow('Sample data'), 'orders-db'), 'nightly-export');
      answerWith(({ kind }) => (kind === 'warning' ? 'Revoke Grant' : undefined));
      await run();
      assert.equal((await row(grant)).context, 'grant.confirming');
      await vscode.commands.executeCommand(commands.stopWaiting, grant);
    });

    it('follows a revoke whose answer was lost, and claims no more than it knows', async () => {
      aws.emulator.setFaults([
        { operation: 'RevokeGrant', stage: 'after', fault: { kind: 'drop' }, times: 1 },
        { operation: 'RevokeGrant', fault: { kind: 'drop' } },
      ]);
      answerWith(({ kind }) => (kind === 'warning' ? 'Revoke Grant' : undefined));
      await run();
      assert.match(
        takeShown().find(({ kind }) => kind === 'error')?.message ?? '',
        /^KMS didn't confirm the request\. Grant \S+ on orders-db may have been revoked\./,
      );
      assert.match((await row(grant)).description, /^Revoke outcome unknown · checking/);
      await until(
        'KMS no longer lists it',
        () => takeShown().some(({ message }) => message.includes('KMS stopped listing')),
        60_000,
      );
    });
  });
}
