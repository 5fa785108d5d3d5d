/**
 * `npm run bench`: prints each budget with what was measured; `--json FILE` writes the same. Ratios of one run, since
 * machines differ.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { createAws } from '../src/aws/index.ts';
import { Inventory } from '../src/core/inventory.ts';
import { createEmulator } from '../src/emulator/emulator.ts';
import { createAccount } from '../src/emulator/sampleData.ts';
import { startServer } from '../src/emulator/server.ts';
import { projectRoot, vsixPath } from '../test/host/project.ts';
import { provision } from '../test/host/provision.ts';
import { installVsix } from '../test/host/server.ts';
import type { Activation } from './activation.ts';

const execute = promisify(execFile);

interface Measurement {
  readonly what: string;
  readonly measured: number;
  readonly unit: string;
  /** The most that it may be; absent where nothing is promised. */
  readonly budget?: number;
  readonly note?: string;
}

const launches = 6;

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { json: { type: 'string' } } });
  const measurements = [...(await sizes()), ...(await activation()), ...(await requests())];
  const rows = measurements.map(({ what, measured, unit, budget, note }) => ({
    what,
    measured: `${round(measured)} ${unit}`,
    budget: budget === undefined ? '' : `≤ ${budget} ${unit}`,
    verdict: budget === undefined ? '' : measured <= budget ? 'ok' : 'OVER',
    note: note ?? '',
  }));
  printTable(rows);
  if (values.json !== undefined) {
    await writeFile(values.json, `${JSON.stringify({ date: new Date().toISOString(), measurements }, undefined, 2)}\n`);
  }
  return measurements.some(({ measured, budget }) => budget !== undefined && measured > budget) ? 1 : 0;
}

/** The package as it ships. */
async function sizes(): Promise<Measurement[]> {
  await execute('npm', ['run', 'package', '--silent'], { cwd: projectRoot });
  const kilobytes = async (path: string) => (await stat(path)).size / 1024;
  return [
    {
      what: 'extension entry bundle',
      measured: await kilobytes(join(projectRoot, 'dist/extension.js')),
      unit: 'KB',
      budget: 120,
    },
    {
      what: 'AWS bundle, loaded with the first connection',
      measured: await kilobytes(join(projectRoot, 'dist/aws.js')),
      unit: 'KB',
    },
    { what: 'VSIX', measured: await kilobytes(vsixPath), unit: 'KB', budget: 450 },
  ];
}

