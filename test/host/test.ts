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

// The package comes first: packaging looks through every file here, and a VS Code that is installed has many.
const [packaging, endToEnd] = packageAndEndToEnd(() => hostOf('newest'));

const steps: readonly Step[] = [
  packaging,
  ...checks,
  nodeTests('unit', 'Unit', 2),
  nodeTests('contract', 'Contract', 2),
  nodeTests('faults', 'Faults', 2),
  integration(
    (['newest', 'oldest'] as const).map((name) => ({ name, executable: async () => (await hostOf(name)).executable })),
  ),
  endToEnd,
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

/** Steps that run side by side, or one alone. */
function groupsOf(selected: readonly Step[]): readonly (readonly Step[])[] {
  const groups: Step[][] = [];
  for (const step of selected) {
    const last = groups.at(-1);
    if (step.isShort && last?.[0]?.isShort) {
      last.push(step);
    } else {
      groups.push([step]);
    }
  }
  return groups;
}

/** Runs a step and shows it; one that runs beside others is shown when it has ended. */
async function runStep(step: Step): Promise<{ readonly counts: Counts; readonly line: string }> {
  const lines: string[] = [];
  const print = (line: string) => void (step.isShort ? lines.push(line) : console.log(line));
  print(`\n━━ ${step.title}`);
  const start = performance.now();
  const counts = await step.run(options.grep, print).catch((error: unknown) => {
    print(messageOf(error));
    return oneFailed;
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const line = `${counts.failed === 0 ? '✔' : '✖'} ${step.title}: ${tally(counts)} (${seconds} s)`;
  print(line);
  if (lines.length > 0) {
    console.log(lines.join('\n'));
  }
  return { counts, line };
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
  for (const group of groupsOf(selected)) {
    for (const { counts, line } of await Promise.all(group.map(runStep))) {
      total = add(total, counts);
      summary.push(line);
    }
  }
  console.log(`\n━━ What ran\n${summary.join('\n')}\n\n${tally(total)}`);
  process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
}

await main().catch((error: unknown) => {
  console.error(messageOf(error));
  process.exitCode = 1;
});
