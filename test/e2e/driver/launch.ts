import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { openBrowser } from '../../host/browser.ts';
import type { Environment } from '../../host/process.ts';
import { testFolder, vsixPath } from '../../host/project.ts';
import { type HostName, provision } from '../../host/provision.ts';
import {
  installVsix,
  noGallery,
  type Profile,
  type Settings,
  startServer,
  writeMachineSettings,
  writeSettings,
} from '../../host/server.ts';
import { type AwsConfig, writeAwsFiles } from './awsFiles.ts';
import { patience } from './eventually.ts';
import { themes } from './themes.ts';
import { Workbench } from './workbench.ts';

export interface LaunchOptions {
  /** The packaged extension to install; by default the one that `npm run package` writes. */
  readonly vsix?: string;
  /** The AWS config file. No other AWS setting is seen. */
  readonly awsConfig?: AwsConfig;
  readonly settings?: Settings;
  /** Those of machine scope. */
  readonly machineSettings?: Settings;
  readonly env?: Environment;
  readonly host?: HostName;
  /** A folder to open, which is then not trusted until the test says so. */
  readonly folder?: string;
  /** Device pixels per CSS pixel; 2 makes pictures sharp. */
  readonly scale?: number;
}

/** What `setSettings` inserts into an editor must stay as it is. The window's title is for pictures. */
const driverSettings: Settings = {
  'editor.autoIndent': 'none',
  'editor.autoClosingBrackets': 'never',
  'editor.autoClosingQuotes': 'never',
  'editor.autoSurround': 'never',
  'window.title': 'KMS Grants for AWS',
};

/** Starts VS Code with the packaged extension in a profile of its own, and opens its window. */
export async function launch(options: LaunchOptions = {}): Promise<Workbench> {
  const host = await provision(options.host ?? 'newest');
  await mkdir(testFolder, { recursive: true });
  const folder = await mkdtemp(join(testFolder, 'e2e-'));
  const profile: Profile = { userData: join(folder, 'user-data'), extensions: join(folder, 'extensions') };
  const cleanUp: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true, maxRetries: 5 })];
  const close = async () => {
    for (const undo of cleanUp.splice(0).reverse()) {
      await undo();
    }
  };
  try {
    const settings = { 'workbench.colorTheme': themes.light[host.name], ...driverSettings, ...options.settings };
    await writeSettings(profile, settings);
    await writeMachineSettings(profile, options.machineSettings ?? {});
    await installVsix(host, profile, options.vsix ?? vsixPath);
    const server = await startServer(host, profile, {
      env: { ...(await writeAwsFiles(folder, options.awsConfig ?? {})), ...noGallery, ...options.env },
      workspaceTrust: options.folder !== undefined,
    });
    cleanUp.push(() => server.stop());
    const context = await openBrowser(host.browser, profile, { scale: options.scale ?? 1 });
    cleanUp.push(() => context.close());
    const page = context.pages()[0] ?? (await context.newPage());
    page.setDefaultTimeout(patience);
    const workbench = new Workbench(page, context, host.name, server, profile, settings, close);
    await page.goto(
      `${server.origin}/?${new URLSearchParams(options.folder ? { folder: options.folder } : { ew: 'true' })}`,
    );
    await workbench.ready();
    return workbench;
  } catch (error) {
    await close();
    throw error;
  }
}

/** Launches, runs the body, and closes; a failure leaves a screenshot behind. */
export async function inWorkbench<T>(
  name: string,
  options: LaunchOptions,
  body: (workbench: Workbench) => Promise<T>,
): Promise<T> {
  const workbench = await launch(options);
  try {
    return await workbench.guard(name, () => body(workbench));
  } finally {
    await workbench.close();
  }
}
