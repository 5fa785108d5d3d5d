import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Environment, type OwnedProcess, run, startOwned } from './process.ts';
import type { Host } from './provision.ts';

export type Settings = Readonly<Record<string, unknown>>;

/** The folders of one VS Code: everything that it remembers between launches. */
export interface Profile {
  readonly userData: string;
  readonly extensions: string;
}

export interface ServerOptions {
  /** For the extension host. */
  readonly env?: Environment;
  /** Makes the page take a payload that names an extension under development and its tests. */
  readonly testDriver?: boolean;
  /** Asks whether a folder is trusted, as VS Code does for a person; by default everything is. */
  readonly workspaceTrust?: boolean;
}

export interface Server {
  /** The page to open, without a trailing slash. */
  readonly origin: string;
  /** `host:port`, as `vscode-remote` URIs name it. */
  readonly authority: string;
  tail(): string;
  stop(): Promise<void>;
}

/** No welcome pages, chat, animations, or anything else that differs between launches or hides what a test looks for. */
const quietSettings: Settings = {
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.tips.enabled': false,
  'workbench.editor.useModal': 'off',
  'workbench.hover.delay': 200,
  'workbench.reduceMotion': 'on',
  'chat.disableAIFeatures': true,
  'extensions.ignoreRecommendations': true,
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'window.commandCenter': false,
  'git.enabled': false,
  'npm.autoDetect': 'off',
  'remote.autoForwardPorts': false,
  'typescript.disableAutomaticTypeAcquisition': true,
};

/** Keeps VS Code from asking the extension marketplace, which tests neither need nor always reach. */
export const noGallery: Environment = { EXTENSIONS_GALLERY: '{"serviceUrl":""}' };

/** The user settings file of a workbench that is quiet but for `settings`. */
export function settingsText(settings: Settings = {}): string {
  return `${JSON.stringify({ ...quietSettings, ...settings }, null, 2)}\n`;
}

/** Writes the user settings of a VS Code that is about to start; `keep` leaves those that a person has changed. */
export async function writeSettings(
  profile: Profile,
  settings: Settings = {},
  existing: 'replace' | 'keep' = 'replace',
): Promise<void> {
  if (existing === 'replace' || !existsSync(settingsFile(profile))) {
    await mkdir(join(profile.userData, 'User'), { recursive: true });
    await writeFile(settingsFile(profile), settingsText(settings));
  }
}

/** Writes the settings of this machine, which in a window on a server are those of machine scope. */
export async function writeMachineSettings(profile: Profile, settings: Settings): Promise<void> {
  await mkdir(join(profile.userData, 'Machine'), { recursive: true });
  await writeFile(join(profile.userData, 'Machine/settings.json'), `${JSON.stringify(settings, null, 2)}\n`);
}

/** The text of the user settings file, as VS Code has left it. */
export async function readSettings(profile: Profile): Promise<string> {
  return await readFile(settingsFile(profile), 'utf8');
}

const settingsFile = (profile: Profile) => join(profile.userData, 'User/settings.json');

/** Installs a packaged extension, over an older or an equal one too. */
export async function installVsix(host: Host, profile: Profile, vsix: string): Promise<void> {
  const output: string[] = [];
  const code = await run(
    host.node,
    [join(host.vscode, 'out/server-main.js'), ...profileFlags(profile), '--install-extension', vsix, '--force'],
    { env: serverEnvironment(), onLine: (line) => output.push(line) },
  );
  if (code !== 0) {
    throw new Error(`VS Code could not install ${vsix}.\n${output.join('\n')}`);
  }
}

/**
 * Starts the VS Code server on 127.0.0.1. A profile keeps its port, because the web workbench keeps the state of
 * extensions in the browser, by origin.
 */
export async function startServer(host: Host, profile: Profile, options: ServerOptions = {}): Promise<Server> {
  await writeSettings(profile, {}, 'keep');
  const portFile = join(profile.userData, 'port');
  const remembered = await readFile(portFile, 'utf8').catch(() => '0');
  const launch = (port: string) => tryStart(host, profile, options, port);
  const { server, port } = await launch(remembered).catch((error: unknown) => {
    if (remembered === '0') {
      throw error;
    }
    console.log(`Port ${remembered} is taken, so VS Code gets another and forgets its window's state.`);
    return launch('0');
  });
  await writeFile(portFile, port);
  const authority = `127.0.0.1:${port}`;
  return { origin: `http://${authority}`, authority, tail: () => server.tail(), stop: () => server.stop() };
}

async function tryStart(
  host: Host,
  profile: Profile,
  { env, testDriver = false, workspaceTrust = false }: ServerOptions,
  port: string,
): Promise<{ server: OwnedProcess; port: string }> {
  const flags = [
    ...['--host', '127.0.0.1', '--port', port, '--without-connection-token'],
    ...['--telemetry-level', 'off'],
    ...(workspaceTrust ? [] : ['--disable-workspace-trust']),
    ...(testDriver ? ['--enable-smoke-test-driver'] : []),
  ];
  const server = await startOwned(
    host.node,
    [join(host.vscode, 'out/server-main.js'), ...profileFlags(profile), ...flags],
    { env: { ...serverEnvironment(), ...env } },
  );
  try {
    const [, actual = port] = await server.line(/Extension host agent listening on (\d+)/, 60_000);
    return { server, port: actual };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

const profileFlags = ({ userData, extensions }: Profile) => [
  '--accept-server-license-terms',
  ...['--user-data-dir', userData],
  ...['--server-data-dir', join(userData, 'server')],
  ...['--extensions-dir', extensions],
];

/** A terminal of VS Code sets variables that would make our server believe it were a part of that VS Code. */
function serverEnvironment(): Environment {
  const leftOut = Object.keys(process.env).filter((name) => /^(VSCODE_|ELECTRON_|NODE_OPTIONS$)/.test(name));
  return Object.fromEntries(leftOut.map((name) => [name, undefined]));
}
