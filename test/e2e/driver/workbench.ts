import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { BrowserContext, Locator, Page } from 'playwright-core';
import { openBrowser } from '../../host/browser.ts';
import type { Environment } from '../../host/process.ts';
import { testFolder, vsixPath } from '../../host/project.ts';
import { type HostName, provision } from '../../host/provision.ts';
import {
  installVsix,
  noGallery,
  type Profile,
  readSettings,
  type Server,
  type Settings,
  settingsText,
  startServer,
  writeMachineSettings,
  writeSettings,
} from '../../host/server.ts';

export interface LaunchOptions {
  /** The packaged extension to install; by default the one that `npm run package` writes. */
  readonly vsix?: string;
  /** The AWS config file: section name (`default`, `profile dev`, …) → its lines. No other AWS setting is seen. */
  readonly awsConfig?: Readonly<Record<string, Readonly<Record<string, string>>>>;
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

/** What names a row: its whole label, or a pattern that its label and description, joined by a space, match. */
export type RowName = string | RegExp;

/** A row of the tree as it is drawn. */
export interface Row {
  readonly label: string;
  readonly description: string;
  /** 1 for a root. */
  readonly level: number;
  /** `undefined` for a leaf. */
  readonly expanded: boolean | undefined;
  /** Whether its children are on their way. */
  readonly loading: boolean;
  readonly selected: boolean;
  /** The row that keys act on. */
  readonly focused: boolean;
  /** What a screen reader says. */
  readonly ariaLabel: string;
  /** CSS classes of its icon, such as `codicon-key` or `codicon-modifier-spin`. */
  readonly icon: string;
  /** Its place among the rows that are not hidden in a collapsed one. */
  readonly index: number;
}

export interface Dialog {
  readonly message: string;
  readonly detail: string;
  readonly buttons: readonly string[];
}

export interface QuickPickItem {
  readonly label: string;
  readonly description: string;
  readonly detail: string;
  /** Of a list of which several can be chosen. */
  readonly ticked: boolean;
}

export interface QuickInput {
  readonly title: string;
  readonly placeholder: string;
  /** The prompt of an input box, or what is wrong with its value. */
  readonly message: string;
  readonly value: string;
  readonly items: readonly QuickPickItem[];
}

/** The colour themes that VS Code brings, and the class that the workbench has while one is on. */
const themes = {
  light: { newest: 'Light 2026', oldest: 'Default Light Modern', css: 'vs' },
  dark: { newest: 'Dark 2026', oldest: 'Default Dark Modern', css: 'vs-dark' },
  'high contrast': { newest: 'Default High Contrast', oldest: 'Default High Contrast', css: 'hc-black' },
  'high contrast light': {
    newest: 'Default High Contrast Light',
    oldest: 'Default High Contrast Light',
    css: 'hc-light',
  },
} as const;

/** What `setSettings` inserts into an editor must stay as it is. The window's title is for pictures. */
const driverSettings: Settings = {
  'editor.autoIndent': 'none',
  'editor.autoClosingBrackets': 'never',
  'editor.autoClosingQuotes': 'never',
  'editor.autoSurround': 'never',
  'window.title': 'KMS Grants for AWS',
};

export type Theme = keyof typeof themes;

const patience = 20_000;

/** The part of the DOM that the page functions below read: this program is compiled without the browser's types. */
interface DomElement {
  readonly textContent: string | null;
  readonly className: string;
  readonly clientHeight: number;
  readonly scrollHeight: number;
  getAttribute(name: string): string | null;
  getBoundingClientRect(): { readonly top: number; readonly height: number };
  querySelector(selector: string): DomElement | null;
  querySelectorAll(selector: string): Iterable<DomElement>;
}

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

/** Asks until there is an answer other than `undefined`. `describe` adds to the message what was there instead. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined>,
  { timeoutMs = patience, describe }: { timeoutMs?: number; describe?: () => Promise<string> } = {},
): Promise<T> {
  const end = performance.now() + timeoutMs;
  let lastError: unknown;
  for (;;) {
    try {
      const answer = await probe();
      if (answer !== undefined) {
        return answer;
      }
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() > end) {
      const seen = describe ? ` Instead: ${await describe().catch(String)}` : '';
      throw new Error(`Waited ${timeoutMs / 1000} s for ${what}.${seen}`, { cause: lastError });
    }
    await delay(60);
  }
}

/** The whole window: what a person sees in VS Code, and can press. */
export class Workbench {
  /** The Keys view. */
  readonly tree: Tree;
  readonly grantees: Tree;
  readonly history: Tree;
  readonly quickInput: QuickInputWidget;
  /** For what has no helper here. */
  readonly page: Page;

