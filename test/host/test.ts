/**
 * All of `npm test`. Options:
 * --only=NAME,…   some steps: lint, types, deadcode, l10n, audit, unit, contract, faults, integration, package, e2e
 * --grep=PATTERN  only tests whose name matches
 * --desktop       only integration, on the desktop VS Code that `@vscode/test-electron` downloads
 */
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { downloadAndUnzipVSCode } from '@vscode/test-electron';
import { messageOf, testFolder } from './project.ts';
import { type Host, type HostName, provision } from './provision.ts';
import { pythonTools } from './python.ts';
import { checks } from './steps/checks.ts';
import { packageAndEndToEnd } from './steps/endToEnd.ts';
import { integration } from './steps/integration.ts';
import { nodeTests } from './steps/nodeTests.ts';
import { add, type Counts, oneFailed, type Step, tally } from './steps/step.ts';

const { values: options } = parseArgs({
  options: { only: { type: 'string' }, grep: { type: 'string' }, desktop: { type: 'boolean', default: false } },
});

const hosts = new Map<HostName, Promise<Host>>();
const hostOf = (name: HostName) => hosts.get(name) ?? provision(name);

const steps: readonly Step[] = [
  ...checks,
  nodeTests('unit', 'Unit', 2),
  nodeTests('contract', 'Contract', 2),
  nodeTests('faults', 'Faults', 2),
  integration(
    (['newest', 'oldest'] as const).map((name) => ({ name, executable: async () => (await hostOf(name)).executable })),
  ),
  ...packageAndEndToEnd(() => hostOf('newest')),
];

const desktopIntegration = integration(
  ['stable', '1.103.2'].map((version) => ({
    name: `desktop-${version}`,
    executable: () => downloadAndUnzipVSCode({ version, cachePath: testFolder }),
  })),
);

function selectedSteps(): readonly Step[] {
  if (options.desktop) {
    return [desktopIntegration];
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
    const counts = await step.run(options.grep).catch((error: unknown) => {
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

await main().catch((error: unknown) => {
  console.error(messageOf(error));
  process.exitCode = 1;
});
