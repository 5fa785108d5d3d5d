import type { Locator } from 'playwright-core';

/** The part of the DOM that the page functions below read: this program is compiled without the browser's types. */
export interface DomElement {
  readonly textContent: string | null;
  /** What is visible of the text. */
  readonly innerText: string;
  readonly className: string;
  readonly clientHeight: number;
  readonly scrollHeight: number;
  /** Of an input. */
  readonly value?: string;
  getAttribute(name: string): string | null;
  getBoundingClientRect(): { readonly top: number; readonly height: number };
  querySelector(selector: string): DomElement | null;
  querySelectorAll(selector: string): Iterable<DomElement>;
}

/** Text as a person reads it, '' for what isn't there. */
export async function textOf(locator: Locator): Promise<string> {
  const texts = await locator.allInnerTexts();
  return (texts[0] ?? '').replaceAll('\u00a0', ' ').trim();
}
