/**
 * All of `npm start`: VS Code in the browser, with the extension, on sample keys. Options:
 * --profile NAME  your own AWS profile instead of the sample
 * --no-open       don't open the browser
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startEmulator } from './emulator.ts';
import { type Environment, run } from './process.ts';
import { messageOf, projectRoot, testFolder, vsixPath } from './project.ts';
import { provision } from './provision.ts';
import { installVsix, type Profile, startServer, writeSettings } from './server.ts';

type CleanUp = (() => Promise<void>)[];

/** A KMS with sample keys on this machine, and an AWS config file whose profile `sample` points at it. */
async function startSample(folder: string, cleanUp: CleanUp): Promise<Environment> {
  const emulator = await startEmulator(['--propagation-ms', '6000-9000']);
  cleanUp.push(() => emulator.stop());
  const config = join(folder, 'aws-config');
  await writeFile(
    config,
    [
      '[profile sample]',
      'region = eu-west-1',
      `endpoint_url = ${emulator.url}`,
      'aws_access_key_id = AKIAIOSFODNN7EXAMPLE',
      'aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      '',
    ].join('\n'),
  );
  console.log(`Sample keys: ${emulator.url}`);
  const inherited = Object.keys(process.env).filter((name) => name.startsWith('AWS_'));
  return {
    ...Object.fromEntries(inherited.map((name) => [name, undefined])),
    AWS_CONFIG_FILE: config,
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'no-credentials'),
    AWS_PROFILE: 'sample',
  };
}

/** Opens the page in the person's browser, where there is one. */
function openPage(url: string): void {
  const [command, ...args] = process.platform === 'darwin' ? ['open', url] : ['xdg-open', url];
  const opener = spawn(command ?? 'xdg-open', args, { stdio: 'ignore', detached: true });
  // The address is printed, so a machine without a browser lacks nothing.
  opener.on('error', () => {});
  opener.unref();
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { profile: { type: 'string' }, 'no-open': { type: 'boolean', default: false } },
  });
  const host = await provision('newest');
  console.log('Packaging the extension …');
  if ((await run('npm', ['run', 'package', '--silent'], { cwd: projectRoot, onLine: () => {} })) !== 0) {
    throw new Error('The extension could not be packaged: `npm run package` says why.');
  }

  // A person's own choices and the sample's are remembered apart.
  const folder = join(testFolder, 'start', values.profile === undefined ? 'sample' : 'own');
  const profile: Profile = { userData: join(folder, 'user-data'), extensions: join(folder, 'extensions') };
  await mkdir(folder, { recursive: true });
  await writeSettings(profile, {}, 'keep');
  await installVsix(host, profile, vsixPath);

  const cleanUp: CleanUp = [];
  const interrupted = Promise.race(['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) => once(process, signal)));
  try {
    const env = values.profile === undefined ? await startSample(folder, cleanUp) : { AWS_PROFILE: values.profile };
    const server = await startServer(host, profile, { env });
    cleanUp.push(() => server.stop());
    const url = `${server.origin}/?ew=true`;
    console.log(`VS Code is ready: ${url}`);
    console.log('Open the KMS Grants icon in the activity bar. Ctrl+C ends it all.');
    if (!values['no-open']) {
      openPage(url);
    }
    await interrupted;
    console.log('Stopping …');
  } finally {
    for (const stop of cleanUp.reverse()) {
      await stop();
    }
  }
}

await main().catch((error: unknown) => {
  console.error(messageOf(error));
  process.exitCode = 1;
});
