import { escapeMarkdown, printable } from '../base/text.ts';

/** What a person reads about one thing. All texts are data, from AWS or from files too: they are shown as they are. */
export interface Page {
  readonly title: string;
  readonly sections: readonly PageSection[];
}

export interface PageSection {
  readonly title: string;
  /** A paragraph before the lines. */
  readonly text?: string | undefined;
  readonly lines: readonly PageLine[];
  /** A page of AWS's to read on: never an address that came from AWS or a file. */
  readonly links?: readonly PageLink[];
  /** JSON of several lines, shown as it is after all else. */
  readonly code?: string;
}

export interface PageLine {
  /** What the text is, such as `Created`. */
  readonly name?: string;
  readonly text: string;
  readonly more?: readonly string[];
}

export interface PageLink {
  readonly text: string;
  readonly url: string;
}

/**
 * As Markdown that shows all texts as they are: whatever is in them, it is no link, no image, no HTML and no heading.
 * @param more the same in another form: a link below the title
 */
export function pageMarkdown({ title, sections }: Page, more?: PageLink): string {
  const head = [`# ${markdownText(title)}`, ...(more === undefined ? [] : [linkMarkdown(more)])];
  return `${[...head, ...sections.map(sectionMarkdown)].join('\n\n')}\n`;
}

function sectionMarkdown({ title, text, lines, links = [], code }: PageSection): string {
  const blocks = [
    `## ${markdownText(title)}`,
    markdownText(text ?? ''),
    lines.flatMap(lineMarkdown).join('\n'),
    links.map(linkMarkdown).join(' · '),
    code === undefined ? '' : codeMarkdown(code),
  ];
  return blocks.filter((block) => block !== '').join('\n\n');
}

function lineMarkdown({ name, text, more = [] }: PageLine): readonly string[] {
  const whole = name === undefined ? markdownText(text) : `**${markdownText(name)}:** ${markdownText(text)}`;
  return [`- ${whole}`, ...more.map((one) => `  - ${markdownText(one)}`)];
}

export function linkMarkdown({ text, url }: PageLink): string {
  return `[${markdownText(text)}](${url})`;
}

/** Between fences that are longer than any in the text, so that it can't end its block. */
function codeMarkdown(code: string): string {
  const longest = Math.max(2, ...(code.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  const lines = code.split('\n').map((line) => printable(line, 10_000));
  return [`${fence}json`, ...lines, fence].join('\n');
}

/** One line, shown as it is. */
export function markdownText(text: string): string {
  return escapeMarkdown(printable(text, 2048));
}
