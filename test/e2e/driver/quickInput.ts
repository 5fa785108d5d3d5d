import type { Locator, Page } from 'playwright-core';
import type { DomElement } from './dom.ts';
import { eventually, patience } from './eventually.ts';

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

  /** All at one moment: a question and the next share the same box. */
  async read(): Promise<QuickInput> {
    await this.waitFor(2000);
    return await this.widget.evaluate(readQuickInput);
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

/** Runs in the page. */
function readQuickInput(widget: DomElement): QuickInput {
  const read = (root: DomElement, selector: string) =>
    (root.querySelector(selector)?.textContent ?? '').replaceAll('\u00a0', ' ').trim();
  const shown = (selector: string) =>
    (widget.querySelector(selector)?.innerText ?? '').replaceAll('\u00a0', ' ').trim();
  const input = widget.querySelector('.quick-input-box input');
  return {
    title: shown('.quick-input-title'),
    placeholder: input?.getAttribute('placeholder') ?? '',
    message: shown('.quick-input-message'),
    value: input?.value ?? '',
    items: [...widget.querySelectorAll('.quick-input-list .monaco-list-row')].map((row) => ({
      label: read(row, '.quick-input-list-label .label-name'),
      description: read(row, '.quick-input-list-label .label-description'),
      detail: read(row, '.quick-input-list-label-meta'),
      ticked: row.getAttribute('aria-checked') === 'true',
    })),
  };
}
