import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { WireRequest } from '../../src/emulator/wire.ts';
import { createCloud } from '../aws/cloud.ts';
import { startServer } from '../aws/server.ts';
import type { Reply } from '../aws/service.ts';
import { vsixPath } from '../host/project.ts';
import { temporaryFolder } from '../temporaryFolder.ts';
import { eventually } from './driver/eventually.ts';
import { inWorkbench } from './driver/launch.ts';
import type { Workbench } from './driver/workbench.ts';

const account = '111122223333';
const region = 'eu-west-1';
const user = `arn:aws:iam::${account}:user/alex`;
const mfaSerial = `arn:aws:iam::${account}:mfa/alex`;
const guarded = `arn:aws:iam::${account}:role/Guarded`;
const codes = ['481906', '730264'];

/** In the files: keys with a session token, and those of a program. */
const temporary = {
  accessKeyId: 'ASIACANARYTEMPORARY1',
  secretAccessKey: 'canary-temporary-secret-7Lq2',
  sessionToken: 'canary-temporary-token-Zr81+/=',
};
const longTerm = { accessKeyId: 'AKIACANARYLONGTERM01', secretAccessKey: 'canary-long-term-secret-x0Pd' };
const printed = { accessKeyId: 'AKIACANARYPROCESS001', secretAccessKey: 'canary-process-secret-9Wke' };
const babble = 'canary-babble-of-a-program-5Tfa';

/** What is secret, by what it is. Access key IDs are no secrets to AWS, but nothing of ours has a use for them. */
type Canaries = Map<string, string>;

/** A cloud that remembers every secret that it hands out. */
function watched(cloud: ReturnType<typeof createCloud>, canaries: Canaries) {
  return {
    handle: (request: WireRequest): Reply => {
      const reply = cloud.handle(request);
      const body = reply.kind === 'response' ? reply.body : '';
      const members =
        /(?:"|<)(grantToken|secretAccessKey|sessionToken|accessToken|refreshToken)(?:":\s*"|>)([^"<]{8,})/gi;
      for (const [, name = '', value = ''] of body.matchAll(members)) {
        canaries.set(value, name);
      }
      return reply;
    },
  };
}

/** The forms in which a text may be found again. */
function formsOf(secret: string): readonly Buffer[] {
  const base64 = [0, 1, 2].map((offset) => {
    const encoded = Buffer.from(`${'x'.repeat(offset)}${secret}`)
      .toString('base64')
      .replace(/=+$/, '');
    // The characters at the edges also depend on what is around it.
    return encoded.slice(offset === 0 ? 0 : offset + 1, -1);
  });
  const texts = [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), ...base64];
  return [
    ...texts.flatMap((text) => [Buffer.from(text), Buffer.from(text, 'utf16le')]),
    Buffer.from(Buffer.from(secret).toString('hex')),
  ];
}

/** Where any of the secrets is, each with the place. */
function findings(canaries: Canaries, places: ReadonlyMap<string, Buffer>): readonly string[] {
  return [...canaries].flatMap(([secret, name]) => {
    const forms = formsOf(secret);
    return [...places].flatMap(([place, bytes]) =>
      forms.some((form) => bytes.includes(form)) ? [`${name} in ${place}`] : [],
    );
  });
}

async function read(files: readonly string[]): Promise<Map<string, Buffer>> {
  const contents = new Map<string, Buffer>();
  for (const file of files) {
    // The browser deletes files while we read.
    const bytes = await readFile(file).catch(() => undefined);
    if (bytes !== undefined) {
      contents.set(file, bytes);
    }
  }
  return contents;
}

/** Everything, down to what the extension only says when it is asked to say all. */
async function logEverything(workbench: Workbench): Promise<void> {
  await workbench.runCommand('Developer: Set Log Level...');
  await workbench.quickInput.pick(/Trace/);
}

async function isOpen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2_000 });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    for (const event of ['error', 'timeout']) {
      socket.once(event, () => {
        socket.destroy();
        resolve(false);
      });
    }
  });
}