  constructor(
    page: Page,
    private readonly context: BrowserContext,
    private readonly host: HostName,
    private readonly server: Server,
    private readonly profile: Profile,
    private settings: Settings,
    /** Ends the browser and VS Code, and deletes the profile. */
    readonly close: () => Promise<void>,
  ) {
    this.page = page;
    this.tree = new Tree(page);
    this.grantees = new Tree(page, 'Grantees');
    this.history = new Tree(page, 'History');
    this.quickInput = new QuickInputWidget(page);
  }

  /** Waits until the window is drawn and our view's icon is in the activity bar. */
  async ready(): Promise<void> {
    await this.page.locator('.monaco-workbench').waitFor({ timeout: 60_000 });
    await this.activityBarItem().waitFor({ timeout: 60_000 });
  }

  /** Opens our view from the activity bar; does nothing where it is open. */
  async openView(): Promise<void> {
    await eventually('the KMS Grants view to open', async () => {
      if (await this.tree.root.isVisible()) {
        return true;
      }
      await this.activityBarItem().click();
      await this.tree.root.waitFor({ timeout: 2000 });
      return true;
    });
  }

  /** Drags the edge of the side bar, so that the view is about this wide, in CSS pixels. */
  async setViewWidth(width: number): Promise<void> {
    const box = await this.page.locator('.part.sidebar').boundingBox();
    if (!box) {
      throw new Error('The side bar is closed.');
    }
    const y = box.y + box.height / 2;
    // The sash lies around the edge, past which newer versions leave a gap.
    await this.page.mouse.move(box.x + box.width + 1, y);
    await this.page.mouse.down();
    await this.page.mouse.move(box.x + width + 1, y, { steps: 5 });
    await this.page.mouse.up();
    await this.page.mouse.move(0, 0);
  }

  /** Presses an icon in the view's title. */
  async pressTitleAction(name: string): Promise<void> {
    await this.tree.pressTitleAction(name);
  }

  /** Picks an entry of the `…` menu in the view's title. */
  async pressTitleMenu(item: string): Promise<void> {
    await this.tree.pressTitleAction('More Actions');
    await this.pressMenuItem(item);
  }

  /** Runs a command from the palette by its full title, such as `KMS: Revoke Grant…`. */
  async runCommand(title: string): Promise<void> {
    // Again from the start when something else takes the focus, and so closes the palette, in between.
    await eventually(`the command palette to take ${title}`, async () => {
      await this.openPalette(title);
      await this.quickInput.pick(title, 3000);
      await this.quickInput.waitLeft(`>${title}`);
      return true;
    });
  }

  /** The titles that the palette offers for what is typed. */
  async paletteOffers(text: string): Promise<readonly string[]> {
    // The palette filters a moment after typing; a list that stays the same is the sign that it has.
    let before: string | undefined;
    const offers = await eventually(`the palette to settle on ${text}`, async () => {
      if (before === undefined) {
        await this.openPalette(text);
      }
      const labels = (await this.quickInput.read()).items.map(({ label }) => label);
      const settled = labels.length > 0 && labels.join() === before;
      before = labels.join();
      await delay(settled ? 0 : 300);
      return settled ? labels : undefined;
    });
    await this.quickInput.escape();
    return offers.filter((label) => label.includes(text));
  }

  private async openPalette(text: string): Promise<void> {
    await this.page.keyboard.press('F1');
    await this.quickInput.type(`>${text}`, 3000);
  }

  /** Presses an item of the menu that is open. */
  async pressMenuItem(name: string): Promise<void> {
    const item = this.menuItems(name);
    await item.waitFor();
    // A menu ignores a press that comes right after it opened, as the end of the press that opened it.
    await eventually(`the menu to take ${name}`, async () => {
      if (!(await item.isVisible())) {
        return true;
      }
      await item.click({ timeout: 1000 });
      await item.waitFor({ state: 'hidden', timeout: 500 });
      return true;
    });
  }

  /** The names in the menu that a right click on a row opens; closes it again. */
  async contextMenu(...path: readonly RowName[]): Promise<readonly string[]> {
    await this.openContextMenu(path);
    const names = await this.menuItems().allInnerTexts();
    await this.page.keyboard.press('Escape');
    await this.menuItems().first().waitFor({ state: 'hidden' });
    return names.map((name) => name.trim());
  }

