import { escapeMarkdown, printable } from '../base/text.ts';
import type { Report, ReportLine, ReportSection } from './reportModel.ts';

/** As Markdown that shows all texts as they are: whatever is in them, it is no link, no image, no HTML and no heading. */
export function reportMarkdown({ title, sections }: Report): string {
  return `${[`# ${data(title)}`, ...sections.map(sectionMarkdown)].join('\n\n')}\n`;
}

function sectionMarkdown({ title, text, lines }: ReportSection): string {
  const list = lines.flatMap(lineMarkdown).join('\n');
  return [`## ${data(title)}`, ...(text === undefined ? [] : [data(text)]), ...(list === '' ? [] : [list])].join(
    '\n\n',
  );
}

function lineMarkdown({ text, more = [] }: ReportLine): readonly string[] {
  return [`- ${data(text)}`, ...more.map((one) => `  - ${data(one)}`)];
}

function data(text: string): string {
  return escapeMarkdown(printable(text, 2048));
}
