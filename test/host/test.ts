/**
 * All of `npm test`. Options:
 * --only=NAME,…   some steps: lint, types, deadcode, l10n, audit, unit, contract, faults, integration, package, e2e
 * --grep=PATTERN  only tests whose name matches
 * --desktop       only integration, on the desktop VS Code that `@vscode/test-electron` downloads
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { run as runNodeTests } from 'node:test';
import { spec } from 'node:test/reporters';
import { parseArgs } from 'node:util';
import { downloadAndUnzipVSCode, runTests } from '@vscode/test-electron';
import { audit } from './audit.ts';
import { startEmulator } from './emulator.ts';
import { run } from './process.ts';
import { messageOf, projectRoot, testFolder, vsixPath } from './project.ts';
import { type Host, type HostName, provision } from './provision.ts';
import { pythonTools } from './python.ts';
import { type Profile, writeSettings } from './server.ts';

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface Step {
  /** What `--only` takes. */
  readonly name: string;
  readonly title: string;
  run(): Promise<Counts>;
}

/** What the integration tests write, by the path in KMS_GRANTS_RESULTS. */
interface Results extends Counts {
  readonly failures: readonly { readonly title: string; readonly message: string }[];
}

const onePassed: Counts = { passed: 1, failed: 0, skipped: 0 };
const oneFailed: Counts = { passed: 0, failed: 1, skipped: 0 };
const oneSkipped: Counts = { passed: 0, failed: 0, skipped: 1 };

const add = (a: Counts, b: Counts): Counts => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
});

const { values: options } = parseArgs({
  options: { only: { type: 'string' }, grep: { type: 'string' }, desktop: { type: 'boolean', default: false } },
});

/** A check that passes or fails as a whole, by a program of node_modules. */
function check(name: string, title: string, program: string, ...args: readonly string[]): Step {
  return {
    name,
    title,
    run: async () => ((await tool(program, args)) === 0 ? onePassed : oneFailed),
  };
}

const tool = (program: string, args: readonly string[]) =>
  run(join(projectRoot, 'node_modules/.bin', program), args, { cwd: projectRoot });