  /** Agrees to the connections that the machine's settings ask for. */
  async openMachineConnections(): Promise<void> {
    await this.pressContextMenu('Open Dev Container Connections', /^Open connections…/);
    await this.pressDialog('Open');
  }

  /** Right-clicks the row at `path` and presses an item of its menu. */
  async pressContextMenu(item: string, ...path: readonly RowName[]): Promise<void> {
    await this.pressContextMenuIn(this.tree, item, ...path);
  }

  /** The same in another view. */
  async pressContextMenuIn(tree: Tree, item: string, ...path: readonly RowName[]): Promise<void> {
    await this.openContextMenu(path, tree, item);
    await this.pressMenuItem(item);
  }

  /** Opens the menu of a row; again while it lacks `item`, as that of a row that is busy does. */
  private async openContextMenu(path: readonly RowName[], tree = this.tree, item?: string): Promise<void> {
    await tree.act(path, async (row) => {
      if (await this.menuItems().first().isVisible()) {
        await this.page.keyboard.press('Escape');
        await this.menuItems().first().waitFor({ state: 'hidden', timeout: 2000 });
      }
      await row.click({ button: 'right', timeout: 2000 });
      await this.menuItems(item).first().waitFor({ timeout: 2000 });
    });
  }

  /** Of the menu that is open; the window's own menu bar has such items too. */
  private menuItems(name?: string): Locator {
    return this.page.locator('.monaco-menu').getByRole('menuitem', name === undefined ? {} : { name, exact: true });
  }

  /** The modal dialog, once there is one. */
  async dialog(): Promise<Dialog> {
    const box = this.page.locator('.monaco-dialog-box');
    await box.waitFor();
    return {
      message: await textOf(box.locator('.dialog-message-text')),
      detail: await textOf(box.locator('.dialog-message-detail')),
      buttons: (await box.locator('.dialog-buttons .monaco-button').allInnerTexts()).map((name) => name.trim()),
    };
  }

  async pressDialog(button: string): Promise<void> {
    const box = this.page.locator('.monaco-dialog-box');
    await box.getByRole('button', { name: button, exact: true }).click();
    await box.waitFor({ state: 'hidden' });
  }

  /** Closes the modal dialog with Escape. */
  async escapeDialog(): Promise<void> {
    const box = this.page.locator('.monaco-dialog-box');
    await box.waitFor();
    await this.page.keyboard.press('Escape');
    await box.waitFor({ state: 'hidden' });
  }

  async hasDialog(): Promise<boolean> {
    return await this.page.locator('.monaco-dialog-box').isVisible();
  }

  /** Waits for a notification whose message has this text, and resolves to the whole message. */
  async notification(message: string | RegExp, timeoutMs = patience): Promise<string> {
    const toast = this.toast(message);
    await eventually(`a notification ${message}`, async () => ((await toast.isVisible()) ? true : undefined), {
      timeoutMs,
      describe: async () => JSON.stringify(await this.notifications()),
    });
    return await textOf(toast.locator('.notification-list-item-message'));
  }

  /** The messages of the notifications on screen. */
  async notifications(): Promise<readonly string[]> {
    return await this.page.locator('.notification-toast .notification-list-item-message').allInnerTexts();
  }

  /** The buttons of a notification. */
  async notificationButtons(message: string | RegExp): Promise<readonly string[]> {
    await this.notification(message);
    const names = await this.toast(message)
      .locator('.notification-list-item-buttons-container .monaco-button')
      .allInnerTexts();
    return names.map((name) => name.trim());
  }

  async pressNotification(message: string | RegExp, button: string): Promise<void> {
    await this.notification(message);
    await this.toast(message).getByRole('button', { name: button, exact: true }).click();
  }

  async clearNotifications(): Promise<void> {
    await this.runCommand('Notifications: Clear All Notifications');
    await this.page.locator('.notification-toast').first().waitFor({ state: 'hidden' });
  }

  private toast(message: string | RegExp): Locator {
    return this.page
      .locator('.notification-toast')
      .filter({ has: this.page.locator('.notification-list-item-message', { hasText: message }) })
      .first();
  }

  /** The visible part of the active text editor. */
  async editor(): Promise<{ readonly title: string; readonly text: string }> {
    const lines = this.page.locator('.part.editor .editor-instance .view-lines').first();
    await lines.waitFor();
    const title = await textOf(this.page.locator('.part.editor .tab.active .label-name').first());
    // Editors draw spaces as no-break spaces.
    const text = await eventually('text in the editor', async () => (await textOf(lines)) || undefined);
    return { title, text: text.replaceAll('\u00a0', ' ') };
  }

