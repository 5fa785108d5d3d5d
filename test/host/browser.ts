import { join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';
import type { Browser } from './provision.ts';
import type { Profile } from './server.ts';

export interface BrowserOptions {
  /** Device pixels per CSS pixel. */
  readonly scale?: number;
}

/** Opens a headless browser that keeps its state, and so the workbench's, with the VS Code profile. */
export async function openBrowser(
  { executable, env }: Browser,
  profile: Profile,
  { scale = 1 }: BrowserOptions = {},
): Promise<BrowserContext> {
  return await chromium.launchPersistentContext(join(profile.userData, 'browser'), {
    executablePath: executable,
    env: { ...definedEnvironment(), ...env },
    headless: true,
    viewport: { width: 1280, height: 800 },
    deviceScaleFactor: scale,
    permissions: ['clipboard-read', 'clipboard-write'],
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // This machine only, whatever link a test opens.
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    ],
  });
}

function definedEnvironment(): Record<string, string> {
  return Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] != null));
}
