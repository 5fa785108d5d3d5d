import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runTests } from '@vscode/test-electron';
import { startEmulator } from '../emulator.ts';
import { messageOf, projectRoot, testFolder } from '../project.ts';
import { type Profile, writeSettings } from '../server.ts';
import { add, type Counts, oneFailed, type Step } from './step.ts';

/** What the integration tests write, by the path in KMS_GRANTS_RESULTS. */
interface Results extends Counts {
  readonly failures: readonly { readonly title: string; readonly message: string }[];
}

/** A VS Code to run the integration tests in. */
export interface Target {
  readonly name: string;
  /** Resolves to a program that takes VS Code's arguments. */
  executable(): Promise<string>;
}

/** The integration tests in each of these, side by side, in two launches each: most of their time is waiting. */
export function integration(targets: readonly Target[]): Step {
  return {
    name: 'integration',
    title: `Integration, ${targets.map(({ name }) => name).join(' and ')} VS Code`,
    run: async (grep) => {
      const counts = await Promise.all(targets.map((target) => runIn(target, grep)));
      return counts.reduce(add);
    },
  };
}

async function runIn(target: Target, grep: string | undefined): Promise<Counts> {
  const executable = await target.executable();
  const folder = join(testFolder, `integration-${target.name}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const common: Launch = {
    name: target.name,
    executable,
    folder,
    env: grep === undefined ? {} : { KMS_GRANTS_GREP: grep },
  };
  const counts = await Promise.all([phase(common, 'main'), inFolderAndReload(common)]);
  return counts.reduce(add);
}

async function inFolderAndReload(common: Launch): Promise<Counts> {
  const inFolder = await phase(common, 'inFolder');
  // One KMS for both windows; slow enough for the second to find what the first began.
  const emulator = await startEmulator(['--propagation-ms', '30000']);
  try {
    const launch = { ...common, env: { ...common.env, KMS_GRANTS_EMULATOR_URL: emulator.url } };
    const before = await phase(launch, 'beforeReload');
    const after = await phase(launch, 'afterReload');
    return [before, after].reduce(add, inFolder);
  } finally {
    await emulator.stop();
  }
}

interface Launch {
  readonly name: string;
  readonly executable: string;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

/** One launch of VS Code. `beforeReload` and `afterReload` share their user data, as two windows of a person do. */
async function phase(
  { name, executable, folder, env }: Launch,
  phaseName: 'main' | 'inFolder' | 'beforeReload' | 'afterReload',
): Promise<Counts> {
  console.log(`${name}: ${phaseName}`);
  const profileFolder = join(folder, phaseName.endsWith('Reload') ? 'reload' : phaseName);
  const profile: Profile = {
    userData: join(profileFolder, 'user-data'),
    extensions: join(profileFolder, 'extensions'),
  };
  await writeSettings(profile, {}, 'keep');
  const workspace = join(profileFolder, 'workspace');
  await mkdir(workspace, { recursive: true });
  const awsConfig = join(folder, 'aws-config');
  await writeFile(awsConfig, '', { flag: 'a' });
  const resultsPath = join(folder, `${phaseName}.json`);
  const problem = await runTests({
    vscodeExecutablePath: executable,
    extensionDevelopmentPath: projectRoot,
    extensionTestsPath: join(projectRoot, 'out/in-host/integration.cjs'),
    launchArgs: [
      `--user-data-dir=${profile.userData}`,
      `--extensions-dir=${profile.extensions}`,
      ...(phaseName === 'inFolder' ? [workspace] : []),
    ],
    extensionTestsEnv: {
      ...env,
      AWS_CONFIG_FILE: awsConfig,
      AWS_SHARED_CREDENTIALS_FILE: awsConfig,
      AWS_EC2_METADATA_DISABLED: 'true',
      KMS_GRANTS_PHASE: phaseName,
      KMS_GRANTS_HOST: name,
      KMS_GRANTS_RESULTS: resultsPath,
    },
  }).then(() => undefined, messageOf);
  if (!existsSync(resultsPath)) {
    console.log(`${name}: VS Code ended without test results: ${problem ?? 'exit code 0'}.`);
    return oneFailed;
  }
  const { passed, failed, skipped, failures }: Results = JSON.parse(await readFile(resultsPath, 'utf8'));
  for (const { title, message } of failures) {
    console.log(`✖ ${name}: ${title}\n${message}`);
  }
  // Tests that pass in a VS Code that then fails have not passed.
  return { passed, failed: failed === 0 && problem ? 1 : failed, skipped };
}
