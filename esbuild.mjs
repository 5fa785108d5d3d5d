// Builds everything that runs: the extension's bundles (dist/), and the tests, the host and the benchmark (out/).
// Options: --only=product|unit|outside|emulator builds just that; --minify; --watch (the product).
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path/posix';
import { build, context } from 'esbuild';
import { thirdPartyLicenses } from './licenses.mjs';
import { separateBundles } from './separateBundles.mjs';
import { splitCommonJs } from './splitCommonJs.mjs';

const flags = new Set(process.argv.slice(2));
const only = process.argv.find((flag) => flag.startsWith('--only='))?.slice('--only='.length);

const product = {
  entryPoints: {
    extension: 'src/extension.ts',
    firstRows: 'src/firstRows.ts',
    product: 'src/product.ts',
    aws: 'src/aws/index.ts',
    commands: 'src/commands/index.ts',
    baseline: 'src/commands/baseline/index.ts',
    grantEvidence: 'src/core/evidence/index.ts',
    pages: 'src/commands/pages/index.ts',
    terraform: 'src/commands/terraform/index.ts',
    emulator: 'src/emulator/index.ts',
  },
  bundle: true,
  outdir: 'dist',
  platform: 'node',
  target: 'node22',
  format: 'cjs',
  external: ['vscode'],
  // require() loads a bundle in a fraction of the time of import(), which parses it once more.
  supported: { 'dynamic-import': false },
  mainFields: ['module', 'main'],
  // VS Code gives extensions its proxy and certificates through these names only.
  alias: { 'node:http': 'http', 'node:https': 'https' },
  plugins: [separateBundles],
  minify: flags.has('--minify'),
  sourcemap: flags.has('--minify') ? false : 'linked',
  legalComments: 'none',
  charset: 'utf8',
  metafile: true,
  logLevel: 'warning',
};

/**
 * What needs the SDK: connections, and their clients for evidence. What both use is in a third file, so that there is one
 * SDK: it has one cache of the files that it reads.
 */
const awsLayer = splitCommonJs({
  ...product,
  entryPoints: { awsClient: 'src/aws/opening.ts', evidence: 'src/aws/evidence.ts' },
  chunkNames: 'awsShared',
  plugins: [],
});

/** Every *.test.ts below a folder of test/, by its path; with / on every system, as esbuild's own paths. */
const testFiles = (folder) =>
  readdirSync(join('test', folder), { recursive: true })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => join('test', folder, file.replaceAll('\\', '/')));

const node = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  packages: 'external',
  outExtension: { '.js': '.mjs' },
  sourcemap: 'linked',
  logLevel: 'warning',
};

const nodeTests = (folder) => ({ ...node, entryPoints: testFiles(folder), outbase: 'test', outdir: 'out' });

/** Views and commands outside of VS Code. */
const outsideTests = {
  ...node,
  entryPoints: [...testFiles('faults'), ...testFiles('soak')],
  outbase: 'test',
  outdir: 'out',
  alias: { vscode: './test/faults/vscode.ts' },
};

const programs = {
  ...node,
  entryPoints: {
    'host/start': 'test/host/start.ts',
    'host/test': 'test/host/test.ts',
    'host/launcher': 'test/host/launcher.ts',
    'bench/bench': 'bench/bench.ts',
    'bench/worker': 'bench/worker.ts',
  },
  outdir: 'out',
};

/** Runs inside the extension host, where require() is the only loader and mocha is resolved from node_modules. */
const inHost = {
  ...node,
  entryPoints: {
    integration: 'test/integration/index.ts',
    activation: 'bench/activation.ts',
    firstRow: 'bench/firstRow.ts',
    sizeInHost: 'bench/sizeInHost.ts',
  },
  outdir: 'out/in-host',
  format: 'cjs',
  external: ['vscode', 'mocha'],
  packages: 'bundle',
  outExtension: { '.js': '.cjs' },
};

const emulator = { ...node, entryPoints: { emulator: 'test/aws/cli.ts' }, outdir: 'out' };

async function buildProduct() {
  rmSync('dist', { recursive: true, force: true });
  const built = [await build(product), await build(awsLayer)];
  const metafile = { outputs: Object.assign({}, ...built.map(({ metafile }) => metafile.outputs)) };
  writeFileSync('dist/metafile.json', JSON.stringify(metafile));
  writeFileSync('dist/THIRD_PARTY_LICENSES.txt', thirdPartyLicenses(metafile));
}

if (flags.has('--watch')) {
  for (const options of [product, awsLayer]) {
    await (await context({ ...options, logLevel: 'info' })).watch();
  }
} else if (only === 'product') {
  await buildProduct();
} else if (only === 'unit') {
  rmSync('out/unit', { recursive: true, force: true });
  for (const options of [nodeTests('unit'), programs]) {
    await build(options);
  }
} else if (only === 'outside') {
  for (const folder of ['out/faults', 'out/soak']) {
    rmSync(folder, { recursive: true, force: true });
  }
  for (const options of [outsideTests, programs]) {
    await build(options);
  }
} else if (only === 'emulator') {
  await build(emulator);
} else {
  await buildProduct();
  rmSync('out', { recursive: true, force: true });
  const tests = ['unit', 'contract', 'e2e'].map(nodeTests);
  for (const options of [...tests, outsideTests, programs, emulator, inHost]) {
    await build(options);
  }
}
