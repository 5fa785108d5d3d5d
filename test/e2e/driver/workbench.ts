import { strict as assert } from 'node:assert';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { BrowserContext, Locator, Page } from 'playwright-core';
import { testFolder } from '../../host/project.ts';
import type { HostName } from '../../host/provision.ts';
import { type Profile, readSettings, type Server, type Settings, settingsText } from '../../host/server.ts';
import { type AwsConfig, writeAwsFiles } from './awsFiles.ts';
import { textOf } from './dom.ts';
import { eventually, patience } from './eventually.ts';
import { extensionHosts } from './extensionHosts.ts';
import { QuickInputWidget } from './quickInput.ts';
import { type Theme, themes } from './themes.ts';
import { type RowName, Tree } from './tree.ts';

export interface Dialog {
  readonly message: string;
  readonly detail: string;
  readonly buttons: readonly string[];
}

/** In CSS pixels. */
interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
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
    this.grantees = new Tree(page, 'Grants');
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

  /** Runs a command from the palette by its full title, such as `AWS KMS: Revoke Grant…`. */
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
    return await this.contextMenuIn(this.tree, ...path);
  }

  /** The same in another view. */
  async contextMenuIn(tree: Tree, ...path: readonly RowName[]): Promise<readonly string[]> {
    await this.openContextMenu(path, tree);
    const names = await this.menuItems().locator('.action-label').allInnerTexts();
    await this.page.keyboard.press('Escape');
    await this.menuItems().first().waitFor({ state: 'hidden' });
    return names.map((name) => name.trim());
  }

  /** The key that the menu of a row shows beside an item. */
  async contextMenuKey(item: string, ...path: readonly RowName[]): Promise<string> {
    await this.openContextMenu(path, this.tree, item);
    const key = await this.menuItems(item).locator('.keybinding').innerText();
    await this.page.keyboard.press('Escape');
    await this.menuItems().first().waitFor({ state: 'hidden' });
    return key.trim();
  }

  /** Agrees to the connections that the machine's settings ask for. */
  async openMachineConnections(): Promise<void> {
    await this.pressContextMenu('Open Dev Container Connections…', /^Connections not opened/);
    await this.pressDialog('Open');
  }

  /** Right-clicks the row at `path` and presses an item of its menu; `Copy › Copy Grant ID` is one of a submenu. */
  async pressContextMenu(item: string, ...path: readonly RowName[]): Promise<void> {
    await this.pressContextMenuIn(this.tree, item, ...path);
  }

  /** The same in another view. */
  async pressContextMenuIn(tree: Tree, item: string, ...path: readonly RowName[]): Promise<void> {
    const [first = '', nested] = item.split(' › ');
    await this.openContextMenu(path, tree, first);
    if (nested === undefined) {
      await this.pressMenuItem(first);
      return;
    }
    await eventually(`the submenu ${first} to open`, async () => {
      await this.menuItems(first).click({ timeout: 1000 });
      await this.menuItems(nested).waitFor({ timeout: 2000 });
      return true;
    });
    await this.pressMenuItem(nested);
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
    const items = this.page.locator('.monaco-menu').getByRole('menuitem');
    // Its label alone: the accessible name of an item ends in its key, if it has one.
    const label = this.page.locator('.action-label').and(this.page.getByText(name ?? '', { exact: true }));
    return name === undefined ? items : items.filter({ has: label });
  }

  /** The modal dialog, once there is one. */
  async dialog(): Promise<Dialog> {
    const box = this.page.locator('.monaco-dialog-box');
    await box.waitFor();
    const [place, window] = [await box.boundingBox(), this.page.viewportSize()];
    const isWhole = place !== null && window !== null && place.y >= 0 && place.y + place.height <= window.height;
    assert.ok(isWhole, `a dialog is higher than the window: ${place?.height} of ${window?.height} pixels`);
    return {
      message: await textOf(box.locator('.dialog-message-text')),
      detail: await textOf(box.locator('.dialog-message-detail')),
      buttons: (await box.locator('.dialog-buttons .monaco-button').allInnerTexts()).map((name) => name.trim()),
    };
  }

  async pressDialog(button: string): Promise<void> {
    await this.closeDialog((box) => box.getByRole('button', { name: button, exact: true }).click());
  }

  /** Closes the modal dialog with Escape. */
  async escapeDialog(): Promise<void> {
    await this.closeDialog(() => this.page.keyboard.press('Escape'));
  }

  /** Waits until this very dialog is gone: another may come in its place at once. */
  private async closeDialog(close: (box: Locator) => Promise<void>): Promise<void> {
    const box = this.page.locator('.monaco-dialog-box');
    const element = await box.elementHandle();
    await close(box);
    await element?.waitForElementState('hidden');
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
    // VS Code hides a toast after a while; the notification center still has it.
    const isHidden = await this.notification(message, patience / 4).then(
      () => false,
      () => true,
    );
    if (isHidden) {
      await this.runCommand('Notifications: Show Notifications');
      await this.notification(message);
    }
    await this.toast(message).getByRole('button', { name: button, exact: true }).click();
  }

  async clearNotifications(): Promise<void> {
    await this.runCommand('Notifications: Clear All Notifications');
    await this.page.locator('.notification-toast').first().waitFor({ state: 'hidden' });
  }

  private toast(message: string | RegExp): Locator {
    return this.page
      .locator('.notification-list-item')
      .filter({ has: this.page.locator('.notification-list-item-message', { hasText: message }), visible: true })
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

  /** Opens a terminal, and enters a command in it. */
  async runInTerminal(command: string): Promise<void> {
    await this.runCommand('Terminal: Create New Terminal');
    await this.page.locator('.terminal-wrapper.active .xterm-screen').waitFor();
    await this.page.locator('.terminal-wrapper.active .xterm-helper-textarea').focus();
    await this.page.keyboard.type(`${command}\n`);
  }

  /** Selects the first lines of the terminal with the mouse, and presses an item of its menu. */
  async pressTerminalMenu(item: string, lines: number): Promise<void> {
    const { mouse, keyboard } = this.page;
    const screen = this.page.locator('.terminal-wrapper.active .xterm-screen');
    await eventually(`the menu of the terminal to have ${item}`, async () => {
      const box = await screen.boundingBox();
      assert.ok(box !== null);
      await keyboard.press('Escape');
      await mouse.move(box.x + 2, box.y + 4);
      await mouse.down();
      await mouse.move(box.x + box.width - 4, box.y + 17 * lines - 6, { steps: 8 });
      await mouse.up();
      await mouse.click(box.x + 100, box.y + 10, { button: 'right' });
      await this.menuItems(item).waitFor({ timeout: 2000 });
      return true;
    });
    await this.pressMenuItem(item);
  }

  async clipboard(): Promise<string> {
    return await this.page.evaluate<string>('navigator.clipboard.readText()');
  }

  async setClipboard(text: string): Promise<void> {
    await this.page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`);
  }

  /** What VS Code's preview of the Markdown document with this heading shows. It is in a frame of its own. */
  async markdownPreview(heading: string | RegExp): Promise<string> {
    return await (await this.#previewBody(heading)).innerText();
  }

  async pressInPreview(heading: string | RegExp, link: string): Promise<void> {
    await (await this.#previewBody(heading)).locator('a', { hasText: link }).click();
  }

  async #previewBody(heading: string | RegExp): Promise<Locator> {
    return await eventually(
      `a preview of ${heading}`,
      async () => {
        for (const frame of this.page.frames()) {
          const body = frame.locator('body.vscode-body');
          const isIt =
            (await body
              .locator('h1', { hasText: heading })
              .count()
              .catch(() => 0)) > 0;
          if (isIt) {
            return body;
          }
        }
        return undefined;
      },
      { describe: async () => `frames ${this.page.frames().map((frame) => frame.url().slice(0, 80))}` },
    );
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

  /** Presses a button of the welcome view, or a link in one of its sentences. */
  async pressWelcome(name: string): Promise<void> {
    const content = this.tree.root.locator('.welcome-view-content');
    const named = { name, exact: true };
    await content.getByRole('button', named).or(content.getByRole('link', named)).click();
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

  /** Replaces the AWS config file while VS Code runs. */
  async writeAwsConfig(sections: AwsConfig): Promise<void> {
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

  /** Keeps a picture for the documents in .vscode-test/pictures: of the side bar, of the dialog, or of some rows of Keys. */
  async picture(
    name: string,
    what: 'sideBar' | 'dialog' | { readonly first: RowName; readonly last: RowName },
  ): Promise<string> {
    await this.page.mouse.move(0, 0);
    return await this.capture('pictures', name, await this.boxOf(what));
  }

  private async boxOf(what: Parameters<Workbench['picture']>[1]): Promise<Box> {
    if (typeof what === 'object') {
      const [from, to] = [await this.boxOfRow(what.first), await this.boxOfRow(what.last)];
      return { ...from, height: to.y + to.height - from.y };
    }
    const box = await this.page.locator({ sideBar: '.part.sidebar', dialog: '.monaco-dialog-box' }[what]).boundingBox();
    assert.ok(box !== null, `no ${what} is open`);
    return box;
  }

  private async boxOfRow(row: RowName): Promise<Box> {
    return await this.tree.act([row], async (locator) => {
      const box = await locator.boundingBox();
      assert.ok(box !== null);
      return box;
    });
  }

  private async capture(folder: string, name: string, clip?: Box): Promise<string> {
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
