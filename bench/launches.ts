import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot, vsixPath } from '../test/host/project.ts';
import { provision } from '../test/host/provision.ts';
import { installVsix } from '../test/host/server.ts';
import type { Activation } from './activation.ts';
import { type Measurement, rounded } from './measurement.ts';

const execute = promisify(execFile);

const launches = 8;

/** Ours beside an empty extension, both installed from their packages, in the same extension host, by turns first. */
export async function measureActivation(): Promise<Measurement[]> {
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
    // A busy machine only ever makes it slower.
    const ours = Math.min(...results.map(({ oursMs }) => oursMs));
    const empty = Math.min(...results.map(({ emptyMs }) => emptyMs));
    const extra = new Set(results.flatMap(({ loaded }) => loaded).filter((file) => file !== 'dist/extension.js'));
    return [
      {
        what: 'activation, beside an empty extension',
        measured: ours / empty,
        unit: '×',
        budget: 2,
        note: `the fastest of ${launches}: ${rounded(ours)} ms and ${rounded(empty)} ms`,
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