  async clipboard(): Promise<string> {
    return await this.page.evaluate<string>('navigator.clipboard.readText()');
  }

  /** The markdown tooltip of a row, as text. */
  async tooltip(...path: readonly RowName[]): Promise<string> {
    const hover = this.page.locator('.workbench-hover-container:visible .monaco-hover').last();
    return await this.tree.act(path, async (row) => {
      await this.page.mouse.move(0, 0);
      await hover.waitFor({ state: 'hidden', timeout: 2000 });
      await row.locator('.monaco-icon-label').first().hover({ timeout: 2000 });
      await hover.waitFor({ timeout: 3000 });
      // A tooltip that is built on demand first says that it is loading.
      const text = await eventually(
        'a tooltip',
        async () => {
          const now = await textOf(hover);
          return now && !/^Loading/.test(now) ? now : undefined;
        },
        { timeoutMs: 5000 },
      );
      if ((await row.count()) === 0) {
        throw new Error('The row moved away while its tooltip was read.');
      }
      return text;
    });
  }

  /** Text of the welcome view, which stands in for an empty tree. */
  async welcome(): Promise<string> {
    const content = this.tree.root.locator('.welcome-view-content');
    await content.waitFor();
    return await textOf(content);
  }

  async pressWelcome(button: string): Promise<void> {
    await this.tree.root.locator('.welcome-view-content').getByRole('button', { name: button, exact: true }).click();
  }

  /**
   * Changes user settings while VS Code runs, in its editor as a person would: the web workbench doesn't notice when
   * another program writes the file.
   */
  async setSettings(settings: Settings): Promise<void> {
    this.settings = { ...this.settings, ...settings };
    const wanted = settingsText(this.settings);
    await this.runCommand('Preferences: Open User Settings (JSON)');
    const lines = this.page.locator('.part.editor .editor-group-container.active .view-lines').first();
    await eventually('the settings to be written', async () => {
      await lines.click({ timeout: 2000 });
      await this.page.keyboard.press('ControlOrMeta+A');
      await this.page.keyboard.insertText(wanted);
      await this.page.keyboard.press('ControlOrMeta+S');
      return await eventually(
        'the settings file to be saved',
        async () => ((await readSettings(this.profile)) === wanted ? true : undefined),
        { timeoutMs: 3000 },
      );
    });
    await this.runCommand('View: Close Editor');
  }

  async setTheme(theme: Theme): Promise<void> {
    await this.setSettings({ 'workbench.colorTheme': themes[theme][this.host] });
    await this.page.locator(`.monaco-workbench.${themes[theme].css}`).waitFor();
  }

  /** Kills the extension host, as a crash does; VS Code starts another. */
  async killExtensionHost(): Promise<void> {
    const running = await extensionHosts();
    for (const pid of running) {
      process.kill(pid, 'SIGKILL');
    }
    await eventually('another extension host', async () => {
      const now = await extensionHosts();
      return now.some((pid) => !running.includes(pid)) || undefined;
    });
  }

  /** Writes the AWS config file anew while VS Code runs. */
  async writeAwsConfig(sections: NonNullable<LaunchOptions['awsConfig']>): Promise<void> {
    await writeAwsFiles(dirname(this.profile.userData), sections);
  }

  /** Reloads the window as VS Code's own command does, and waits until it is back. */
  async reload(): Promise<void> {
    const loaded = this.page.waitForEvent('load', { timeout: 60_000 });
    await this.runCommand('Developer: Reload Window');
    await loaded;
    await this.ready();
  }

  /** Everything that our extension wrote to its log; empty where VS Code has no log writer. */
  async log(): Promise<string> {
    const folder = join(this.profile.userData, 'logs');
    const files = (await readdir(folder, { recursive: true })).filter((file) =>
      /exthost\d*[/\\]kms-grants\..*\.log$/.test(file),
    );
    return (await Promise.all(files.sort().map((file) => readFile(join(folder, file), 'utf8')))).join('');
  }

