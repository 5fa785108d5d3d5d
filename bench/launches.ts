import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { createAccount } from '../src/emulator/sampleData.ts';
import { projectRoot, vsixPath } from '../test/host/project.ts';
import { provision } from '../test/host/provision.ts';
import { installVsix } from '../test/host/server.ts';
import { temporaryFolder } from '../test/temporaryFolder.ts';
import type { Activation } from './activation.ts';
import type { FirstRows, FirstRowsOfBoth } from './firstRow.ts';
import { type Measurement, rounded } from './measurement.ts';
import { withServer } from './server.ts';

const execute = promisify(execFile);

const launches = 8;

/** More, since a few milliseconds are compared. A multiple of the three that take turns. */
const activations = 18;

/**
 * Ours beside an empty extension, and beside one that registers the same views, commands and tools and has no other code:
 * all installed from their packages, in the same extension host, by turns first.
 */
export async function measureActivation(): Promise<Measurement[]> {
  const host = await provision('newest');
  await using temporary = await temporaryFolder('bench');
  const folder = temporary.path;
  const profile = { userData: join(folder, 'user-data'), extensions: join(folder, 'extensions') };
  await installVsix(host, profile, vsixPath);
  await installVsix(host, profile, await packed(folder, await emptyExtension(folder, 'empty')));
  await installVsix(host, profile, await packed(folder, await bareExtension(folder, 'bare')));
  const warmUp = await emptyExtension(folder, 'warm-up');
  const results: Activation[] = [];
  for (let launch = 0; launch < activations; launch++) {
    const result = join(folder, `result-${launch}.json`);
    await execute(
      host.executable,
      [
        `--extensionDevelopmentPath=${warmUp}`,
        `--extensionTestsPath=${join(projectRoot, 'out/in-host/activation.cjs')}`,
        `--user-data-dir=${profile.userData}`,
        `--extensions-dir=${profile.extensions}`,
      ],
      { env: { ...process.env, BENCH_RESULT: result, BENCH_FIRST: String(launch % 3) } },
    );
    results.push(JSON.parse(await readFile(result, 'utf8')) as Activation);
  }
  // A busy machine only ever makes it slower.
  const fastest = (of: 'emptyMs' | 'bareMs' | 'oursMs') => Math.min(...results.map((result) => result[of]));
  const beside = (other: 'emptyMs' | 'bareMs') => ({
    measured: fastest('oursMs') / fastest(other),
    unit: '×',
    note: `the fastest of ${activations}: ${rounded(fastest('oursMs'))} ms and ${rounded(fastest(other))} ms`,
  });
  const extra = new Set(results.flatMap(({ loaded }) => loaded).filter((file) => file !== 'dist/extension.js'));
  return [
    { what: 'activation, beside an empty extension', ...beside('emptyMs'), budget: 2 },
    { what: 'activation, beside one that registers the same and does nothing', ...beside('bareMs'), budget: 1.3 },
    {
      what: 'bundles that activation loads besides the entry',
      measured: extra.size,
      unit: '',
      budget: 0,
      note: [...extra].join(', '),
    },
  ];
}

const icon = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"/>';

const keys = 20;

/** Our view beside one that has the same rows at hand and asks nobody, in the same window, by turns first. */
export function measureFirstRow(): Promise<Measurement[]> {
  return withServer({ data: createAccount({ keys, grantsPerKey: 0, awsManagedKeys: false }) }, async ({ env }) => {
    const host = await provision('newest');
    await using temporary = await temporaryFolder('bench');
    const folder = temporary.path;
    const profile = { userData: join(folder, 'user-data'), extensions: join(folder, 'extensions') };
    for (const view of ['staticRows', 'warmUpRows']) {
      await installVsix(host, profile, await packed(folder, await staticView(folder, view)));
    }
    const results: FirstRowsOfBoth[] = [];
    for (let launch = 0; launch < launches; launch++) {
      const result = join(folder, `result-${launch}.json`);
      await execute(
        host.executable,
        [
          `--extensionDevelopmentPath=${projectRoot}`,
          `--extensionTestsPath=${join(projectRoot, 'out/in-host/firstRow.cjs')}`,
          `--user-data-dir=${profile.userData}`,
          `--extensions-dir=${profile.extensions}`,
        ],
        {
          env: { ...process.env, ...env, BENCH_RESULT: result, BENCH_FIRST: launch % 2 === 0 ? 'ours' : 'static' },
        },
      );
      results.push(JSON.parse(await readFile(result, 'utf8')) as FirstRowsOfBoth);
    }
    // A busy machine only ever makes it slower.
    const fastest = (of: keyof FirstRowsOfBoth, what: keyof FirstRows) =>
      Math.min(...results.map((both) => both[of][what]));
    const beside = (what: keyof FirstRows) => ({
      measured: fastest('ours', what) / fastest('atHand', what),
      unit: '×',
      note: `the fastest of ${launches}: ${rounded(fastest('ours', what))} ms and ${rounded(fastest('atHand', what))} ms`,
    });
    return [
      { what: 'first row after the view opens, beside a view that asks nobody', ...beside('rowMs'), budget: 1.5 },
      { what: 'first key, read from a server that answers at once, beside the same', ...beside('keyMs') },
    ];
  });
}