/** Ours beside an empty extension, both installed from their packages, in the same extension host, by turns first. */
async function activation(): Promise<Measurement[]> {
  const host = await provision('newest');
  const folder = await mkdtemp(join(tmpdir(), 'kms-grants-bench-'));
  try {
    const profile = { userData: join(folder, 'user-data'), extensions: join(folder, 'extensions') };
    await installVsix(host, profile, vsixPath);
    await installVsix(host, profile, await packageEmptyExtension(folder, 'empty'));
    const warmUp = await emptyExtension(folder, 'warm-up');
    const results: Activation[] = [];
    for (let launch = 0; launch < launches; launch++) {
      const result = join(folder, `result-${launch}.json`);
      await execute(
        host.executable,
        [
          `--extensionDevelopmentPath=${warmUp}`,
          `--extensionTestsPath=${join(projectRoot, 'out/in-host/activation.cjs')}`,
          `--user-data-dir=${profile.userData}`,
          `--extensions-dir=${profile.extensions}`,
        ],
        { env: { ...process.env, BENCH_RESULT: result, BENCH_FIRST: launch % 2 === 0 ? 'ours' : 'empty' } },
      );
      results.push(JSON.parse(await readFile(result, 'utf8')) as Activation);
    }
    const ours = median(results.map(({ oursMs }) => oursMs));
    const empty = median(results.map(({ emptyMs }) => emptyMs));
    const extra = new Set(results.flatMap(({ loaded }) => loaded).filter((file) => file !== 'dist/extension.js'));
    return [
      {
        what: 'activation, beside an empty extension',
        measured: ours / empty,
        unit: '×',
        budget: 2,
        note: `medians of ${launches} launches: ${round(ours)} ms and ${round(empty)} ms`,
      },
      {
        what: 'bundles that activation loads besides the entry',
        measured: extra.size,
        unit: '',
        budget: 0,
        note: [...extra].join(', '),
      },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function packageEmptyExtension(folder: string, name: string): Promise<string> {
  const path = await emptyExtension(folder, name);
  const vsix = join(folder, `${name}.vsix`);
  const flags = ['--no-dependencies', '--allow-missing-repository', '--skip-license', '--out', vsix];
  await execute(join(projectRoot, 'node_modules/.bin/vsce'), ['package', ...flags], { cwd: path });
  return vsix;
}

async function emptyExtension(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  const manifest = {
    name,
    publisher: 'bench',
    version: '1.0.0',
    engines: { vscode: '^1.103.0' },
    main: './main.js',
    activationEvents: ['onCommand:bench.never'],
  };
  await writeFile(join(path, 'package.json'), JSON.stringify(manifest));
  await writeFile(join(path, 'README.md'), 'Measures what an extension that does nothing costs.\n');
  await writeFile(join(path, 'main.js'), 'exports.activate = () => {};\n');
  return path;
}

/** Over HTTP, with every answer late by the same time, which is then the unit. */
async function requests(): Promise<Measurement[]> {
  const latencyMs = 250;
  const emulator = createEmulator({ data: createAccount({ keys: 20, grantsPerKey: 5 }), latencyMs });
  const server = await startServer(emulator, { port: 0 });
  const folder = await mkdtemp(join(tmpdir(), 'kms-grants-bench-'));
  try {
    process.env['AWS_CONFIG_FILE'] = join(folder, 'config');
    process.env['AWS_SHARED_CREDENTIALS_FILE'] = join(folder, 'credentials');
    await writeFile(
      join(folder, 'config'),
      `[default]\nregion = eu-west-1\nendpoint_url = ${server.url}\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = x\n`,
    );
    const aws = createAws({
      env: process.env,
      log: () => {},
      sample: () => Promise.reject(new Error('not used')),
      mfaCode: async () => undefined,
      mayRunProcesses: () => false,
    });
    const { api, close } = await aws.open({ kind: 'profile', profile: 'default', region: 'eu-west-1' });
    const closed = new AbortController();
    const inventory = new Inventory(api, closed.signal, () => {});
    const start = performance.now();
    const identity = api.callerIdentity(closed.signal);
    const { keys } = await inventory.keys();
    const firstKeys = (performance.now() - start) / latencyMs;
    await identity;
    const customer = keys.filter(({ aliases }) => !aliases.some((alias) => alias.startsWith('alias/aws/')));
    await Promise.all(customer.map(({ arn }) => inventory.grants(arn)));
    const asked = emulator.requests.filter(({ operation }) => operation !== 'DescribeKey').length;
    close();
    return [
      {
        what: 'first keys, after the connection opens',
        measured: firstKeys,
        unit: 'round trips',
        note: `one, and what the client itself takes; ${latencyMs} ms each`,
      },
      { what: 'requests for 20 × 5 fully expanded, besides DescribeKey', measured: asked, unit: '', budget: 24 },
    ];
  } finally {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

function round(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 2 : 0 });
}

function printTable(rows: readonly Readonly<Record<string, string>>[]): void {
  const columns = Object.keys(rows[0] ?? {});
  const widths = columns.map((column) => Math.max(column.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const print = (cells: readonly string[]) =>
    console.log(
      cells
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  print(columns);
  print(widths.map((width) => '─'.repeat(width)));
  for (const row of rows) print(columns.map((column) => row[column] ?? ''));
}

process.exitCode = await main();
