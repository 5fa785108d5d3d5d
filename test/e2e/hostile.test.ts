import { strict as assert } from 'node:assert';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { holdsHidden, hostileNames, makeHostile } from '../hostileTexts.ts';
import { temporaryFolder } from '../temporaryFolder.ts';
import { kmsAndLaunch } from './aws.ts';
import { eventually } from './driver/eventually.ts';
import { inWorkbench } from './driver/launch.ts';
import type { Workbench } from './driver/workbench.ts';

const quit = /^\[Quit\]/;

/** How many links and icons stand within what is shown. */
async function marksIn({ page }: Workbench, selector: string): Promise<readonly [links: number, icons: number]> {
  const place = page.locator(selector);
  return [await place.locator('a').count(), await place.locator('.codicon').count()];
}

/** The whole question stands above the whole of what is said about it. */
async function assertInSight({ page }: Workbench): Promise<void> {
  const box = page.locator('.monaco-dialog-box');
  const [question, detail] = await Promise.all([
    box.locator('.dialog-message').boundingBox(),
    box.locator('.dialog-message-detail').boundingBox(),
  ]);
  const text = await box.locator('.dialog-message-text').boundingBox();
  assert.ok(question && detail && text);
  assert.ok(text.height <= question.height + 1, 'the question is cut');
  assert.ok(question.y + question.height <= detail.y + 1, 'the question is covered');
}

test('names of Markdown, links, HTML and bidirectional controls are the text that they are in tree, tooltip and questions', async () => {
  await using running = await kmsAndLaunch({ keys: 8, grantsPerKey: 0 });
  const { kms, launch } = running;
  const { account } = kms.emulator;
  makeHostile(account);
  const [key] = account.keys.values();
  assert.ok(key);
  account.addGrant({
    id: 'c'.repeat(64),
    keyId: key.id,
    createdAt: Date.UTC(2026, 0, 1),
    issuingAccount: account.rootArn,
    operations: ['Decrypt'],
    granteePrincipal: `arn:aws:iam::${account.id}:role/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS`,
  });
  await inWorkbench('hostile', { ...launch, scale: 2 }, async (workbench) => {
    const { tree, quickInput, page } = workbench;
    await workbench.openView();
    await workbench.setViewWidth(520);
    await tree.expand(quit);
    await tree.expand(quit, quit);
    await workbench.screenshot('hostile-tree');
    const rows = await tree.rows();
    for (const { label, description, ariaLabel } of rows) {
      for (const text of [label, description, ariaLabel]) {
        assert.ok(!holdsHidden(text), JSON.stringify(text));
      }
    }
    assert.ok(rows.some(({ label }) => label.includes('\\u{202e}redro')));
    assert.equal(await page.locator('.tree-explorer-viewlet-tree-view .monaco-icon-label .codicon-zap').count(), 0);

    const tooltip = await workbench.tooltip(quit);
    await workbench.screenshot('hostile-tooltip');
    assert.ok(tooltip.includes(hostileNames[0] ?? '-'), tooltip);
    assert.equal(await page.locator('.workbench-hover-container img').count(), 0);
    assert.deepEqual(await marksIn(workbench, '.workbench-hover-container .hover-contents'), [0, 0]);

    await workbench.pressContextMenu('Revoke Grant…', quit, quit);
    const dialog = await workbench.dialog();
    await workbench.screenshot('hostile-dialog');
    assert.ok(
      dialog.message.startsWith('Revoke grant [Quit](command:workbench.action.quit) **bold** '),
      dialog.message,
    );
    await assertInSight(workbench);
    assert.equal(await page.locator('.monaco-dialog-box .dialog-message-container a').count(), 0);
    assert.equal(await page.locator('.monaco-dialog-box img').count(), 0);
    await workbench.escapeDialog();

    await workbench.pressContextMenu('Revoke Grant…', quit, 'AWSServiceRoleForRDS');
    await workbench.pressDialog('Continue…');
    const asked = await quickInput.until('the prompt', ({ message }) => message.includes('Type'));
    await workbench.screenshot('hostile-prompt');
    assert.match(asked.message, /Type \[Quit\]/);
    assert.deepEqual(await marksIn(workbench, '.quick-input-message'), [0, 0]);
    await quickInput.escape();

    await tree.expand(/^long /);
    await workbench.pressContextMenu('Revoke Grant…', /^long /, /^long /);
    const long = await workbench.dialog();
    await workbench.screenshot('hostile-long-dialog');
    // A source ARN, whatever is in it, is the mark of a service.
    assert.ok(long.buttons.includes('Continue…'));
    await assertInSight(workbench);
    await workbench.escapeDialog();

    const fault = { kind: 'error', code: 'OddException', message: hostileNames[0] ?? '', status: 400 } as const;
    kms.emulator.setFaults([{ operation: 'ListGrants', fault }]);
    await workbench.pressContextMenu('Revoke Grant…', quit, quit);
    const shown = await workbench.notification(/^ListGrants failed/);
    await workbench.screenshot('hostile-notification');
    assert.ok(shown.replaceAll('\u200b', '').includes(hostileNames[0] ?? '-'), shown);
    assert.equal(await page.locator('.notification-list-item-message a').count(), 0);
  });
});

test('the terminal that signs in is given a profile by its own name, or none', async () => {
  await using temporary = await temporaryFolder('home');
  const home = temporary.path;
  const cli = join(home, 'bin/aws');
  await mkdir(join(home, 'bin'));
  await writeFile(cli, `#!/bin/sh\nprintf '%s\\0' "$@" >> '${home}/arguments'\nsleep 600\n`);
  await chmod(cli, 0o755);
  await writeFile(join(home, '.profile'), `export PATH='${join(home, 'bin')}':"$PATH"\n`);
  const variable = ['$', '{env:HOME}'].join('');
  const names = [`a ${variable}`, `b "c" 'd' $(id) \`id\` & |; %PATH% $(zap)`];
  const credentials = join(home, 'credentials');
  const section = 'sso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Developer\nregion = eu-west-1\n';
  await writeFile(credentials, names.map((name) => `[${name}]\n${section}`).join(''));
  const awsConfig = {
    'sso-session corp': { sso_region: 'eu-west-1', sso_start_url: 'https://example.awsapps.com/start' },
  };
  const env = { HOME: home, SHELL: '/bin/bash', AWS_SHARED_CREDENTIALS_FILE: credentials };
  const machineSettings = { 'kmsGrants.connections': names.map((profile) => ({ profile, region: 'eu-west-1' })) };
  await inWorkbench('hostile profiles', { awsConfig, env, machineSettings }, async (workbench) => {
    const { tree } = workbench;
    await workbench.openView();
    await workbench.openMachineConnections();
    await tree.pressInline('Sign In', /^a /, /^Sign-in needed/);
    await workbench.notification(/^Can't pass the name of profile a /);
    await tree.pressInline('Sign In', /^b /, /^Sign-in needed/);
    await workbench.page.locator('.terminal-wrapper, .terminal-tab, .terminal-group').first().waitFor();
    await workbench.screenshot('hostile-terminal');
    const given = await eventually('the arguments', async () => {
      const words = (await readFile(join(home, 'arguments'), 'utf8').catch(() => '')).split('\0');
      return words.length >= 5 ? words.slice(0, -1) : undefined;
    });
    // The browser of this VS Code is not on the machine of its server.
    assert.deepEqual(given, ['sso', 'login', '--profile', names[1], '--use-device-code']);
  });
});