/** Every string that the source shows is in the bundle that translators get, and no other. */
async function checkL10n(): Promise<Counts> {
  const folder = await mkdtemp(join(tmpdir(), 'kms-grants-l10n-'));
  try {
    if ((await tool('vscode-l10n-dev', ['export', '--outDir', folder, 'src'])) !== 0) {
      return oneFailed;
    }
    const [fresh, kept] = await Promise.all(
      [folder, join(projectRoot, 'l10n')].map((at) => readFile(join(at, 'bundle.l10n.json'), 'utf8').catch(() => '')),
    );
    if (fresh === kept) {
      return onePassed;
    }
    console.log('l10n/bundle.l10n.json is not what the source says: run `npm run l10n`.');
    return oneFailed;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** No known vulnerability in what ships. Not every machine has a registry that knows, so it is skipped even on CI. */
async function checkAudit(): Promise<Counts> {
  const answer = await audit();
  switch (answer.kind) {
    case 'clean':
      return onePassed;
    case 'vulnerable':
      console.log(answer.packages.join('\n'));
      return oneFailed;
    case 'unknown':
      console.log(`Skipped: the registry gave no audit (${answer.reason}).`);
      return oneSkipped;
  }
}

/**
 * The node:test files below out/<folder>. With `secondTry`, what failed is run once more, in new processes, and its
 * second result counts; what passed only then is named, for somebody to look into.
 */
function nodeTests(folder: string, title: string, concurrency: number, secondTry = false): Step {
  return {
    name: folder,
    title,
    run: async () => {
      const root = join(projectRoot, 'out', folder);
      const files = (existsSync(root) ? await readdir(root, { recursive: true }) : [])
        .filter((file) => file.endsWith('.test.mjs'))
        .sort()
        .map((file) => join(root, file));
      if (files.length === 0) {
        console.log(`There are no tests in out/${folder}.`);
        return oneFailed;
      }
      const { counts, failed } = await runFiles(files, concurrency, options.grep);
      if (!secondTry || failed.length === 0) {
        return counts;
      }
      console.log(`\nOnce more: ${failed.join('; ')}`);
      const second = await runFiles(
        files,
        concurrency,
        failed.map((name) => new RegExp(`^${name.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}$`)),
      );
      // What has no name of its own, such as a file that could not be loaded, has no second result either.
      const passed = failed.length === second.counts.passed + second.counts.failed ? second.counts.passed : 0;
      const unstable = failed.filter((name) => !second.failed.includes(name));
      if (passed > 0) {
        console.log(`Passed at the second try only: ${unstable.join('; ')}`);
      }
      return { ...counts, passed: counts.passed + passed, failed: counts.failed - passed };
    },
  };
}

/** Runs test files, and prints their report. */
async function runFiles(
  files: readonly string[],
  concurrency: number,
  testNamePatterns: string | readonly RegExp[] | undefined,
): Promise<{ readonly counts: Counts; readonly failed: readonly string[] }> {
  let counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  const failed: string[] = [];
  const stream = runNodeTests({
    files,
    concurrency,
    ...(testNamePatterns !== undefined && { testNamePatterns }),
  });
  stream.on('test:pass', ({ details, skip, todo }) => {
    if (details.type !== 'suite') {
      const isSkipped = Boolean(skip ?? todo);
      counts = add(counts, isSkipped ? oneSkipped : onePassed);
    }
  });
  stream.on('test:fail', ({ details, name }) => {
    if (details.type !== 'suite') {
      counts = add(counts, oneFailed);
      failed.push(name);
    }
  });
  for await (const text of stream.pipe(new spec())) {
    process.stdout.write(String(text));
  }
  return { counts, failed };
}

/** Where the integration tests run: an executable that takes VS Code's arguments. */
interface Target {
  readonly name: string;
  readonly title: string;
  executable(): Promise<string>;
}

function integration(target: Target): Step {
  return {
    name: 'integration',
    title: `Integration, ${target.title}`,
    run: async () => {
      const executable = await target.executable();
      const folder = join(testFolder, `integration-${target.name}`);
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      const main = await integrationPhase(executable, folder, 'main', {});
      // One KMS for both windows; slow enough for the second to find what the first began.
      const emulator = await startEmulator(['--propagation-ms', '30000']);
      try {
        const env = { KMS_GRANTS_EMULATOR_URL: emulator.url };
        const before = await integrationPhase(executable, folder, 'beforeReload', env);
        const after = await integrationPhase(executable, folder, 'afterReload', env);
        return [before, after].reduce(add, main);
      } finally {
        await emulator.stop();
      }
    },
  };
}

/** One launch of VS Code. `beforeReload` and `afterReload` share their user data, as two windows of a person do. */
async function integrationPhase(
  executable: string,
  folder: string,
  phase: 'main' | 'beforeReload' | 'afterReload',
  env: Readonly<Record<string, string>>,
): Promise<Counts> {
  console.log(`\n  ${phase}`);
  const profileFolder = join(folder, phase === 'main' ? 'main' : 'reload');
  const profile: Profile = {
    userData: join(profileFolder, 'user-data'),
    extensions: join(profileFolder, 'extensions'),
  };
  await writeSettings(profile, {}, 'keep');
  const awsConfig = join(folder, 'aws-config');
  await writeFile(awsConfig, '', { flag: 'a' });
  const resultsPath = join(folder, `${phase}.json`);
  const problem = await runTests({
    vscodeExecutablePath: executable,
    extensionDevelopmentPath: projectRoot,
    extensionTestsPath: join(projectRoot, 'out/in-host/integration.cjs'),
    launchArgs: [`--user-data-dir=${profile.userData}`, `--extensions-dir=${profile.extensions}`],
    extensionTestsEnv: {
      ...env,
      AWS_CONFIG_FILE: awsConfig,
      AWS_SHARED_CREDENTIALS_FILE: awsConfig,
      AWS_EC2_METADATA_DISABLED: 'true',
      KMS_GRANTS_PHASE: phase,
      KMS_GRANTS_RESULTS: resultsPath,
      ...(options.grep && { KMS_GRANTS_GREP: options.grep }),
    },
  }).then(() => undefined, messageOf);
  if (!existsSync(resultsPath)) {
    console.log(`VS Code ended without test results: ${problem ?? 'exit code 0'}.`);
    return oneFailed;
  }
  const { passed, failed, skipped, failures }: Results = JSON.parse(await readFile(resultsPath, 'utf8'));
  for (const { title, message } of failures) {
    console.log(`✖ ${title}\n${message}`);
  }
  // Tests that pass in a VS Code that then fails have not passed.
  return { passed, failed: failed === 0 && problem ? 1 : failed, skipped };
}

const hosts = new Map<HostName, Promise<Host>>();
const targets = (['newest', 'oldest'] as const).map((name): Target => {
  return {
    name,
    title: `${name} VS Code`,
    executable: async () => (await (hosts.get(name) ?? provision(name))).executable,
  };
});
const desktopTargets = ['stable', '1.103.2'].map((version): Target => {
  return {
    name: `desktop-${version}`,
    title: `desktop VS Code ${version}`,
    executable: () => downloadAndUnzipVSCode({ version, cachePath: testFolder }),
  };
});

let isPackaged = false;

const packaging: Step = {
  name: 'package',
  title: 'Package',
  run: async () => {
    await rm(vsixPath, { force: true });
    const code = await run('npm', ['run', 'package', '--silent'], { cwd: projectRoot });
    isPackaged = code === 0 && existsSync(vsixPath);
    return isPackaged ? onePassed : oneFailed;
  },
};

const endToEnd = nodeTests('e2e', 'End to end, newest VS Code', 2, true);

const steps: readonly Step[] = [
  check('lint', 'Format and lint', 'biome', 'ci', '.', ...(process.stdout.isTTY ? [] : ['--colors=off'])),
  check('types', 'Types', 'tsc', '--noEmit'),
  check('deadcode', 'Dead code', 'knip', '--no-progress'),
  { name: 'l10n', title: 'Strings for translators', run: checkL10n },
  { name: 'audit', title: 'Known vulnerabilities', run: checkAudit },
  nodeTests('unit', 'Unit', 2),
  nodeTests('contract', 'Contract', 2),
  nodeTests('faults', 'Faults', 2),
  ...targets.map(integration),
  packaging,
  {
    ...endToEnd,
    run: async () => {
      if (!isPackaged) {
        console.log('There is no package to test.');
        return oneFailed;
      }
      await hosts.get('newest');
      return await endToEnd.run();
    },
  },
];

function selectedSteps(): readonly Step[] {
  if (options.desktop) {
    return desktopTargets.map(integration);
  }
  if (options.only === undefined) {
    return steps;
  }
  const names = new Set(options.only.split(','));
  for (const name of names) {
    if (!steps.some((step) => step.name === name)) {
      throw new Error(
        `There is no step ${name}; there are ${[...new Set(steps.map((step) => step.name))].join(', ')}.`,
      );
    }
  }
  if (names.has('e2e')) {
    names.add('package');
  }
  return steps.filter(({ name }) => names.has(name));
}

/** Installs what the steps need while the checks run: one VS Code after the other, for the sake of slow machines. */
function provisionAhead(selected: readonly Step[]): void {
  const needs = new Set(selected.map(({ name }) => name));
  const names: HostName[] = [];
  if (!options.desktop && (needs.has('integration') || needs.has('e2e'))) {
    names.push('newest');
  }
  if (!options.desktop && needs.has('integration')) {
    names.push('oldest');
  }
  // The tests wait for it, and say what is wrong with it.
  if (needs.has('contract') || needs.has('e2e')) {
    void pythonTools().catch(() => {});
  }
  let previous: Promise<unknown> = Promise.resolve();
  for (const name of names) {
    const host = previous.then(() => provision(name));
    previous = host.catch(() => {});
    hosts.set(name, host);
  }
}

async function main(): Promise<void> {
  // What a developer's shell says about AWS must not decide a test.
  for (const name of Object.keys(process.env).filter((key) => key.startsWith('AWS_'))) {
    delete process.env[name];
  }
  const selected = selectedSteps();
  provisionAhead(selected);
  let total: Counts = { passed: 0, failed: 0, skipped: 0 };
  const summary: string[] = [];
  for (const step of selected) {
    console.log(`\n━━ ${step.title}`);
    const start = performance.now();
    const counts = await step.run().catch((error: unknown) => {
      console.log(messageOf(error));
      return oneFailed;
    });
    total = add(total, counts);
    const line = `${counts.failed === 0 ? '✔' : '✖'} ${step.title}: ${tally(counts)} (${((performance.now() - start) / 1000).toFixed(1)} s)`;
    console.log(line);
    summary.push(line);
  }
  console.log(`\n━━ What ran\n${summary.join('\n')}\n\n${tally(total)}`);
  process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
}

const tally = ({ passed, failed, skipped }: Counts) => `${passed} passed, ${failed} failed, ${skipped} skipped`;

await main().catch((error: unknown) => {
  console.error(messageOf(error));
  process.exitCode = 1;
});