  /** Every file that this VS Code and its browser have written so far, below its own folder, but for those of AWS. */
  async filesWritten(): Promise<readonly string[]> {
    const folder = dirname(this.profile.userData);
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && !/^aws-(config|credentials)$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name));
  }

  /** Keeps the window as it is in .vscode-test/screenshots. */
  async screenshot(name: string): Promise<string> {
    return await this.capture('screenshots', name);
  }

  /** Keeps a picture for the README in .vscode-test/pictures: of the side bar, or of the whole window. */
  async picture(name: string, what: 'sideBar' | 'window' = 'window'): Promise<string> {
    await this.page.mouse.move(0, 0);
    const box = what === 'window' ? null : await this.page.locator('.part.sidebar').boundingBox();
    return await this.capture('pictures', name, box ?? undefined);
  }

  private async capture(
    folder: string,
    name: string,
    clip?: { x: number; y: number; width: number; height: number },
  ): Promise<string> {
    await mkdir(join(testFolder, folder), { recursive: true });
    const path = join(testFolder, folder, `${name.replaceAll(/[^\w.-]+/g, '-')}.png`);
    await this.page.screenshot({ path, animations: 'disabled', ...(clip && { clip }) });
    return path;
  }

  /** Runs a body; when it fails, keeps a screenshot under this name and says where. */
  async guard<T>(name: string, body: () => Promise<T>): Promise<T> {
    try {
      return await body();
    } catch (error) {
      const path = await this.screenshot(`failed-${name}`).catch(() => undefined);
      console.error(
        [
          `"${name}" failed${path ? `; the window as it was: ${path}` : ''}`,
          `notifications: ${JSON.stringify(await this.notifications().catch(() => []))}`,
          `server: ${this.server.tail()}`,
        ].join('\n'),
      );
      throw error;
    }
  }

  /** Takes the network from the window, or gives it back. */
  async setOffline(offline: boolean): Promise<void> {
    await this.context.setOffline(offline);
  }

  private activityBarItem(): Locator {
    return this.page.locator('.part.activitybar [aria-label^="KMS Grants"]').first();
  }
}

/**
 * The tree of the view. Rows are named by a path: each name is looked for below the row before it, at any depth, so
 * `tree.row('alias/app', /^backup/)` is the first row that starts with "backup" below the row "alias/app".
 */
export class Tree {
  readonly root: Locator;
  private readonly page: Page;

  constructor(page: Page, view = 'Keys') {
    this.page = page;
    this.root = page
      .locator('[id="workbench.view.extension.kmsGrants"] .pane')
      .filter({ has: page.locator('.pane-header .title').getByText(view, { exact: true }) });
  }

  /** Expands the view in its container, or folds it up. */
  async setOpen(open: boolean): Promise<void> {
    const header = this.root.locator('.pane-header');
    await eventually(`the view to be ${open ? 'open' : 'folded up'}`, async () => {
      if ((await header.getAttribute('aria-expanded')) === String(open)) {
        return true;
      }
      await header.locator('.title').first().click({ timeout: 2000 });
      return undefined;
    });
  }

  /** Presses an icon in the title of the view. */
  async pressTitleAction(name: string): Promise<void> {
    await eventually(`the button ${name} to be pressed`, async () => {
      await this.root.locator('.pane-header').hover({ timeout: 2000 });
      await this.root.locator('.pane-header').getByRole('button', { name }).first().click({ timeout: 2000 });
      return true;
    });
  }

  /** Every row from top to bottom, also those that a scroll would bring. */
  async rows(): Promise<readonly Row[]> {
    const rows = new Map<number, Row>();
    await this.scrollTo(0);
    for (;;) {
      const { top, viewport, total, visible } = await this.read();
      for (const row of visible) {
        rows.set(row.index, row);
      }
      if (top + viewport >= total - 1) {
        break;
      }
      if (!(await this.scrollTo(top + viewport))) {
        break;
      }
    }
    return [...rows.values()].sort((a, b) => a.index - b.index);
  }

  /** The row that has the focus, as soon as it is this one and the view takes the keys. */
  async waitFocused(...path: readonly RowName[]): Promise<Row> {
    return await this.waitFor(`the focus to be on ${path.join(' › ')}`, (rows) => {
      const row = findRow(rows, path);
      return row?.focused === true ? row : undefined;
    });
  }

  /** Waits for a row. */
  async row(...path: readonly RowName[]): Promise<Row> {
    return await this.waitFor(`the row ${path.join(' › ')}`, (rows) => findRow(rows, path));
  }

  async has(...path: readonly RowName[]): Promise<boolean> {
    return findRow(await this.rows(), path) !== undefined;
  }