test('no secret is in anything that is written, shown or copied: not in logs, state, history, caches or the package', async () => {
  const canaries: Canaries = new Map<string, string>([
    ...Object.entries({ ...temporary }).map(([name, value]) => [value, `temporary ${name}`] as const),
    ...Object.entries(longTerm).map(([name, value]) => [value, `long-term ${name}`] as const),
    ...Object.entries(printed).map(([name, value]) => [value, `printed ${name}`] as const),
    [babble, 'output of a program'],
  ]);
  const cloud = createCloud({
    accounts: [{ id: account, regions: { [region]: { keys: 3, grantsPerKey: 4 } } }],
    accessKeys: {
      [temporary.accessKeyId]: { ...temporary, principalArn: user },
      [longTerm.accessKeyId]: { ...longTerm, principalArn: user },
      [printed.accessKeyId]: { ...printed, principalArn: user },
    },
    roles: { [guarded]: { trusts: [user], mfaSerial } },
    mfaCodes: { [mfaSerial]: codes[1] ?? '' },
    sso: { roles: { [account]: ['Developer'] } },
  });
  await using server = await startServer(watched(cloud, canaries), { port: 0 });
  await using homeFolder = await temporaryFolder('home');
  const home = homeFolder.path;
  const program = async (name: string, text: string) => {
    const path = join(home, '.aws', name);
    await writeFile(path, `#!/bin/sh\ncat <<'END'\n${text}\nEND\n`);
    await chmod(path, 0o755);
    return path;
  };
  await mkdir(join(home, '.aws/sso/cache'), { recursive: true });
  const startUrl = 'https://example.awsapps.com/start';
  const token = cloud.sessions.signInWithSso({ startUrl, region, renewable: true });
  for (const name of ['accessToken', 'refreshToken', 'clientSecret']) {
    canaries.set(String(token[name]), `SSO ${name}`);
  }
  const cache = join(home, '.aws/sso/cache', `${createHash('sha1').update('corp').digest('hex')}.json`);
  await writeFile(cache, JSON.stringify(token));
  const login = cloud.sessions.signIn(user);
  const { secretAccessKey, sessionToken } = login['accessToken'] as typeof temporary;
  canaries.set(secretAccessKey, 'login secretAccessKey');
  canaries.set(sessionToken, 'login sessionToken');
  canaries.set(String(login['refreshToken']), 'login refreshToken');
  for (const line of String(login['dpopKey']).split('\n')) {
    if (/^[^-]/.test(line)) {
      canaries.set(line, 'login dpopKey');
    }
  }
  await mkdir(join(home, '.aws/login/cache'), { recursive: true });
  const loginCache = join(home, '.aws/login/cache', `${createHash('sha256').update(user).digest('hex')}.json`);
  await writeFile(loginCache, JSON.stringify(login));
  const credentials = join(home, '.aws/credentials');
  const keys = (of: typeof longTerm, sessionToken?: string) =>
    `aws_access_key_id = ${of.accessKeyId}\naws_secret_access_key = ${of.secretAccessKey}\n${sessionToken === undefined ? '' : `aws_session_token = ${sessionToken}\n`}`;
  await writeFile(credentials, `[temporary]\n${keys(temporary, temporary.sessionToken)}[base]\n${keys(longTerm)}`);
  const place = { region, endpoint_url: server.url };
  const awsConfig = {
    'profile temporary': place,
    'profile base': place,
    'profile guarded': { ...place, role_arn: guarded, source_profile: 'base', mfa_serial: mfaSerial },
    'profile sso': { ...place, sso_session: 'corp', sso_account_id: account, sso_role_name: 'Developer' },
    'profile console': { ...place, login_session: user },
    'sso-session corp': { sso_region: region, sso_start_url: startUrl },
    'profile program': {
      ...place,
      credential_process: await program(
        'print',
        JSON.stringify({ Version: 1, AccessKeyId: printed.accessKeyId, SecretAccessKey: printed.secretAccessKey }),
      ),
    },
    'profile babbler': { ...place, credential_process: await program('babble', `{"SecretAccessKey": "${babble}`) },
  };
  const profiles = ['temporary', 'guarded', 'sso', 'console', 'program', 'babbler'];
  const machineSettings = { 'kmsGrants.connections': profiles.map((profile) => ({ profile, region })) };
  const env = { HOME: home, AWS_SHARED_CREDENTIALS_FILE: credentials };
  const emulator = cloud.emulator(account, region);
  await inWorkbench('secrets', { awsConfig, machineSettings, env }, async (workbench) => {
    const { tree, quickInput, page } = workbench;
    await workbench.openView();
    await workbench.openMachineConnections();
    await logEverything(workbench);
    await tree.row(/^temporary eu-west-1 · 111122223333/);
    await tree.row(/^sso eu-west-1 · 111122223333/);
    await tree.row(/^console eu-west-1 · 111122223333/);

    // A sign-in that is cancelled can be begun again. Other rows are drawn while its question is open.
    await tree.pressInline('Sign In', /^guarded/, /^Sign-in needed/);
    await quickInput.until('the question', ({ message }) => message.includes(mfaSerial));
    await tree.row(/^guarded/, /^Signing in…/);
    await quickInput.escape();
    await tree.row(/^guarded/, /^Sign-in needed/);

    // Sign-ins
    for (const code of codes) {
      await tree.pressInline('Sign In', /^guarded/, /^(Sign-in needed|MFA code rejected)/);
      await quickInput.until('the question', ({ message }) => message.includes(mfaSerial));
      await quickInput.type(code);
      await quickInput.accept();
      if (code === codes[0]) {
        await tree.row(/^guarded/, /^MFA code rejected/);
      }
    }
    await tree.row(/^guarded eu-west-1 · 111122223333/);
    await tree.pressInline('Sign In', /^program/, /^Sign-in needed/);
    await tree.row(/^program eu-west-1 · 111122223333/);
    await tree.pressInline('Sign In', /^babbler/, /^Sign-in needed/);
    await tree.row(/^babbler/, /^Credential process failed/);

    // A list, a grant that is created, failures of every kind, a revoke
    await tree.expand(/^temporary/, 'orders-db');
    await workbench.pressContextMenu('Create Grant…', /^temporary/, 'orders-db');
    await quickInput.until('operations', ({ items }) => items.length > 5);
    await quickInput.pick('Decrypt');
    await quickInput.accept();
    await quickInput.until('the grantee', ({ title }) => title.includes('(2/'));
    await quickInput.type(`arn:aws:iam::${account}:role/app/Reader`);
    await quickInput.until('the role', ({ items }) =>
      items.some(({ description }) => description.includes('as entered')),
    );
    await quickInput.accept();
    await quickInput.pick('No retiring principal');
    await quickInput.pick('No encryption context');
    await quickInput.until('the name', ({ placeholder }) => placeholder === 'orders-export');
    await quickInput.type('canary-grant');
    await quickInput.accept();
    await workbench.pressDialog('Create Grant');
    await workbench.notification(/^KMS created grant canary-grant/);
    assert.ok(
      [...canaries.values()].some((name) => /grantToken/i.test(name)),
      'no grant token was given',
    );
    // Only who asks for the token has it, and only where they asked for it.
    await workbench.pressNotification(/^KMS created grant/, 'Copy Grant Token');
    const token = await eventually('the grant token', async () => (await workbench.clipboard()) || undefined);
    assert.match(canaries.get(token) ?? '', /grantToken/i);
    await workbench.pressContextMenu('Copy › Copy Grant ID', /^temporary/, 'canary-grant');
    await eventually('the grant ID', async () => /^[0-9a-f]{64}$/.test(await workbench.clipboard()) || undefined);

    const refuse = (code: string) => ({ kind: 'error', code, message: `No: ${code}`, status: 400 }) as const;
    for (const code of [
      'AccessDeniedException',
      'InvalidSignatureException',
      'ExpiredTokenException',
      'OddException',
    ]) {
      emulator.setFaults([{ operation: 'ListGrants', fault: refuse(code) }]);
      await workbench.pressContextMenu('Refresh', /^temporary/, 'orders-db');
      await tree.row(/^(Access denied|Signature rejected|Credentials expired|Failed)/);
    }
    emulator.setFaults([]);
    emulator.setDenials([{ operation: 'RevokeGrant' }]);
    await workbench.runCommand('AWS KMS: Refresh');
    await tree.row(/^temporary eu-west-1 · 111122223333/);
    await tree.row(/^temporary/, 'nightly-export');
    await workbench.pressContextMenu('Revoke Grant…', /^temporary/, 'nightly-export');
    await workbench.pressDialog('Revoke Grant');
    await workbench.notification(/AWS denied kms:RevokeGrant/);
    emulator.setDenials([]);
    await workbench.pressContextMenu('Revoke Grant…', /^temporary/, 'nightly-export');
    await workbench.pressDialog('Revoke Grant');
    await workbench.notification(/^Grant nightly-export/, 60_000);

    await workbench.killExtensionHost();
    await tree.row(/^temporary eu-west-1 · 111122223333/);
    cloud.rotate(temporary.accessKeyId);
    await workbench.runCommand('AWS KMS: Refresh');
    await tree.row(/^Unknown access key/);
    await workbench.screenshot('secrets');

    // Where it looks is where things are written, or it would find nothing anywhere.
    const written = await read(await workbench.filesWritten());
    const log = [...written].filter(([file]) => /kms-grants\..*\.log$/.test(file)).map(([, bytes]) => String(bytes));
    assert.match(log.join(''), /\[debug\].* CreateGrant ok/);
    assert.match(log.join(''), /RevokeGrant accessDenied/);
    assert.ok(
      [...written.values()].some((bytes) => bytes.includes('canary-grant')),
      'the history is not among the files',
    );
    const homeFiles = (await readdir(home, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => !file.startsWith(join(home, '.aws')));
    const shown = await page.evaluate<string>('document.documentElement.outerHTML');
    const places = new Map([
      ...written,
      ...(await read([...homeFiles, vsixPath])),
      ['the clipboard', Buffer.from(await workbench.clipboard())],
      ['the window', Buffer.from(shown)],
    ]);
    assert.ok(canaries.size > 15, `${canaries.size} secrets`);
    assert.ok(places.size > 50, `${places.size} places`);
    assert.deepEqual(findings(canaries, places), []);
    // Six digits are found by chance in what is not text of ours.
    const ours = new Map(
      [...places].filter(
        ([file]) =>
          /kms-grants|exthost|state\.vscdb|\.jsonl$|clipboard/.test(file) && !/extensions\/|\.vsix$/.test(file),
      ),
    );
    const typed = new Map(codes.map((code) => [code, 'MFA code']));
    assert.deepEqual(findings(typed, ours), []);
    assert.equal(
      await isOpen('127.0.0.2', Number(new URL(page.url()).port)),
      false,
      'VS Code listens on other addresses',
    );
  });
});
