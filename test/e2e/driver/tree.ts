import type { Locator, Page } from 'playwright-core';
import { type DomElement, textOf } from './dom.ts';
import { eventually, patience } from './eventually.ts';

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

  /** Waits until there are so many rows, also those that a scroll would bring. */
  async waitForCount(count: number): Promise<readonly Row[]> {
    return await this.waitFor(`${count} rows`, (rows) => (rows.length === count ? rows : undefined));
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
    const refusal = this.page
      .locator('.notification-toast', { hasText: 'Nothing was done, because no view shows this row any longer.' })
      .first();
    await this.act(path, async (row) => {
      await row.hover({ timeout: 2000 });
      await row.getByRole('button', { name: action }).click({ timeout: 2000 });
      // An icon of a row that VS Code draws again at this moment does nothing, and says so.
      if (await appears(refusal, 1000)) {
        await refusal.hover({ timeout: 2000 });
        await refusal.getByRole('button', { name: /^Clear Notification/ }).click({ timeout: 2000 });
        throw new Error('The row was drawn again.');
      }
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
    // A pixel is enough for rows to stick to the top, over others.
    for (let tries = 0; Math.abs(top - end) >= 0.5 && tries < 20; tries++) {
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

async function appears(locator: Locator, timeout: number): Promise<boolean> {
  return await locator.waitFor({ timeout }).then(
    () => true,
    () => false,
  );
}