  /** The direct children of an expanded row, once there is one. */
  async children(...path: readonly RowName[]): Promise<readonly Row[]> {
    return await this.waitFor(`rows below ${path.join(' › ')}`, (rows) => {
      const parent = findRow(rows, path);
      const below = parent ? descendants(rows, parent).filter(({ level }) => level === parent.level + 1) : [];
      return below.length > 0 ? below : undefined;
    });
  }

  async waitGone(path: readonly RowName[], timeoutMs = patience): Promise<void> {
    await this.waitFor(
      `the row ${path.join(' › ')} to go`,
      (rows) => (findRow(rows, path) ? undefined : true),
      timeoutMs,
    );
  }

  /** Waits until all rows together satisfy a condition, and resolves to what it answers. */
  async waitFor<T>(what: string, condition: (rows: readonly Row[]) => T | undefined, timeoutMs = patience): Promise<T> {
    return await eventually(what, async () => condition(await this.rows()), {
      timeoutMs,
      describe: async () => `\n${outline(await this.rows())}`,
    });
  }

  /** Expands a row and waits until its children are there. */
  async expand(...path: readonly RowName[]): Promise<void> {
    await this.setExpanded(path, true);
  }

  async collapse(...path: readonly RowName[]): Promise<void> {
    await this.setExpanded(path, false);
  }

  private async setExpanded(path: readonly RowName[], expanded: boolean): Promise<void> {
    await this.act(path, async (locator, row) => {
      if (row.expanded !== expanded) {
        await locator.locator('.monaco-tl-twistie').click({ timeout: 2000 });
      }
    });
    await this.waitFor(`${path.join(' › ')} to be ${expanded ? 'expanded' : 'collapsed'}`, (rows) => {
      const row = findRow(rows, path);
      return row?.expanded === expanded && !row.loading ? true : undefined;
    });
  }

  /** Clicks a row, so that it is selected and has the focus. */
  async select(...path: readonly RowName[]): Promise<void> {
    await this.act(path, (row) => row.click({ timeout: 2000 }));
  }

  /** Adds a row to the selection. */
  async selectAlso(...path: readonly RowName[]): Promise<void> {
    await this.act(path, (row) => row.click({ modifiers: ['ControlOrMeta'], timeout: 2000 }));
  }

  /** Selects all rows from the one that was clicked last to this one. */
  async selectTo(...path: readonly RowName[]): Promise<void> {
    await this.act(path, (row) => row.click({ modifiers: ['Shift'], timeout: 2000 }));
  }

  async press(key: string, ...path: readonly RowName[]): Promise<void> {
    await this.select(...path);
    await this.page.keyboard.press(key);
  }

  /** Presses an icon that a row shows while the mouse is over it. */
  async pressInline(action: string, ...path: readonly RowName[]): Promise<void> {
    await this.act(path, async (row) => {
      await row.hover({ timeout: 2000 });
      await row.getByRole('button', { name: action }).click({ timeout: 2000 });
    });
  }

  /** The message that a view shows above its rows. */
  async message(): Promise<string> {
    return await textOf(this.root.locator('.tree-explorer-viewlet-tree-view .message'));
  }

  /** Scrolls a row into view and does something to it; does so again when the tree changed in the meantime. */
  async act<T>(path: readonly RowName[], action: (locator: Locator, row: Row) => Promise<T>): Promise<T> {
    const [answer] = await eventually<[T]>(
      `the row ${path.join(' › ')} to be there and to react`,
      async () => {
        const row = findRow(await this.rows(), path);
        if (!row) {
          return undefined;
        }
        // By its text too, so that a row that moves up in its place is not pressed instead.
        const label = JSON.stringify(row.ariaLabel);
        const locator = this.root.locator(
          `.monaco-list-rows .monaco-list-row[data-index="${row.index}"][aria-label=${label}]`,
        );
        const { top, viewport, rowHeight } = await this.read();
        const offset = row.index * rowHeight;
        // Rows of which the children are on screen may stick to the top, over others.
        const covered = top === 0 ? 0 : 4 * rowHeight;
        if (offset < top + covered || offset + rowHeight > top + viewport) {
          await this.scrollTo(offset - viewport / 2);
        }
        try {
          return [await action(locator, row)];
        } catch (error) {
          // A tooltip of the row above may lie over it.
          await this.page.mouse.move(0, 0);
          throw error;
        }
      },
      { describe: async () => `\n${outline(await this.rows())}` },
    );
    return answer;
  }

