import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Cloud, type CloudOptions, createCloud } from '../aws/cloud.ts';
import { startServer } from '../aws/server.ts';
import { temporaryFolder } from '../temporaryFolder.ts';
import { inWorkbench } from './driver/launch.ts';

const shop = '111122223333';
const bank = '444455556666';
const dev = { accessKeyId: 'AKIADEVDEVDEVDEVDEV1', secretAccessKey: 'canary-dev-secret' };
const ops = { accessKeyId: 'AKIAOPSOPSOPSOPSOPS1', secretAccessKey: 'canary-ops-secret' };
const mfaSerial = `arn:aws:iam::${shop}:mfa/alex`;
const admin = `arn:aws:iam::${shop}:role/Admin`;
const guarded = `arn:aws:iam::${shop}:role/Guarded`;

interface Running extends AsyncDisposable {
  readonly cloud: Cloud;
  readonly url: string;
  /** A folder for this test alone: its home. */
  readonly home: string;
  /** Lines of the AWS config file that point here, for a profile with keys of its own. */
  profile(keys: typeof dev, lines?: Readonly<Record<string, string>>): Readonly<Record<string, string>>;
}

/** Two accounts in three Regions, and all that a sign-in needs. */
async function startCloud(options: Partial<CloudOptions> = {}): Promise<Running> {
  const cloud = createCloud({
    accounts: [
      {
        id: shop,
        regions: {
          'eu-west-1': { seed: 1, keys: 3, grantsPerKey: 5 },
          'us-east-1': { seed: 2, keys: 2, grantsPerKey: 4 },
        },
      },
      {
        id: bank,
        regions: {
          'eu-west-1': { seed: 3, keys: 2, grantsPerKey: 4 },
          'us-west-2': { seed: 4, keys: 2, grantsPerKey: 4 },
        },
        sharedWith: [shop],
      },
    ],
    accessKeys: {
      [dev.accessKeyId]: { secretAccessKey: dev.secretAccessKey, principalArn: `arn:aws:iam::${shop}:user/alex` },
      [ops.accessKeyId]: { secretAccessKey: ops.secretAccessKey, principalArn: `arn:aws:iam::${bank}:user/sam` },
    },
    roles: {
      [admin]: { trusts: [`arn:aws:iam::${shop}:user/*`] },
      [guarded]: { trusts: [`arn:aws:iam::${shop}:user/*`], mfaSerial },
    },
    mfaCodes: { [mfaSerial]: '123456' },
    sso: { roles: { [shop]: ['Developer'] } },
    ...options,
  });
  const server = await startServer(cloud, { port: 0 });
  const folder = await temporaryFolder('home');
  const home = folder.path;
  return {
    cloud,
    url: server.url,
    home,
    profile: (keys, lines = {}) => ({
      region: 'eu-west-1',
      endpoint_url: server.url,
      aws_access_key_id: keys.accessKeyId,
      aws_secret_access_key: keys.secretAccessKey,
      ...lines,
    }),
    [Symbol.asyncDispose]: async () => {
      await server.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

test('two profiles and three Regions are on screen at once; a revoke in one moves nothing in the others', async () => {
  await using aws = await startCloud();
  const awsConfig = { 'profile shop': aws.profile(dev), 'profile bank': aws.profile(ops) };
  const machineSettings = { 'kmsGrants.accountNames': { [shop]: 'Web shop' } };
  await inWorkbench('several connections', { awsConfig, machineSettings, scale: 2 }, async (workbench) => {
    const { tree, quickInput } = workbench;
    await workbench.openView();
    await workbench.setViewWidth(480);
    await workbench.pressWelcome('Add Connection…');
    await quickInput.pick('shop');
    await quickInput.until('Regions', ({ title }) => title === 'Regions of shop');
    await quickInput.type('us-east-1');
    await quickInput.pick('us-east-1');
    await quickInput.type('');
    await quickInput.accept();
    await tree.row(/^shop eu-west-1 · Web shop \(111122223333\)/);
    await tree.row(/^shop us-east-1 · Web shop \(111122223333\)/);
    await workbench.pressTitleAction('Add Connection…');
    await quickInput.pick('bank');
    await quickInput.until('Regions', ({ title }) => title === 'Regions of bank');
    await quickInput.accept();
    await tree.row(/^bank eu-west-1 · 444455556666/);
    await tree.expand(/^shop us-east-1/, 'orders-db');
    await workbench.picture('connections', 'sideBar');
    const others = async () =>
      (await tree.rows()).filter(({ description }) => !/Revok/.test(description)).map(({ label }) => label);
    const before = await others();

    await workbench.pressContextMenu('Revoke Grant…', /^shop us-east-1/, 'orders-db', 'nightly-export');
    const dialog = await workbench.dialog();
    assert.match(dialog.detail, /Region: us-east-1/);
    assert.match(dialog.detail, /Account: Web shop \(111122223333\)/);
    assert.match(dialog.detail, /Profile: shop/);
    await workbench.pressDialog('Revoke Grant');
    await workbench.notification(/^Grant nightly-export/, 60_000);
    await tree.waitGone([/Revoked/]);
    const after = await others();
    assert.equal(after.length, before.length - 1);
    const accepted = (account: string, region: string) =>
      aws.cloud
        .emulator(account, region)
        .requests.filter(({ operation, status }) => operation === 'RevokeGrant' && status === 200).length;
    assert.deepEqual(
      [accepted(shop, 'us-east-1'), accepted(shop, 'eu-west-1'), accepted(bank, 'eu-west-1')],
      [1, 0, 0],
    );

    await workbench.reload();
    await workbench.openView();
    await tree.row(/^bank eu-west-1 · 444455556666/);
    await workbench.pressContextMenu('Remove Connection', /^shop us-east-1/);
    await tree.waitGone([/^shop us-east-1/]);
    await tree.row(/^shop eu-west-1/);
    await workbench.runCommand('AWS KMS: Sort Connections by Name');
    await tree.waitFor('bank to come first', ([first]) => (first?.label === 'bank' ? true : undefined));
  });
});

test('a token that expires midway is renewed without a question, and the wait on a revoke survives it', async () => {
  await using aws = await startCloud();
  const awsConfig = {
    'profile base': aws.profile(dev),
    default: { role_arn: admin, source_profile: 'base', region: 'eu-west-1', endpoint_url: aws.url },
  };
  await inWorkbench('expiry', { awsConfig }, async (workbench) => {
    const { tree } = workbench;
    await workbench.openView();
    await tree.expand('orders-db');
    await workbench.pressContextMenu('Revoke Grant…', 'orders-db', 'nightly-export');
    await workbench.pressDialog('Revoke Grant');
    aws.cloud.expire();
    await workbench.notification(/^Grant nightly-export/, 60_000);
    aws.cloud.expire();
    await tree.expand('payments/card-vault');
    assert.ok((await tree.children('payments/card-vault')).length > 1);
    assert.ok(!(await tree.has(/^(Credentials expired|Sign in)/)));
    const refused = aws.cloud
      .emulator(shop, 'eu-west-1')
      .requests.filter(({ errorCode }) => errorCode === 'ExpiredTokenException');
    assert.ok(refused.length > 0, 'no token expired at all');
  });
});

test('an SSO session that has expired waits for "Sign In", and comes alive when the CLI has written its token', async () => {
  await using aws = await startCloud();
  const startUrl = 'https://example.awsapps.com/start';
  const cache = join(aws.home, '.aws/sso/cache');
  const token = JSON.stringify(aws.cloud.sessions.signInWithSso({ startUrl, region: 'eu-west-1', renewable: true }));
  await mkdir(join(aws.home, 'bin'));
  const cli = join(aws.home, 'bin/aws');
  const file = join(cache, `${createHash('sha1').update('corp').digest('hex')}.json`);
  await writeFile(
    cli,
    `#!/bin/sh\nprintf '%s' "$*" > '${aws.home}/arguments'\nmkdir -p '${cache}'\ncat > '${file}' <<'TOKEN'\n${token}\nTOKEN\nsleep 600\n`,
  );
  await chmod(cli, 0o755);
  const awsConfig = {
    default: {
      sso_session: 'corp',
      sso_account_id: shop,
      sso_role_name: 'Developer',
      region: 'eu-west-1',
      endpoint_url: aws.url,
    },
    'sso-session corp': { sso_region: 'eu-west-1', sso_start_url: startUrl },
  };
  // VS Code takes the PATH of a login shell.
  await writeFile(join(aws.home, '.profile'), `export PATH='${join(aws.home, 'bin')}':"$PATH"\n`);
  const env = { HOME: aws.home, SHELL: '/bin/bash' };
  await inWorkbench('sso', { awsConfig, env, scale: 2 }, async (workbench) => {
    const { tree, page } = workbench;
    await workbench.openView();
    await workbench.setViewWidth(480);
    await tree.row(/^Sign-in needed Profile default is waiting for you to sign in/);
    await page.locator('.statusbar-item', { hasText: 'default needs sign-in' }).waitFor();
    await workbench.picture('sign-in', 'sideBar');
    assert.equal(aws.cloud.requests.length, 0, 'something was sent before anybody signed in');
    await tree.pressInline('Sign In', /^Sign-in needed/);
    await tree.row(/^default eu-west-1 · 111122223333/);
    await tree.row(/^orders-db/);
  });
});

test('without the AWS CLI, "Sign In" says what is missing and where to get it', async () => {
  await using aws = await startCloud();
  const awsConfig = {
    default: {
      sso_session: 'corp',
      sso_account_id: shop,
      sso_role_name: 'Developer',
      region: 'eu-west-1',
      endpoint_url: aws.url,
    },
    'sso-session corp': { sso_region: 'eu-west-1', sso_start_url: 'https://example.awsapps.com/start' },
  };
  await writeFile(join(aws.home, '.profile'), `export PATH='${join(aws.home, 'empty')}'\n`);
  const env = { HOME: aws.home, SHELL: '/bin/bash' };
  await inWorkbench('no cli', { awsConfig, env }, async (workbench) => {
    const { tree } = workbench;
    await workbench.openView();
    await tree.pressInline('Sign In', /^Sign-in needed/);
    await workbench.notification('Signing in needs the AWS CLI, but "aws" wasn\'t found on the PATH');
    assert.deepEqual(await workbench.notificationButtons('Signing in needs the AWS CLI'), ['How to Install']);
    await tree.row(/^Sign-in needed/);
  });
});

test('an MFA code is asked for on "Sign In" only, once for all Regions; a wrong one can be given again', async () => {
  await using aws = await startCloud();
  const awsConfig = {
    'profile base': aws.profile(dev),
    'profile guarded': {
      role_arn: guarded,
      source_profile: 'base',
      mfa_serial: mfaSerial,
      region: 'eu-west-1',
      endpoint_url: aws.url,
    },
  };
  await inWorkbench('mfa', { awsConfig, env: { AWS_PROFILE: 'guarded' } }, async (workbench) => {
    const { tree, quickInput } = workbench;
    await workbench.openView();
    await tree.row(/^Sign-in needed .*MFA/);
    assert.equal(await quickInput.isOpen(), false, 'nobody asked to be asked');
    await tree.pressInline('Sign In', /^Sign-in needed/);
    await quickInput.until('the question', ({ message }) => message.includes(mfaSerial));
    await quickInput.type('999999');
    await quickInput.accept();
    await tree.row(/^MFA code rejected/);
    await tree.pressInline('Sign In', /^MFA code rejected/);
    await quickInput.until('the question again', ({ message }) => message.includes(mfaSerial));
    await quickInput.type('123456');
    await quickInput.accept();
    await tree.row(/^guarded eu-west-1 · 111122223333/);
    await tree.row(/^orders-db/);
    assert.ok(!(await workbench.log()).includes('123456'), 'the code is in the log');
  });
});

test('files that change are followed: another account drops its rows, a removed profile is an error row', async () => {
  await using aws = await startCloud();
  await inWorkbench('files', { awsConfig: { default: aws.profile(dev) } }, async (workbench) => {
    const { tree } = workbench;
    await workbench.openView();
    await tree.expand('orders-db');
    await tree.row(/^default eu-west-1 · 111122223333/);
    await tree.row('platform/ebs');
    await workbench.writeAwsConfig({ default: aws.profile(ops) });
    await tree.row(/^default eu-west-1 · 444455556666/);
    await tree.waitGone(['platform/ebs']);
    await workbench.writeAwsConfig({ 'profile other': aws.profile(dev) });
    await workbench.welcome();
    await workbench.writeAwsConfig({ default: aws.profile(dev) });
    await tree.row(/^default eu-west-1 · 111122223333/);

    await workbench.runCommand('AWS KMS: Select Profile…');
    await workbench.quickInput.pick('default');
    await workbench.writeAwsConfig({ 'profile other': aws.profile(dev) });
    await tree.row('default', /^Profile not found Profile default isn't in /);
    await workbench.screenshot('removed-profile');
  });
});

test('a key of another account and Region is opened by its ARN, kept over a reload, and its grant revoked there', async () => {
  await using aws = await startCloud();
  const emulator = aws.cloud.emulator(bank, 'us-west-2');
  const key = [...emulator.account.keys.values()].find(
    ({ id }) => id === emulator.account.aliases.get('alias/orders-db')?.targetKeyId,
  );
  assert.ok(key);
  emulator.setDenials([{ operation: 'DescribeKey' }]);
  await inWorkbench('other account', { awsConfig: { default: aws.profile(dev) }, scale: 2 }, async (workbench) => {
    const { tree, quickInput } = workbench;
    await workbench.openView();
    await workbench.setViewWidth(480);
    await tree.row(/^default eu-west-1 · 111122223333/);
    await workbench.pressContextMenu('Open Key by ARN…', /^default/);
    await quickInput.type(`arn:aws:kms:us-west-2:${bank}:alias/orders-db`);
    await quickInput.accept();
    await workbench.notification(/^The alias is in account 444455556666 in us-west-2/);
    await workbench.clearNotifications();
    await workbench.pressContextMenu('Open Key by ARN…', /^default/);
    await quickInput.type(key.arn);
    await quickInput.accept();
    await tree.row('Opened by ARN', new RegExp(`^${key.id} 444455556666 · us-west-2`));
    await workbench.reload();
    await workbench.openView();
    await tree.expand('Opened by ARN', new RegExp(`^${key.id}`));
    await tree.row('Opened by ARN', 'nightly-export');
    await workbench.picture('other-account', 'sideBar');
    await workbench.pressContextMenu('Revoke Grant…', 'Opened by ARN', 'nightly-export');
    const dialog = await workbench.dialog();
    assert.match(dialog.detail, /Account: 444455556666/);
    assert.match(dialog.detail, /Region: us-west-2/);
    assert.match(dialog.detail, /account than the key's: 111122223333/);
    await workbench.pressDialog('Revoke Grant');
    await workbench.notification(/^Grant nightly-export/, 60_000);
    await workbench.pressContextMenu('Remove Key from View', 'Opened by ARN', new RegExp(`^${key.id}`));
    await tree.waitGone(['Opened by ARN']);
  });
});

test('in an untrusted workspace no program of a profile runs, and no setting of the workspace counts', async () => {
  await using aws = await startCloud();
  const folder = join(aws.home, 'project');
  await mkdir(join(folder, '.vscode'), { recursive: true });
  const trap = { 'kmsGrants.connections': [{ profile: 'trap', region: 'eu-west-1' }], 'kmsGrants.profile': 'trap' };
  await writeFile(join(folder, '.vscode/settings.json'), JSON.stringify(trap));
  const credentials = { Version: 1, AccessKeyId: dev.accessKeyId, SecretAccessKey: dev.secretAccessKey };
  const program = join(aws.home, 'credentials.sh');
  await writeFile(program, `#!/bin/sh\ntouch '${aws.home}/ran'\necho '${JSON.stringify(credentials)}'\n`);
  await chmod(program, 0o755);
  const { aws_access_key_id: _, aws_secret_access_key: __, ...place } = aws.profile(dev);
  const awsConfig = { default: { ...place, credential_process: program }, 'profile trap': aws.profile(ops) };
  await inWorkbench('untrusted', { awsConfig, folder }, async (workbench) => {
    const { tree } = workbench;
    await workbench.page.locator('.statusbar-item', { hasText: 'Restricted Mode' }).waitFor();
    await workbench.openView();
    await tree.row(/^Sign-in needed Profile default is waiting for you to sign in\. It runs the program/);
    assert.ok(!(await tree.has(/^trap/)));
    await tree.pressInline('Sign In', /^Sign-in needed/);
    await tree.row(/^Workspace not trusted/);
    await workbench.screenshot('untrusted');
    assert.equal(existsSync(join(aws.home, 'ran')), false);
    await tree.select(/^Workspace not trusted/);
    await workbench.page.getByRole('button', { name: 'Trust', exact: true }).first().click();
    await tree.row(/^default eu-west-1 · 111122223333/);
    assert.equal(existsSync(join(aws.home, 'ran')), true);
  });
});
