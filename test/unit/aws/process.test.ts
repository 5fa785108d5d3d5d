import assert from 'node:assert/strict';
import { once } from 'node:events';
import { access, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { isKind } from '../../../src/core/kms/errors.ts';
import { explain } from '../../../src/core/words/explain.ts';
import { accounts, anasKeys, createCloudWorld, role } from './cloud.ts';
import { countedProgram, javaScript, printing, processOutput } from './programs.ts';
import { never } from './support.ts';

const processProfile = (command: string) => `[profile process]\ncredential_process = ${command}\n`;

/** A command that starts a program in the background, which connects to a server here and then never ends. */
async function lingering(t: TestContext) {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // Without its server the program ends, if nothing else has ended it.
  const sockets: Socket[] = [];
  server.on('connection', (socket) => sockets.push(socket));
  t.after(() => {
    server.close();
    for (const socket of sockets) {
      socket.destroy();
    }
  });
  const connected = once(server, 'connection') as Promise<[Socket]>;
  const { port } = server.address() as AddressInfo;
  return { command: `"${process.execPath}" -e "require('net').connect(${port})" & wait`, connected };
}

/** Resolves when whatever is at the other end has ended. */
async function ended([socket]: [Socket]): Promise<void> {
  socket.on('error', () => undefined).resume();
  await once(socket, 'close');
}

test('a credential process that takes too long is ended with all that it started', { timeout: 30_000 }, async (t) => {
  const { command, connected } = await lingering(t);
  const { open } = await createCloudWorld(t, { config: processProfile(command), aws: { processTimeoutMs: 2_000 } });
  const failure = assert.rejects(
    (await open('process')).api.listKeys(undefined, never),
    (error) => isKind(error, 'processFailed') && /didn't finish within 2 seconds/.test(error.message),
  );
  await ended(await connected);
  await failure;
});

test('a credential process that no call waits for any more is ended with all that it started', {
  timeout: 30_000,
}, async (t) => {
  const { command, connected } = await lingering(t);
  const { open } = await createCloudWorld(t, { config: processProfile(command) });
  const controller = new AbortController();
  const call = (await open('process')).api.listKeys(undefined, controller.signal);
  const aborted = assert.rejects(call, { name: 'AbortError' });
  const connection = await connected;
  controller.abort();
  await aborted;
  await ended(connection);
});

test('of a credential process that a signal ended, the signal is named', async (t) => {
  const { open } = await createCloudWorld(t, { config: processProfile('kill -TERM $$') });
  await assert.rejects((await open('process')).api.listKeys(undefined, never), {
    message: 'It was ended by signal SIGTERM.',
  });
});

test('what a credential process says is shown cleaned and cut, and what it prints is not', async (t) => {
  const { open, home, writeConfig } = await createCloudWorld(t);
  const said = join(home, 'said');
  await writeFile(
    said,
    `first ${'0'.repeat(500)} \x1b[31mred\x1b[0m AKIACANARYCANARY1 wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY the vault is sealed, says /Users/Ana/lib/python3.12/site-packages/vault.py\n`,
  );
  const script =
    "console.log('printed-canary'); process.stderr.write(fs.readFileSync(process.argv[1])); process.exitCode = 3";
  await writeConfig(processProfile(javaScript(script, said)));
  await assert.rejects((await open('process')).api.listKeys(undefined, never), (error) => {
    assert.ok(isKind(error, 'processFailed'));
    assert.match(
      error.message,
      /^It ended with exit code 3\. …[^\n]*red … … the vault is sealed, says \/Users\/Ana\/lib\/python3\.12\/site-packages\/vault\.py$/,
    );
    assert.ok(error.message.length < 400);
    assert.doesNotMatch(error.message, /canary|\p{Cc}|first/iu);
    assert.match(explain(error.details).sentence, /vault is sealed/);
    return true;
  });
});

for (const [what, output] of [
  ['no JSON', 'printed-canary'],
  ['another version', '{"Version": 2, "SecretAccessKey": "printed-canary"}'],
]) {
  test(`a credential process that prints ${what} has failed, and what it printed is not shown`, async (t) => {
    const { open, home, writeConfig } = await createCloudWorld(t);
    await writeFile(join(home, 'output'), output ?? '');
    await writeConfig(processProfile(printing(join(home, 'output'))));
    await assert.rejects(
      (await open('process')).api.listKeys(undefined, never),
      (error) => isKind(error, 'processFailed') && !/canary/.test(error.message),
    );
  });
}

test('a credential process that prints without end is ended', async (t) => {
  const script = "setInterval(() => process.stdout.write('printed-canary '.repeat(10000)), 1)";
  const { open } = await createCloudWorld(t, { config: processProfile(javaScript(script)) });
  await assert.rejects(
    (await open('process')).api.listKeys(undefined, never),
    (error) => isKind(error, 'processFailed') && /too large for credentials/.test(error.message),
  );
});

test('a credential process runs once for all calls, and again when AWS says that its credentials have expired', async (t) => {
  const { open, cloud, home, writeConfig } = await createCloudWorld(t);
  const program = await countedProgram(home);
  const issue = () => program.print(processOutput(cloud.issue(`arn:aws:iam::${accounts.ana}:user/ana`)));
  await issue();
  await writeConfig(processProfile(program.command));
  const { api } = await open('process');
  await Promise.all([api.listKeys(undefined, never), api.callerIdentity(never)]);
  assert.equal(await program.runs(), 1);
  cloud.expire();
  await issue();
  await api.listKeys(undefined, never);
  assert.equal(await program.runs(), 2);
});

test('in an untrusted workspace no credential process is started, wherever in the chain it is', async (t) => {
  let trusted = false;
  const { open, cloud, home, writeConfig, writeCredentials } = await createCloudWorld(t, {
    aws: { mayRunProcesses: () => trusted },
  });
  const marker = join(home, 'ran');
  const marking = javaScript("fs.writeFileSync(process.argv[1], '')", marker);
  await writeConfig(`
${processProfile(`${marking} && exit 1`)}
[profile role]
role_arn = ${role('Admin')}
source_profile = process
[profile keys]
credential_process = ${marking}
[profile both]
${anasKeys}credential_process = ${marking}
`);
  await writeCredentials(`[keys]\n${anasKeys}`);
  for (const profile of ['process', 'role', 'both']) {
    const { api } = await open(profile);
    await assert.rejects(
      api.listKeys(undefined, never),
      (error) => isKind(error, 'untrustedWorkspace') && error.details.profile === profile,
    );
  }
  await assert.rejects(access(marker));
  assert.equal(cloud.requests.length, 0);
  // Keys of the credentials file come before a process, and a process comes before keys of the config file.
  await (await open('keys')).api.listKeys(undefined, never);
  trusted = true;
  await assert.rejects((await open('process')).api.listKeys(undefined, never), (error) =>
    isKind(error, 'processFailed'),
  );
  await access(marker);
});

test('an SSO session may have the name of what stands in for the starter of processes', async (t) => {
  const { open, writeSsoToken } = await createCloudWorld(t, {
    config: `[profile sso]\nsso_session = exec\nsso_account_id = ${accounts.ana}\nsso_role_name = Engineer\n[sso-session exec]\nsso_start_url = https://x.awsapps.com/start\nsso_region = eu-central-1\n`,
  });
  await writeSsoToken('exec');
  await (await open('sso')).api.listKeys(undefined, never);
});

test('a credential process whose command can not be found says so', async (t) => {
  const { open } = await createCloudWorld(t, { config: processProfile('no-such-program') });
  await assert.rejects(
    (await open('process')).api.listKeys(undefined, never),
    (error) => isKind(error, 'processFailed') && /no-such-program/.test(error.message),
  );
});