  /** @returns whether that moved the tree */
  private async scrollTo(offset: number): Promise<boolean> {
    const start = await this.read();
    let { top } = start;
    const end = Math.max(0, Math.min(offset, start.total - start.viewport));
    for (let tries = 0; Math.abs(top - end) > 1 && tries < 20; tries++) {
      // VS Code reads this older field, in 120ths of a notch, and scrolls 50 pixels a notch.
      await this.root
        .locator('.tree-explorer-viewlet-tree-view .monaco-scrollable-element')
        .first()
        .dispatchEvent('wheel', { wheelDeltaY: ((top - end) * 120) / 50 });
      const now = (await this.read()).top;
      if (now === top) {
        break;
      }
      top = now;
    }
    return top !== start.top;
  }

  private async read(): Promise<TreeSnapshot> {
    const list = this.root.locator('.tree-explorer-viewlet-tree-view .monaco-list').first();
    if (!(await list.isVisible())) {
      return { top: 0, viewport: 0, total: 0, rowHeight: 22, visible: [] };
    }
    return await list.evaluate(readTree);
  }
}

interface TreeSnapshot {
  /** The scroll position, and the heights of what is seen, of all rows and of one, in pixels. */
  readonly top: number;
  readonly viewport: number;
  readonly total: number;
  readonly rowHeight: number;
  readonly visible: readonly Row[];
}

/** Runs in the page. */
function readTree(list: DomElement): TreeSnapshot {
  const text = (element: DomElement | null) => (element?.textContent ?? '').replaceAll('\u00a0', ' ').trim();
  const container = list.querySelector('.monaco-list-rows');
  const box = container?.getBoundingClientRect();
  // Not those that stick to the top while their children are scrolled: these are copies.
  const visible = [...(container?.querySelectorAll('.monaco-list-row') ?? [])].map((row): Row => {
    const expanded = row.getAttribute('aria-expanded');
    const icon = row.querySelector('.custom-view-tree-node-item-icon');
    return {
      label: text(row.querySelector('.label-name')),
      description: text(row.querySelector('.label-description')),
      level: Number(row.getAttribute('aria-level')),
      expanded: expanded === null ? undefined : expanded === 'true',
      loading: row.querySelector('.codicon-tree-item-loading') !== null,
      selected: row.getAttribute('aria-selected') === 'true',
      focused: /\bfocused\b/.test(row.className),
      ariaLabel: row.getAttribute('aria-label') ?? '',
      icon: icon?.className ?? '',
      index: Number(row.getAttribute('data-index')),
    };
  });
  return {
    top: box ? list.getBoundingClientRect().top - box.top : 0,
    viewport: list.clientHeight,
    total: box?.height ?? 0,
    rowHeight: list.querySelector('.monaco-list-row')?.clientHeight ?? 22,
    visible,
  };
}

/** An input box or a quick pick, whichever is open. */
export class QuickInputWidget {
  private readonly widget: Locator;

  constructor(page: Page) {
    this.widget = page.locator('.quick-input-widget');
  }

  async waitFor(timeoutMs = patience): Promise<void> {
    await this.input().waitFor({ timeout: timeoutMs });
  }

  async isOpen(): Promise<boolean> {
    return await this.widget.isVisible();
  }

  async waitGone(): Promise<void> {
    await this.widget.waitFor({ state: 'hidden' });
  }

  async read(): Promise<QuickInput> {
    await this.waitFor(2000);
    const input = this.input();
    const items = await this.items().evaluateAll((rows: readonly DomElement[]) =>
      rows.map((row) => {
        const text = (selector: string) => (row.querySelector(selector)?.textContent ?? '').replaceAll('\u00a0', ' ');
        return {
          label: text('.quick-input-list-label .label-name'),
          description: text('.quick-input-list-label .label-description'),
          detail: text('.quick-input-list-label-meta'),
          ticked: row.getAttribute('aria-checked') === 'true',
        };
      }),
    );
    return {
      title: await textOf(this.widget.locator('.quick-input-title')),
      placeholder: (await input.getAttribute('placeholder')) ?? '',
      message: await textOf(this.widget.locator('.quick-input-message')),
      value: await input.inputValue(),
      items,
    };
  }

  /** Waits until what is open satisfies a condition. */
  async until(what: string, condition: (input: QuickInput) => boolean): Promise<QuickInput> {
    return await eventually(
      what,
      async () => {
        const input = await this.read();
        return condition(input) ? input : undefined;
      },
      { describe: async () => JSON.stringify(await this.read()) },
    );
  }