/**
 * An extension with a view of one row, expanded, and as many below it as we have keys. Two collapsed views lie below it, as
 * below ours: VS Code draws them, too.
 */
async function staticView(folder: string, id: string): Promise<string> {
  const collapsed = [`${id}Second`, `${id}Third`];
  const contributes = {
    viewsContainers: { activitybar: [{ id: `${id}Container`, title: id, icon: 'icon.svg' }] },
    views: {
      [`${id}Container`]: [{ id, name: id }, ...collapsed.map((name) => ({ id: name, name, visibility: 'collapsed' }))],
    },
  };
  const path = await extensionOf(
    folder,
    id,
    { contributes },
    `
const vscode = require('vscode');
exports.activate = () => {
  const items = Array.from({ length: ${keys} }, (_, index) => new vscode.TreeItem('key ' + index, 1));
  const root = new vscode.TreeItem('connection', 2);
  for (const name of ${JSON.stringify(collapsed)}) {
    vscode.window.createTreeView(name, { treeDataProvider: { getChildren: () => [], getTreeItem: (item) => item } });
  }
  vscode.window.createTreeView('${id}', {
    treeDataProvider: {
      getChildren: (item) => (item === undefined ? [root] : item === root ? items : []),
      getTreeItem: (item) => {
        if ('${id}' === 'staticRows') globalThis.benchStaticRowDrawn(item !== root);
        return item;
      },
    },
  });
};
`,
  );
  await writeFile(join(path, 'icon.svg'), icon);
  return path;
}

async function packed(folder: string, path: string): Promise<string> {
  const name = basename(path);
  const vsix = join(folder, `${name}.vsix`);
  const flags = ['--no-dependencies', '--allow-missing-repository', '--skip-license', '--out', vsix];
  await execute(join(projectRoot, 'node_modules/.bin/vsce'), ['package', ...flags], { cwd: path });
  return vsix;
}

function emptyExtension(folder: string, name: string): Promise<string> {
  return extensionOf(folder, name, { activationEvents: ['onCommand:bench.never'] }, 'exports.activate = () => {};\n');
}

/** An extension that registers as many views, commands and tools as ours, which do nothing. */
async function bareExtension(folder: string, name: string): Promise<string> {
  const { contributes } = JSON.parse(await readFile(join(projectRoot, 'package.json'), 'utf8'));
  const { viewsContainers, views, commands, languageModelTools } = contributes;
  const own = JSON.stringify({ viewsContainers, views, commands, languageModelTools })
    .replaceAll('kmsGrants', name)
    .replaceAll('media/kms-grants.svg', 'icon.svg');
  const main = `
const vscode = require('vscode');
const { views, commands, languageModelTools } = require('./package.json').contributes;
exports.activate = ({ subscriptions }) => {
  for (const { id } of Object.values(views).flat()) {
    const treeDataProvider = { getChildren: () => [], getTreeItem: (item) => item };
    subscriptions.push(vscode.window.createTreeView(id, { treeDataProvider }));
  }
  for (const { command } of commands) {
    subscriptions.push(vscode.commands.registerCommand(command, () => {}));
  }
  for (const { name } of languageModelTools) {
    subscriptions.push(vscode.lm.registerTool(name, { invoke: () => {} }));
  }
};
`;
  const path = await extensionOf(folder, name, { contributes: JSON.parse(own) }, main);
  await writeFile(join(path, 'icon.svg'), icon);
  return path;
}

async function extensionOf(folder: string, name: string, further: object, main: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(path);
  const manifest = {
    name,
    publisher: 'bench',
    version: '1.0.0',
    engines: { vscode: '^1.103.0' },
    main: './main.js',
    ...further,
  };
  await writeFile(join(path, 'package.json'), JSON.stringify(manifest));
  await writeFile(join(path, 'README.md'), 'Measures what an extension that does nothing costs.\n');
  await writeFile(join(path, 'main.js'), main);
  return path;
}
