/**
 * The program that `@vscode/test-electron` starts in place of the desktop VS Code: takes the same arguments, runs the
 * same tests in the same extension host, and ends with their exit code. Its first argument names the host.
 */
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { format } from 'node:util';
import type { BrowserContext, Page } from 'playwright-core';
import { openBrowser } from './browser.ts';
import { messageOf, testFolder } from './project.ts';
import { provision } from './provision.ts';
import { noGallery, type Profile, startServer } from './server.ts';

const timeoutMs = 10 * 60_000;

/** What the workbench itself says on a normal day. It comes mixed with the output of the tests, and unmarked. */
const workbenchChatter =
  /^(\[\w[\w :-]*\] |Creating a socket |Resolv(ing|ed) connection token |Updating additional builtin extensions|Ignoring fetching additional builtin extensions|ChatSessionStore: |Canceled: |Cannot find module '\.\/build\/Release\/)/;

interface Arguments {
  readonly developmentPaths: readonly string[];
  readonly testsPath: string;
  readonly profile: Profile;
  readonly folder: string | undefined;
}

function parseArguments(words: readonly string[]): Arguments {
  const values = (name: string) =>
    words.filter((word) => word.startsWith(`--${name}=`)).map((word) => word.slice(name.length + 3));
  const value = (name: string) => {
    const last = values(name).at(-1);
    if (!last) {
      throw new Error(`The argument --${name}= is missing.`);
    }
    return last;
  };
  return {
    developmentPaths: values('extensionDevelopmentPath'),
    testsPath: value('extensionTestsPath'),
    profile: { userData: value('user-data-dir'), extensions: value('extensions-dir') },
    folder: words.find((word) => word.startsWith('/')),
  };
}

async function main([name, ...words]: readonly string[]): Promise<number> {
  const { developmentPaths, testsPath, profile, folder } = parseArguments(words);
  const host = await provision(name === 'oldest' ? 'oldest' : 'newest');
  const server = await startServer(host, profile, { env: noGallery, testDriver: true });
  let context: BrowserContext | undefined;
  try {
    context = await openBrowser(host.browser, profile);
    const page = context.pages()[0] ?? (await context.newPage());
    const remote = (path: string) => `vscode-remote://${server.authority}${path}`;
    const url = new URL(server.origin);
    url.searchParams.set(folder ? 'folder' : 'ew', folder ?? 'true');
    url.searchParams.set(
      'payload',
      JSON.stringify([
        ...developmentPaths.map((path) => ['extensionDevelopmentPath', remote(path)]),
        ['extensionTestsPath', remote(testsPath)],
        ['skipWelcome', 'true'],
      ]),
    );
    const code = await runInPage(page, url.href, join(profile.userData, 'workbench.log'));
    if (code !== 0) {
      await keepScreenshot(page, host.name);
    }
    // The workbench writes its state some 100 ms after the last change, and nothing says when it has.
    await delay(1000);
    return code;
  } finally {
    await context?.close();
    await server.stop();
  }
}

/** Opens the workbench and resolves to the exit code of the tests in its extension host. */
async function runInPage(page: Page, url: string, logFile: string): Promise<number> {
  const { promise: finished, resolve } = withResolvers<number>();
  const timer = setTimeout(() => {
    console.error(`The tests took more than ${timeoutMs / 60_000} minutes.`);
    resolve(1);
  }, timeoutMs);
  page.on('crash', () => {
    console.error("The browser's page crashed.");
    resolve(1);
  });
  const log = createWriteStream(logFile);
  await page.exposeFunction('codeAutomationLog', (_type: string, words: readonly unknown[]) => {
    const message = format(...words);
    log.write(`${message}\n`);
    if (!workbenchChatter.test(message)) {
      console.log(message);
    }
  });
  await page.exposeFunction('codeAutomationExit', (code: number) => resolve(code));
  await page.goto(url);
  const code = await finished;
  clearTimeout(timer);
  log.end();
  return code;
}

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

async function keepScreenshot(page: Page, host: string): Promise<void> {
  const folder = join(testFolder, 'screenshots');
  await mkdir(folder, { recursive: true });
  const path = join(folder, `integration-${host}.png`);
  await page.screenshot({ path }).catch(() => {});
  console.error(`The window as it was: ${path}`);
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(messageOf(error));
    process.exitCode = 1;
  },
);