  /** Replaces what the input holds. */
  async type(text: string, timeoutMs = patience): Promise<void> {
    await this.input().fill(text, { timeout: timeoutMs });
  }

  /** Clicks the item with this label, once it is there. */
  async pick(label: string | RegExp, timeoutMs = patience): Promise<void> {
    const matches = (candidate: string) => (typeof label === 'string' ? candidate === label : label.test(candidate));
    let before: number | undefined;
    await eventually(
      `the quick pick to offer ${label}`,
      async () => {
        const { items } = await this.read();
        const index = items.findIndex((item) => matches(item.label));
        // A list that is still being filtered moves away from under the mouse.
        const settled = index >= 0 && index === before;
        before = index;
        if (!settled) {
          return undefined;
        }
        await this.items().nth(index).click({ timeout: 2000 });
        return true;
      },
      { timeoutMs, describe: async () => JSON.stringify(await this.read()) },
    );
  }

  /** Waits until what has this value is closed, or something else is asked. */
  async waitLeft(value: string): Promise<void> {
    await eventually(
      `the quick input to leave ${value}`,
      async () => !(await this.isOpen()) || (await this.input().inputValue({ timeout: 500 })) !== value || undefined,
      { timeoutMs: 2000 },
    );
  }

  async accept(): Promise<void> {
    await this.input().press('Enter');
  }

  /** Goes to the question before. */
  async back(): Promise<void> {
    await this.widget.getByRole('button', { name: /^Back\b/ }).click();
  }

  async escape(): Promise<void> {
    await this.input().press('Escape');
    await this.waitGone();
  }

  private input(): Locator {
    return this.widget.locator('.quick-input-box input');
  }

  private items(): Locator {
    return this.widget.locator('.quick-input-list .monaco-list-row');
  }
}

/** The extension hosts that this program has running, by process ID. */
async function extensionHosts(): Promise<readonly number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,args=']);
  const processes = stdout.split('\n').flatMap((line) => {
    const [, pid, parent, args] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return args === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), args }];
  });
  const below = (parent: number): typeof processes =>
    processes.filter((one) => one.parent === parent).flatMap((one) => [one, ...below(one.pid)]);
  return below(process.pid)
    .filter(({ args }) => args.includes('--type=extensionHost'))
    .map(({ pid }) => pid);
}

function findRow(rows: readonly Row[], [name, ...rest]: readonly RowName[]): Row | undefined {
  for (const row of rows) {
    if (name !== undefined && isNamed(row, name)) {
      const found = rest.length === 0 ? row : findRow(descendants(rows, row), rest);
      if (found) {
        return found;
      }
    }
  }
  return undefined;
}

function isNamed({ label, description }: Row, name: RowName): boolean {
  return typeof name === 'string' ? label === name : name.test(`${label} ${description}`.trim());
}

function descendants(rows: readonly Row[], parent: Row): readonly Row[] {
  const below = rows.filter(({ index }) => index > parent.index);
  const end = below.findIndex(({ level }) => level <= parent.level);
  return end < 0 ? below : below.slice(0, end);
}

function outline(rows: readonly Row[]): string {
  return rows
    .map(({ label, description, level }) => `${'  '.repeat(level)}${label}${description && `  ${description}`}`)
    .join('\n');
}

/** Text as a person reads it, '' for what isn't there. */
async function textOf(locator: Locator): Promise<string> {
  const texts = await locator.allInnerTexts();
  return (texts[0] ?? '').replaceAll('\u00a0', ' ').trim();
}

/** AWS settings that come from this file alone: no variable, file or instance role of the machine takes part. */
async function writeAwsFiles(folder: string, sections: NonNullable<LaunchOptions['awsConfig']>): Promise<Environment> {
  const config = join(folder, 'aws-config');
  const credentials = join(folder, 'aws-credentials');
  const text = Object.entries(sections).map(
    ([section, entries]) =>
      `[${section}]\n${Object.entries(entries)
        .map(([key, value]) => `${key} = ${value}\n`)
        .join('')}`,
  );
  await writeFile(config, text.join('\n'));
  await writeFile(credentials, '');
  const inherited = Object.keys(process.env).filter((name) => name.startsWith('AWS_'));
  return {
    ...Object.fromEntries(inherited.map((name) => [name, undefined])),
    AWS_CONFIG_FILE: config,
    AWS_SHARED_CREDENTIALS_FILE: credentials,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}
